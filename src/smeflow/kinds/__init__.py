"""The words of a recipe and what they mean; the public door for authors of steps, sources, sinks, records."""

from typing import TYPE_CHECKING

from smeflow._doors import open_door

if TYPE_CHECKING:
    from smeflow.core.case import Known
    from smeflow.core.claims import Claim, ClaimingResult, Evidenced
    from smeflow.core.step import DoubtingResult, ModelWantingResult
    from smeflow.documents.document import MESSAGE, ROW, PageRange
    from smeflow.invoices.books.journal import BooksFormat
    from smeflow.kinds.mailbox import Account, Effect, MailIndex
    from smeflow.kinds.recipe_context import RecipeContext
    from smeflow.kinds.record_kind import (
        Firm,
        NamedRules,
        PaperRules,
        ProofRules,
        ReaderContext,
        RecordKind,
        RecordReader,
        SplitRule,
    )
    from smeflow.kinds.records import Check, Finding, Identifier, Labels, Reading, Record
    from smeflow.kinds.sinks import (
        ActingSink,
        AttachmentSink,
        DeliveringSink,
        DeliveryAnswer,
        HoldingSink,
        Parcel,
        Put,
        RetractingSink,
        Sink,
        SinkItem,
        SinkMemory,
    )
    from smeflow.kinds.sources import (
        Arrival,
        ArrivalBatch,
        DiskSource,
        FactSource,
        IntakeSource,
        ResumableSource,
        SelectiveSource,
        Source,
        UnreadableArrival,
        make_arrival,
    )
    from smeflow.kinds.steps import StepFamily, StepResult

__all__ = [
    "MESSAGE",
    "ROW",
    "Account",
    "ActingSink",
    "Arrival",
    "ArrivalBatch",
    "AttachmentSink",
    "BooksFormat",
    "Check",
    "Claim",
    "ClaimingResult",
    "DeliveringSink",
    "DeliveryAnswer",
    "DiskSource",
    "DoubtingResult",
    "Effect",
    "Evidenced",
    "FactSource",
    "Finding",
    "Firm",
    "HoldingSink",
    "Identifier",
    "IntakeSource",
    "Known",
    "Labels",
    "MailIndex",
    "ModelWantingResult",
    "NamedRules",
    "PageRange",
    "PaperRules",
    "Parcel",
    "ProofRules",
    "Put",
    "ReaderContext",
    "Reading",
    "RecipeContext",
    "Record",
    "RecordKind",
    "RecordReader",
    "ResumableSource",
    "RetractingSink",
    "SelectiveSource",
    "Sink",
    "SinkItem",
    "SinkMemory",
    "Source",
    "SplitRule",
    "StepFamily",
    "StepResult",
    "UnreadableArrival",
    "make_arrival",
]

__getattr__, __dir__ = open_door(
    __name__,
    {
        "smeflow.core.case": "Known",
        "smeflow.core.claims": "Claim ClaimingResult Evidenced",
        "smeflow.core.step": "DoubtingResult ModelWantingResult",
        "smeflow.documents.document": "MESSAGE ROW PageRange",
        "smeflow.invoices.books.journal": "BooksFormat",
        "smeflow.kinds.mailbox": "Account Effect MailIndex",
        "smeflow.kinds.recipe_context": "RecipeContext",
        "smeflow.kinds.record_kind": (
            "Firm NamedRules PaperRules ProofRules RecordKind RecordReader ReaderContext SplitRule"
        ),
        "smeflow.kinds.records": "Check Finding Identifier Labels Reading Record",
        "smeflow.kinds.sinks": (
            "ActingSink AttachmentSink DeliveringSink DeliveryAnswer HoldingSink Parcel Put RetractingSink "
            "Sink SinkItem SinkMemory"
        ),
        "smeflow.kinds.sources": (
            "Arrival ArrivalBatch DiskSource FactSource IntakeSource ResumableSource SelectiveSource Source "
            "UnreadableArrival make_arrival"
        ),
        "smeflow.kinds.steps": "StepFamily StepResult",
    },
)
