"""Tell, before a run begins, what the model inside smeflow costs: time, and turns with other runs."""

from typing import TYPE_CHECKING

from smeflow.cli.screen import Screen
from smeflow.i18n import Phrase, say

if TYPE_CHECKING:
    from smeflow.llm.base import Connected
    from smeflow.recipe.base import Recipe

USUAL_SECONDS = "10-60"
"""What a question takes on two cores; see docs/measurements.md."""


def tell_own(screen: Screen, llm: "Connected | None") -> None:
    """Say that the model inside smeflow is asked, how long that takes, and who uses it now."""
    from smeflow.llm.local.model import Local

    if not isinstance(llm, Local):
        return
    holder = llm.holder
    if holder is not None:
        screen.note(_waits(holder), style="yellow")
    screen.note(
        say(
            "What the readers leave is asked of {model} on this machine: about {seconds} s a question on two "
            "quiet cores. Ctrl-C keeps what is done; --llm none asks nobody.",
            model=f"{llm.place.provider}/{llm.place.model}", seconds=USUAL_SECONDS,
        ),
        style="bright_black",
    )  # fmt: skip


def tell_busy(screen: Screen, recipe: "Recipe", llm: str) -> None:
    """Say why ``auto`` asks nobody while another run uses the model inside smeflow."""
    from smeflow.cli.models import names_in
    from smeflow.llm.local.model import busy

    written = [llm] if llm else [recipe.llm, *(entry.llm for entry in recipe.entries if entry.llm)]
    if any("auto" in names_in(one) for one in written):
        told = busy()
        if told is not None:
            screen.note(told, style="yellow")


def _waits(holder: int) -> Phrase:
    return say("The model of this machine is used by process {pid}; this run waits for it. Ctrl-C ends it.",
               pid=holder or "?")  # fmt: skip
