"""What a reader gives: values, each with the place it was read from, and checks that passed or failed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from smeflow.documents.base import Document, Quote
from smeflow.i18n import Phrase


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that must hold. ``passed`` is None where it could not run: never told as passed."""

    name: str
    """Short and stable: ``net+vat=gross``, ``lines=net``, ``iban``, ``quoted``, ``readers_agree``."""
    passed: bool | None
    detail: Phrase | None = None
    fields: tuple[str, ...] = ()
    """The fields it speaks of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One value and where it stands."""

    value: Any
    quote: Quote | None = None
    note: Phrase | None = None


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What one reader found in a case's documents. Keys are the record's field names."""

    reader: str
    """``einvoice``, ``layout``, ``labels`` or ``model``."""
    findings: Mapping[str, Finding]
    record: Any = None
    """The whole record where the reader makes one itself (an e-invoice)."""
    checks: tuple[Check, ...] = ()
    """What only the reader can check; what the values say is checked once, of the record made of them."""
    problems: tuple[Phrase, ...] = ()
    exact: bool = False
    """It read structured data: the value is the document's own, its evidence an XPath."""
    several: int = 1
    """How many records of the wanted kind the documents hold, as far as the reader can tell."""


class Reader(Protocol):
    """A reader is a function from documents to a reading, or None where it has nothing to say."""

    def __call__(self, documents: Sequence[Document], /) -> Reading | None:
        """Read."""
        ...


class Suppliers(Protocol):
    """The firm's list of suppliers: the name it has for a number or a name, None where it has none."""

    def __call__(self, column: str, value: str, /) -> str | None:
        """Look up ``vat_id``, ``legal_id`` or ``name``."""
        ...


@dataclass(frozen=True, kw_only=True)
class Labels:
    """Words that stand beside a value on a page, per field and language; users may extend them."""

    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
