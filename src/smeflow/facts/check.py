"""Check prose sentence by sentence against what is known: the one way for drafts, replies and reports."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

from smeflow._text import folded
from smeflow.i18n import Phrase

Sort = Literal["figure", "unit", "name", "promise", "address", "time", "claim"]
_END = re.compile(r"(?<=[.!?…])\s+|\n+")
_WORD = re.compile(r"[^\W\d_][\w'’\-]*")
_APOSTROPHE = re.compile(r"['’]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a text says and nothing known bears out."""

    why: Phrase
    text: str = ""
    """The passage, where it is one."""
    sort: Sort = "claim"


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence as written, and what speaks against it."""

    text: str
    findings: tuple[Finding, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing does."""
        return not self.findings

    @property
    def problems(self) -> tuple[Phrase, ...]:
        """What speaks against it, in words."""
        return tuple(finding.why for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Checked:
    """A text that was checked."""

    sentences: tuple[Sentence, ...]
    across: tuple[Finding, ...] = ()
    """What is looked for in the whole text, since it may hold a full stop or a line's end."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All of them, each passage once."""
        found = (*self.across, *(each for sentence in self.sentences for each in sentence.findings))
        return tuple({(each.text, each.sort): each for each in found}.values())


class Known(Protocol):
    """What a text may rest on: `Sources` that are quoted, or facts that are referred to (`Referring`)."""

    def across(self, text: str, /) -> Iterable[Finding]:
        """Find what the whole *text* says and nothing bears out."""
        ...

    def within(self, sentence: str, /) -> Iterable[Finding]:
        """Find what one *sentence* says and nothing bears out."""
        ...


def check(text: str, known: Known) -> Checked:
    """Cut *text* into sentences and hold it against what is *known*. A doubt counts against the text."""
    sentences = tuple(Sentence(part, tuple(known.within(part))) for part in sentences_of(text))
    return Checked(sentences, tuple(known.across(text)))


def sentences_of(text: str) -> list[str]:
    """Cut *text* into its sentences."""
    return [part.strip() for part in _END.split(text) if part.strip()]


def capitals_of(sentence: str) -> Iterator[tuple[str, list[str], str]]:
    """Give each word with a capital, its parts folded, and the word before it: empty at the beginning.

    A word with a capital is a name unless it begins the sentence.
    """
    before = ""
    for match in _WORD.finditer(sentence):
        if match[0][0].isupper():
            yield match[0], [part for part in _APOSTROPHE.split(folded(match[0])) if part], before
        before = match[0]
