"""Why no VAT is charged; what is due, was paid before, kept back or withheld.

The mentions of exemptions live in ``exemptions.json``; the first entry that fits counts, so a general word
stands last.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from importlib import resources
from itertools import combinations

from smeflow._text import folded
from smeflow.documents.document import Quote
from smeflow.documents.page_text import Piece, folded_map
from smeflow.i18n import Phrase, say
from smeflow.invoices.checks import ZERO
from smeflow.invoices.page.view import PageAmount, PageView, PlacedLabel, PlacedValue, once, same_column

_NEGATED = re.compile(r"\bnot? (?:exempt|zero)|non[- ]exempt")
_LONGEST = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemption:
    """Why no VAT is charged."""

    category: str
    quote: Quote
    summed: bool = False
    """It stands on a line with amounts, as in a table of rates."""


@once
def find_exemptions(view: PageView) -> tuple[Exemption, ...]:
    """Give the mentions on the pages, the most particular first; of a category the first printed."""
    best: dict[str, tuple[int, bool, Exemption]] = {}
    for number, piece, mentions in _pieces_with_mentions(view):
        mention = _mention(piece, mentions)
        if mention is None:
            continue
        order, category = mention
        quote = view.quote_span(number, piece.start, piece.end)
        summed = bool(view.money_on(number, piece.line))
        if category not in best or (order, not summed) < best[category][:2]:
            exemption = Exemption(category=category, quote=quote, summed=summed)
            best[category] = (order, not summed, exemption)
    return tuple(exemption for *_, exemption in sorted(best.values(), key=lambda row: row[:2]))


_Mention = tuple[int, tuple[str, ...], re.Pattern[str], str]
"""Its place in the order, its words, the pattern of them, and the category."""


def _pieces_with_mentions(view: PageView) -> Iterator[tuple[int, Piece, Sequence[_Mention]]]:
    """Give the pieces of the pages that hold the words of a mention somewhere, with those mentions."""
    for number, page in enumerate(view.pages):
        flat = folded(page.text)
        held = [mention for mention in _mentions() if any(word in flat for word in mention[1])]
        yield from ((number, piece, held) for piece in view.pieces[number] if held)


def _mention(piece: Piece, mentions: Sequence[_Mention]) -> tuple[int, str] | None:
    if len(piece.text) > _LONGEST or len(piece.text) < 4:  # general terms speak of all that may be
        return None
    flat = re.sub(r"\s+", " ", folded(piece.text).replace("’", "'"))
    for order, words, pattern, category in mentions:
        if any(word in flat for word in words) and pattern.search(flat) and not _NEGATED.search(flat):
            return order, category
    return None


def in_mention(view: PageView, label: PlacedLabel) -> bool:
    """Tell whether a label of VAT is a word of a mention that none is charged."""
    piece = view.piece_of(label)
    if len(piece.text) < _SHORTEST:
        return False
    flat, origin = folded_map(piece.text)
    flat = flat.replace("’", "'")
    for _, words, pattern, _ in _mentions():
        for match in pattern.finditer(flat) if any(word in flat for word in words) else ():
            start, end = origin[match.start()], origin[match.end() - 1] + 1
            if start < label.end - piece.start and label.start - piece.start < end:
                return True
    return False


_SHORTEST = 8


@lru_cache(maxsize=1)
def _mentions() -> tuple[_Mention, ...]:
    text = (resources.files("smeflow.invoices.page") / "exemptions.json").read_text(encoding="utf-8")
    return tuple(
        (
            order,
            tuple(map(folded, row["mentions"])),
            re.compile("|".join(rf"(?<!\w){re.escape(folded(m))}(?!\w)" for m in row["mentions"])),
            row["category"],
        )
        for order, row in enumerate(json.loads(text))
    )


WEAK_LABEL = 1.2


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenAmount:
    """An amount chosen for a field; without a spot it follows from a mention (a VAT of zero)."""

    amount: Decimal
    spot: PlacedValue[PageAmount] | None = None
    quote: Quote | None = None
    note: Phrase | None = None


@dataclass(frozen=True, slots=True)
class AmountFit:
    """How well an amount fits a field."""

    score: float
    spot: PlacedValue[PageAmount]


FitTable = dict[Decimal, AmountFit]


@lru_cache(maxsize=1)
def _term_words() -> Mapping[str, re.Pattern[str]]:
    text = (resources.files("smeflow.invoices.page") / "sum_terms.json").read_text(encoding="utf-8")
    return {
        kind: re.compile("|".join(_stem(folded(word)) for words in by_language.values() for word in words))
        for kind, by_language in json.loads(text).items()
    }


def _stem(word: str) -> str:
    """Let a long word be found in compounds too; a short one is a word of its own."""
    return re.escape(word) if len(word) > _SHORT else rf"(?<!\w){re.escape(word)}(?!\w)"


_SHORT = 4


@lru_cache(maxsize=1 << 12)
def names_term(kind: str, text: str) -> bool:
    """Tell whether a text names a term of a sum: ``paid``, ``kept``, ``withheld``, ``before``, and so on.

    The words are in ``sum_terms.json``, by kind and language.
    """
    return _term_words()[kind].search(folded(text)) is not None


@once
def find_deductions(view: PageView) -> tuple[PlacedValue[PageAmount], ...]:
    """Find what is taken off the total before something is due: paid before, kept back, withheld.

    The words stand on the amount's line, or head its column on the line above.
    """
    found = []
    for number, pieces in view.lines():
        named = [p for p in pieces if any(names_term(kind, p.text) for kind in ("paid", "kept", "withheld"))]
        line = pieces[0].line
        spots = view.money_on(number, line) if named else []
        if named and not spots:
            below = view.money_on(number, line + 1)
            spots = [s for s in below if len(below) > 1 and any(same_column(p.box, s.box) for p in named)]
        found += [s for s in spots[-1:] if s.value.amount]
    return tuple(found[:_MOST_TERMS])


_MOST_TERMS = 12
"""Of so many terms every choice of three is tried; no invoice takes off more."""


def deducted(view: PageView, amount: Decimal) -> tuple[PlacedValue[PageAmount], ...]:
    """Give the few terms that make *amount* together; nothing where none or several choices do."""
    terms = {(abs(s.value.amount), s.line, s.page): s for s in find_deductions(view)}.values()
    choices = [
        chosen
        for size in (1, 2, 3)
        for chosen in combinations(terms, size)
        if sum((abs(spot.value.amount) for spot in chosen), ZERO) == amount
    ]
    return choices[0] if len({frozenset(abs(s.value.amount) for s in c) for c in choices}) == 1 else ()


def find_payment(view: PageView, tables: Mapping[str, FitTable], gross: Decimal) -> dict[str, ChosenAmount]:
    """Find what is due and what was paid before, where they make up the total."""
    due = {a: f for a, f in tables["amount_due"].items() if f.score > 1.5}
    paid = {abs(a): f for a, f in tables["prepaid"].items()}
    if gross in due and not any(0 < p < gross and gross - p in due for p in paid):
        return {"amount_due": ChosenAmount(amount=gross, spot=due[gross].spot)}
    for amount, fit in sorted(due.items(), key=lambda item: -item[1].score):
        payment = payment_between(view, paid, gross, amount)
        if payment:
            return {"amount_due": ChosenAmount(amount=amount, spot=fit.spot), "prepaid": payment}
    due = {a: f for a, f in due.items() if a == gross or not is_old_debt(view, f.spot)}
    if due:
        amount, fit = max(due.items(), key=lambda item: item[1].score)
        return {"amount_due": ChosenAmount(amount=amount, spot=fit.spot)}
    return {}


def payment_between(
    view: PageView, paid: Mapping[Decimal, AmountFit], gross: Decimal, due: Decimal
) -> ChosenAmount | None:
    """Give what lies between a total and what is due of it: paid before, kept back or withheld."""
    rest = gross - due
    terms = deducted(view, rest) if rest > 0 else ()
    spot = paid[rest].spot if rest in paid else terms[0] if terms else _paid_before(view, rest)
    if spot is None:
        return None
    note = _deduction_note(view, spot)
    if len(terms) > 1:
        note = say("The sum of what was paid before, is kept back or withheld.")
    return ChosenAmount(amount=rest, spot=spot, note=note)


def is_old_debt(view: PageView, spot: PlacedValue[PageAmount]) -> bool:
    """Tell whether an amount is a debt of another invoice."""
    return is_of_another_paper(view, spot.page, spot.line, spot.start)


def is_of_another_paper(view: PageView, page: int, line: int, start: int) -> bool:
    """Tell whether an amount stands behind a day or a word for what was before: a debt of another invoice."""
    before = "  ".join(p.text for p in view.pieces[page] if p.line == line and p.start <= start)
    dated = any((d.page, d.line) == (page, line) and d.end <= start for d in view.dates)
    return dated or names_term("before", before)


def _paid_before(view: PageView, amount: Decimal) -> PlacedValue[PageAmount] | None:
    """Find an amount on a line of payments, or on one that such a line heads."""
    for spot in view.amounts if amount > 0 else ():
        if spot.value.money and abs(spot.value.amount) == amount:
            nearby = " ".join(p.text for p in view.pieces[spot.page] if 0 <= spot.line - p.line <= 2)
            if any(names_term(kind, nearby) for kind in ("paid", "kept", "withheld")):
                return spot
    return None


def _deduction_note(view: PageView, spot: PlacedValue[PageAmount]) -> Phrase | None:
    """Say that an amount was not paid, but is kept back until the work is accepted, or withheld as tax."""
    line = folded(" ".join(p.text for p in view.pieces[spot.page] if p.line == spot.line))
    kept, withheld = (
        max((len(match[0]) for match in _term_words()[kind].finditer(line)), default=0)
        for kind in ("kept", "withheld")
    )
    if kept > withheld:
        return say("Kept back as a guarantee, not paid before: it falls due later.")
    return say("Withheld as the seller's tax, not paid before.") if withheld else None
