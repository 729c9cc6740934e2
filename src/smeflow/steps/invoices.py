"""What only invoices have: the fields asked for, sums, identifiers, and data that contradict the page."""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from pydantic import ValidationError

from smeflow._iban import IBAN_LENGTHS, check_digits_ok
from smeflow.documents.base import Document
from smeflow.field_names import field_name
from smeflow.i18n import say
from smeflow.readers.base import Check, Reading
from smeflow.records import Invoice, Party
from smeflow.steps.fields import FieldSpec
from smeflow.steps.kinds import same, told

if TYPE_CHECKING:
    from smeflow.readers.values import FieldKind

SPECS: Mapping[str, FieldSpec] = {
    "number": FieldSpec(kind="identifier", about="the invoice's own number"),
    "issue_date": FieldSpec(kind="date", about="the date of the invoice"),
    "due_date": FieldSpec(kind="date", optional=True, about="the date by which it must be paid"),
    "seller": FieldSpec(kind="text", about="the name of the firm that asks for the money"),
    "seller_details.vat_id": FieldSpec(kind="identifier", optional=True, about="the seller's VAT number"),
    "buyer": FieldSpec(kind="text", optional=True, about="the name of the firm that must pay"),
    "currency": FieldSpec(kind="currency", about="the currency's code or sign"),
    "total_net": FieldSpec(kind="money", about="the total without VAT"),
    "total_vat": FieldSpec(kind="money", about="the VAT in total"),
    "total_gross": FieldSpec(kind="money", about="the total with VAT"),
    "amount_due": FieldSpec(kind="money", optional=True, about="what is left to pay"),
    "iban": FieldSpec(kind="iban", optional=True, about="the account to pay to"),
    "order_reference": FieldSpec(kind="identifier", optional=True, about="the buyer's order number"),
}
"""What a model is asked for; the readers of data and of pages find more."""
LINES = FieldSpec(
    kind="record",
    many=True,
    optional=True,
    about="the invoice's lines, in order; no subtotals, no carried sums",
    fields={
        "name": FieldSpec(kind="text", optional=True, about="what was sold"),
        "quantity": FieldSpec(kind="number", optional=True),
        "unit_price": FieldSpec(kind="money", optional=True, about="the price of one, without VAT"),
        "net": FieldSpec(kind="money", optional=True, about="the line's amount without VAT"),
    },
)
"""What a model is asked for besides, with ``lines: true``."""
WITH_PAGE: Mapping[str, str] = {
    "number": "identifier",
    "issue_date": "date",
    "due_date": "date",
    "total_net": "money",
    "total_vat": "money",
    "total_gross": "money",
    "amount_due": "money",
    "iban": "iban",
}
"""What the data and the visible page of an e-invoice must agree on."""
_SUMS = ("total_net", "total_vat", "total_gross", "amount_due", "prepaid", "currency")
_IBAN_START = re.compile(r"\b[A-Z]{2}\d{2}(?=[\s.\-]?[A-Z0-9])")
SEARCHED = 500_000
"""Characters of a document that are searched for accounts, in the countries whose length is known."""


def view(values: Mapping[str, Any]) -> Invoice | None:
    """See a record as an invoice, as far as its fields are called alike; None where no sum is."""
    if not any(values.get(name) is not None for name in ("total_net", "total_gross")):
        return None
    known = {
        name: value for name, value in values.items() if name in Invoice.model_fields and value is not None
    }
    try:
        return Invoice.model_validate(known)
    except ValidationError:
        amounts = {n: v for n, v in known.items() if n in _SUMS and isinstance(v, Decimal | str)}
        try:
            return Invoice.model_validate(amounts)
        except ValidationError:
            return None


def checks_of(record: Invoice) -> tuple[Check, ...]:
    """Run every check of sums, dates and identifiers."""
    from smeflow.readers.arithmetic import check_invoice
    from smeflow.readers.identifiers import check_identifiers

    return (*check_invoice(record), _dates(record), *check_identifiers(record))


def _dates(record: Invoice) -> Check:
    if record.issue_date is None or record.due_date is None:
        return Check(name="due>=issue", passed=None, fields=("issue_date", "due_date"))
    detail = say("It is due on {due}, before its own date {issued}.",
                 due=record.due_date.isoformat(), issued=record.issue_date.isoformat())  # fmt: skip
    passed = record.due_date >= record.issue_date
    return Check(
        name="due>=issue", passed=passed, detail=None if passed else detail, fields=("issue_date", "due_date")
    )


def closed(record: Invoice, checks: Sequence[Check]) -> bool | None:
    """Tell whether net and VAT make gross; without any VAT, whether net is gross."""
    if record.total_vat is None and record.total_net is not None:
        return record.total_net == record.total_gross if record.total_gross is not None else None
    return next((check.passed for check in checks if check.name == "net+vat=gross"), None)


def missing(record: Invoice, wanted: Sequence[str]) -> tuple[str, ...]:
    """Name what is wanted and not there. VAT may be missing where net is gross: there is none."""
    without_vat = record.total_net is not None and record.total_net == record.total_gross
    return tuple(
        name for name in wanted if getattr(record, name) is None and not (name == "total_vat" and without_vat)
    )


def page_against_data(
    exact: Reading, page: Reading | None, visible: tuple[Document, ...]
) -> tuple[Check, ...]:
    """Compare an e-invoice's data with what a person sees on the page.

    They contradict where the page's reader found another value and the data's own is not printed at all, or
    where the amounts the page's reader found add up among themselves.
    """
    if page is None:
        return ()
    checks = []
    for name, kind in WITH_PAGE.items():
        if name not in exact.findings or name not in page.findings:
            continue
        data, seen = exact.findings[name].value, _bare(page.findings[name].value)
        differs = not same(data, seen, kind) and (not _printed(data, kind, visible) or _adds_up(page, name))
        detail = say("{field}: the file's data say {data}, the visible page says {seen}.",
                     field=field_name(name), data=told(data), seen=told(seen))  # fmt: skip
        passed = not differs
        checks.append(
            Check(name="page_agrees", passed=passed, detail=None if passed else detail, fields=(name,))
        )
    return tuple(checks)


def _bare(value: Any) -> Any:
    return getattr(value, "value", value)


def _printed(value: Any, kind: str, documents: tuple[Document, ...]) -> bool:
    from smeflow.readers.grounding import ground

    return ground(value, cast("FieldKind", kind), documents) is not None


def _adds_up(page: Reading, name: str) -> bool:
    names = ("total_net", "total_vat", "total_gross")
    if name != "total_gross" or any(n not in page.findings for n in names):
        return False
    net, vat, gross = (_bare(page.findings[n].value) for n in names)
    return bool(net + vat == gross)


def ibans_on(documents: tuple[Document, ...]) -> tuple[str, ...]:
    """Give the bank accounts a page shows, in order: a second one is what a forged line looks like."""
    found = {
        number: None for document in documents for number in _accounts_in(document.text[:SEARCHED].upper())
    }
    return tuple(found)


def _accounts_in(text: str) -> Iterator[str]:
    """Find right IBANs in text in capitals, however they are grouped, whatever stands before or behind."""
    from smeflow.readers.identifiers import iban_ok

    for start in _IBAN_START.finditer(text):
        length = IBAN_LENGTHS.get(start.group()[:2], 0)
        number = "".join(filter(str.isalnum, text[start.start() : start.start() + 2 * length]))[:length]
        if length and check_digits_ok(number) and iban_ok(number):
            yield number


def nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """Put ``seller_details.vat_id`` inside ``seller_details``."""
    made: dict[str, Any] = {}
    for name, value in values.items():
        outer, dot, inner = name.partition(".")
        if not dot:
            made[name] = value
        elif isinstance(made.get(outer), Party):
            if getattr(made[outer], inner) is None:
                made[outer] = made[outer].model_copy(update={inner: value})
        else:
            made[outer] = {**made.get(outer, {}), inner: value}
    return made
