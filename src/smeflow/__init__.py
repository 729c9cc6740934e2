"""Turn the repetitive office work of a small firm into tested, durable workflows around a language model.

Names are imported when they are first used, so that ``import smeflow`` stays quick.
"""

from typing import TYPE_CHECKING

from smeflow._doors import open_door

if TYPE_CHECKING:
    from smeflow.core.case import Case, Step
    from smeflow.core.fingerprints import fingerprint
    from smeflow.core.many import Batch, run_many
    from smeflow.core.plan import Entry
    from smeflow.core.question import ask
    from smeflow.core.run import Done, arun, run
    from smeflow.core.step import step
    from smeflow.documents.document import Document, Limits, Page, Quote, Table
    from smeflow.documents.read import read
    from smeflow.errors import BudgetSpent, LLMError, LLMUnavailable, SmeflowError, StepFailed
    from smeflow.extract.verify import Verification, verify
    from smeflow.llm.call_log import CallLog, MemoryCallLog, Scope
    from smeflow.llm.connect import connect
    from smeflow.llm.interface import LLM, Price, Reply, Request
    from smeflow.money import Money
    from smeflow.recipe.load import Recipe
    from smeflow.workspace import Workspace

__version__ = "0.1.0"
__all__ = [
    "LLM",
    "Batch",
    "BudgetSpent",
    "CallLog",
    "Case",
    "Document",
    "Done",
    "Entry",
    "LLMError",
    "LLMUnavailable",
    "Limits",
    "MemoryCallLog",
    "Money",
    "Page",
    "Price",
    "Quote",
    "Recipe",
    "Reply",
    "Request",
    "Scope",
    "SmeflowError",
    "Step",
    "StepFailed",
    "Table",
    "Verification",
    "Workspace",
    "arun",
    "ask",
    "connect",
    "fingerprint",
    "read",
    "run",
    "run_many",
    "step",
    "verify",
]

__getattr__, __dir__ = open_door(
    __name__,
    {
        "smeflow.core.case": "Case Step",
        "smeflow.core.fingerprints": "fingerprint",
        "smeflow.core.many": "Batch run_many",
        "smeflow.core.plan": "Entry",
        "smeflow.core.question": "ask",
        "smeflow.core.run": "Done arun run",
        "smeflow.core.step": "step",
        "smeflow.documents.document": "Document Limits Page Quote Table",
        "smeflow.documents.read": "read",
        "smeflow.errors": "BudgetSpent LLMError LLMUnavailable SmeflowError StepFailed",
        "smeflow.extract.verify": "Verification verify",
        "smeflow.llm.call_log": "CallLog MemoryCallLog Scope",
        "smeflow.llm.connect": "connect",
        "smeflow.llm.interface": "LLM Price Reply Request",
        "smeflow.money": "Money",
        "smeflow.recipe.load": "Recipe",
        "smeflow.workspace": "Workspace",
    },
)
