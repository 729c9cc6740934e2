"""Fetch a model while a person watches, and say once what it is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from smeflow.cli.screen import Screen
from smeflow.i18n import say

if TYPE_CHECKING:
    from smeflow.llm.local.catalogue import KnownModel
    from smeflow.llm.local.fetch import Source
    from smeflow.llm.local.store import Stored


@contextmanager
def bar(screen: Screen, name: str) -> Iterator[Callable[[int, int], None]]:
    """Show how many bytes are there: a bar on a terminal, else a line for each tenth."""
    if not screen.on_terminal:
        yield _Tenths(screen, name)
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", style="bold"), BarColumn(), DownloadColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=screen.err, transient=True) as shown:
        task = shown.add_task(name, total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total)


class _Tenths:
    """Tells where nobody watches: a log is not flooded."""

    def __init__(self, screen: Screen, name: str) -> None:
        self.screen, self.name, self.last = screen, name, 0

    def __call__(self, done: int, total: int) -> None:
        tenth = done * 10 // total if total else 0
        if tenth != self.last:
            self.last = tenth
            percent = f"{tenth * 10}\u00a0%"
            self.screen.note(say("{name}: {percent}", name=self.name, percent=percent), style="bright_black")


def fetched(screen: Screen, known: "KnownModel", source: "Source | None" = None) -> "Stored":
    """Fetch *known*.

    Raises:
        LLMError: It cannot be had, or what came is not it.
    """
    from smeflow.llm.local.fetch import fetch
    from smeflow.llm.local.store import Store

    size = round(known.bytes / 1_000_000)
    screen.note(say("Fetching {model}, {size} MB.", model=known.title, size=size))
    with bar(screen, known.name) as tell:
        return fetch(known, Store.of(), source=source, tell=tell, note=screen.note)


def told_of(screen: Screen, made: "Stored", known: "KnownModel | None") -> None:
    """Say once, when it comes: that it is the one, under which licence, and what it can do."""
    screen.print(say("✓ {model}: SHA-256 {hash}", model=made.title, hash=made.sha256), style="green")
    if known is None:
        screen.print(say("Its licence is between you and who made it. smeflow has measured nothing of it."))
        return
    screen.print(say("Licence: {licence}.", licence=known.licence))
    screen.print(known.word)
