"""Which models a command may use. Nothing is asked unless it was named or allowed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from smeflow.cli.consent import ask_once
from smeflow.cli.places import state_folder
from smeflow.cli.screen import Screen

if TYPE_CHECKING:
    from smeflow.errors import LLMRejected
    from smeflow.governance.crew import Models
    from smeflow.i18n import Phrase
    from smeflow.llm.base import LLM, Connected, Place
    from smeflow.recipe.base import Recipe


def model_named(name: str, screen: Screen, here: Path, *, yes: bool = False) -> "LLM | None":
    """Connect to the model called *name*; none for ``none`` and for nothing.

    ``auto`` takes one on this machine, else a provider that ``smeflow.toml`` allows; it says which and why.
    Of several names, separated by commas, the next is asked where one is away or its answer is of no use.
    """
    from smeflow.llm.chain import Chain
    from smeflow.llm.connect import choose
    from smeflow.recipe.workspace import Workspace

    if name in ("", "none"):
        return None
    workspace = Workspace.find(here)
    found: list[Connected] = []
    for one in names_in(name):
        choice = choose(
            one,
            allowed=workspace.allow,
            residency=workspace.residency,
            region=workspace.region,
            regions=workspace.regions,
            environ=os.environ,
            prices=workspace.prices,
        )
        if one == "auto":
            screen.note(choice.why)
        found += [choice.llm] if choice.llm is not None else []
    ask_once(screen, found, state_folder(None, here), yes=yes)
    return found[0] if len(found) == 1 else Chain(models=found) if found else None


def names_in(text: str) -> list[str]:
    """Take a list of models apart, as it stands at ``llm:``."""
    return [name.strip() for name in text.split(",") if name.strip()]


def models_of(recipe: "Recipe", llm: str = "") -> "tuple[Models, list[Phrase]]":
    """Choose the models of a recipe and its steps, with the reasons; *llm* stands in for all it says.

    Raises:
        LLMRejected: One is named and cannot be connected: no such provider, no key.
    """
    from smeflow.governance.crew import Models
    from smeflow.llm.connect import Choice, choose

    made: dict[str, Choice] = {}

    def choice(name: str) -> Choice:
        if name not in made:
            made[name] = choose(
                name,
                allowed=recipe.allow,
                residency=recipe.residency,
                region=recipe.region,
                regions=recipe.regions,
                environ=os.environ,
                prices=recipe.prices,
            )
        return made[name]

    def models(text: str, agree: int = 1) -> Models:
        found = [choice(name).llm for name in names_in(text)]
        return Models(models=tuple(one for one in found if one is not None), agree=agree)

    own = {e.step.name: models(e.llm, e.agree) for e in recipe.entries if e.llm and not llm}
    chosen = models(llm or recipe.llm)
    shared = {e.step.name: Models(models=chosen.models, agree=e.agree)
              for e in recipe.entries if e.agree > 1 and e.step.name not in own and not llm}  # fmt: skip
    why = [one.why for one in made.values()]
    if recipe.allow:
        why += [said for one in made.values() if one.llm is None for said in one.considered]
    return Models(models=chosen.models, steps={**own, **shared}), why


def named_places(recipe: "Recipe") -> "list[Place]":
    """Tell where the models run that the recipe names, whether or not their keys are set."""
    from smeflow.errors import LLMError, MissingExtra
    from smeflow.llm.connect import connect

    named = dict.fromkeys(names_in(recipe.llm))
    for entry in recipe.entries:
        named |= dict.fromkeys(names_in(entry.llm))
    found = []
    for name in named:
        with suppress(LLMError, MissingExtra):
            if name != "auto":
                found.append(connect(name, key="unset", prices=recipe.prices, regions=recipe.regions).place)
    return found


@contextmanager
def closing_model(llm: "Models | Connected") -> Iterator[None]:
    """End with the block what *llm* keeps running: connections, or a process of its own."""
    try:
        yield
    finally:
        close = getattr(llm, "close", None)
        if close is not None:
            close()


def objection(recipe: "Recipe", place: "Place") -> "LLMRejected | None":
    """Say why *recipe* may not ask what is at *place*: data may not go there, or a budget lacks its price."""
    from smeflow.governance.budget import Limits, unpriced
    from smeflow.governance.residency import refusal

    budget = recipe.budget
    limits = Limits(item=budget.item, run=budget.run, month=budget.month, source=str(recipe.path))
    return refusal(place, recipe.residency, recipe.residency_mark) or unpriced(place, limits)
