"""The values of a recipe's keys that have a form of their own: money, models, schedules."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from smeflow.errors import LLMRejected
from smeflow.i18n import Phrase, say
from smeflow.kinds.lookup import OneOf
from smeflow.kinds.record_kind import split_words
from smeflow.ledger.postgres_connection import LedgerUrl, ProviderLimit, SharedLedger
from smeflow.llm.providers import Residency
from smeflow.money import Money

_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 7))
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
_SHORT = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 1",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
}
_FARTHEST_DAYS = 366 * 8 + 2
"""The 29th of February may be eight years away."""


@dataclass(frozen=True)
class Schedule:
    """Times that come again and again, by a clock on the wall."""

    text: str
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either: bool
    """A day fits by its number or by its weekday, since both were written."""
    twice: bool
    """An hour that the clock gives twice in autumn counts twice, since every hour or minute is meant."""

    def after(self, moment: datetime, timezone: str) -> datetime:
        """Give the first time after *moment*; one that the clock leaps over in spring comes an hour later.

        Raises:
            ValueError: There is none: the 31st of February.
        """
        zone = ZoneInfo(timezone)
        day = moment.astimezone(zone).date()
        for _ in range(_FARTHEST_DAYS):
            if self._fits(day.day, day.month, day.isoweekday() % 7):
                following = min((time for time in self._times(day, zone) if time > moment), default=None)
                if following is not None:
                    return following
            day += timedelta(days=1)
        raise ValueError(say("the schedule {text} never comes", text=self.text))

    def _times(self, day: date, zone: ZoneInfo) -> Iterator[datetime]:
        """Give the times of a day in UTC: one that does not exist becomes the one that does."""
        for hour in self.hours:
            for minute in self.minutes:
                wall = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
                first = wall.astimezone(UTC)
                yield first
                if self.twice:
                    yield max(first, wall.replace(fold=1).astimezone(UTC))

    def _fits(self, day: int, month: int, weekday: int) -> bool:
        if month not in self.months:
            return False
        by_day, by_weekday = day in self.days, weekday in self.weekdays
        return by_day or by_weekday if self.either else by_day and by_weekday


def parse_schedule(text: str) -> Schedule:
    """Read five fields: minute, hour, day, month, weekday; or ``@daily`` and its like.

    Raises:
        ValueError: It is no schedule; its argument is the phrase for a person.
    """
    parts = _SHORT.get(text.strip().lower(), text).split()
    if len(parts) != len(_FIELDS):
        raise ValueError(
            say("{text} is no schedule; write minute hour day month weekday, such as 0 7 1 * *", text=text)
        )
    fields = [_field(part, *field, text) for part, field in zip(parts, _FIELDS, strict=True)]
    weekdays = frozenset(day % 7 for day in fields[4])
    either = parts[2] != "*" and parts[4] != "*"
    twice = parts[0].startswith("*") or parts[1].startswith("*")
    schedule = Schedule(text, fields[0], fields[1], fields[2], fields[3], weekdays, either, twice)
    schedule.after(datetime(2026, 1, 1, tzinfo=UTC), "UTC")
    return schedule


def _field(part: str, name: str, low: int, high: int, text: str) -> frozenset[int]:
    values: set[int] = set()
    for item in part.lower().split(","):
        span, _, step = item.partition("/")
        first, dash, last = span.partition("-")
        try:
            start = low if span == "*" else _number(first, name)
            end = high if span == "*" or (step and not dash) else _number(last, name) if dash else start
            by = int(step) if step else 1
        except ValueError:
            raise ValueError(_misfit(item, text)) from None
        if not low <= start <= end <= high or by < 1:
            raise ValueError(_misfit(item, text))
        values.update(range(start, end + 1, by))
    return frozenset(values)


def _number(word: str, name: str) -> int:
    if name == "month" and word[:3] in _MONTHS:
        return _MONTHS.index(word[:3]) + 1
    if name == "weekday" and word[:3] in _DAYS:
        return _DAYS.index(word[:3])
    return int(word)


def _misfit(part: str, text: str) -> Phrase:
    return say("{part} does not fit into the schedule {text}", part=part, text=text)


_AMOUNT = re.compile(r"\s*(\d{1,12}(?:[.,]\d{1,6})?)\s*(€|\$|£|[A-Za-z]{3})?\s*")
_SIGNS = {"€": "EUR", "$": "USD", "£": "GBP"}
NO_LIMIT_WORDS = ("none", "no limit", "aucune", "aucun")


def parse_money(written: object, currency: str = "EUR") -> Money | None:
    """Read an amount; a bare number is in *currency*, ``none`` is no limit (None).

    Raises:
        ValueError: It is no amount; its argument is the phrase for a person.
    """
    if isinstance(written, Money):
        return written
    text = str(written).strip()
    if text.lower() in NO_LIMIT_WORDS:
        return None
    match = _AMOUNT.fullmatch(text) if not isinstance(written, bool) else None
    if match is None:
        raise ValueError(say("write an amount with its currency, such as 5 EUR, or none"))
    sign = match[2] or currency
    return Money(Decimal(match[1].replace(",", ".")), _SIGNS.get(sign, sign.upper()))


def check_model_names(names: str) -> str:
    """Refuse a name, or one of several with commas between, that no model can have.

    Raises:
        ValueError: There is no such provider; a `Phrase` says which is like it.
    """
    from smeflow.llm.connect import check_model_name

    try:
        for name in names.split(","):
            if name.strip():
                check_model_name(name.strip())
    except LLMRejected as error:
        raise ValueError(error.phrase) from None
    return names


ModelNames = Annotated[str, AfterValidator(check_model_names)]
"""The name of a model or of a provider, or several with commas between."""

RECIPE_NAME = r"^[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}$"
Split = Annotated[str, OneOf(split_words)]
"""A kind of record's own word, or ``attachments``."""


def _check_amount(written: str | float) -> str | float:
    parse_money(written)
    return written


Amount = Annotated[str | int | float, AfterValidator(_check_amount)]
WhenOver = Literal["stop", "cheaper", "wait"]
"""What becomes of a question that the budget does not allow."""


class BudgetText(BaseModel):
    """The most that paid models may cost, and what is done when that is spent."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    run: Amount | None = None
    """For one run, such as ``5 EUR``; ``none`` is no limit."""
    month: Amount | None = None
    """For all recipes in a calendar month."""
    item: Amount | None = None
    """For one item: past it a person gets the item."""
    over: WhenOver | None = None
    """``stop`` ends the run; ``wait`` leaves the item open for when run or month allow it, and goes on with
    the others; ``cheaper`` asks the next model of ``llm`` that costs less."""

    @field_validator("*", mode="before")
    @classmethod
    def _is_written(cls, written: object) -> object:
        if written is None:
            raise ValueError(say("write an amount with its currency, such as 5 EUR, or none"))
        return written

    @property
    def amounts(self) -> dict[str, str | int | float]:
        """The limits that are written, by name."""
        written = {"run": self.run, "month": self.month, "item": self.item}
        return {name: amount for name, amount in written.items() if amount is not None}


_VARIABLE = re.compile(r"\$\{(\w+)\}")


class LimitText(BaseModel):
    """What one provider may be asked by all workers together."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    per_second: float | None = Field(default=None, gt=0)
    """So many calls may begin in any second."""
    at_once: int | None = Field(default=None, ge=1)
    """So many calls may be under way."""


class LedgerText(BaseModel):
    """Where the ledger is, when several machines share it."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    url: str
    """``postgresql://user:password@host/database``; ``${NAME}`` is read from the environment."""
    stalled_seconds: float = Field(default=30.0, ge=1, le=3600)
    """A worker that gave no sign for so long is taken for dead, and its items are given back."""
    limits: dict[str, LimitText] = Field(default_factory=dict)
    """By provider: ``[ledger.limits.mistral]``."""

    @field_validator("url")
    @classmethod
    def _address(cls, written: str) -> str:
        missing = [name for name in _VARIABLE.findall(written) if not os.environ.get(name)]
        if missing:
            raise ValueError(say("the variable {name} is not set", name=missing[0]))
        LedgerUrl.parse(cls._filled(written))
        return written

    @staticmethod
    def _filled(written: str) -> str:
        return _VARIABLE.sub(lambda name: os.environ.get(name[1], ""), written)

    def shared(self) -> SharedLedger:
        """Give the ledger that is meant, with what the environment holds."""
        limits = {name: ProviderLimit(**limit.model_dump()) for name, limit in self.limits.items()}
        url = LedgerUrl.parse(self._filled(self.url))
        return SharedLedger(url=url, stalled_seconds=self.stalled_seconds, limits=limits)


class NotifyText(BaseModel):
    """Who is told, and how, when ``smeflow watch`` needs a person: by mail, by a command, or both."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    to: str = ""
    """Whose mailbox the messages go to; empty: no mail is sent."""
    sender: str = ""
    """The address they are sent from; its password is that of ``smeflow mailbox login``."""
    host: str = ""
    """The server that sends: ``ssl0.ovh.net``."""
    port: int = Field(default=465, ge=1, le=65535)
    """Its port."""
    security: Literal["tls", "starttls"] = "tls"
    """``tls`` on port 465, ``starttls`` on port 587."""
    user: str = ""
    """What to log in as, where it is not the sender's address."""
    certificate: str = ""
    """The certificate of a server of the firm's own, a file beside ``smeflow.toml``."""
    command: tuple[str, ...] = ()
    """A program and its arguments; it gets the subject as its last one, and the text on its input."""
    waiting: int = Field(default=1, ge=0)
    """So many items must wait for a person to be told; 0: never."""
    silent_days: int = Field(default=0, ge=0)
    """A source that brought nothing new for so many days is told; 0: never."""
    digest: Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", ""] = (
        "monday"
    )
    """On which day the week is summed up; empty: never."""

    @model_validator(mode="after")
    def _has_a_way(self) -> "NotifyText":
        if not self.to and not self.command:
            raise ValueError(say("[notify] needs a way: to = an address, or command = a program"))
        if self.to and not (self.sender and self.host):
            raise ValueError(say("[notify] with to needs sender and host too: who sends, over which server"))
        return self


class RecipeText(BaseModel):
    """What a person writes: where cases come from, what is done with each, where results go."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    recipe: str = Field(pattern=RECIPE_NAME)
    """The recipe's name: letters, digits, ``-``, ``_`` and ``.``. The ledger keeps its items under it."""
    about: str = ""
    """One sentence for people: what it does."""
    llm: ModelNames = "auto"
    """The model: ``auto``, ``none``, or a name such as ``mistral/mistral-small-latest``. Of several,
    separated by commas or as a list, the next is asked where one is away or its answer is of no use."""
    allow: tuple[ModelNames, ...] = ()
    """Providers that ``auto`` may use; added to those of ``smeflow.toml``."""
    region: Literal["eu"] | None = None
    """``eu``: ``auto`` may also use any provider that says it processes in the European Union."""
    residency: Residency | None = None
    """How far documents may travel to a model; ``eu`` unless told otherwise here or in ``smeflow.toml``."""
    budget: BudgetText = Field(default_factory=BudgetText)
    """The most that paid models may cost: ``{run: 5 EUR, month: 20 EUR, item: 0.10 EUR, over: wait}``."""
    hours: int | None = Field(default=None, ge=24, le=168)
    """How long an answer may take, from 24 on: questions are handed in as batches at half the price, where
    the provider takes them. Unsaid, they are asked at once."""
    timezone: str | None = None
    """Where days begin and end, such as ``Europe/Paris``."""
    schedule: str | None = None
    """When `smeflow watch` runs it: minute, hour, day, month, weekday, such as ``0 7 1 * *``; else whenever
    something comes in."""
    redact: bool = False
    """Whether personal data is masked before a model sees it."""
    private: tuple[str, ...] = ()
    """Columns of a row, or headers of a mail, whose values no model sees."""
    split: Split | None = None
    """Make an item of each invoice, or of each attachment, of a case."""
    workers: int = Field(default=8, ge=1, le=512)
    """How many items are worked on at the same time."""
    source: dict[str, Any]
    """Where cases come from: ``{folder: inbox/}``."""
    steps: tuple[dict[str, Any], ...] = Field(min_length=1)
    """What is done with each case, in this order."""
    sinks: tuple[dict[str, Any], ...] = ()
    """Where the results of finished cases go."""

    @field_validator("allow", mode="before")
    @classmethod
    def _list(cls, allow: object) -> object:
        return (allow,) if isinstance(allow, str) else allow

    @field_validator("llm", mode="before")
    @classmethod
    def _chain(cls, llm: object) -> object:
        return ", ".join(map(str, llm)) if isinstance(llm, list | tuple) else llm

    @field_validator("schedule")
    @classmethod
    def _is_schedule(cls, schedule: str | None) -> str | None:
        if schedule is not None:
            parse_schedule(schedule)
        return schedule

    @field_validator("timezone")
    @classmethod
    def _is_zone(cls, timezone: str | None) -> str | None:
        if timezone is not None:
            try:
                ZoneInfo(timezone)
            except (KeyError, ValueError, OSError):
                raise ValueError(
                    say("there is no time zone {name}; write one such as Europe/Paris", name=timezone)
                ) from None
        return timezone
