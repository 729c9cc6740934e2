"""The one owner of retries: how long to wait, how often to ask, when to stop, when to come back later."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from smeflow.errors import AnswerLater, LLMRejected, LLMUnavailable
from smeflow.i18n import say
from smeflow.llm.interface import LLM, Reply, Request

_FIRST_WAIT_FACTORS = {"rate": 2.0, "outage": 1.0, "broken": 0.25}
ABSENT = "absent"
"""The ticket of what is asked again later since the server was never there."""
_STOPS_A_RUN = frozenset({"key", "quota", "model"})


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How much one step call may use up, re-asks included."""

    paid_attempts: int = 5
    """Attempts that may have been paid: answers, and those that broke after they were sent."""
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
    absent_seconds: float = 5.0
    """A server that could not be reached for so long, and never was, is not waited for."""
    stop: threading.Event | None = None
    """Set it, and every wait ends at once with `AnswerLater`."""
    monotonic: Callable[[], float] = time.monotonic
    rejected: LLMRejected | None = None
    """The provider rejects all we send (key, quota, model): nothing more is sent."""
    absence: LLMUnavailable | None = None
    """How the last attempt failed, while the server was never reached."""
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
                if now >= self._next_probe:
                    self._next_probe = now + self.probe_seconds
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
        self._reached, self.absence = True, None
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
            if self._in_a_row == self.failures:
                self._next_probe = self.monotonic() + self.probe_seconds

    def rejects(self, error: LLMRejected) -> None:
        """Note a rejection; one that concerns everything ends everything."""
        self.answered()
        if error.reason in _STOPS_A_RUN:
            with self._changed:
                self.rejected = error
                self._changed.notify_all()


@dataclass(eq=False)
class RetryState:
    """What one step call has used up so far, over all its questions."""

    paid: int = 0
    slow: int = 0
    waited_seconds: float = 0.0
    over: bool = False
    """Nothing more is to be asked."""
    waited: Callable[..., None] | None = None
    """Is told of each wait, see `WaitLog`; None where nobody listens."""

    def note_wait(
        self,
        fault: str,
        seconds: float,
        *,
        retry_after: float | None = None,
        put_off: float | None = None,
    ) -> None:
        """Count a wait, and tell of it."""
        self.waited_seconds += seconds
        if self.waited is not None and (seconds or put_off):
            self.waited(fault=fault, seconds=round(seconds, 3), retry_after=retry_after, put_off=put_off)


@dataclass(frozen=True, kw_only=True)
class RetryRule:
    """When to ask again; made once and shared by all calls."""

    patience: Patience = field(default_factory=Patience)
    breaker: CircuitBreaker = field(default_factory=CircuitBreaker)
    random: Callable[[], float] = field(default=random.random, repr=False)
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC), repr=False)

    def attempt(self, inner: LLM, request: Request, state: RetryState) -> Reply:
        """Ask once, when the breaker lets us."""
        patience = self.patience
        if state.paid >= patience.paid_attempts:
            state.over = True
            phrase = say(
                "The model was asked {count} times for this step and gave no usable answer.", count=state.paid
            )
            raise LLMUnavailable(phrase, kind="broken", sent=False)
        if self.breaker.absent and self.breaker.absence is not None and not patience.cooldown_seconds:
            raise self._later(self.breaker.absence, None)
        leaving = patience.cooldown_seconds > 0
        cool = self.breaker.seconds_to_cool(request.timeout_seconds) if leaving else 0.0
        if cool:
            raise self._later(self._no_answer(), cool)
        if not (leaving and self.breaker.cooling):  # the question that looks for it waits for nobody
            self._admit(state, max(0.0, patience.waiting_seconds - state.waited_seconds))
        began = self.breaker.monotonic()
        try:
            reply = inner.complete(request)
        except LLMUnavailable as error:
            slow = self.breaker.monotonic() - began >= request.timeout_seconds
            self._note(error, state, slow=slow)
            raise
        except LLMRejected as error:
            self.breaker.rejects(error)
            raise
        self.breaker.answered()
        state.paid += not reply.replayed
        return reply

    def _admit(self, state: RetryState, most_seconds: float) -> None:
        """Wait for the breaker, or put the item off."""
        began = self.breaker.monotonic()
        try:
            waited = self.breaker.admit(most_seconds, leaving=self.patience.cooldown_seconds > 0)
        except TimeoutError:
            down = self._no_answer()
            state.note_wait(down.kind, self.breaker.monotonic() - began)
            raise self._later(down, 0.0 if self.breaker.stopped else None) from down
        if waited:
            state.note_wait(self._no_answer().kind, waited)

    def _no_answer(self) -> LLMUnavailable:
        return self.breaker.absence or LLMUnavailable(
            say("The model server does not answer."), kind="outage", sent=False
        )

    def _note(self, error: LLMUnavailable, state: RetryState, *, slow: bool) -> None:
        state.paid += error.sent
        state.slow += error.sent and slow
        if error.kind == "rate":
            self.breaker.answered()
        else:
            self.breaker.failed(error)
            if self.patience.cooldown_seconds and self.breaker.open:
                self._let_cool(error)

    def _let_cool(self, error: LLMUnavailable) -> None:
        self.breaker.let_cool(max(self.breaker.cooldown(self.patience), error.retry_after_seconds or 0.0))

    def gives_up(self, error: LLMUnavailable, state: RetryState) -> bool:
        """Tell whether the attempts are used up."""
        patience = self.patience
        spent = state.paid >= patience.paid_attempts or state.slow >= patience.slow_attempts
        return state.over or (error.sent and spent)

    def wait_seconds(self, error: LLMUnavailable, nth: int, state: RetryState) -> float:
        """Choose how long to wait after the *nth* failure in a row (from 1); never less than was asked for.

        Raises:
            AnswerLater: It is too long to wait for here.
        """
        patience = self.patience
        first = patience.first_wait_seconds * _FIRST_WAIT_FACTORS[error.kind]
        grown = min(patience.most_backoff_seconds, first * 2 ** min(nth - 1, 20))
        requested = error.retry_after_seconds
        if patience.cooldown_seconds and self.breaker.cooling:
            raise self._later(error, requested) from error
        if self.breaker.absent:
            raise self._later(error, None) from error
        if requested is None and error.kind != "rate" and self.breaker.open:
            return 0.0  # the breaker holds everybody back, and wakes everybody as soon as one gets through
        seconds = (
            grown * (0.5 + self.random() / 2)
            if requested is None
            else requested + 0.1 * min(1.0, requested) * self.random()
        )
        if (
            seconds > patience.longest_wait_seconds
            or state.waited_seconds + seconds > patience.waiting_seconds
        ):
            if patience.cooldown_seconds:
                self._let_cool(error)
            raise self._later(error, requested) from error
        return seconds

    def pause(self, seconds: float, error: LLMUnavailable, state: RetryState) -> None:
        """Wait, and go no further when everything is to stop."""
        self.breaker.sleep(seconds)
        state.note_wait(error.kind, seconds, retry_after=error.retry_after_seconds)
        if self.breaker.stopped:
            raise self._later(error, 0.0) from error

    def _later(self, error: LLMUnavailable, seconds: float | None) -> AnswerLater:
        due = self.clock() + timedelta(
            seconds=min(self.patience.away_seconds if seconds is None else seconds, 7e6)
        )
        phrase = say(
            "{why} It will be asked again after {due}.", why=error.phrase, due=f"{due:%Y-%m-%d %H:%M} UTC"
        )
        return AnswerLater(phrase, due_at=due, ticket=ABSENT if self.breaker.absent else error.kind)


@dataclass(frozen=True, kw_only=True)
class Retrying:
    """An LLM that asks again when asking again may help.

    Every wait honours what the provider asks for. Attempts that may have been paid are few and counted over
    the whole `RetryState`; those that cost nothing end with the time for waiting. `AnswerLater` (``ticket``
    says whether ``rate``, ``outage``, ``broken`` or ``absent``) means: not now, and not by sleeping.
    """

    inner: LLM
    rule: RetryRule = field(default_factory=RetryRule)
    state: RetryState = field(default_factory=RetryState)

    def complete(self, request: Request, /) -> Reply:
        """Answer *request*; see `LLM`."""
        try:
            try:
                return self.rule.attempt(self.inner, request, self.state)  # mostly the only one
            except LLMUnavailable as error:
                return self._again(request, error)
        except AnswerLater as later:
            seconds = (later.due_at - self.rule.clock()).total_seconds()
            self.state.note_wait(later.ticket, 0.0, put_off=round(max(0.0, seconds), 3))
            raise

    def _again(self, request: Request, first: LLMUnavailable) -> Reply:
        import tenacity

        pending: list[LLMUnavailable] = [first]

        def attempt() -> Reply:
            if pending:
                raise pending.pop()
            return self.rule.attempt(self.inner, request, self.state)

        def last(call: "tenacity.RetryCallState") -> LLMUnavailable:
            error = call.outcome.exception() if call.outcome else None
            assert isinstance(error, LLMUnavailable)  # noqa: S101 - the only one that is retried
            return error

        again: Any = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(LLMUnavailable),
            stop=lambda call: self.rule.gives_up(last(call), self.state),
            wait=lambda call: self.rule.wait_seconds(last(call), call.attempt_number, self.state),
            sleep=_not_here,
            before_sleep=lambda call: self.rule.pause(float(call.upcoming_sleep), last(call), self.state),
            reraise=True,
        )
        reply: Reply = again(attempt)
        return reply


def _not_here(seconds: float) -> None:
    """Leave the waiting to `RetryRule.pause`, where it can be stopped."""
