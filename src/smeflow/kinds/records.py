"""What a record is, which kinds of field it may have, and what a reader finds for them."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

from smeflow._text import folded
from smeflow.documents.document import Quote
from smeflow.i18n import Phrase
from smeflow.values.amounts import DecimalMark, parse_amount
from smeflow.values.dates import parse_date, parse_datetime
from smeflow.values.identifiers import iban_ok


class Record(BaseModel):
    """A frozen record; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
    record_id: ClassVar[str]
    """What ledgers know the record by, whatever its schema says; without it, a hash of its schema."""
    bare_amounts: ClassVar[bool] = False
    """Whether an amount without a currency is in the firm's own; else it compares with nothing."""


def is_empty(value: object) -> bool:
    """Tell whether a term says nothing: None, no member, or a group without any term."""
    if isinstance(value, Record):
        return all(is_empty(getattr(value, name)) for name in type(value).model_fields)
    return value is None or value == ()


UNTOLD = Field(exclude_if=is_empty)
"""Leave a term out of what is written where it says nothing: most invoices use few of them."""
OptionalText = Annotated[str | None, UNTOLD]
OptionalDay = Annotated[date | None, UNTOLD]
OptionalAmount = Annotated[Decimal | None, UNTOLD]


class Identifier(Record):
    """A number and the list it is of."""

    id: str | None = None
    """The number itself."""
    scheme: OptionalText = None
    """ISO 6523 ICD (``0002`` SIREN, ``0009`` SIRET, ``0088`` GLN) or the code list the term names."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRival:
    """Another value that a field could have, and why it was not taken."""

    value: Any
    quote: Quote | None = None
    why: Phrase | None = None
    """What speaks against it; None where nothing does: then the field is open."""
    label: str | None = None
    """The words it stands beside or under, as printed."""
    behind: float | None = None
    """How far the reader has it behind the value, as the logarithm of odds; None where it does not say."""


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
    refused: tuple[Phrase, ...] = ()
    """Why data that call themselves a record were not read: a person looks, whatever the page says."""
    exact: bool = False
    """It read structured data: the value is the document's own, its evidence an XPath."""
    several: int = 1
    """How many records of the wanted kind the documents hold, as far as the reader can tell."""
    rivals: Mapping[str, tuple[FieldRival, ...]] = field(default_factory=dict)
    """What else the fields could have been, by field, the nearest first; a field may have rivals alone."""
    outranks: frozenset[str] = frozenset()
    """Fields whose value goes before what was read earlier, which nothing proves."""
    upheld: frozenset[str] = frozenset()
    """Fields whose value the laws of the page uphold, whoever read it: nothing else there could be it."""
    tied: frozenset[str] = frozenset()
    """Fields whose value something of its own ties to them: a label, the title's line, a valid number."""
    judged_with: "Callable[[Mapping[str, Finding]], Reading] | None" = field(
        default=None, compare=False, repr=False
    )
    """Judges the same page with other values in some fields: their checks, rivals and what is upheld."""


class SupplierLookup(Protocol):
    """The firm's list of suppliers: the name it has for a number or a name, None where it has none."""

    def __call__(self, column: str, value: str, /) -> str | None:
        """Look up ``vat_id``, ``legal_id`` or ``name``."""
        ...


@dataclass(frozen=True, kw_only=True)
class Labels:
    """Words that stand beside a value on a page, per field and language; users may extend them."""

    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


FieldKind = Literal[
    "text",
    "money",
    "number",
    "date",
    "datetime",
    "boolean",
    "identifier",
    "iban",
    "email",
    "phone",
    "choice",
]
FieldValue = str | Decimal | date | bool
_YES = "yes oui ja true vrai wahr si sim tak on checked x ✓ ✔ ☑ ☒ 1"
_NO = "no non nein nee false faux falsch falso nao nie off unchecked ☐ 0"
TRUTHS: Mapping[str, bool] = {**dict.fromkeys(_YES.split(), True), **dict.fromkeys(_NO.split(), False)}
"""What is printed for yes and for no, and in a box that is ticked or empty."""

_EMAIL = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"\+?\(?\d[\d\s().\-/]{5,}\d")


def parse_value(  # noqa: PLR0911 - one line a kind
    text: str,
    kind: FieldKind,
    *,
    choices: Sequence[str] = (),
    decimal: DecimalMark | None = None,
    day_first: bool = True,
) -> FieldValue | None:
    """Read *text* as a value of *kind*; None when it is none.

    ``money`` and ``number`` are `Decimal`, ``date`` is `date`, all else text: an identifier and an IBAN
    without spaces, a choice as it is written in *choices*.
    """
    text = text.strip()
    match kind:
        case "money" | "number":
            amount = parse_amount(text.removesuffix("%") if kind == "number" else text, decimal=decimal)
            return amount.value if amount else None
        case "date":
            return parse_date(text, day_first)
        case "datetime":
            return parse_datetime(text, day_first=day_first)
        case "boolean":
            return parse_truth(text)
        case "choice":
            return next((choice for choice in choices if folded(choice) == folded(text)), None)
        case "iban":
            number = re.sub(r"\s", "", text).upper()
            return number if iban_ok(number) else None
        case "identifier":
            return re.sub(r"\s", "", text).strip(".,;:") or None
        case "email":
            return text if _EMAIL.fullmatch(text) else None
        case "phone":
            return text if _PHONE.fullmatch(text) else None
        case "text":
            return text or None


def parse_truth(text: str) -> bool | None:
    """Read yes or no in the languages of Western Europe and Polish, or a tick; None when it is neither."""
    return TRUTHS.get(folded(text).strip(" .!:;,()[]"))
