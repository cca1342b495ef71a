"""Pictures: one drawing a file, each returned with a text alternative; solid bodies as PNG, others as SVG.

::

    style     type, colours and lines; from a figure to the same bytes every time
    section   a cut through both probes: tissues, field, the way of the current
    surface   the skin from above: charge that passed through each part
    trace     what was planned and what was delivered, over time
    exposure  what each tissue receives, with its interval
    devices   devices side by side on the same hold
    expectation
              what a course may bring, beside its sham twin
    influences
              which input brings the spread of a figure between people
    tissue_colours
              one colour for each tissue, the same in every picture
    solid/    bodies in three dimensions: skin, muscles, bone, nerves, cuts

Nothing is said by colour alone: tissues are outlined and named, curves differ by line and mark, bars
by hatching.
"""

from microcurrent.reports.pictures.exposure import exposure_picture
from microcurrent.reports.pictures.section import section_picture
from microcurrent.reports.pictures.surface import surface_picture
from microcurrent.reports.pictures.trace import trace_picture

__all__ = ["exposure_picture", "section_picture", "surface_picture", "trace_picture"]
