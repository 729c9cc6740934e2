"""Results as HTML: in a notebook they show themselves; here a whole case becomes one page."""

from smeflow.notebook.pages import case_html, case_page

__all__ = ["case_html", "case_page"]
