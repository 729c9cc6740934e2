"""The report as one page of HTML that asks nothing of any other machine, for screens and for printing."""

import base64
import re
from html import escape
from typing import Any

from smeflow._optional import import_extra
from smeflow.pages import style
from smeflow.pages.charts import FONT_FOLDER, draw_chart
from smeflow.pages.elements import TREND_MARKS, Figure, PrintedReport, anchors, page_words, proof_lines

_HEAD = re.compile(r"<svg\b[^>]*>")


def html_bytes(pages: PrintedReport) -> bytes:
    """Write the page. What the report says is text to it, never markup."""
    markupsafe = import_extra("markupsafe", "report")
    numbers = {id(figure): n for n, figure in enumerate(_figures(pages), 1)}

    def picture(figure: Figure) -> Any:
        return markupsafe.Markup(_inline(figure, pages, numbers[id(figure)]))

    page = _template("report.html.j2").render(
        report=pages,
        css=markupsafe.Markup(_css()),
        word=page_words(pages.language),
        marks=TREND_MARKS,
        facts=anchors(pages),
        proofs=lambda fact: proof_lines(fact, pages.language),
        picture=picture,
    )
    return (re.sub(r"\n\s*\n+", "\n", page).strip() + "\n").encode("utf-8", "replace")


def _figures(pages: PrintedReport) -> list[Figure]:
    return [block for section in pages.sections for block in section.blocks if isinstance(block, Figure)]


def _inline(figure: Figure, pages: PrintedReport, number: int) -> str:
    """Put a drawing into the page: its own title is the sentence that stands for it."""
    drawn = draw_chart(figure, pages.language)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {drawn.width} {drawn.height}" role="img" '
        f'aria-label="{escape(figure.alt)}" style="max-width:{drawn.width}px">'
    )
    return _HEAD.sub(lambda _: head, drawn.svg, count=1).replace("clip-", f"clip-{number}-")


def _css() -> str:
    font = {weight: _base64(f"Inter-{file}.woff2") for weight, file in _WEIGHTS.items()}
    return str(_template("report.css.j2").render(style=style, **font))


_WEIGHTS = {"regular": "Regular", "bold": "SemiBold"}


def _base64(name: str) -> str:
    return base64.b64encode((FONT_FOLDER / name).read_bytes()).decode()


def _is_page(name: str | None) -> bool:
    return name != "report.css.j2"


def _template(name: str) -> Any:
    jinja2 = import_extra("jinja2", "report")
    loader = jinja2.PackageLoader("smeflow.pages", "templates")
    environment = jinja2.Environment(loader=loader, autoescape=_is_page, trim_blocks=True, lstrip_blocks=True)
    return environment.get_template(name)
