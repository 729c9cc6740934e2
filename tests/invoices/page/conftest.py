import re

import pytest

from smeflow.documents.document import Box, Document, Page, Word


def page(text: str, number: int = 1) -> Page:
    """Lay text out as a page: a letter is a hundredth of its width, a line a sixtieth of its height."""
    lines = text.strip("\n").split("\n")
    height = max(60, len(lines) + 4)
    printed, words = "", []
    for index, line in enumerate(lines):
        printed += "\n" if index else ""
        before = None
        for match in re.finditer(r"\S+", line):
            if before is not None:
                printed += " " if match.start() - before == 1 else "  "
            top = index / height + 0.01
            box = Box(match.start() / 100, top, match.end() / 100, top + 0.8 / height)
            words.append(Word(match[0], box, len(printed), index + 1))
            printed += match[0]
            before = match.end()
    return Page(number=number, text=printed, width=595, height=842, words=tuple(words))


@pytest.fixture
def paper():
    """Make a PDF-like document of pages drawn as text."""

    def make(*pages: str, name: str = "paper.pdf", origin: str = "text") -> Document:
        laid = tuple(page(text, n) for n, text in enumerate(pages, start=1))
        if origin == "ocr":
            laid = tuple(
                Page(
                    number=p.number, text=p.text, width=p.width, height=p.height, words=p.words, origin="ocr"
                )
                for p in laid
            )
        return Document(name=name, media_type="application/pdf", pages=laid, sha256=name)

    return make
