"""A person's own scan: from the triangles of a scanner to a closed skin with landmarks.

::

    cleaning      triangles merged, without dust, wound from outside
    solid         inside and outside by the winding number; a closed skin
    template      a head whose landmarks are known; the similarity that lays it on another
    alignment     the similarities under which it lies on a skin, from all sides at once
    judging       whether that is a head at all
    warping       the smooth map from the template to the subject
    features      the midline and what the profile shows
    registering   all of this: `find_landmarks`
    sizing        how long one unit of the scan is
"""

from microcurrent.physics.bodies.scan.cleaning import Cleaned, clean
from microcurrent.physics.bodies.scan.registering import Found, Landmark, find_landmarks
from microcurrent.physics.bodies.scan.sizing import Size, size_by_distance, size_by_head, size_by_unit
from microcurrent.physics.bodies.scan.solid import Solid, solidify
from microcurrent.physics.bodies.scan.template import Similarity, Template

__all__ = [
    "Cleaned",
    "Found",
    "Landmark",
    "Similarity",
    "Size",
    "Solid",
    "Template",
    "clean",
    "find_landmarks",
    "size_by_distance",
    "size_by_head",
    "size_by_unit",
    "solidify",
]
