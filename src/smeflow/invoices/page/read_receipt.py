"""Read a till receipt from its pages without a model: who sold, when, what was paid, and what proves it.

The total is proven by what makes it (`receipt_rows`), the day by being the only one, the seller by a legal
form, a registered number or a domain of its own in the heading. What else each could be is told as rivals.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from smeflow._text import folded
from smeflow.documents.document import Document, Page
from smeflow.extract.field_values import bare_value
from smeflow.extract.grounding import spans_of_value
from smeflow.i18n import Phrase, say
from smeflow.invoices.checks import WITHOUT_CENTS, recognition_check
from smeflow.invoices.page.candidates import currency_candidates
from smeflow.invoices.page.exclusion import FieldOpinion
from smeflow.invoices.page.heading import find_title
from smeflow.invoices.page.particulars import assign_numbers
from smeflow.invoices.page.receipt_head import find_seller, seller_opinion
from smeflow.invoices.page.receipt_rows import (
    NOT_PAID,
    TotalParts,
    called_totals,
    choose_total,
    is_called_total,
    parts_of,
    receipt_rows,
    sorts_of_words,
    words_in,
)
from smeflow.invoices.page.receipts import SaleDays, is_in_a_state
from smeflow.invoices.page.rivals import name_rivals, words_beside
from smeflow.invoices.page.totals import Totals, find_currency
from smeflow.invoices.page.vat_and_payment import ChosenAmount
from smeflow.invoices.page.view import PageAmount, PageView, PlacedValue
from smeflow.invoices.receipt import READ_TWICE, Receipt, ReceiptLine, check_receipt, total_upheld
from smeflow.invoices.record_parts import Party
from smeflow.kinds.field_names import field_name
from smeflow.kinds.records import Check, FieldRival, Finding, Labels, Reading


def read_receipt(
    documents: Sequence[Document], *, labels: Labels | None = None, own_names: Sequence[str] = ()
) -> Reading | None:
    """Read the receipt on the pages of *documents*; None where there is no page with words.

    ``several`` counts the pages that are receipts of their own: the first is read. *own_names* are the
    firm's: it sells nothing to itself.
    """
    papers = [
        paper
        for document in documents
        for inner in document.walk()
        if "xml" not in inner.media_type
        for paper in _receipts_on(inner, labels, own_names)
    ]
    if not papers:
        return None
    whole = [paper for paper in papers if paper.is_whole]
    different = {paper.identity for paper in whole}
    best = whole[0] if whole else max(papers, key=lambda paper: len(paper.findings))
    return best.reading(max(1, len(different)))


def _receipts_on(
    document: Document, labels: Labels | None, own_names: Sequence[str]
) -> list["_PaperReceipt"]:
    """Give the receipts of a document: one a page, where each page has a day and a total of its own."""
    pages = [page for page in document.pages if page.text.strip()]
    if not pages:
        return []
    apart = [_read(document, [page], labels, own_names) for page in pages] if len(pages) > 1 else []
    if len(apart) > 1 and all(paper.is_whole for paper in apart):
        return apart
    return [_read(document, pages, labels, own_names)]


def _read(
    document: Document, pages: Sequence[Page], labels: Labels | None, own_names: Sequence[str]
) -> "_PaperReceipt":
    view = PageView(document, pages, labels)
    findings: dict[str, Finding] = {}
    total = choose_total(view)
    chosen: dict[str, ChosenAmount] = {}
    if total is not None and total.sure:
        findings["total_gross"] = Finding(value=total.spot.value.amount, quote=view.quote(total.spot))
        chosen["total_gross"] = ChosenAmount(amount=total.spot.value.amount, spot=total.spot)
        findings |= _part_findings(view, total.parts, total.spot.value.amount)
    seller = find_seller(view, own_names)
    if seller is not None:
        findings["seller"] = seller
    days = SaleDays(view)
    if days.best is not None:
        findings["issue_date"] = Finding(value=days.best.day, quote=view.quote(days.best.spot))
        findings |= _hour(view, days.best.spot.page, days.best.spot.line)
    currency = find_currency(view, Totals(chosen=chosen))
    if currency is not None and not _has_no_cents(currency[0], chosen):
        findings["currency"] = Finding(value=currency[0], quote=currency[1])
    elif (dollars := _dollars(view)) is not None:
        findings["currency"] = dollars
    numbers, _ = assign_numbers(view, None, ())
    if numbers:
        values = {kind: value for kind, (value, _) in numbers.items()}
        party = Party.model_validate({"name": seller.value if seller else None, **values})
        findings["seller_details"] = Finding(value=party, quote=next(iter(numbers.values()))[1])
    findings |= _payment(view, findings)
    return _PaperReceipt(view=view, findings=findings, own_names=tuple(own_names))


def _has_no_cents(currency: str, chosen: Mapping[str, ChosenAmount]) -> bool:
    """Tell whether the total cannot be in *currency*, which has no cents: "6 FT" is a length."""
    return currency in WITHOUT_CENTS and any(choice.amount % 1 for choice in chosen.values())


def _dollars(view: PageView) -> Finding | None:
    """Give the dollar where it stands beside amounts and the address is of one of the United States."""
    for spot in view.amounts if is_in_a_state(view) else ():
        text = view.text_of(spot)
        if "$" in text:
            return Finding(value="USD", quote=view.quote(spot))
    return None


def _part_findings(view: PageView, parts: TotalParts, total: Decimal) -> dict[str, Finding]:
    """Give what makes the total, each amount with its place."""
    spots = {
        "amount_paid": parts.paid,
        "change_given": parts.change,
        "total_net": parts.net,
        "total_vat": parts.vat_total,
    }
    findings = {
        name: Finding(value=abs(spot.value.amount), quote=view.quote(spot))
        for name, spot in spots.items()
        if spot is not None
    }
    if parts.rounding is not None and parts.before_rounding is not None:
        quote = view.quote(parts.rounding)
        findings["rounding"] = Finding(value=total - parts.before_rounding, quote=quote)
    if parts.vat:
        findings["vat"] = Finding(value=parts.vat)
    if parts.lines:
        sold = tuple(ReceiptLine(name=_sold_name(row.text), amount=row.last) for row in parts.lines)
        findings["lines"] = Finding(value=sold, quote=view.quote(parts.lines[0].spots[0]))
    return findings


def _sold_name(text: str) -> str | None:
    """Give the words of a line without its amounts."""
    name = re.sub(r"(?:\s+\S*\d[.,]\d\d\S*(?:\s+\S{1,3})?)+\s*$", "", f" {text}").strip(" .:*-")
    return name if re.search(r"[^\W\d_]{2}", name) else None


_CLOCK = re.compile(
    r"(?<![\d:.,/-])(?P<hour>[01]?\d|2[0-3])\s?[:h]\s?(?P<minute>[0-5]\d)(?:\s?[:.]\s?[0-5]\d)?"
    r"(?:\s?(?P<half>[AaPp])\.?[Mm]\b)?(?![\d:])"
)
_HOUR_WORD = re.compile(r"\b(?:time|heure|uhrzeit|zeit|tijd|ora|hora|godz\w*)\b")


def _hour(view: PageView, page: int, line: int) -> dict[str, Finding]:
    """Give the hour of the sale: on the line of its day, else the one that a word calls so."""
    on_line, called = [], []
    for number, piece in view.all_pieces():
        beside = number == page and piece.line == line
        for match in _CLOCK.finditer(piece.text):
            clock = (
                _clock(match),
                view.quote_span(number, piece.start + match.start(), piece.start + match.end()),
            )
            if beside:
                on_line.append(clock)
            elif _HOUR_WORD.search(folded(piece.text[: match.start()])) or _hour_word_before(
                view, number, piece
            ):
                called.append(clock)
    for clocks in (on_line, called):
        if len({hour for hour, _ in clocks}) == 1:
            return {"sale_time": Finding(value=clocks[0][0], quote=clocks[0][1])}
    return {}


def _hour_word_before(view: PageView, page: int, piece: Any) -> bool:
    left = [p.text for p in view.pieces[page] if p.line == piece.line and p.end <= piece.start]
    return bool(left) and bool(_HOUR_WORD.search(folded(left[-1])))


def _clock(match: re.Match[str]) -> str:
    hour, half = int(match["hour"]), (match["half"] or "").lower()
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    return f"{hour:02d}:{match['minute']}"


_CARD = re.compile(r"(?:[*•#]|(?<![a-z])[xX]){2,}[\s*•#xX.-]*(?:[A-Z]{2,12}\s?)?(?P<last>\d{4})(?!\d)")


def _payment(view: PageView, findings: Mapping[str, Finding]) -> dict[str, Finding]:
    """Give how it was paid, where the lines of payment name one way, and the end of the card's number."""
    means = sorts_of_words("means")
    total = findings.get("total_gross")
    paid = findings.get("amount_paid")
    amounts = {abs(f.value) for f in (total, paid) if f is not None}
    ways: dict[str, Any] = {}
    for row in receipt_rows(view):
        if "paid" in row.topics and "change" not in row.topics and abs(row.last) in amounts:
            for word in words_in(row.text):
                for way in means.get(word, ()):
                    ways.setdefault(way, view.quote(row.spots[-1]))
    cards: dict[str, Any] = {}
    for number, piece in view.all_pieces():
        for match in _CARD.finditer(piece.text):
            start = piece.start + match.start("last")
            cards.setdefault(match["last"], view.quote_span(number, start, start + 4))
    told = {}
    if len(ways) == 1:
        told["payment_means"] = Finding(value=next(iter(ways)), quote=next(iter(ways.values())))
    elif not ways and len(cards) == 1:
        told["payment_means"] = Finding(value="card", quote=next(iter(cards.values())))
    if len(cards) == 1:
        told["card_last4"] = Finding(value=next(iter(cards)), quote=next(iter(cards.values())))
    return told


def _other_payments(view: PageView, total: Decimal, parts: TotalParts) -> Iterator[PlacedValue[PageAmount]]:
    """Give what was paid and is not *total*: less, or another amount by card, which gives no change."""
    rows = [r for r in receipt_rows(view) if "paid" in r.topics and not r.topics & NOT_PAID and r.last]
    if parts.paid is not None or sum(abs(row.last) for row in rows) == abs(total):
        return
    for row in rows:
        ways = {way for word in words_in(row.text) for way in sorts_of_words("means").get(word, ())}
        if abs(row.last) < abs(total) or "card" in ways:
            yield row.spots[-1]


@dataclass(frozen=True, kw_only=True)
class _PaperReceipt:
    """What was read from the pages of one receipt."""

    view: PageView
    findings: Mapping[str, Finding]
    own_names: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """A day and a total stand on it."""
        return {"issue_date", "total_gross"} <= self.findings.keys()

    @property
    def identity(self) -> tuple[object, ...]:
        """What two pictures of one receipt have in common."""
        return tuple(
            self.findings[name].value if name in self.findings else None
            for name in ("issue_date", "sale_time", "total_gross")
        )

    @cached_property
    def _opinions(self) -> Mapping[str, FieldOpinion]:
        made = {
            "seller": self._of_seller,
            "issue_date": self._of_day,
            "total_gross": self._of_total,
            "currency": self._of_currency,
        }
        return {name: judge(self.findings[name]) for name, judge in made.items() if name in self.findings}

    def reading(self, several: int = 1) -> Reading:
        """Make the reading, with the checks that need the page."""
        rivals = {name: self._told(o.rivals) for name, o in self._opinions.items() if o.rivals}
        checks = [name_rivals(check, self.findings, rivals) for check in self._checks()]
        failed = {name for check in checks if check.passed is False for name in check.fields}
        tied = frozenset(name for name, opinion in self._opinions.items() if opinion.tied)
        return Reading(
            reader="layout",
            findings=self.findings,
            checks=tuple(checks),
            several=several,
            rivals=rivals,
            tied=tied,
            upheld=frozenset(name for name in tied - failed if not self._opinions[name].open),
            judged_with=self._judged_with,
        )

    def _judged_with(self, values: Mapping[str, Finding]) -> Reading:
        """Judge the page with other values in some fields; what made another total falls with it."""
        changed = {
            n: f for n, f in values.items() if n not in self.findings or self.findings[n].value != f.value
        }
        kept = dict(self.findings)
        total = changed.get("total_gross")
        if total is not None:
            amount = bare_value(total.value)
            kept = {name: finding for name, finding in kept.items() if name not in _OF_TOTAL}
            if isinstance(amount, Decimal):
                kept |= _part_findings(self.view, parts_of(self.view, amount), amount)
        return replace(self, findings={**kept, **changed}).reading()

    def _told(self, rivals: Sequence[FieldRival]) -> tuple[FieldRival, ...]:
        """Put what leaves a field open first, each with the words beside it."""
        ordered = sorted(rivals, key=lambda rival: rival.why is not None)
        return tuple(
            replace(rival, label=words_beside(self.view, rival.quote)) if rival.quote else rival
            for rival in ordered
        )

    def _checks(self) -> Iterator[Check]:
        for name, opinion in self._opinions.items():
            value = self.findings[name].value
            if opinion.open:
                detail = say(
                    "{field}: {value} stands there, but it may be something else.",
                    field=field_name(name),
                    value=value,
                )
                yield Check(name="unique", passed=False, detail=detail, fields=(name,))
            elif not opinion.tied:
                detail = say(
                    "{field}: {value} stands there, but nothing says that it is this.",
                    field=field_name(name),
                    value=value,
                )
                yield Check(name="tied", passed=False, detail=detail, fields=(name,))
        refused = find_title(self.view).not_booked
        if refused is not None:
            yield Check(name="is_receipt", passed=False, detail=refused, fields=("total_gross",))
        if self.view.recognised:
            yield recognition_check(list(self._read_once()))

    def _read_once(self) -> Iterator[str]:
        """Name what was recognised from a picture, stands there once and is made by nothing."""
        values = {n: f.value for n, f in self.findings.items()}
        record = Receipt.model_construct(**values)
        for name, kind in READ_TWICE.items():
            if name not in values or (name == "total_gross" and total_upheld(record, check_receipt(record))):
                continue
            if sum(1 for _ in spans_of_value(values[name], kind, self.view.text)) < _TWICE:
                yield name

    # -- what else each field could be

    def _of_seller(self, finding: Finding) -> FieldOpinion:
        return seller_opinion(self.view, finding, self.findings.get("seller_details"), self.own_names)

    def _of_day(self, finding: Finding) -> FieldOpinion:
        return SaleDays(self.view).opinion(finding.value) if isinstance(finding.value, date) else _UNTIED

    def _of_total(self, finding: Finding) -> FieldOpinion:
        total = bare_value(finding.value)
        if not isinstance(total, Decimal):
            return _UNTIED
        parts = parts_of(self.view, total)
        made = say("It is a part of what makes the total.")
        rivals = {
            spot.value.amount: FieldRival(
                value=spot.value.amount, quote=self.view.quote(spot), why=made if explained else None
            )
            for spot, explained in called_totals(self.view, total, parts)
        }
        for spot in _other_payments(self.view, total, parts):
            paid = spot.value.amount
            rivals.setdefault(paid, FieldRival(value=paid, quote=self.view.quote(spot)))
        tied = is_called_total(self.view, total) and bool(parts.laws)
        return FieldOpinion(tied=tied, rivals=tuple(rivals.values()))

    def _of_currency(self, finding: Finding) -> FieldOpinion:
        total = self.findings.get("total_gross")
        own = Counter(
            s.value.currency
            for s in self.view.amounts
            if total is not None and s.value.amount == bare_value(total.value) and s.value.currency
        )
        why: Phrase | None = say("The total is in another currency.") if set(own) == {finding.value} else None
        others = {c.value: c for c in currency_candidates(self.view) if c.value != finding.value}
        return FieldOpinion(
            tied=True,
            rivals=tuple(
                FieldRival(value=code, quote=self.view.quote_span(c.page, c.start, c.end), why=why)
                for code, c in others.items()
            ),
        )


_UNTIED = FieldOpinion(tied=False)
_TWICE = 2
_OF_TOTAL = frozenset({"total_net", "total_vat", "vat", "rounding", "amount_paid", "change_given", "lines"})
