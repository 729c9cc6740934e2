"""Read an invoice from its pages without a model: what is labelled, adds up and leaves no doubt."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from smeflow._text import folded
from smeflow.documents.document import Document, Page
from smeflow.extract.labels import MOST_CHARACTERS
from smeflow.i18n import Phrase, say
from smeflow.invoices.page.choices import Choices, choose
from smeflow.invoices.page.dates import contested_dates, find_dates_on_page
from smeflow.invoices.page.exclusion import number_of_form
from smeflow.invoices.page.features import FIELDS, key_of
from smeflow.invoices.page.heading import (
    DocumentTitle,
    FoundNumber,
    find_invoice_numbers,
    find_preceding,
    find_title,
)
from smeflow.invoices.page.lines import line_findings, net_of_column
from smeflow.invoices.page.other_sums import takes_back
from smeflow.invoices.page.parties import Parties, account_finding, find_parties, party_findings
from smeflow.invoices.page.receipts import receipt_findings
from smeflow.invoices.page.rivals import (
    fields_upheld,
    margins_of,
    name_rivals,
    other_findings,
    told_rivals,
    without_fields,
)
from smeflow.invoices.page.settled import (
    another_tax,
    chosen_parties,
    confirmed_by_repetition,
    due_in_full,
    reason_for_no_vat,
    settle,
    too_many,
)
from smeflow.invoices.page.totals import Totals, find_currency, find_totals, home_currency
from smeflow.invoices.page.uniqueness import Uniqueness
from smeflow.invoices.page.view import PageView
from smeflow.invoices.record import CORRECTING_KINDS, Invoice
from smeflow.kinds.records import Check, Finding, Labels, Reading, SupplierLookup

_LEAST = 1.5
"""The score of a label that tells an invoice's number."""
_CLOSE = 0.3
"""Two invoice numbers whose labels differ by less than this are both possible."""


def read_invoice(
    documents: Sequence[Document],
    *,
    company_names: Sequence[str] = (),
    company_ids: Sequence[str] = (),
    labels: Labels | None = None,
    suppliers: SupplierLookup | None = None,
) -> Reading | None:
    """Read the invoice on the pages of *documents*; None where there is no page with words.

    *company_names* and *company_ids* are the firm's own: whoever bears them is the buyer.
    *suppliers* knows who sold before: by a number, then by a name. A quote, order,
    delivery note, pro forma, statement or reminder is a problem and a failed check, never read as an
    invoice. ``several`` counts different invoices, in one document or in several; the first is read.
    """
    firm = _OwnFirm(names=tuple(company_names), ids=tuple(company_ids), suppliers=suppliers)
    sheets = [sheet for document in _with_pages(documents) for sheet in _sheets(document, firm, labels)]
    invoices = [sheet for sheet in sheets if sheet.is_invoice]
    if not invoices:
        refused = [s for s in sheets if s.title.not_booked]
        best = max(sheets, key=lambda s: (s in refused, len(s.findings)), default=None)
        return best.reading(1) if best and (best.findings or best.title.not_booked) else None
    different: list[_Sheet] = []
    for sheet in sorted(invoices, key=lambda s: -len(s.findings)):
        if not any(sheet.same_as(other) for other in different):
            different.append(sheet)
    first = next(s for s in invoices if any(s.same_as(d) for d in different))
    best = next(d for d in different if first.same_as(d))
    return best.reading(len(different), [s.number.text for s in different if s.number])


@dataclass(frozen=True, slots=True, kw_only=True)
class _OwnFirm:
    names: tuple[str, ...]
    ids: tuple[str, ...]
    suppliers: SupplierLookup | None = None


def _with_pages(documents: Sequence[Document]) -> list[Document]:
    """Give the documents that may be an invoice; a mail's own text only where it has no files."""
    inside = [d for outer in documents for d in outer.walk() if not d.media_type.endswith("xml")]
    readable = [d for d in inside if any(p.text.strip() for p in d.pages)]
    files = [d for d in readable if d.media_type == "application/pdf" or d.media_type.startswith("image/")]
    unique: dict[str | int, Document] = {}
    for index, document in enumerate(files or readable):
        unique.setdefault(document.sha256 or index, document)
    return list(unique.values())


def _sheets(document: Document, firm: _OwnFirm, labels: Labels | None) -> list["_Sheet"]:
    """Read a document; where its pages bear different invoice numbers and totals, each stretch by itself."""
    undivided = _read_sheet(document, document.pages, firm, labels)
    if len(document.pages) < 2:
        return [undivided]
    groups: list[tuple[str, list[Page]]] = []
    for page in document.pages:
        view = PageView(document, (page,), labels)
        title = find_title(view)
        numbers = [n for n in find_invoice_numbers(view, title) if n.score >= 2.7]
        number = folded(numbers[0].text) if len(numbers) == 1 and title.kind else ""
        last_number, pages = groups[-1] if groups else ("", [])
        if not groups or (number and last_number and last_number != number):
            groups.append((number, [page]))
        else:
            groups[-1] = (last_number or number, [*pages, page])
    if len({number for number, _ in groups}) < 2:
        return [undivided]
    parts = [_read_sheet(document, pages, firm, labels) for _, pages in groups]
    return parts if sum(part.closed for part in parts) > 1 else [undivided]


@dataclass(frozen=True, kw_only=True)
class _Sheet:
    """What was read from some pages of a document."""

    view: PageView
    title: DocumentTitle
    number: FoundNumber | None
    closed: bool
    """Net, VAT and gross are there and add up."""
    findings: Mapping[str, Finding]
    problems: tuple[Phrase, ...]
    checks: tuple[Check, ...] = ()
    """What may be something else."""
    own_names: tuple[str, ...] = ()
    choices: Choices | None = None
    joined: bool = False
    """The seller's name was put together of two lines."""
    placed: bool = False
    """Only its place on the page tells that it is the seller's."""

    @property
    def is_invoice(self) -> bool:
        """It calls itself an invoice or looks like one, and is nothing that must not be booked."""
        findings = self.findings
        return self.title.not_booked is None and (
            self.title.kind is not None or ("number" in findings and "total_gross" in findings)
        )

    def same_as(self, other: "_Sheet") -> bool:
        """Tell whether two sheets may be one invoice: equal in all that both have of number and total."""
        shared = {"number", "total_gross"} & self.findings.keys() & other.findings.keys()
        if self is other or not shared:
            return self is other or min(len(self.findings), len(other.findings)) < 4
        return all(self.findings[name].value == other.findings[name].value for name in shared)

    def reading(self, several: int, numbers: Sequence[str] = ()) -> Reading:
        """Make the reading, with the checks that need the page; the values themselves are judged later."""
        record = Invoice(**{name: finding.value for name, finding in self.findings.items()})
        unique = Uniqueness(
            view=self.view,
            title=self.title,
            findings=self.findings,
            own_names=self.own_names,
            margins=margins_of(self.view, self.findings, self.choices),
        )
        checks = [*(check for check in self.checks if not unique.settles(check)), *unique.checks]
        left_open = {name for check in checks if check.name == "unique" for name in check.fields}
        rivals = told_rivals(self.view, self.findings, self.choices, unique.rivals, left_open)
        problems = list(self.problems)
        if self.view.recognised:
            checks.append(confirmed_by_repetition(self.view, self.findings))
        checks += [*reason_for_no_vat(record), *another_tax(self.view, self.findings)]
        if self.joined:
            detail = say("The seller's name may go over two lines: {name}.", name=record.seller)
            checks.append(Check(name="one_line", passed=False, detail=detail, fields=("seller",)))
        tied = frozenset(name for name, opinion in unique.opinions.items() if opinion.tied)
        if self.placed and "seller" not in tied:
            detail = say(
                "Only its place on the page says that this is the seller: {name}.", name=record.seller
            )
            checks.append(Check(name="seller_told", passed=False, detail=detail, fields=("seller",)))
        if refused := self.title.not_booked:
            checks.append(Check(name="is_invoice", passed=False, detail=refused, fields=("kind",)))
        if several > 1:
            problems.append(say("{n} invoices are here: {numbers}.", n=several, numbers=", ".join(numbers)))
        return Reading(
            reader="layout",
            findings=self.findings,
            record=record,
            checks=tuple(name_rivals(check, self.findings, rivals) for check in checks),
            problems=tuple(problems),
            several=several,
            rivals=rivals,
            upheld=fields_upheld(unique, checks),
            tied=tied,
            judged_with=self._judged_with,
        )

    def _judged_with(self, values: Mapping[str, Finding]) -> Reading:
        """Judge the page with other values in some fields; what the chooser said of them is of no use."""
        findings = other_findings(self.findings, values)
        changed = {name for name in values if findings[name] is not self.findings.get(name)}
        same_seller = "seller" not in changed
        return replace(
            self,
            findings=findings,
            checks=tuple(check for check in self.checks if not changed.intersection(check.fields)),
            choices=without_fields(self.choices, changed),
            joined=self.joined and same_seller,
            placed=self.placed and same_seller,
        ).reading(1)


@dataclass(frozen=True, kw_only=True)
class _RuleReading:
    """What the rules of labels and sums found."""

    title: DocumentTitle
    number: FoundNumber | None
    totals: Totals
    parties: Parties
    findings: dict[str, Finding]
    problems: list[Phrase]
    left_open: frozenset[str]
    """Fields with several values that are as good."""


def _read_sheet(document: Document, pages: Sequence[Page], firm: _OwnFirm, labels: Labels | None) -> _Sheet:
    view = PageView(document, pages, labels)
    rules = _by_rules(view, firm)
    findings, seller = rules.findings, rules.parties.seller
    placed = bool(seller and seller.placed and seller.name == findings["seller"].value)
    scanned = view.is_receipt and view.recognised
    choices = None if scanned else choose(view, by_rules=_keys(findings), own_names=firm.names)
    if choices is None:
        return _Sheet(
            view=view,
            title=rules.title,
            number=rules.number,
            closed=rules.totals.closed,
            findings=findings,
            problems=tuple(rules.problems),
            checks=() if scanned else (too_many(findings),),
            own_names=firm.names,
            joined=bool(seller and seller.joined),
            placed=placed,
        )
    settled = settle(view, findings, choices, rules.left_open)
    findings = settled.findings
    if settled.closed:
        if settled.changed_sums or "lines" not in findings:
            findings |= line_findings(view, findings, credit=rules.title.kind == "credit_note")
        findings |= due_in_full(view, findings)
    parties = chosen_parties(view, rules.parties, findings, choices, firm.ids)
    for role in ("seller_details", "buyer_details"):
        findings.pop(role, None)
    findings |= party_findings(parties)
    return _Sheet(
        view=view,
        title=rules.title,
        number=_as_found(choices),
        closed=settled.closed,
        findings=findings,
        problems=tuple(rules.problems),
        checks=settled.checks,
        placed=placed and not choices.fields["seller"].ties and "seller" in findings,
        own_names=firm.names,
        choices=choices,
    )


def _as_found(choices: Choices) -> FoundNumber | None:
    choice = choices.fields["number"]
    if choice.candidate is None or choice.quote is None:
        return None
    return FoundNumber(
        text=str(choice.value), page=choice.candidate.page, score=choice.margin, quote=choice.quote
    )


def _keys(findings: Mapping[str, Finding]) -> dict[str, str]:
    return {name: key_of(name, findings[name].value) for name in FIELDS if name in findings}


def rule_choices(view: PageView) -> dict[str, str]:
    """Give the keys of what the rules choose for each field that is learned."""
    return _keys(_by_rules(view, _OwnFirm(names=(), ids=())).findings)


def _title(view: PageView) -> DocumentTitle:
    title = find_title(view)
    return replace(title, kind="credit_note") if title.kind == "corrected" and takes_back(view) else title


def _by_rules(view: PageView, firm: _OwnFirm) -> _RuleReading:
    title = _title(view)
    problems = [title.not_booked] if title.not_booked else []
    problems += [
        say("Of page {page} the first {limit} characters were searched.", page=number, limit=MOST_CHARACTERS)
        for number in view.cut
    ]
    numbers = find_invoice_numbers(view, title)
    number = _number(numbers, problems) if numbers else number_of_form(view)
    totals = find_totals(view, credit=title.kind == "credit_note")
    if totals.ambiguous:
        problems.append(say("The totals can be read in two ways, so they were left open."))
    findings: dict[str, Finding] = {}
    if number:
        findings["number"] = Finding(value=number.text, quote=number.quote)
    kind = title.kind or ("invoice" if number and number.score >= 2.5 and not title.not_booked else None)
    if kind and not title.receipt:
        findings["kind"] = Finding(value=kind, quote=title.quote or (number.quote if number else None))
    if kind in CORRECTING_KINDS:
        preceding = find_preceding(view, number.text if number else None)
        if preceding:
            findings["preceding_invoice"] = Finding(value=preceding.text, quote=preceding.quote)
    for name, day in find_dates_on_page(view, number.quote if number else None, title.quote).items():
        findings[name] = Finding(value=day.value, quote=day.quote, note=day.note)
    findings |= _amounts(view, totals)
    if totals.closed:
        findings |= line_findings(view, findings, credit=title.kind == "credit_note")
    elif "total_gross" in findings and not {"total_net", "total_vat"} & findings.keys():
        findings |= net_of_column(view, findings["total_gross"])
    if view.is_receipt:
        findings |= receipt_findings(view, findings)
    currency = find_currency(view, totals)
    parties = find_parties(view, own_names=firm.names, own_ids=firm.ids, suppliers=firm.suppliers)
    findings |= {name: finding for name, finding in party_findings(parties).items() if name not in findings}
    findings |= account_finding(view)
    if currency:
        findings["currency"] = Finding(value=currency[0], quote=currency[1])
    elif not view.is_receipt and home_currency(view, parties.seller_ids):
        note = say("No currency is printed; it is the one of the seller's country.")
        findings["currency"] = Finding(value="EUR", quote=None, note=note)
    return _RuleReading(
        title=title,
        number=number,
        totals=totals,
        parties=parties,
        findings=findings,
        problems=problems,
        left_open=_left_open(view, numbers, number, totals),
    )


def _left_open(
    view: PageView, numbers: Sequence[FoundNumber], number: FoundNumber | None, totals: Totals
) -> frozenset[str]:
    left_open = set(contested_dates(view))
    if number is None and numbers and numbers[0].score >= _LEAST:
        left_open.add("number")
    if totals.ambiguous:
        left_open |= {name for name, kind in FIELDS.items() if kind == "amounts"}
    return frozenset(left_open)


def _number(numbers: Sequence[FoundNumber], problems: list[Phrase]) -> FoundNumber | None:
    """Take the best number, unless another is as good."""
    if not numbers or numbers[0].score < _LEAST:
        return None
    rivals = [n for n in numbers[1:] if numbers[0].score - n.score < _CLOSE]
    if rivals:
        tied = ", ".join(n.text for n in (numbers[0], *rivals))
        problems.append(say("Several numbers may be the invoice's: {numbers}.", numbers=tied))
        return None
    return numbers[0]


def _amounts(view: PageView, totals: Totals) -> dict[str, Finding]:
    findings = {}
    for name, choice in totals.chosen.items():
        quote = view.quote(choice.spot) if choice.spot else choice.quote
        findings[name] = Finding(value=choice.amount, quote=quote, note=choice.note)
    if totals.closed:
        findings |= due_in_full(view, findings)
    if totals.vat:
        findings["vat"] = Finding(value=totals.vat)
    return findings
