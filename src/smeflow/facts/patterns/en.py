"""Plain sentences in English."""

from smeflow.facts.french import lowered
from smeflow.facts.report import FactValue

Rows = tuple[tuple[str, str, str], ...]


class English:
    """The patterns of English."""

    def total(self, fact: FactValue, value: str, beside: tuple[str, ...]) -> str:
        """Say a value and how it changed."""
        said = f", {' and '.join(beside)}" if beside else ""
        return f"{fact.label} came to {value}{said}."

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
        label = lowered(fact.label)
        return f"Over the periods shown, {label} was highest with {highest} and lowest with {lowest}."


def _and(told: list[str]) -> str:
    return told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}"
