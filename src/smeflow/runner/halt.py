"""Why a run ends before its items do, and how that reaches a step that is in the middle of something."""

import threading
from dataclasses import dataclass, field
from typing import Literal

from smeflow.errors import SmeflowError
from smeflow.i18n import Phrase

Why = Literal["interrupted", "key", "quota", "model", "residency", "budget", "full", "broken"]


class Halted(BaseException):
    """The run is ending: no step may ask anything more. No `Exception`, so that no step swallows it."""


@dataclass
class Halt:
    """A run's brake. The first reason stays."""

    why: Why | None = None
    phrase: Phrase | None = None
    error: SmeflowError | OSError | None = None
    """What is raised once everything is written down, if the run cannot tell its end otherwise."""
    event: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def now(
        self, why: Why, phrase: Phrase | None = None, error: SmeflowError | OSError | None = None
    ) -> None:
        """Stop the run."""
        with self._lock:
            if self.why is None:
                self.why, self.phrase, self.error = why, phrase, error
        self.event.set()
