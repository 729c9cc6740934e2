"""Tell how far a run is: a bar on a terminal, nothing elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from smeflow.cli.screen import Screen
from smeflow.i18n import say

if TYPE_CHECKING:
    from rich.progress import Task
    from rich.text import Text

Told = Callable[[Any], None]


@contextmanager
def progress(screen: Screen, name: str, *, quiet: bool = False) -> Iterator[Told | None]:
    """Show a bar with items ended, rate, cost so far and time left; None where nobody watches."""
    if quiet or not screen.on_terminal:
        yield None
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    class Rate(ProgressColumn):
        def render(self, task: "Task") -> "Text":
            from rich.text import Text

            speed = task.finished_speed or task.speed
            per_second = screen.number(Decimal(f"{speed:.1f}")) if speed else "–"
            return Text(screen.text(say("{n}/s", n=per_second)), style="bright_black")

    bar = Progress(
        TextColumn("[bold]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TextColumn("{task.fields[cost]}"),
        TimeRemainingColumn(),
        console=screen.err,
        transient=True,
    )
    with bar:
        task = bar.add_task(name, total=None, cost="")

        def told(now: Any) -> None:
            cost = screen.amount(now.cost.amount, now.cost.currency) if now.cost and now.cost.amount else ""
            bar.update(task, completed=now.ended, total=now.items, cost=cost)

        yield told
