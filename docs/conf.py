"""How Sphinx builds these pages: Markdown in, HTML out, no network."""

from microcurrent import __version__

project = "microcurrent"
author = "microcurrent contributors"
copyright = "microcurrent contributors, MIT"
version = release = __version__

extensions = ["myst_parser"]
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3
root_doc = "index"
exclude_patterns = ["_build", "reference/verification-table.md"]
nitpicky = True

html_theme = "pydata_sphinx_theme"
html_title = "microcurrent"
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "show_prev_next": True,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
pygments_style = "a11y-high-contrast-light"
