"""Exposure, and bodies, in open formats, one file for each.

::

    box            the part of the grid that holds all values
    netcdf         everything of an exposure, by xarray: fields on the grid, charge on the skin, nerve paths
    nifti          |E| as images in the axes of the body, millimetre
    vtu            cells and skin of an exposure as meshes, metre
    body_files     a body in the format that the ending of the file tells
    body_images    labels or shares of tissue as NIfTI, with a label map
    body_meshes    cells and skin of a body as VTU, metre
    body_scene     skin, muscles and nerves as GLB, metre; the closed skin as STL, millimetre
    body_tables    sites, muscles and nerves as CSV, millimetre

Axes are those of the body: x to the person's right, y to the front, z up. GLB alone has y up, as it must.
"""

from microcurrent.planning.export.body_files import PARTS, export_body, writer_of
from microcurrent.planning.export.netcdf import write_netcdf
from microcurrent.planning.export.nifti import nifti_names, write_nifti
from microcurrent.planning.export.vtu import VTU_NAMES, write_vtu
from microcurrent.planning.files import check_free

__all__ = [
    "PARTS",
    "VTU_NAMES",
    "check_free",
    "export_body",
    "nifti_names",
    "write_netcdf",
    "write_nifti",
    "write_vtu",
    "writer_of",
]
