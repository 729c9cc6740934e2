"""Tell what a place on a page is called, and which value is left when all others are called something else.

A label that says "due date" explains a date, whoever asks. Where labels, rows, addresses and registered
numbers explain everything of a kind but one value in the head of the first page, that one is left.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from smeflow._text import folded
from smeflow.extract.labels import LabelHit
from smeflow.invoices.page.candidates import Candidate, number_candidates
from smeflow.invoices.page.dates import HEAD
from smeflow.invoices.page.heading import DocumentTitle, FoundNumber
from smeflow.invoices.page.headings import reminds_of_another
from smeflow.invoices.page.particulars import PARTICULARS, STREET, ZIP, find_ibans, numbers_on_page
from smeflow.invoices.page.surroundings import Surroundings, surroundings_of
from smeflow.invoices.page.view import AMOUNT_FIELDS, PageDate, PageView, PlacedLabel, PlacedValue, once
from smeflow.kinds.records import FieldRival

_BETWEEN = 24
"""So many letters may stand between a label and its value in one piece."""
_DOWN = 3.6
"""How many times its height a value may stand below the label that heads it."""
_A_WORD = 4
"""Letters of a label that is a word, such as "Date"; "le" and "of" stand in every sentence."""
OTHER_DATES = frozenset({"due_date", "delivery_date", "other_date"})
OTHER_NUMBERS = frozenset({"other_number", "order_reference", "preceding_invoice", "payment_reference"})
_NO_DATE_OF_ISSUE = OTHER_DATES | OTHER_NUMBERS | {"prepaid", "amount_due", "other_amount"}
_NO_NUMBER = OTHER_NUMBERS | OTHER_DATES | AMOUNT_FIELDS | {"issue_date"}
_SHORT = re.compile(r"\d{1,2}(?:[/.]\d{1,2})?|[A-Za-z]\d|\d{1,3}[A-Za-z]?|\d{4}-\d{3}|\d\d-\d{3}")
_SHORTEST = 3
"""So many letters has a paper's number that a date stands behind."""
_SAME_HEADING = 2.2
"""How many heights below the first line of a heading its second one stands."""
_ALIGNED, _ROWS = 0.02, 4.5
"""How far aside, and how many heights over or under it, the other labels of a form stand."""
_OF_FORMS = ("issue_date", "due_date", "delivery_date", "other_number", "order_reference", "other_party")
_BY_FORM = 1.0
"""How sure a number is that only a form's bare word calls one."""
_AN_AMOUNT = re.compile(r"\d{4,},\d\d")
_FAR = 2.2
"""So far ahead for the chooser, nine to one, must be a number that stands alone, without any label."""


@dataclass(frozen=True, kw_only=True)
class FieldOpinion:
    """What speaks for and against the value of one field."""

    tied: bool
    """Something of its own ties the value to the field."""
    rivals: tuple[FieldRival, ...] = ()
    """Everything else of its kind that comes near it; those without a reason leave the field open."""

    @property
    def open(self) -> tuple[FieldRival, ...]:
        """The rivals that nothing explains."""
        return tuple(rival for rival in self.rivals if rival.why is None)


@dataclass(frozen=True)
class Exclusion:
    """What the labels of a page call its dates and numbers."""

    view: PageView
    title: DocumentTitle

    @property
    def _around(self) -> Surroundings:
        return surroundings_of(self.view)

    def called(self, page: int, piece: int, start: int) -> tuple[LabelHit, ...]:
        """Give the nearest label of a place: before it in its piece, left of it, or heading its column."""
        return tuple(label.hit for label in self._labels_at(page, piece, start))

    def _label_of(self, page: int, piece: int, start: int) -> PlacedLabel | None:
        labels = self._labels_at(page, piece, start)
        return next((o for o in labels if o.hit.field == "number"), None) or next(iter(labels), None)

    def _labels_at(self, page: int, piece: int, start: int) -> tuple[PlacedLabel, ...]:
        text = self.view.pages[page].text
        labels = self._around.labels.get((page, piece), ())
        before = [o for o in labels if o.end <= start]
        if before:
            last = [o for o in before if not _is_particle(o.hit)] or before
            nearest = [o for o in last if o.start == last[-1].start]
            return tuple(nearest) if start - nearest[-1].end <= _BETWEEN else ()
        pieces = self.view.pieces[page]
        if re.search(r"[^\W_]{3}", text[pieces[piece].start : start]):
            return ()
        around = self._around.around[page][piece]
        for other in (around.left, around.above):
            if other is None:
                continue
            beside = pieces[other]
            heads = other == around.above
            if heads and pieces[piece].box.top - beside.box.top > _DOWN * max(beside.box.height, 1e-6):
                continue
            ends = [o for o in self._around.labels.get((page, other), ()) if o.end >= beside.end - 4]
            if ends:
                return tuple(ends)
        return ()

    def among_lines(self, page: int, line: int) -> bool:
        """Tell whether a line stands in a table of lines: rows of amounts over and under it, or it is one."""
        rows = {row for row in self._around.tabular[page] if self.view.money_on(page, row)}
        over = any(line - step in rows for step in (1, 2))
        return line in rows or (over and any(line + step in rows for step in (1, 2, 3)))

    # -- dates

    def is_other_date(self, spot: PlacedValue[PageDate]) -> bool:
        """Tell whether its label calls a date another than that of issue."""
        called = self.called(spot.page, spot.piece, spot.start)
        own = any(hit.field == "issue_date" and not _is_particle(hit) for hit in called)
        strange = any(hit.field in _NO_DATE_OF_ISSUE for hit in called)
        return not own and (strange or reminds_of_another(self.view.piece_of(spot).text))

    def explains_date(self, spot: PlacedValue[PageDate]) -> bool:
        """Tell whether something says that a date is not that of issue; "Date" may head a column of lines."""
        called = self.called(spot.page, spot.piece, spot.start)
        own = [hit for hit in called if hit.field == "issue_date" and not _is_particle(hit)]
        if own:
            return all(hit.weak for hit in own) and self.in_table(spot)
        return self.is_other_date(spot) or self.in_row(spot)

    def in_table(self, spot: PlacedValue[PageDate]) -> bool:
        """Tell whether a date stands in a row of amounts."""
        return bool(self.view.money_on(spot.page, spot.line)) or self.among_lines(spot.page, spot.line)

    def in_row(self, spot: PlacedValue[PageDate]) -> bool:
        """Tell whether a date stands in a row of a table, or in a period."""
        beside = [d for d in self.view.dates if (d.page, d.piece) == (spot.page, spot.piece)]
        return len(beside) > 1 or spot.value.compact or self.in_table(spot)

    def date_is_left(self, day: date) -> bool:
        """Tell whether a day in the head is the only one that nothing calls another date."""
        mine = [s for s in self.view.dates if day in (s.value.value, s.value.other)]
        others = [s for s in self.view.dates if day not in (s.value.value, s.value.other)]
        stands = any(
            _in_head(s) and not self.explains_date(s) and not self._has_strange_label(s) for s in mine
        )
        return stands and all(self.explains_date(s) for s in others)

    def _has_strange_label(self, spot: PlacedValue[PageDate]) -> bool:
        """Tell whether a label that nobody knows stands before a date: "Generated:", "Pièce liée du"."""
        called = self.called(spot.page, spot.piece, spot.start)
        own = any(hit.field == "issue_date" and not _is_particle(hit) for hit in called)
        return not own and _STRANGE_LABEL.search(self.view.text_before(spot)) is not None

    def begins_cell(self, label: PlacedLabel) -> bool:
        """Tell whether a label begins its cell, if need be behind the same in another language."""
        rest = self.view.text_before(label)
        for other in reversed(self._around.labels.get((label.page, label.piece), ())):
            if other.hit.field == label.hit.field and other.end <= label.start:
                start = self.view.piece_of(other).start
                rest = rest[: other.start - start] + rest[other.end - start :]
        return not re.search(r"\w", rest)

    def stands_alone_under(self, label: PlacedLabel) -> bool:
        """Tell whether a label is all that its cell holds, or has a colon: "vom:", "del" over a day.

        The second line of a heading, "Prélèvement" over "le", is none.
        """
        piece = self.view.piece_of(label)
        behind = self.view.text_behind(label).lstrip()
        if label.start != piece.start or not (not behind.strip(" .:") or behind.startswith(":")):
            return False
        above = self._around.around[label.page][label.piece].above
        over = self.view.pieces[label.page][above] if above is not None else None
        height = max(piece.box.height, 1e-6)
        near = over is not None and piece.box.top - over.box.top < _SAME_HEADING * height
        return not (near and over is not None and re.fullmatch(r"[^\d:]*", over.text))

    @cached_property
    def _due(self) -> frozenset[date]:
        return frozenset(
            s.value.value
            for s in self.view.dates
            if any(hit.field == "due_date" for hit in self.called(s.page, s.piece, s.start))
        )

    def fits_terms(self, day: date, terms: frozenset[int]) -> bool:
        """Tell whether a payment term lies between a day and the one day that is labelled as due.

        It must stand somewhere without a label that says whose other day it is.
        """
        spots = [s for s in self.view.dates if day in (s.value.value, s.value.other)]
        if all(self._has_strange_label(spot) for spot in spots):
            return False
        return len(self._due) == 1 and any(day + timedelta(days=n) in self._due for n in terms if n)

    # -- numbers

    def number_is_left(self, key: str, margin: float) -> bool:
        """Tell whether a number in the head is the only one there that nothing calls another.

        It stands with the title, or a word for a number stands before it; else it must be far ahead.
        """
        candidates = [c for c in number_candidates(self.view) if _in_head(c)]
        mine = [c for c in candidates if c.key == key and not self._explains_number(c)]
        if not any(self._is_called_number(c) or margin >= _FAR for c in mine):
            return False
        spans = [(c.page, c.start, c.end) for c in candidates if c.key == key]
        return all(
            c.key == key
            or any(page == c.page and c.start < end and start < c.end for page, start, end in spans)
            or self._explains_number(c)
            for c in candidates
        )

    def number_by_form(self, key: str) -> bool:
        """Tell whether a number alone stands in a form under a bare word for one: "No.", "Beleg", "Document".

        Its label fills a cell, other labels of the paper stand beside or under it, and no other number of
        the head has such a label.
        """
        named = form_numbers(self.view)
        spans = [(c.page, c.start, c.end) for c in named if c.key == key]
        return bool(spans) and all(
            c.key == key
            or any(page == c.page and c.start < end and start < c.end for page, start, end in spans)
            for c in named
        )

    def has_form_label(self, candidate: Candidate) -> bool:
        """Tell whether a cell of a form that holds no more than a word for a number belongs to a number."""
        label = self._label_of(candidate.page, candidate.piece, candidate.start)
        if label is None or label.hit.field != "number" or not self._is_cell(label, candidate):
            return False
        if not _ENDS_CELL.match(self._behind(candidate)):
            return False  # "101 quai Sud"
        below = candidate.line != label.line
        return self._in_form(label, row=below) and not self._explains_number(candidate)

    def _is_cell(self, label: PlacedLabel, candidate: Candidate) -> bool:
        """Tell whether a label is all of its cell, but for its value and the same in another language."""
        piece = self.view.piece_of(label)
        text = self.view.pages[label.page].text
        end = candidate.start if candidate.piece == label.piece else piece.end
        rest = text[piece.start : end]
        for other in reversed(self._around.labels.get((label.page, label.piece), ())):
            if other.hit.field == "number" and other.end <= end:
                rest = rest[: other.start - piece.start] + rest[other.end - piece.start :]
        return not re.search(r"\w", rest)

    def _behind(self, candidate: Candidate) -> str:
        piece = self.view.pieces[candidate.page][candidate.piece]
        return self.view.pages[candidate.page].text[candidate.end : piece.end]

    def _in_form(self, label: PlacedLabel, *, row: bool) -> bool:
        """Tell whether other labels stand on a label's line, or near it if it need not be a *row*."""
        height, left = max(label.box.height, 1e-6), self.view.piece_of(label).box.left
        return any(
            other.page == label.page
            and other.piece != label.piece
            and other.piece_start
            and not _is_particle(other.hit)
            and (
                other.line == label.line
                or (
                    not row
                    and abs(other.box.left - left) < _ALIGNED
                    and abs(other.box.top - label.box.top) < _ROWS * height
                )
            )
            for other in self.view.labels_of(*_OF_FORMS)
        )

    def _is_called_number(self, candidate: Candidate) -> bool:
        called = self.called(candidate.page, candidate.piece, candidate.start)
        return any(hit.field == "number" for hit in called) or self._with_title(candidate)

    def _with_title(self, candidate: Candidate) -> bool:
        """Tell whether a number stands on the title's line, or right under the title."""
        quote = self.title.quote
        if quote is None or quote.start is None or self.view.pages[candidate.page].number != quote.page:
            return False
        piece = self.view.pieces[candidate.page][candidate.piece]
        line = next((p for p in self.view.pieces[candidate.page] if p.start <= quote.start < p.end), None)
        if line is None:
            return False
        down = (piece.box.top - line.box.bottom) / max(line.box.height, 1e-6)
        return piece.line == line.line or (-0.5 < down < 1.5 and piece.box.left < line.box.right)

    def _explains_number(self, candidate: Candidate) -> bool:
        """Tell whether something says that a number is not the paper's."""
        page, index = candidate.page, candidate.piece
        piece, called = self.view.pieces[page][index], self.called(page, index, candidate.start)
        if _AN_AMOUNT.fullmatch(str(candidate.value)) or reminds_of_another(piece.text):
            return True
        if any(hit.field == "number" and not hit.weak for hit in called):
            return False
        strange = {hit.field for hit in called if hit.field in _NO_NUMBER and not _is_particle(hit)}
        named = any(hit.field == "number" for hit in called)
        if strange and not (named and strange == {"payment_reference"}):  # "Referencia" may be either
            return True
        value = str(candidate.value)
        inside = self._around.labels.get((page, index), ())
        begun = [o for o in inside if o.start <= candidate.start < o.end < candidate.end]
        if any(o.hit.field in _NO_NUMBER for o in begun):
            return True  # "VAT GB123456789" is one candidate too
        return (
            (_SHORT.fullmatch(value) is not None and not (named and len(value) > _SHORTEST))
            or any(p == page and s < candidate.end and candidate.start < e for p, s, e in self._taken)
            or self.among_lines(page, candidate.line)
            or bool(self.view.money_on(page, candidate.line))
            or self._in_address(page, index, piece.text)
        )

    def _in_address(self, page: int, index: int, text: str) -> bool:
        flat = folded(text)
        if ZIP.search(text) or STREET.search(flat) or PARTICULARS.search(flat) or _PHONE.search(flat):
            return True
        if _PHONE_ALONE.fullmatch(text.strip()) or _EIRCODE.search(text):
            return True
        return any(
            o.hit.field in ("seller", "buyer", "other_party") and o.piece_start and o.end - o.start > 1
            for o in self._around.labels.get((page, index), ())
        )

    @cached_property
    def _taken(self) -> Sequence[tuple[int, int, int]]:
        """Where dates, registered numbers and accounts stand."""
        return tuple(self._spans())

    def _spans(self) -> Iterator[tuple[int, int, int]]:
        for day in self.view.dates:
            if not day.value.compact:
                yield day.page, day.start, day.end
        for number in numbers_on_page(self.view):
            yield number.page, number.start, number.end
        places = {page.number: index for index, page in enumerate(self.view.pages)}
        for _, quote in find_ibans(self.view):
            if quote.page in places and quote.start is not None and quote.end is not None:
                yield places[quote.page], quote.start, quote.end


@once
def form_numbers(view: PageView) -> tuple[Candidate, ...]:
    """Give the numbers in the head that stand in a form under a bare word for a number."""
    labels = Exclusion(view, DocumentTitle(kind=None))
    return tuple(c for c in number_candidates(view) if _in_head(c) and labels.has_form_label(c))


def number_of_form(view: PageView) -> FoundNumber | None:
    """Give the one number of the head that a form calls so; None where there are several, or none."""
    numbers = sorted(form_numbers(view), key=lambda c: c.start - c.end)
    if not numbers or any(c.start < numbers[0].start or numbers[0].end < c.end for c in numbers):
        return None
    page, start, end = numbers[0].page, numbers[0].start, numbers[0].end
    return FoundNumber(
        text=str(numbers[0].value), page=page, score=_BY_FORM, quote=view.quote_span(page, start, end)
    )


_STRANGE_LABEL = re.compile(
    r"[^\W\d_]{3,}(?:\W?\s?:|\)?\s(?:du|vom|of|del|van|de|da|do|z dnia|dnia|dated|dd\.?))\s*$"
)
"""What says that a day is something's: "Generated:", "Pièce liée du"."""
_PHONE = re.compile(
    r"\b(?:tel|telef|telefon|telefoon|telephone|phone|fax|mobil|gsm)\b|\+\d{2}[\s\d(]|@|www\."
)


def _in_head(place: PlacedValue[PageDate] | Candidate) -> bool:
    return place.page == 0 and place.box.top < HEAD


_PHONE_ALONE = re.compile(
    r"(?:\W{0,3}|T |Tel\.? )"
    r"(?:0\d(?:[ .-]\d\d){4}|\(\d{3}\) ?\d{3}-\d{4}|0\d{1,5} [/-] ?\d{4,9}|0\d{3} \d{3} \d{3,4})"
)
"""What is printed alone and is a telephone's number: of France, America, Germany, Britain."""
_EIRCODE = re.compile(r"\b(?:[A-Z]\d\d|D6W) (?=\w{0,3}[A-Z])[0-9A-Z]{4}\b")
"""An Irish postcode."""


_ENDS_CELL = re.compile(r"\s*(?:$|[|,;/(–—-])")
"""What may stand behind the number of a form: nothing, or a sign before something else."""


def _is_particle(hit: LabelHit) -> bool:
    """Tell whether a label is a word that stands before every date: "le", "of"."""
    return hit.weak and hit.end - hit.start < _A_WORD
