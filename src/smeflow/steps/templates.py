"""Fill plain templates: ``Dear {customer}``. A name in braces is looked up; nothing is ever run."""

import re
from collections.abc import Callable

from smeflow.i18n import say

UNKNOWN = "…"
"""Stands in a text where a fact is not known."""
_FIELD = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


def names_in(template: str) -> tuple[str, ...]:
    """Give the names in braces, in order, each once.

    Raises:
        ValueError: A brace stands alone, or there is nothing in the braces.
    """
    names: dict[str, None] = {}
    for match in _FIELD.finditer(template):
        if match.group() in ("{", "}") or (match.group(1) is not None and not match.group(1).strip()):
            near = template[max(0, match.start() - 10) :][:30]
            raise ValueError(say("a brace stands alone near {text}; write it twice", text=near))
        if match.group(1):
            names.setdefault(match.group(1).strip())
    return tuple(names)


def fill(template: str, text_of: Callable[[str], str]) -> str:
    """Put each name's text in its place; ``{{`` becomes a brace. What is put in is not looked at again."""

    def put(match: re.Match[str]) -> str:
        if match.group() in ("{{", "}}"):
            return match.group()[0]
        return text_of(match.group(1).strip())

    return _FIELD.sub(put, template)
