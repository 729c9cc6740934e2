"""Run steps on many cases at once, in memory, with a bound on how many are under way."""

import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Self

from smeflow.core.case import Case, Step, require_case
from smeflow.core.plan import Entry
from smeflow.core.run import CaseRun, Done, MemoryRun
from smeflow.errors import LLMUnavailable, SmeflowError
from smeflow.i18n import Phrase, say
from smeflow.llm.call_log import CallLog, CallUsage
from smeflow.llm.interface import LLM
from smeflow.llm.providers import Residency
from smeflow.llm.wrappers.patience import Patience
from smeflow.money import Money

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel

OnDone = Callable[[Done], object]
"""Is told of each case when it has ended, one at a time, in a thread of the batch."""
_LOOK_SECONDS = 0.5
"""How often whoever waits looks for a Ctrl-C: not every system wakes it for one."""


@dataclass
class ProgressLine:
    """One line that says how far a batch is, written over itself."""

    total: int
    stream: IO[str]
    every_seconds: float = 0.1
    clock: Callable[[], float] = time.monotonic
    _began: float = field(init=False)
    _last: float = field(default=0.0, init=False)
    _width: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        """Begin to count the time."""
        self._began = self.clock()

    @classmethod
    def for_people(cls, total: int) -> "ProgressLine | None":
        """Give one where somebody looks at it: in a terminal or a notebook."""
        stream = sys.stderr
        looks = stream is not None and (stream.isatty() or "ipykernel" in sys.modules)
        return cls(total, stream) if looks else None

    def show(self, ended: int, failed: int, usage: CallUsage) -> None:
        """Write it, unless it was written a moment ago."""
        now = self.clock()
        if ended < self.total and now - self._last < self.every_seconds:
            return
        self._last = now
        line = str(self.said(ended, failed, usage))
        end = "\n" if ended == self.total else ""
        self.stream.write("\r" + line.ljust(self._width) + end)
        self.stream.flush()
        self._width = len(line)

    def said(self, ended: int, failed: int, usage: CallUsage) -> Phrase:
        """Say how far it is."""
        seconds = self.clock() - self._began
        rate = ended / seconds if seconds > 0 else 0.0
        left = round((self.total - ended) / rate) if rate else 0
        return say(
            "{ended} of {total} cases, {failed} failed, {rate} a second, {left} s left; {usage}",
            ended=ended, total=self.total, failed=failed, rate=round(rate, 1), left=left, usage=usage,
        )  # fmt: skip


class Batch(Sequence[Done]):
    """The cases of a `run_many`, each a `Done` once it has ended: a sequence in the order of the cases.

    To look at one waits for it. A case that failed has its ``error``, which is raised when its result is
    asked for; the others go on. Ctrl-C while waiting cancels it.
    """

    def __init__(
        self,
        setup: MemoryRun,
        cases: Sequence[Case],
        limit: int,
        on_done: OnDone | None,
        progress: ProgressLine | None,
    ) -> None:
        """Begin to work."""
        self._setup, self._on_done, self._progress = setup, on_done, progress
        self._cases = cases
        self._ended: dict[int, Done] = {}
        self._order: list[int] = []
        """The places of the cases in the order in which they ended."""
        self._usage, self._failed = CallUsage(), 0
        self._cancelled = threading.Event()
        self._broken: BaseException | None = None
        self._changed = threading.Condition()
        self._telling = threading.Lock()
        self._threads = ThreadPoolExecutor(min(limit, len(cases)) or 1, thread_name_prefix="smeflow-many")
        for place in range(len(cases)):
            self._threads.submit(self._work, place)
        self._threads.shutdown(wait=False)

    def __len__(self) -> int:
        return len(self._cases)

    def __getitem__(self, place: Any) -> Any:
        """Wait for the case at *place*, and give it; for a slice, wait for all of them."""
        if isinstance(place, slice):
            return [self._waited_for(each) for each in range(*place.indices(len(self)))]
        return self._waited_for(range(len(self))[place])

    def __iter__(self) -> Iterator[Done]:
        """Give each case in order, as soon as it and those before it have ended."""
        return (self._waited_for(place) for place in range(len(self)))

    def as_completed(self) -> Iterator[Done]:
        """Give each case as soon as it has ended, whatever its place."""
        for nth in range(len(self)):
            self._wait_until(partial(self._has_ended, nth + 1))
            yield self._ended[self._order[nth]]

    def wait(self) -> Self:
        """Wait until every case has ended; gives itself."""
        self._wait_until(partial(self._has_ended, len(self)))
        return self

    def cancel(self) -> None:
        """Begin nothing more: calls under way are settled and counted, the rest is `CancelledError`."""
        self._cancelled.set()
        self._setup.gate.close()

    @property
    def usage(self) -> CallUsage:
        """What the cases that have ended used up together."""
        with self._changed:
            return self._usage

    @property
    def failed(self) -> list[Done]:
        """The cases that have ended with an error so far, in the order of the cases."""
        with self._changed:
            return [done for _, done in sorted(self._ended.items()) if done.error is not None]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for all; cancel first where the block ended with an error."""
        if error is not None:
            self.cancel()
        self.wait()

    def __repr__(self) -> str:
        with self._changed:
            ended, failed, usage = len(self._ended), self._failed, self._usage
        state = "cancelled" if self._cancelled.is_set() else "ended" if ended == len(self) else "under way"
        return f"<Batch {state}: {ended} of {len(self)} cases, {failed} failed; {usage}>"

    def _has_ended(self, n: int) -> bool:
        return len(self._order) >= n

    def _waited_for(self, place: int) -> Done:
        self._wait_until(lambda: place in self._ended)
        return self._ended[place]

    def _wait_until(self, holds: Callable[[], bool]) -> None:
        try:
            with self._changed:
                while not holds():
                    if self._broken is not None:
                        raise self._broken
                    self._changed.wait(_LOOK_SECONDS)
                if self._broken is not None:
                    raise self._broken
        except KeyboardInterrupt:
            self.cancel()
            raise

    def _work(self, place: int) -> None:
        try:
            done = self._done(self._cases[place])
            with self._telling:
                self._note(place, done)
                if self._on_done is not None and self._broken is None:
                    self._on_done(done)
        except BaseException as error:  # noqa: BLE001 - raised again by whoever waits
            self.cancel()
            with self._changed:
                self._broken = self._broken or error
                self._changed.notify_all()

    def _done(self, case: Case) -> Done:
        work = CaseRun(self._setup, case)
        if self._cancelled.is_set():
            return work.done(error=CancelledError(say("The run was cancelled before this case was begun.")))
        try:
            return work.to_the_end()
        except LLMUnavailable as error:
            if self._cancelled.is_set():  # it waited to be asked again
                return work.done(error=CancelledError(error.phrase))
            if self._setup.stack.breaker.open:  # nobody gets through: the others need not wait as long again
                self._setup.gate.close(error)
            return work.done(error=error)
        except (SmeflowError, CancelledError) as error:
            return work.done(error=error)

    def _note(self, place: int, done: Done) -> None:
        with self._changed:
            self._ended[place] = done
            self._order.append(place)
            self._usage += done.usage
            self._failed += done.error is not None
            ended, failed, usage = len(self._ended), self._failed, self._usage
            self._changed.notify_all()
        if self._progress is not None:
            self._progress.show(ended, failed, usage)


def run_many(
    steps: Sequence[Step[Any] | Entry],
    cases: Iterable[Case],
    llm: "LLM | str | BaseChatModel | None" = None,
    log: CallLog | None = None,
    *,
    limit: int = 64,
    on_done: OnDone | None = None,
    progress: bool | None = None,
    residency: Residency = "any",
    patience: float | Patience | None = None,
    budget: Money | str | None = None,
) -> Batch:
    """Run *steps* on each of *cases*, at most *limit* at once, and give the batch at once.

    Read it in order (``for done in batch``) or `Batch.as_completed`; *on_done* is told of each one that has
    ended. A case that fails has its ``error`` and stops no other; once a provider is away for longer than
    *patience*, nothing more is sent to it. *budget* holds for all of them together. *progress* shows one
    line; by default in a terminal and a notebook. The other words are those of `run`.

    Raises:
        LLMRejected: There is no such provider, or its key is not set. What happens later is in each case.
        TypeError: Something of another kind was given; the message says what to write.
    """
    if isinstance(cases, Case | str | bytes) or not isinstance(cases, Iterable):
        raise TypeError(f"run_many takes a list of cases and not a {type(cases).__name__}: write [case]")
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise ValueError(f"limit={limit!r}: give how many cases may be under way at once, at least 1")
    if on_done is not None and not callable(on_done):
        raise TypeError(f"on_done={on_done!r} cannot be called: give a function that takes one Done")
    setup = MemoryRun.of(steps, llm, log, residency=residency, patience=patience, budget=budget)
    checked = [require_case(case) for case in cases]
    if progress is False:
        line = None
    else:
        line = ProgressLine(len(checked), sys.stderr) if progress else ProgressLine.for_people(len(checked))
    return Batch(setup, checked, limit, on_done, line)
