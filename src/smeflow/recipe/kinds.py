"""Which word in a recipe means which class. A new kind is a row here, or an entry point of a package."""

from collections.abc import Mapping, Sequence
from inspect import getattr_static
from typing import Any, Literal

from smeflow.lookup import Words
from smeflow.record_kinds import RECORDS

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
_WORDS: Mapping[Family, Words] = {
    "steps": Words("steps", STEPS),
    "sources": Words("sources", SOURCES),
    "sinks": Words("sinks", SINKS),
    "records": RECORDS,
}


def names(family: Family) -> tuple[str, ...]:
    """List the words a recipe may use, ours first."""
    return _WORDS[family].names()


def find(family: Family, name: str) -> Any:
    """Load what *name* means. Ours cannot be replaced by an entry point of the same name.

    Raises:
        KeyError: There is no such kind.
        KindError: A user's package broke while it was imported.
    """
    return _WORDS[family].find(name)


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
