"""Which model a command may use. Nothing is asked unless it was named or allowed."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from smeflow.cli.screen import Screen

if TYPE_CHECKING:
    from smeflow.llm.base import Connected


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
        choice = choose(name, allowed=workspace.allow, residency=workspace.residency, environ=os.environ)
        screen.note(choice.why)
        return choice.llm
    from smeflow.llm.connect import connect

    return connect(name)
