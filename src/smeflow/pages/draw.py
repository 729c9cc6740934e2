"""Draw charts: SVG for pages and paper, PNG for word processors. Equal figures give equal bytes."""

import json
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path

from smeflow._optional import need
from smeflow.i18n import Language
from smeflow.pages.base import Figure
from smeflow.pages.charts import spec_of

FONTS = Path(str(resources.files("smeflow.pages") / "fonts"))
_TAG = re.compile(r"<[^<>]+>")
_ROLE = re.compile(r' (?:role|class|aria-[a-z]+)="[^"]*"')  # a picture's sentence says what there is to say
_CLIP = re.compile(r"\bclip\d+\b")
_FRENCH = {"decimal": ",", "thousands": "\u202f", "grouping": [3], "currency": ["", "\u00a0€"], "minus": "−"}
_ENGLISH = {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["€", ""], "minus": "−"}


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart that has been drawn."""

    svg: str
    width: int
    height: int

    def png(self) -> bytes:
        """Give it as points, twice as fine as a screen's."""
        data: bytes = _program().svg_to_png(self.svg, scale=2.0)
        return data


def draw(figure: Figure, language: Language) -> Picture:
    """Draw *figure*. Nothing is fetched: the data stands in the specification.

    Raises:
        MissingExtra: The extra ``charts`` is not installed.
    """
    return _drawn(json.dumps(spec_of(figure, language), ensure_ascii=False), language)


@lru_cache(maxsize=64)  # HTML, PDF and DOCX of one report draw the same charts
def _drawn(spec: str, language: Language) -> Picture:
    form = _FRENCH if language == "fr" else _ENGLISH
    svg: str = _program().vegalite_to_svg(spec, format_locale=form, allowed_base_urls=[])
    marks = {mark: f"clip-{n}" for n, mark in enumerate(dict.fromkeys(_CLIP.findall(svg)), 1)}
    svg = _CLIP.sub(lambda found: marks[found[0]], svg)  # the program counts through all it has drawn
    svg = _TAG.sub(lambda found: _ROLE.sub("", found[0]), svg)
    head = svg[: svg.index(">")]
    width, height = (int(float(_attribute(head, name))) for name in ("width", "height"))
    return Picture(svg=svg, width=width, height=height)


def _attribute(head: str, name: str) -> str:
    return head.partition(f' {name}="')[2].partition('"')[0]


@cache
def _program():  # type: ignore[no-untyped-def]  # noqa: ANN202 - a module without types
    """Load the drawing program once; our fonts are told to it, so that no machine's own decide."""
    module = need("vl_convert", "charts")
    module.register_font_directory(str(FONTS))
    return module
