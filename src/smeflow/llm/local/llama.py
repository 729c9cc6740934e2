"""The model inside smeflow: llama.cpp in a child process, started when it is first asked.

It listens on a free port of loopback with a key nobody else has, and uses the cores that nobody else is
using. Questions are shortened and start with what all of their kind share.
"""

import contextlib
import json
import os
import queue
import re
import secrets
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

from smeflow import _system
from smeflow._optional import import_extra
from smeflow._system import lock, unlock
from smeflow._text import strip_invisible
from smeflow.errors import LLMRejected, LLMUnavailable
from smeflow.i18n import Phrase, say
from smeflow.llm.dialects import put_first
from smeflow.llm.interface import AnswerSchema, ModelEndpoint, Reply, Request
from smeflow.llm.local.models import DEFAULT_MODEL, ModelStore, StoredModel
from smeflow.llm.openai_compatible import LOG_PROBABILITIES, OpenAICompatible
from smeflow.llm.prices import FREE
from smeflow.llm.wire import AioWire, Wire

_STAT = Path("/proc/stat")
_SAMPLE_SECONDS = 0.3


def usable_cores() -> int:
    """Count the cores this process may run on."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def free_cores(
    *, read: Callable[[], str] = lambda: _STAT.read_text(encoding="ascii"), seconds: float = _SAMPLE_SECONDS
) -> int:
    """Give how many cores were idle a moment ago, at least 1; without /proc by the system's load.

    Two threads on one free core wait for each other at every layer: that is slower than one.
    """
    cores = usable_cores()
    try:
        before = _ticks(read())
        time.sleep(seconds)
        after = _ticks(read())
    except (OSError, ValueError, IndexError):
        return max(1, round(cores - _load()))
    total, idle = after[0] - before[0], after[1] - before[1]
    return cores if total <= 0 else max(1, min(cores, int(cores * idle / total + 0.5)))


def _ticks(stat: str) -> tuple[int, int]:
    """Give all ticks and the idle ones."""
    ticks = [int(word) for word in stat.splitlines()[0].split()[1:9]]
    return sum(ticks), ticks[3] + ticks[4]


def _load() -> float:
    return os.getloadavg()[0] if sys.platform != "win32" else 0.0


def lock_holder(path: Path) -> int | None:
    """Give the process that holds the lock *path*, 0 where it is not known; None: nobody else does."""
    try:
        file = path.open("r+b")
    except OSError:  # nobody ever did
        return None
    with file:
        try:
            lock(file)
        except OSError:
            pid = 0
            with contextlib.suppress(OSError, ValueError):
                pid = int(path.with_suffix(".pid").read_text(encoding="ascii"))
            return None if pid == os.getpid() else pid
        unlock(file)
    return None


START_SECONDS = 300.0
"""The longest loading may take; a cold file on a slow disk takes a minute."""


@dataclass(frozen=True, kw_only=True)
class ServerSettings:
    """How a model is run."""

    model: Path
    lock: Path
    """The file whose lock stands for the machine's one place."""
    context: int = 8192
    gpu_layers: int = 0


class LlamaServer:
    """A running model. It ends with this object, with the process, and with a process that was killed."""

    def __init__(self, setting: ServerSettings, *, wait_seconds: float) -> None:
        """Start it and wait until it answers.

        Raises:
            LLMUnavailable: Another process holds the machine's one place for longer than *wait_seconds*, or
                it does not start in time.
            LLMRejected: The model cannot be loaded.
        """
        self.key = secrets.token_urlsafe(32)
        self.threads = free_cores()
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self.process = _system.start_module("smeflow.llm.local.child", stderr=self._log)
        self.close = weakref.finalize(self, _end, self.process, self._log)
        try:
            self.address = self._started(setting, wait_seconds)
        except BaseException:
            self.close()
            raise

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self.process.poll() is None

    def _started(self, setting: ServerSettings, wait_seconds: float) -> str:
        settings = {
            "model": str(setting.model),
            "lock": str(setting.lock),
            "pid": os.getpid(),
            "key": self.key,
            "threads": self.threads,
            "context": setting.context,
            "gpu_layers": setting.gpu_layers,
        }
        lines: queue.Queue[bytes] = queue.Queue()
        assert self.process.stdin is not None  # noqa: S101 - asked for above
        with contextlib.suppress(OSError):  # it died at once: told below
            self.process.stdin.write(json.dumps(settings).encode() + b"\n")
            self.process.stdin.flush()
        threading.Thread(target=_read, args=(self.process.stdout, lines), daemon=True).start()
        queued, deadline = False, time.monotonic() + START_SECONDS
        while True:
            try:
                line = lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise (self._busy() if queued else self._broken()) from None
            if not line:  # it ended: a file that cannot be loaded cannot be loaded a minute later either
                raise LLMRejected(self._broken().phrase, reason="model")
            answer = json.loads(line)
            if "address" in answer:
                return str(answer["address"])
            queued, deadline = True, time.monotonic() + wait_seconds

    def _busy(self) -> LLMUnavailable:
        return LLMUnavailable(
            say("Another run uses the model of this machine; one runs at a time."), sent=False
        )

    def _broken(self) -> LLMUnavailable:
        _system.kill(self.process)
        self.process.wait(10)
        self._log.seek(0)
        lines = strip_invisible(self._log.read()[-2000:].decode("utf-8", "replace")).split("\n")
        last = next((line.strip() for line in reversed(lines) if line.strip()), "-")
        phrase = say("The model could not be started: {said}", said=last[:200])
        return LLMUnavailable(phrase, sent=False)


def _read(stream: IO[bytes] | None, lines: "queue.Queue[bytes]") -> None:
    while stream is not None and (line := stream.readline()):
        lines.put(line)
    lines.put(b"")


def _end(process: "subprocess.Popen[bytes]", log: IO[bytes]) -> None:
    """End the child: it goes when its input is closed, else at once."""
    _system.end(process, patience_seconds=2)
    log.close()


MAX_MESSAGE_CHARACTERS = 6_000
"""Of one message: about a minute of reading on two cores."""
CUT = "\n[…]\n"
_SPACES = re.compile(r"[ \t\u00a0\u202f]{3,}")
_EXAMPLES = re.compile(r"<<<([0-9a-f]{12}) approved (?:example of|before).*?\n\1>>>\s*", re.DOTALL)
"""Approved examples beside the question: a small model copies from them what does not belong to it."""
_LINES = re.compile(r"\n\s*\n\s*")


def shorten_request(request: Request) -> Request:
    """Drop examples, squeeze blank space, cut the middle of long messages, and list the fields first.

    A server holds a model to the schema and does not show it; a small one reads better when it knows what
    comes. The list of fields is the same for every document of a step, so it is read once.
    """
    messages = tuple(
        replace(m, content=_short(m.content)) if m.role == "user" else m for m in request.messages
    )
    if request.schema is not None:
        messages = put_first(describe_fields(request.schema), messages)
    return replace(request, messages=messages)


def describe_fields(schema: AnswerSchema) -> str:
    """List the fields of a schema with what they are, a line each."""
    root = json.loads(schema.json)
    lines = _fields(root, root.get("$defs") or {}, "")
    return "Answer with JSON on one line. Its fields:\n" + "\n".join(lines)


def _fields(node: dict[str, Any], parts: dict[str, Any], indent: str) -> list[str]:
    lines: list[str] = []
    for name, value in (node.get("properties") or {}).items():
        description = value.get("description")
        lines.append(f"{indent}- {name}: {description}" if description else f"{indent}- {name}")
        inner = next(filter(None, (_object(kind, parts) for kind in (value, *value.get("anyOf", ())))), None)
        if inner is not None and len(indent) < 4:
            lines += _fields(inner, parts, indent + "  ")
    return lines


def _object(kind: dict[str, Any], parts: dict[str, Any]) -> dict[str, Any] | None:
    """Give the object that a value is, or that a list holds; None where it has no named members."""
    kind = kind.get("items") or kind
    target: dict[str, Any] = parts.get(str(kind.get("$ref", "")).rpartition("/")[2], kind)
    return target if target.get("properties") else None


def _short(text: str) -> str:
    text = _LINES.sub("\n", _SPACES.sub("  ", _EXAMPLES.sub("", text)))
    if len(text) <= MAX_MESSAGE_CHARACTERS:
        return text
    head = MAX_MESSAGE_CHARACTERS * 2 // 3
    return text[:head] + CUT + text[-(MAX_MESSAGE_CHARACTERS - head) :]


PROVIDER = "local"
LOCK = "running.lock"
SECONDS = 1200.0
"""The longest one answer may take: a small machine that does other work too is slow, and it is not paid."""


@dataclass(eq=False, kw_only=True)
class LocalLLM:
    """A GGUF model run by llama.cpp in a child process. One answer at a time; the rest wait their turn.

    What is the same in all questions comes first and long texts are shortened, since a small machine reads
    about 55 tokens a second; what it has read before it need not read again.
    """

    stored: StoredModel
    store: ModelStore
    wire: Wire = field(default_factory=AioWire, repr=False)
    place: ModelEndpoint = field(init=False)
    _server: LlamaServer | None = field(default=None, init=False, repr=False)
    _model: OpenAICompatible | None = field(default=None, init=False, repr=False)
    _turn: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def __post_init__(self) -> None:
        """Know the place: this machine."""
        self.place = ModelEndpoint(provider=PROVIDER, model=self.stored.name, region="local", price=FREE)

    def complete(self, request: Request, /) -> Reply:
        """Answer *request*; see `LLM`."""
        self.place.refuse_pictures(request)
        with self._turn:
            model = self._running()
            reply = model.complete(replace(shorten_request(request), timeout_seconds=SECONDS))
        return replace(reply, model=self.stored.name)  # the server would name the file

    def close(self) -> None:
        """End the child process; the next question starts another one."""
        server, self._server, self._model = self._server, None, None
        if server is not None:
            server.close()

    @property
    def holder(self) -> int | None:
        """Which other process uses the machine's one place for a model now; None where it is free."""
        return lock_holder(self.store.folder / LOCK)

    @property
    def threads(self) -> int:
        """How many threads it computes with; 0 before it is started."""
        return self._server.threads if self._server is not None else 0

    def _running(self) -> OpenAICompatible:
        if self._server is not None and self._model is not None and self._server.alive:
            return self._model
        self.close()
        file: Path = self.store.path_of(self.stored)
        if not file.is_file():
            phrase = say(
                "The file of {model} is gone. Fetch it again: smeflow model get", model=self.stored.name
            )
            raise LLMRejected(phrase, reason="model")
        import_extra("xllamacpp", "local")
        setting = ServerSettings(model=file, lock=self.store.folder / LOCK)
        self._server = LlamaServer(setting, wait_seconds=SECONDS)
        place = replace(self.place, base_url=f"{self._server.address}/v1")
        self._model = OpenAICompatible(
            place=place,
            title=self.stored.name,
            key=self._server.key,
            wire=self.wire,
            extras={**LOG_PROBABILITIES, "cache_prompt": True},
        )
        return self._model


def local_llm(name: str = "", environ: Mapping[str, str] | None = None) -> LocalLLM:
    """Give the model called *name*; without a name the usual one, else the first that is there.

    Raises:
        LLMRejected: It is not on this machine.
        MissingExtra: What runs it is not installed.
    """
    store = ModelStore.of(environ)
    stored = store.find(name) if name else default_model(store)
    if stored is None:
        named = name or DEFAULT_MODEL
        phrase = say(
            "The model {model} is not on this machine. Fetch it: smeflow model get {model}", model=named
        )
        raise LLMRejected(phrase, reason="model")
    import_extra("xllamacpp", "local")
    return LocalLLM(stored=stored, store=store)


def default_model(store: ModelStore) -> StoredModel | None:
    """Give the model that is taken where none is named; None where there is none."""
    return store.find(DEFAULT_MODEL) or next(iter(store.models()), None)


def model_in_use(environ: Mapping[str, str] | None = None) -> Phrase | None:
    """Say who uses the model of this machine, and what to do; None where it is free or there is none."""
    store = ModelStore.of(environ)
    holder = lock_holder(store.folder / LOCK) if store.models() else None
    if holder is None:
        return None
    return say(
        "The model of this machine is used by process {pid}, one run at a time: this one asks no model. "
        "Run it again later and what it left is asked then; --llm local waits.",
        pid=holder or "?",
    )
