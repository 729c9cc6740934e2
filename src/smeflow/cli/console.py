"""What a person sees: sentences in their language, tables, colours. Rich is loaded when first used."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from smeflow._text import mask_addresses
from smeflow.core.events import JsonLines, RunEvent
from smeflow.i18n import NO_BREAK, Language, Phrase, say

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from smeflow.engine.pool import RunProgress

STATE_WORDS: dict[str, tuple[Phrase, str, str]] = {
    "done": (say("done"), "green", "✓"),
    "review": (say("review"), "yellow", "?"),
    "failed": (say("failed"), "red", "✗"),
    "skipped": (say("skipped"), "bright_black", "–"),
    "open": (say("open"), "cyan", "…"),
}
"""For each state the word a person reads, its colour, and a sign for those who see no colour."""


def plain_decimal(value: Decimal) -> str:
    """Write an amount for a program: digits and a point, no more zeros than needed, never an exponent."""
    return format(value.normalize(), "f")


@dataclass(frozen=True, kw_only=True)
class ScreenColumn:
    """One column of a table on the screen."""

    heading: Phrase
    right: bool = False
    style: str = ""
    wrap: bool = True
    ratio: int | None = None
    """Its share of the room that is left; None takes what its cells need."""


@dataclass(frozen=True, kw_only=True)
class Screen:
    """Where a command speaks: results to standard output, everything else to standard error."""

    language: Language = "en"
    log_json: bool = False
    """Standard error is for lines of JSON alone: nothing is said there, and nobody watches a bar."""

    @cached_property
    def out(self) -> "Console":
        """Standard output."""
        from rich.console import Console

        return Console(highlight=False, soft_wrap=False)

    @cached_property
    def err(self) -> "Console":
        """Standard error: progress, remarks, errors."""
        from rich.console import Console

        return Console(stderr=True, highlight=False)

    @property
    def on_terminal(self) -> bool:
        """Whether a person watches: only then is there a progress bar."""
        return not self.log_json and sys.stderr.isatty()

    def text(self, what: object) -> str:
        """Give *what* as a person reads it: phrases, amounts, dates and none in their language."""
        if what is None:
            return ""
        if isinstance(what, Phrase):
            return mask_addresses(what.render(self.language))
        if isinstance(what, bool):
            return self.text(say("yes") if what else say("no"))
        if isinstance(what, Decimal):
            return self.number(what)
        if isinstance(what, datetime):
            return what.astimezone().strftime("%d/%m/%Y %H:%M" if self.language == "fr" else "%Y-%m-%d %H:%M")
        if isinstance(what, date):
            return what.strftime("%d/%m/%Y" if self.language == "fr" else "%Y-%m-%d")
        return str(what)

    def number(self, value: Decimal) -> str:
        """Write a number with the language's separators, digits as they are."""
        plain = f"{value:,f}"
        return plain.replace(",", NO_BREAK).replace(".", ",") if self.language == "fr" else plain

    def amount(self, value: Decimal | None, currency: str | None) -> str:
        """Write an amount with at least two decimals and its currency."""
        if value is None:
            return ""
        short = value.normalize()
        exponent = short.as_tuple().exponent
        shown = short.quantize(Decimal("0.01")) if isinstance(exponent, int) and exponent > -2 else short
        return f"{self.number(shown)} {currency or ''}".rstrip()

    def print(self, what: object = "", style: str = "") -> None:
        """Say *what* on standard output."""
        self._say(self.out, what, style)

    def note(self, what: object, style: str = "") -> None:
        """Say *what* on standard error."""
        if not self.log_json:
            self._say(self.err, what, style)

    def log(self, event: RunEvent) -> None:
        """Write *event* as a line of JSON on standard error, where that was asked for."""
        if self.log_json:
            JsonLines(sys.stderr)(event)

    def fact(self, word: object, value: object, indent: str = "") -> None:
        """Print a word and what it is, the word paler."""
        from rich.text import Text

        colon = "\u00a0:" if self.language == "fr" else ":"
        line = Text(f"{indent}{self.text(word)}{colon} ", style="bright_black")
        self.out.print(line.append(mask_addresses(self.text(value)), style="default"))

    def json(self, value: object) -> None:
        """Write *value* as one line of JSON on standard output, whatever the terminal."""
        import json

        sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")
        sys.stdout.flush()

    def state(self, name: str, word: object = None) -> "Text":
        """Show a state in its colour with its sign."""
        from rich.text import Text

        phrase, style, sign = STATE_WORDS[name]
        return Text(f"{sign} {self.text(word if word is not None else phrase)}", style=style)

    def table(
        self, columns: Sequence[ScreenColumn], rows: Iterable[Sequence[object]], title: Phrase | None = None
    ) -> "Table":
        """Make a table; cells may be phrases, amounts, dates or Rich texts."""
        from rich import box
        from rich.table import Table
        from rich.text import Text

        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
        if title is not None:
            table.title, table.title_justify, table.title_style = self.text(title), "left", "bold"
        for c in columns:
            justify: Literal["right", "left"] = "right" if c.right else "left"
            table.add_column(
                self.text(c.heading),
                justify=justify,
                style=c.style,
                no_wrap=not c.wrap,
                ratio=c.ratio,
                overflow="fold",
            )
        for row in rows:
            table.add_row(*(cell if isinstance(cell, Text) else Text(self.text(cell)) for cell in row))
        return table

    def _say(self, console: "Console", what: object, style: str) -> None:
        if isinstance(what, (str, Phrase)):
            console.print(self.text(what), style=style or None, markup=False)
        else:
            console.print(what)


ProgressNote = Callable[[], "tuple[str, Phrase] | None"]
"""Gives what is being done now, and it in words; None where there is nothing to tell."""
AGAIN_SECONDS = 30.0
"""How often the same is told again where there is no terminal."""


@contextmanager
def show_progress(
    screen: Screen, name: str, watching: ProgressNote | None = None
) -> "Iterator[Callable[[RunProgress], None] | None]":
    """Show a bar with items ended, rate, cost so far and time left; None where nobody watches.

    *watching* tells more than that, and is told line by line where there is no terminal.
    """
    if not screen.on_terminal:
        yield None if watching is None else _print_notes(screen, watching)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}", style="bold"),
        BarColumn(bar_width=40 if watching is None else 10),  # the rest of the line is for what it tells
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}", style="bright_black"),
    )
    with Bar(*columns, console=screen.err, transient=True) as bar:
        task = bar.add_task(name, total=None, note="")

        def show(now: "RunProgress") -> None:
            more = watching() if watching is not None else None
            note = screen.text(more[1]) if more is not None else progress_in_words(screen, now)
            bar.update(task, completed=now.ended, total=now.items, note=note)

        yield show


def _print_notes(screen: Screen, watching: ProgressNote) -> "Callable[[RunProgress], None]":
    last, told_at = "", 0.0

    def show(_now: "RunProgress") -> None:
        nonlocal last, told_at
        more, now = watching(), time.monotonic()
        if more is not None and (more[0] != last or now - told_at >= AGAIN_SECONDS):
            last, told_at = more[0], now
            screen.note(more[1], style="bright_black")

    return show


def join_sentences(sentences: list[str], language: Language = "en") -> str:
    """Put sentences in a row, each once."""
    text = ""
    semicolon = "\u00a0; " if language == "fr" else "; "
    for sentence in dict.fromkeys(sentences):
        text += (" " if text.endswith((".", "?")) else semicolon if text else "") + sentence
    return text


def progress_in_words(screen: Screen, now: "RunProgress") -> str:
    """Give rate, cost so far and time left, as far as they are known."""
    words = []
    if now.rate:
        words.append(screen.text(say("{n}/s", n=screen.number(Decimal(f"{now.rate:.1f}")))))
    if now.cost.amount:
        words.append(screen.amount(now.cost.amount, now.cost.currency))
    if now.seconds_left is not None:
        left = timedelta(seconds=round(now.seconds_left))
        words.append(screen.text(say("{time} left", time=left)))
    return " · ".join(words)
