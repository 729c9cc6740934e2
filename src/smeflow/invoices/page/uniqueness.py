"""Ask of each required field what else on the pages could be it: only what has no rival is proven.

A value is unique where something ties it to its field (its own label, the title's line, a block with a valid
identifier) that every other candidate of its kind lacks. What ties another candidate to something else, an
order's label or a row of the table, explains it; what nothing explains stays a rival, and the field open.
These are laws, whoever chose the value. Only what has no label of the field may be set aside by how far the
learned chooser has it behind.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from smeflow._text import folded
from smeflow.documents.document import Quote
from smeflow.extract.labels import LabelHit
from smeflow.i18n import Phrase, say
from smeflow.invoices.page.assignment import Facts
from smeflow.invoices.page.candidates import currency_candidates, number_key
from smeflow.invoices.page.choices import facts_of
from smeflow.invoices.page.dates import HEAD, assigned_dates, has_town, is_of_number, is_of_other_paper
from smeflow.invoices.page.exclusion import OTHER_DATES, Exclusion, FieldOpinion
from smeflow.invoices.page.firm_ties import SellerLaws
from smeflow.invoices.page.heading import DocumentTitle, called_invoices, labelled_numbers
from smeflow.invoices.page.headings import reminds_of_another
from smeflow.invoices.page.labelled_amounts import fits_of_field
from smeflow.invoices.page.other_sums import (
    amounts_aside,
    is_called_otherwise,
    is_converted,
    is_in_row_of_another,
)
from smeflow.invoices.page.sums import are_tied, has_own_label, may_be_net_and_vat
from smeflow.invoices.page.surroundings import is_broken, is_cut
from smeflow.invoices.page.totals import is_currency_of_sums
from smeflow.invoices.page.vat_and_payment import FitTable
from smeflow.invoices.page.vat_by_rate import makes_total, rate_rows
from smeflow.invoices.page.view import PageDate, PageView, PlacedValue
from smeflow.invoices.record import CORRECTING_KINDS
from smeflow.kinds.field_names import field_name
from smeflow.kinds.records import Check, FieldRival, Finding

AHEAD = 0.5
"""What the laws find unique must be so far ahead for the chooser, which is another opinion."""
FAR_BEHIND = 3.0
"""A rival without a label of its own that is so far behind is none; set by hand, above the margins."""
LEFT = 2.2
"""By so much must the chooser be ahead where a value is tied only by what explains all others."""
MOST_AMOUNTS = 300
"""Of more different amounts not every sum is tried, and the totals are not proven."""
_TOTALS = ("total_net", "total_vat", "total_gross")


@dataclass(frozen=True, kw_only=True)
class Uniqueness:
    """What else the required fields of one paper could be."""

    view: PageView
    title: DocumentTitle
    findings: Mapping[str, Finding]
    own_names: Sequence[str] = ()
    margins: Mapping[str, float] = field(default_factory=dict)
    """How far the chooser has the next value behind, by field, as the logarithm of odds."""

    @cached_property
    def opinions(self) -> Mapping[str, FieldOpinion]:
        """The fields that were read, with what speaks against each."""
        made = {
            "issue_date": self._of_date,
            "number": self._of_number,
            "seller": self._of_seller,
            "total_gross": self._of_totals,
            "currency": self._of_currency,
        }
        return {name: judge(self.findings[name]) for name, judge in made.items() if name in self.findings}

    @property
    def checks(self) -> tuple[Check, ...]:
        """A failed check for each field that could be something else, or that nothing ties to its value."""
        return tuple(
            Check(name="unique", passed=False, detail=detail, fields=(name,))
            if opinion.open
            else Check(name="tied", passed=False, detail=detail, fields=(name,))
            for name, opinion in self.opinions.items()
            if (detail := self._doubt(name, opinion)) is not None
        )

    @property
    def rivals(self) -> dict[str, tuple[FieldRival, ...]]:
        """What else each field could have been, what leaves it open first."""
        told = {
            name: (*o.open, *(r for r in o.rivals if r.why is not None)) for name, o in self.opinions.items()
        }
        return {name: rivals for name, rivals in told.items() if rivals}

    def settles(self, check: Check) -> bool:
        """Tell whether the laws find unique what the chooser's own margin leaves in doubt."""
        name = check.fields[0] if len(check.fields) == 1 else ""
        name = "total_gross" if name in _TOTALS else name  # the three stand and fall together
        opinion = self.opinions.get(name)
        ahead = self.margins.get(name, 0.0) >= AHEAD
        return opinion is not None and opinion.tied and not opinion.open and ahead

    def _doubt(self, name: str, opinion: FieldOpinion) -> Phrase | None:
        value = str(self.findings[name].value)
        if opinion.open:
            rivals = ", ".join(dict.fromkeys(str(rival.value) for rival in opinion.open))
            return say(
                "{field}: {value} or {rival} could be it.", field=field_name(name), value=value, rival=rivals
            )
        if not opinion.tied:
            return say(
                "{field}: {value} stands there, but nothing says that it is this.",
                field=field_name(name),
                value=value,
            )
        return None

    @cached_property
    def _facts(self) -> Facts:
        return facts_of(self.view)

    @cached_property
    def _labels(self) -> Exclusion:
        return Exclusion(self.view, self.title)

    @property
    def _corrects(self) -> bool:
        """The paper is a credit note, or corrects an invoice: it names another one."""
        kind = self.findings.get("kind")
        return kind is not None and kind.value in CORRECTING_KINDS

    def _is_ahead(self, name: str) -> bool:
        """Tell whether the chooser agrees with what is left when all else is explained."""
        return self.margins.get(name, 0.0) >= LEFT

    # -- dates

    def _of_date(self, finding: Finding) -> FieldOpinion:
        owners = {(o.spot.page, o.spot.start): o.label for o in assigned_dates(self.view)}
        tied, strong, in_letter, rivals = False, False, False, []
        number = str(self.findings["number"].value) if "number" in self.findings else None
        corrects = self._corrects
        for spot in self.view.dates:
            label = owners.get((spot.page, spot.start))
            hit = label.hit if label is not None else None
            if hit is not None and hit.weak and hit.end - hit.start < _A_WORD:
                hit = None  # "le" and "of" stand before every date
            if finding.value in (spot.value.value, spot.value.other):
                # "Date" heads a column of lines; "Zugehörige Rechnung vom" is another's day
                own = (
                    label is not None
                    and self._labels.begins_cell(label)
                    and label.hit.field == "issue_date"
                    and (hit is not None or self._labels.stands_alone_under(label))
                    and not (label.hit.weak and self._labels.in_table(spot))
                )
                in_line = is_of_number(self.view, spot, number) or self._in_title(spot.page, spot.line)
                tied = tied or own or in_line
                in_letter = in_letter or has_town(self.view, spot)
                strong = strong or (own and label is not None and not label.hit.weak and not corrects)
            else:
                rivals.append((spot, hit))
        terms = self._labels.fits_terms(finding.value, self._facts.terms)
        letter_only = in_letter and not tied
        tied = tied or in_letter
        told = [
            FieldRival(value=spot.value.value, quote=self.view.quote(spot), why=why)
            for spot, hit in rivals
            if (why := self._other_date(spot, hit, by_terms=terms, strong=strong, far=not letter_only))
            or not tied
            or self._may_be(spot, hit)
        ]
        left = self._is_ahead("issue_date") and (
            self._labels.date_is_left(finding.value)
            or (terms and all(rival.why is not None for rival in told))
        )
        return FieldOpinion(tied=tied or left, rivals=tuple(told))

    def _other_date(
        self,
        spot: PlacedValue[PageDate],
        hit: LabelHit | None,
        *,
        by_terms: bool,
        strong: bool,
        far: bool,
    ) -> Phrase | None:
        """Say what another date is; None where nothing does.

        Where a payment term leads from the date that was read to the day it is due, it must lead from
        this one too. Where the date that was read has a label that says day of issue in full, which is
        *strong*, one without any label, and not on a letter's line for it, is another. Where it is *far*
        behind for the chooser counts only beside a tie better than a letter's line, and for none on such a
        line.
        """
        if hit is not None and hit.field in OTHER_DATES:
            return say("Its label says that it is another date.")
        number = str(self.findings["number"].value) if "number" in self.findings else None
        of_other = number is not None and is_of_other_paper(self.view, spot, number)
        if hit is not None and hit.field == "issue_date" and not (hit.weak and of_other):
            in_table = hit.weak and self._labels.in_table(spot)
            return say("It stands in a row or a period.") if in_table else None
        if self._labels.is_other_date(spot):
            return say("Its label says that it is another date.")
        if self._labels.in_row(spot):
            return say("It stands in a row or a period.")
        if of_other:
            return say("It stands with the number of another paper.")
        on_line = is_of_number(self.view, spot, number) or has_town(self.view, spot)
        if strong and not on_line and not self._in_title(spot.page, spot.line):
            return say("A label calls another day the day of issue, and none this one.")
        if by_terms and not self._labels.fits_terms(spot.value.value, self._facts.terms):
            return say("The payment terms lead from another day to the one that is due.")
        return self._far_behind("issue_date") if far and not on_line else None

    def _far_behind(self, name: str) -> Phrase | None:
        """Say of a rival without the field's own label that nothing around it speaks for it."""
        far = self.margins.get(name, 0.0) >= FAR_BEHIND
        return say("What stands around it speaks for something else.") if far else None

    def _may_be(self, spot: PlacedValue[PageDate], hit: LabelHit | None) -> bool:
        """Tell whether a date has the right label too, or stands in the head, where that of a paper is."""
        return hit is not None or (spot.page == 0 and spot.box.top < HEAD)

    # -- numbers

    def _of_number(self, finding: Finding) -> FieldOpinion:
        mine, key = _bare(str(finding.value)), number_key(str(finding.value))
        numbers = [n for n in labelled_numbers(self.view, "number", self.title) if n.score > 0]
        own = [n for n in numbers if _bare(n.text) == mine and n.score >= _OWN_LABEL]
        left = self._is_ahead("number") and self._labels.number_is_left(key, self.margins["number"])
        asked = labelled_numbers(self.view, "payment_reference", self.title)
        named = {n.quote.start for n in asked if _bare(n.text) == mine}  # a payment is to name it
        known = bool(named - {finding.quote and finding.quote.start}) or self._labels.number_by_form(key)
        left = left or (known and self.margins.get("number", 0.0) >= AHEAD)
        sure = {n.quote.start for n in own if n.score >= _NUMBER_WORD}
        # without a word for a number ("Rechnung 12", or below the title) all else must be something else
        cut = is_cut(self.view, finding.quote) or is_broken(self.view, finding.quote)
        tied = (bool(sure) or left) and not cut
        others = {_bare(n.text): n for n in numbers if _bare(n.text) != mine}
        before = self.findings.get("preceding_invoice")
        if self._corrects:
            called = {_bare(n.text) for n in called_invoices(self.view)}
            tied = tied and before is not None and mine not in called  # it may be that of the other invoice
        rivals = []
        for key, number in others.items():
            is_before = before is not None and key == _bare(str(before.value))
            why = say("It is the number of the invoice before.") if is_before else None
            if why is None and is_cut(self.view, number.quote):
                why = say("It goes on: it is a part of a number.")
            if why is None and reminds_of_another(self._line_of(number.quote)):
                why = say("It stands with the number of another paper.")
            why = why or (self._far_behind("number") if number.score < _OWN_LABEL else None)
            rivals.append(FieldRival(value=number.text, quote=number.quote, why=why))
        for name in ("other_number", "preceding_invoice"):
            for number in labelled_numbers(self.view, name, self.title):
                again = sure and number.score <= _BARE and number.quote.start not in sure
                if _bare(number.text) == mine and not again:
                    tied = False
        return FieldOpinion(tied=tied, rivals=tuple(rivals))

    def _in_title(self, page: int, line: int) -> bool:
        quote = self.title.quote
        if quote is None or quote.start is None or self.view.pages[page].number != quote.page:
            return False
        return any(p.line == line and p.start <= quote.start < p.end for p in self.view.pieces[page])

    def _of_seller(self, finding: Finding) -> FieldOpinion:
        laws = SellerLaws(
            view=self.view,
            findings=self.findings,
            own_names=self.own_names,
            far_behind=self._far_behind("seller"),
            margin=self.margins.get("seller", 0.0),
        )
        return laws.opinion(finding)

    # -- amounts

    def _of_totals(self, finding: Finding) -> FieldOpinion:
        chosen = [abs(self.findings[name].value) if name in self.findings else None for name in _TOTALS]
        net, vat, gross = chosen
        labelled = {name: fits_of_field(self.view, name, credit=True) for name in (*_TOTALS, "amount_due")}
        if gross is None or net is None or vat is None:
            return FieldOpinion(tied=False)
        printed = {abs(s.value.amount) for s in self.view.amounts if s.value.money and s.value.amount}
        if len(printed) > MOST_AMOUNTS:
            return FieldOpinion(tied=False)
        parts = self.findings["vat"].value if "vat" in self.findings else ()
        tied = are_tied(self.view, (net, vat, gross), labelled, rates=self._legal_rates, parts=parts)
        reckoned = not {gross, *(() if len(parts) > 1 else (net,))} <= {*printed, Decimal(0)}
        words = self._page_of(finding.quote).split()
        spaced = 2 * sum(len(word) == 1 for word in words) > len(words)  # its own sums are cut in letters
        rivals = [
            FieldRival(value=other, quote=self._quote_of(other), why=self._other_sum(other))
            for other in self._other_totals(gross, printed, labelled)
            if not self._is_part(other, (net, vat, gross), labelled)
        ]
        aside = gross and gross in amounts_aside(self.view)
        return FieldOpinion(tied=tied and not (reckoned or spaced or aside), rivals=tuple(rivals))

    def _is_part(
        self, other: Decimal, sums: tuple[Decimal, Decimal, Decimal], labelled: Mapping[str, FitTable]
    ) -> bool:
        """Tell whether another total is no more than the VAT, or the net where labels name both."""
        named = zip((_TOTALS[0], _TOTALS[2]), (sums[0], sums[2]), strict=True)
        own = all(has_own_label(labelled[name], amount) for name, amount in named)
        return other <= sums[1] or (other == sums[0] and own)

    def _page_of(self, quote: Quote | None) -> str:
        return next((p.text for p in self.view.pages if quote and p.number == quote.page), self.view.text)

    def _line_of(self, quote: Quote) -> str:
        text, start = self._page_of(quote), quote.start or 0
        return text[text.rfind("\n", 0, start) + 1 :].partition("\n")[0]

    def _other_sum(self, amount: Decimal) -> Phrase | None:
        """Say what another total is; None where nothing does."""
        if amount in amounts_aside(self.view):
            return say("What stands beside or over it says that it sums something else.")
        spots = [s for s in self.view.amounts if s.value.money and abs(s.value.amount) == amount]
        currency = self.findings.get("currency")
        if currency is not None and is_converted(self.view, spots, str(currency.value)):
            return say("It is in another currency.")
        issued = self.findings["issue_date"].value if "issue_date" in self.findings else None
        if spots and all(
            is_called_otherwise(self.view, spot) or is_in_row_of_another(self.view, spot, issued)
            for spot in spots
        ):
            return say("Its label or its row says that it is another amount, or another paper's.")
        number = self.findings.get("number")
        digits = re.sub(r"\D", "", str(number.value)) if number is not None else ""
        if amount == amount.to_integral_value() and digits == str(int(amount)):
            return say("It is the invoice's number.")
        return None

    @cached_property
    def _legal_rates(self) -> frozenset[Decimal]:
        return self._facts.rates

    def _other_totals(
        self, gross: Decimal, printed: AbstractSet[Decimal], labelled: Mapping[str, FitTable]
    ) -> Iterator[Decimal]:
        """Give the total of every other net and VAT that add up, where one of the three is labelled.

        A greater amount that is labelled as the total counts without them. The rates and the lines of this
        invoice are its parts, and no others.
        """
        rates = [rate for rate in self._legal_rates if rate > 0]
        parts = {(row.base, row.amount) for row in rate_rows(self.view, credit=True)}
        lines = self.findings["lines"].value if "lines" in self.findings else ()
        of_lines = {abs(line.net) for line in lines if line.net is not None}
        for other in sorted(printed - {gross}, reverse=True):
            pairs = ((other - tax, tax) for tax in printed if tax < other / 3 and other - tax in printed)
            sums = [
                (base, tax)
                for base, tax in pairs
                if (base, tax) not in parts
                and base not in of_lines
                and may_be_net_and_vat(base, tax, rates, labelled)
            ]
            named = other in labelled["total_gross"]
            parts_named = any(b in labelled["total_net"] or t in labelled["total_vat"] for b, t in sums)
            follows = named and (other > gross or makes_total(self.view, other, labelled["total_net"]))
            if (named and sums) or follows or parts_named:
                yield other

    def _quote_of(self, amount: Decimal) -> Quote | None:
        spot = next((s for s in self.view.amounts if abs(s.value.amount) == amount), None)
        return self.view.quote(spot) if spot else None

    # -- the currency

    def _of_currency(self, finding: Finding) -> FieldOpinion:
        names = (*_TOTALS, "amount_due")
        sums = {abs(self.findings[name].value) for name in names if name in self.findings}
        others = {c.value: c for c in currency_candidates(self.view) if c.value != finding.value}
        told = is_currency_of_sums(self.view, str(finding.value), sums)
        why = say("The total is in another currency.") if told else None
        rivals = [
            FieldRival(value=code, quote=self.view.quote_span(c.page, c.start, c.end), why=why)
            for code, c in others.items()
        ]
        return FieldOpinion(tied=True, rivals=tuple(rivals))


_OWN_LABEL = 1.5
"""What a number scores behind a label of its own, or in or under the title."""
_NUMBER_WORD, _BARE = 2.5, -1.0
"""What a number scores behind its label with a word for number; what one scores behind "Reference"."""
_A_WORD = 4
"""Letters of a label that is a word, such as "Date"; "le" and "of" stand in every sentence."""


def _bare(number: str) -> str:
    return re.sub(r"[\s#]", "", folded(number))
