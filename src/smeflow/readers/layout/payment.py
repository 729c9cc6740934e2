"""Find what is due, what was paid before, kept back or laid out for the buyer, beside the totals."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from smeflow._text import folded
from smeflow.documents.base import Quote
from smeflow.i18n import Phrase, say
from smeflow.readers.layout.view import Spot, Sum, View

WEAK = 1.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """An amount chosen for a field; without a spot it follows from a mention (a VAT of zero)."""

    amount: Decimal
    spot: Spot[Sum] | None = None
    quote: Quote | None = None
    note: Phrase | None = None


@dataclass(frozen=True, slots=True)
class Fit:
    """How well an amount fits a field."""

    score: float
    spot: Spot[Sum]


Table = dict[Decimal, Fit]


_PAID = re.compile(
    r"acompte|reglement|virement|paiement|verse|payment|paid|transfer|zahlung|bezahlt|betaald|deposit|pago|"
    r"carte bancaire|\bcb\b|\bcard\b|especes|cheque|\bcash\b|kartenzahlung|retenue|retention|einbehalt"
)
_KEPT = re.compile(r"retenue|retention|einbehalt|ritenuta a garanzia")


def payment(view: View, tables: Mapping[str, Table], gross: Decimal) -> dict[str, Choice]:
    """Find what is due and what was paid before, where they make up the total."""
    due = {a: f for a, f in tables["amount_due"].items() if f.score > 1.5}
    paid = {abs(a): f for a, f in tables["prepaid"].items()}
    if gross in due and not any(0 < p < gross and gross - p in due for p in paid):
        return {"amount_due": Choice(amount=gross, spot=due[gross].spot)}
    for amount, fit in sorted(due.items(), key=lambda item: -item[1].score):
        before = gross - amount
        spot = _paid_before(view, before)
        if spot and before not in paid:
            paid[before] = Fit(WEAK, spot)
        if before in paid:
            note = _kept_back(view, paid[before].spot)
            return {
                "amount_due": Choice(amount=amount, spot=fit.spot),
                "prepaid": Choice(amount=before, spot=paid[before].spot, note=note),
            }
    if due:
        amount, fit = max(due.items(), key=lambda item: item[1].score)
        return {"amount_due": Choice(amount=amount, spot=fit.spot)}
    return {}


def _paid_before(view: View, amount: Decimal) -> Spot[Sum] | None:
    """Find an amount on a line of payments, or on one that such a line heads."""
    for spot in view.sums if amount > 0 else ():
        if spot.value.money and abs(spot.value.amount) == amount:
            near = [p.text for p in view.pieces[spot.page] if 0 <= spot.line - p.line <= 2]
            if _PAID.search(folded(" ".join(near))):
                return spot
    return None


def _kept_back(view: View, spot: Spot[Sum]) -> Phrase | None:
    """Say that an amount was not paid but is kept back until the work is accepted."""
    line = " ".join(piece.text for piece in view.pieces[spot.page] if piece.line == spot.line)
    kept = _KEPT.search(folded(line))
    return say("Kept back as a guarantee, not paid before: it falls due later.") if kept else None


_DISBURSED = re.compile(
    r"debours|disbursement|auslagenersatz|durchlaufende posten|spese anticipate|suplidos|frais avances"
)


def disbursed(view: View) -> Spot[Sum] | None:
    """Find what the seller laid out in the buyer's name, where just one such amount is printed."""
    found = [
        spots[-1]
        for number, pieces in view.lines()
        if _DISBURSED.search(folded(" ".join(piece.text for piece in pieces)))
        and (spots := [s for s in view.sums_by_line.get((number, pieces[0].line), ()) if s.value.money])
    ]
    return found[0] if len(found) == 1 and found[0].value.amount > 0 else None
