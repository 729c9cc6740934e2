"""Turn the repetitive office work of a small firm into tested, durable workflows around a language model.

Names are imported when they are first used, so that ``import smeflow`` stays quick.
"""

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from smeflow.calls import CallLog, MemoryCallLog, Scope
    from smeflow.documents.base import Document, Limits, Page, Quote, Table
    from smeflow.documents.read import read
    from smeflow.errors import SmeflowError
    from smeflow.llm.base import LLM, Reply, Request
    from smeflow.llm.connect import connect
    from smeflow.money import Money
    from smeflow.run import run
    from smeflow.step import Case, Step, fingerprint, step

_HOMES = {
    "LLM": "llm.base",
    "CallLog": "calls",
    "Case": "step",
    "Document": "documents.base",
    "Limits": "documents.base",
    "MemoryCallLog": "calls",
    "Money": "money",
    "Page": "documents.base",
    "Quote": "documents.base",
    "Reply": "llm.base",
    "Request": "llm.base",
    "Scope": "calls",
    "SmeflowError": "errors",
    "Step": "step",
    "Table": "documents.base",
    "connect": "llm.connect",
    "fingerprint": "step",
    "read": "documents.read",
    "run": "run",
    "step": "step",
}
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


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'smeflow' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"smeflow.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})


class _Package(ModuleType):
    """Keep ``smeflow.step`` and ``smeflow.run`` functions, though modules are called the same."""

    def __setattr__(self, name: str, value: object) -> None:
        if name in _HOMES and isinstance(value, ModuleType):  # the import system names a module it has loaded
            value = getattr(value, name)
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
