"""Which model a command may use. Nothing is asked unless it was named or allowed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from smeflow.cli.screen import Screen

if TYPE_CHECKING:
    from smeflow.errors import LLMRejected
    from smeflow.llm.base import Connected
    from smeflow.llm.connect import Choice
    from smeflow.recipe.base import Recipe


def model_named(name: str, screen: Screen, here: Path) -> "Connected | None":
    """Connect to the model called *name*; none for ``none`` and for nothing.

    ``auto`` takes one on this machine, else a provider that ``smeflow.toml`` allows; it says which and why.
    """
    if name in ("", "none"):
        return None
    if name == "auto":
        from smeflow.llm.connect import choose
        from smeflow.recipe.workspace import Workspace

        workspace = Workspace.find(here)
        choice = choose(
            name,
            allowed=workspace.allow,
            residency=workspace.residency,
            environ=os.environ,
            prices=workspace.prices,
        )
        screen.note(choice.why)
        return choice.llm
    from smeflow.llm.connect import connect

    return connect(name)


def model_of(recipe: "Recipe", llm: str = "") -> "Choice":
    """Choose the model of a recipe; *llm* stands in for what the recipe says.

    Raises:
        LLMRejected: It is named and cannot be connected: no such provider, no key.
    """
    from smeflow.llm.connect import choose

    return choose(
        llm or recipe.llm,
        allowed=recipe.allow,
        residency=recipe.residency,
        environ=os.environ,
        prices=recipe.prices,
    )


@contextmanager
def closing_model(llm: "Connected") -> Iterator[None]:
    """End with the block what *llm* keeps running: connections, or a process of its own."""
    try:
        yield
    finally:
        close = getattr(llm, "close", None)
        if close is not None:
            close()


def objection(recipe: "Recipe", llm: "Connected") -> "LLMRejected | None":
    """Say why *recipe* may not use *llm*: data may not go there, or a budget has no price for it."""
    from smeflow.governance.budget import Limits, unpriced
    from smeflow.governance.residency import refusal

    budget = recipe.budget
    limits = Limits(item=budget.item, run=budget.run, month=budget.month, source=str(recipe.path))
    return refusal(llm.place, recipe.residency, recipe.residency_mark) or unpriced(llm.place, limits)
