"""The report on paper: a PDF for the archive (PDF/A-2a) that a screen reader can read (PDF/UA-1).

The typesetting program gets its source from this package alone and the report as data beside it, so that no
word of a table or a model is ever taken for an instruction. Every letter on paper must be drawn: what our
fonts have no picture of becomes its plain form or a box.
"""

import json
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from smeflow._optional import import_extra
from smeflow.errors import SinkError
from smeflow.i18n import say
from smeflow.pages import style
from smeflow.pages.charts import FONT_FOLDER, draw_chart
from smeflow.pages.elements import (
    AnnexEntry,
    Block,
    Figure,
    PageParagraph,
    PageTable,
    PrintedReport,
    anchors,
    page_number_words,
    page_words,
    proof_lines,
)

LATIN_RANGES = (
    "20-7E A0-FF 152-153 160-161 178 17D-17E 2009 2010-2015 2018-201E 2020-2022 2026 202F 2030 2039-203A"
)
LATIN_RANGES += " 20AC 2122 2190-2193 2212 2248 2260 2264-2265 25B2 25BC"
EUROPEAN_RANGES = f"{LATIN_RANGES} 100-17F 192 218-21B 2C6 2DC 370-3FF 400-45F 490-491 1E9E 2000-200A"
EUROPEAN_RANGES += (
    " 2032-2033 2044 20BD 20B4 2116 2194-2199 2202 2206 2211 2215 221A 221E 25A0-25A1 25CF 25CB 2713 FFFD"
)


def code_points(ranges: str) -> list[int]:
    """Read ranges of code points in hexadecimal: ``20-7E A0``."""
    pairs = [part.partition("-") for part in ranges.split()]
    return [n for first, _, last in pairs for n in range(int(first, 16), int(last or first, 16) + 1)]


_DRAWABLE = frozenset(map(chr, code_points(EUROPEAN_RANGES))) - {"\u038b", "\u038d", "\u03a2"} | {"\n"}


def drawable(text: str) -> str:
    """Replace what the fonts cannot draw: by its plain form where it has one, else by a box."""
    text = unicodedata.normalize("NFC", text)
    if _DRAWABLE.issuperset(text):
        return text
    return "".join(letter if letter in _DRAWABLE else _plain_form(letter) for letter in text)


def _plain_form(letter: str) -> str:
    if unicodedata.category(letter) in {"Cc", "Cf", "Mn", "Cs"}:
        return ""
    plain = unicodedata.normalize("NFKD", letter)
    letters = "".join(part for part in plain if part in _DRAWABLE)
    return letters or "□"


STANDARDS = ("a-2a", "ua-1")
_UNDATED_STANDARDS = ("ua-1",)
"""The standard of archives wants a document's day, and of rows without days there is none to tell."""
_TEXT_WIDTH = 710


def pdf_bytes(pages: PrintedReport) -> bytes:
    """Set the report in pages of A4. Without a day it speaks of it is no PDF/A: that wants one.

    Raises:
        MissingExtra: The extra ``report`` is not installed.
    """
    typst = import_extra("typst", "report")
    pictures: dict[str, bytes] = {}
    data = _only_drawable(_data(pages, pictures))
    files = {
        "main": _typst_source(),
        "report.json": json.dumps(data, ensure_ascii=False).encode(),
        **pictures,
    }
    try:
        pdf: bytes = typst.compile(
            files,
            font_paths=[str(FONT_FOLDER)],
            ignore_system_fonts=True,
            pdf_standards=list(STANDARDS if pages.day else _UNDATED_STANDARDS),
        )
    except typst.TypstError as error:
        raise SinkError(say("The PDF cannot be made: {reason}", reason=str(error)[:300])) from error
    return pdf


def _data(pages: PrintedReport, pictures: dict[str, bytes]) -> dict[str, Any]:
    places = anchors(pages)
    page, of = page_number_words(pages.language)
    return {
        "heading": pages.heading,
        "title": pages.title,
        "subtitle": pages.subtitle,
        "company": pages.company,
        "day": [pages.day.year, pages.day.month, pages.day.day] if pages.day else None,
        "language": pages.language,
        "word": {**page_words(pages.language), "page": page, "of": of},
        "style": {
            "ink": style.INK,
            "soft": style.SOFT,
            "line": style.LINE,
            "pale": style.PALE,
            "accent": style.ACCENT,
            "warm": style.FALL,
        },
        "anchors": places,
        "opens": pages.has_summary,
        "highlights": [
            {"label": item.label, "value": item.value, "change": item.marked_change, "fact": item.fact}
            for item in pages.highlights
        ],
        "summary": [_block(paragraph, pages, pictures) for paragraph in pages.summary],
        "notes": list(pages.notes),
        "sections": [
            {"title": section.title, "blocks": [_block(block, pages, pictures) for block in section.blocks]}
            for section in pages.sections
        ],
        "annex": [_evidence(fact, places[fact.name], pages) for fact in pages.proofs],
    }


def _block(block: Block, pages: PrintedReport, pictures: dict[str, bytes]) -> dict[str, Any]:
    if isinstance(block, PageParagraph):
        runs = [{"text": run.text, "fact": run.fact} for run in block.runs]
        return {"is": "words", "runs": runs, "bullet": block.bullet}
    about = {"caption": block.caption, "note": block.note}
    if isinstance(block, PageTable):
        columns = [{"title": column.title, "number": column.number} for column in block.columns]
        rows = [list(row) for row in block.rows]
        return {"is": "table", "columns": columns, "rows": rows, "total": list(block.total), **about}
    return {"is": "picture", **about, **_picture(block, pages, pictures)}


def _picture(figure: Figure, pages: PrintedReport, pictures: dict[str, bytes]) -> dict[str, Any]:
    drawn = draw_chart(figure, pages.language)
    file = f"figure-{len(pictures) + 1}.svg"
    pictures[file] = drawable(drawn.svg).encode()
    return {"file": file, "alt": figure.alt, "share": min(1.0, drawn.width / _TEXT_WIDTH)}


def _evidence(fact: AnnexEntry, anchor: str, pages: PrintedReport) -> dict[str, Any]:
    return {
        "anchor": anchor,
        "title": fact.title,
        "lines": [list(line) for line in proof_lines(fact, pages.language)],
    }


def _only_drawable(value: Any) -> Any:
    """Leave only letters that can be drawn."""
    if isinstance(value, str):
        return drawable(value)
    if isinstance(value, Mapping):
        return {_only_drawable(key): _only_drawable(each) for key, each in value.items()}
    return [_only_drawable(each) for each in value] if isinstance(value, list) else value


@cache
def _typst_source() -> bytes:
    return (resources.files("smeflow.pages") / "templates" / "report.typ").read_bytes()
