"""How long to wait for a provider, and what all threads know of one that fails again and again."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from smeflow.errors import LLMRejected, LLMUnavailable
from smeflow.i18n import Phrase

_STOPS_A_RUN = frozenset({"key", "quota", "model"})
ABSENT_SECONDS = 5.0
"""How long to wait for a server that was never there: a wrong address, a program that is not started."""


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How much one step call may use up, re-asks included."""

    paid_attempts: int = 5
    """Attempts that may have been paid; an answer that was taken, since another question follows, is none."""
    slow_attempts: int = 3
    """Attempts that ended at their deadline; each costs a whole timeout."""
    waiting_seconds: float = 600.0
    """All waits together. Attempts that cost nothing are bounded by this and not by a number."""
    longest_wait_seconds: float = 120.0
    """A longer wait is not slept through: the item is parked until then."""
    first_wait_seconds: float = 0.5
    """After a provider was not there and nobody said how long; twice that after a rate limit, and a quarter
    after an answer that broke on its way. It doubles with every failure in a row."""
    most_backoff_seconds: float = 30.0
    away_seconds: float = 300.0
    """When a parked item is tried again, where nobody said for how long to wait."""
    cooldown_seconds: float = 0.0
    """For so long nobody waits for a provider that failed again and again: another one is asked. It doubles
    with every probe that fails. 0: there is no other, and everybody waits."""
    longest_cooldown_seconds: float = 600.0
    comes_back: bool = True
    """Whether somebody asks again later, as the runner does; False: what would be put off is
    `LLMUnavailable`, and attempts that failed count as waiting."""


@dataclass(eq=False, kw_only=True)
class CircuitBreaker:
    """What all threads know of one provider: after repeated failures calls pause but one a second.

    Monotonic time only: a wall clock that jumps changes no wait.
    """

    failures: int = 3
    """That many in a row, with no answer in between, and calls pause."""
    probe_seconds: float = 1.0
    window_seconds: float = 600.0
    """Failures that lie further apart are not in a row."""
    absent_seconds: float = ABSENT_SECONDS
    """A server that could not be reached for so long, and never was, is not waited for."""
    stop: threading.Event | None = None
    """Set it, and every wait ends at once with `AnswerLater`."""
    monotonic: Callable[[], float] = time.monotonic
    rejected: LLMRejected | None = None
    """The provider rejects all we send (key, quota, model): nothing more is sent."""
    absence: LLMUnavailable | None = None
    """How the last attempt failed, while the server was never reached."""
    reason: Phrase | None = None
    """Why the last attempt failed; None after an answer."""
    _reached: bool = field(default=False, repr=False)
    _first_failure: float = field(default=0.0, repr=False)
    passed_by: int = 0
    """How many questions were left to another provider while this one was left alone."""
    cooldowns: int = 0
    """How often it was left alone."""
    _in_a_row: int = field(default=0, repr=False)
    _last_failure: float = field(default=0.0, repr=False)
    _cool_until: float | None = field(default=None, repr=False)
    _probing: bool = field(default=False, repr=False)
    _probes_failed: int = field(default=0, repr=False)
    _next_probe: float = field(default=0.0, repr=False)
    _changed: threading.Condition = field(default_factory=threading.Condition, repr=False)

    @property
    def open(self) -> bool:
        """Whether calls pause."""
        return self._in_a_row >= self.failures

    @property
    def absent(self) -> bool:
        """Whether the server was never there: a wrong address, a program that is not started."""
        lasting = self.monotonic() - self._first_failure >= self.absent_seconds
        return self.open and not self._reached and self.absence is not None and lasting

    def takes_probe(self) -> bool:
        """Tell whether a question may go out to look whether the provider is there; one a second may."""
        with self._changed:
            now = self.monotonic()
            due = now >= self._next_probe
            self._next_probe = now + self.probe_seconds if due else self._next_probe
            return due

    @property
    def cooling(self) -> bool:
        """Whether it is left alone, and was not heard of since."""
        return self._cool_until is not None

    def let_cool(self, seconds: float) -> None:
        """Leave the provider alone for *seconds*; then one question goes out to see whether it is back."""
        with self._changed:
            until = self.monotonic() + seconds
            self.cooldowns += self._cool_until is None
            probed, self._probing = self._probing, False
            self._cool_until = until if probed or self._cool_until is None else max(until, self._cool_until)
            self._changed.notify_all()

    def seconds_to_cool(self, probe_seconds: float) -> float:
        """Give how long the provider is still left alone; 0 lets the one question out that looks for it.

        Whoever gets the 0 has *probe_seconds* to find out, before another may.
        """
        with self._changed:
            if self._cool_until is None:
                return 0.0
            now = self.monotonic()
            if now >= self._cool_until:
                self._cool_until, self._probing = now + probe_seconds, True
                return 0.0
            self.passed_by += 1
            return self._cool_until - now

    def cooldown(self, patience: "Patience") -> float:
        """Give for how long to leave it alone now: twice as long after every probe that failed."""
        grown: float = patience.cooldown_seconds * 2 ** min(self._probes_failed, 20)
        return min(grown, patience.longest_cooldown_seconds)

    def admit(self, most_seconds: float, *, leaving: bool = False) -> float:
        """Wait until a call may go out, at most *most_seconds*; give how long it took.

        *leaving*: whoever asks has another provider to turn to, once this one is left alone.

        Raises:
            LLMRejected: The provider has rejected everything.
            TimeoutError: It may not go out within that time.
        """
        if self.rejected is not None:
            raise LLMRejected(self.rejected.phrase, reason=self.rejected.reason)
        if not self.open:
            return 0.0
        began = self.monotonic()
        with self._changed:
            while self.open:
                if self.rejected is not None:
                    raise LLMRejected(self.rejected.phrase, reason=self.rejected.reason)
                now = self.monotonic()
                if self.takes_probe():
                    break
                if (leaving and self.cooling) or now - began >= most_seconds or self.stopped or self.absent:
                    raise TimeoutError
                self._changed.wait(min(self._next_probe - now, 0.5))  # wakes to look whether to stop
        return self.monotonic() - began

    @property
    def stopped(self) -> bool:
        """Whether waiting must end."""
        return self.stop is not None and self.stop.is_set()

    def sleep(self, seconds: float) -> None:
        """Wait, or until `stop` is set."""
        if self.stop is not None:
            self.stop.wait(seconds)
        else:
            time.sleep(seconds)

    def answered(self) -> None:
        """Note that the provider is there."""
        self._reached, self.absence, self.reason = True, None, None
        self._cool_until, self._probing, self._probes_failed = None, False, 0
        if self._in_a_row:
            with self._changed:
                self._in_a_row = 0
                self._changed.notify_all()

    def failed(self, error: LLMUnavailable | None = None) -> None:
        """Note that it is not; *error* says how, and whether anything was reached."""
        with self._changed:
            now = self.monotonic()
            if self._in_a_row and now - self._last_failure > self.window_seconds:
                self._in_a_row = 0
            self._last_failure = now
            self._in_a_row += 1
            self._probes_failed += self._probing
            self._first_failure = self.monotonic() if self._in_a_row == 1 else self._first_failure
            self._reached = self._reached or error is None or error.reached
            self.absence = None if self._reached else error
            self.reason = error.phrase if error else self.reason
            if self._in_a_row == self.failures:
                self._next_probe = self.monotonic() + self.probe_seconds

    def rejects(self, error: LLMRejected) -> None:
        """Note a rejection; one that concerns everything ends everything."""
        self.answered()
        if error.reason in _STOPS_A_RUN:
            with self._changed:
                self.rejected = error
                self._changed.notify_all()
