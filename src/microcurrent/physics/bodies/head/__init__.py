"""Heads: from published measures, or from a person's skin, to tissue in every sub-voxel.

One atlas serves all: solids, layers, muscles and nerves stand in the frame of a mean head. What differs
between heads is the skin and the smooth map between the person and that frame.

::

    lattice        values at the nodes of a regular grid, and between them
    solids         ellipsoids and chains of balls, added and cut, as one implicit function
    interpolation  smooth interpolation of values and displacements between scattered places
    surface        the skin of the mean head as an implicit function
    proportions    where the landmarks of a head of given measures lie
    skin           triangles of an implicit function
    depth          how deep below the skin every place lies
    filling        which tissue lies in every sub-voxel
    strips         muscles laid in at their depth; nerves
    measuring      how thick the layers came out
    building       all of it: skin and frame -> Anatomy
"""
