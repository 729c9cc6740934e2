"""Tell who sold and on which day from a till receipt: the firm in its heading, the day of the sale."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from smeflow._text import folded
from smeflow.documents.page_text import Piece
from smeflow.i18n import Phrase, say
from smeflow.invoices.page.dates import months_come_first
from smeflow.invoices.page.exclusion import FieldOpinion
from smeflow.invoices.page.firm_ties import is_in_domain, stands_whole
from smeflow.invoices.page.names import may_be_same_firm
from smeflow.invoices.page.particulars import (
    LEGAL_FORM,
    LEGAL_FORM_FIRST,
    PARTICULARS,
    STREET,
    ZIP,
    numbers_on_page,
)
from smeflow.invoices.page.receipt_rows import receipt_rows, word_list, words_in
from smeflow.invoices.page.view import PageDate, PageView, PlacedValue, once
from smeflow.kinds.records import FieldRival, Finding

_HEAD_LINES = 14
"""So many lines a heading has at most: name, address, numbers, greeting."""
_LONGEST_NAME = 60
_PARTICLE = 3
_NUMBER = re.compile(
    r"\s*(?:\((?=[^()]*\d{3})[^()]*\)?|(?:co\.?\s*)?reg(?:istration)?\.?\s*(?:no\.?|nr\.?|n°)?\s*:?\s*[\w-]+)\s*$",
    re.IGNORECASE,
)
"""A register's number behind a name: "(682288-V)"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _HeadName:
    """A line of the heading that may be the seller's name."""

    name: str
    page: int
    piece: Piece
    has_form: bool

    @property
    def span(self) -> tuple[int, int]:
        start = self.piece.start + max(0, self.piece.text.find(self.name))
        return start, start + len(self.name)


def find_seller(view: PageView, own_names: Sequence[str]) -> Finding | None:
    """Find the firm in the heading: one with a legal form, else with a domain of its own.

    Else it is the one right above an address, else the first.
    """
    names = [
        n for n in head_names(view) if not any(may_be_same_firm(n.name, own) for own in own_names if own)
    ]
    ranked = (
        *(n for n in names if n.has_form),
        *(n for n in names if has_domain(view, n.name)),
        *(n for n in names if _above_address(view, n)),
        *names,
    )
    if not ranked:
        return None
    start, end = ranked[0].span
    return Finding(value=ranked[0].name, quote=view.quote_span(ranked[0].page, start, end))


@once
def head_names(view: PageView) -> tuple[_HeadName, ...]:
    """Give the lines of the heading that may be a name: no address, number, greeting or label."""
    return tuple(_head_names(view))


def _head_names(view: PageView) -> Iterator[_HeadName]:
    first_sum = min((s.start for row in receipt_rows(view) for s in row.spots if s.page == 0), default=None)
    buyers = (label for label in view.labels_of("buyer") if label.page == 0 and label.piece_start)
    told = (label.start for label in buyers if label.end - label.start > _PARTICLE)  # "to" and "an" are words
    buyer_from = min(told, default=None)
    named = past_address = False
    for piece in view.pieces[0] if view.pieces else ():
        if piece.line > view.pieces[0][0].line + _HEAD_LINES or (first_sum and piece.start >= first_sum):
            return
        if buyer_from is not None and piece.start >= buyer_from:
            return
        name = _as_name(piece.text)
        if name is not None and (not past_address or has_form(name)):
            yield _HeadName(name=name, page=0, piece=piece, has_form=has_form(name))
            named = True
        past_address = past_address or (named and _is_address(piece.text))


def _as_name(text: str) -> str | None:
    """Give a line without a register's number, where it may be a firm's name."""
    name = re.sub(r"\(\s*$", "", _NUMBER.sub("", text)).strip(" .,:;-–_*'\"")
    if text.rstrip().endswith(".") and LEGAL_FORM.search(f"{name}."):
        name = f"{name}." if f"{name}." in text else name
    flat, words = folded(name), words_in(name)
    letters = sum(map(str.isalpha, name))
    if text.rstrip().endswith(":") or not name[:1].isupper():
        return None
    if any(w.islower() and len(w) > 3 for w in name.split()[1:]):
        return None  # a sentence
    if len(name) > _LONGEST_NAME or letters < 4 or letters < 0.7 * len(name.replace(" ", "")):
        return None
    if STREET.search(flat) or ZIP.search(text) or PARTICULARS.search(folded(text)) or not words:
        return None
    return None if set(words) & word_list("no_seller") else name


def _above_address(view: PageView, name: _HeadName) -> bool:
    """Tell whether an address or a telephone stands on one of the next lines."""
    below = [p.text for p in view.pieces[name.page] if 0 < p.line - name.piece.line < _NEXT]
    return any(_is_address(text) or _TELEPHONE.search(folded(text)) for text in below)


def _is_address(text: str) -> bool:
    return bool(STREET.search(folded(text)) or ZIP.search(text))


_NEXT = 5
_TELEPHONE = re.compile(r"^tel\b|^phone\b|\(?\d{3}\)?[ -]\d{3}[ -]\d{4}$")


def has_domain(view: PageView, name: str) -> bool:
    """Tell whether a domain on the receipt is made of the name, or of a word of it."""
    if is_in_domain(view, name):
        return True
    words = set(re.findall(r"[a-z0-9]{5,}", re.sub(r"['’]", "", folded(name))))
    hosts = re.findall(r"(?:@|www\.|https?://(?:www\.)?)([a-z0-9.-]+)", folded(view.text))
    return any(label in words for host in hosts for label in host.split(".")[:-1])


def has_form(name: str) -> bool:
    """Tell whether a name ends with a legal form, or begins with one that stands first."""
    if LEGAL_FORM_FIRST.match(name):
        return True
    forms = list(LEGAL_FORM.finditer(name))
    if not forms or forms[-1].end() < len(name.rstrip(" .")) or forms[-1].start() == 0:
        return False
    form = forms[-1][0].strip(". ")
    return len(re.sub(r"\W", "", form)) > 3 or not form.islower()  # "se" and "co" are words too


def seller_opinion(
    view: PageView, finding: Finding, details: Finding | None, own_names: Sequence[str]
) -> FieldOpinion:
    """Say what ties the paper to its seller, and which other firm of the heading it could be."""
    name = str(finding.value)
    names = head_names(view)
    mine = [n for n in names if may_be_same_firm(n.name, name)]
    others = [n for n in names if not may_be_same_firm(n.name, name)]
    is_own = any(may_be_same_firm(name, own) for own in own_names if own)
    number = details is not None and any(
        n.value in (details.value.vat_id, details.value.legal_id) for n in numbers_on_page(view)
    )
    with_form = [n for n in others if n.has_form]
    tied = bool(mine) and not is_own and stands_whole(view, finding.quote) and not _goes_on(view, mine[0])
    tied = tied and (has_form(name) or has_domain(view, name) or (number and mine[0] is names[0]))
    why: Phrase | None = say("It has no legal form, and the seller has.") if has_form(name) else None
    rivals = [
        FieldRival(
            value=other.name,
            quote=view.quote_span(other.page, *other.span),
            why=None if other in with_form else why or say("Nothing says that it sells."),
        )
        for other in others
    ]
    return FieldOpinion(tied=tied, rivals=tuple(rivals))


def _goes_on(view: PageView, name: _HeadName) -> bool:
    """Tell whether the next line is the legal form of the name: then the name goes over two lines."""
    later = [p for p in view.pieces[name.page] if p.line > name.piece.line]
    return bool(later) and LEGAL_FORM.fullmatch(_NUMBER.sub("", later[0].text).strip()) is not None


# -- the day


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


class SaleDays:
    """The days printed on a receipt."""

    def __init__(self, view: PageView) -> None:
        self.view = view

    @cached_property
    def days(self) -> tuple[SaleDay, ...]:
        """Every day that nothing calls another, with its order decided."""
        return tuple(
            self._decided(s) for s in self.view.dates if not s.value.compact and not self._is_other(s)
        )

    @cached_property
    def best(self) -> SaleDay | None:
        """The day of the sale: beside its word, beside an hour, or printed most often."""
        counts = Counter(day.day for day in self.days)

        def rank(day: SaleDay) -> tuple[bool, bool, int, int]:
            spot, line = day.spot, self._line(day.spot)
            behind = self.view.pages[spot.page].text[spot.end : spot.end + 12]
            timed = bool(
                _AN_HOUR.search(behind) or _AN_HOUR.search(line.replace(self.view.text_of(spot), ""))
            )
            return bool(_DAY_WORD.search(folded(line))), timed, counts[day.day], -spot.start

        return max(self.days, key=rank, default=None)

    def opinion(self, value: date) -> FieldOpinion:
        """Say whether *value* is the only day it could be, and whether day and month are told apart."""
        mine = [d for d in self.days if d.day == value]
        others = {d.day: d for d in self.days if d.day != value}
        timed = any(self._has_hour(d.spot) for d in mine)
        swapped = {d.spot.value.other or d.day for d in mine if not d.certain} - {value}
        later = say("It is later than the sale, and no hour stands beside it.")
        rivals = [
            FieldRival(
                value=day,
                quote=self.view.quote(d.spot),
                why=later if timed and day > value and not self._has_hour(d.spot) else None,
            )
            for day, d in others.items()
        ]
        may_be = [FieldRival(value=day, why=say("Day and month may be exchanged.")) for day in swapped]
        certain = any(d.certain for d in mine)
        return FieldOpinion(tied=certain, rivals=(*rivals, *(() if certain else may_be)))

    def _has_hour(self, spot: PlacedValue[PageDate]) -> bool:
        behind = self.view.pages[spot.page].text[spot.end : spot.end + 12]
        rest = self._line(spot).replace(self.view.text_of(spot), "")
        return bool(_AN_HOUR.search(behind) or _AN_HOUR.search(rest))

    def _line(self, spot: PlacedValue[PageDate]) -> str:
        return " ".join(p.text for p in self.view.pieces[spot.page] if p.line == spot.line)

    def _is_other(self, spot: PlacedValue[PageDate]) -> bool:
        """Tell whether its line calls it another day: until when something may be used, a birthday."""
        return bool(set(words_in(self._line(spot))) & word_list("other_days"))

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
        if _IN_A_STATE.search(self.view.text):
            return True, True
        currencies = {s.value.currency for s in self.view.amounts if s.value.currency}
        countries = {n.value[:2] for n in numbers_on_page(self.view) if n.kind == "vat_id"}
        day_first = bool(currencies) and currencies <= _DAY_FIRST
        return bool(by_dates), day_first or bool(countries) or self._dotted

    @property
    def _dotted(self) -> bool:
        """Tell whether days are written with points, where the month never comes first."""
        return any("." in self.view.text_of(s) for s in self.view.dates if s.value.other is not None)
