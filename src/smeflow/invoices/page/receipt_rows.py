"""The lines of a till receipt: what each speaks of, which amount is the total, and what makes that amount.

The words live in ``receipt_words.json``. Print is poor, so that on a recognised page words count by likeness.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches
from functools import lru_cache
from importlib import resources
from itertools import chain
from typing import Any

from smeflow._text import folded
from smeflow.invoices.checks import CENT, ZERO, same_amount
from smeflow.invoices.page.particulars import PARTICULARS, STREET, ZIP
from smeflow.invoices.page.vat_by_rate import KNOWN_RATES, rate_rows, row_stretches
from smeflow.invoices.page.view import PageAmount, PageView, PlacedValue, once
from smeflow.invoices.record_parts import VatBreakdown

Amount = PlacedValue[PageAmount]
_ALIKE = 0.78
"""Of 1: how much a recognised word must resemble the one it is taken for."""
_LONG = 5
"""Letters of a word that may be known by likeness."""
_SURE = 0.4
"""By so much the total's line must be ahead of one with another amount."""
_CLAIMS: Mapping[str, float] = {
    "total": 2.0, "final": 1.0, "net": 0.6, "amount": 0.4, "including": 0.5, "rounding": 0.8,
    "part": -1.2, "other": -2.5, "paid": -0.6,
}  # fmt: skip
_MAY_BE_TOTAL = 0.5
"""What a line's words claim at least whose amount may be the total: "net" alone says little."""
_CALLED_TOTAL = 0.8
"""What a line's words claim at least that calls its amount the total."""
MOST_TAX = Decimal(27)
"""The highest rate of VAT in Europe, in per cent: Hungary's."""
_SMALLEST_RATE = Decimal(1)
_RATE = re.compile(r"(?<![\d.,])(\d{1,2}(?:[.,]\d{1,2})?)\s?%")
_MOST_ROWS = 400
"""Of a longer paper nothing is added up line by line."""


@lru_cache(maxsize=1)
def _table() -> Mapping[str, Any]:
    text = (resources.files("smeflow.invoices.page") / "receipt_words.json").read_text(encoding="utf-8")
    table: Mapping[str, Any] = json.loads(text)
    return table


@lru_cache(maxsize=4)
def sorts_of_words(group: str) -> Mapping[str, frozenset[str]]:
    """Give what each word means in ``topics`` or ``means``, two groups of the file of words."""
    sorts: dict[str, set[str]] = {}
    for sort, words in _table()[group].items():
        for word in words.split():
            sorts.setdefault(folded(word), set()).add(sort)
    return {word: frozenset(meant) for word, meant in sorts.items()}


@lru_cache(maxsize=4)
def word_list(name: str) -> frozenset[str]:
    """Give the words of ``other_days`` and ``printed_days``, which call a date so, or of ``no_seller``."""
    return frozenset(map(folded, _table()[name].split()))


def words_in(text: str) -> list[str]:
    """Give the words of a line, in one form."""
    return re.findall(r"[^\W\d_]{2,}", folded(text))


def topics_in(text: str, *, recognised: bool) -> frozenset[str]:
    """Tell what a line speaks of."""
    known = sorts_of_words("topics")
    long = [word for word in known if len(word) >= _LONG]
    topics: set[str] = set()
    for word in words_in(text):
        if word in known:
            topics |= known[word]
        elif recognised and len(word) >= _LONG:
            topics.update(*(known[near] for near in get_close_matches(word, long, n=1, cutoff=_ALIKE)))
    return frozenset(topics)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptRow:
    """A line with amounts, what its words speak of, and the words themselves."""

    topics: frozenset[str]
    text: str
    """Of its line, with that of the one above or below where that is the amount's label."""
    spots: Sequence[Amount]

    @property
    def last(self) -> Decimal:
        """The amount furthest to the right."""
        return self.spots[-1].value.amount

    @property
    def amounts(self) -> tuple[Decimal, ...]:
        """All of its amounts."""
        return tuple(spot.value.amount for spot in self.spots)

    @property
    def claim(self) -> float | None:
        """How much its words call its last amount the total; None where they are about something else."""
        topics = self.topics
        if not topics & {"total", "final", "net", "amount"} or topics & {"change", "tip"}:
            return None
        if len(self.spots) > 1 and _RATE.search(self.text):
            return None  # a row of a table of rates
        if "rounding" in topics and "total" not in topics:
            return None
        claim = sum(_CLAIMS.get(topic, 0.0) for topic in topics)
        return claim - 2.0 * ("tax" in topics and not topics & {"final", "including"})


@once
def receipt_rows(view: PageView) -> tuple[ReceiptRow, ...]:
    """Give the lines with amounts; one alone on its line belongs to the words above or below."""
    lines = [
        (
            " ".join(piece.text for piece in pieces),
            [s for s in view.money_on(number, pieces[0].line) if not s.value.percent],
        )
        for number, pieces in view.lines()
    ]
    topics = [topics_in(text, recognised=view.recognised) for text, _ in lines]
    rows: list[ReceiptRow] = []
    for index, (text, spots) in enumerate(lines):
        if not spots:
            continue
        bare = not re.search(r"[^\W\d_]{3}", text) and not topics[index]
        at, own = index, topics[index]
        above = topics[index - 1] if index and not lines[index - 1][1] else frozenset()
        if own and own <= _QUALIFIERS and "total" in above:
            own |= above  # "Total with all taxes" goes over two lines
        if bare and index and not lines[index - 1][1] and topics[index - 1]:
            at = index - 1
        elif bare and len(spots) == 1 and _labels_above(lines, topics, index + 1):
            at = index + 1
        label = text if at == index else f"{lines[at][0]} {text}"
        rows.append(ReceiptRow(topics=own if at == index else topics[at], text=label, spots=spots))
    return tuple(rows[:_MOST_ROWS])


_QUALIFIERS = frozenset({"including", "tax"})
"""What only says which total it is."""


def _labels_above(
    lines: Sequence[tuple[str, Sequence[Amount]]], topics: Sequence[frozenset[str]], index: int
) -> bool:
    """Tell whether a line without amounts is the label of the one above, and not of one below."""
    if index >= len(lines) or lines[index][1] or not topics[index] & {"total", "final", "paid", "change"}:
        return False
    below = lines[index + 1] if index + 1 < len(lines) else ("", ())
    return not below[1] or bool(re.search(r"[^\W\d_]{3}", below[0]))


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalParts:
    """What makes an amount the total: each part is there only where it fits the amount."""

    rounding: Amount | None = None
    paid: Amount | None = None
    change: Amount | None = None
    net: Amount | None = None
    vat_total: Amount | None = None
    vat: tuple[VatBreakdown, ...] = ()
    lines: Sequence[ReceiptRow] = field(default=())
    before_rounding: Decimal | None = None

    @property
    def laws(self) -> tuple[str, ...]:
        """The laws that uphold the amount, as their checks are called."""
        kept = {
            "paid-change=total": self.paid is not None,
            "net+vat=gross": bool(self.vat) or (self.net is not None and self.vat_total is not None),
            "lines=total": bool(self.lines),
        }
        return tuple(name for name, holds in kept.items() if holds)

    def explains(self, amount: Decimal) -> bool:
        """Tell whether an amount is one of the parts."""
        spots = (self.paid, self.change, self.net, self.vat_total, self.rounding)
        rates = (value for rate in self.vat for value in (rate.base, rate.amount))
        return amount in {self.before_rounding, *(s.value.amount for s in spots if s), *rates}


def parts_of(view: PageView, total: Decimal) -> TotalParts:
    """Find what makes *total*: cash and change, net and VAT, the lines above it."""
    rows = receipt_rows(view)
    rounding, before = _rounding(rows, total)
    targets = (total,) if before is None else (total, before)
    paid, change = _cash(rows, total)
    net, vat_total, vat = _taxed(view, rows, targets)
    return TotalParts(
        rounding=rounding,
        before_rounding=before,
        paid=paid,
        change=change,
        net=net,
        vat_total=vat_total,
        vat=vat,
        lines=_sold(rows, targets),
    )


def _rounding(rows: Sequence[ReceiptRow], total: Decimal) -> tuple[Amount | None, Decimal | None]:
    """Give the rounding and what the total was before it: tills print it with either sign."""
    printed = {amount for row in rows for amount in row.amounts}
    for row in rows:
        by = abs(row.last)
        if "rounding" in row.topics and "total" not in row.topics and ZERO < by < 1:
            for before in (total - by, total + by):
                if before in printed:
                    return row.spots[-1], before
    return None, None


def _cash(rows: Sequence[ReceiptRow], total: Decimal) -> tuple[Amount | None, Amount | None]:
    """Give what was paid and the change, where the total is what was kept.

    Without a line for change, what was paid must be the total itself.
    """
    paid = [row.spots[-1] for row in rows if "paid" in row.topics and not row.topics & NOT_PAID]
    change = [row.spots[-1] for row in rows if "change" in row.topics]
    for given in paid:
        for back in change:
            if abs(given.value.amount) - abs(back.value.amount) == total:
                return given, back
    same = (given for given in paid if abs(given.value.amount) == total)
    return next(same, None), None


NOT_PAID = frozenset({"change", "tax", "other", "rounding"})
"""What a line speaks of besides that names no payment."""


def _taxed(
    view: PageView, rows: Sequence[ReceiptRow], targets: Sequence[Decimal]
) -> tuple[Amount | None, Amount | None, tuple[VatBreakdown, ...]]:
    """Give net, VAT and VAT by rate where they make one of *targets*: by rows of rates, then by labels."""
    free = [(r, base) for r in rows if (base := _free_of_tax(r)) is not None]
    untaxed = sum((base for _, base in free), ZERO)
    zero = tuple(VatBreakdown(rate=ZERO, base=base, amount=ZERO) for _, base in free)
    for part in sorted(row_stretches(rate_rows(view, credit=False)), key=len, reverse=True):
        net, tax = sum((r.base for r in part), ZERO), sum((r.amount for r in part), ZERO)
        taxed = tuple(VatBreakdown(category="S", rate=r.rate, base=r.base, amount=r.amount) for r in part)
        for more, rest in ((ZERO, ()), (untaxed, zero)):
            if any(same_amount(net + more + tax, target) for target in targets):
                return _spot(rows, net + more), _spot(rows, tax), (*taxed, *rest)
    rates = _printed_rates(view)
    for row in rows:
        if "tax" not in row.topics or row.topics & {"paid", "change"}:
            continue
        for spot in row.spots:
            found_net = _net_for(rows, row, spot.value.amount, targets, rates)
            if found_net is not None:
                net_spot, rate = found_net
                base = net_spot.value.amount
                amount = spot.value.amount
                one_rate = VatBreakdown(category="S", rate=rate, base=base, amount=amount)
                return net_spot, spot, (one_rate,) if rate else ()
            rate = _rate_inside(row, spot.value.amount, targets)
            if rate is not None:
                return None, spot, (VatBreakdown(category="S", rate=rate, amount=spot.value.amount),)
    return None, None, ()


_NO_RATE = re.compile(r"(?<![\d.,])0(?:[.,]0{1,2})?\s?%")


def _free_of_tax(row: ReceiptRow) -> Decimal | None:
    """Give the base of a row of rates that says 0 % and no VAT."""
    others = [amount for amount in row.amounts if amount != ZERO]
    free = _NO_RATE.search(row.text) and len(others) == 1 and ZERO in row.amounts
    return others[0] if free else None


def _net_for(
    rows: Sequence[ReceiptRow],
    taxed: ReceiptRow,
    tax: Decimal,
    targets: Sequence[Decimal],
    rates: frozenset[Decimal],
) -> tuple[Amount, Decimal | None] | None:
    """Give the net that makes a target with *tax*, at a printed rate; without one it needs a label."""
    if tax <= ZERO:
        return None
    nets = {target - tax for target in targets}
    for row in rows:
        labelled = "part" in row.topics or row is taxed
        for spot in row.spots:
            net = spot.value.amount
            if net not in nets or net <= ZERO or tax > net * MOST_TAX / 100 + CENT:
                continue
            fitting = [rate for rate in sorted(rates) if same_amount(net * rate / 100, tax, CENT)]
            if fitting:
                return spot, fitting[0]
            if labelled and not rates:
                return spot, None
    return None


def _rate_inside(row: ReceiptRow, tax: Decimal, targets: Sequence[Decimal]) -> Decimal | None:
    """Give the rate printed on the line of a VAT that the total holds: "incl. 20 % VAT 3.50"."""
    rates = {Decimal(r.replace(",", ".")) for r in _RATE.findall(row.text)} & set(KNOWN_RATES)
    fitting = [
        rate
        for rate in rates
        if any(same_amount(target * rate / (100 + rate), tax, CENT) for target in targets)
    ]
    return fitting[0] if len(fitting) == 1 and tax > ZERO else None


def _printed_rates(view: PageView) -> frozenset[Decimal]:
    rates = {Decimal(r.replace(",", ".")) for r in _RATE.findall(view.text)}
    return frozenset(rate for rate in rates if rate in KNOWN_RATES and rate >= _SMALLEST_RATE)


def _spot(rows: Sequence[ReceiptRow], amount: Decimal) -> Amount | None:
    return next((s for s in chain(*(row.spots for row in rows)) if s.value.amount == amount), None)


_BELOW_THE_LINES = frozenset({"total", "final", "part", "tax", "paid", "change"})


def _sold(rows: Sequence[ReceiptRow], targets: Sequence[Decimal]) -> Sequence[ReceiptRow]:
    """Give the lines of what was sold, where all of them add up to one of *targets*."""
    sold: list[ReceiptRow] = []
    for row in rows:
        if row.topics & _BELOW_THE_LINES and not (row.topics & {"part", "tax"} and not sold):
            break
        flat = folded(row.text)
        if not (PARTICULARS.search(flat) or STREET.search(flat) or ZIP.search(row.text)):
            sold.append(row)
    return sold if sold and sum(row.last for row in sold) in targets else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenTotal:
    """The amount that was paid, and the others that are called the total as much."""

    spot: Amount
    parts: TotalParts
    sure: bool
    """No line with another amount has as good a claim."""


def choose_total(view: PageView) -> ChosenTotal | None:
    """Choose what was paid: by its label, what makes it, and how often it is printed."""
    rows = receipt_rows(view)
    printed = Counter(amount for row in rows for amount in row.amounts)
    roundings = {abs(r.last): n for n, r in enumerate(rows) if "rounding" in r.topics and r.last}
    best: dict[Decimal, tuple[float, int, Amount, TotalParts]] = {}
    for index, row in enumerate(rows):
        claim, amount = row.claim, row.last
        if claim is None or amount == ZERO:
            continue
        parts = parts_of(view, amount)
        score = claim + sum(_LAW_WEIGHTS[law] for law in parts.laws) + 0.5 * (printed[amount] > 1)
        # of totals that differ by the rounding the one below it is paid
        score += 1.5 * any(
            index > above and {amount - by, amount + by} & printed.keys() for by, above in roundings.items()
        )
        if amount not in best or best[amount][0] < score:
            best[amount] = (score, index, row.spots[-1], parts)
    ranked = sorted(best.values(), key=lambda claim: (-claim[0], -claim[1]))
    if not ranked or ranked[0][0] <= _LEAST:
        return None
    score, _, spot, parts = ranked[0]
    return ChosenTotal(spot=spot, parts=parts, sure=len(ranked) == 1 or score - ranked[1][0] >= _SURE)


_LEAST = 0.5
_LAW_WEIGHTS: Mapping[str, float] = {"paid-change=total": 2.0, "net+vat=gross": 1.2, "lines=total": 1.0}


def called_totals(view: PageView, total: Decimal, parts: TotalParts) -> Iterator[tuple[Amount, bool]]:
    """Give every other amount that a line calls the total, and whether what makes *total* explains it."""
    of_lines = sum((row.last for row in parts.lines), ZERO)
    for row in receipt_rows(view):
        claim, amount = row.claim, row.last
        if claim is None or claim < _MAY_BE_TOTAL or amount in (ZERO, total):
            continue
        smaller = bool(row.topics & {"part", "tax", "other"}) and abs(amount) < abs(total)
        yield row.spots[-1], smaller or parts.explains(amount) or amount == of_lines


def is_called_total(view: PageView, total: Decimal) -> bool:
    """Tell whether a line calls *total* the total, and none asks for a tip, which comes on top."""
    tips = any("tip" in topics_in(piece.text, recognised=False) for _, piece in view.all_pieces())
    rows = (row for row in receipt_rows(view) if row.last == total)
    return not tips and any(row.claim is not None and row.claim >= _CALLED_TOTAL for row in rows)
