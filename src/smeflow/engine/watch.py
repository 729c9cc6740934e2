"""Know when a recipe has something to do: mail came, a time has come, or it is time to look again."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from smeflow.errors import SmeflowError, os_error_reason
from smeflow.i18n import Phrase, say
from smeflow.kinds.mailbox import MailboxSource
from smeflow.mail.client import MailClient
from smeflow.mail.connect import open_mailbox
from smeflow.recipe.load import Recipe

FIRST_SECONDS, RENEW_SECONDS = 2.0, 120.0
"""How long one wait lasts: the first one short, since mail may have come while the folder was opened."""
SILENT_SECONDS = 900.0
"""When nothing was heard from a server for so long, a person is told."""
LONGEST_PAUSE_SECONDS = 300.0
LOOK_SECONDS = 900.0
"""A mailbox is looked through at least so often, whatever its server says or does not say."""


@dataclass
class NextRun:
    """When one recipe is to run next."""

    recipe: Recipe
    every: float
    """Seconds between two looks at a source that cannot say when something comes."""
    next_at: float = 0.0
    """On the monotonic clock; for a recipe with a schedule the clock on the wall counts."""
    on_wall: datetime | None = None
    failures: int = 0
    _woken: threading.Event = field(default_factory=threading.Event)

    @classmethod
    def of(cls, recipe: Recipe, every: float, last_run: datetime | None, now: datetime) -> "NextRun":
        """Begin at once; with a schedule at its next time, or now where one was missed since the last run."""
        due = cls(recipe, LOOK_SECONDS if isinstance(recipe.source, MailboxSource) else every)
        if recipe.schedule is not None:
            due.on_wall = recipe.schedule.after(last_run or now, recipe.timezone)
        return due

    def wake(self) -> None:
        """Run as soon as may be: whoever says so has just heard from the source."""
        self.failures = 0
        self._woken.set()

    def is_due(self, now: datetime) -> bool:
        """Tell whether to run now."""
        if self.on_wall is not None:
            return now >= self.on_wall and time.monotonic() >= self.next_at
        woken = self._woken.is_set() and not self.failures
        return woken or time.monotonic() >= self.next_at

    def began(self) -> None:
        """Take note that it runs now: what comes from here on wakes it again."""
        self._woken.clear()

    def ended(self, now: datetime) -> None:
        """Set the next time after a run."""
        self.failures = 0
        self.next_at = time.monotonic() + self.every
        if self.recipe.schedule is not None:
            self.next_at = 0.0
            self.on_wall = self.recipe.schedule.after(now, self.recipe.timezone)

    def failed(self) -> None:
        """Try again later, and later still each time."""
        self.failures += 1
        self.next_at = time.monotonic() + retry_pause(self.failures)


def retry_pause(failures: int) -> float:
    """Give how long to wait after so many failures in a row: 2 s, 4 s, up to five minutes."""
    longest: float = min(2.0**failures, LONGEST_PAUSE_SECONDS)
    return longest * random.uniform(0.75, 1.0)  # noqa: S311 - so that several watchers do not come at once


def failure_phrase(error: Exception) -> Phrase:
    """Say what ended a run or a wait that is tried again."""
    if isinstance(error, SmeflowError):
        return error.phrase
    if isinstance(error, OSError):
        return say("{reason}", reason=os_error_reason(error))
    return say("it failed and is tried again: {kind}: {error}", kind=type(error).__name__, error=error)


class MailboxWatcher(threading.Thread):
    """Waits for mail on a connection of its own, and connects again when it breaks."""

    def __init__(
        self,
        source: MailboxSource,
        wake: Callable[[], None],
        tell: Callable[[Phrase], None],
        stop: threading.Event,
    ) -> None:
        super().__init__(name=f"watch {source.account.address}", daemon=True)
        self.account, self.folders = source.account, source.folders
        self.wake, self.tell, self.stop = wake, tell, stop
        self._known: list[tuple[int, int]] | None = None
        self._heard = time.monotonic()
        self._failures = 0
        self._told = False

    def run(self) -> None:
        """Wait until told to stop."""
        while not self.stop.is_set():
            try:
                with open_mailbox(self.account) as session:
                    self._listen(session)
            except Exception as error:  # noqa: BLE001 - whatever an answer did, the mailbox is watched on
                self._failures += 1
                self._known = None
                if self._failures == 1:
                    self.tell(failure_phrase(error))
                self._tell_silence()
                self.stop.wait(retry_pause(self._failures))

    def _listen(self, session: MailClient) -> None:
        seconds = FIRST_SECONDS
        while not self.stop.is_set():
            states = [session.status(name) for name in self.folders[1:]]
            first = session.open(self.folders[0])
            states.append((first.validity, first.following))
            self._heard_again()
            if states != self._known:
                self._known = states
                self.wake()
            changed = session.wait(seconds, self.stop)
            several = len(self.folders) > 1  # one connection waits for one folder; the others are asked after
            seconds = FIRST_SECONDS if changed else min(RENEW_SECONDS, 30.0) if several else RENEW_SECONDS

    def _heard_again(self) -> None:
        if self._failures:
            self.tell(say("The mailbox {address} answers again.", address=self.account.address))
        self._heard, self._failures, self._told = time.monotonic(), 0, False

    def _tell_silence(self) -> None:
        silent = time.monotonic() - self._heard
        if silent >= SILENT_SECONDS and not self._told:
            self._told = True
            self.tell(_silence(self.account.address, round(silent / 60)))


def _silence(address: str, minutes: int) -> Phrase:
    return say(
        "Nothing has been heard from the mailbox {address} for {minutes} minutes. "
        "Nothing is lost; it is tried again and again.",
        address=address,
        minutes=minutes,
    )


def is_silence(phrase: Phrase) -> bool:
    """Tell whether a watcher says with *phrase* that its server has been silent for long."""
    return phrase.template == _silence("", 0).template
