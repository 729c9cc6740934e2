"""The report on paper: a PDF for the archive (PDF/A-2a) that a screen reader can read (PDF/UA-1).

The typesetting program gets its source from this package alone and the report as data beside it, so that no
word of a table or a model is ever taken for an instruction.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from smeflow._optional import need
from smeflow.errors import SinkError
from smeflow.i18n import say
from smeflow.pages import style
from smeflow.pages.base import Block, Evidence, Figure, Pages, Paragraph, Table
from smeflow.pages.draw import FONTS, draw
from smeflow.pages.letters import drawable
from smeflow.pages.words import MARKS, anchors, page_of, proof_of, words

STANDARDS = ("a-2a", "ua-1")
_TEXT_WIDTH = 710


def pdf_bytes(pages: Pages) -> bytes:
    """Set the report in pages of A4.

    Raises:
        MissingExtra: The extra ``report`` is not installed.
    """
    typst = need("typst", "report")
    pictures: dict[str, bytes] = {}
    data = _plain(_data(pages, pictures))
    files = {"main": _source(), "report.json": json.dumps(data, ensure_ascii=False).encode(), **pictures}
    try:
        made: bytes = typst.compile(
            files, font_paths=[str(FONTS)], ignore_system_fonts=True, pdf_standards=list(STANDARDS)
        )
    except typst.TypstError as error:
        raise SinkError(say("The PDF cannot be made: {reason}", reason=str(error)[:300])) from error
    return made


def _data(pages: Pages, pictures: dict[str, bytes]) -> dict[str, Any]:
    places = anchors(pages)
    page, of = page_of(pages.language)
    return {
        "heading": f"{pages.title} – {pages.subtitle}" if pages.subtitle else pages.title,
        "title": pages.title,
        "subtitle": pages.subtitle,
        "company": pages.company,
        "day": [pages.day.year, pages.day.month, pages.day.day] if pages.day else None,
        "language": pages.language,
        "word": {**words(pages.language), "page": page, "of": of},
        "style": {
            "ink": style.INK,
            "soft": style.SOFT,
            "line": style.LINE,
            "pale": style.PALE,
            "accent": style.ACCENT,
            "warm": style.FALL,
        },
        "anchors": places,
        "opens": bool(pages.highlights or pages.summary or pages.notes),
        "highlights": [
            {
                "label": item.label,
                "value": item.value,
                "change": item.change,
                "mark": f"{MARKS[item.direction]} " if item.direction in MARKS and item.change else "",
                "fact": item.fact,
            }
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


def _block(block: Block, pages: Pages, pictures: dict[str, bytes]) -> dict[str, Any]:
    if isinstance(block, Paragraph):
        runs = [{"text": run.text, "fact": run.fact} for run in block.runs]
        return {"is": "words", "runs": runs, "bullet": block.bullet}
    about = {"caption": block.caption, "note": block.note}
    if isinstance(block, Table):
        columns = [{"title": column.title, "number": column.number} for column in block.columns]
        rows = [list(row) for row in block.rows]
        return {"is": "table", "columns": columns, "rows": rows, "total": list(block.total), **about}
    return {"is": "picture", **about, **_picture(block, pages, pictures)}


def _picture(figure: Figure, pages: Pages, pictures: dict[str, bytes]) -> dict[str, Any]:
    drawn = draw(figure, pages.language)
    file = f"figure-{len(pictures) + 1}.svg"
    pictures[file] = drawable(drawn.svg).encode()
    return {"file": file, "alt": figure.alt, "share": min(1.0, drawn.width / _TEXT_WIDTH)}


def _evidence(fact: Evidence, anchor: str, pages: Pages) -> dict[str, Any]:
    return {
        "anchor": anchor,
        "title": fact.title,
        "lines": [list(line) for line in proof_of(fact, pages.language)],
    }


def _plain(value: Any) -> Any:
    """Leave only letters that can be drawn."""
    if isinstance(value, str):
        return drawable(value)
    if isinstance(value, Mapping):
        return {_plain(key): _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value


@cache
def _source() -> bytes:
    return (resources.files("smeflow.pages") / "templates" / "report.typ").read_bytes()
