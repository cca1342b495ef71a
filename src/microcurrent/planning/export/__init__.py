"""Exposure in open formats, one file for each.

::

    files    whole or not at all; never over what is there unless asked
    box      the part of the grid that holds all values
    netcdf   everything, by xarray: fields on the grid, charge on the skin, nerve paths
    nifti    |E| as images in the axes of the body, millimetre
    vtu      cells and skin as meshes, metre

Axes are those of the body: x to the person's right, y to the front, z up.
"""

from microcurrent.planning.export.files import check_free
from microcurrent.planning.export.netcdf import write_netcdf
from microcurrent.planning.export.nifti import nifti_names, write_nifti
from microcurrent.planning.export.vtu import VTU_NAMES, write_vtu

__all__ = ["VTU_NAMES", "check_free", "nifti_names", "write_netcdf", "write_nifti", "write_vtu"]
