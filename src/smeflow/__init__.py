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
    from smeflow.extract.verify import Verification, verify
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
    "Verification",
    "connect",
    "fingerprint",
    "read",
    "run",
    "step",
    "verify",
]

__getattr__, __dir__ = open_door(
    __name__,
    {
        "smeflow.core.case": "Case Step",
        "smeflow.core.run": "run",
        "smeflow.core.step": "fingerprint step",
        "smeflow.documents.document": "Document Limits Page Quote Table",
        "smeflow.documents.read": "read",
        "smeflow.errors": "SmeflowError",
        "smeflow.extract.verify": "Verification verify",
        "smeflow.llm.call_log": "CallLog MemoryCallLog Scope",
        "smeflow.llm.connect": "connect",
        "smeflow.llm.interface": "LLM Reply Request",
        "smeflow.money": "Money",
    },
)
