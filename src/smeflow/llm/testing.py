"""Models for tests: one that says what it was told to say, one that answers from a recording."""

import json
import os
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from smeflow._text import sha256
from smeflow.errors import LLMRejected, SmeflowError
from smeflow.i18n import say
from smeflow.llm.interface import LLM, ConnectedLLM, ImageLimits, ModelEndpoint, Reply, Request, Usage
from smeflow.llm.personal_data import Placeholders
from smeflow.llm.prices import FREE
from smeflow.llm.providers import PROVIDERS
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

    Personal data that ``redact`` finds, and the keys of providers, stand in the file as placeholders. An
    answer gets the data back that its question holds; what stands in the answer alone stays a placeholder.
    """

    llm: LLM | None
    path: Path
    sealed: bool = False
    _kept: dict[str, list[Reply]] = field(default_factory=dict, repr=False)
    _said: dict[str, int] = field(default_factory=dict, repr=False)
    _sees: ImageLimits | None = field(default=None, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def place(self) -> ModelEndpoint:
        """Where the questions go: to the model that is recorded, else nowhere."""
        if isinstance(self.llm, ConnectedLLM) and not self.sealed:
            return self.llm.place
        return replace(_HERE, provider="recorded", model="recorded", sees=self._sees)

    def __post_init__(self) -> None:
        """Read what was recorded."""
        self.path = Path(self.path)
        if self.path.exists():
            for number, line in enumerate(self.path.read_text(encoding="utf-8").splitlines(), 1):
                key, reply, sees = _read(line, self.path, number)
                self._kept.setdefault(key, []).append(reply)
                self._sees = self._sees or sees

    def complete(self, request: Request, /) -> Reply:
        """Answer from the file, else ask and write down."""
        known = self._known(request.hash)
        if known is not None:
            return replace(known, text=_vault_of(request, whole=True).show(known.text))
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
        vault = _vault_of(request)
        messages = [
            {"role": m.role, "content": _without_keys(vault.hide(m.content))} for m in request.messages
        ]
        said = _reply_json(replace(reply, text=_without_keys(vault.hide(reply.text))))
        record = {"request": request.hash, "messages": messages, "reply": said}
        if self.place.sees is not None:
            record["sees"] = asdict(self.place.sees)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")


def _vault_of(request: Request, *, whole: bool = False) -> Placeholders:
    """Give the placeholders of a request; *whole*: with its values also as models write them, unspaced."""
    vault = Placeholders(sha256(request.hash))
    for message in request.messages if whole else ():
        vault.hide(message.content)
    for value in vault.values:
        vault.hide(re.sub(r"[\s.\-]", "", value))
    return vault


def _without_keys(text: str) -> str:
    keys = (os.environ.get(row.key_variable, "") for row in PROVIDERS.values() if row.key_variable)
    for key in keys:
        text = text.replace(key, "[key]") if len(key) >= 8 else text
    return text


def _reply_json(reply: Reply) -> dict[str, Any]:
    fields = {name: value for name, value in asdict(reply).items() if name not in {"cost", "replayed"}}
    return fields | {"cost": [str(reply.cost.amount), reply.cost.currency] if reply.cost else None}


def _read(line: str, path: Path, number: int) -> tuple[str, Reply, ImageLimits | None]:
    try:
        record = json.loads(line)
        fields = record["reply"]
        cost = Money(Decimal(0), fields["cost"][1]) if fields.get("cost") else None
        reply = Reply(**{**fields, "usage": Usage(**fields["usage"]), "cost": cost})
        sees = ImageLimits(**record["sees"]) if record.get("sees") else None
        return record["request"], replace(reply, replayed=True), sees
    except (ValueError, KeyError, TypeError) as error:
        phrase = say(
            "The recording {path} cannot be read at line {line}. Record again.", path=path, line=number
        )
        raise LLMRejected(phrase, reason="no_model") from error
