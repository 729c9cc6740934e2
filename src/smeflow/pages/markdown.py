"""The report as Markdown, for mails and wikis: what a chart shows is said in its sentence."""

import re
from collections.abc import Iterable, Sequence

from smeflow.pages.elements import (
    AnnexEntry,
    Block,
    Figure,
    PageParagraph,
    PageTable,
    PrintedReport,
    page_words,
    proof_lines,
)

_LIVE = re.compile(r"([\\`*_\[\]<>|#~$]|&(?=#?\w+;))")
_MARK = re.compile(r"^([-+=])")
_NUMBER = re.compile(r"^(\d+)([.)])")


def markdown_bytes(pages: PrintedReport) -> bytes:
    """Write the report; what the data says is words to it, never markup."""
    return ("\n\n".join(part for part in _parts(pages) if part).rstrip() + "\n").encode("utf-8", "replace")


def _parts(pages: PrintedReport) -> Iterable[str]:
    word = page_words(pages.language)
    yield f"# {_text(pages.title)}"
    yield _text(" – ".join(part for part in (pages.company, pages.subtitle) if part))
    if pages.has_summary:
        yield f"## {word['summary']}"
        yield "\n".join(
            f"- **{_text(item.value)}** {_text(item.label)}"
            + (f" ({_text(item.marked_change)})" if item.change else "")
            for item in pages.highlights
        )
        yield from _blocks(pages.summary)
        for note in pages.notes:
            yield f"> {_opening(note)}"
    for section in pages.sections:
        yield f"## {_text(section.title)}"
        yield from _blocks(section.blocks)
    if pages.proofs:
        yield f"## {word['annex']}"
        yield word["about"]
        for fact in pages.proofs:
            yield _evidence(fact, pages)


def _blocks(blocks: Sequence[Block]) -> Iterable[str]:
    """Write each block; list items that follow each other stay one list."""
    items: list[str] = []
    for block in blocks:
        if isinstance(block, PageParagraph) and block.bullet:
            items.append(f"- {_opening(block.text)}")
            continue
        if items:
            yield "\n".join(items)
            items = []
        if isinstance(block, PageParagraph):
            yield _opening(block.text)
        elif isinstance(block, Figure):
            yield f"**{_text(block.caption)}**"
            yield "\n".join(f"*{_text(part)}*" for part in (block.alt, block.note) if part)
        else:
            yield f"**{_text(block.caption)}**"
            yield _table(block)
            yield f"*{_text(block.note)}*" if block.note else ""
    if items:
        yield "\n".join(items)


def _table(table: PageTable) -> str:
    lines = [
        _row(column.title for column in table.columns),
        "| " + " | ".join("---:" if column.number else "---" for column in table.columns) + " |",
        *(_row(row) for row in table.rows),
    ]
    if table.total:
        lines.append("| " + " | ".join(f"**{_text(cell)}**" if cell else "" for cell in table.total) + " |")
    return "\n".join(lines)


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(_text(cell) for cell in cells) + " |"


def _evidence(fact: AnnexEntry, pages: PrintedReport) -> str:
    query = page_words(pages.language)["query"]
    lines = [f"### {_text(fact.title)}", ""]
    for name, text in proof_lines(fact, pages.language):
        lines.append(f"- {name}: {_code(text) if name == query else _text(text)}")
    return "\n".join(lines)


def _code(text: str) -> str:
    fence = "`" * (max((len(run) for run in re.findall(r"`+", text)), default=0) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{' '.join(text.split())}{pad}{fence}"


def _text(text: str) -> str:
    """Keep words from being taken for markup; a line break would start something new."""
    return _LIVE.sub(r"\\\1", " ".join(text.splitlines()))


def _opening(text: str) -> str:
    """Keep the first word of a line from making it a list, a quote or a heading."""
    return _NUMBER.sub(r"\1\\\2", _MARK.sub(r"\\\1", _text(text.lstrip())))
