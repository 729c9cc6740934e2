"""Choose the pattern for a fact and fill it with references; how it sounds, a language's file says."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from smeflow.facts.references import Sayable
from smeflow.facts.report import FactValue


class Tongue(Protocol):
    """What a language brings: a sentence for each case. Figures are references in double braces."""

    def total(self, fact: FactValue, value: str, beside: tuple[str, ...], nth: int) -> str:
        """Say a value and how it changed; *nth* varies the words from sentence to sentence."""
        ...

    def so_far(self, fact: FactValue, value: str) -> str:
        """Say what it comes to since the beginning of the year."""
        ...

    def ranked(self, fact: FactValue, rows: tuple[tuple[str, str, str], ...], *, tied: bool) -> str:
        """Say who comes first, and who next: names, values, shares."""
        ...

    def listed(self, fact: FactValue, rows: tuple[tuple[str, str, str], ...]) -> str:
        """Say what stands in each class."""
        ...

    def extremes(self, fact: FactValue, highest: str, lowest: str) -> str:
        """Say the highest and the lowest of a series."""
        ...


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence with references, and the facts it is of."""

    text: str
    facts: tuple[str, ...]


def sentences(fact: FactValue, about: Sayable, tongue: Tongue, nth: int = 0) -> Iterator[Said]:
    """Say one fact; nothing where there is nothing to say."""
    if fact.shape == "scalar":
        yield from _scalar(fact, about, tongue, nth)
        return
    speak = _SHAPES.get(fact.shape)
    if speak is not None:
        yield from speak(fact, about, tongue)


def _ref(name: str) -> str:
    return "{{" + name + "}}"


def _scalar(fact: FactValue, about: Sayable, tongue: Tongue, nth: int) -> Iterator[Said]:
    if fact.name not in about.references:
        return
    ends = [f"{fact.name}.{end}" for end in ("change", "change_last_year")]
    ends = [end for end in ends if end in about.references]
    if not ends:
        ends = [end for end in (f"{fact.name}.difference",) if end in about.references]
    if len(ends) > 1 and all(about.references[end].direction == "flat" for end in ends):
        ends = ends[:1]
    yield Said(tongue.total(fact, _ref(fact.name), tuple(map(_ref, ends)), nth), (fact.name, *ends))
    so_far = f"{fact.name}.year_to_date"
    if so_far in about.references:
        yield Said(tongue.so_far(fact, _ref(so_far)), (so_far,))


def _ranking(fact: FactValue, about: Sayable, tongue: Tongue) -> Iterator[Said]:
    rows = tuple(_row(fact, about, n) for n in range(1, 4) if f"{fact.name}.{n}" in about.references)
    if rows:
        tied = about.references[f"{fact.name}.1"].tied
        yield Said(tongue.ranked(fact, rows, tied=tied), (fact.name,))


def _buckets(fact: FactValue, about: Sayable, tongue: Tongue) -> Iterator[Said]:
    rows = tuple(
        _row(fact, about, n)
        for n, row in enumerate(fact.rows, 1)
        if f"{fact.name}.{n}" in about.references and any(c not in {None, "0", "0.00"} for c in row[1:])
    )
    if rows:
        yield Said(tongue.listed(fact, rows), (fact.name,))


def _series(fact: FactValue, about: Sayable, tongue: Tongue) -> Iterator[Said]:
    high, low = f"{fact.name}.highest", f"{fact.name}.lowest"
    if high in about.references and low in about.references:
        yield Said(tongue.extremes(fact, _ref(high), _ref(low)), (fact.name,))


def _row(fact: FactValue, about: Sayable, n: int) -> tuple[str, str, str]:
    share = f"{fact.name}.{n}.share"
    return (
        _ref(f"{fact.name}.{n}"),
        _ref(f"{fact.name}.{n}.value"),
        _ref(share) if share in about.references else "",
    )


_SHAPES: Mapping[str, Callable[[FactValue, Sayable, Tongue], Iterator[Said]]] = {
    "ranking": _ranking,
    "buckets": _buckets,
    "series": _series,
}
