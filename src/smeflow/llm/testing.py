"""Models for tests: one that says what it was told to say, one that answers from a recording."""

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from smeflow.errors import LLMRejected, SmeflowError
from smeflow.i18n import say
from smeflow.llm.interface import LLM, ModelEndpoint, Reply, Request, Usage
from smeflow.llm.prices import FREE
from smeflow.money import Money

ScriptLine = (
    str | BaseModel | Mapping[str, object] | Reply | SmeflowError | Callable[[Request], "str | Reply"]
)
_HERE = ModelEndpoint(provider="scripted", model="scripted", region="local", price=FREE)


@dataclass(eq=False)
class Scripted:
    """Say the *lines* in order: text, a model or mapping (as JSON), a `Reply`, an error, or a function.

    With ``for_ever``, the last line is repeated. Keeps every request. Safe to share between threads.

    Raises:
        LookupError: All lines are said.
    """

    lines: Iterable[ScriptLine]
    for_ever: bool = False
    place: ModelEndpoint = _HERE
    requests: list[Request] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        """Keep the lines in a list of our own."""
        self._lines = list(self.lines)

    def complete(self, request: Request, /) -> Reply:
        """Say the next line."""
        with self._lock:
            position = len(self.requests)
            self.requests.append(request)
        if position >= len(self._lines) and not (self.for_ever and self._lines):
            raise LookupError(
                str(say("The script has {count} lines and one more was asked for.", count=len(self._lines)))
            )
        line = self._lines[min(position, len(self._lines) - 1)]
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


@dataclass(eq=False)
class Recorded:
    """An LLM that answers from a file of JSON lines, and asks *llm* for what is not in it.

    Equal requests get their recorded answers in order, the last one for ever. Without an *llm*, or with
    ``sealed``, what is not in the file is rejected, so that a test never reaches a provider by accident.
    """

    llm: LLM | None
    path: Path
    sealed: bool = False
    _kept: dict[str, list[Reply]] = field(default_factory=dict, repr=False)
    _said: dict[str, int] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        """Read what was recorded."""
        self.path = Path(self.path)
        if self.path.exists():
            for number, line in enumerate(self.path.read_text(encoding="utf-8").splitlines(), 1):
                key, reply = _read(line, self.path, number)
                self._kept.setdefault(key, []).append(reply)

    def complete(self, request: Request, /) -> Reply:
        """Answer from the file, else ask and write down."""
        known = self._known(request.hash)
        if known is not None:
            return known
        if self.llm is None or self.sealed:
            phrase = say(
                "This request is not in the recording {path}. Record again with a model.", path=self.path
            )
            raise LLMRejected(phrase, reason="no_model")
        reply = self.llm.complete(request)
        with self._lock:
            self._write(request, reply)
        return reply

    def _known(self, key: str) -> Reply | None:
        with self._lock:
            replies = self._kept.get(key)
            if not replies:
                return None
            nth = self._said.get(key, 0)
            self._said[key] = nth + 1
            return replies[min(nth, len(replies) - 1)]

    def _write(self, request: Request, reply: Reply) -> None:
        messages = [{"role": m.role, "content": m.content} for m in request.messages]
        record = {"request": request.hash, "messages": messages, "reply": _reply_json(reply)}
        with self.path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")


def _reply_json(reply: Reply) -> dict[str, Any]:
    fields = {name: value for name, value in asdict(reply).items() if name not in {"cost", "replayed"}}
    return fields | {"cost": [str(reply.cost.amount), reply.cost.currency] if reply.cost else None}


def _read(line: str, path: Path, number: int) -> tuple[str, Reply]:
    try:
        record = json.loads(line)
        fields = record["reply"]
        cost = Money(Decimal(0), fields["cost"][1]) if fields.get("cost") else None
        reply = Reply(**{**fields, "usage": Usage(**fields["usage"]), "cost": cost})
        return record["request"], replace(reply, replayed=True)
    except (ValueError, KeyError, TypeError) as error:
        phrase = say(
            "The recording {path} cannot be read at line {line}. Record again.", path=path, line=number
        )
        raise LLMRejected(phrase, reason="no_model") from error
