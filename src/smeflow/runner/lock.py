"""One runner a recipe and ledger: a lock of the operating system, which no crash leaves behind."""

import contextlib
import os
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from smeflow._locks import lock, unlock
from smeflow._text import sha256
from smeflow.errors import LedgerBusy
from smeflow.i18n import say


class RecipeLock:
    """Held while a runner takes items on. Reading and deciding need no lock."""

    def __init__(self, folder: Path, recipe: str) -> None:
        name = "".join(c if c.isalnum() or c in "-_" else "-" for c in recipe)[:60] + "-" + sha256(recipe)[:8]
        self.folder, self.recipe = folder / "locks", recipe
        self._path, self._pid_path = self.folder / f"{name}.lock", self.folder / f"{name}.pid"
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        """Take the lock.

        Raises:
            LedgerBusy: Another process holds it; the message names its number.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = self._path.open("ab")
        self._path.chmod(0o600)
        try:
            lock(self._file)
        except OSError:
            self._file.close()
            self._file = None
            raise self._busy() from None
        # The number is for the message alone, and in its own file: Windows lets nobody read a locked one.
        with contextlib.suppress(OSError):
            self._pid_path.write_text(str(os.getpid()), encoding="ascii")
            self._pid_path.chmod(0o600)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the lock back. The files stay: taking them away would let two processes lock two files."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._pid_path.unlink()
            unlock(self._file)
            self._file.close()
            self._file = None

    def _busy(self) -> LedgerBusy:
        pid: int | None = None
        with contextlib.suppress(OSError, ValueError):
            pid = int(self._pid_path.read_text(encoding="ascii"))
        who = say("process {pid}", pid=pid) if pid is not None else say("another process")
        phrase = say(
            "The recipe {recipe} is being run by {who}. Wait until it ends, or stop it, and run again.",
            recipe=self.recipe,
            who=who,
        )
        return LedgerBusy(phrase, pid=pid)
