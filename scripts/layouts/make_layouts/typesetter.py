"""Typst prints its own sources, where ``#field("seller.name")[…]`` marks a value."""

import typst

from make_layouts.browser import same_dates

PRELUDE = '#set document(date: none)\n#let field(key, body) = link("http://box.example/" + key, body)\n'


def pdf(source: str) -> bytes:
    """Print one source; its links are named for their fields."""
    printed = typst.compile((PRELUDE + source).encode())
    assert isinstance(printed, bytes)  # noqa: S101 - one output gives bytes
    return same_dates(printed)
