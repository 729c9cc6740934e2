"""The firm's own words: templates and answers, each a text a person edits, in each language it writes."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from smeflow._paths import resolve
from smeflow._text import folded
from smeflow.documents.tongue import language_of_text
from smeflow.i18n import say
from smeflow.steps.base import Result

LANGUAGES = ("fr", "en", "de", "es", "it", "nl", "pt")
ENDINGS = (".md", ".txt")
FAMILIAR = "tu"
"""Marks a text for people one says ``tu`` or ``du`` to: ``delay.fr.tu.md``."""
LIKE = 0.12
"""How much an answer must have in common with a mail to be about it at all."""


class Wording(Result):
    """One text of the firm's own."""

    name: str
    language: str | None = None
    familiar: bool = False
    text: str
    jinja: bool = False
    """Whether it is a template of Jinja (``.j2``); else names in braces are filled in."""


def templates_of(written: object, context: Mapping[str, Any] | None) -> object:
    """Read a template: a text with a line break, or a path without language and ending.

    ``replies/delay`` takes ``delay.fr.md``, ``delay.en.md``, ``delay.fr.tu.md`` there, each also as ``.j2``.
    """
    if not isinstance(written, str):
        return written
    if "\n" in written or not re.fullmatch(r"[^{}]{1,200}", written):
        return [Wording(name="", text=written)]
    path = resolve(written, context)
    found = [path] if path.is_file() else sorted(path.parent.glob(f"{path.name}.*"))
    read = [_wording(one) for one in found if one.is_file() and _is_text(one)]
    if not read:
        raise ValueError(say("there is no template {path}.md or {path}.fr.md", path=written))
    return read


def answers_of(written: object, context: Mapping[str, Any] | None) -> object:
    """Read the firm's answers: every text in a folder."""
    if not isinstance(written, str):
        return written
    folder = resolve(written, context)
    if not folder.is_dir():
        raise ValueError(say("there is no folder {path}", path=written))
    return [_wording(one) for one in sorted(folder.glob("*")) if one.is_file() and _is_text(one)]


def _is_text(path: Path) -> bool:
    return path.name.removesuffix(".j2").endswith(ENDINGS)


def _wording(path: Path) -> Wording:
    try:
        text = path.read_text(encoding="utf-8-sig").strip("\n")
    except (UnicodeDecodeError, OSError) as error:
        raise ValueError(say("{file} is no text in UTF-8", file=path.name)) from error
    parts = path.name.removesuffix(".j2").rsplit(".", 1)[0].split(".")
    marks = [part.lower() for part in parts[1:]]
    named = next((mark for mark in marks if mark in LANGUAGES), None)
    return Wording(
        name=parts[0],
        language=named or language_of_text(text),
        familiar=FAMILIAR in marks,
        text=text,
        jinja=path.name.endswith(".j2"),
    )


def best_for(wordings: Sequence[Wording], language: str | None, *, familiar: bool) -> Wording | None:
    """Choose the text in a language; without one in it, none that would be in another."""
    of = [w for w in wordings if w.language == language or w.language is None]
    exact = [w for w in of if w.language == language] or of
    return next((w for w in exact if w.familiar == familiar), exact[0] if exact else None)


def nearest(wordings: Sequence[Wording], text: str, k: int) -> list[Wording]:
    """Give the *k* answers most like a text, the nearest first; none that has too little in common."""
    counted = [_grams(f"{w.name} {w.text}") for w in wordings]
    spread = Counter(gram for each in counted for gram in each)
    weights = {gram: math.log((1 + len(counted)) / (0.5 + n)) for gram, n in spread.items()}
    asked = _grams(text)
    scored = [(_cosine(asked, each, weights), n) for n, each in enumerate(counted)]
    ranked = sorted((pair for pair in scored if pair[0] >= LIKE), key=lambda pair: (-pair[0], pair[1]))
    return [wordings[n] for _, n in ranked[:k]]


def _cosine(one: Counter[str], other: Counter[str], weights: Mapping[str, float]) -> float:
    common = sum(n * other[gram] * weights[gram] ** 2 for gram, n in one.items() if gram in other)
    lengths = [
        math.sqrt(sum((n * weights.get(gram, 0.0)) ** 2 for gram, n in each.items())) for each in (one, other)
    ]
    return common / (lengths[0] * lengths[1]) if common and all(lengths) else 0.0


def _grams(text: str) -> Counter[str]:
    """Count the beginnings of a text's longer words: the same for singular and plural, verb and noun."""
    return Counter(word[:5] for word in re.findall(r"[a-z]{4,}", folded(text)))
