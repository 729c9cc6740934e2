"""How a command ends: what an error says to a person, the code of the process, and what a signal asks for.

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

import os
import re
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import typer

from smeflow import __version__
from smeflow._system import DISK_FULL
from smeflow.cli.console import Screen
from smeflow.core.events import EventValue, RunEvent
from smeflow.errors import (
    BudgetSpent,
    LedgerBusy,
    LedgerDamaged,
    LLMRejected,
    RecipeError,
    SmeflowError,
    UnsupportedDocument,
    os_error_reason,
)
from smeflow.i18n import Phrase, say

T = TypeVar("T")
_SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH", re.IGNORECASE)
_SECRET_VALUE = re.compile(
    r"\b(?:sk|pk|rk|gsk|hf|ghp|xox[abp])[-_][\w-]{6,}|(?<=Bearer )\S+|(?<=://)[^\s/@:]+:[^\s/@]+(?=@)",
    re.IGNORECASE,
)
HIDDEN = "[hidden]"


def without_secrets(text: str, environ: Mapping[str, str]) -> str:
    """Hide what looks like a key, and the value of every variable whose name says that it is secret."""
    values = {
        v for k, v in environ.items() if _SECRET_NAME.search(k) and len(v) >= 6 and not Path(v).exists()
    }
    for value in sorted(values, key=len, reverse=True):
        text = text.replace(value, HIDDEN)
    return _SECRET_VALUE.sub(HIDDEN, text)


def write_crash_file(error: BaseException, folder: Path, environ: Mapping[str, str]) -> Path | None:
    """Write what went wrong to a file only its owner can read; None where nothing can be written.

    Holds the call stack without the values in it.
    """
    import platform
    import tempfile

    head = f"smeflow {__version__}, Python {platform.python_version()}, {platform.platform()}\n\n"
    text = without_secrets(head + "".join(traceback.format_exception(error)), environ)
    for place in (folder, Path(tempfile.gettempdir())):
        if not place.is_dir():
            continue
        try:
            handle, name = tempfile.mkstemp(prefix="smeflow-crash-", suffix=".txt", dir=place)
        except OSError:
            continue
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        return Path(name)
    return None


_TYPER_MESSAGES: tuple[tuple[re.Pattern[str], Phrase], ...] = (
    (
        re.compile(
            r"No such option: (?P<a>\S+?)\.?( Did you mean (?P<b>.+)\?| \(Possible options: (?P<c>.+)\))?"
        ),
        say("There is no option {a}."),
    ),
    (
        re.compile(r"No such command '(?P<a>.+?)'\.( Did you mean (?P<b>.+)\?)?.*"),
        say("There is no command {a}."),
    ),
    (re.compile(r"Missing argument '(?P<a>.+)'\."), say("The argument {a} is missing.")),
    (re.compile(r"Missing option '(?P<a>.+)'\."), say("The option {a} is missing.")),
    (re.compile(r"Option '(?P<a>.+)' requires an argument\."), say("The option {a} needs a value.")),
    (re.compile(r"Got unexpected extra arguments? ?(\(s\) )?\((?P<a>.+)\)"), say("There is too much: {a}.")),
    (
        re.compile(r"Invalid value for '?(?P<a>.+?)'?: (?P<why>.*)", re.DOTALL),
        say("The value of {a} is not usable."),
    ),
)
"""What it may say, and our words for it."""
_VALUE_MESSAGES: tuple[tuple[re.Pattern[str], Phrase], ...] = (
    (re.compile(r".*valid integer.*", re.DOTALL), say("write a whole number")),
    (re.compile(r".*valid number.*", re.DOTALL), say("write a number")),
    (re.compile(r".*greater than or equal to (?P<a>\S+)"), say("write a number from {a} on")),
    (re.compile(r".*less than or equal to (?P<a>\S+)"), say("write a number up to {a}")),
)
"""What is said of a value, and our words for it; what else is said is ours already."""


def translate_usage(message: str) -> Phrase | str:
    """Give *message* as a sentence that can be translated; as it is where it is none of those known."""
    for pattern, phrase in _TYPER_MESSAGES:
        match = pattern.fullmatch(message.strip())
        if match:
            groups = match.groupdict()
            what = Phrase(phrase.template, {"a": match["a"]})
            if why := groups.get("why"):
                return say("The value of {a} is not usable: {why}", a=match["a"], why=_why_refused(why))
            near = (groups.get("b") or groups.get("c") or "").replace("'", "")
            return say("{what} Did you mean {near}?", what=what, near=near) if near else what
    return message


def _why_refused(message: str) -> Phrase | str:
    for pattern, phrase in _VALUE_MESSAGES:
        if match := pattern.fullmatch(message):
            return Phrase(phrase.template, match.groupdict())
    return message


def language_first(arguments: list[str]) -> list[str]:
    """Put ``--lang`` before the command, wherever it was typed."""
    if "--" in arguments:
        return arguments
    for n, argument in enumerate(arguments):
        if argument == "--lang" and n + 1 < len(arguments):
            return [*arguments[n : n + 2], *arguments[:n], *arguments[n + 2 :]]
        if argument.startswith("--lang="):
            return [argument, *arguments[:n], *arguments[n + 1 :]]
    return arguments


OK, LEFT_TO_DO, USAGE, BUSY, DAMAGED, REJECTED, BUDGET, FULL, INTERNAL, INTERRUPTED, TERMINATED = (
    0, 1, 2, 3, 4, 5, 6, 28, 70, 130, 143,
)  # fmt: skip
ERROR_CODES: tuple[tuple[type[SmeflowError], int], ...] = (
    (RecipeError, USAGE),
    (UnsupportedDocument, USAGE),
    (LedgerBusy, BUSY),
    (LedgerDamaged, DAMAGED),
    (LLMRejected, REJECTED),
    (BudgetSpent, BUDGET),
)
HALT_CODES: dict[str, int] = {
    "key": REJECTED,
    "quota": REJECTED,
    "model": REJECTED,
    "residency": REJECTED,
    "budget": BUDGET,
    "full": FULL,
    "interrupted": INTERRUPTED,
    "broken": LEFT_TO_DO,
}
"""Why a run stopped before its end, and the code for it."""


class UsageProblem(SmeflowError):
    """The command was given something it cannot use."""


_DOCUMENTS = ".pdf .xml .eml .msg .jpg .jpeg .png .docx .xlsx .odt .csv .zip"
"""How the names of files end that a recipe reads, and that are none."""


def refuse_document(path: Path) -> None:
    """Refuse a document where a recipe is asked for."""
    if path.suffix.lower() in _DOCUMENTS.split():
        raise UsageProblem(
            say(
                "{path} is no recipe: a recipe is a .yaml file. "
                "Read a document with smeflow extract, or put it into the inbox of a recipe.",
                path=path,
            )
        )


def usage_checked(job: Callable[[], T]) -> T:
    """Do *job*; what it says it cannot use, in a sentence, is told as a mistake of the command."""
    try:
        return job()
    except ValueError as error:
        if error.args and isinstance(error.args[0], Phrase):
            raise UsageProblem(error.args[0]) from error
        raise


class ProcessEnded(BaseException):
    """A person or another program asked us to end; no error that anything may swallow."""

    def __init__(self, code: int) -> None:
        super().__init__()
        self.code = code


def code_of(error: BaseException) -> int:
    """Give the code of the first error in the chain of causes that has one."""
    for cause in _chain(error):
        if isinstance(cause, KeyboardInterrupt | typer.Abort):  # Abort: Ctrl-C or "no" at a question
            return INTERRUPTED
        if isinstance(cause, ProcessEnded):
            return cause.code
        if isinstance(cause, UsageProblem | typer.TyperException):
            return USAGE
        if _full(cause):
            return FULL
        for kind, code in ERROR_CODES:
            if isinstance(cause, kind):
                return code
    if isinstance(error, FileNotFoundError | IsADirectoryError | NotADirectoryError):
        return USAGE
    return LEFT_TO_DO if isinstance(error, SmeflowError | OSError) else INTERNAL


def tell_error(error: BaseException, screen: Screen, folder: Path) -> int:
    """Say what happened, where and what to do; give the exit code. *folder* takes a crash file."""
    code = code_of(error)
    fields: dict[str, EventValue] = {"code": code, "error": type(error).__name__}
    screen.log(RunEvent(name="command.failed", at=datetime.now(UTC), recipe="", run=0, fields=fields))
    if isinstance(error, typer.TyperException):
        _tell_usage(error, screen)
        return code
    words = _our_mistake(error, screen, folder) if code == INTERNAL else _error_in_words(error, code, screen)
    screen.note(without_secrets(words, os.environ), style="" if code in (INTERRUPTED, TERMINATED) else "red")
    return code


def _our_mistake(error: BaseException, screen: Screen, folder: Path) -> str:
    return screen.text(
        say(
            "This is a mistake of smeflow: {kind}. What was finished is kept. Details for a report: {file}",
            kind=type(error).__name__,
            file=write_crash_file(error, folder, os.environ) or say("(could not be written)"),
        )
    )


def _error_in_words(error: BaseException, code: int, screen: Screen) -> str:
    if code in (INTERRUPTED, TERMINATED):
        return screen.text(say("Stopped. Nothing is lost: run the same command again to go on."))
    known = next((e for e in _chain(error) if isinstance(e, SmeflowError)), None)
    if isinstance(known, RecipeError):
        return "\n".join(f"{known.file}:{p.line}:{p.column}: {screen.text(p.phrase)}" for p in known.problems)
    what = screen.text(known.phrase) if known else _system_error(error, screen)
    if code == FULL:
        path = next((e.filename for e in _chain(error) if isinstance(e, OSError) and e.filename), None)
        what += f" ({path})" if path and str(path) not in what else ""
        what += "\n" + screen.text(
            say("The disk is full. Make room and run the same command again: nothing is lost.")
        )
    return what


def _system_error(error: BaseException, screen: Screen) -> str:
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
                why=os_error_reason(error),
            )
        )
    return str(error).partition("\n")[0]


def _tell_usage(error: typer.TyperException, screen: Screen) -> None:
    message = error.format_message()
    screen.note(translate_usage(message), style="red")
    context = getattr(error, "ctx", None)  # foreign: only some of typer's errors have one
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
    full = isinstance(error, OSError) and error.errno in DISK_FULL
    return full or "database or disk is full" in str(error)


PATIENCE_SECONDS = 4.0
"""How long calls under way may end by themselves; what is not written down by then is done again."""
LAST_SECONDS = 4.8
"""After the signal, by when the process is gone, whatever there still is to say."""
SIGNAL_CODES = {signal.SIGINT: INTERRUPTED, signal.SIGTERM: TERMINATED}


class StopRequest:
    """Whether to stop, and the code to end with."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self.code: int | None = None
        self._timer: threading.Timer | None = None
        self._asked = 0.0

    def ask(self, signum: int, _frame: object) -> None:
        """Take a signal: the first one asks, a second one does not wait."""
        code = SIGNAL_CODES.get(signal.Signals(signum), INTERRUPTED)
        if self.code is not None:
            os._exit(code)  # safe at any moment: what counts is already on the disk
        self.code, self._asked = code, time.monotonic()
        self.event.set()
        self._end_later(code, PATIENCE_SECONDS)

    def tell(self) -> None:
        """Give what was stopped a moment more to say how far it came."""
        if self.code is not None:
            self._end_later(self.code, max(0.1, self._asked + LAST_SECONDS - time.monotonic()))

    def _end_later(self, code: int, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = threading.Timer(seconds, os._exit, (code,))
        self._timer.daemon = True
        self._timer.start()


@contextmanager
def stop_on_signals() -> Iterator[StopRequest]:
    """Turn Ctrl-C and SIGTERM into a request to stop, until the block ends."""
    stop = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {s: signal.signal(s, stop.ask) for s in SIGNAL_CODES}
    try:
        yield stop
    finally:
        if stop.code is None:  # else the timer must still be able to end a process that hangs
            for signum, handler in before.items():
                signal.signal(signum, handler)
