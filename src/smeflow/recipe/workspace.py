"""What the recipes of a firm share: ``smeflow.toml`` beside them, or its defaults where there is none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from smeflow.i18n import Language, language_of
from smeflow.llm.base import Price, Region
from smeflow.money import Money
from smeflow.recipe.accounts import Books
from smeflow.recipe.known import Tables
from smeflow.recipe.toml import Company, PriceText, WorkspaceText, read_toml

FILE = "smeflow.toml"
Residency = Literal["local", "eu", "any"]


@dataclass(frozen=True, kw_only=True)
class Budgets:
    """The most that paid models may cost; None is no limit."""

    run: Money | None = field(default=Money(Decimal(5), "EUR"))
    month: Money | None = field(default=Money(Decimal(20), "EUR"))
    item: Money | None = None


@dataclass(frozen=True, kw_only=True)
class Rates:
    """What one unit of a foreign currency is worth in ``currency``. Never fetched, so their day is told."""

    currency: str = "EUR"
    as_of: date = date(2026, 11, 1)
    worth: Mapping[str, Decimal] = field(default_factory=dict)
    estimated: bool = False
    """Not the firm's own, but set high here, so that a budget ends too early rather than too late."""

    @classmethod
    def estimates(cls, currency: str) -> "Rates":
        """Give what counts where a firm says nothing: estimates in euros, and none in other currencies."""
        if currency != "EUR":
            return cls(currency=currency)
        worth = {"USD": Decimal("0.95"), "GBP": Decimal("1.20"), "CHF": Decimal("1.10")}
        return cls(worth=worth, estimated=True)

    def convert(self, money: Money) -> Money | None:
        """Give *money* in ``currency``; None where no rate is known."""
        if money.currency == self.currency:
            return money
        rate = self.worth.get(money.currency)
        return Money(money.amount * rate, self.currency) if rate is not None else None


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """A firm's folder: who it is, what it knows, what models it allows and what they may cost."""

    root: Path
    company: Company = field(default_factory=Company)
    tables: Mapping[str, Path] = field(default_factory=dict)
    """Named tables: suppliers, customers, orders, approved examples."""
    allow: tuple[str, ...] = ()
    """Providers or models that ``llm: auto`` may use."""
    residency: Residency = "eu"
    residency_line: int = 0
    """Where ``smeflow.toml`` says so; 0: it does not."""
    region: str | None = None
    """``eu``: ``llm: auto`` may use any provider there whose key is set."""
    regions: Mapping[str, Region] = field(default_factory=dict)
    """Where the firm's own servers and deployments compute, by provider or address: ``{azure: eu}``."""
    folders: tuple[Path, ...] = ()
    """Folders outside of the root that recipes may read from and write to."""
    budgets: Budgets = Budgets()
    rates: Rates = field(default_factory=lambda: Rates.estimates("EUR"))
    prices: Mapping[str, Price] = field(default_factory=dict)
    """What models cost by the firm's own contract, by ``PROVIDER/MODEL``."""
    books: Books = field(default_factory=Books)
    """How invoices are booked."""

    @classmethod
    def find(cls, start: Path) -> "Workspace":
        """Find ``smeflow.toml`` in *start* or above it; without one, *start* is the root and defaults hold.

        Raises:
            RecipeError: The file has mistakes; all of them are told.
        """
        folder = start.resolve()
        folder = folder if folder.is_dir() else folder.parent
        for above in (folder, *folder.parents):
            if (above / FILE).is_file():
                text, lines = read_toml(above / FILE)
                return cls.of(text, above, lines)
        return cls(root=folder)

    @classmethod
    def of(cls, text: WorkspaceText, root: Path, lines: Mapping[str, int]) -> "Workspace":
        """Make a workspace of what ``smeflow.toml`` says, and the lines where it says it."""
        currency = text.company.currency
        limits: dict[str, Any] = {"run": Money(Decimal(5), currency), "month": Money(Decimal(20), currency)}
        return cls(
            root=root,
            company=text.company,
            tables={name: root / path for name, path in text.tables.items()},
            allow=text.allow,
            residency=text.residency,
            residency_line=lines.get("residency", 0),
            region=text.region,
            regions=dict(text.regions),
            folders=tuple((root / folder).resolve() for folder in text.folders),
            budgets=Budgets(**(limits | text.budgets)),
            rates=Rates(currency=currency, **text.rates) if text.rates else Rates.estimates(currency),
            prices={name: _price(price) for name, price in text.prices.items()},
            books=text.books,
        )

    @property
    def locale(self) -> str:
        """The locale of the firm, never of the machine."""
        return self.company.locale

    @property
    def language(self) -> Language:
        """The language people are spoken to in."""
        return language_of(self.company.locale)

    def known(self) -> Tables:
        """Give what the firm knows; a table is read when it is first asked for."""
        return Tables(self.tables)


def _price(text: PriceText) -> Price:
    return Price(
        input_per_million=text.input_per_million,
        output_per_million=text.output_per_million,
        currency=text.currency,
        as_of=text.as_of.isoformat(),
    )
