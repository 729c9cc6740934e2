"""What an invoice claims and what must be looked up for it: suppliers, orders, what was approved before.

It claims that it was not there before, that its account is its supplier's known one, and that its order lets
it be invoiced.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from smeflow._text import canonical_json, folded
from smeflow.core.case import Known
from smeflow.core.claims import Claim
from smeflow.i18n import Phrase, say
from smeflow.invoices.checks import bare_number
from smeflow.invoices.receipt import Receipt
from smeflow.invoices.record import Invoice
from smeflow.invoices.record_parts import Party
from smeflow.kinds.records import Reading, SupplierLookup
from smeflow.values.amounts import parse_amount

SUPPLIERS_TABLE = "suppliers"
"""The firm's table of suppliers, named in ``smeflow.toml``. Columns: name, vat_id, legal_id, iban."""
ORDERS_TABLE = "orders"
"""The firm's table of orders, named in ``smeflow.toml``. Columns: number, supplier, total_net or total_gross,
currency; only the number is needed."""
APPROVED_TABLE = "approved invoices"
"""What people approved: ``name``, ``vat_id``, ``legal_id``, and ``printed``, the values as printed."""
MOST_EXAMPLES = 3


def invoice_claims(record: Invoice, known: Known) -> Iterator[Claim]:
    """Give what must be compared with other invoices; nothing where the seller is not known."""
    names = identities(record)
    if not names:
        return
    registered = next((name for name in names if not name.startswith("name ")), "")
    yield from _sole_claims(record, names, registered)
    order = order_claim(record, names, known)
    if order is not None:
        yield order
    if record.iban:  # of a credit note too: whoever reads the ledger pays to the account that stands in it
        yield _account_claim(record, names[0], known)


def receipt_claims(record: Receipt, _known: Known) -> Iterator[Claim]:
    """Claim that the receipt was not there before: seller, day, hour where it is printed, and total."""
    registered = registered_number(record.seller_details)
    name = folded(record.seller or "").replace(" ", "")
    if record.issue_date is None or record.total_gross is None:
        return
    for who in (*((registered,) if registered else ()), *((f"name {name}",) if name else ())):
        amount = f"{record.total_gross:.2f} {record.currency or ''}".strip()
        moment = f"{record.issue_date} {record.sale_time or ''}".strip()
        yield Claim(
            rule="sole",
            key=f"receipt {who} on {moment} over {record.total_gross.normalize():f}",
            value=registered,
            about=say(
                "a receipt of {seller} of the same moment over the same amount: {amount}",
                seller=record.seller or registered,
                amount=amount,
            ),
            shown=f"{amount}, {moment}",
        )


def identities(record: Invoice) -> tuple[str, ...]:
    """Give what the seller is known by, the surest first: its registered number, then its name."""
    number = registered_number(record.seller_details)
    name = folded(record.seller or "").replace(" ", "")
    return (*((number,) if number else ()), *((f"name {name}",) if name else ()))


def registered_number(party: Party) -> str:
    """Give a party's registered number; of a French VAT identifier and a SIRET the SIREN in them."""
    vat, legal = bare_number(party.vat_id), bare_number(party.legal_id)
    if re.fullmatch(r"FR\w{2}\d{9}", vat):
        return f"siren {vat[4:]}"
    if re.fullmatch(r"\d{9}|\d{14}", legal) and party.country in (None, "FR"):
        return f"siren {legal[:9]}"
    return f"vat {vat}" if vat else f"legal {legal}" if legal else ""


def _sole_claims(record: Invoice, names: Iterable[str], registered: str) -> Iterator[Claim]:
    seller, shown = record.seller or registered, compared_facts(record)
    amount = f"{record.total_gross or 0:f} {record.currency or ''}".strip()
    about_number = say("invoice {number} of {seller}", number=record.number or "", seller=seller)
    about_day = say(
        "an invoice of {seller} of the same day over the same amount: {amount}",
        seller=seller,
        amount=amount,
    )
    for name in names:
        for key in identity_keys(record, name):
            numbered = key == _number_key(_prefix(record), name, record.number)
            covers = f"credited {key}" if numbered and record.kind != "credit_note" else ""
            about = about_number if numbered else about_day
            yield Claim(rule="sole", key=key, value=registered, about=about, shown=shown, covers=covers)
        credited_numbers = _credited_numbers(record)
        if len(credited_numbers) == 1:
            yield _credit_claim(record, name, credited_numbers[0], seller)
        for credited in credited_numbers:
            key = f"credit {name} of {bare_invoice_number(credited)} over {_bare_amount(record)}"
            about = say("a credit note over {amount} for invoice {number} of {seller}", amount=amount,
                        number=credited, seller=seller)  # fmt: skip
            yield Claim(rule="sole", key=key, value=registered, about=about, shown=shown)


def _credit_claim(record: Invoice, name: str, number: str, seller: str) -> Claim:
    """Say what a credit note takes back of an invoice: all of them no more than its amount."""
    key = _number_key("invoice", name, number)
    return Claim(
        rule="within",
        key=f"credited {key}",
        value=_bare_amount(record),
        about=say(
            "a credit note over {amount} for invoice {number} of {seller}, of which only {left} is left",
            amount=record.total_gross,
            number=number,
            seller=seller,
            left=Decimal(0),
        ),
        covered_by=key,
    )


def _credited_numbers(record: Invoice) -> tuple[str, ...]:
    """Give the invoices a credit note takes back; a second one over as much may be the first again."""
    if record.kind != "credit_note" or not record.total_gross:
        return ()
    numbers = (record.preceding_invoice, *(each.number for each in record.preceding_invoices))
    return tuple({bare_invoice_number(number): number for number in numbers if number}.values())


def _bare_amount(record: Invoice) -> str:
    return "" if record.total_gross is None else f"{record.total_gross.normalize():f}"


def identity_keys(record: Invoice, name: str) -> Iterator[str]:
    """Give what an invoice is known by among those of the supplier *name*: its number; day and amount."""
    if bare_invoice_number(record.number):
        yield _number_key(_prefix(record), name, record.number)
    if record.issue_date and record.total_gross is not None:
        yield f"{_prefix(record)} {name} on {record.issue_date} over {_bare_amount(record)}"


def _number_key(prefix: str, name: str, number: str | None) -> str:
    return f"{prefix} {name} no {bare_invoice_number(number)}"


def _prefix(record: Invoice) -> str:
    return "credit" if record.kind == "credit_note" else "invoice"


def bare_invoice_number(number: str | None) -> str:
    """Give an invoice's number without signs and spaces, as it is compared."""
    return re.sub(r"[\W_]", "", number or "").upper()


def compared_facts(record: Invoice) -> str:
    """Give what must be equal in two papers of one invoice: amount and day."""
    amount = "?" if record.total_gross is None else f"{record.total_gross:.2f}"
    return f"{amount} {record.currency or ''}".strip() + f", {record.issue_date or '?'}"


def same_invoice(one: Invoice, other: Invoice) -> bool:
    """Tell whether two records name one invoice, whatever item and recipe they are of.

    That is the supplier and the number; without a number the supplier, the day and the amount. Suppliers with
    different registered numbers are two, whatever they are called.
    """
    if _prefix(one) != _prefix(other):
        return False
    registered = {number for record in (one, other) if (number := registered_number(record.seller_details))}
    if len(registered) > 1 or not set(identities(one)) & set(identities(other)):
        return False
    numbers = bare_invoice_number(one.number), bare_invoice_number(other.number)
    return numbers[0] == numbers[1] and (bool(numbers[0]) or compared_facts(one) == compared_facts(other))


def _account_claim(record: Invoice, name: str, known: Known) -> Claim:
    seller = record.seller or name
    return Claim(
        rule="steady",
        key=f"iban {name}",
        value=bare_number(record.iban),
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
        known=tuple(sorted({bare_number(row.get("iban")) for row in supplier_rows(record, known)} - {""})),
    )


def supplier_rows(record: Invoice, known: Known) -> Sequence[Mapping[str, str]]:
    """Find the seller's rows in the firm's table, by number first."""
    return _rows_of_seller(known, SUPPLIERS_TABLE, record.seller_details, record.seller)


def _rows_of_seller(known: Known, table: str, party: Party, name: str | None) -> Sequence[Mapping[str, str]]:
    for column, value in (("vat_id", party.vat_id), ("legal_id", party.legal_id), ("name", name)):
        rows = known.rows(table, **{column: value}) if value else ()
        if rows:
            return rows
    return ()


def order_claim(record: Invoice, names: Sequence[str], known: Known) -> Claim | None:
    """Say what the order lets be invoiced; None where the invoice names none, or the firm keeps no table.

    A credit note gives back what it takes off. Of an invoice that was put aside nothing counts.
    """
    order = record.order_reference
    if not order or not known.rows(ORDERS_TABLE):
        return None
    rows = known.rows(ORDERS_TABLE, number=order)
    column, ordered = _ordered_amount(rows)
    invoiced: Decimal | None = getattr(record, column) if column else None
    sign = -1 if record.kind == "credit_note" else 1
    return Claim(
        rule="within",
        key=f"order {folded(order).replace(' ', '')}",
        value="0" if invoiced is None else f"{sign * invoiced:f}",
        about=say(
            "order {order} is over {ordered}; {used} of it came before and {asked} comes now",
            order=order,
            ordered=ordered or Decimal(0),
            used=Decimal(0),
            asked=Decimal(0) if invoiced is None else invoiced,
        ),
        new=_order_problem(order, rows, record, names),
        known=(f"{ordered:f}",) if ordered is not None and invoiced is not None else (),
    )


def _ordered_amount(rows: Sequence[Mapping[str, str]]) -> tuple[str, Decimal | None]:
    """Give what was ordered, by the column that says it; several rows of one order add up."""
    for column in ("total_net", "total_gross"):
        cells = [row[column] for row in rows if row.get(column)]
        amounts = [amount.value for amount in map(parse_amount, cells) if amount is not None]
        if amounts and len(amounts) == len(cells):
            return column, sum(amounts, Decimal(0))
    return "", None


def _order_problem(
    order: str, rows: Sequence[Mapping[str, str]], record: Invoice, names: Sequence[str]
) -> Phrase | None:
    """Say what speaks against the order itself."""
    if not rows:
        return say("order {order} is in no row of your table of orders", order=order)
    suppliers = {row["supplier"] for row in rows if row.get("supplier")}
    ordered_from = {folded(supplier).replace(" ", "") for supplier in suppliers}
    sellers = {name.rpartition(" ")[2].lower() for name in names}
    if suppliers and not any(name in seller or seller in name for name in ordered_from for seller in sellers):
        return say(
            "order {order} was given to {supplier}, not to {seller}",
            order=order,
            supplier=", ".join(sorted(suppliers)),
            seller=record.seller or "?",
        )
    currencies = {row["currency"].upper() for row in rows if row.get("currency")}
    if record.currency and currencies and record.currency not in currencies:
        return say(
            "order {order} is in {ordered}, the invoice in {currency}",
            order=order,
            ordered=", ".join(sorted(currencies)),
            currency=record.currency,
        )
    return None


def supplier_lookup(known: Known) -> SupplierLookup:
    """Look suppliers up in the firm's table, which grows with every invoice a person approves."""

    def lookup(column: str, value: str, /) -> str | None:
        names = {row.get("name", "") for row in known.rows(SUPPLIERS_TABLE, **{column: value})} - {""}
        return min(names) if names else None

    return lookup


def examples_for(known: Known, readings: Sequence[Reading]) -> str:
    """Give how earlier invoices of the same supplier were read, as a person approved them; else nothing."""
    for reading in readings:
        seller, details = (reading.findings.get(name) for name in ("seller", "seller_details"))
        name = seller.value if seller and isinstance(seller.value, str) else None
        party = details.value if details and isinstance(details.value, Party) else Party()
        rows = _rows_of_seller(known, APPROVED_TABLE, party, name)
        if rows:
            return "\n".join(map(_example, rows[-MOST_EXAMPLES:]))
    return ""


def _example(row: Mapping[str, str]) -> str:
    printed = json.loads(row.get("printed") or "{}")
    return "; ".join(f"{field}: {text}" for field, text in printed.items())


def approved_supplier(value: Mapping[str, Any]) -> Mapping[str, str] | None:
    """Give what an approved result, as written down, says of its supplier; None where it names none."""
    record = value.get("record")
    if not isinstance(record, dict) or not record.get("seller"):
        return None
    party = record.get("seller_details") or {}
    fields = (value.get("fields") or {}).items()
    printed = {
        name: field["quote"] for name, field in fields if isinstance(field, dict) and field.get("quote")
    }
    return {
        "name": record["seller"],
        "vat_id": party.get("vat_id") or "",
        "legal_id": party.get("legal_id") or "",
        "printed": canonical_json(printed),
    }
