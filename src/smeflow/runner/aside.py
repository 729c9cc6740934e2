"""What is kept and not worked on: a platform's messages about invoices, where invoices are what is read."""

from smeflow.i18n import Phrase
from smeflow.plan import Entry
from smeflow.step import Case
from smeflow.steps import Extract
from smeflow.steps.papers import statuses, without_mails


def set_aside(case: Case, entries: tuple[Entry, ...]) -> Phrase | None:
    """Say why there is nothing to do: the recipe reads invoices, and the case is messages about some."""
    if not any(isinstance(entry.step, Extract) and entry.step.is_invoice for entry in entries):
        return None
    if not case.documents or not case.documents[0].media_type.endswith(("xml", "zip")):
        return None
    told = statuses(case.documents)
    return told[0] if told and len(told) == len(without_mails(case.documents)) else None
