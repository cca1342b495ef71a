"""Bodies as arrays: which tissue lies in which cell, and where an electrode touches it.

::

    volume         Volume: a grid, a tissue in every cell, the skin around it
    slab           layers lying flat, fine around the contacts
    orientation    from any NIfTI axes to right, anterior, superior
    segmentation   a label image of a person to a Volume, with what is wrong with it
    merging        voxels joined to larger cells away from the electrodes
    placing        an electrode on the skin of a Volume
"""
