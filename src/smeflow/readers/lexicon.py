"""The words that stand beside values, in six languages, found whatever their case, accents and dots.

They live in ``labels.json``, by field and language; `Labels` adds a user's own. ``№`` is every way to write
"number". A field's ``_weak`` words say less: "Total" may be net or gross. ``other_…`` words name what is
*not* wanted.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import resources
from itertools import pairwise

from smeflow._text import folded
from smeflow.readers.base import Labels
from smeflow.readers.places import folded_map

_TOKEN = re.compile(r"n\s?[°o](?=[\s.:]|\d|$)|n\.?\s?°|(?<!\w)n\.(?=\s?[\w#])|[^\W_]+|[#№]")
_NUMBER = frozenset({"no", "nos", "nr", "nrs", "num", "numero", "number", "nummer", "nbr", "#", "№"})
_MAX_GAP = 3
_OTHER_INVOICES = frozenset({"ursprungsrechnung", "originalrechnung"})


@dataclass(frozen=True, slots=True)
class Hit:
    """A label found in a text."""

    field: str
    start: int
    end: int
    weak: bool = False


@dataclass(frozen=True)
class Lexicon:
    """All labels: by their first word, the longest first, each with its fields."""

    labels: Mapping[str, tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]]

    def find(self, text: str) -> list[Hit]:
        """Find the labels in *text* from left to right; where several begin, the longest."""
        flat, origin = folded_map(text)
        tokens = self._whole([(_word(m[0]), m.start(), m.end()) for m in _TOKEN.finditer(flat)])
        hits: list[Hit] = []
        at = 0
        while at < len(tokens):
            found = self._at(tokens, at)
            if found is None:
                at += 1
                continue
            length, fields = found
            start, end = origin[tokens[at][1]], origin[tokens[at + length - 1][2] - 1] + 1
            hits += [Hit(f.removesuffix("_weak"), start, end, f.endswith("_weak")) for f in fields]
            at += length
        return hits

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(word for labels in self.labels.values() for words, _ in labels for word in words)

    def _whole(self, tokens: list[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
        """Join what a wide letter gap has split: "Ver käufer", of which only the whole is a word."""
        whole: list[tuple[str, int, int]] = []
        for word, start, end in tokens:
            before = whole[-1] if whole else ("", 0, -9)
            joined = before[0] + word
            halves = before[0] in self._words and word in self._words
            if start - before[2] == 1 and len(joined) > 5 and joined in self._words and not halves:
                whole[-1] = (joined, before[1], end)
            else:
                whole.append((word, start, end))
        return whole

    def _at(self, tokens: list[tuple[str, int, int]], at: int) -> tuple[int, tuple[str, ...]] | None:
        """Find the longest label that begins at a word."""
        for words, fields in self.labels.get(tokens[at][0], ()):
            if len(words) > 1 and (at + 1 == len(tokens) or tokens[at + 1][0] != words[1]):
                continue
            here = tokens[at : at + len(words)]
            close = all(two[1] - one[2] <= _MAX_GAP for one, two in pairwise(here))
            if close and [t[0] for t in here] == list(words):
                return len(words), fields
        return None


def _word(token: str) -> str:
    if token.endswith("rechnung") and token not in _OTHER_INVOICES and len(token) > len("rechnung"):
        return "rechnung"  # Teilrechnung, Schlussrechnung, Handelsrechnung
    return "№" if token in _NUMBER or (token[0] == "n" and not token.isalnum()) else token


@lru_cache(maxsize=8)
def _compiled(extra: tuple[tuple[str, tuple[str, ...]], ...]) -> Lexicon:
    fields: dict[tuple[str, ...], tuple[str, ...]] = {}
    for field, labels in (*_bundled().items(), *extra):
        for label in labels:
            words = tuple(_word(token) for token in _TOKEN.findall(folded(label.replace("№", "#"))))
            if words and field not in fields.get(words, ()):
                fields[words] = (*fields.get(words, ()), field)
    by_first: dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]] = {}
    for words, names in sorted(fields.items(), key=lambda item: -len(item[0])):
        by_first.setdefault(words[0], []).append((words, names))
    return Lexicon({first: tuple(labels) for first, labels in by_first.items()})


@lru_cache(maxsize=1)
def _bundled() -> Mapping[str, tuple[str, ...]]:
    data = json.loads((resources.files("smeflow.readers") / "labels.json").read_text(encoding="utf-8"))
    return {field: tuple(w for words in by.values() for w in words) for field, by in data.items()}


def fields_with_labels() -> frozenset[str]:
    """Give the fields that have labels; a user may add to each."""
    return frozenset(_bundled())


def lexicon(labels: Labels | None = None) -> Lexicon:
    """Give the compiled labels, with a user's own beside the bundled ones."""
    extra = labels.words if labels else {}
    return _compiled(tuple((field, tuple(words)) for field, words in sorted(extra.items())))
