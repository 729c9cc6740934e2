"""Words that claim nothing: a text may be made of these, of labels, and of words a fact bears out.

A list of what may be said catches what no list of what may not be said can: a direction in a word nobody
thought of, a cause, praise. A word that is missing costs a sentence, and the model is told which it was.
"""

import json
import re
from collections.abc import Collection, Mapping
from functools import cache
from importlib import resources

from smeflow.facts import words

_LETTERS = re.compile(r"[^\W\d_]+")
_JUDGED = (
    words.up,
    words.down,
    words.flat,
    words.strong,
    words.slight,
    words.high,
    words.low,
    words.ordinals,
    words.ahead,
    words.shares,
)
"""Words that are held against the facts elsewhere."""


def unknown_word(line: str, language: str, allowed: Collection[str] = ()) -> str:
    """Give the first word of a folded *line* that no list holds; empty where there is none."""
    for listed in _JUDGED:
        line = listed.pattern.sub(lambda m: " " * len(m[0]), line)
    known = plain_words().get(language) or plain_words()["en"]
    return next((w for w in _LETTERS.findall(line) if w not in known and w not in allowed), "")


@cache
def plain_words() -> Mapping[str, frozenset[str]]:
    """Read the lists, a language each."""
    text = resources.files("smeflow.facts").joinpath("vocabulary.json").read_text("utf-8")
    return {language: frozenset(" ".join(lines).split()) for language, lines in json.loads(text).items()}
