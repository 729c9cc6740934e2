"""The invoice among the kinds of documents: its readers, checks, claims, words and proof in one row."""

from collections.abc import Iterator, Sequence

from smeflow.documents.base import Document
from smeflow.documents.pages import PageRange
from smeflow.einvoices.base import ASKED
from smeflow.field_names import FIELDS
from smeflow.i18n import Phrase, say
from smeflow.readers.base import Check, Reading
from smeflow.readers.once import DERIVED, KINDS, recognised
from smeflow.record_kinds import (
    Alike,
    Firm,
    Learning,
    Papers,
    Proof,
    ReadOnce,
    RecordKind,
    Rules,
    Sought,
    Split,
)
from smeflow.records import REQUIRED, Invoice
from smeflow.steps.before import APPROVED, examples_for, learned, suppliers_of
from smeflow.steps.invoice_claims import SUPPLIERS, invoice_claims
from smeflow.steps.invoices import LINES, SPECS, checks_of, closed, missing, page_against_data, view
from smeflow.steps.ours import check_ours, own_ids

ENOUGH = 4
"""Of what an invoice must have, so much makes a page one; one less where it calls itself an invoice."""
MONEY = (*REQUIRED, "amount_due", "iban")
"""What of an invoice no model may decide alone."""
IDENTIFIERS = ("vat_id", "vat_key", "siren", "siret", "bic", "namespace", "vat_id=siren")
"""Checks whose failure stops the proof but is no doubt by itself: no money goes astray."""
BUYERS = frozenset({"buyer_vat_id", "buyer_vat_key", "buyer_siren", "buyer_siret", "buyer_vat_id=siren"})
"""What a file's own data say of the buyer cannot be misread, and says nothing of who is paid."""


def _data(documents: tuple[Document, ...], _sought: Sought, /) -> Reading | None:
    from smeflow.readers.einvoice import read_einvoice

    return read_einvoice(documents)


def _page(documents: tuple[Document, ...], sought: Sought, /) -> Reading | None:
    from smeflow.readers.layout import read_invoice

    firm = sought.firm
    names, ids = (firm.names, own_ids(firm)) if firm else ((), ())
    return read_invoice(
        documents,
        company_names=names,
        company_ids=ids,
        labels=sought.labels,
        suppliers=suppliers_of(sought.known),
    )


def _checks(record: Invoice, firm: Firm | None) -> tuple[Check, ...]:
    return (*checks_of(record), *check_ours(record, firm))


def _is_one(page: Reading) -> bool:
    """Tell whether a page is an invoice of its own: by its title, or what was read from it."""
    if any(check.name == "is_invoice" and check.passed is False for check in page.checks):
        return False
    found = page.findings
    if "total_gross" not in found and "number" not in found:
        return False
    return sum(name in found for name in REQUIRED) >= (ENOUGH - 1 if "kind" in found else ENOUGH)


def _against(data: Reading, page: Reading | None, visible: tuple[Document, ...]) -> tuple[Check, ...]:
    return page_against_data(data, page, visible)


def _aside(documents: Sequence[Document]) -> Phrase | None:
    """Say that all there is are a platform's messages about invoices."""
    from smeflow.steps.papers import statuses, without_mails

    if not documents or not documents[0].media_type.endswith(("xml", "zip")):
        return None
    told = statuses(documents)
    return told[0] if told and len(told) == len(without_mails(documents)) else None


def _pages(document: Document) -> tuple[PageRange, ...]:
    from smeflow.steps.bundles import find_invoices

    return find_invoices(document)


def _rules(documents: Sequence[Document], wanted: Sequence[str]) -> Iterator[Check]:
    from smeflow.steps.rule_checks import rule_checks

    return rule_checks(documents, wanted)


def _several(n: int) -> Phrase:
    return say("The documents hold {n} invoices.", n=n)


INVOICE = RecordKind(
    record=Invoice,
    readers={"exact": _data, "layout": _page},
    checks=_checks,
    claims=invoice_claims,
    words=FIELDS,
    required=REQUIRED,
    split=Split(word="invoices", find=_pages),
    asked=SPECS,
    rows={"lines": LINES},
    rules=Rules(names=ASKED, run=_rules),
    papers=Papers(
        is_one=_is_one,
        against=_against,
        read_once=ReadOnce(fields=KINDS, check=recognised, derived=DERIVED),
        aside=_aside,
    ),
    proof=Proof(
        closed=closed,
        missing=missing,
        guarded=MONEY,
        slight=IDENTIFIERS,
        unread=BUYERS,
        contradictions=frozenset({"page_agrees", "copies_agree"}),
    ),
    learning=Learning(approved=APPROVED, table=SUPPLIERS, row=learned, examples=examples_for),
    groups={"supplier": "seller"},
    several=_several,
    alike=Alike(fields=frozenset({"total_net", "total_gross", "seller"}), view=view, checks=checks_of),
)
"""The row of invoices."""
