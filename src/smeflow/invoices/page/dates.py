"""Choose a page's dates of issue, due and delivery; `smeflow.values.dates` parses what is printed.

A date beside another label is none of them.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib import resources

from smeflow._text import folded
from smeflow.documents.document import Quote
from smeflow.i18n import Phrase, say
from smeflow.invoices.page.headings import speaks_of
from smeflow.invoices.page.particulars import ZIP
from smeflow.invoices.page.view import (
    DATE_FIELDS,
    LabelledValue,
    PageDate,
    PageView,
    PlacedLabel,
    PlacedValue,
    by_line,
    once,
)
from smeflow.values.dates import due_from_terms, has_month_end

HEAD = 0.45
"""What stands higher on the first page is its head, where the dates and numbers of a paper are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenDate:
    """A date chosen for a field."""

    value: date
    quote: Quote
    note: Phrase | None = None


def find_dates_on_page(
    view: PageView, number_quote: Quote | None, title_quote: Quote | None = None
) -> Mapping[str, ChosenDate]:
    """Find the dates of *view*.

    Where day and month could be exchanged, the document's other dates decide; if they do not, and nothing
    speaks for the European order, the date is left out.
    """
    month_first = months_come_first(view)
    assigned = assigned_dates(view)
    dates: dict[str, ChosenDate] = {}
    for name in ("issue_date", "due_date", "delivery_date"):
        best = _best([link for link in assigned if link.label.hit.field == name], month_first)
        if best:
            dates[name] = _chosen_date(view, best, month_first)
    labelled = any(link.label.hit.field == "issue_date" and not link.label.hit.weak for link in assigned)
    if not labelled:
        adjacent = _beside_number(view, assigned, number_quote) or _beside_number(view, assigned, title_quote)
        spot = (
            adjacent or _letter_date(view) or (None if "issue_date" in dates else _only_date(view, assigned))
        )
        if spot and _value(spot.value, month_first):
            dates["issue_date"] = _chosen_date(view, spot, month_first)
    issued = dates.get("issue_date")
    due = dates.get("due_date")
    if issued and due and due.value < issued.value and due.value.year != issued.value.year + 1:
        del dates["due_date"]
    if issued and "due_date" not in dates and (debit := _debit_day(view, assigned, issued.value)):
        dates["due_date"] = _chosen_date(view, debit, month_first)
    if issued and "due_date" not in dates and not view.labels_of("due_date"):
        terms = due_by_terms(view, issued.value)
        if terms:
            dates["due_date"] = terms
    return dates


def _debit_day(
    view: PageView, assigned: Sequence[LabelledValue[PageDate]], issued: date
) -> PlacedValue[PageDate] | None:
    """Take the one day, not before that of issue, on which the buyer's account is debited."""
    labelled = {(link.spot.page, link.spot.start): link.label for link in assigned}
    debits = [
        spot
        for spot in view.dates
        if spot.value.value >= issued
        and speaks_of("debit", view.piece_of(spot).text)
        and ((label := labelled.get((spot.page, spot.start))) is None or label.hit.field == "other_date")
        and not speaks_of("another paper", view.piece_of(spot).text)
    ]
    return debits[0] if len({spot.value.value for spot in debits}) == 1 else None


@once
def months_come_first(view: PageView) -> bool | None:
    """Tell whether dates are written month first; None where nothing tells."""
    votes = set()
    for spot in view.dates:
        text = view.text_of(spot)
        match = re.fullmatch(r"(\d{1,2})\s?[/-]\s?(\d{1,2})\s?[/-]\s?\d{2,4}", text)
        if match and (int(match[1]) > 12) != (int(match[2]) > 12):
            votes.add(int(match[2]) > 12)
    if votes:
        return votes.pop() if len(votes) == 1 else None
    return (
        _month_first_by_terms(view)
        if _is_english(view) and not _day_first_signs().search(view.text)
        else False
    )


@lru_cache(maxsize=1)
def _day_first_signs() -> re.Pattern[str]:
    """Give what tells of a country that writes the day first; its source stands in ``day_order.json``."""
    text = (resources.files("smeflow.invoices.page") / "day_order.json").read_text(encoding="utf-8")
    signs = [re.escape(sign) for of_country in json.loads(text)["signs"].values() for sign in of_country]
    return re.compile(rf"(?<![^\W\d_])(?:{'|'.join(signs)})(?![^\W\d_])", re.IGNORECASE)


_ENGLISH_WORDS = "the and of to for your our with invoice date payment due customer amount please from"
_OTHER_WORDS = (
    "le la les des du et pour votre nos facture avec der die und von mit rechnung bitte het een van wij uw "
    "factuur il di per della fattura con el los las por su factura fecha"
)
_ENGLISH = frozenset(_ENGLISH_WORDS.split(" "))
_OTHERS = frozenset(_OTHER_WORDS.split(" "))


def _is_english(view: PageView) -> bool:
    """Tell whether the page is in English, where both orders are in use."""
    words = re.findall(r"[a-z]+", view.text.lower())
    return sum(w in _ENGLISH for w in words) > sum(w in _OTHERS for w in words)


def _month_first_by_terms(view: PageView) -> bool | None:
    """Decide by a printed term ("30 days") that lies between two of the dates under one order only."""
    terms = {int(m) for m in re.findall(r"\b(\d{1,3})\s*days?\b", view.text.lower())}
    days = [s.value for s in view.dates if s.value.other]
    first = {abs((a.value - b.value).days) for a in days for b in days}
    swapped = {abs((a.other - b.other).days) for a in days for b in days if a.other and b.other}
    return None if bool(terms & first) == bool(terms & swapped) else bool(terms & swapped)


def _value(day: PageDate, month_first: bool | None) -> date | None:  # noqa: FBT001 - one of three answers
    if day.other is None:
        return day.value
    if month_first is None:
        return None
    return day.other if month_first else day.value


def _chosen_date(view: PageView, spot: PlacedValue[PageDate], month_first: bool | None) -> ChosenDate:  # noqa: FBT001 - one of three answers
    value = _value(spot.value, month_first)
    return ChosenDate(value=value or spot.value.value, quote=view.quote(spot))


@once
def assigned_dates(view: PageView) -> list[LabelledValue[PageDate]]:
    """Give each date to the labels it may belong to; where several claim it, the closest one has it."""
    links: dict[tuple[int, int], LabelledValue[PageDate]] = {}
    days = by_line(view.dates)
    for label in view.labels_of(*DATE_FIELDS):
        for link in view.links(label, days, stops=DATE_FIELDS)[: 2 if label.hit.field == "other_date" else 1]:
            if _reaches(view, label, link.spot) and not _of_another_paper(view, label):
                key = link.spot.page, link.spot.start
                cost = link.cost + _weakness(label)
                if key not in links or cost < links[key].cost:
                    links[key] = LabelledValue(label=label, spot=link.spot, cost=cost)
    by_piece: dict[tuple[int, int], list[PlacedLabel]] = {}
    for first in view.labels_of("issue_date"):
        by_piece.setdefault((first.page, first.piece), []).append(first)
    shared = [
        LabelledValue(label=first, spot=link.spot, cost=link.cost)
        for link in links.values()
        for first in by_piece.get((link.label.page, link.label.piece), ())[:_MOST_SHARING]
        if _share_value(view, first, link.label)
    ]
    return [*links.values(), *shared]


def _weakness(label: PlacedLabel) -> float:
    """Tell how little a label says: "du" at the head of a line less than "Date", in a sentence nothing."""
    if not label.hit.weak:
        return 0.0
    return 0.35 if label.end - label.start >= 4 else 0.7 if label.piece_start else 1.0


_MOST_SHARING = 50
"""So many labels of one piece are looked at for one that shares its value."""


def _share_value(view: PageView, first: PlacedLabel, second: PlacedLabel) -> bool:
    """Tell whether two labels share one value: "Invoice date / delivery date"."""
    between = view.pages[first.page].text[first.end : second.start]
    same = first.page == second.page and first.piece == second.piece and first.end <= second.start
    return same and re.fullmatch(r"\s*(?:/|&|\bet\b|\band\b|\bund\b|=)\s*", between) is not None


def _of_another_paper(view: PageView, label: PlacedLabel) -> bool:
    """Tell whether a bare "of" belongs to another number: "your order 55 of 1 September"."""
    if not label.hit.weak or label.end - label.start >= 4:
        return False
    return any(
        other.hit.field == "other_number" and other.piece == label.piece and other.start < label.start
        for other in view.labels_beside(label)
    )


def _reaches(view: PageView, label: PlacedLabel, spot: PlacedValue[PageDate]) -> bool:
    """Tell whether a date to the right is close enough in words: a sentence in between breaks the tie."""
    if spot.line != label.line:
        return True
    between = view.pages[label.page].text[label.end : spot.start]
    return len(between.split()) <= (1 if label.hit.weak else 3) + between.count("  ")


def _best(links: list[LabelledValue[PageDate]], month_first: bool | None) -> PlacedValue[PageDate] | None:  # noqa: FBT001
    """Take the date with the best label; two different ones with labels as good leave the field open."""
    readable = [link for link in links if _value(link.spot.value, month_first)]
    strong = [link for link in readable if not link.label.hit.weak] or readable
    strong.sort(key=_first_in_cells)
    return strong[0].spot if len(_as_good(strong, month_first)) == 1 else None


def _first_in_cells(link: LabelledValue[PageDate]) -> tuple[int, bool, float]:
    """Order by page; a label that begins its cell comes before one within a sentence, a close one first."""
    return link.spot.page, not link.label.piece_start, link.cost


def _as_good(links: list[LabelledValue[PageDate]], month_first: bool | None) -> set[date | None]:  # noqa: FBT001
    """Give the days with labels as good as the best, which comes first."""
    return {
        _value(link.spot.value, month_first)
        for link in links
        if link.label.hit.weak == links[0].label.hit.weak
        and link.label.piece_start == links[0].label.piece_start
        and link.cost < links[0].cost + 0.25
        and link.spot.page == links[0].spot.page
    }


def contested_dates(view: PageView) -> frozenset[str]:
    """Give the fields for which two different days have labels as good."""
    month_first = months_come_first(view)
    contested = set()
    assigned = assigned_dates(view)
    for name in ("issue_date", "due_date", "delivery_date"):
        strong = [a for a in assigned if a.label.hit.field == name and not a.label.hit.weak]
        strong.sort(key=_first_in_cells)
        if len(_as_good(strong, month_first)) > 1:
            contested.add(name)
    return frozenset(contested)


def _beside_number(
    view: PageView, assigned: list[LabelledValue[PageDate]], quote: Quote | None
) -> PlacedValue[PageDate] | None:
    """Take the date on the line of the number or title ("Invoice 12 of 3 May 2026")."""
    if quote is None:
        return None
    taken = {(o.spot.page, o.spot.start) for o in assigned if o.label.hit.field != "issue_date"}
    for spot in view.dates:
        page = view.pages[spot.page]
        same = (
            page.number == quote.page
            and "\n" not in page.text[min(quote.end or 0, spot.start) : max(quote.start or 0, spot.end)]
        )
        if same and (spot.page, spot.start) not in taken and spot.start >= (quote.end or 0):
            return spot
    return None


def _only_date(view: PageView, assigned: list[LabelledValue[PageDate]]) -> PlacedValue[PageDate] | None:
    """Take the only date that no label claims, where it stands in the head of the first page."""
    taken = {(link.spot.page, link.spot.start) for link in assigned}
    free = [s for s in view.dates if (s.page, s.start) not in taken and not s.value.compact]
    values = {s.value.value for s in free}
    head = [s for s in free if s.page == 0 and (s.box.top < HEAD or view.is_receipt)]
    if len(values) > 1 and not view.is_receipt:  # a letter's date stands alone, or behind its town
        head = [s for s in head if _stands_alone(view, s)]
        values = {s.value.value for s in head}
    if view.is_receipt and len(values) > 1:  # the hour of the sale stands beside its day
        timed = [s for s in head if _TIME.match(view.pages[0].text[s.end :])]
        head, values = timed, {s.value.value for s in timed}
    return head[0] if len(values) == 1 and head else None


TOWN_BEFORE = re.compile(
    r"(?P<town>[A-ZÀ-ÝŁŚŻŹĆ][^\d,:]{1,30}?),?\s+(?:(?:le|li|lì|den|the|il|el|a|em|on|dnia|dn\.|dne|d\.)\s+)?"
)


def has_town(view: PageView, spot: PlacedValue[PageDate]) -> bool:
    """Tell whether a date of the head stands alone behind a town that an address names, as in letters."""
    match = TOWN_BEFORE.fullmatch(view.text_before(spot))
    behind = view.text_behind(spot).strip(" .,")
    if match is None or behind or spot.page != 0 or spot.box.top >= HEAD:
        return False
    town = folded(match["town"])
    return any(
        folded(piece.text[zip_code.end() - 2 :]).startswith(town)
        for _, piece in view.all_pieces()
        for zip_code in ZIP.finditer(piece.text)
    )


_NUMBER_BEFORE = re.compile(
    r"(?:^|[\s:#°º.(])(?P<number>(?:[A-Z]{1,4}\s)?[A-Z]{0,6}[\w./\-]*\d[\w./\-]*)"
    r"(?P<between>[\s/,(–-]{0,3}(?:[^\W\d_]{1,14}\.?[\s,]{1,2}){0,3})$"
)
_A_DATE = re.compile(r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}-\d\d-\d\d|(?:19|20)\d\d|\d{4,5}")
"""What is no number of a paper before a date: another date, a year, a postcode."""
_SHORTEST = 3
"""So many letters has a paper's number that a date stands behind."""


def _number_before(view: PageView, spot: PlacedValue[PageDate]) -> str | None:
    """Give the number right before a date in its cell: "AN-12 (3 May)", "7/26 – Trento, 3.5.".

    The day is that paper's.
    """
    match = _NUMBER_BEFORE.search(view.text_before(spot))
    if match is None or not len(match["number"]) >= _SHORTEST or _A_DATE.fullmatch(match["number"]):
        return None
    between = view.words.find(match["between"])
    own = {"issue_date", "seller", "buyer"}  # "le", "du" and "de" stand before every date
    return match["number"] if all(hit.field in own for hit in between) else None


def is_of_other_paper(view: PageView, spot: PlacedValue[PageDate], number: str | None) -> bool:
    """Tell whether a date stands in the cell of another paper's number than *number*."""
    other = _number_before(view, spot)
    return other is not None and not _says_number(other, number)


def is_of_number(view: PageView, spot: PlacedValue[PageDate], number: str | None) -> bool:
    """Tell whether a date stands in the head, right behind the paper's own *number*."""
    own = _number_before(view, spot)
    return own is not None and spot.page == 0 and spot.box.top < HEAD and _says_number(own, number)


def _says_number(text: str, number: str | None) -> bool:
    """Tell whether a stretch before a date ends with a number."""
    bare = [re.sub(r"[\s#]", "", folded(value)) for value in (text, number or "")]
    return bool(bare[1]) and bare[0].endswith(bare[1])


def _letter_date(view: PageView) -> PlacedValue[PageDate] | None:
    """Take the one day that a letter is dated on."""
    dated = [spot for spot in view.dates if has_town(view, spot)]
    return dated[0] if len({spot.value.value for spot in dated}) == 1 else None


def _stands_alone(view: PageView, spot: PlacedValue[PageDate]) -> bool:
    """Tell whether a piece holds nothing but a date, perhaps behind its town ("Lyon, le 3 mai 2026")."""
    town = r"(?:[A-ZÀ-Ý][\w' -]{1,30},?\s+)?(?:(?:le|den|the|il|el|du|vom|of|on)\s+)?"
    return bool(re.fullmatch(town, view.text_before(spot))) and not view.text_behind(spot).strip(" .,")


_TIME = re.compile(r"\s{1,3}\d{1,2}:\d{2}")


def due_by_terms(view: PageView, issued: date) -> ChosenDate | None:
    """Reckon the due date from payment terms, where just one piece of the page gives any."""
    due_dates: dict[date, Quote] = {}
    for number, piece in view.all_pieces():
        due = due_from_terms(piece.text, issued) if _about_payment(piece.text) else None
        if due is None and _about_payment(piece.text) and has_month_end(piece.text):
            return None  # a term that is counted in two ways, beside a printed clause
        if due:
            due_dates.setdefault(due, view.quote_span(number, piece.start, piece.end))
    if len(due_dates) != 1:
        return None
    due, quote = due_dates.popitem()
    return ChosenDate(value=due, quote=quote, note=say("Reckoned from the payment terms."))


_PAYMENT = re.compile(
    "paiement|payment|zahl|regl|règl|net |échéance|pagament|betal|terms|reception|récep", re.IGNORECASE
)


def _about_payment(text: str) -> bool:
    return _PAYMENT.search(text) is not None and len(text) < 120
