"""What the desk gathers over all items: suppliers with their accounts, mails with their answers, reports."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from smeflow._text import folded
from smeflow.errors import SmeflowError
from smeflow.invoices.checks import bare_number
from smeflow.invoices.claims import SUPPLIERS_TABLE
from smeflow.web.desk import Desk
from smeflow.web.summary import DeskItem

LAST_INVOICES = 50


@dataclass(frozen=True, kw_only=True)
class SupplierAccount:
    """An account that invoices of a supplier ask to pay to."""

    iban: str
    known: bool
    """An invoice to it is done, or the firm's table has it; else nobody confirmed it."""
    in_table: bool
    first: DeskItem | None
    """The first invoice that named it; None for one that only the firm's table has."""
    count: int = 0


@dataclass(frozen=True, kw_only=True)
class Supplier:
    """Whoever sent invoices, as far as a registered number or else a name tells them apart."""

    number: int
    """The lowest number among its items: its page's address."""
    name: str
    registered: str
    """Its registered number, empty where no invoice names one."""
    invoices: tuple[DeskItem, ...]
    """The newest first; what was put aside is not among them."""
    accounts: tuple[SupplierAccount, ...] = ()

    @property
    def last(self) -> DeskItem:
        """The newest invoice."""
        return self.invoices[0]

    @property
    def waiting(self) -> int:
        """How many of its invoices wait for a person."""
        return sum(item.waits for item in self.invoices)

    @property
    def doubtful(self) -> bool:
        """Whether an account of it is known by its invoice alone."""
        return any(not account.known for account in self.accounts)

    def total(self, year: int) -> dict[str, Decimal]:
        """Sum up what was invoiced and is done in a year, by currency."""
        sums: dict[str, Decimal] = {}
        for item in self.invoices:
            if item.row.state == "done" and item.issued and item.issued.year == year and item.total:
                sums[item.currency] = sums.get(item.currency, Decimal(0)) + item.total
        return sums


def invoices_by_supplier(desk: Desk) -> list[list[DeskItem]]:
    """Give the invoices of each supplier, the newest first; the suppliers by name."""
    groups = _grouped(item for item in desk.items().values() if item.seller_ids)
    for items in groups:
        items.sort(key=lambda i: (i.issued or date.min, i.row.created_at, i.row.id), reverse=True)
    return sorted(groups, key=lambda items: (items[0].title.casefold(), number_of(items)))


def number_of(invoices: Iterable[DeskItem]) -> int:
    """Give the number a supplier goes by: the lowest among its items."""
    return min(item.row.id for item in invoices)


def suppliers(desk: Desk, groups: Sequence[Sequence[DeskItem]]) -> list[Supplier]:
    """Say what is known of the suppliers these invoices came from, the newest first in each group."""
    rows = [
        (
            row,
            "name " + folded(row.get("name") or "").replace(" ", ""),
            {bare_number(row.get("vat_id")), bare_number(row.get("legal_id"))} - {""},
        )
        for row in _table_rows(desk)
    ]
    return [_supplier(items, rows) for items in groups]


_TableRow = tuple[Mapping[str, str], str, set[str]]
"""A row of the firm's table, the name and the numbers its supplier is known by."""


def _grouped(items: Iterable[DeskItem]) -> list[list[DeskItem]]:
    """Put invoices together: by registered number; by name where one supplier alone has that name."""
    by_id: dict[str, list[DeskItem]] = {}
    numbers_of: dict[str, set[str]] = {}
    nameless: list[DeskItem] = []
    for item in items:
        if item.row.state == "skipped":
            continue
        first, name = item.seller_ids[0], item.seller_ids[-1]
        if first == name:
            nameless.append(item)
            continue
        by_id.setdefault(first, []).append(item)
        numbers_of.setdefault(name, set()).add(first)
    for item in nameless:
        numbers = numbers_of.get(item.seller_ids[0], set())
        by_id.setdefault(next(iter(numbers)) if len(numbers) == 1 else item.seller_ids[0], []).append(item)
    return list(by_id.values())


def _table_rows(desk: Desk) -> Sequence[Mapping[str, str]]:
    """Give the firm's own table of suppliers; nothing where it keeps none, or it cannot be read."""
    try:
        return desk.workspace.settings.known().rows(SUPPLIERS_TABLE)
    except (SmeflowError, OSError, ValueError):
        return ()


def _supplier(newest: Sequence[DeskItem], rows: Sequence[_TableRow]) -> Supplier:
    ids = {each for item in newest for each in item.seller_ids}
    registered = next((each for each in sorted(ids) if not each.startswith("name ")), "")
    bare = registered.partition(" ")[2]
    own = [
        row
        for row, name, numbers in rows
        if name in ids or (bare and any(bare in number for number in numbers))
    ]
    listed = {bare_number(row.get("iban")) for row in own} - {""}
    by_account: dict[str, list[DeskItem]] = {iban: [] for iban in sorted(listed)}
    for item in reversed(newest):
        if item.account:
            by_account.setdefault(bare_number(item.account), []).append(item)
    return Supplier(
        number=number_of(newest),
        name=newest[0].title,
        registered=bare,
        invoices=tuple(newest),
        accounts=tuple(
            SupplierAccount(
                iban=iban,
                known=iban in listed or any(item.row.state == "done" for item in naming),
                in_table=iban in listed,
                first=naming[0] if naming else None,
                count=len(naming),
            )
            for iban, naming in by_account.items()
        ),
    )


def mails(desk: Desk) -> list[DeskItem]:
    """Give what was sorted or answered: what waits first, then the newest."""
    sorted_out = [item for item in desk.items().values() if item.is_mail]
    return sorted(sorted_out, key=lambda item: (not item.waits, -item.row.id))


def labels_of(items: Iterable[DeskItem]) -> dict[str, int]:
    """Count what was sorted as what, the most frequent first."""
    counts: dict[str, int] = {}
    for item in items:
        counts[item.label] = counts.get(item.label, 0) + 1
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def reports(desk: Desk) -> list[DeskItem]:
    """Give the reports: what waits first, then the newest."""
    found = [item for item in desk.items().values() if item.report]
    return sorted(found, key=lambda item: (not item.waits, -item.row.id))
