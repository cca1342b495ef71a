"""Bodies as arrays: which tissue lies in which cell, and where an electrode touches it.

::

    volume         Volume: a grid, a tissue in every cell, the skin around it
    fine           FineTissue: kinds of tissue on sub-voxels, and what cells conduct because of them
    slab           layers lying flat, fine around the contacts
    orientation    from any NIfTI axes to right, anterior, superior
    label_looks    volumes, middles and contacts of labels, and which look like eyes
    segmentation   a label image of a person to a Volume, with what is wrong with it
    anatomy        Anatomy: a body as arrays, in one form whatever it was made from
    head/          heads: surface, layers, bones, muscles and nerves from the atlas
    scan/          a person's own scan: cleaned, made solid, oriented, its landmarks found
    merging        voxels joined to larger cells away from the electrodes
    limb/          limbs and flat patches of the back, from the shapes of the tables
    placing        an electrode on the skin of a Volume
    skin_mesh      SkinMesh: the skin as triangles
    skin_of_voxels the skin of a Volume as a smooth SkinMesh
    geodesics      the shortest ways on a SkinMesh, around what no probe may enter
    remeshing      points put into a mesh, balls cut out of it
"""
