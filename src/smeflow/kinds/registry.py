"""Which word in a recipe means which class: a new step, source or sink is a row here, or an entry point.

Kinds of documents have their rows in `record_kind.RECORDS`.
"""

from collections.abc import Mapping, Sequence
from inspect import getattr_static
from typing import Any, Literal

from pydantic import BaseModel

from smeflow.kinds.lookup import KindTable
from smeflow.kinds.record_kind import RECORDS

Family = Literal["steps", "sources", "sinks", "records"]

STEPS: Mapping[str, str] = {
    "triage": "smeflow.triage.step:Triage",
    "extract": "smeflow.extract.step:Extract",
    "draft": "smeflow.reports.draft_step:Draft",
    "reply": "smeflow.mail.reply:DraftReply",
    "report": "smeflow.reports.report_step:DraftReport",
    "guard": "smeflow.mail.guard:Guard",
    "rule": "smeflow.engine.own_steps:Rule",
}
SOURCES: Mapping[str, str] = {
    "folder": "smeflow.files.folder:Folder",
    "table": "smeflow.tables.rows:TableRows",
    "lines": "smeflow.tables.json_lines:Lines",
    "mbox": "smeflow.mail.source:Archive",
    "months": "smeflow.reports.periods:Months",
    "period": "smeflow.reports.periods:Periods",
    "mailbox": "smeflow.mail.source:Mailbox",
}
SINKS: Mapping[str, str] = {
    "table": "smeflow.tables.table_file:TableFile",
    "purchases": "smeflow.invoices.books.purchases:PurchaseLedger",
    "files": "smeflow.files.results:Files",
    "copy": "smeflow.files.originals:Copies",
    "attachments": "smeflow.files.originals:Attachments",
    "lines": "smeflow.tables.json_lines:LinesFile",
    "mailbox": "smeflow.mail.sink:MailboxActions",
    "send": "smeflow.mail.sending:SendAnswers",
    "report": "smeflow.reports.sink:ReportPages",
    "sql": "smeflow.tables.sql_table:SqlRows",
    "webhook": "smeflow.engine.webhook:Webhook",
    "eml": "smeflow.reports.mail_drafts:DraftFiles",
    "draft": "smeflow.reports.mail_drafts:DraftsInMailbox",
}
_WORDS: Mapping[Family, KindTable] = {
    "steps": KindTable("steps", STEPS),
    "sources": KindTable("sources", SOURCES),
    "sinks": KindTable("sinks", SINKS),
    "records": RECORDS,
}


def kind_names(family: Family) -> tuple[str, ...]:
    """List the words a recipe may use, ours first."""
    return _WORDS[family].names()


def load_kind(family: Family, name: str) -> Any:
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
"""What a kind must have; where there are several contracts, one of them."""


def missing_members(family: Family, candidate: object) -> tuple[str, ...]:
    """List what *candidate* lacks to be one of *family*, by the contract it comes nearest to."""
    missing = [tuple(m for m in contract if not _has(candidate, m)) for contract in _CONTRACTS[family]]
    return min(missing, key=len, default=())


def _has(candidate: object, member: str) -> bool:
    """Look without evaluating: a property may reach out to the network."""
    is_field = isinstance(candidate, BaseModel) and member in type(candidate).model_fields
    return is_field or getattr_static(candidate, member, None) is not None
