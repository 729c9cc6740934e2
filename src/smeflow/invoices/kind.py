"""What an invoice and a receipt are to the rest of smeflow: the rows `INVOICE` and `RECEIPT`.

Who reads each, what must hold of it, what it claims, what proves it, and what a model is asked for.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from importlib import resources
from typing import Any

from pydantic import ValidationError

from smeflow.documents.document import Document, PageRange
from smeflow.extract.field_values import same_value, sentence_value
from smeflow.extract.grounding import ground
from smeflow.extract.papers import status_messages, without_messages
from smeflow.i18n import Phrase, say
from smeflow.invoices.checks import (
    BUYER_CHECKS,
    CHECK_WORDS,
    DERIVED,
    READ_TWICE,
    STOPS_PROOF_ONLY,
    check_own_firm,
    is_refused,
    missing_fields,
    own_numbers,
    recognition_check,
    run_checks,
    sums_close,
    verdict,
)
from smeflow.invoices.claims import (
    APPROVED_TABLE,
    SUPPLIERS_TABLE,
    approved_supplier,
    examples_for,
    invoice_claims,
    receipt_claims,
    supplier_lookup,
)
from smeflow.invoices.receipt import PAYMENT_WAYS, Receipt, check_receipt, total_upheld
from smeflow.invoices.receipt import READ_TWICE as RECEIPT_READ_TWICE
from smeflow.invoices.record import INVOICE_KINDS, REQUIRED, Invoice
from smeflow.invoices.xml.rules import ASKED_CHECKS
from smeflow.kinds.field_names import FIELDS, field_name
from smeflow.kinds.record_kind import (
    FieldLikeness,
    FieldSpec,
    Firm,
    LearningRules,
    NamedRules,
    PaperRules,
    ProofRules,
    ReaderContext,
    ReadTwice,
    RecordKind,
    SplitRule,
)
from smeflow.kinds.records import Check, FieldKind, Reading

INVOICE_FIELDS: Mapping[str, FieldSpec] = {
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
LINE_FIELDS = FieldSpec(
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
PAGE_MUST_AGREE: Mapping[str, FieldKind] = {
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
GUARDED_FIELDS = (*REQUIRED, "amount_due", "iban")
"""What of an invoice no model may decide alone."""
ENOUGH_FIELDS = 4
"""Of what an invoice must have, so much makes a page one; one less where it calls itself an invoice."""
_AMOUNTS = ("total_net", "total_vat", "total_gross", "amount_due", "prepaid", "currency")


def _other_names() -> Mapping[str, Sequence[str]]:
    """Load what other programs and people call the fields of an invoice, one word in one row only."""
    text = (resources.files("smeflow.invoices") / "other_names.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def _is_same_name(first: str, second: str) -> bool:
    from smeflow.invoices.page.names import name_key

    return name_key(first) == name_key(second)


def _read_data(documents: tuple[Document, ...], _context: ReaderContext, /) -> Reading | None:
    from smeflow.invoices.xml.read import read_einvoice

    return read_einvoice(documents)


def _read_page(documents: tuple[Document, ...], context: ReaderContext, /) -> Reading | None:
    from smeflow.invoices.page.read import read_invoice

    firm = context.firm
    names, ids = (firm.names, own_numbers(firm)) if firm else ((), ())
    return read_invoice(
        documents,
        company_names=names,
        company_ids=ids,
        labels=context.labels,
        suppliers=supplier_lookup(context.known),
    )


def _check_record(record: Invoice, firm: Firm | None) -> tuple[Check, ...]:
    return (*run_checks(record), *check_own_firm(record, firm))


def _find_pages(document: Document) -> tuple[PageRange, ...]:
    from smeflow.invoices.page.split import find_invoices

    return find_invoices(document)


def _run_rules(documents: Sequence[Document], wanted: Sequence[str]) -> Iterator[Check]:
    from smeflow.invoices.xml.validate import rule_checks

    return rule_checks(documents, wanted)


def _is_invoice_page(page: Reading) -> bool:
    """Tell whether a page is an invoice of its own: by its title, or what was read from it."""
    findings = page.findings
    if is_refused(page) or ("total_gross" not in findings and "number" not in findings):
        return False
    enough = ENOUGH_FIELDS - 1 if "kind" in findings else ENOUGH_FIELDS
    return sum(name in findings for name in REQUIRED) >= enough


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
    for name, kind in PAGE_MUST_AGREE.items():
        if name not in exact.findings or name not in page.findings:
            continue
        data, printed = exact.findings[name].value, page.findings[name].value
        agrees = same_value(data, printed, kind) or (
            ground(data, kind, visible) is not None and not (name == "total_gross" and _adds_up(page))
        )
        failure = say(
            "{field}: the file's data say {data}, the visible page says {seen}.",
            field=field_name(name),
            data=sentence_value(data),
            seen=sentence_value(printed),
        )
        checks.append(verdict("page_agrees", [name], passed=agrees, failure=failure))
    return tuple(checks)


def _adds_up(page: Reading) -> bool:
    names = ("total_net", "total_vat", "total_gross")
    if any(name not in page.findings for name in names):
        return False
    net, vat, gross = (page.findings[name].value for name in names)
    return bool(net + vat == gross)


def _kept_unread(documents: Sequence[Document]) -> Phrase | None:
    """Say that all there is are a platform's messages about invoices."""
    if not documents or not documents[0].media_type.endswith(("xml", "zip")):
        return None
    messages = status_messages(documents)
    return messages[0] if messages and len(messages) == len(without_messages(documents)) else None


def _several_invoices(n: int) -> Phrase:
    return say("The documents hold {n} invoices.", n=n)


def as_invoice(values: Mapping[str, Any]) -> Invoice | None:
    """See a record as an invoice, as far as its fields are called alike; None where no sum is."""
    if values.get("total_net") is None and values.get("total_gross") is None:
        return None
    invoice_fields = {
        name: value for name, value in values.items() if name in Invoice.model_fields and value is not None
    }
    amounts = {n: v for n, v in invoice_fields.items() if n in _AMOUNTS and isinstance(v, Decimal | str)}
    for fields in (invoice_fields, amounts):
        try:
            return Invoice.model_validate(fields)
        except ValidationError:
            continue
    return None


INVOICE = RecordKind(
    record=Invoice,
    readers={"exact": _read_data, "layout": _read_page},
    checks=_check_record,
    claims=invoice_claims,
    words=FIELDS,
    check_words=CHECK_WORDS,
    value_words={"kind": INVOICE_KINDS},
    required=REQUIRED,
    split=SplitRule(word="invoices", find=_find_pages),
    asked=INVOICE_FIELDS,
    rows={"lines": LINE_FIELDS},
    rules=NamedRules(names=ASKED_CHECKS, run=_run_rules),
    papers=PaperRules(
        is_one=_is_invoice_page,
        against=page_against_data,
        read_twice=ReadTwice(fields=READ_TWICE, check=recognition_check, derived=DERIVED),
        kept_unread=_kept_unread,
    ),
    proof=ProofRules(
        closed=sums_close,
        missing=missing_fields,
        guarded=GUARDED_FIELDS,
        sums=("total_net", "total_vat", "total_gross"),
        stops_proof_only=STOPS_PROOF_ONLY,
        ignored_in_exact_data=BUYER_CHECKS | {"unique", "tied"},
        contradictions=frozenset({"page_agrees", "copies_agree"}),
    ),
    learning=LearningRules(
        approved=APPROVED_TABLE, table=SUPPLIERS_TABLE, row=approved_supplier, examples=examples_for
    ),
    also_called=_other_names(),
    same_text=_is_same_name,
    fitted=True,
    groups={"supplier": "seller"},
    several=_several_invoices,
    alike=FieldLikeness(
        fields=frozenset({"total_net", "total_gross", "seller"}), view=as_invoice, checks=run_checks
    ),
)
"""The row of invoices."""

RECEIPT_REQUIRED = ("seller", "issue_date", "currency", "total_gross")
"""What a receipt must have before it can be proven."""
RECEIPT_FIELDS: Mapping[str, FieldSpec] = {
    "seller": FieldSpec(kind="text", about="the name of the shop or firm that sold"),
    "issue_date": FieldSpec(kind="date", about="the day of the sale"),
    "sale_time": FieldSpec(kind="text", optional=True, about="the hour of the sale as HH:MM"),
    "currency": FieldSpec(kind="currency", about="the currency's code or sign"),
    "total_gross": FieldSpec(kind="money", about="what was paid in the end, with VAT, after rounding"),
    "total_vat": FieldSpec(kind="money", optional=True, about="the VAT in the total"),
    "card_last4": FieldSpec(kind="identifier", optional=True, about="the last four digits of the card"),
}
"""What a model is asked for; the reader of pages finds more."""
RECEIPT_WORDS: Mapping[str, Phrase] = {
    "seller": FIELDS["seller"],
    "issue_date": say("day of sale"),
    "sale_time": say("hour"),
    "currency": FIELDS["currency"],
    "total_gross": say("total paid"),
    "total_net": FIELDS["total_net"],
    "total_vat": FIELDS["total_vat"],
    "rounding": FIELDS["rounding"],
    "amount_paid": say("handed over"),
    "change_given": say("change"),
    "payment_means": say("way to pay"),
    "card_last4": say("end of card number"),
    "vat": FIELDS["vat"],
    "lines": FIELDS["lines"],
}


def _read_receipt(documents: tuple[Document, ...], context: ReaderContext, /) -> Reading | None:
    from smeflow.invoices.page.read_receipt import read_receipt

    return read_receipt(
        documents, labels=context.labels, own_names=context.firm.names if context.firm else ()
    )


def _is_receipt(page: Reading) -> bool:
    return "total_gross" in page.findings and bool({"issue_date", "seller"} & page.findings.keys())


def _several_receipts(n: int) -> Phrase:
    return say("The documents hold {n} receipts.", n=n)


RECEIPT = RecordKind(
    record=Receipt,
    readers={"layout": _read_receipt},
    checks=check_receipt,
    claims=receipt_claims,
    words=RECEIPT_WORDS,
    check_words=CHECK_WORDS,
    value_words={"payment_means": PAYMENT_WAYS},
    required=RECEIPT_REQUIRED,
    asked=RECEIPT_FIELDS,
    papers=PaperRules(
        is_one=_is_receipt,
        read_twice=ReadTwice(fields=RECEIPT_READ_TWICE, check=recognition_check, derived=DERIVED),
    ),
    proof=ProofRules(
        closed=total_upheld,
        guarded=RECEIPT_REQUIRED,
        stops_proof_only=frozenset({"tied"}),
    ),
    groups={"supplier": "seller"},
    several=_several_receipts,
)
"""The row of receipts."""
