"""The bodies that a plan can name, and the volumes made from them.

::

    source         BodySource: what every body can do
    slab           a stack of layers from the tables
    nifti          the array and axes in a .nii or .nii.gz file
    label_map      which label is which tissue, and the sites, from a TOML file
    ready_maps     label maps of well-known segmentation programs, by name
    recognising    which of them fits an image that came without one
    map_of_image   the map that was named, lies beside the image or fits
    segmentation   a body from image and map
    body_file      a body with its arrays as one HDF5 file, and back
    hdf5           named arrays with attributes as one file, the same bytes each time
    face           the built-in face, from measures and the atlas of the head
    person         whose face: sex, age, mass, height, width, asymmetry
    limbs          forearm, thigh, lower back and so on, by name
    surface_file   a scan of a head in an .obj, .stl, .ply or .glb file
    scan           from such a file to a head that stands upright, with landmarks and guesses
    landmark_file  landmarks that a person corrects by hand
    finding        the landmarks of a head in a scan or an image, for a person to correct
    layered        a scan or an image, filled or split by the atlas of the head
    head           the nouns of a head that the atlas has filled
    anatomy        a body from its anatomy; volumes that know the tissue on their sub-voxels
    keeping        bodies that were built, kept on disk
    reading        a name or a path to a BodySource; the list of names
    describing     tissues, volumes and conductivities as rows
    paths          the way of a probe between sites
"""

from microcurrent.planning.bodies.describing import TissueRow, describe
from microcurrent.planning.bodies.paths import clearance_of
from microcurrent.planning.bodies.reading import BodyEntry, OnStep, list_bodies, list_slabs, read_body
from microcurrent.planning.bodies.ready_maps import ReadyEntry, describe_ready
from microcurrent.planning.bodies.source import BodySource

__all__ = [
    "BodyEntry",
    "BodySource",
    "OnStep",
    "ReadyEntry",
    "TissueRow",
    "clearance_of",
    "describe",
    "describe_ready",
    "list_bodies",
    "list_slabs",
    "read_body",
]
