"""Reports: records become pages that a person reads. Nothing is computed here that a record does not hold.

::

    content     what a page is made of: sections, tables, pictures, notices
    wording     how verdicts, estimates, currents and places are put into words
    pictures/   drawings of fields, skin, traces and exposures, each with its text alternative
    planned, predicted, agreed, delivered, provenance
                the parts of a sitting's report, each from the nouns it speaks of
    sitting     the report of one sitting, put together from these parts
    html, pdf   the same content as one HTML file, and as a tagged PDF
    claims      claims about microcurrent and their answers, as one page
    body_picture
                a body as cuts, or as its stack of layers
    characters  what a page can show; the rest is named by its number
    files       the one place that writes a file

The same nouns always give the same pages: no clock is read and no chance is used.
"""

from microcurrent.reports.content import SittingReport
from microcurrent.reports.html import write_html
from microcurrent.reports.pdf import write_pdf
from microcurrent.reports.sitting import sitting_report

__all__ = ["SittingReport", "sitting_report", "write_html", "write_pdf"]
