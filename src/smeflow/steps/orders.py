"""Compare an invoice with the order it names: known, given to this seller, and with enough of it left."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from smeflow._text import folded
from smeflow.claims import Claim
from smeflow.i18n import Phrase, say
from smeflow.readers.amounts import parse_amount
from smeflow.records import Invoice
from smeflow.step import Known

ORDERS = "orders"
"""The firm's table of orders, named in ``smeflow.toml``. Columns: number, supplier, total_net or total_gross,
currency; only the number is needed."""


def order_claim(record: Invoice, names: Sequence[str], known: Known) -> Claim | None:
    """Say what the order lets be invoiced; None where the invoice names none, or the firm keeps no table.

    A credit note gives back what it takes off. Of an invoice that was put aside nothing counts.
    """
    order = record.order_reference
    if not order or not known.rows(ORDERS):
        return None
    rows = known.rows(ORDERS, number=order)
    column, ordered = _amount(rows)
    asked = getattr(record, column) if column else None
    sign = -1 if record.kind == "credit_note" else 1
    return Claim(
        rule="within",
        key=f"order {folded(order).replace(' ', '')}",
        value=f"{sign * asked:f}" if asked is not None else "0",
        about=say(
            "order {order} is over {ordered}; {used} of it came before and {asked} comes now",
            order=order,
            ordered=ordered or Decimal(0),
            used=Decimal(0),
            asked=asked if asked is not None else Decimal(0),
        ),
        new=_against(order, rows, record, names),
        known=(f"{ordered:f}",) if ordered is not None and asked is not None else (),
    )


def _amount(rows: Sequence[Mapping[str, str]]) -> tuple[str, Decimal | None]:
    """Give what was ordered, by the column that says it; several rows of one order add up."""
    for column in ("total_net", "total_gross"):
        found = [parse_amount(row[column]) for row in rows if row.get(column)]
        amounts = [one.value for one in found if one is not None]
        if amounts and len(amounts) == len(found):
            return column, sum(amounts, Decimal(0))
    return "", None


def _against(
    order: str, rows: Sequence[Mapping[str, str]], record: Invoice, names: Sequence[str]
) -> Phrase | None:
    """Say what speaks against the order itself."""
    if not rows:
        return say("order {order} is in no row of your table of orders", order=order)
    suppliers = {row["supplier"] for row in rows if row.get("supplier")}
    told = {folded(one).replace(" ", "") for one in suppliers}
    own = {name.rpartition(" ")[2].lower() for name in names}
    if told and not any(one in mine or mine in one for one in told for mine in own):
        given = ", ".join(sorted(suppliers))
        return say(
            "order {order} was given to {supplier}, not to {seller}",
            order=order,
            supplier=given,
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
