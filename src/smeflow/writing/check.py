"""Check prose sentence by sentence against what is known, and the evidence that quoted sources give.

The one way for drafts, replies and reports.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Literal, Protocol

from smeflow._text import folded
from smeflow.documents.page_text import occurrences
from smeflow.i18n import Phrase, say
from smeflow.values.amounts import find_amounts
from smeflow.values.dates import find_dates
from smeflow.writing import vocabulary


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One value that was computed or read, never written by a model."""

    name: str
    value: Decimal | date | str
    text: str = ""
    """As it is to be printed; by default its value."""
    unit: str = ""
    """A currency code, ``%``, or what is counted."""
    query: str = ""
    """How it was computed: the expression, or the column and its filter."""
    rows: int | None = None
    """How many rows it rests on."""
    source: str = ""
    """The document, table or result it comes from."""

    @property
    def shown(self) -> str:
        """The text to print."""
        return self.text or str(self.value)


ClaimKind = Literal["figure", "unit", "name", "promise", "address", "time", "claim"]
_END = re.compile(r"(?<=[.!?…])\s+|\n+")
_WORD = re.compile(r"[^\W\d_][\w'’\-]*")
_APOSTROPHE = re.compile(r"['’]")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProseFinding:
    """What a text says and nothing known bears out."""

    why: Phrase
    text: str = ""
    """The passage, where it is one."""
    sort: ClaimKind = "claim"


@dataclass(frozen=True, slots=True)
class CheckedSentence:
    """One sentence as written, and what speaks against it."""

    text: str
    findings: tuple[ProseFinding, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing does."""
        return not self.findings

    @property
    def problems(self) -> tuple[Phrase, ...]:
        """What speaks against it, in words."""
        return tuple(finding.why for finding in self.findings)


@dataclass(frozen=True, slots=True)
class CheckedProse:
    """A text that was checked."""

    sentences: tuple[CheckedSentence, ...]
    across: tuple[ProseFinding, ...] = ()
    """What is looked for in the whole text, since it may hold a full stop or a line's end."""

    @property
    def findings(self) -> tuple[ProseFinding, ...]:
        """All of them, each passage once."""
        findings = (*self.across, *(each for sentence in self.sentences for each in sentence.findings))
        return tuple({(each.text, each.sort): each for each in findings}.values())


class ProseEvidence(Protocol):
    """What a text may rest on: `Sources` that are quoted, or facts that are referred to (`FactEvidence`)."""

    def across(self, text: str, /) -> Iterable[ProseFinding]:
        """Find what the whole *text* says and nothing bears out."""
        ...

    def within(self, sentence: str, /) -> Iterable[ProseFinding]:
        """Find what one *sentence* says and nothing bears out."""
        ...


def check_prose(text: str, known: ProseEvidence) -> CheckedProse:
    """Cut *text* into sentences and hold it against what is *known*. A doubt counts against the text."""
    sentences = tuple(CheckedSentence(part, tuple(known.within(part))) for part in sentences_of(text))
    return CheckedProse(sentences, tuple(known.across(text)))


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


ALL_CLAIMS: frozenset[ClaimKind] = frozenset({"figure", "unit", "name", "promise", "address", "time"})
FIGURES: frozenset[ClaimKind] = frozenset({"figure"})
_NUMBERING = re.compile(r"(?m)^\s*(?:\(?\d{1,2}[.)]|[-*•]\s*\d{1,2}[.)])\s")
_ADDRESS = re.compile(
    r"(?:https?://|www\.)\S+|[\w.+%-]+@[\w-]+(?:\.[\w-]+)+|\b[\w-]+\.(?:com|fr|net|org|de|eu|io)\b"
)
_TOKEN = re.compile(r"[\w.,'’/\-–]*\d[\w.,'’/\-–]*")
_UNIT = re.compile(
    r"(\d)[\s\u00a0\u202f]*(%|€|£|\$|eur\w*|pour cent|percent|prozent|h\b|heures?|hours?|stunden?|minutes?|"
    r"j\b|jours?|days?|tagen?|semaines?|weeks?|wochen?|mois|months?|monaten?|ans?\b|annees?|years?|jahren?)"
)
_SAME_UNIT = {
    "€": "eur", "pour cent": "%", "percent": "%", "prozent": "%", "heure": "h", "hour": "h", "stunde": "h",
    "j": "day", "jour": "day", "tage": "day", "tag": "day", "semaine": "week", "woche": "week",
    "moi": "month", "monate": "month", "annee": "year", "an": "year", "jahre": "year", "euro": "eur",
}  # fmt: skip

Look = Callable[[str, "SourceEvidence"], Iterator[str]]


@dataclass(frozen=True, kw_only=True)
class SourceEvidence:
    """What a text may rest on: it may say what stands there, and nothing else.

    A figure may be written in any format (``1 234,50``, ``1,234.50``), a date in any of its forms; a fact's
    own text may be quoted whole. A figure that is rounded, negated or computed from others is none of them.
    """

    texts: Sequence[str] = ()
    """What may be quoted at length: the firm's answers, its templates, the documents it answers to."""
    values: Sequence[str] = ()
    """What is known, as it may be written: fields, cells of the customer's row."""
    facts: Sequence[Fact] = ()
    names: Sequence[str] = ()
    """Who may be named without being a fact: who wrote, the firm."""
    claims: frozenset[ClaimKind] = ALL_CLAIMS
    """What is looked for."""
    language: str | None = None
    """The language of the text."""

    @cached_property
    def known(self) -> list[Fact]:
        """Give every figure and day the sources hold."""
        facts = [*self.facts, *(Fact(name="value", value=v) for v in self.values if v)]
        for text in (*self.texts, *self.values):
            facts += [Fact(name="text", value=amount.value) for amount in find_amounts(text)]
            facts += [Fact(name="text", value=day.value) for day in find_dates(text)]
        return facts

    @cached_property
    def folded(self) -> str:
        """Give all of it in the form words are compared in."""
        facts = [fact.shown for fact in self.facts]
        return " \n ".join(folded(text) for text in (*self.texts, *self.values, *self.names, *facts))

    @cached_property
    def sentences(self) -> list[str]:
        """Give the sentences of the texts."""
        return [folded(part) for text in self.texts for part in sentences_of(text)]

    @cached_property
    def units(self) -> set[tuple[str, str]]:
        """Give each figure with its unit."""
        return set(_units(self.folded))

    def across(self, text: str, /) -> Iterator[ProseFinding]:
        """Find figures, dates and addresses that stand nowhere in the sources."""
        return self._found(text, {"figure": _figures, "unit": _other_units, "address": _addresses})

    def within(self, sentence: str, /) -> Iterator[ProseFinding]:
        """Find names, times and promises that stand nowhere in the sources."""
        return self._found(sentence, {"name": _names, "time": _times, "promise": _promises})

    def _found(self, text: str, looks: Mapping[ClaimKind, Look]) -> Iterator[ProseFinding]:
        for sort, look in looks.items():
            for passage in look(text, self) if sort in self.claims else ():
                yield ProseFinding(why=_SAY[sort](passage), text=passage, sort=sort)


_SAY: Mapping[ClaimKind, Callable[[str], Phrase]] = {
    "figure": lambda text: say("stands in no source: {text}", text=text),
    "unit": lambda text: say("stands in no source: {text}", text=text),
    "name": lambda text: say("is named and stands in no source: {text}", text=text),
    "promise": lambda text: say("is promised and none of the firm's answers says so: {text}", text=text),
    "address": lambda text: say("is an address that stands in no source: {text}", text=text),
    "time": lambda text: say("is a time that stands in no source: {text}", text=text),
}


def _figures(text: str, sources: SourceEvidence) -> Iterator[str]:
    """Give every figure and date that no source holds, in the order they are said; words are not seen."""
    known = sources.known
    rest = _without(text, [f.shown for f in known] + [f.value for f in known if isinstance(f.value, str)])
    rest = _NUMBERING.sub(lambda m: " " * len(m[0]), rest)
    days = {f.value for f in known if isinstance(f.value, date)}
    amounts = {f.value for f in known if isinstance(f.value, Decimal)}
    wrong: list[tuple[int, str]] = []
    for day in find_dates(rest):
        if not days & {day.value, day.other}:
            wrong.append((day.start, text[day.start : day.end]))
        rest = _blank(rest, day.start, day.end)
    for amount in list(find_amounts(rest)):
        if not amounts & {amount.value, amount.other}:
            wrong.append((amount.start, text[amount.start : amount.end]))
        rest = _blank(rest, amount.start, amount.end)
    wrong += [(match.start(), match[0]) for match in _TOKEN.finditer(rest)]
    yield from (figure.rstrip(".,;:") for _, figure in sorted(wrong))


def _without(text: str, quotes: Sequence[str]) -> str:
    """Blank out what is quoted whole, the longest first."""
    for quote in sorted({q for q in quotes if any(c.isdigit() for c in q)}, key=len, reverse=True):
        for start, end in list(occurrences(text, quote)):
            text = _blank(text, start, end)
    return text


def _blank(text: str, start: int, end: int) -> str:
    return text[:start] + " " * (end - start) + text[end:]


def _units(folded_text: str) -> Iterator[tuple[str, str]]:
    for match in _TOKEN.finditer(folded_text):
        unit = _UNIT.match(folded_text, max(match.end() - 1, match.start()))
        glued = re.fullmatch(r"(\d+)(h|j)(?:eures?|ours?)?", match[0])
        if glued:
            yield glued[1], _SAME_UNIT.get(glued[2], glued[2])
        elif unit:
            word = unit[2].rstrip("sn") if len(unit[2]) > 2 else unit[2]
            word = "eur" if word.startswith("eur") else word
            yield match[0].strip(".,'-"), _SAME_UNIT.get(word, word)


def _other_units(text: str, sources: SourceEvidence) -> Iterator[str]:
    """Give every figure that the sources hold with another unit."""
    for number, unit in _units(folded(text)):
        others = {other for known, other in sources.units if known == number}
        if others and unit not in others:
            yield f"{number} {unit}"


def _addresses(text: str, sources: SourceEvidence) -> Iterator[str]:
    for match in _ADDRESS.finditer(text):
        bare = match[0].rstrip(".,;:)>\"'")
        if folded(bare) not in sources.folded:
            yield bare


def _names(sentence: str, sources: SourceEvidence) -> Iterator[str]:
    for word, parts, before in capitals_of(_ADDRESS.sub(" ", sentence)):
        titled = folded(before) in ("herr", "herrn", "frau", "firma")
        if not before or (sources.language == "de" and not titled):  # every noun has a capital
            continue
        if not all(part in vocabulary.NAMELESS or _has_word(part, sources.folded) for part in parts):
            yield word


def _has_word(word: str, folded_text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", folded_text) is not None


def _times(sentence: str, sources: SourceEvidence) -> Iterator[str]:
    times = (match[0] for match in vocabulary.MOMENTS.pattern.finditer(folded(sentence)))
    return (time for time in times if time not in sources.folded)


def _promises(sentence: str, sources: SourceEvidence) -> Iterator[str]:
    line = folded(sentence)
    if vocabulary.PROMISES.find(line) and not any(
        _says_the_same(line, source) for source in sources.sentences
    ):
        yield sentence


def _says_the_same(line: str, source: str) -> bool:
    """Tell whether a sentence says what a source does: nearly all its longer words, the same yes or no."""
    words, known = set(re.findall(r"[a-z]{4,}", line)), set(re.findall(r"[a-z]{4,}", source))
    stems = {word[:6] for word in known}
    shared = sum(word[:6] in stems for word in words)
    denied = [bool(vocabulary.DENIALS.find(text)) for text in (line, source)]
    return bool(words) and shared >= 0.85 * len(words) and denied[0] == denied[1]
