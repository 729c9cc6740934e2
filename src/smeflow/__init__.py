"""Turn the repetitive office work of a small firm into tested, durable workflows around a language model.

Names are imported when they are first used, so that ``import smeflow`` stays quick.
"""

from typing import TYPE_CHECKING

from smeflow._doors import open_door

if TYPE_CHECKING:
    from smeflow.core.case import Case, Step
    from smeflow.core.run import run
    from smeflow.core.step import fingerprint, step
    from smeflow.documents.document import Document, Limits, Page, Quote, Table
    from smeflow.documents.read import read
    from smeflow.errors import SmeflowError
    from smeflow.llm.call_log import CallLog, MemoryCallLog, Scope
    from smeflow.llm.connect import connect
    from smeflow.llm.interface import LLM, Reply, Request
    from smeflow.money import Money

__version__ = "0.1.0"
__all__ = [
    "LLM",
    "CallLog",
    "Case",
    "Document",
    "Limits",
    "MemoryCallLog",
    "Money",
    "Page",
    "Quote",
    "Reply",
    "Request",
    "Scope",
    "SmeflowError",
    "Step",
    "Table",
    "connect",
    "fingerprint",
    "read",
    "run",
    "step",
]

__getattr__, __dir__ = open_door(
    __name__,
    {
        "CallLog": "smeflow.llm.call_log",
        "Case": "smeflow.core.case",
        "Document": "smeflow.documents.document",
        "LLM": "smeflow.llm.interface",
        "Limits": "smeflow.documents.document",
        "MemoryCallLog": "smeflow.llm.call_log",
        "Money": "smeflow.money",
        "Page": "smeflow.documents.document",
        "Quote": "smeflow.documents.document",
        "Reply": "smeflow.llm.interface",
        "Request": "smeflow.llm.interface",
        "Scope": "smeflow.llm.call_log",
        "SmeflowError": "smeflow.errors",
        "Step": "smeflow.core.case",
        "Table": "smeflow.documents.document",
        "connect": "smeflow.llm.connect",
        "fingerprint": "smeflow.core.step",
        "read": "smeflow.documents.read",
        "run": "smeflow.core.run",
        "step": "smeflow.core.step",
    },
)
