"""The close of a month: what came, who has not written, what waits, what is due, what is not booked yet."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from statistics import median

from smeflow.books.export import ENTRY_ADAPTER, Preview, preview_batch, standing_entries
from smeflow.books.invoices import LedgerInvoice, days_of, finished, invoices_in, month_before, undecided
from smeflow.i18n import Language, Phrase, say
from smeflow.invoices.books.entries import signed_total
from smeflow.invoices.books.purchases import Purchase, RateSum, rate_name, sums_by_rate
from smeflow.invoices.claims import identities
from smeflow.invoices.record import Invoice
from smeflow.ledger.history import BookedRow, batches_of, booked_in
from smeflow.ledger.ledger import Ledger
from smeflow.ledger.rows import ItemRow, State
from smeflow.recipe.workspace import WorkspaceSettings

CellWriter = Callable[[object], str]
RHYTHMS = (1, 2, 3, 6, 12)
"""Months between two invoices that count as a habit."""
GRACE_DAYS = 5
"""An invoice dated so many days before or after a month may be that month's."""
_STUCK: tuple[State, ...] = ("review", "failed")
DUE_DAYS = 31
"""So many days behind the month what falls due is told."""


@dataclass(frozen=True, kw_only=True)
class MissingSupplier:
    """A supplier that writes regularly and has not for the month."""

    name: str
    months: int
    """It writes every so many months."""
    last: Invoice
    """Its last invoice."""
    usual: Decimal
    """The median of its invoices."""


@dataclass(frozen=True, kw_only=True)
class WaitingItem:
    """What a person has to decide, or nobody could read."""

    item: ItemRow
    record: Invoice | None
    why: Phrase


@dataclass(frozen=True, kw_only=True)
class MonthClose:
    """How a month stands."""

    period: str
    purchases: tuple[Purchase, ...]
    """What came of the month and is done, with its entry where it is booked."""
    currency: str
    missing: tuple[MissingSupplier, ...]
    waiting: tuple[WaitingItem, ...]
    open_items: int
    """What is not worked off yet."""
    due: tuple[LedgerInvoice, ...]
    """What falls due until a month after it, the earliest first; what was paid nobody told."""
    unbooked: Preview

    @property
    def records(self) -> list[Invoice]:
        """Give the invoices of the month in the firm's currency."""
        return [each.record for each in self.purchases if each.record.currency in (None, self.currency)]

    @property
    def rates(self) -> list[RateSum]:
        """Give what was charged at each rate of VAT."""
        return sums_by_rate(self.records)

    @property
    def total(self) -> Decimal:
        """Give the sum with VAT; credit notes are taken off."""
        return sum(map(signed_total, self.records), Decimal(0))

    @property
    def left_to_do(self) -> bool:
        """Whether something is missing, waits or is not booked."""
        unbooked = bool(self.unbooked.entries or self.unbooked.left_out)
        return bool(self.missing or self.waiting or self.open_items or unbooked)


def close_month(ledger: Ledger, workspace: WorkspaceSettings, period: str) -> MonthClose:
    """Look at a month as it stands; nothing is changed.

    Raises:
        ValueError: *period* is no month.
    """
    _, last = days_of(period)
    done = list(invoices_in(ledger, finished))
    undecided_ones = list(invoices_in(ledger, undecided))
    horizon = last + timedelta(days=DUE_DAYS)
    due = [e for e in done if e.record.due_date and days_of(period)[0] <= e.record.due_date <= horizon]
    recipes = {each.item.recipe for each in (*done, *undecided_ones)}
    waiting = tuple(_waiting(ledger, recipes, undecided_ones, period))
    unbooked = preview_batch(ledger, workspace, period=period)
    shown = {each.item.id for each in waiting}  # what waits for a person is not told twice
    left_out = tuple(each for each in unbooked.left_out if each.item.id not in shown)
    return MonthClose(
        period=period,
        purchases=tuple(month_purchases(ledger, workspace, period, done)),
        currency=workspace.company.currency,
        missing=tuple(missing_suppliers([each.record for each in (*done, *undecided_ones)], period)),
        waiting=waiting,
        open_items=sum(1 for recipe in recipes for _ in ledger.items(recipe, "open")),
        due=tuple(sorted(due, key=lambda each: (each.record.due_date or last, each.item.id))),
        unbooked=replace(unbooked, left_out=left_out),
    )


def month_purchases(
    ledger: Ledger,
    workspace: WorkspaceSettings,
    period: str,
    done: Sequence[LedgerInvoice] | None = None,
) -> list[Purchase]:
    """Give the finished invoices dated in *period*, each once, with the entry it is booked with."""
    journal = workspace.books.journal
    standing = standing_entries(booked_in(ledger.store, journal))
    numbers = entry_numbers(ledger, journal)
    seen: set[tuple[str, ...]] = set()
    purchases = []
    own = done if done is not None else list(invoices_in(ledger, finished))
    for each in sorted(own, key=lambda each: (each.item.id not in standing, each.item.id)):
        name = (*identities(each.record)[:1], each.record.number or "", each.item.version)
        if each.month != period or (each.record.number and name in seen):
            continue
        seen.add(name)
        row = standing.get(each.item.id)
        purchases.append(
            Purchase(
                record=each.record,
                file=each.item.name,
                entry=numbers.get(row.id, "") if row else "",
                account=_expense_account(row) if row else "",
            )
        )
    return sorted(purchases, key=lambda purchase: (purchase.entry, purchase.file))


def entry_numbers(ledger: Ledger, journal: str) -> dict[int, str]:
    """Give the number in the journal of each entry that left, by the row it stands in."""
    first = {batch.id: batch.first for batch in batches_of(ledger.store, journal)}
    numbers: dict[int, str] = {}
    nth: dict[int, int] = defaultdict(int)
    for row in booked_in(ledger.store, journal):
        numbers[row.id] = f"{journal}{first[row.batch] + nth[row.batch]:06d}"
        nth[row.batch] += 1
    return numbers


def _expense_account(row: BookedRow) -> str:
    return ENTRY_ADAPTER.validate_json(row.entry).postings[0].account


def missing_suppliers(invoices: Iterable[Invoice], period: str) -> list[MissingSupplier]:
    """Find who writes every month, every second, third, sixth or each year, and has not for *period*.

    A habit is three invoices in a row at that distance (two, where it is a year), the last at that distance
    from *period*.
    """
    by_supplier: dict[str, list[Invoice]] = {}
    names: dict[str, str] = {}
    for record in invoices:
        keys = identities(record)
        if keys and record.issue_date and record.kind != "credit_note":
            key = next((names[name] for name in keys if name in names), keys[0])
            names.update(dict.fromkeys(keys, key))
            by_supplier.setdefault(key, []).append(record)
    missing = []
    for records in by_supplier.values():
        months = _rhythm({f"{r.issue_date:%Y-%m}" for r in records}, period)
        if months and not _has_written(records, period):
            before = [r for r in records if (r.issue_date or date.max) <= days_of(period)[1]]
            last = max(before, key=lambda record: record.issue_date or date.min)
            amounts = [record.total_gross for record in records if record.total_gross is not None]
            usual = Decimal(median(amounts)) if amounts else Decimal(0)
            missing.append(MissingSupplier(name=last.seller or "?", months=months, last=last, usual=usual))
    return sorted(missing, key=lambda each: (-each.usual, each.name))


def _rhythm(months: set[str], period: str) -> int:
    """Give the distance in months at which somebody writes; 0 where there is no habit that *period* is in."""
    for distance in RHYTHMS:
        times = 2 if distance == max(RHYTHMS) else 3
        expected = {month_before(period, distance * n) for n in range(1, times + 1)}
        between = {month_before(period, n) for n in range(1, distance)}
        if expected <= months and not between & months:
            return distance
    return 0


def _has_written(records: Sequence[Invoice], period: str) -> bool:
    """Tell whether an invoice is dated in *period*, or so near to it that it may be meant for it."""
    first, last = days_of(period)
    days = sorted(record.issue_date for record in records if record.issue_date)
    if any(first <= day <= last + timedelta(days=GRACE_DAYS) for day in days):
        return True
    earlier = [day for day in days if f"{day:%Y-%m}" == month_before(period)]
    return len(earlier) > 1 and earlier[-1] >= first - timedelta(days=GRACE_DAYS)


def _waiting(
    ledger: Ledger, recipes: Iterable[str], undecided_ones: Sequence[LedgerInvoice], period: str
) -> Iterable[WaitingItem]:
    """Give what waits of the month, or of no day that is known."""
    holding = {each.item.id: each for each in undecided_ones}
    for each in holding.values():
        if each.month in (None, period):
            yield WaitingItem(item=each.item, record=each.record, why=each.item.reason.phrases[0])
    for recipe in sorted(recipes):
        for state in _STUCK:
            for item in ledger.items(recipe, state):
                reasons = item.reason.phrases
                if item.id not in holding and not finished(item) and reasons:
                    yield WaitingItem(item=item, record=None, why=reasons[0])


@dataclass(frozen=True, kw_only=True)
class CloseSection:
    """One question about the month and its answer: a table, or that there is nothing."""

    title: Phrase
    headings: tuple[Phrase, ...]
    rows: tuple[tuple[object, ...], ...]
    """Cells: texts, phrases, days, amounts."""
    nothing: Phrase


def close_sections(month: MonthClose) -> list[CloseSection]:
    """Put the month into words, question by question."""
    supplier, number, total, why = say("supplier"), say("number"), say("total with VAT"), say("why")
    day = days_of(month.period)[1] + timedelta(days=DUE_DAYS)
    return [
        CloseSection(
            title=say("Missing: they write regularly and have not"),
            headings=(supplier, say("how often"), say("last invoice"), number, say("usually")),
            rows=tuple(
                (each.name, _how_often(each.months), each.last.issue_date, each.last.number, each.usual)
                for each in month.missing
            ),
            nothing=say("Everybody who writes regularly has written."),
        ),
        CloseSection(
            title=say("Waiting for a person"),
            headings=(say("item"), say("invoice"), total, why),
            rows=tuple(map(_waiting_row, month.waiting)),
            nothing=say("Nothing waits."),
        ),
        CloseSection(
            title=say("Not booked yet"),
            headings=(say("invoice"), total, why),
            rows=tuple(_unbooked_rows(month.unbooked)),
            nothing=say("Everything that is finished is booked."),
        ),
        CloseSection(
            title=say("Due until {day}", day=day),
            headings=(say("due date"), supplier, number, say("to pay")),
            rows=tuple(
                (each.record.due_date, each.record.seller, each.record.number, _to_pay(each.record))
                for each in month.due
            ),
            nothing=say("Nothing falls due."),
        ),
        CloseSection(
            title=say("Purchases by rate of VAT, credit notes taken off"),
            headings=(say("rate"), say("net"), say("VAT"), total),
            rows=tuple(_rate_rows(month)),
            nothing=say("No invoice of this month is finished."),
        ),
    ]


def _waiting_row(each: WaitingItem) -> tuple[object, ...]:
    record = each.record
    name = " ".join(filter(None, (record.seller, record.number))) if record else ""
    return (str(each.item.id), name or each.item.name, record.total_gross if record else None, each.why)


def _unbooked_rows(preview: Preview) -> Iterator[tuple[object, ...]]:
    for each in preview.entries:
        owed = (posting.credit - posting.debit for posting in each.entry.postings if posting.aux)
        yield (each.entry.label, sum(owed, Decimal(0)), say("can be booked"))
    for omitted in preview.left_out:
        yield (omitted.item.name, None, omitted.why)


def _rate_rows(month: MonthClose) -> Iterator[tuple[object, ...]]:
    rates = month.rates
    for each in rates:
        yield (rate_name(each.rate), each.net, each.vat, each.net + each.vat)
    if rates:
        net, vat = (
            sum(amounts, Decimal(0)) for amounts in zip(*((r.net, r.vat) for r in rates), strict=True)
        )
        yield (say("total"), net, vat, month.total)


def _to_pay(record: Invoice) -> Decimal:
    amount = record.amount_due if record.amount_due is not None else record.total_gross or Decimal(0)
    return -amount if record.kind == "credit_note" else amount


def _how_often(months: int) -> Phrase:
    if months == 1:
        return say("every month")
    return say("every year") if months == 12 else say("every {n} months", n=months)


def summary_phrase(month: MonthClose) -> Phrase:
    """Say in a sentence how the month stands."""
    if month.left_to_do:
        return say(
            "{period} is not closed: {missing} missing, {waiting} waiting, {open} not worked off, "
            "{unbooked} not booked.",
            period=month.period,
            missing=len(month.missing),
            waiting=len(month.waiting),
            open=month.open_items,
            unbooked=len(month.unbooked.entries) + len(month.unbooked.left_out),
        )
    return say(
        "{period} can be closed: nothing is missing, nothing waits, all is booked.", period=month.period
    )


def close_markdown(month: MonthClose, language: Language, write: CellWriter) -> str:
    """Write the month as a page of Markdown; *write* puts a cell into words."""
    lines = [f"# {say('Close of {period}', period=month.period).render(language)}", ""]
    lines += [summary_phrase(month).render(language), ""]
    for section in close_sections(month):
        lines += [f"## {section.title.render(language)}", ""]
        if not section.rows:
            lines += [section.nothing.render(language), ""]
            continue
        heads = [heading.render(language) for heading in section.headings]
        lines += [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
        for row in section.rows:
            cells = (write(cell).replace("|", "\\|").replace("\n", " ") for cell in row)
            lines.append(f"| {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines)
