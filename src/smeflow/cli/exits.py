"""The one place that turns an error into what a person reads and the code the process ends with.

==== =====================================================================
0    nothing is left open (items for a person and failed ones are told)
1    something is left to do: open items, ``--fail-on``, a source or sink
2    the recipe or the command is wrong
3    another runner works on the same recipe
4    the ledger is damaged
5    the provider rejects us (key, quota, model, residency)
6    the budget is spent
28   the disk is full
70   a mistake of ours; a file holds the details
130  interrupted (Ctrl-C); 143: asked to end (SIGTERM)
==== =====================================================================
"""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import typer

from smeflow.cli.crash import without_secrets, write_crash
from smeflow.cli.screen import Screen
from smeflow.cli.usage import in_words
from smeflow.errors import (
    BudgetSpent,
    LedgerBusy,
    LedgerDamaged,
    LLMRejected,
    RecipeError,
    SmeflowError,
    UnsupportedDocument,
    system_words,
)
from smeflow.i18n import say

OK, LEFT, USAGE, BUSY, DAMAGED, REJECTED, BUDGET, FULL, OURS, INTERRUPTED, TERMINATED = (
    0, 1, 2, 3, 4, 5, 6, 28, 70, 130, 143,
)  # fmt: skip
CODES: tuple[tuple[type[SmeflowError], int], ...] = (
    (RecipeError, USAGE),
    (UnsupportedDocument, USAGE),
    (LedgerBusy, BUSY),
    (LedgerDamaged, DAMAGED),
    (LLMRejected, REJECTED),
    (BudgetSpent, BUDGET),
)
STOPPED: dict[str, int] = {
    "key": REJECTED,
    "quota": REJECTED,
    "model": REJECTED,
    "residency": REJECTED,
    "budget": BUDGET,
    "full": FULL,
    "interrupted": INTERRUPTED,
    "broken": LEFT,
}
"""Why a run stopped before its end, and the code for it."""


class UsageProblem(SmeflowError):
    """The command was given something it cannot use."""


class Ended(BaseException):
    """A person or another program asked us to end; no error that anything may swallow."""

    def __init__(self, code: int) -> None:
        super().__init__()
        self.code = code


def code_of(error: BaseException) -> int:
    """Give the code of the first error in the chain of causes that has one."""
    for one in _chain(error):
        if isinstance(one, KeyboardInterrupt):
            return INTERRUPTED
        if isinstance(one, Ended):
            return one.code
        if isinstance(one, UsageProblem | typer.TyperException):
            return USAGE
        if _full(one):
            return FULL
        for kind, code in CODES:
            if isinstance(one, kind):
                return code
    if isinstance(error, FileNotFoundError | IsADirectoryError | NotADirectoryError):
        return USAGE
    return LEFT if isinstance(error, SmeflowError | OSError) else OURS


def tell(error: BaseException, screen: Screen, folder: Path) -> int:
    """Say what happened, where and what to do; give the exit code. *folder* takes a crash file."""
    code = code_of(error)
    if isinstance(error, typer.TyperException):
        _usage(error, screen)
        return code
    words = _ours(error, screen, folder) if code == OURS else _words(error, code, screen)
    screen.note(without_secrets(words, os.environ), style="" if code in (INTERRUPTED, TERMINATED) else "red")
    return code


def _ours(error: BaseException, screen: Screen, folder: Path) -> str:
    return screen.text(
        say(
            "This is a mistake of smeflow: {kind}. What was finished is kept. Details for a report: {file}",
            kind=type(error).__name__,
            file=write_crash(error, folder, os.environ) or say("(could not be written)"),
        )
    )


def _words(error: BaseException, code: int, screen: Screen) -> str:
    if code in (INTERRUPTED, TERMINATED):
        return screen.text(say("Stopped. Nothing is lost: run the same command again to go on."))
    known = next((e for e in _chain(error) if isinstance(e, SmeflowError)), None)
    if isinstance(known, RecipeError):
        return "\n".join(f"{known.file}:{p.line}:{p.column}: {screen.text(p.phrase)}" for p in known.problems)
    what = screen.text(known.phrase) if known else _system(error, screen)
    if code == FULL:
        path = next((e.filename for e in _chain(error) if isinstance(e, OSError) and e.filename), None)
        what += f" ({path})" if path and str(path) not in what else ""
        what += "\n" + screen.text(
            say("The disk is full. Make room and run the same command again: nothing is lost.")
        )
    return what


def _system(error: BaseException, screen: Screen) -> str:
    if isinstance(error, FileNotFoundError):
        return screen.text(say("{path} does not exist. Check the name.", path=error.filename))
    if isinstance(error, PermissionError):
        return screen.text(
            say(
                "{path} may not be used by this user. Change its rights or choose another.",
                path=error.filename,
            )
        )
    if isinstance(error, OSError) and error.strerror:
        return screen.text(
            say(
                "{path}: {why}. Check the place and run again.",
                path=error.filename or "",
                why=system_words(error),
            )
        )
    return str(error).partition("\n")[0]


def _usage(error: typer.TyperException, screen: Screen) -> None:
    message = error.format_message()
    screen.note(in_words(message) if screen.language == "fr" else message, style="red")
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "smeflow"
    screen.note(say("Try: {path} --help", path=path))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _full(error: BaseException) -> bool:
    """Tell a full disk: from the system, or from SQLite in its own words."""
    full = isinstance(error, OSError) and error.errno in (
        errno.ENOSPC,
        getattr(errno, "EDQUOT", errno.ENOSPC),
    )
    return full or "database or disk is full" in str(error)
