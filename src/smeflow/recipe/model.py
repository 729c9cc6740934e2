"""The keys of a recipe. What stands inside a step, a source or a sink is for its kind to say."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from smeflow.i18n import say
from smeflow.lookup import OneOf
from smeflow.recipe.model_name import ModelName, ModelNames
from smeflow.recipe.money import money_of
from smeflow.recipe.schedule import schedule_of
from smeflow.record_kinds import split_words

NAME = r"^[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}$"
Split = Annotated[str, OneOf(split_words)]
"""A kind of record's own word, or ``attachments``."""


class RecipeText(BaseModel):
    """What a person writes: where cases come from, what is done with each, where results go."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    recipe: str = Field(pattern=NAME)
    """The recipe's name: letters, digits, ``-``, ``_`` and ``.``. The ledger keeps its items under it."""
    about: str = ""
    """One sentence for people: what it does."""
    llm: ModelNames = "auto"
    """The model: ``auto``, ``none``, or a name such as ``mistral/mistral-small-latest``. Of several,
    separated by commas or as a list, the next is asked where one is away or its answer is of no use."""
    allow: tuple[ModelName, ...] = ()
    """Providers that ``auto`` may use; added to those of ``smeflow.toml``."""
    region: Literal["eu"] | None = None
    """``eu``: ``auto`` may also use any provider that says it processes in the European Union."""
    residency: Literal["local", "eu", "any"] | None = None
    """How far documents may travel to a model; ``eu`` unless told otherwise here or in ``smeflow.toml``."""
    budget: dict[Literal["run", "month", "item"], str | int | float] = Field(default_factory=dict)
    """The most that paid models may cost: ``{run: 5 EUR, month: 20 EUR, item: 0.10 EUR}``."""
    timezone: str | None = None
    """Where days begin and end, such as ``Europe/Paris``."""
    schedule: str | None = None
    """When `smeflow watch` runs it: minute, hour, day, month, weekday, such as ``0 7 1 * *``; else whenever
    something comes in."""
    redact: bool = False
    """Whether personal data is masked before a model sees it."""
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

    @field_validator("budget")
    @classmethod
    def _amounts(cls, budget: dict[str, str | int | float]) -> dict[str, str | int | float]:
        for amount in budget.values():
            money_of(amount)
        return budget

    @field_validator("schedule")
    @classmethod
    def _is_schedule(cls, schedule: str | None) -> str | None:
        if schedule is not None:
            schedule_of(schedule)
        return schedule

    @field_validator("timezone")
    @classmethod
    def _is_zone(cls, timezone: str | None) -> str | None:
        from zoneinfo import ZoneInfo

        if timezone is not None:
            try:
                ZoneInfo(timezone)
            except (KeyError, ValueError, OSError):
                raise ValueError(
                    say("there is no time zone {name}; write one such as Europe/Paris", name=timezone)
                ) from None
        return timezone
