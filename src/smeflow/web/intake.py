"""What people drop on the desk goes into a recipe's folder, and the recipe goes on with it."""

import os
import queue
import re
import shutil
import tempfile
import threading
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from smeflow.engine.watch import MailboxWatcher, NextRun
from smeflow.errors import LedgerBusy, SmeflowError, SourceError, os_error_reason
from smeflow.files.folder import MAX_BYTES, Folder, name_matches
from smeflow.i18n import Phrase, say
from smeflow.kinds.mailbox import MailboxSource
from smeflow.recipe.load import Recipe
from smeflow.web.desk import Desk

_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"|?*]')
GLANCE_SECONDS = 0.5
LONGEST_NAME = 200
"""In bytes: systems take 255, and a number may come behind."""


def takes_files(recipe: Recipe) -> bool:
    """Whether files can be dropped for a recipe: its source is a folder."""
    return isinstance(recipe.source, Folder)


def put_into_folder(recipe: Recipe, name: str, content: BinaryIO) -> Path | None:
    """Put a file into the recipe's folder under *name*, or one like it where that is taken by another.

    It appears there whole or not at all. None where the same file lies there under that name already.

    Raises:
        SourceError: The recipe does not read such files, it is too large, or it cannot be written.
    """
    source = recipe.source
    if not isinstance(source, Folder):
        raise SourceError(say("{recipe} does not read a folder: nothing can be put in.", recipe=recipe.name))
    safe = safe_name(name)
    if not name_matches(safe, source.match):
        raise SourceError(
            say(
                "{name} was not taken: {recipe} reads {match}.",
                name=safe,
                recipe=recipe.name,
                match=", ".join(source.match),
            )
        )
    try:
        with tempfile.NamedTemporaryFile(dir=source.path, prefix=".", suffix=".part", delete=False) as part:
            shutil.copyfileobj(content, part)
            size = part.tell()
        try:
            if size > MAX_BYTES:
                raise SourceError(say("{name} was not taken: it is larger than 50 MB.", name=safe))
            return _take_name(Path(part.name), source.path, safe)
        finally:
            Path(part.name).unlink(missing_ok=True)
    except OSError as error:
        reason = os_error_reason(error)
        raise SourceError(say("{name} was not taken: {reason}.", name=safe, reason=reason)) from error


def safe_name(written: str) -> str:
    """Give the last part of a name, without what a system forbids and without a dot before it.

    Raises:
        SourceError: Nothing is left of it.
    """
    last = PurePosixPath(unicodedata.normalize("NFC", written).replace("\\", "/")).name
    name = _UNSAFE.sub("_", last).strip().lstrip(".")
    stem, dot, ending = name.rpartition(".")
    if not (stem or ending):
        raise SourceError(say("A file without a name cannot be taken."))
    room = LONGEST_NAME - len(f"{dot}{ending}".encode())
    return f"{stem.encode()[: max(room, 0)].decode(errors='ignore')}{dot}{ending}"[:LONGEST_NAME]


def _take_name(part: Path, folder: Path, name: str) -> Path | None:
    """Give the file its name; a link fails where one is there, so that nothing is ever written over."""
    stem, dot, ending = name.rpartition(".")
    part.chmod(0o600)
    for number in range(1, 1000):
        again = (
            name
            if number == 1
            else f"{stem or ending} ({number}){dot if stem else ''}{ending if stem else ''}"
        )
        place = folder / again
        try:
            os.link(part, place)
        except FileExistsError:
            if place.is_file() and place.read_bytes() == part.read_bytes():
                return None
            continue
        return place
    raise SourceError(say("{name} was not taken: there are too many of that name.", name=name))


@dataclass
class BackgroundRuns:
    """Lets recipes go on after a decision or a new file, one after the other, in a thread of their own.

    It spends no more than a run from the command line: budgets hold, and a provider nobody has agreed to in
    this workspace is not asked.
    """

    desk: Desk
    _wanted: "queue.Queue[str | None]" = field(default_factory=queue.Queue)
    _waiting: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _running: str = ""
    _dues: dict[str, NextRun] = field(default_factory=dict)
    """When each recipe that is watched runs next."""
    failure: Phrase | None = None
    """Why the last run did not go to its end."""

    @property
    def busy(self) -> bool:
        """Whether a recipe runs or waits to run."""
        return bool(self._waiting or self._running)

    def want(self, recipe: str) -> None:
        """Let *recipe* run soon, once more where it runs already: that run may be past what has changed."""
        with self._lock:
            if recipe in self._waiting or recipe not in self.desk.recipes():
                return
            self._waiting.add(recipe)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="desk-runs", daemon=True)
                self._thread.start()
        self._wanted.put(recipe)

    def watch(self, every: float) -> None:
        """Let each recipe run when its time has come; folders are looked into *every* so many seconds."""
        for name, recipe in self.desk.recipes().items():
            due = self._dues[name] = NextRun.of(recipe, every, self._last_run(name), datetime.now(UTC))
            if isinstance(recipe.source, MailboxSource) and recipe.schedule is None:
                MailboxWatcher(recipe.source, due.wake, self._tell, self._stop).start()
        threading.Thread(target=self._watch, name="desk-watch", daemon=True).start()

    def _watch(self) -> None:
        while not self._stop.wait(GLANCE_SECONDS):
            for name, due in self._dues.items():
                if not self.busy and due.is_due(datetime.now(UTC)):
                    due.began()
                    self.want(name)

    def _last_run(self, name: str) -> datetime | None:
        with self.desk.ledger() as ledger:
            runs = ledger.runs(name) if ledger is not None else []
        return runs[-1].started_at if runs else None

    def _tell(self, phrase: Phrase) -> None:
        self.failure = phrase

    def end(self, timeout: float = 5.0) -> None:
        """Stop what runs; the next run goes on with it."""
        self._stop.set()
        self._wanted.put(None)
        if self._thread is not None:
            self._thread.join(timeout)

    def _work(self) -> None:
        while (name := self._wanted.get()) is not None and not self._stop.is_set():
            with self._lock:
                self._waiting.discard(name)
                self._running = name
            try:
                self._run(name)
            finally:
                self._running = ""

    def _run(self, name: str) -> None:
        due = self._dues.get(name)
        while True:
            try:
                self.desk.workspace.run(self.desk.recipes()[name].path, strict=True, stop=self._stop)
            except LedgerBusy:
                if self._stop.wait(1.0):  # another run is on its way, and may be past our item
                    return
                continue
            except (SmeflowError, OSError) as error:
                self.failure = _failure(error)
                if due is not None:
                    due.failed()
                return
            self.failure = None
            if due is not None:
                due.ended(datetime.now(UTC))
            return


def _failure(error: SmeflowError | OSError) -> Phrase:
    if isinstance(error, SmeflowError):
        return error.phrase
    reason = os_error_reason(error)
    return say("{path}: {why}. Check the place and run again.", path=error.filename or "", why=reason)
