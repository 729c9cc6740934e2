"""Say of each candidate what a learned model weighs: what stands around it, its form, its facts; no issuer's.

A feature is a short text. What begins with ``l`` speaks of known labels, with ``w`` of words, with ``R`` of
what the rules chose: training drops each kind now and then, so that no choice hangs on one of them.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from itertools import islice

from smeflow._text import folded
from smeflow.invoices.page.candidates import (
    Candidate,
    Candidates,
    Value,
    amount_key,
    firm_key,
    number_key,
)
from smeflow.invoices.page.exclusion import form_numbers
from smeflow.invoices.page.heading import kind_of_title
from smeflow.invoices.page.particulars import numbers_on_page
from smeflow.invoices.page.sums import SumFacts
from smeflow.invoices.page.surroundings import Surroundings, surroundings_of
from smeflow.invoices.page.view import PageView

FIELDS: Mapping[str, str] = {
    "issue_date": "dates",
    "due_date": "dates",
    "delivery_date": "dates",
    "total_net": "amounts",
    "total_vat": "amounts",
    "total_gross": "amounts",
    "amount_due": "amounts",
    "prepaid": "amounts",
    "number": "numbers",
    "preceding_invoice": "numbers",
    "seller": "firms",
    "buyer": "firms",
    "currency": "currencies",
}
"""The fields that are chosen, and the kind of candidate each is chosen among."""


def key_of(name: str, value: object) -> str:
    """Give the key under which a field's value stands among the candidates."""
    match FIELDS[name]:
        case "amounts":
            return amount_key(Decimal(str(value)))
        case "firms":
            return firm_key(str(value))
        case "numbers":
            return number_key(str(value))
        case _:
            return str(value)


@dataclass
class CandidateContext:
    """The candidates of a document and what is needed to speak of each."""

    view: PageView
    candidates: Candidates
    chosen_by_rules: Mapping[str, str] = field(default_factory=dict)
    """The key of what the rules chose for a field."""
    own_names: tuple[str, ...] = ()

    @cached_property
    def around(self) -> Surroundings:
        """What stands around the candidates."""
        return surroundings_of(self.view)

    def general(self, candidate: Candidate) -> list[str]:
        """Say what stands around a candidate, before and behind it."""
        said = list(self.around.said_of_piece(candidate.page, candidate.piece))
        said += self.around.said_inside(candidate.page, candidate.piece, candidate.start, candidate.end)
        if isinstance(candidate.value, str) and len(candidate.value) > candidate.end - candidate.start:
            said.append("joined")
        return said

    @cached_property
    def title(self) -> tuple[int, int, int] | None:
        """The page, piece and line of the title: of the largest piece at the head that names an invoice."""
        titles = [
            (-(p.box.bottom - p.box.top), index, p.line)
            for index, p in enumerate(self.view.pieces[0] if self.view.pieces else ())
            if p.box.top < 0.5 and kind_of_title(p.text)
        ]
        return (0, *min(titles)[1:]) if titles else None

    @cached_property
    def _registered(self) -> Mapping[int, Sequence[tuple[int, int]]]:
        """Where numbers of firms with right check digits stand: by page, start and end."""
        spans: dict[int, list[tuple[int, int]]] = {}
        for number in sorted(numbers_on_page(self.view), key=lambda n: n.start):
            spans.setdefault(number.page, []).append((number.start, number.end))
        return spans

    def holds_registered(self, page: int, start: int, end: int) -> bool:
        """Tell whether a stretch shares letters with a number of a firm."""
        spans = self._registered.get(page, ())
        before = bisect_left(spans, (end, 0))
        return any(start < stop for _, stop in spans[max(0, before - _OVERLAPPING) : before])


_OVERLAPPING = 8
"""Numbers of firms that may share a stretch: a company's within its branch's within its VAT number."""


def _bin(count: int, most: int = 3) -> str:
    return str(min(most, count))


_TIME = re.compile(r"\W{1,4}(?:um |à |at |às )?\d{1,2}[:h.]\d{2}")
_RANGE = re.compile(r"\s*(?:[-–—]|bis|au|to|until|tot|al|a|do|through)\s*")
_NEAR_DATE = 8
"""Letters between two dates that may be a period."""
_TERMS = re.compile(r"(?<![\d.,])(\d{1,3})\s*(?:jours?|days?|tag|dagen|giorni|gg|d[ií]as|dni)", re.IGNORECASE)


def say_dates(of: CandidateContext) -> Iterator[list[str]]:
    """Say of each date how it lies to the others, in the text and in time."""
    dates = of.candidates.dates
    keys = sorted({c.key for c in dates})
    days = {c.key: c.value for c in dates}
    counts = Counter(c.key for c in dates)
    terms = {int(t) for t in _TERMS.findall(of.view.text)}
    firsts = {key: place for place, key in enumerate(dict.fromkeys(c.key for c in dates))}
    places = {key: place for place, key in enumerate(keys)}
    gaps = {one: {_days_between(days[key], days[one]) for key in keys} for one in keys}
    starts = {(c.page, c.start) for c in dates}
    ends = {(c.page, c.end) for c in dates}
    for order, candidate in enumerate(dates):
        said = of.general(candidate)
        text = of.view.pages[candidate.page].text
        said.append(f"o{_bin(order, 4)}{_bin(len(keys), 4)}")
        place = places[candidate.key]
        said.append(f"k{_bin(firsts[candidate.key], 4)}")
        said.append(f"t{_bin(place, 2)}{_bin(len(keys) - 1 - place, 2)}")
        said.append(f"c{_bin(counts[candidate.key])}")
        apart = gaps[candidate.key]
        said += [f"b{_gap(d)}" for d in apart if d]
        said += ["ti"] * bool(terms & apart) + ["td"] * bool(terms & {-d for d in apart})
        said += ["time"] * bool(_TIME.match(text, candidate.end))
        said += [f"rd{candidate.reading}"] * (candidate.reading != "sure")
        page, start, end = candidate.page, candidate.start, candidate.end
        later = [n for n in range(end, end + _NEAR_DATE) if (page, n) in starts]
        said += ["rg<"] * any(_RANGE.fullmatch(text[end:n]) for n in later)
        earlier = [n for n in range(start - _NEAR_DATE + 1, start + 1) if (page, n) in ends]
        said += [">rg"] * any(_RANGE.fullmatch(text[n:start]) for n in earlier)
        said += _beside_title(of, candidate)
        yield said


def _days_between(one: Value, other: Value) -> int:
    return (one - other).days if isinstance(one, date) and isinstance(other, date) else 0


def _gap(days: int) -> str:
    sign, size = ("+", days) if days > 0 else ("-", -days)
    exact = {7, 8, 10, 14, 15, 20, 21, 28, 30, 31, 45, 60, 90}
    return sign + (str(size) if size in exact else "s" if size < 7 else "m" if size < 100 else "y")


def _beside_title(of: CandidateContext, candidate: Candidate) -> list[str]:
    if of.title is None or of.title[0] != candidate.page:
        return ["ttno"]
    piece = of.view.pieces[candidate.page][candidate.piece]
    title = of.view.pieces[candidate.page][of.title[1]]
    if candidate.piece == of.title[1]:
        return ["ttin"]
    if candidate.line == title.line:
        return ["ttline"]
    down = (piece.box.top - title.box.top) / max(title.box.bottom - title.box.top, 1e-6)
    return [f"tt{'up' if down < 0 else 0 if down < 2.5 else 1 if down < 6 else 2}"]


def say_amounts(of: CandidateContext) -> Iterator[list[str]]:
    """Say of each amount how large it is, which sums it is part of, and where on its line it stands."""
    amounts = of.candidates.amounts
    facts = SumFacts(amounts)
    order = sorted({c.value for c in amounts}, reverse=True)
    rank = {value: place for place, value in enumerate(order)}
    counts = Counter(c.key for c in amounts)
    on_line = Counter((c.page, c.line) for c in amounts)
    percents = {(s.page, s.line) for s in of.view.amounts if s.value.percent}
    lasts = {c.page: c.line for c in amounts}
    seen: Counter[tuple[int, int]] = Counter()
    tops = max((c.box.bottom - c.box.top for c in amounts), default=1.0)
    for candidate in amounts:
        said = of.general(candidate)
        place = candidate.page, candidate.line
        seen[place] += 1
        said.append(f"z{_bin(rank[candidate.value], 5)}")
        said.append(f"c{_bin(counts[candidate.key], 4)}")
        said.append(f"i{_bin(seen[place])}{_bin(on_line[place] - seen[place])}")
        said += [f"%{place in percents}", f"y{_bin(lasts[candidate.page] - candidate.line, 6)}"]
        printed = candidate.amount
        if printed:
            said.append(f"m{printed.currency is not None}{printed.cents}{printed.amount < 0}")
        said += ["big"] * (candidate.box.bottom - candidate.box.top > 0.98 * tops)
        said += facts.said(candidate.key)
        yield said


_SHAPES = ((re.compile(r"[^\W\d_]+"), "A"), (re.compile(r"\d"), "9"))


def say_numbers(of: CandidateContext) -> Iterator[list[str]]:
    """Say of each number its shape, what else it could be, and how it lies to the title and the dates."""
    numbers = of.candidates.numbers
    counts = Counter(c.key for c in numbers)
    years = sorted({c.key[:4] for c in of.candidates.dates})
    days = {(c.page, c.line) for c in of.candidates.dates}
    spans: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for c in sorted(numbers, key=lambda c: c.start):
        spans.setdefault((c.page, c.piece), []).append((c.start, c.end))
    longest = max((c.end - c.start for c in numbers), default=0)
    in_form = {(c.page, c.start, c.end) for c in form_numbers(of.view)}
    for candidate in numbers:
        said = of.general(candidate)
        said += ["form"] * ((candidate.page, candidate.start, candidate.end) in in_form)
        text = str(candidate.value)
        shape = text
        for pattern, sign in _SHAPES:
            shape = pattern.sub(sign, shape)
        said += [f"sh{re.sub('9+', '9', shape)}", f"sx{shape}", f"ln{_bin(len(text) // 2, 9)}"]
        head = re.match(r"[^\W\d_]{1,6}", text)
        said.append(f"pf{folded(head[0]) if head else ''}")
        said.append(f"yr{any(year in text or text.startswith(year[2:]) for year in years)}")
        said.append(f"c{_bin(counts[candidate.key])}")
        said.append(f"tk{_bin(text.count(' '))}")
        said += [
            f"dl{(candidate.page, candidate.line) in days}",
            f"nn{_bin(len(spans[candidate.page, candidate.piece]))}",
        ]
        said += _inside_others(candidate, spans[candidate.page, candidate.piece], longest)
        said += ["reg"] * of.holds_registered(candidate.page, candidate.start, candidate.end)
        said += _beside_title(of, candidate)
        yield said


def _inside_others(candidate: Candidate, spans: Sequence[tuple[int, int]], longest: int) -> Iterator[str]:
    """Tell whether a number is a part of a longer one, or the whole of shorter ones."""
    first = bisect_left(spans, (candidate.start - longest, 0))
    for start, end in islice(spans, first, bisect_left(spans, (candidate.end, 0))):
        if (start, end) != (candidate.start, candidate.end):
            if start <= candidate.start and candidate.end <= end:
                yield "part"
            elif candidate.start <= start and end <= candidate.end:
                yield "whole"


def say_currencies(of: CandidateContext) -> Iterator[list[str]]:
    """Say of each currency how often it stands beside amounts."""
    currencies = of.candidates.currencies
    counts = Counter(c.key for c in currencies)
    beside = Counter(s.value.currency for s in of.view.amounts if s.value.currency)
    order = {key: place for place, key in enumerate(dict.fromkeys(c.key for c in currencies))}
    largest = max((c.value for c in of.candidates.amounts), default=None)
    with_largest = {s.value.currency for s in of.view.amounts if abs(s.value.amount) == largest}
    for candidate in currencies:
        share = counts[candidate.key] / len(currencies)
        paid = beside[candidate.key] / max(1, sum(beside.values()))
        labels = of.around.labels.get((candidate.page, candidate.piece), ())
        text = of.view.pages[candidate.page].text
        yield [
            f"sh{int(share * 4.99)}", f"pd{int(paid * 4.99)}", f"or{_bin(order[candidate.key])}",
            f"lg{candidate.key in with_largest}", f"one{len(order) == 1}",
            f"cd{text[candidate.start : candidate.end].isupper()}",
            *(f"lo:{label.hit.field}" for label in labels),
            *(f"wo:{word}" for word in of.around.words[candidate.page][candidate.piece][:4]),
        ]  # fmt: skip
