"""Tell how far a run is: a bar on a terminal, nothing elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from smeflow.cli.screen import Screen
from smeflow.i18n import say

if TYPE_CHECKING:
    from smeflow.runner.runner import Progress


@contextmanager
def progress(screen: Screen, name: str) -> "Iterator[Callable[[Progress], None] | None]":
    """Show a bar with items ended, rate, cost so far and time left; None where nobody watches."""
    if not screen.on_terminal:
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}", style="bold"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[told]}", style="bright_black"),
    )
    with Bar(*columns, console=screen.err, transient=True) as bar:
        task = bar.add_task(name, total=None, told="")

        def show(now: "Progress") -> None:
            bar.update(task, completed=now.ended, total=now.items, told=in_words(screen, now))

        yield show


def in_words(screen: Screen, now: "Progress") -> str:
    """Give rate, cost so far and time left, as far as they are known."""
    told = []
    if now.rate:
        told.append(screen.text(say("{n}/s", n=screen.number(Decimal(f"{now.rate:.1f}")))))
    if now.cost.amount:
        told.append(screen.amount(now.cost.amount, now.cost.currency))
    if now.seconds_left is not None:
        left = timedelta(seconds=round(now.seconds_left))
        told.append(screen.text(say("{time} left", time=left)))
    return " · ".join(told)
