"""The words of a recipe and what they mean; the public door for authors of steps, sources, sinks, records."""

from typing import TYPE_CHECKING

from smeflow._doors import open_door

if TYPE_CHECKING:
    from smeflow.kinds.record_kind import RecordKind
    from smeflow.kinds.records import Check, Finding, Identifier, Labels, Reader, Reading, Record
    from smeflow.kinds.sinks import (
        ActingSink,
        DeliveringSink,
        DeliveryOutcome,
        Parcel,
        Put,
        Sink,
        SinkItem,
        SinkMemory,
    )
    from smeflow.kinds.sources import (
        ROW,
        Arrival,
        ArrivalBatch,
        DiskSource,
        FactSource,
        ResumableSource,
        Source,
        UnreadableArrival,
        make_arrival,
    )

__all__ = [
    "ROW",
    "ActingSink",
    "Arrival",
    "ArrivalBatch",
    "Check",
    "DeliveringSink",
    "DeliveryOutcome",
    "DiskSource",
    "FactSource",
    "Finding",
    "Identifier",
    "Labels",
    "Parcel",
    "Put",
    "Reader",
    "Reading",
    "Record",
    "RecordKind",
    "ResumableSource",
    "Sink",
    "SinkItem",
    "SinkMemory",
    "Source",
    "UnreadableArrival",
    "make_arrival",
]

__getattr__, __dir__ = open_door(
    __name__,
    {
        "ActingSink": "smeflow.kinds.sinks",
        "Arrival": "smeflow.kinds.sources",
        "ArrivalBatch": "smeflow.kinds.sources",
        "Check": "smeflow.kinds.records",
        "DeliveringSink": "smeflow.kinds.sinks",
        "DeliveryOutcome": "smeflow.kinds.sinks",
        "DiskSource": "smeflow.kinds.sources",
        "FactSource": "smeflow.kinds.sources",
        "Finding": "smeflow.kinds.records",
        "Identifier": "smeflow.kinds.records",
        "Labels": "smeflow.kinds.records",
        "Parcel": "smeflow.kinds.sinks",
        "Put": "smeflow.kinds.sinks",
        "ROW": "smeflow.kinds.sources",
        "Reader": "smeflow.kinds.records",
        "Reading": "smeflow.kinds.records",
        "Record": "smeflow.kinds.records",
        "RecordKind": "smeflow.kinds.record_kind",
        "ResumableSource": "smeflow.kinds.sources",
        "Sink": "smeflow.kinds.sinks",
        "SinkItem": "smeflow.kinds.sinks",
        "SinkMemory": "smeflow.kinds.sinks",
        "Source": "smeflow.kinds.sources",
        "UnreadableArrival": "smeflow.kinds.sources",
        "make_arrival": "smeflow.kinds.sources",
    },
)
