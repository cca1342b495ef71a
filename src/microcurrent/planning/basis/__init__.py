"""The surface basis of a body, made once and kept on disk.

::

    volumes    a body on an even grid, in one piece
    request    which skin, which tissues, how fine; the digest that a basis is known by
    bulk       the engine as what solves for a basis
    room       what a basis takes in memory and on disk; refused where it is not there
    arrays     nouns full of arrays to files and back
    making     the basis from its folder, made there first where it is missing; goes on after a kill

::

    request = BasisRequest(spacing=2e-3, regions=(Region(centre=site, radius=0.07),), tissues=("muscle",))
    basis = surface_basis(source, values, request, folder=cache, progress=bar)
"""

from microcurrent.planning.basis.making import Progress, surface_basis
from microcurrent.planning.basis.request import BasisRequest, Region, digest_of, name_of
from microcurrent.planning.basis.room import Room, room_for
from microcurrent.planning.basis.volumes import even_volume

__all__ = [
    "BasisRequest",
    "Progress",
    "Region",
    "Room",
    "digest_of",
    "even_volume",
    "name_of",
    "room_for",
    "surface_basis",
]
