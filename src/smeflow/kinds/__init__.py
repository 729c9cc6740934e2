"""The words of a recipe and what they mean; the public door for authors of steps, sources, sinks, records."""

from typing import TYPE_CHECKING

from smeflow._doors import open_door

if TYPE_CHECKING:
    from smeflow.kinds.record_kind import RecordKind
    from smeflow.kinds.records import Check, Finding, Identifier, Labels, Reading, Record
    from smeflow.kinds.sinks import (
        ActingSink,
        DeliveringSink,
        DeliveryAnswer,
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
    "DeliveryAnswer",
    "DiskSource",
    "FactSource",
    "Finding",
    "Identifier",
    "Labels",
    "Parcel",
    "Put",
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
        "smeflow.kinds.record_kind": "RecordKind",
        "smeflow.kinds.records": "Check Finding Identifier Labels Reading Record",
        "smeflow.kinds.sinks": (
            "ActingSink DeliveringSink DeliveryAnswer Parcel Put Sink SinkItem SinkMemory"
        ),
        "smeflow.kinds.sources": (
            "Arrival ArrivalBatch DiskSource FactSource make_arrival ResumableSource ROW Source "
            "UnreadableArrival"
        ),
    },
)
