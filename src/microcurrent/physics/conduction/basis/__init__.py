"""The surface basis: the bulk solved once for patches of skin, then any electrode without a solve.

::

    patches         the skin of a region cut into pieces of 3 to 5 mm
    responses       one solve for each patch: its mean potential, that of every skin cell, that inside
    details         what single cells of a patch do beyond their patch, solved in a small box around it
    coding          potentials in 16 bits, a scale for every run of cells
    operators       the field in chosen tissues, compressed with a stated error
    layout          all of a basis but what is solved; the shapes of that
    building        the solves, in steps of 16; from arrays to a SurfaceBasis
    live            the electrodes on it: wet film, skin, currents; glides
    surface_basis   SurfaceBasis: transfer between any faces of the region, fields of any currents
"""
