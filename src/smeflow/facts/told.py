"""What a writer is told of the facts: each reference with the text it stands for, a section at a time."""

from collections.abc import Iterator, Sequence

from smeflow.facts.compose import Part, drafted
from smeflow.facts.references import Reference, Sayable
from smeflow.i18n import language_of, say

MAX_ROWS = 8
"""So many rows of a ranking are told: nobody reads prose about the ninth."""


def listed(parts: Sequence[Part], about: Sayable, *, names: bool = False) -> str:
    """List the sections with their facts, as a model is shown them.

    Names of rows are withheld unless *names* is set, and those that are people's always: the reference alone
    is enough to write of a row.
    """
    told = ["{{period}} = " + about.references["period"].text] if "period" in about.references else []
    for number, part in enumerate(parts, 1):
        told.append(f"\n[{number}] {part.heading}")
        for fact in part.facts:
            lines = list(_lines(fact.name, about, withheld=fact.people or not names))
            if lines:
                told.append(f"{fact.label}:")
                told += lines
        if plain := drafted(part, about):
            told.append(f"Draft of [{number}], true as it stands: {plain}")
    return "\n".join(told)


def _lines(base: str, about: Sayable, *, withheld: bool) -> Iterator[str]:
    nameless = say("(a name)").render(language_of(about.locale))
    for reference in about.references.values():
        if reference.base != base or reference.rank > MAX_ROWS:
            continue
        text = nameless if withheld and reference.role == "name" else reference.text
        yield f"  {{{{{reference.name}}}}} = {text}{_mark(reference)}"


def _mark(reference: Reference) -> str:
    if reference.role == "name" and reference.rank and not reference.tied:
        return f"  (#{reference.rank})"
    return f"  ({reference.direction})" if reference.direction and reference.role == "value" else ""
