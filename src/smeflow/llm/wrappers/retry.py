"""The one owner of retries: how long to wait, how often to ask, when to stop, when to come back later."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from smeflow.errors import AnswerLater, LLMRejected, LLMUnavailable
from smeflow.i18n import say
from smeflow.llm.interface import LLM, Reply, Request
from smeflow.llm.wrappers.patience import CircuitBreaker, Patience

_FIRST_WAIT_FACTORS = {"rate": 2.0, "outage": 1.0, "broken": 0.25}
ABSENT = "absent"
"""The ticket of what is asked again later since the server was never there."""


@dataclass(eq=False)
class RetryState:
    """What one step call has used up so far, over all its questions."""

    paid: int = 0
    slow: int = 0
    waited_seconds: float = 0.0
    over: bool = False
    """Nothing more is to be asked."""
    answered: bool = False
    """It ended with an answer, which was taken if another question follows."""
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
        if self.waited is not None and (seconds or put_off or fault == ABSENT):
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
        state.paid -= state.answered and not request.again
        state.answered = False
        if state.paid >= patience.paid_attempts:
            state.over = True
            phrase = say(
                "The model was asked {count} times for this step and gave no usable answer.", count=state.paid
            )
            raise LLMUnavailable(phrase, kind="broken", sent=False)
        absence = None if patience.cooldown_seconds or not self.breaker.absent else self.breaker.absence
        if absence is not None and not self.breaker.takes_probe():
            raise self._put_off(absence, None, state)
        leaving = patience.cooldown_seconds > 0
        cool = self.breaker.seconds_to_cool(request.timeout_seconds) if leaving else 0.0
        if cool:
            raise self._put_off(self._no_answer(), cool, state)
        looks = absence is not None or (leaving and self.breaker.cooling)
        if not looks:  # the question that looks for it waits for nobody
            self._admit(state, max(0.0, patience.waiting_seconds - state.waited_seconds))
        began = self.breaker.monotonic()
        try:
            reply = inner.complete(request)
        except LLMUnavailable as error:
            seconds = self.breaker.monotonic() - began
            state.waited_seconds += 0.0 if patience.comes_back else seconds
            self._note(error, state, slow=seconds >= request.timeout_seconds)
            raise
        except LLMRejected as error:
            self.breaker.rejects(error)
            raise
        self.breaker.answered()
        state.paid += not reply.replayed
        state.answered = not reply.replayed
        return reply

    def _admit(self, state: RetryState, most_seconds: float) -> None:
        """Wait for the breaker, or put the item off."""
        began = self.breaker.monotonic()
        try:
            waited = self.breaker.admit(most_seconds, leaving=self.patience.cooldown_seconds > 0)
        except TimeoutError:
            down = self._no_answer()
            state.note_wait(down.kind, self.breaker.monotonic() - began)
            raise self._put_off(down, 0.0 if self.breaker.stopped else None, state) from down
        if waited:
            state.note_wait(self._no_answer().kind, waited)

    def _no_answer(self) -> LLMUnavailable:
        reason = self.breaker.reason or say("The model server does not answer.")
        return self.breaker.absence or LLMUnavailable(reason, kind="outage", sent=False)

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
            raise self._put_off(error, requested, state) from error
        if self.breaker.absent:
            raise self._put_off(error, None, state) from error
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
            raise self._put_off(error, requested, state) from error
        return seconds

    def pause(self, seconds: float, error: LLMUnavailable, state: RetryState) -> None:
        """Wait, and go no further when everything is to stop."""
        self.breaker.sleep(seconds)
        state.note_wait(error.kind, seconds, retry_after=error.retry_after_seconds)
        if self.breaker.stopped:
            raise self._put_off(error, 0.0, state) from error

    def _put_off(
        self, error: LLMUnavailable, seconds: float | None, state: RetryState
    ) -> AnswerLater | LLMUnavailable:
        """Say that nothing comes now: until later, or for good where nobody comes back."""
        if not self.patience.comes_back:
            return self._given_up(error, state)
        if self.breaker.absent:
            later = say("{why} It will be asked again by the next run.", why=error.phrase)
            return AnswerLater(later, due_at=self.clock(), ticket=ABSENT)
        due = self.clock() + timedelta(
            seconds=min(self.patience.away_seconds if seconds is None else seconds, 7e6)
        )
        phrase = say(
            "{why} It will be asked again after {due}.", why=error.phrase, due=f"{due:%Y-%m-%d %H:%M} UTC"
        )
        return AnswerLater(phrase, due_at=due, ticket=error.kind)

    def _given_up(self, error: LLMUnavailable, state: RetryState) -> LLMUnavailable:
        state.over = True
        phrase = say(
            "{why} It was waited for {seconds} s. Ask again later, or wait longer with patience=SECONDS.",
            why=error.phrase, seconds=round(state.waited_seconds, 1),
        )  # fmt: skip
        told, reached = error.retry_after_seconds, error.reached
        return LLMUnavailable(phrase, kind=error.kind, retry_after_seconds=told, sent=False, reached=reached)


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
