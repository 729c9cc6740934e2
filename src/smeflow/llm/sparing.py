"""Ask only so much: a model for a time, and so many questions of a kind."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from smeflow.errors import LLMRejected
from smeflow.i18n import say
from smeflow.llm.base import Connected, Place, Reply, Request


@dataclass(eq=False, kw_only=True)
class Sparing:
    """An LLM that is used up after a time or a number of questions; then it is as if there were no model."""

    inner: Connected
    seconds: float
    """From the first question; one under way is ended in its own time."""
    questions: Mapping[str, int] = field(default_factory=dict)
    """How many of a kind, by the beginning of their schema's name."""
    repeats: int = 1
    """How often one question may be asked again, since its answer was of no use."""
    clock: Callable[[], float] = time.monotonic
    asked: int = field(default=0, init=False)
    left_out: int = field(default=0, init=False)
    _began: float | None = field(default=None, init=False)
    _counts: dict[str, int] = field(default_factory=dict, init=False, repr=False)
    _turn: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    @property
    def place(self) -> Place:
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
            return self.inner.complete(request)

    def _may(self, request: Request) -> bool:
        kind = request.schema.name if request.schema else ""
        now = self.clock()
        self._began = now if self._began is None else self._began
        if request.again > self.repeats or now - self._began > self.seconds:
            self.left_out += not request.again
            return False
        self._counts[kind] = self._counts.get(kind, 0) + (not request.again)
        most = next((n for start, n in self.questions.items() if kind.startswith(start)), None)
        if most is not None and self._counts[kind] > most:
            self.left_out += 1
            return False
        self.asked += not request.again
        return True
