"""What is kept and not worked on: a message about records, where such records are what is read."""

from smeflow.i18n import Phrase
from smeflow.plan import Entry
from smeflow.step import Case
from smeflow.steps import Extract


def set_aside(case: Case, entries: tuple[Entry, ...]) -> Phrase | None:
    """Say why there is nothing to do: a kind of record the recipe reads knows the case for no such record."""
    kinds = [entry.step.kind for entry in entries if isinstance(entry.step, Extract)]
    told = (kind.papers.aside(case.documents) for kind in kinds if kind.papers.aside)
    return next((why for why in told if why is not None), None)
