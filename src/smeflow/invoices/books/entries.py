"""Turn an invoice into an entry of the purchase journal."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from smeflow.i18n import Phrase, say
from smeflow.invoices.books.journal import Books, JournalEntry, NotBookable, Posting
from smeflow.invoices.checks import CENT, ZERO, bare_number
from smeflow.invoices.record import Invoice
from smeflow.invoices.record_parts import VatBreakdown
from smeflow.values.identifiers import EU, siren_ok

SELF_ASSESSED = frozenset(("AE", "K"))
"""VAT categories (BT-118) under which the buyer owes the VAT: reverse charge, intra-Community supply."""


@dataclass(frozen=True, kw_only=True)
class SupplierAccounts:
    """How a supplier is booked: its row in the firm's table."""

    aux: str
    aux_name: str
    expense: str
    vat: str

    @classmethod
    def of(cls, row: Mapping[str, str], books: Books, name: str) -> "SupplierAccounts":
        """Read a row; what it does not say, the firm's settings do.

        Raises:
            NotBookable: Neither says what an entry needs.
        """
        aux, expense = row.get("aux_account", ""), row.get("expense_account", "") or books.expense_account
        accounts = {"aux_account": aux, "expense_account": expense}
        missing = ", ".join(column for column, account in accounts.items() if not account)
        if missing:
            raise NotBookable(
                say(
                    "{name} has no {column} in the table of suppliers: smeflow books suppliers proposes "
                    "accounts, --accept writes them",
                    name=name,
                    column=missing,
                )
            )
        return cls(
            aux=aux,
            aux_name=row.get("name", "") or name,
            expense=expense,
            vat=row.get("vat_account", "") or books.vat_account,
        )


def make_entry(
    record: Invoice, supplier: SupplierAccounts, books: Books, *, currency: str, country: str
) -> JournalEntry:
    """Make the entry of *record*: what was bought, its VAT, and what is owed to the supplier.

    Of a reverse charge both sides of the VAT are written. A credit note has the sides changed.

    Raises:
        NotBookable: It does not balance, or something of it needs a bookkeeper.
    """
    if record.number is None or record.issue_date is None or record.total_gross is None:
        raise NotBookable(say("its number, day or total is not known"))
    _refuse_unbookable(record, currency, country)
    postings = [
        *_purchase_postings(record, supplier, books),
        *_self_assessed_postings(record, books, country),
        Posting(
            account=books.supplier_account,
            name=books.name_of(books.supplier_account),
            aux=supplier.aux,
            aux_name=supplier.aux_name,
            credit=record.total_gross,
        ),
    ]
    if record.kind == "credit_note":
        postings = [posting.mirrored for posting in postings]
    entry = JournalEntry(
        day=record.issue_date,
        document_day=record.issue_date,
        reference=record.number,
        label=f"{record.seller or supplier.aux_name} {record.number}",
        postings=tuple(postings),
    )
    if not entry.balanced:
        raise NotBookable(
            say(
                "net {net} and VAT {vat} do not make {gross}",
                net=record.total_net,
                vat=record.total_vat or ZERO,
                gross=record.total_gross,
            )
        )
    return entry


def _refuse_unbookable(record: Invoice, currency: str, country: str) -> None:
    """Refuse what cannot be booked by rule."""
    reason: Phrase | None = None
    if record.currency != currency:
        reason = say(
            "it is in {other}; entries are in {currency}", other=record.currency or "?", currency=currency
        )
    elif record.total_gross is not None and record.total_gross < 0:
        reason = say("its total is negative: {gross}", gross=record.total_gross)
    elif record.prepaid:
        reason = say(
            "it deducts a prepayment of {amount}; book it by hand with the prepayment's entry",
            amount=record.prepaid,
        )
    elif not record.total_vat and not _exempt_for_a_reason(record) and _from_elsewhere(record, country):
        reason = say(
            "no VAT is charged by a seller in {country}, and the invoice does not say why; if you owe it, "
            "book both sides by hand",
            country=(record.seller_details.vat_id or "")[:2],
        )
    elif not seller_country(record) and any(part.category == "AE" for part in record.vat):
        reason = say(
            "you owe its VAT, and nothing on it says which country {seller} is in: add its VAT identifier or "
            "SIREN, since building work at home and services from abroad have accounts of their own",
            seller=record.seller or "?",
        )
    if reason is not None:
        raise NotBookable(reason)


def _exempt_for_a_reason(record: Invoice) -> bool:
    return any(part.category not in (None, "S", "Z") or part.exemption for part in record.vat)


def _from_elsewhere(record: Invoice, country: str) -> bool:
    seller = (record.seller_details.vat_id or "")[:2].upper()
    return seller in EU and seller != country


def _purchase_postings(record: Invoice, supplier: SupplierAccounts, books: Books) -> Iterator[Posting]:
    """Post what was bought and the VAT charged, for each rate where the rates make the totals."""
    parts = _net_and_vat(record)
    account = books.prepayment_account if record.kind == "prepayment" else supplier.expense
    yield from (_posting(books, account, net) for net, _ in parts if net)
    yield from (_posting(books, supplier.vat, vat) for _, vat in parts if vat)


def _net_and_vat(record: Invoice) -> list[tuple[Decimal, Decimal]]:
    net, vat = record.total_net, record.total_vat or ZERO
    if net is None:
        net = (record.total_gross or ZERO) - vat
    rates = [(part.base or ZERO, part.amount or ZERO) for part in record.vat]
    complete = sum((b for b, _ in rates), ZERO) == net and sum((v for _, v in rates), ZERO) == vat
    return rates if rates and complete else [(net, vat)]


def _posting(books: Books, account: str, amount: Decimal) -> Posting:
    """Post an amount as a debit, a negative one as a credit."""
    name = books.name_of(account)
    return Posting(account=account, name=name, debit=max(amount, ZERO), credit=max(-amount, ZERO))


def _self_assessed_postings(record: Invoice, books: Books, country: str) -> Iterator[Posting]:
    """Post the VAT the buyer owes, due and deductible.

    That of a seller in the firm's own *country* stands on the domestic accounts: it is told on another line
    of the return.
    """
    base = sum((_base(part, record) for part in record.vat if part.category in SELF_ASSESSED), ZERO)
    vat = (base * books.self_assessed_rate / 100).quantize(CENT, ROUND_HALF_UP)
    if vat:
        deductible, due = books.self_assessed_vat_account, books.vat_due_account
        if seller_country(record) == country and not _intra_community(record):
            deductible, due = (
                books.domestic_reverse_charge_vat_account,
                books.domestic_reverse_charge_due_account,
            )
        yield Posting(account=deductible, name=books.name_of(deductible), debit=vat)
        yield Posting(account=due, name=books.name_of(due), credit=vat)


def _intra_community(record: Invoice) -> bool:
    return any(part.category == "K" for part in record.vat)


def seller_country(record: Invoice) -> str:
    """Give the seller's country by its VAT identifier, address or French SIREN; empty where unknown."""
    party = record.seller_details
    vat_id = bare_number(party.vat_id)
    if re.match(r"[A-Z]{2}\w", vat_id):
        return {"EL": "GR"}.get(vat_id[:2], vat_id[:2])
    if party.country:
        return party.country.upper()
    legal_id = bare_number(party.legal_id)
    return "FR" if siren_ok(legal_id[:9]) and len(legal_id) in (9, 14) else ""


def _base(part: VatBreakdown, record: Invoice) -> Decimal:
    if part.base is not None:
        return part.base
    return record.total_net or ZERO if len(record.vat) == 1 else ZERO


def signed_total(record: Invoice) -> Decimal:
    """Give the total with VAT as an accountant adds it up: that of a credit note is taken off."""
    return signed(record, record.total_gross)


def signed(record: Invoice, amount: Decimal | None) -> Decimal:
    """Give an amount of *record* with the sign it has in a ledger: credit notes take off."""
    value = amount or ZERO
    return -value if record.kind == "credit_note" else value


def net_and_vat_by_rate(record: Invoice) -> dict[Decimal | None, tuple[Decimal, Decimal]]:
    """Give what is charged at each rate and its VAT, with the ledger's signs.

    Where the rates do not make the totals, the totals stand under None: no rate is guessed.
    """
    by_rate: dict[Decimal | None, tuple[Decimal, Decimal]] = {}
    complete = _net_and_vat(record) == [(part.base or ZERO, part.amount or ZERO) for part in record.vat]
    parts = [(part.rate, part.base, part.amount) for part in record.vat] if complete else []
    if not parts and (record.total_net is not None or record.total_vat):
        parts = [(None, record.total_net, record.total_vat)]
    for rate, net, vat in parts:
        key = None if rate is None else Decimal(f"{rate.normalize():f}")
        before = by_rate.get(key, (ZERO, ZERO))
        by_rate[key] = (before[0] + signed(record, net), before[1] + signed(record, vat))
    return by_rate
