"""The demo's model: asked for some minutes, and so many questions of a kind."""

import contextvars
import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from smeflow.engine.item import WORKED_ON
from smeflow.errors import LLMRejected, LLMUnavailable
from smeflow.i18n import Phrase, say
from smeflow.llm.interface import Closable, ConnectedLLM, ModelEndpoint, Reply, Request

if TYPE_CHECKING:
    from smeflow.cli.console import ProgressNote


@dataclass(eq=False, kw_only=True)
class Rationed:
    """An LLM that is used up after a time or a number of questions; then it is as if there were no model."""

    inner: ConnectedLLM
    seconds: float
    """From `begin_run`, else from the first question; then the one under way is ended too."""
    at_least_seconds: float = 20.0
    """What a question has that is asked just before the end."""
    questions: Mapping[str, int] = field(default_factory=dict)
    """How many of a kind, by the beginning of their schema's name."""
    repeats: int = 1
    """How often one question may be asked again, since its answer was of no use."""
    clock: Callable[[], float] = time.monotonic
    asked: int = field(default=0, init=False)
    left_out: int = field(default=0, init=False)
    under_way: str = field(default="", init=False)
    """The item that is asked about now; empty where none is."""
    items: dict[str, None] = field(default_factory=dict, init=False, repr=False)
    """All that were asked about, in order."""
    _began: float | None = field(default=None, init=False)
    _counts: dict[str, int] = field(default_factory=dict, init=False, repr=False)
    _left: float = field(default=0.0, init=False, repr=False)
    _turn: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    @property
    def place(self) -> ModelEndpoint:
        """Where the questions go."""
        return self.inner.place

    def complete(self, request: Request, /) -> Reply:
        """Answer *request*; see `LLM`.

        Raises:
            LLMRejected: It is used up (reason ``no_model``).
        """
        with self._turn:  # one after the other, so that the time is looked at when a question's turn has come
            if not self._may(request):
                raise LLMRejected(say("The model was asked as much as it may be here."), reason="no_model")
            self.under_way = WORKED_ON.get()
            self.items[self.under_way] = None
            try:
                return self._in_time(request)
            finally:
                self.under_way = ""

    def begin(self) -> None:
        """Let the time run from now."""
        self._began = self.clock()

    @property
    def seconds_left(self) -> float:
        """How long questions may still be asked; below 0 when that is over."""
        return self.seconds - (0.0 if self._began is None else self.clock() - self._began)

    def _in_time(self, request: Request) -> Reply:
        """Ask in a thread of its own, and leave it when the time is over: whatever it does, this one ends."""
        answers: queue.SimpleQueue[Reply | BaseException] = queue.SimpleQueue()

        def ask() -> None:
            try:
                answers.put(self.inner.complete(request))
            except BaseException as error:  # noqa: BLE001 - raised below, where it was asked
                answers.put(error)

        context = contextvars.copy_context()
        threading.Thread(target=context.run, args=(ask,), name="smeflow-asked", daemon=True).start()
        try:
            answer = answers.get(timeout=max(self.at_least_seconds, self._left))
        except queue.Empty:
            if isinstance(self.inner, Closable):  # a process would go on computing what nobody waits for
                self.inner.close()
            phrase = say("The time for questions was over before this answer came.")
            raise LLMUnavailable(phrase, kind="broken") from None
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def _may(self, request: Request) -> bool:
        kind = request.schema.name if request.schema else ""
        now = self.clock()
        self._began = now if self._began is None else self._began
        self._left = self.seconds - (now - self._began)
        if request.again > self.repeats or self._left < 0:
            self.left_out += not request.again
            return False
        self._counts[kind] = self._counts.get(kind, 0) + (not request.again)
        most = next((n for start, n in self.questions.items() if kind.startswith(start)), None)
        if most is not None and self._counts[kind] > most:
            self.left_out += 1
            return False
        self.asked += not request.again
        return True


def act_progress(asked: Rationed, most: int) -> "ProgressNote":
    """Tell which item is asked about, how many of at most *most* that makes, and how long it goes on."""

    def remaining() -> tuple[str, Phrase] | None:
        name = asked.under_way
        if not name:
            return None
        left = timedelta(seconds=max(0, round(asked.seconds_left)))
        return name, say("{time} left; asking about {name} ({n} of at most {most})",
                         name=name, n=len(asked.items), most=most, time=left)  # fmt: skip

    return remaining
