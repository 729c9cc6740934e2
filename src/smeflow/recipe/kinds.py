"""Which word in a recipe means which class. A new kind is a row here, or an entry point of a package."""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from inspect import getattr_static
from typing import Any, Literal

from smeflow.i18n import Phrase, say

Family = Literal["steps", "sources", "sinks", "records"]

STEPS: Mapping[str, str] = {
    "triage": "smeflow.steps.triage:Triage",
    "extract": "smeflow.steps.extract:Extract",
    "draft": "smeflow.steps.draft:Draft",
    "reply": "smeflow.steps.reply:Reply",
    "report": "smeflow.steps.report:DraftReport",
    "guard": "smeflow.steps.guard:Guard",
    "rule": "smeflow.steps.rule:Rule",
}
SOURCES: Mapping[str, str] = {
    "folder": "smeflow.sources.folder:Folder",
    "table": "smeflow.sources.table:TableRows",
    "lines": "smeflow.sources.lines:Lines",
    "mbox": "smeflow.sources.archive:Archive",
    "months": "smeflow.sources.months:Months",
    "period": "smeflow.sources.period:Periods",
    "mailbox": "smeflow.sources.mailbox:Mailbox",
}
SINKS: Mapping[str, str] = {
    "table": "smeflow.sinks.table:TableFile",
    "files": "smeflow.sinks.files:Files",
    "copy": "smeflow.sinks.copies:Copies",
    "attachments": "smeflow.sinks.attachments:Attachments",
    "lines": "smeflow.sinks.lines:LinesFile",
    "mailbox": "smeflow.sinks.mailbox:MailboxActions",
    "send": "smeflow.sinks.send:SendAnswers",
    "report": "smeflow.sinks.report:ReportPages",
    "webhook": "smeflow.sinks.webhook:Webhook",
    "eml": "smeflow.sinks.drafts:DraftFiles",
    "draft": "smeflow.sinks.drafts:DraftsInMailbox",
}
_OURS: Mapping[Family, Mapping[str, str]] = {
    "steps": STEPS,
    "sources": SOURCES,
    "sinks": SINKS,
    "records": {},
}


class KindError(Exception):
    """A user's own kind cannot be loaded. Told as a problem of the recipe; it never leaves this package."""

    def __init__(self, phrase: Phrase) -> None:
        super().__init__(phrase)
        self.phrase = phrase


def names(family: Family) -> tuple[str, ...]:
    """List the words a recipe may use, ours first."""
    return (*_OURS[family], *(name for name in sorted(_theirs(family)) if name not in _OURS[family]))


def find(family: Family, name: str) -> Any:
    """Load what *name* means. Ours cannot be replaced by an entry point of the same name.

    Raises:
        KeyError: There is no such kind.
        KindError: A user's package broke while it was imported.
    """
    if name in _OURS[family]:
        module, _, attribute = _OURS[family][name].partition(":")
        return getattr(import_module(module), attribute)
    entry = _theirs(family)[name]
    try:
        return entry.load()
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        phrase = say(
            "{name} ({place}) cannot be loaded: {reason}", name=name, place=entry.value, reason=reason
        )
        raise KindError(phrase) from error


_CONTRACTS: Mapping[Family, Sequence[tuple[str, ...]]] = {
    "steps": [("name", "returns", "__call__")],
    "sources": [("name", "complete", "cases")],
    "sinks": [("name", "put"), ("name", "acting", "account", "effects"), ("name", "parcel", "deliver")],
    "records": [],
}
"""What a kind must have; of several contracts, one."""


def lacking(family: Family, made: object) -> tuple[str, ...]:
    """Give what *made* lacks to be one of *family*, of the contract it is nearest to."""
    lacks = [tuple(m for m in contract if not _has(made, m)) for contract in _CONTRACTS[family]]
    return min(lacks, key=len, default=())


def _has(made: object, member: str) -> bool:
    """Look without asking: a property may reach out."""
    fields = getattr(type(made), "model_fields", {})
    return member in fields or getattr_static(made, member, None) is not None


@cache
def _theirs(family: Family) -> Mapping[str, EntryPoint]:
    """Find the entry points of installed packages; once a process, since looking takes a while."""
    return {entry.name: entry for entry in entry_points(group=f"smeflow.{family}")}
