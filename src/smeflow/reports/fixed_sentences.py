"""Plain sentences made of facts where no model writes.

Which pattern a fact gets, and how each language says it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from smeflow.reports.measures.registry import MEASURES
from smeflow.writing.locales import is_plural, lower_first, with_article, with_de, with_de_and_article
from smeflow.writing.references import ReferenceTable, write_reference
from smeflow.writing.report import ReportFact

Rows = tuple[tuple[str, str, str], ...]
"""Lines of a ranking or of classes: the references of a name, its value, and its share or nothing."""


class LanguagePatterns:
    """What a language brings: a sentence for each case. Figures are references in double braces."""

    colon: ClassVar[str]
    """What stands between a label and what is said of it."""
    semicolon: ClassVar[str]
    conjunction: ClassVar[str]
    leads: ClassVar[str]
    """How the first of a ranking is told: its ``{name}`` and ``{value}``."""
    ahead_of: ClassVar[str]
    by_class: ClassVar[str]

    def total(self, fact: ReportFact, value: str, changes: tuple[str, ...], nth: int) -> str:
        """Say a value and how it changed; *nth* varies the words from sentence to sentence."""
        change = f", {f' {self.conjunction} '.join(changes)}" if changes else ""
        unit = fact.columns[0].unit
        if fact.measure == "count" and fact.label.casefold() == unit.casefold():
            return f"{self.counted(fact, value)}{change}."
        if fact.measure == "share" or (fact.measure == "count" and unit):
            return f"{fact.label}{self.colon}{value}{change}."
        return f"{self.came_to(fact, nth)} {value}{change}."

    def counted(self, fact: ReportFact, value: str) -> str:
        """Say how many there were, where the label is what was counted."""
        raise NotImplementedError

    def came_to(self, fact: ReportFact, nth: int) -> str:
        """Say the label and a verb before the value; *nth* varies the verb."""
        raise NotImplementedError

    def so_far(self, fact: ReportFact, value: str) -> str:
        """Say what it comes to since the beginning of the year."""
        raise NotImplementedError

    def ranked(self, fact: ReportFact, rows: Rows, *, tied: bool) -> str:
        """Say who comes first, and who next: names, values, shares."""
        names = [f"{name} ({value}{', ' + share if share else ''})" for name, value, share in rows]
        if tied or fact.measure == "least" or len(rows) == 1:
            return f"{fact.label}{self.colon}{self._enumerate(names)}."
        name, value, share = rows[0]
        first = self.leads.format(name=name, value=value) + (f" ({share})" if share else "")
        return f"{fact.label}{self.colon}{first}, {self.ahead_of} {self._enumerate(names[1:])}."

    def listed(self, fact: ReportFact, rows: Rows) -> str:
        """Say what stands in each class."""
        classes = [
            f"{name}{self.colon}{value}{f' ({share})' if share else ''}" for name, value, share in rows
        ]
        return f"{fact.label} {self.by_class}{self.colon}{self.semicolon.join(classes)}."

    def extremes(self, fact: ReportFact, highest: str, lowest: str) -> str:
        """Say the highest and the lowest of a series."""
        raise NotImplementedError

    def _enumerate(self, parts: list[str]) -> str:
        return f" {self.conjunction} ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))


@dataclass(frozen=True, slots=True)
class FactSentence:
    """A sentence with references, and the facts it is of."""

    text: str
    facts: tuple[str, ...]


def sentences_of(
    fact: ReportFact, about: ReferenceTable, patterns: LanguagePatterns, nth: int = 0
) -> Iterator[FactSentence]:
    """Say one fact; nothing where there is nothing to say."""
    match fact.shape:
        case "scalar":
            yield from _scalar(fact, about, patterns, nth)
        case "ranking":
            yield from _ranking(fact, about, patterns)
        case "buckets":
            yield from _buckets(fact, about, patterns)
        case "series":
            yield from _series(fact, about, patterns)


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
        patterns.total(fact, write_reference(fact.name), tuple(map(write_reference, ends)), nth),
        (fact.name, *ends),
    )
    so_far = f"{fact.name}.year_to_date"
    if so_far in about.references:
        value = write_reference(so_far)
        adds_up = fact.measure in {"sum", "count"}
        text = patterns.so_far(fact, value) if adds_up else f"{fact.label}{patterns.colon}{value}."
        yield FactSentence(text, (so_far,))


def _ranking(fact: ReportFact, about: ReferenceTable, patterns: LanguagePatterns) -> Iterator[FactSentence]:
    rows = tuple(_row(fact, about, n) for n in range(1, 4) if f"{fact.name}.{n}" in about.references)
    if rows:
        tied = about.references[f"{fact.name}.1"].tied or not _is_led(fact)
        yield FactSentence(patterns.ranked(fact, rows, tied=tied), (fact.name,))


def _is_led(fact: ReportFact) -> bool:
    """Whether the first row alone has the greatest value: a query of one's own gives rows in any order."""
    values = [Decimal(row[1]) for row in fact.rows if row[0] is not None and row[1] is not None]
    return fact.measure == "top" or all(value < values[0] for value in values[1:])


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
        yield FactSentence(patterns.extremes(fact, write_reference(high), write_reference(low)), (fact.name,))


def _row(fact: ReportFact, about: ReferenceTable, n: int) -> tuple[str, str, str]:
    share = f"{fact.name}.{n}.share"
    return (
        write_reference(f"{fact.name}.{n}"),
        write_reference(f"{fact.name}.{n}.value"),
        write_reference(share) if share in about.references else "",
    )


class EnglishPatterns(LanguagePatterns):
    """The patterns of English."""

    colon: ClassVar[str] = ": "
    semicolon: ClassVar[str] = "; "
    conjunction: ClassVar[str] = "and"
    leads: ClassVar[str] = "{name} comes first with {value}"
    ahead_of: ClassVar[str] = "ahead of"
    by_class: ClassVar[str] = "by class"
    _verbs: ClassVar[tuple[str, ...]] = ("came to", "stood at", "amounted to")

    def counted(self, fact: ReportFact, value: str) -> str:
        """Say how many there were, where the label is what was counted."""
        return f"There {'was' if fact.value == 1 else 'were'} {value}"

    def came_to(self, fact: ReportFact, nth: int) -> str:
        """Say the label and a verb before the value; *nth* varies the verb."""
        measure = MEASURES.get(fact.measure)
        label = f"The {lower_first(fact.label)}" if measure and measure.one_thing else fact.label
        return f"{label} {self._verbs[nth % len(self._verbs)]}"

    def so_far(self, fact: ReportFact, value: str) -> str:
        """Say what it comes to since the beginning of the year."""
        return f"The running total of {lower_first(fact.label)} is {value}."

    def extremes(self, fact: ReportFact, highest: str, lowest: str) -> str:
        """Say the highest and the lowest of a series."""
        label, first = lower_first(fact.label), fact.label.partition(" ")[0]
        was = "were" if first.endswith("s") and not first.endswith("ss") else "was"
        return f"Over the periods shown, {label} {was} highest with {highest} and lowest with {lowest}."


class FrenchPatterns(LanguagePatterns):
    """The patterns of French."""

    colon: ClassVar[str] = "\u00a0: "
    semicolon: ClassVar[str] = " ; "
    conjunction: ClassVar[str] = "et"
    leads: ClassVar[str] = "{name} arrive en tête avec {value}"
    ahead_of: ClassVar[str] = "devant"
    by_class: ClassVar[str] = "par classe"
    _verbs: ClassVar[tuple[tuple[str, str], ...]] = (
        ("s'établit à", "s'établissent à"),
        ("ressort à", "ressortent à"),
        ("s'élève à", "s'élèvent à"),
    )

    def counted(self, fact: ReportFact, value: str) -> str:
        """Say how many there were, where the label is what was counted."""
        return f"On compte {value}"

    def came_to(self, fact: ReportFact, nth: int) -> str:
        """Say the label and a verb before the value; *nth* varies the verb."""
        singular, plural = self._verbs[nth % len(self._verbs)]
        if fact.measure == "count":
            return f"Le nombre {with_de(lower_first(fact.label))} {singular}"
        label = with_article(fact.label)
        return f"{label[:1].upper()}{label[1:]} {plural if is_plural(fact.label) else singular}"

    def so_far(self, fact: ReportFact, value: str) -> str:
        """Say what it comes to since the beginning of the year."""
        return f"Le cumul {with_de_and_article(fact.label)} atteint {value}."

    def extremes(self, fact: ReportFact, highest: str, lowest: str) -> str:
        """Say the highest and the lowest of a series."""
        label = with_article(fact.label)
        pronoun = "leur" if is_plural(fact.label) else "son"
        verb = "atteignent" if is_plural(fact.label) else "atteint"
        return (
            f"Sur les périodes présentées, {label} {verb} {pronoun} plus haut niveau avec {highest} "
            f"et {pronoun} plus bas avec {lowest}."
        )
