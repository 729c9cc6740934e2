"""Plain sentences in French: articles, elision, agreement."""

from smeflow.facts.french import lowered, of, of_the, plural, with_article
from smeflow.facts.report import FactValue

_VERBS = (("s'établit à", "s'établissent à"), ("ressort à", "ressortent à"), ("s'élève à", "s'élèvent à"))
Rows = tuple[tuple[str, str, str], ...]


class French:
    """The patterns of French."""

    def total(self, fact: FactValue, value: str, beside: tuple[str, ...], nth: int) -> str:
        """Say a value and how it changed; *nth* varies the words from sentence to sentence."""
        said = f", {' et '.join(beside)}" if beside else ""
        column = fact.columns[0]
        if fact.measure == "count" and fact.label.casefold() == column.unit.casefold():
            return f"On compte {value}{said}."
        if fact.measure == "share" or (fact.measure == "count" and column.unit):
            return f"{fact.label}\u00a0: {value}{said}."
        one, many = _VERBS[nth % len(_VERBS)]
        if fact.measure == "count":
            return f"Le nombre {of(lowered(fact.label))} {one} {value}{said}."
        return f"{_capital(with_article(fact.label))} {many if plural(fact.label) else one} {value}{said}."

    def so_far(self, fact: FactValue, value: str) -> str:
        """Say what it comes to since the beginning of the year."""
        return f"Le cumul {of_the(fact.label)} atteint {value}."

    def ranked(self, fact: FactValue, rows: Rows, *, tied: bool) -> str:
        """Say who comes first, and who next."""
        told = [f"{name} ({value}{', ' + share if share else ''})" for name, value, share in rows]
        if tied or fact.measure == "least" or len(rows) == 1:
            return f"{fact.label}\u00a0: {_and(told)}."
        name, value, share = rows[0]
        first = f"{name} arrive en tête avec {value}" + (f" ({share})" if share else "")
        return f"{fact.label}\u00a0: {first}, devant {_and(told[1:])}."

    def listed(self, fact: FactValue, rows: Rows) -> str:
        """Say what stands in each class."""
        told = [f"{name}\u00a0: {value}{' (' + share + ')' if share else ''}" for name, value, share in rows]
        return f"{fact.label} par classe\u00a0: {' ; '.join(told)}."

    def extremes(self, fact: FactValue, highest: str, lowest: str) -> str:
        """Say the highest and the lowest of a series."""
        label = with_article(fact.label)
        pronoun = "leur" if plural(fact.label) else "son"
        verb = "atteignent" if plural(fact.label) else "atteint"
        return (
            f"Sur les périodes présentées, {label} {verb} {pronoun} plus haut niveau avec {highest} "
            f"et {pronoun} plus bas avec {lowest}."
        )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _and(told: list[str]) -> str:
    return told[0] if len(told) == 1 else f"{', '.join(told[:-1])} et {told[-1]}"
