"""Tell how far a run is: a bar on a terminal, nothing elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from smeflow.cli.screen import Screen
from smeflow.i18n import say

if TYPE_CHECKING:
    from smeflow.i18n import Phrase
    from smeflow.runner.runner import Progress

Watching = Callable[[], "tuple[str, Phrase] | None"]
"""Gives what is being done now, and it in words; None where there is nothing to tell."""
AGAIN_SECONDS = 30.0
"""How often the same is told again where there is no terminal."""


@contextmanager
def progress(
    screen: Screen, name: str, watching: Watching | None = None
) -> "Iterator[Callable[[Progress], None] | None]":
    """Show a bar with items ended, rate, cost so far and time left; None where nobody watches.

    *watching* tells more than that, and is told line by line where there is no terminal.
    """
    if not screen.on_terminal:
        yield None if watching is None else _lines(screen, watching)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}", style="bold"),
        BarColumn(bar_width=40 if watching is None else 10),  # the rest of the line is for what it tells
        MofNCompleteColumn(),
        TextColumn("{task.fields[told]}", style="bright_black"),
    )
    with Bar(*columns, console=screen.err, transient=True) as bar:
        task = bar.add_task(name, total=None, told="")

        def show(now: "Progress") -> None:
            more = watching() if watching is not None else None
            told = screen.text(more[1]) if more is not None else in_words(screen, now)
            bar.update(task, completed=now.ended, total=now.items, told=told)

        yield show


def _lines(screen: Screen, watching: Watching) -> "Callable[[Progress], None]":
    last, told_at = "", 0.0

    def show(_now: "Progress") -> None:
        nonlocal last, told_at
        more, now = watching(), time.monotonic()
        if more is not None and (more[0] != last or now - told_at >= AGAIN_SECONDS):
            last, told_at = more[0], now
            screen.note(more[1], style="bright_black")

    return show


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
