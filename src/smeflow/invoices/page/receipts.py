"""Read a till receipt into an invoice: who sold, when, what was paid; and the days of any receipt.

Its print is poor: words are known by likeness.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from functools import cached_property

from smeflow._text import folded
from smeflow.documents.page_text import Piece
from smeflow.i18n import Phrase, say
from smeflow.invoices.page.dates import months_come_first
from smeflow.invoices.page.exclusion import OTHER_DATES, Exclusion, FieldOpinion
from smeflow.invoices.page.heading import find_title
from smeflow.invoices.page.particulars import LEGAL_FORM, numbers_on_page
from smeflow.invoices.page.receipt_rows import receipt_rows, word_list, words_in
from smeflow.invoices.page.view import PageAmount, PageDate, PageView, PlacedValue
from smeflow.kinds.records import FieldRival, Finding

_ALIKE = 0.78
"""Of 1: how much a word must resemble the one it is taken for."""
_WORDS: dict[str, tuple[str, ...]] = {
    "total": ("total", "totaal", "totale", "summe", "gesamt", "montant"),
    "final": ("payable", "due", "rounded", "grand", "nett", "net", "netto", "incl", "inclusive", "ttc",
              "zahlen", "pagare", "pagar"),
    "part": ("subtotal", "sub", "excl", "excluding", "exclude", "before", "taxable"),
    "other": ("qty", "quantity", "item", "items", "saving", "savings", "discount", "summary", "disc",
              "remise", "rabatt", "articles", "deposit", "outstanding", "points"),
    "tax": ("gst", "tax", "vat", "tva", "mwst", "btw", "iva", "sst"),
    "paid": ("cash", "tendered", "visa", "mastercard", "card", "carte", "especes", "bar", "received"),
    "change": ("change", "rendu", "ruckgeld", "wisselgeld", "resto", "cambio"),
    "rounding": ("rounding", "round", "arrondi", "rundung", "afronding"),
}  # fmt: skip
_KNOWN = {word: sort for sort, words in _WORDS.items() for word in words}
_LONG = [word for word in _KNOWN if len(word) > 4]
_SURE = 0.4
_NO_NAME = re.compile(
    r"invoice|receipt|facture|ticket|welcome|bienvenue|thank|merci|cash|bill|tel|fax|gst|reg|date|copy|"
    r"^no\b|\bno[.:]|jalan|\bjln\b|lot\b|\blevel\b|http|www|@|rue\b|avenue|strasse|street|road\b|customer|table"
)
_NUMBER = re.compile(r"\(?\s*(?:co\.?\s*(?:reg\.?)?\s*no\.?\s*:?\s*)?\(?\d[\w\- ]{3,}\)?.*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _ReceiptLine:
    """A line of a receipt: what its words speak of, and its amounts."""

    topics: frozenset[str]
    spots: Sequence[PlacedValue[PageAmount]]

    @property
    def last(self) -> Decimal:
        return self.spots[-1].value.amount


def receipt_total(view: PageView) -> PlacedValue[PageAmount] | None:
    """Find what was paid; None where two amounts have as good a claim.

    What is left of the cash once the change is given is the total, whatever the label is.
    """
    rows = list(_rows(view))
    paid = [row.last for row in rows if "paid" in row.topics]
    change = [row.last for row in rows if "change" in row.topics]
    cash_kept = {amount - abs(given_back) for amount in paid for given_back in change}
    roundings = {row.last: index for index, row in enumerate(rows) if "rounding" in row.topics and row.last}
    printed = Counter(spot.value.amount for row in rows for spot in row.spots)
    best: dict[Decimal, tuple[float, PlacedValue[PageAmount]]] = {}
    for index, row in enumerate(rows):
        score = _claim(row.topics)
        amount = row.last
        if score is None or amount <= 0:
            continue
        score += 2.0 * (amount in cash_kept) + 0.5 * (printed[amount] > 1)
        # of totals that differ by the rounding the one below it is paid
        score += 1.5 * any(
            index > above and {amount - by, amount + by} & printed.keys() for by, above in roundings.items()
        )
        if amount not in best or best[amount][0] < score:
            best[amount] = (score, row.spots[-1])
    ranked = sorted(best.values(), key=lambda claim: -claim[0])
    if not ranked or (len(ranked) > 1 and ranked[0][0] - ranked[1][0] < _SURE):
        return None
    return ranked[0][1] if ranked[0][0] > 0.5 else None


def _claim(topics: frozenset[str]) -> float | None:
    """Say how much a line's words claim to be the total; None where they are about something else."""
    if not topics & {"total", "final"} or topics & {"other", "change"}:
        return None
    if "rounding" in topics and "total" not in topics:
        return None
    claim = 2.0 * ("total" in topics) + 1.0 * ("final" in topics) - 1.2 * ("part" in topics)
    claim -= 1.5 * ("tax" in topics and "final" not in topics)
    return claim + 0.8 * ("rounding" in topics)


def _rows(view: PageView) -> Iterator[_ReceiptLine]:
    """Give the lines; an amount alone on a line belongs to the words above it."""
    pending: frozenset[str] = frozenset()
    for number, pieces in view.lines():
        text = " ".join(piece.text for piece in pieces)
        topics = frozenset(_topics(text))
        spots = [s for s in view.money_on(number, pieces[0].line) if s.value.cents and not s.value.percent]
        bare = not re.search(r"[^\W\d_]{3}", text)
        if spots:
            yield _ReceiptLine(topics=pending if bare and not topics else topics, spots=spots)
        pending = topics if not spots else frozenset()


def _topics(text: str) -> Iterator[str]:
    for word in re.findall(r"[^\W\d_]{3,}", folded(text)):
        matches = [word] if word in _KNOWN else get_close_matches(word, _LONG, n=1, cutoff=_ALIKE)
        if matches and (word in _KNOWN or len(word) > 4):
            yield _KNOWN[matches[0]]


def receipt_seller(view: PageView) -> tuple[str, Piece] | None:
    """Find the firm at the head: the first line with a legal form, else the first in plain letters."""
    head = [piece for piece in (view.pieces[0] if view.pieces else ()) if piece.box.top < 0.3][:12]
    with_form = (p for p in head if LEGAL_FORM.search(p.text) and len(p.text.split()) > 1)
    for piece in (*with_form, *head):
        name = _NUMBER.sub("", piece.text).strip(" .,:;-–_*'\"")
        letters = sum(map(str.isalpha, name))
        words = re.findall(r"[^\W\d_]{3,}", name)
        plain = letters >= 6 and letters > 0.75 * len(name.replace(" ", "")) and name[0].isupper()
        if plain and words and len(name) <= 50 and not _NO_NAME.search(folded(name)):
            return name, piece
    return None


def receipt_date(view: PageView) -> PlacedValue[PageDate] | None:
    """Find the day of the sale: beside the word for it, beside an hour, or the one printed most often."""
    spots = [spot for spot in view.dates if not spot.value.compact]
    if not spots:
        return None
    counts = Counter(spot.value.value for spot in spots)

    def rank(spot: PlacedValue[PageDate]) -> tuple[int, int, int, int]:
        line = " ".join(p.text for p in view.pieces[spot.page] if p.line == spot.line)
        following = view.pages[spot.page].text[spot.end : spot.end + 12]
        named = bool(re.search(r"\bdat[eua]|\bfecha", folded(line)))
        timed = bool(re.search(r"\d{1,2}\s?[:;.]\s?\d{2}", following + line.replace(str(spot.value), "")))
        return named, timed, counts[spot.value.value], -spot.start

    return max(spots, key=rank)


def receipt_findings(view: PageView, findings: dict[str, Finding]) -> dict[str, Finding]:
    """Read what a till receipt is about; what adds up to another total than was paid is left out."""
    from_receipt: dict[str, Finding] = {}
    total, seller, day = receipt_total(view), receipt_seller(view), receipt_date(view)
    if total:
        if "total_gross" in findings and findings["total_gross"].value != total.value.amount:
            for name in ("total_net", "total_vat", "vat", "amount_due", "prepaid"):
                findings.pop(name, None)
        from_receipt["total_gross"] = Finding(value=total.value.amount, quote=view.quote(total))
    if seller:
        name, piece = seller
        quote = view.quote_span(0, piece.start, piece.start + len(name))
        from_receipt["seller"] = Finding(value=name, quote=quote)
    if day and "issue_date" not in findings:
        from_receipt["issue_date"] = Finding(value=day.value.value, quote=view.quote(day))
    return from_receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleDay:
    """A day that may be that of the sale, with the order of day and month decided as far as it can be."""

    day: date
    spot: PlacedValue[PageDate]
    certain: bool
    """Day and month cannot be exchanged."""


_DAY_WORD = re.compile(r"\bdat[eua]m?\b|\bfecha|\bdatum|\bdzien")
_AN_HOUR = re.compile(r"\d{1,2}\s?[:;.h]\s?\d{2}")
_UNITED_STATES = (
    "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND "
    "OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY DC"
)
"""The postal codes of the states (USPS, Publication 28, appendix B)."""
_IN_A_STATE = re.compile(
    rf"[A-Za-z]{{3}},\s?(?:{_UNITED_STATES.replace(' ', '|')})(?:\s+\d{{5}}(?:-\d{{4}})?)?\s*$", re.MULTILINE
)
"""A town and its state at the end of a line, as American addresses have it: the month comes first there."""
_DAY_FIRST = frozenset(["EUR", "GBP", "CHF", "PLN", "CZK", "DKK", "NOK", "SEK", "RON", "BGN", "HUF"])
"""Currencies of countries none of which writes the month first (CLDR, short dates)."""


def is_in_a_state(view: PageView) -> bool:
    """Tell whether an address on the receipt is of one of the United States."""
    return _IN_A_STATE.search(view.text) is not None


class SaleDays:
    """The days printed on a receipt."""

    def __init__(self, view: PageView) -> None:
        self.view = view

    @cached_property
    def days(self) -> tuple[SaleDay, ...]:
        """Every day that nothing calls another, with its order decided."""
        spots = (s for s in self.view.dates if not s.value.compact and not self._is_other(s))
        return tuple(map(self._decided, spots))

    @cached_property
    def best(self) -> SaleDay | None:
        """The day of the sale: beside its word, beside an hour, or printed most often."""
        counts = Counter(day.day for day in self.days)

        def rank(day: SaleDay) -> tuple[bool, bool, bool, int, int]:
            named = bool(_DAY_WORD.search(folded(self._line(day.spot))))
            hour = self._has_hour(day.spot)
            return not self._is_printing(day.spot), named, hour, counts[day.day], -day.spot.start

        return max(self.days, key=rank, default=None)

    def opinion(self, value: date) -> FieldOpinion:
        """Say whether *value* is the only day it could be, and whether day and month are told apart."""
        mine = [d for d in self.days if d.day == value]
        others = {d.day: d for d in self.days if d.day != value}
        timed = any(self._has_hour(d.spot) for d in mine)
        swapped = {d.spot.value.other or d.day for d in mine if not d.certain} - {value}
        rivals = [
            FieldRival(value=day, quote=self.view.quote(d.spot), why=self._why_not(d, value, timed=timed))
            for day, d in others.items()
        ]
        may_be = [FieldRival(value=day, why=say("Day and month may be exchanged.")) for day in swapped]
        certain = any(d.certain for d in mine)
        return FieldOpinion(tied=certain, rivals=(*rivals, *(() if certain else may_be)))

    def _why_not(self, other: SaleDay, value: date, *, timed: bool) -> Phrase | None:
        """Say why another day is not that of the sale; None where it may be."""
        if self._is_printing(other.spot) and other.day >= value:
            return say("It says when the paper was printed.")
        if timed and other.day > value and not self._has_hour(other.spot):
            return say("It is later than the sale, and no hour stands beside it.")
        return None

    def _is_printing(self, spot: PlacedValue[PageDate]) -> bool:
        """Tell whether its line says when the paper was printed, which may be long after the sale."""
        return bool(set(words_in(self._line(spot))) & word_list("printed_days"))

    def _has_hour(self, spot: PlacedValue[PageDate]) -> bool:
        behind = self.view.pages[spot.page].text[spot.end : spot.end + 12]
        rest = self._line(spot).replace(self.view.text_of(spot), "")
        return bool(_AN_HOUR.search(behind) or _AN_HOUR.search(rest))

    def _line(self, spot: PlacedValue[PageDate]) -> str:
        return " ".join(p.text for p in self.view.pieces[spot.page] if p.line == spot.line)

    def _is_other(self, spot: PlacedValue[PageDate]) -> bool:
        """Tell whether its line or label calls it another day: a birthday, when to pay, an older sum."""
        if set(words_in(self._line(spot))) & word_list("other_days"):
            return True
        rows = (r for r in receipt_rows(self.view) for s in r.spots if _same_line(s, spot))
        old = any("other" in row.topics for row in rows)
        called = Exclusion(self.view, find_title(self.view)).called(spot.page, spot.piece, spot.start)
        return old or bool({hit.field for hit in called} & OTHER_DATES)

    def _decided(self, spot: PlacedValue[PageDate]) -> SaleDay:
        value, other = spot.value.value, spot.value.other
        if other is None or other == value:
            return SaleDay(day=value, spot=spot, certain=True)
        sure = {s.value.value for s in self.view.dates if s.value.other is None}
        agreed = sure & {value, other}
        if len(agreed) == 1:
            return SaleDay(day=agreed.pop(), spot=spot, certain=True)
        month_first, told = self._order
        return SaleDay(day=other if month_first else value, spot=spot, certain=told)

    @cached_property
    def _order(self) -> tuple[bool, bool]:
        """Tell whether the month comes first, and whether something says so."""
        by_dates = months_come_first(self.view)
        printed = any(
            re.fullmatch(r"(\d{1,2})\s?[/-]\s?(\d{1,2})\s?[/-]\s?\d{2,4}", self.view.text_of(s))
            for s in self.view.dates
            if s.value.other is None
        )
        if by_dates is not None and printed:
            return by_dates, True
        if is_in_a_state(self.view):
            return True, True
        currencies = {s.value.currency for s in self.view.amounts if s.value.currency}
        countries = {n.value[:2] for n in numbers_on_page(self.view) if n.kind == "vat_id"}
        day_first = bool(currencies) and currencies <= _DAY_FIRST
        return bool(by_dates), day_first or bool(countries) or self._dotted

    @property
    def _dotted(self) -> bool:
        """Tell whether days are written with points, where the month never comes first."""
        return any("." in self.view.text_of(s) for s in self.view.dates if s.value.other is not None)


def _same_line(first: PlacedValue[PageAmount], second: PlacedValue[PageDate]) -> bool:
    return (first.page, first.line) == (second.page, second.line)
