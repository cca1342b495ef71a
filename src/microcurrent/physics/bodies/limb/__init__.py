"""Limbs and flat patches of the back: layers, bones, muscles and skin from the shapes of the tables.

::

    surface     Surface: where skin, fat and muscle begin, around and along
    rods        bones, cartilage and tendons, slice by slice
    muscles     the muscles of a limb and of a patch, slice by slice
    palette     the kinds of tissue, with few directions of fibres
    filling     kernels that give every sub-voxel its kind
    sheets      a muscle as a sheet of fibres, from the cells that it has
    skin        the skin as triangles, and how thick skin and fat are below it
    mirroring   the right side to the left
    building    all of it together: an Anatomy
"""

from microcurrent.physics.bodies.limb.building import build_limb
from microcurrent.physics.bodies.limb.mirroring import mirrored
from microcurrent.physics.bodies.limb.surface import LayerSizes, Surface

__all__ = ["LayerSizes", "Surface", "build_limb", "mirrored"]
