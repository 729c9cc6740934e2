"""Plain sentences in English."""

from smeflow.facts.french import lowered
from smeflow.facts.report import FactValue

_VERBS = ("came to", "stood at", "amounted to")
_ONE = frozenset({"mean", "median", "minimum", "maximum"})
"""Measures whose label is one thing: "the average order"."""
Rows = tuple[tuple[str, str, str], ...]


class English:
    """The patterns of English."""

    def total(self, fact: FactValue, value: str, beside: tuple[str, ...], nth: int) -> str:
        """Say a value and how it changed; *nth* varies the words from sentence to sentence."""
        said = f", {' and '.join(beside)}" if beside else ""
        if fact.measure == "count" and fact.label.casefold() == fact.columns[0].unit.casefold():
            return f"There {'was' if fact.value == 1 else 'were'} {value}{said}."
        if fact.measure == "share" or (fact.measure == "count" and fact.columns[0].unit):
            return f"{fact.label}: {value}{said}."
        label = f"The {lowered(fact.label)}" if fact.measure in _ONE else fact.label
        return f"{label} {_VERBS[nth % len(_VERBS)]} {value}{said}."

    def so_far(self, fact: FactValue, value: str) -> str:
        """Say what it comes to since the beginning of the year."""
        return f"The running total of {lowered(fact.label)} is {value}."

    def ranked(self, fact: FactValue, rows: Rows, *, tied: bool) -> str:
        """Say who comes first, and who next."""
        told = [f"{name} ({value}{', ' + share if share else ''})" for name, value, share in rows]
        if tied or fact.measure == "least" or len(rows) == 1:
            return f"{fact.label}: {_and(told)}."
        name, value, share = rows[0]
        first = f"{name} comes first with {value}" + (f" ({share})" if share else "")
        return f"{fact.label}: {first}, ahead of {_and(told[1:])}."

    def listed(self, fact: FactValue, rows: Rows) -> str:
        """Say what stands in each class."""
        told = [f"{name}: {value}{' (' + share + ')' if share else ''}" for name, value, share in rows]
        return f"{fact.label} by class: {'; '.join(told)}."

    def extremes(self, fact: FactValue, highest: str, lowest: str) -> str:
        """Say the highest and the lowest of a series."""
        label, first = lowered(fact.label), fact.label.partition(" ")[0]
        was = "were" if first.endswith("s") and not first.endswith("ss") else "was"
        return f"Over the periods shown, {label} {was} highest with {highest} and lowest with {lowest}."


def _and(told: list[str]) -> str:
    return told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}"
