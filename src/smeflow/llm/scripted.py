"""A model that says what it was told to say: for tests, and to try a step without any model."""

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel

from smeflow.errors import SmeflowError
from smeflow.i18n import say
from smeflow.llm.base import Place, Reply, Request, Usage
from smeflow.llm.prices import FREE

Line = str | BaseModel | Mapping[str, object] | Reply | SmeflowError | Callable[[Request], "str | Reply"]
_HERE = Place(provider="scripted", model="scripted", region="local", price=FREE)


@dataclass(eq=False)
class Scripted:
    """Say the *lines* in order: text, a model or mapping (as JSON), a `Reply`, an error, or a function.

    With ``for_ever``, the last line is repeated. Keeps every request. Safe to share between threads.

    Raises:
        LookupError: All lines are said.
    """

    lines: Iterable[Line]
    for_ever: bool = False
    place: Place = _HERE
    requests: list[Request] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        """Keep the lines in a list of our own."""
        self._lines = list(self.lines)

    def complete(self, request: Request, /) -> Reply:
        """Say the next line."""
        with self._lock:
            said = len(self.requests)
            self.requests.append(request)
        if said >= len(self._lines) and not (self.for_ever and self._lines):
            raise LookupError(
                str(say("The script has {count} lines and one more was asked for.", count=len(self._lines)))
            )
        line = self._lines[min(said, len(self._lines) - 1)]
        if isinstance(line, SmeflowError):
            raise line
        if callable(line):
            line = line(request)
        return line if isinstance(line, Reply) else _reply(line)


def _reply(line: str | BaseModel | Mapping[str, object]) -> Reply:
    if isinstance(line, BaseModel):
        line = line.model_dump_json()
    text = line if isinstance(line, str) else json.dumps(line, ensure_ascii=False, default=str)
    tokens = len(text) // 4 + 1
    return Reply(
        text=text, model="scripted", usage=Usage(output_tokens=tokens, estimated=True), cost=FREE.of(0, 0)
    )
