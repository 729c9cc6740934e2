"""Plain sentences made of facts where no model writes.

Which pattern a fact gets, and how each language says it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from smeflow.writing.locales import is_plural, lower_first, with_article, with_de, with_de_and_article
from smeflow.writing.references import ReferenceTable
from smeflow.writing.report import ReportFact

Rows = tuple[tuple[str, str, str], ...]
"""Lines of a ranking or of classes: the references of a name, its value, and its share or nothing."""


class LanguagePatterns(Protocol):
    """What a language brings: a sentence for each case. Figures are references in double braces."""

    def total(self, fact: ReportFact, value: str, beside: tuple[str, ...], nth: int) -> str:
        """Say a value and how it changed; *nth* varies the words from sentence to sentence."""
        ...

    def so_far(self, fact: ReportFact, value: str) -> str:
        """Say what it comes to since the beginning of the year."""
        ...

    def ranked(self, fact: ReportFact, rows: Rows, *, tied: bool) -> str:
        """Say who comes first, and who next: names, values, shares."""
        ...

    def listed(self, fact: ReportFact, rows: Rows) -> str:
        """Say what stands in each class."""
        ...

    def extremes(self, fact: ReportFact, highest: str, lowest: str) -> str:
        """Say the highest and the lowest of a series."""
        ...


@dataclass(frozen=True, slots=True)
class FactSentence:
    """A sentence with references, and the facts it is of."""

    text: str
    facts: tuple[str, ...]


def sentences_of(
    fact: ReportFact, about: ReferenceTable, patterns: LanguagePatterns, nth: int = 0
) -> Iterator[FactSentence]:
    """Say one fact; nothing where there is nothing to say."""
    if fact.shape == "scalar":
        yield from _scalar(fact, about, patterns, nth)
        return
    speak = _BY_SHAPE.get(fact.shape)
    if speak is not None:
        yield from speak(fact, about, patterns)


def _reference(name: str) -> str:
    return "{{" + name + "}}"


def _scalar(
    fact: ReportFact, about: ReferenceTable, patterns: LanguagePatterns, nth: int
) -> Iterator[FactSentence]:
    if fact.name not in about.references:
        return
    known = [f"{fact.name}.{end}" for end in ("change", "change_last_year", "difference")]
    known = [name for name in known if name in about.references]
    ends = [name for name in known if not name.endswith("difference")] or known
    if len(ends) > 1 and all(about.references[end].direction == "flat" for end in ends):
        ends = ends[:1]
    yield FactSentence(
        patterns.total(fact, _reference(fact.name), tuple(map(_reference, ends)), nth), (fact.name, *ends)
    )
    so_far = f"{fact.name}.year_to_date"
    if so_far in about.references:
        yield FactSentence(patterns.so_far(fact, _reference(so_far)), (so_far,))


def _ranking(fact: ReportFact, about: ReferenceTable, patterns: LanguagePatterns) -> Iterator[FactSentence]:
    rows = tuple(_row(fact, about, n) for n in range(1, 4) if f"{fact.name}.{n}" in about.references)
    if rows:
        tied = about.references[f"{fact.name}.1"].tied
        yield FactSentence(patterns.ranked(fact, rows, tied=tied), (fact.name,))


def _buckets(fact: ReportFact, about: ReferenceTable, patterns: LanguagePatterns) -> Iterator[FactSentence]:
    rows = tuple(
        _row(fact, about, n)
        for n, row in enumerate(fact.rows, 1)
        if f"{fact.name}.{n}" in about.references and any(c not in {None, "0", "0.00"} for c in row[1:])
    )
    if rows:
        yield FactSentence(patterns.listed(fact, rows), (fact.name,))


def _series(fact: ReportFact, about: ReferenceTable, patterns: LanguagePatterns) -> Iterator[FactSentence]:
    high, low = f"{fact.name}.highest", f"{fact.name}.lowest"
    if high in about.references and low in about.references:
        yield FactSentence(patterns.extremes(fact, _reference(high), _reference(low)), (fact.name,))


def _row(fact: ReportFact, about: ReferenceTable, n: int) -> tuple[str, str, str]:
    share = f"{fact.name}.{n}.share"
    return (
        _reference(f"{fact.name}.{n}"),
        _reference(f"{fact.name}.{n}.value"),
        _reference(share) if share in about.references else "",
    )


_BY_SHAPE: Mapping[str, Callable[[ReportFact, ReferenceTable, LanguagePatterns], Iterator[FactSentence]]] = {
    "ranking": _ranking,
    "buckets": _buckets,
    "series": _series,
}

_ENGLISH_VERBS = ("came to", "stood at", "amounted to")
_SINGULAR_MEASURES = frozenset({"mean", "median", "minimum", "maximum"})
"""Measures whose label is one thing: "the average order"."""


class EnglishPatterns:
    """The patterns of English."""

    def total(self, fact: ReportFact, value: str, beside: tuple[str, ...], nth: int) -> str:
        """Say a value and how it changed; *nth* varies the words from sentence to sentence."""
        said = f", {' and '.join(beside)}" if beside else ""
        if fact.measure == "count" and fact.label.casefold() == fact.columns[0].unit.casefold():
            return f"There {'was' if fact.value == 1 else 'were'} {value}{said}."
        if fact.measure == "share" or (fact.measure == "count" and fact.columns[0].unit):
            return f"{fact.label}: {value}{said}."
        label = f"The {lower_first(fact.label)}" if fact.measure in _SINGULAR_MEASURES else fact.label
        return f"{label} {_ENGLISH_VERBS[nth % len(_ENGLISH_VERBS)]} {value}{said}."

    def so_far(self, fact: ReportFact, value: str) -> str:
        """Say what it comes to since the beginning of the year."""
        return f"The running total of {lower_first(fact.label)} is {value}."

    def ranked(self, fact: ReportFact, rows: Rows, *, tied: bool) -> str:
        """Say who comes first, and who next."""
        told = [f"{name} ({value}{', ' + share if share else ''})" for name, value, share in rows]
        if tied or fact.measure == "least" or len(rows) == 1:
            return f"{fact.label}: {_enumerate(told, 'and')}."
        name, value, share = rows[0]
        first = f"{name} comes first with {value}" + (f" ({share})" if share else "")
        return f"{fact.label}: {first}, ahead of {_enumerate(told[1:], 'and')}."

    def listed(self, fact: ReportFact, rows: Rows) -> str:
        """Say what stands in each class."""
        told = [f"{name}: {value}{' (' + share + ')' if share else ''}" for name, value, share in rows]
        return f"{fact.label} by class: {'; '.join(told)}."

    def extremes(self, fact: ReportFact, highest: str, lowest: str) -> str:
        """Say the highest and the lowest of a series."""
        label, first = lower_first(fact.label), fact.label.partition(" ")[0]
        was = "were" if first.endswith("s") and not first.endswith("ss") else "was"
        return f"Over the periods shown, {label} {was} highest with {highest} and lowest with {lowest}."


_FRENCH_VERBS = (
    ("s'établit à", "s'établissent à"),
    ("ressort à", "ressortent à"),
    ("s'élève à", "s'élèvent à"),
)


class FrenchPatterns:
    """The patterns of French."""

    def total(self, fact: ReportFact, value: str, beside: tuple[str, ...], nth: int) -> str:
        """Say a value and how it changed; *nth* varies the words from sentence to sentence."""
        said = f", {' et '.join(beside)}" if beside else ""
        column = fact.columns[0]
        if fact.measure == "count" and fact.label.casefold() == column.unit.casefold():
            return f"On compte {value}{said}."
        if fact.measure == "share" or (fact.measure == "count" and column.unit):
            return f"{fact.label}\u00a0: {value}{said}."
        one, many = _FRENCH_VERBS[nth % len(_FRENCH_VERBS)]
        if fact.measure == "count":
            return f"Le nombre {with_de(lower_first(fact.label))} {one} {value}{said}."
        return f"{_capital(with_article(fact.label))} {many if is_plural(fact.label) else one} {value}{said}."

    def so_far(self, fact: ReportFact, value: str) -> str:
        """Say what it comes to since the beginning of the year."""
        return f"Le cumul {with_de_and_article(fact.label)} atteint {value}."

    def ranked(self, fact: ReportFact, rows: Rows, *, tied: bool) -> str:
        """Say who comes first, and who next."""
        told = [f"{name} ({value}{', ' + share if share else ''})" for name, value, share in rows]
        if tied or fact.measure == "least" or len(rows) == 1:
            return f"{fact.label}\u00a0: {_enumerate(told, 'et')}."
        name, value, share = rows[0]
        first = f"{name} arrive en tête avec {value}" + (f" ({share})" if share else "")
        return f"{fact.label}\u00a0: {first}, devant {_enumerate(told[1:], 'et')}."

    def listed(self, fact: ReportFact, rows: Rows) -> str:
        """Say what stands in each class."""
        told = [f"{name}\u00a0: {value}{' (' + share + ')' if share else ''}" for name, value, share in rows]
        return f"{fact.label} par classe\u00a0: {' ; '.join(told)}."

    def extremes(self, fact: ReportFact, highest: str, lowest: str) -> str:
        """Say the highest and the lowest of a series."""
        label = with_article(fact.label)
        pronoun = "leur" if is_plural(fact.label) else "son"
        verb = "atteignent" if is_plural(fact.label) else "atteint"
        return (
            f"Sur les périodes présentées, {label} {verb} {pronoun} plus haut niveau avec {highest} "
            f"et {pronoun} plus bas avec {lowest}."
        )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _enumerate(parts: list[str], conjunction: str) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {conjunction} {parts[-1]}"
