"""What an invoice claims: that it was not there before, and that the account is its supplier's known one."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from smeflow._text import folded
from smeflow.claims import Claim
from smeflow.i18n import say
from smeflow.records import Invoice, Party
from smeflow.step import Known
from smeflow.steps.orders import order_claim

SUPPLIERS = "suppliers"
"""The firm's table of suppliers, named in ``smeflow.toml``. Columns: name, vat_id, legal_id, iban."""


def invoice_claims(record: Invoice, known: Known) -> Iterator[Claim]:
    """Give what must be compared with other invoices; nothing where the seller is not known."""
    names = identities(record)
    if not names:
        return
    registered = next((name for name in names if not name.startswith("name ")), "")
    sort = "credit" if record.kind == "credit_note" else "invoice"
    yield from _sole(record, names, registered, sort)
    order = order_claim(record, names, known)
    if order is not None:
        yield order
    if record.iban:  # of a credit note too: whoever reads the ledger pays to the account that stands in it
        yield _account(record, names[0], known)


def identities(record: Invoice) -> tuple[str, ...]:
    """Give what the seller is known by, the surest first: its registered number, then its name."""
    number = registered_number(record.seller_details)
    name = folded(record.seller or "").replace(" ", "")
    return (*((number,) if number else ()), *((f"name {name}",) if name else ()))


def registered_number(party: Party) -> str:
    """Give a party's registered number; of a French VAT identifier and a SIRET the SIREN in them."""
    vat, legal = _bare(party.vat_id), _bare(party.legal_id)
    if re.fullmatch(r"FR\w{2}\d{9}", vat):
        return f"siren {vat[4:]}"
    if re.fullmatch(r"\d{9}|\d{14}", legal) and party.country in (None, "FR"):
        return f"siren {legal[:9]}"
    return f"vat {vat}" if vat else f"legal {legal}" if legal else ""


def _sole(record: Invoice, names: Iterable[str], registered: str, sort: str) -> Iterator[Claim]:
    seller = record.seller or registered
    number = re.sub(r"[\W_]", "", record.number or "").upper()
    for name in names:
        if number:
            about = say("invoice {number} of {seller}", number=record.number or "", seller=seller)
            yield Claim(rule="sole", key=f"{sort} {name} no {number}", value=registered, about=about)
        if record.issue_date and record.total_gross is not None:
            amount = f"{record.total_gross:f} {record.currency or ''}".strip()
            about = say(
                "an invoice of {seller} of the same day over the same amount: {amount}",
                seller=seller,
                amount=amount,
            )
            key = f"{sort} {name} on {record.issue_date} over {record.total_gross.normalize():f}"
            yield Claim(rule="sole", key=key, value=registered, about=about)


def _account(record: Invoice, name: str, known: Known) -> Claim:
    seller = record.seller or name
    return Claim(
        rule="steady",
        key=f"iban {name}",
        value=_bare(record.iban),
        about=say(
            "{seller} asks to pay to another account than before: {iban}. Ask them by a number you know "
            "already, not one from this invoice",
            seller=seller,
            iban=record.iban or "",
        ),
        new=say(
            "first account of {seller}: {iban}. Ask them by a number you know already, not one from this "
            "invoice",
            seller=seller,
            iban=record.iban or "",
        ),
        known=tuple(sorted({_bare(row.get("iban")) for row in supplier_rows(record, known)} - {""})),
    )


def supplier_rows(record: Invoice, known: Known) -> Sequence[Mapping[str, str]]:
    """Find the seller's rows in the firm's table, by number first."""
    party = record.seller_details
    for column, value in (("vat_id", party.vat_id), ("legal_id", party.legal_id), ("name", record.seller)):
        found = known.rows(SUPPLIERS, **{column: value}) if value else ()
        if found:
            return found
    return ()


def _bare(text: str | None) -> str:
    return re.sub(r"\W", "", text or "").upper()
