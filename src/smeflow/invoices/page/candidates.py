"""Find everything on the pages that could be a field's value: dates, amounts, numbers, firms, currencies.

Recall comes first: whatever is not here can neither be chosen nor speak against a choice. A value that is
printed at several places is several candidates with one `Candidate.key`.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from smeflow._text import folded
from smeflow.documents.document import Box
from smeflow.documents.page_text import Piece
from smeflow.invoices.page.dates import months_come_first
from smeflow.invoices.page.heading import kind_of_title
from smeflow.invoices.page.names import NameCandidate, find_names, is_somebody_else, name_key
from smeflow.invoices.page.particulars import LEGAL_FORM, is_no_firm
from smeflow.invoices.page.view import PageAmount, PageView, PlacedLabel, PlacedValue, once
from smeflow.values.amounts import CODES, SYMBOLS
from smeflow.values.dates import find_dates

CandidateKind = Literal["date", "amount", "number", "firm", "currency"]
Value = date | Decimal | str
Reading = Literal["sure", "day first", "month first"]
"""The order of day and month, where both can be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One thing at one place that could be the value of a field."""

    kind: CandidateKind
    value: Value
    key: str
    """Equal for two candidates that say the same."""
    page: int
    """Index of the page, from 0."""
    piece: int
    line: int
    start: int
    end: int
    box: Box
    reading: Reading = "sure"
    amount: PageAmount | None = None


@dataclass(frozen=True, kw_only=True)
class Candidates:
    """All candidates of some pages, by kind."""

    dates: tuple[Candidate, ...]
    amounts: tuple[Candidate, ...]
    numbers: tuple[Candidate, ...]
    firms: tuple[Candidate, ...]
    currencies: tuple[Candidate, ...]


def find_candidates(view: PageView) -> Candidates:
    """Find the candidates of every kind, each in reading order."""
    return Candidates(
        dates=tuple(_dates(view)),
        amounts=tuple(_amounts(view)),
        numbers=number_candidates(view),
        firms=tuple(_firms(view)),
        currencies=currency_candidates(view),
    )


def amount_key(amount: Decimal) -> str:
    """Give the key of an amount: its size to the cent; credit notes print it with a minus or without."""
    return f"{abs(amount):.2f}"


def number_key(text: str) -> str:
    """Give the key of a number: "#12" and "12" say the same."""
    return folded(text).lstrip("# ")


def _dates(view: PageView) -> Iterator[Candidate]:
    month_first = months_come_first(view)
    for spot in view.dates:
        day = spot.value
        readings: list[tuple[date, Reading]] = [(day.value, "sure")]
        if day.other is not None:
            both: list[tuple[date, Reading]] = [(day.value, "day first"), (day.other, "month first")]
            readings = both if month_first is None else [(both[month_first][0], "sure")]
        for value, reading in readings:
            yield _placed("date", value, value.isoformat(), spot, reading=reading)
    yield from _broken_dates(view)


_BEGUN = re.compile(
    r"(?<![\w./-])(?:\d{1,2}(?:\s?[-/.]\s?\d{1,2}\s?[-/.]|[-/.]|\.?\s(?:de\s)?[^\W\d_]{3,12}\.?(?:\sde)?|)|"
    r"[^\W\d_]{3,12}\.?\s\d{1,2},?)$"
)
"""What may be the beginning of a date whose rest stands on the next line."""
_REST_OF_DATE = re.compile(
    r"(?:[^\W\d_]{3,12}\.?,?\s(?:de\s)?|de\s|(?:\d{1,2}[-/.])?)\d{2,4}(?![\w/]|[.,-]\d)"
)


def _broken_dates(view: PageView) -> Iterator[Candidate]:
    """Give the dates that a narrow column broke: "22 septembre" over "2025"."""
    for page, pieces in enumerate(view.pieces):
        for index, piece in enumerate(pieces):
            begun = _BEGUN.search(piece.text)
            below = _next_line(pieces, index, piece.start + begun.start()) if begun else None
            rest = _REST_OF_DATE.match(below.text) if below else None
            if begun and rest:
                sign = "" if begun[0][-1] in "-/." and begun[0][-2:-1].isdigit() else " "
                day = next(find_dates(begun[0] + sign + rest[0]), None)
                if day and day.start == 0:
                    span = piece.start + begun.start(), piece.end
                    yield _found("date", day.value, day.value.isoformat(), view, (page, index), span)


def _next_line(pieces: Sequence[Piece], index: int, start: int) -> Piece | None:
    """Give the piece on which the end of a piece goes on: under it, or at the head of the next line."""
    piece = pieces[index]
    box, height = _part(piece, start, piece.end), piece.box.bottom - piece.box.top
    later = [p for p in pieces[index + 1 : index + 24] if 0 < p.box.top - piece.box.top < 2.2 * height]
    for below in later:
        if below.box.left < box.right and box.left - 0.01 < below.box.right and below.line > piece.line:
            return below
    ends = index + 1 == len(pieces) or pieces[index + 1].line != piece.line
    return later[0] if ends and later else None


def _amounts(view: PageView) -> Iterator[Candidate]:
    cents = any(spot.value.cents for spot in view.amounts)
    for spot in view.amounts:
        if not spot.value.percent and (spot.value.money or not cents):
            amount = spot.value.amount
            yield _placed("amount", abs(amount), amount_key(amount), spot, amount=spot.value)


def _placed(
    kind: CandidateKind,
    value: Value,
    key: str,
    spot: PlacedValue[Any],
    *,
    reading: Reading = "sure",
    amount: PageAmount | None = None,
) -> Candidate:
    return Candidate(
        kind=kind, value=value, key=key, page=spot.page, piece=spot.piece, line=spot.line, start=spot.start,
        end=spot.end, box=spot.box, reading=reading, amount=amount,
    )  # fmt: skip


_TOKEN = re.compile(r"\S+")
_HEAD_OF_NUMBER = re.compile(
    r"(?:[^\W\d_]{0,12}(?:n\.?[°º]|no|nr|num|nummer)[.:]*[°º]?[.:]*|n\.|[#№(\[:=«\"'*]+|[^\W\d_]{2,}[:#=])(?=[\w#])",
    re.IGNORECASE,
)
"""What may stick to a number and is none of it: "Nr.12", "#12", "(12", "Ref:12"."""
_NO_NUMBER = re.compile(
    r"[-+]?\d{1,3}(?:[.,' ]\d{3})*[.,]\d\d|.*%|.*@.*|www\..*|https?:.*|\d{1,2}[:h]\d\d(?::\d\d)?|[\W_]*|"
    r".*[€$£]|[€$£].*"
)
_NUMBER_WORD = re.compile(r"n[°ºo]?[.:]*|nr[.:]*|num[.:]*|№|#|[^\W\d_]{6,}[.:]*", re.IGNORECASE)
_SERIES = re.compile(r"[A-Z]{1,5}[.\-/]?|[/\-–]")
"""What may begin or join a number of several words: "FA 2026 / 0012"."""
_MOST_TOKENS = 4
_LONGEST_NUMBER = 40


@once
def number_candidates(view: PageView) -> tuple[Candidate, ...]:
    """Find every word or few words with a digit that may be a number of something."""
    return tuple(_numbers(view))


def _numbers(view: PageView) -> Iterator[Candidate]:
    days: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for spot in view.dates:
        if not spot.value.compact:
            days.setdefault((spot.page, spot.piece), []).append((spot.start, spot.end))
    for page, pieces in enumerate(view.pieces):
        for index, piece in enumerate(pieces):
            if any(c.isdigit() for c in piece.text):
                for start, end in _number_spans(piece.text):
                    at, to = piece.start + start, piece.start + end
                    text = piece.text[start:end]
                    in_day = any(begin <= at and to <= stop for begin, stop in days.get((page, index), ()))
                    if not in_day and not view.begins_with(text, "total_vat"):  # "Faktura VAT 3327"
                        yield _found("number", text, number_key(text), view, (page, index), (at, to))
                yield from _broken_number(view, page, index)


_BROKEN = re.compile(r"\S*\d\S*[-/._]$|\S+[-/]$")
_REST_OF_NUMBER = re.compile(r"[\w/.\-]*\d[\w/.\-]*")


def _broken_number(view: PageView, page: int, index: int) -> Iterator[Candidate]:
    """Give the number that a narrow column broke behind a sign: "F202403-" over "6368"."""
    pieces = view.pieces[page]
    piece = pieces[index]
    first = _BROKEN.search(piece.text)
    if not first:
        return
    for below in pieces[index + 1 : index + 20]:
        down, aside = below.box.top - piece.box.top, abs(below.box.left - piece.box.left)
        near = 0 < down < 2 * piece.box.height and aside < 0.02
        if near and (rest := _REST_OF_NUMBER.match(below.text)):
            text = first[0] + rest[0]
            span = piece.start + first.start(), piece.end
            yield _found("number", text, number_key(text), view, (page, index), span)
            return


def _number_spans(text: str) -> Iterator[tuple[int, int]]:
    """Give the stretches of a piece that may be a number: words with a digit, and several in a row."""
    tokens = [match.span() for match in _TOKEN.finditer(text)]
    for first, (start, end) in enumerate(tokens):
        word = text[start:end]
        head = _HEAD_OF_NUMBER.match(word)
        inner = start + head.end() if head and any(c.isdigit() for c in word[head.end() :]) else start
        spans = [(inner, end)] if inner == start else [(inner, end), (start, end)]
        if _SERIES.fullmatch(word) or any(c.isdigit() for c in word):
            for last in range(first + 1, min(first + _MOST_TOKENS, len(tokens))):
                nearby = text[slice(*tokens[last])]
                if not (any(c.isdigit() for c in nearby) or _SERIES.fullmatch(nearby)):
                    break
                spans += [(begin, tokens[last][1]) for begin in {inner, start}]
        for begin, stop in spans:
            last_letter = begin + len(text[begin:stop].rstrip(" .,;:)]–-/»\"'*"))
            bare = text[begin:last_letter].lstrip("([:«\"'*")
            if _may_be_number(bare):
                yield last_letter - len(bare), last_letter


def _may_be_number(text: str) -> bool:
    words = text.split(" ")
    return (
        any(c.isdigit() for c in text)
        and len(text) <= _LONGEST_NUMBER
        and not _NO_NUMBER.fullmatch(text)
        and not (len(words) > 1 and any(_NO_NUMBER.fullmatch(w) and any(map(str.isalnum, w)) for w in words))
        and not (len(words) > 1 and _NUMBER_WORD.fullmatch(words[0]))
    )


_SEGMENT = re.compile(
    r"\s{2,}|\s[-–—·•●|/¦]\s|[·•●|¦;\t]|,\s(?!(?i:inc|llc|ltd|corp|s\.|lda)\b)|\s\((?=[^)]*\d)|:\s"
)
_LONGEST_NAME = 70
_LONGEST_PIECE = 160
_MOST_DIGITS = 4


def _firms(view: PageView) -> Iterator[Candidate]:
    known = set()
    labels: dict[tuple[int, int], list[PlacedLabel]] = {}
    for label in view.labels_of("seller", "buyer", "other_party"):
        labels.setdefault((label.page, label.piece), []).append(label)
    for page, pieces in enumerate(view.pieces):
        for index, piece in enumerate(pieces):
            for start, end in (*_segments(piece.text), *_behind_labels(labels.get((page, index), ()), piece)):
                text = piece.text[start:end]
                if _may_be_name(text) and not is_somebody_else(view, text):
                    at, to = piece.start + start, piece.start + end
                    known.add((page, at, to))
                    yield _found("firm", text, firm_key(text), view, (page, index), (at, to))
        yield from _over_two_lines(view, page, pieces)
    for name in find_names(view).values():
        if (name.page, name.start, name.end) not in known:
            yield from _as_candidate(view, name)


def firm_key(name: str) -> str:
    """Give the key of a firm's name: its words without the legal form, run together."""
    return re.sub(r"[\W_]", "", name_key(name)) or folded(name)


def _as_candidate(view: PageView, name: NameCandidate) -> Iterator[Candidate]:
    pieces = view.pieces[name.page]
    index = bisect_right(pieces, name.start, key=lambda piece: piece.start) - 1
    if index >= 0 and name.start < pieces[index].end:
        span = name.start, name.end
        yield _found("firm", name.name, firm_key(name.name), view, (name.page, index), span)


def _segments(text: str) -> Iterator[tuple[int, int]]:
    """Give the stretches of a piece that may be a name: all of it, and what separators cut."""
    if len(text) > _LONGEST_PIECE:
        match = LEGAL_FORM.search(text[:_LONGEST_PIECE])
        text = text[: match.end()] if match else ""
    spans = {(0, len(text))}
    at = 0
    for match in _SEGMENT.finditer(text):
        spans |= {(at, match.start()), (match.end(), len(text))}
        at = match.end()
    spans.add((at, len(text)))
    for start, end in sorted(spans):
        part = text[start:end]
        stripped = part.strip(" :,;-–—‘’'\"*_·|")
        if stripped:
            begin = start + part.find(stripped)
            yield begin, begin + len(stripped)
    form = LEGAL_FORM.search(text)
    if form and form.start() > 2 and text[form.end() :].strip(" .,"):
        yield 0, form.end()


_NO_NAME = re.compile(r"@|www\.|https?:|\.\.\.|:\s")
_LETTERS = re.compile(r"[^\W\d_]{2}")


def _behind_labels(labels: Sequence[PlacedLabel], piece: Piece) -> Iterator[tuple[int, int]]:
    """Give what stands behind a word for a party: "Billed to Dupont SARL, 3 rue Basse"."""
    for label in labels:
        behind = piece.text[label.end - piece.start :]
        name = re.split(r",\s|\s[-–—·•|]\s|\s{2,}", behind, maxsplit=1)[0]
        stripped = name.strip(" :.-–'\"")
        if stripped and len(behind) > len(stripped):
            start = label.end - piece.start + behind.find(stripped)
            yield start, start + len(stripped)


def _may_be_name(text: str) -> bool:
    return (
        2 <= len(text) <= _LONGEST_NAME
        and _LETTERS.search(text) is not None
        and (sum(map(str.isdigit, text)) <= _MOST_DIGITS)
        and not _NO_NAME.search(text)
        and not is_no_firm(text)
        and not _goes_on_with_title(text)
    )


def _goes_on_with_title(text: str) -> bool:
    """Tell whether the title stands behind a name: "Nimbus, Inc. Invoice"."""
    form = LEGAL_FORM.search(text)
    return form is not None and form.start() > 0 and bool(kind_of_title(text[form.end() :].strip(" .,")))


def _over_two_lines(view: PageView, page: int, pieces: tuple[Piece, ...]) -> Iterator[Candidate]:
    """Give the names that go over two lines: plain words over plain words with the same left edge."""
    plain = [
        not any(map(str.isdigit, p.text)) and len(p.text) < _LONGEST_NAME and _may_be_name(p.text)
        for p in pieces
    ]
    for index, piece in enumerate(pieces):
        height = piece.box.bottom - piece.box.top
        for other in range(max(0, index - 12), index if plain[index] else 0):
            above = pieces[other]
            near = 0 < piece.box.top - above.box.top < 1.9 * height and above.line < piece.line
            if near and plain[other] and abs(above.box.left - piece.box.left) < 0.015:
                text = f"{above.text} {piece.text}" if above.text[-1] != "-" else above.text + piece.text
                if len(text) <= _LONGEST_NAME:
                    span = above.start, above.end
                    yield _found("firm", text, firm_key(text), view, (page, other), span)


_CODE = re.compile(r"(?<![\w-])[A-Z]{3}(?![\w-])")
_SIGN = re.compile(
    rf"(?<![^\W\d_])(?:{'|'.join(map(re.escape, sorted(SYMBOLS, key=len, reverse=True)))})(?![^\W\d_])"
    r"|(?<![A-Za-z])\$|\b[Ee](?:uro|URO)s?\b"
)


@once
def currency_candidates(view: PageView) -> tuple[Candidate, ...]:
    """Find every code and sign of a currency."""
    found = []
    for page, sheet in enumerate(view.pages):
        pieces, index = view.pieces[page], 0
        codes = (match for match in _CODE.finditer(sheet.text) if match[0] in CODES)
        for match in sorted((*codes, *_SIGN.finditer(sheet.text)), key=re.Match.start):
            while pieces[index].end <= match.start():
                index += 1
            sign = match[0]
            code = sign if sign in CODES else SYMBOLS.get(sign, "EUR" if sign.isalpha() else "USD")
            found.append(_found("currency", code, code, view, (page, index), match.span()))
    return tuple(found)


def _found(
    kind: CandidateKind, value: Value, key: str, view: PageView, place: tuple[int, int], span: tuple[int, int]
) -> Candidate:
    page, index = place
    piece = view.pieces[page][index]
    return Candidate(
        kind=kind, value=value, key=key, page=page, piece=index, line=piece.line, start=span[0], end=span[1],
        box=_part(piece, *span),
    )  # fmt: skip


def _part(piece: Piece, start: int, end: int) -> Box:
    """Estimate the box of a part of a piece by its letters: near enough to tell where it stands."""
    width = (piece.box.right - piece.box.left) / max(1, piece.end - piece.start)
    left = piece.box.left + max(0, start - piece.start) * width
    return Box(left, piece.box.top, min(piece.box.right, left + (end - start) * width), piece.box.bottom)
