"""The bodies that a plan can name, and the volumes made from them.

::

    source         BodySource: what every body can do
    slab           a stack of layers from the tables
    nifti          the array and axes in a .nii or .nii.gz file
    label_map      which label is which tissue, and the sites, from a TOML file
    segmentation   a body from these two
    reading        a name or a path to a BodySource; the list of names
    describing     tissues, volumes and conductivities as rows
"""

from microcurrent.planning.bodies.describing import TissueRow, describe
from microcurrent.planning.bodies.reading import BodyEntry, list_bodies, read_body
from microcurrent.planning.bodies.source import BodySource

__all__ = ["BodyEntry", "BodySource", "TissueRow", "describe", "list_bodies", "read_body"]
