"""Write every question and answer to a file, and answer from it afterwards: for tests without a network."""

import json
import threading
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from smeflow.errors import LLMRejected
from smeflow.i18n import say
from smeflow.llm.base import LLM, Reply, Request, Usage
from smeflow.money import Money


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
        asked = [{"role": m.role, "content": m.content} for m in request.messages]
        told = {"request": request.hash, "messages": asked, "reply": _told(reply)}
        with self.path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(json.dumps(told, ensure_ascii=False) + "\n")


def _told(reply: Reply) -> dict[str, Any]:
    told = {name: value for name, value in asdict(reply).items() if name not in {"cost", "replayed"}}
    return told | {"cost": [str(reply.cost.amount), reply.cost.currency] if reply.cost else None}


def _read(line: str, path: Path, number: int) -> tuple[str, Reply]:
    try:
        told = json.loads(line)
        made = told["reply"]
        cost = Money(Decimal(0), made["cost"][1]) if made.get("cost") else None
        reply = Reply(**{**made, "usage": Usage(**made["usage"]), "cost": cost})
        return told["request"], replace(reply, replayed=True)
    except (ValueError, KeyError, TypeError) as error:
        phrase = say(
            "The recording {path} cannot be read at line {line}. Record again.", path=path, line=number
        )
        raise LLMRejected(phrase, reason="no_model") from error
