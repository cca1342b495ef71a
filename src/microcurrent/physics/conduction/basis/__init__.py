"""The surface basis: the bulk solved once for patches of skin, then any electrode without a solve.

::

    patches         the skin of a region cut into pieces of 3 to 5 mm
    responses       one solve for each patch: its mean potential, that of every skin cell, that inside
    details         what single cells of a patch do beyond their patch, solved in a small box around it
    operators       the field in chosen tissues, compressed with a stated error
    surface_basis   SurfaceBasis: transfer between any faces of the region, fields of any currents
"""
