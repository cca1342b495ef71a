"""Pictures of bodies in three dimensions: what lies where, drawn by light, without a display.

::

    shapes      Surface, Cap: triangles with colour and fibres; cutting and smoothing them
    camera      where the viewer stands, and where a point is seen
    scene       surfaces ready for rays; what a ray meets, how open each place lies
    shading     how light falls on a place
    rendering   from a scene and a camera to dots
    parts       from a body to surfaces: skin, bone, muscles as plates, nerves as tubes
    viewing     from where heads, limbs and patches are looked at
    canvas      a page counted in dots: pictures, words, lines
    labels      names beside a picture, whose lines neither cross nor hide a name
    views       the skin from three sides, with sites
    planned     the skin from three sides, with the steps of a plan
    blocked     the skin from three sides, with the zones that are not to be treated
    cutaway     muscles, bone and nerves where the skin of one half is taken away
    section     three cuts coloured by tissue, and the layers under a place
    sheet       all of these on one page

Rays are cast by Embree. Every picture is returned as PNG with a text that says what it shows. The same body
gives the same bytes.
"""

from microcurrent.reports.pictures.solid.cutaway import cutaway_picture
from microcurrent.reports.pictures.solid.section import section_picture
from microcurrent.reports.pictures.solid.sheet import sheet_picture
from microcurrent.reports.pictures.solid.views import views_picture

#: The pictures of a body in three dimensions by the name that a person gives.
PICTURES = {
    "sheet": sheet_picture,
    "views": views_picture,
    "cutaway": cutaway_picture,
    "section": section_picture,
}

__all__ = ["PICTURES", "cutaway_picture", "section_picture", "sheet_picture", "views_picture"]
