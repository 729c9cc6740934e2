"""What the recipes of a firm share.

The keys of ``smeflow.toml``, the lines they stand in, and the workspace made of them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from smeflow.errors import Problem, RecipeError, os_error_reason
from smeflow.expressions.language import ExpressionError
from smeflow.i18n import Language, language_of, say
from smeflow.invoices.books.journal import Books
from smeflow.ledger.postgres_connection import LedgerUrl, SharedLedger
from smeflow.llm.interface import Price, Region
from smeflow.llm.providers import Residency
from smeflow.money import Money
from smeflow.recipe.code_steps import load_own_steps
from smeflow.recipe.keys import LedgerText, ModelNames, NotifyText, WhenOver, parse_money
from smeflow.recipe.known_tables import KnownTables
from smeflow.recipe.problems import problems_of
from smeflow.recipe.yaml import decode, parse_toml

MAX_TOML_BYTES = 200_000
FORMATS = ("en", "fr", "de", "it", "es", "nl")
"""The languages whose amounts and dates we know how to write; messages are in English or French."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Company(_Strict):
    """Who the firm is: what tells its own data from a supplier's."""

    names: tuple[str, ...] = ()
    """Its names, as they are printed on invoices."""
    siren: str | None = None
    sirets: tuple[str, ...] = ()
    vat_ids: tuple[str, ...] = ()
    ibans: tuple[str, ...] = ()
    """Its own accounts: an invoice that asks to pay to one of them is odd."""
    mail_domains: tuple[str, ...] = ()
    locale: str = "en-GB"
    """Language and formats: ``fr-FR``, ``en-GB``."""
    currency: str = Field(default="EUR", pattern=r"^[A-Z]{3}$")
    fiscal_year_start: str = Field(default="01-01", pattern=r"^\d{2}-\d{2}$")
    """Month and day."""

    @property
    def left_open(self) -> bool:
        """Whether ``names = []`` stands there and no number either: then nobody knows who the firm is."""
        return "names" in self.model_fields_set and not (self.names or self.siren or self.vat_ids)

    @field_validator("locale")
    @classmethod
    def _spoken(cls, locale: str) -> str:
        if not re.fullmatch(r"[a-z]{2}([-_][A-Z]{2})?", locale):
            raise ValueError(say("{locale} is no language; write one such as fr-FR or en-GB", locale=locale))
        if locale[:2] not in FORMATS:
            known = ", ".join(FORMATS)
            raise ValueError(
                say("no formats are known for {locale}; use one of {known}", locale=locale, known=known)
            )
        return locale

    @field_validator("siren", "sirets", "vat_ids", "ibans", mode="after")
    @classmethod
    def _checked(cls, value: str | tuple[str, ...] | None, info: Any) -> Any:
        written = (value,) if isinstance(value, str) else value or ()
        compact = tuple(re.sub(r"[\s.\-]", "", each).upper() for each in written)
        for each, original in zip(compact, written, strict=True):
            if not _is_valid_number(str(info.field_name), each):
                kind = _NUMBER_KINDS[str(info.field_name)]
                what = say("{number} is no valid {kind}; copy it from a document", number=original, kind=kind)
                raise ValueError(what)
        return compact[0] if isinstance(value, str) else (compact if value is not None else None)

    @field_validator("fiscal_year_start")
    @classmethod
    def _is_day(cls, value: str) -> str:
        try:
            date.fromisoformat(f"2001-{value}")
        except ValueError:
            raise ValueError(say("{text} is no month and day, such as 01-01", text=value)) from None
        return value


_NUMBER_KINDS = {"siren": "SIREN", "sirets": "SIRET", "vat_ids": "VAT identifier", "ibans": "IBAN"}


def _is_valid_number(kind: str, number: str) -> bool:
    from stdnum import iban  # quick, and only where a firm has told its numbers
    from stdnum.eu import vat
    from stdnum.fr import siren, siret

    checks = {"siren": siren, "sirets": siret, "vat_ids": vat, "ibans": iban}
    return bool(checks[kind].is_valid(number)) or (kind == "vat_ids" and number[:2] in {"GB", "CH", "NO"})


class PriceText(_Strict):
    """What a model costs by the firm's own contract; it stands before every list price."""

    input_per_million: Decimal = Field(ge=0)
    """For a million tokens sent."""
    output_per_million: Decimal = Field(ge=0)
    """For a million tokens answered."""
    currency: str = Field(default="EUR", pattern=r"^[A-Z]{3}$")
    as_of: date
    """The day the price was looked up."""

    def price(self) -> Price:
        """Give it as every price is told."""
        return Price(**{**dict(self), "as_of": self.as_of.isoformat()})


class Environment(_Strict):
    """Which variables of the environment recipes may read: none but these."""

    allow: tuple[str, ...] = ()
    """May stand in any text: ``${NAME}``."""
    secrets: tuple[str, ...] = ()
    """May stand only where a secret belongs, whatever they are called."""


class WorkspaceText(_Strict):
    """What may stand in ``smeflow.toml``."""

    company: Company = Company()
    tables: dict[str, str] = Field(default_factory=dict)
    allow: tuple[ModelNames, ...] = ()
    residency: Residency = "eu"
    region: Literal["eu"] | None = None
    regions: dict[str, Literal["local", "eu"]] = Field(default_factory=dict)
    folders: tuple[str, ...] = ()
    budgets: dict[Literal["run", "month", "item", "over"], Any] = Field(default_factory=dict)
    rates: dict[str, Any] = Field(default_factory=dict)
    prices: dict[str, PriceText] = Field(default_factory=dict)
    books: Books = Books()
    environment: Environment = Environment()
    audit_heads: str | None = None
    ledger: LedgerText | None = None
    notify: NotifyText | None = None
    steps: tuple[str, ...] = ()
    """Python files with steps of the firm's own, in the folder of ``smeflow.toml`` or below it."""

    @field_validator("steps")
    @classmethod
    def _python(cls, files: tuple[str, ...]) -> tuple[str, ...]:
        for file in files:
            path = Path(file)
            if path.is_absolute() or ".." in path.parts or path.suffix != ".py":
                raise ValueError(
                    say("{file}: a file of steps is Python (.py) and lies beside smeflow.toml", file=file)
                )
        return files

    @model_validator(mode="after")
    def _amounts(self) -> "WorkspaceText":
        over = self.budgets.get("over", "stop")
        if over not in get_args(WhenOver):
            wanted = ", ".join(get_args(WhenOver))
            raise ValueError(say("{key} must be one of {wanted}", key="over", wanted=wanted))
        amounts: dict[str, Money | None] = {
            k: parse_money(v, self.company.currency) for k, v in self.budgets.items() if k != "over"
        }
        self.budgets.update(amounts)  # type: ignore[arg-type]  # the same keys
        return self

    @field_validator("rates")
    @classmethod
    def _dated(cls, rates: dict[str, Any]) -> dict[str, Any]:
        if not rates:
            return {}
        as_of = rates.get("as_of")
        if not isinstance(as_of, date):
            phrase = say("rates need the day they are from: as_of = 2026-01-31")
            raise ValueError(phrase)  # noqa: TRY004 - Pydantic reports only ValueError
        worth = {}
        for code, rate in rates.items():
            if code == "as_of":
                continue
            try:
                worth[code] = Decimal(str(rate))
            except ArithmeticError:
                worth[code] = Decimal(0)
            if worth[code] <= 0 or len(code) != 3 or not code.isupper():
                raise ValueError(
                    say("a rate is a currency and a number, such as USD = 0.92, not {text}", text=code)
                )
        return {"as_of": as_of, "worth": worth}


def read_toml(path: Path) -> tuple[WorkspaceText, Mapping[str, int]]:
    """Read and check a ``smeflow.toml``; also give the line of each key (``company.siren``), from 1.

    Raises:
        RecipeError: It has mistakes; all of them are told with their lines.
    """
    file = str(path)
    try:
        text = decode(path.read_bytes(), file, MAX_TOML_BYTES)
    except OSError as error:
        phrase = say("the file cannot be read: {reason}", reason=os_error_reason(error))
        raise RecipeError(file, [Problem(1, 1, phrase)]) from None
    data, lines = parse_toml(text, file)
    problems = []
    for name, target in data.get("tables", {}).items() if isinstance(data.get("tables"), dict) else ():
        if isinstance(target, str) and not (path.parent / target).is_file():
            phrase = say("the table {name} is not there: {path}", name=name, path=target)
            problems.append(Problem(lines.get(f"tables.{name}", 1), 1, phrase))
    try:
        checked = WorkspaceText.model_validate(data)
    except ValidationError as error:
        for loc, problem, _ in problems_of(error, WorkspaceText):
            problems.append(
                Problem(
                    _line_at(lines, loc),
                    1,
                    problem.phrase if isinstance(problem, ExpressionError) else problem,
                )
            )
        raise RecipeError(file, problems) from None
    if problems:
        raise RecipeError(file, problems)
    return checked, lines


def _line_at(lines: Mapping[str, int], loc: tuple[str | int, ...]) -> int:
    words = [str(part) for part in loc]
    for length in range(len(words), 0, -1):
        if line := lines.get(".".join(words[:length])):
            return line
    return 1


WORKSPACE_FILE = "smeflow.toml"


@dataclass(frozen=True, kw_only=True)
class Budgets:
    """The most that paid models may cost; None is no limit."""

    run: Money | None = field(default=Money(Decimal(5), "EUR"))
    month: Money | None = field(default=Money(Decimal(20), "EUR"))
    item: Money | None = None
    over: WhenOver = "stop"
    """What becomes of a question that run or month do not allow; past that of an item a person gets it."""

    @classmethod
    def usual(cls, currency: str) -> "Budgets":
        """Give what holds where a firm says nothing: the same figures in its own currency."""
        usual = cls()
        run, month = (
            replace(money, currency=currency) if money else None for money in (usual.run, usual.month)
        )
        return replace(usual, run=run, month=month)


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
class WorkspaceSettings:
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
    environment: Environment = field(default_factory=Environment)
    """What recipes may read of the environment."""
    audit_heads: Path | None = None
    """Where each run keeps the head of the audit chain; best where whoever runs it cannot change it."""
    ledger: SharedLedger | None = None
    """The ledger, where it is in PostgreSQL; None: it is a file beside what is kept for this machine."""
    notify: NotifyText | None = None
    """Who is told when a person is needed; None: nobody."""
    steps: tuple[Path, ...] = ()
    """Python files with steps of the firm's own."""
    steps_line: int = 0
    """Where ``smeflow.toml`` names them."""

    @classmethod
    def find(cls, start: Path) -> "WorkspaceSettings":
        """Find ``smeflow.toml`` in *start* or above it; without one, *start* is the root and defaults hold.

        Raises:
            RecipeError: The file has mistakes; all of them are told.
        """
        folder = start.resolve()
        folder = folder if folder.is_dir() else folder.parent
        for above in (folder, *folder.parents):
            if (above / WORKSPACE_FILE).is_file():
                text, lines = read_toml(above / WORKSPACE_FILE)
                return cls.of(text, above, lines)
        return cls(root=folder)

    @classmethod
    def of(cls, text: WorkspaceText, root: Path, lines: Mapping[str, int]) -> "WorkspaceSettings":
        """Make a workspace of what ``smeflow.toml`` says, and the lines where it says it."""
        currency = text.company.currency
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
            budgets=replace(Budgets.usual(currency), **text.budgets),
            rates=Rates(currency=currency, **text.rates) if text.rates else Rates.estimates(currency),
            prices={name: price.price() for name, price in text.prices.items()},
            books=text.books,
            environment=text.environment,
            audit_heads=(root / text.audit_heads).resolve() if text.audit_heads else None,
            ledger=text.ledger.shared() if text.ledger else None,
            notify=text.notify,
            steps=tuple(root / file for file in text.steps),
            steps_line=lines.get("steps", 1),
        )

    @property
    def ledger_url(self) -> LedgerUrl | None:
        """Where the ledger is in PostgreSQL; None: it is a file."""
        return self.ledger.url if self.ledger is not None else None

    @property
    def locale(self) -> str:
        """The locale of the firm, never of the machine."""
        return self.company.locale

    @property
    def language(self) -> Language:
        """The language people are spoken to in."""
        return language_of(self.company.locale)

    def own_steps(self) -> Mapping[str, Any]:
        """Give the steps of the firm's own files, by the word of a recipe; their files are run for it.

        Raises:
            RecipeError: A file is not there, breaks, or takes a word that is in use.
        """
        return load_own_steps(self.steps, self.root / WORKSPACE_FILE, self.steps_line) if self.steps else {}

    def known(self) -> KnownTables:
        """Give what the firm knows; a table is read when it is first asked for."""
        return KnownTables(self.tables)
