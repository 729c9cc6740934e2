"""What prose may refer to.

``{{revenue}}``, ``{{revenue.change}}``, ``{{by_country.1}}``, each with its text.

A reference carries all that makes its figure true: a value of another time names that time, a change says
which way it went and against what. A model that puts a reference at the wrong place can so claim little; what
it can still claim, `smeflow.writing.check` looks at.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from smeflow._text import folded
from smeflow.i18n import Phrase, language_of, say
from smeflow.writing.locales import LocaleFormat
from smeflow.writing.periods import Window
from smeflow.writing.report import Direction, ReportFact

ReferenceRole = Literal["value", "then", "change", "name", "row", "share", "period", "high", "low"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FactReference:
    """One thing prose may say, ready to be put in."""

    name: str
    text: str
    base: str
    """The fact it belongs to, without what stands behind the dot."""
    role: ReferenceRole
    rank: int = 0
    """Its row, from 1; 0 where there are no rows."""
    direction: Direction | None = None
    size: Decimal | None = None
    """Of a change, how great it is in percent."""
    least: bool = False
    """Whether the smallest stand first in its ranking."""
    tied: bool = False
    """Whether the next row is as great, so that none is first."""
    label: str = ""
    figure: str = ""
    """The figure in its text: ``9.0%`` of ``up 9.0% on May``; empty where it says none."""

    @property
    def written(self) -> str:
        """As prose writes it."""
        return write_reference(self.name)

    @property
    def fact(self) -> str:
        """The name of the fact whose figure it is."""
        return self.name if self.role in {"value", "then", "change"} else self.base


def write_reference(name: str) -> str:
    """Write a reference as prose does: ``{{revenue}}``."""
    return "{{" + name + "}}"


@dataclass(frozen=True, kw_only=True)
class ReferenceTable:
    """All that prose may refer to, and the words that name it."""

    references: Mapping[str, FactReference]
    labels: Mapping[str, tuple[str, ...]]
    """For each base, its label and what else it may be called."""
    names: frozenset[str]
    """Names of rows, folded: they are said by reference alone."""
    locale: str

    @property
    def language(self) -> str:
        """Two letters."""
        return self.locale[:2].lower()


def reference_table(
    facts: Iterable[ReportFact],
    locale: str,
    *,
    window: Window | None = None,
    synonyms: Mapping[str, tuple[str, ...]] | None = None,
    names: Iterable[str] = (),
) -> ReferenceTable:
    """Derive the references of *facts*. What is incomplete has a value and no change."""
    facts = list(facts)
    references: dict[str, FactReference] = {}
    if window:
        texts = {"period": LocaleFormat(locale).period(window.key), "when": say_when(window, locale)}
        for name, text in texts.items():
            references[name] = FactReference(name=name, text=text, base=name, role="period")
    for fact in facts:
        references |= {reference.name: reference for reference in _references_of(fact, locale, window)}
    references |= dict(_with_directions(references))
    labels = {
        fact.name: tuple(dict.fromkeys((fact.label, *_heading(fact), *(synonyms or {}).get(fact.name, ()))))
        for fact in facts
        if fact.measure not in {"change", "difference", "year_to_date"}
        and fact.name.rpartition(".")[2] not in {"previous", "last_year"}
    }
    rows = {
        folded(row[0])
        for fact in facts
        if fact.shape == "ranking"
        for row in fact.rows
        if row[0] and len(row[0]) > 1
    }
    known = {folded(name) for name in names if len(name) > 1}
    return ReferenceTable(references=references, labels=labels, names=frozenset(rows | known), locale=locale)


_SINCE = {"previous": ("change", "difference"), "last_year": ("change_last_year", "difference_last_year")}


def _with_directions(references: Mapping[str, FactReference]) -> Iterator[tuple[str, FactReference]]:
    """Tell of each value of another time which way it went since, where a change tells it."""
    for name, reference in references.items():
        ends = _SINCE.get(name.rpartition(".")[2], ()) if reference.role == "then" else ()
        names = [f"{reference.base}.{end}" for end in ends if f"{reference.base}.{end}" in references]
        if names:
            yield name, replace(reference, direction=references[names[0]].direction)


def _heading(fact: ReportFact) -> tuple[str, ...]:
    return (fact.columns[0].label,) if fact.shape == "ranking" else ()


def _references_of(fact: ReportFact, locale: str, window: Window | None) -> Iterator[FactReference]:
    if fact.shape == "scalar":
        if reference := _scalar(fact, locale, window):
            yield reference
    elif fact.shape in {"ranking", "buckets"}:
        yield from _rows(fact, locale)
    elif fact.shape == "series":
        yield from _series(fact, locale)


def _scalar(fact: ReportFact, locale: str, window: Window | None) -> FactReference | None:
    base, _, end = fact.name.rpartition(".")
    base = base or fact.name
    if fact.value is None:
        return None
    if fact.measure in {"change", "difference"}:
        return _change(fact, base, end, locale, window)
    text = fact.text(locale)
    reference = FactReference(
        name=fact.name,
        text=text,
        base=base,
        role="then",
        label=fact.label,
        figure=text if fact.columns[0].kind == "number" else "",
    )
    then = {"previous": window.previous, "last_year": window.last_year}.get(end) if window else None
    if then is not None:
        phrase = say("{value} {time}", value=text, time=say_when(then, locale))
        return replace(reference, text=phrase.render(language_of(locale)))
    if fact.measure == "year_to_date" and window:
        window = window if end == "year_to_date" else window.last_year
        upto = say_when(window, locale, until=True)
        year = window.last.year
        phrase = say("{value} since the beginning of {year}, {upto}", value=text, year=year, upto=upto)
        return replace(reference, text=phrase.render(language_of(locale)))
    direction = fact.direction if fact.incomplete is None else None
    return replace(reference, base=fact.name, role="value", direction=direction)


def _change(
    fact: ReportFact, base: str, end: str, locale: str, window: Window | None
) -> FactReference | None:
    value = fact.value
    if not isinstance(value, Decimal) or fact.direction is None or window is None:
        return None
    then = window.last_year if end.endswith("last_year") else window.previous
    against, than = _against(then, locale), say_when(then, locale)
    column = fact.columns[0]
    amount = column.show(f"{abs(value):f}", locale)
    phrase = {
        ("difference", "up"): say("{amount} more than {then}", amount=amount, then=than),
        ("difference", "down"): say("{amount} less than {then}", amount=amount, then=than),
        ("change", "up"): say("up {amount} on {then}", amount=amount, then=against),
        ("change", "down"): say("down {amount} on {then}", amount=amount, then=against),
    }.get((fact.measure, fact.direction))
    if phrase is None:
        phrase = say("level with {then}", then=against if locale.startswith("en") else than)
    size = abs(value) if column.unit == "%" else None
    return FactReference(
        name=fact.name,
        text=phrase.render(language_of(locale)),
        base=base,
        role="change",
        direction=fact.direction,
        size=size,
        label=fact.label,
        figure="" if fact.direction == "flat" else amount,
    )


def say_when(window: Window, locale: str, *, until: bool = False) -> str:
    """Say when: ``in October 2026``, ``en octobre 2026``, ``au 3e trimestre 2026``."""
    shown = LocaleFormat(locale).period(window.key)
    phrases: Mapping[str, Phrase] = {
        "month": say("in {month}", month=shown),
        "quarter": say("in {quarter}", quarter=shown),
        "week": say("in {week}", week=shown),
        "year": say("in {year}", year=shown),
    }
    if until:
        last = LocaleFormat(locale).write(window.last)
        return say("up to {day}", day=last).render(language_of(locale))
    return phrases[window.grain].render(language_of(locale))


def _against(window: Window, locale: str) -> str:
    shown = LocaleFormat(locale).period(window.key)
    phrases: Mapping[str, Phrase] = {
        "month": say("{month}", month=shown),
        "quarter": say("{quarter}", quarter=shown),
        "week": say("{week}", week=shown),
        "year": say("{year}", year=shown),
    }
    return phrases[window.grain].render(language_of(locale))


def _rows(fact: ReportFact, locale: str) -> Iterator[FactReference]:
    roles: Mapping[str, ReferenceRole] = {"value": "row", "share": "share"}
    others = len(fact.rows) - 1 if _has_others(fact, locale) else -1
    values = [row[1] for row in fact.rows[: others if others >= 0 else None]]
    for n, (row, shown) in enumerate(zip(fact.rows, fact.shown(locale), strict=True)):
        if row[0] is None:
            continue
        rank = 0 if n == others else n + 1
        end = "others" if n == others else str(rank)
        if n != others:
            tied = fact.shape != "ranking" or (n + 1 < len(values) and values[n] == values[n + 1])
            yield FactReference(
                name=f"{fact.name}.{end}",
                text=shown[0],
                base=fact.name,
                role="name",
                rank=rank,
                tied=tied,
                least=fact.measure == "least",
                label=fact.label,
            )
        for column, text, cell in zip(fact.columns[1:], shown[1:], row[1:], strict=True):
            if cell is not None:
                role: ReferenceRole = roles.get(column.name, "row")
                yield FactReference(
                    name=f"{fact.name}.{end}.{column.name}",
                    text=text,
                    base=fact.name,
                    role=role,
                    rank=rank,
                    label=fact.label,
                    figure=text if column.kind == "number" else "",
                )


def _has_others(fact: ReportFact, locale: str) -> bool:
    others = say("Others").render(language_of(locale))
    return fact.shape == "ranking" and bool(fact.rows) and fact.rows[-1][0] == others


MOVING_MEAN = "mean"
"""What the column of a moving average is called: what is said of one is said of its means."""


def _series(fact: ReportFact, locale: str) -> Iterator[FactReference]:
    if fact.measure == "forecast":
        return
    at = next((n for n, each in enumerate(fact.columns) if each.name == MOVING_MEAN), 1)
    column = fact.columns[at]
    known = [(row[0], Decimal(cell)) for row in fact.rows if (cell := row[at]) is not None]
    if len(known) < 2 or fact.incomplete is not None:
        return
    most, least = max(v for _, v in known), min(v for _, v in known)
    extremes: tuple[tuple[str, Decimal, ReferenceRole], ...] = (
        ("highest", most, "high"),
        ("lowest", least, "low"),
    )
    for end, value, role in extremes:
        when = [period for period, v in known if v == value]
        if len(when) != 1 or when[0] is None:
            continue  # a tie has no one period
        time = say_when(Window.of(when[0]), locale)
        amount = column.show(f"{value:f}", locale)
        text = say("{value} {time}", value=amount, time=time).render(language_of(locale))
        yield FactReference(
            name=f"{fact.name}.{end}", text=text, base=fact.name, role=role, label=fact.label, figure=amount
        )
