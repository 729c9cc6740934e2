"""The model inside smeflow: an LLM that starts its server when it is first asked."""

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from smeflow._optional import need
from smeflow.errors import LLMRejected
from smeflow.i18n import Phrase, say
from smeflow.llm.base import Place, Reply, Request
from smeflow.llm.local.catalogue import USUAL
from smeflow.llm.local.running import holder_of
from smeflow.llm.local.server import Server, Setting
from smeflow.llm.local.short import shortened
from smeflow.llm.local.store import Store, Stored
from smeflow.llm.openai import LOG_PROBABILITIES, Compatible
from smeflow.llm.prices import FREE
from smeflow.llm.wire import AioWire, Wire

PROVIDER = "local"
LOCK = "running.lock"
SECONDS = 1200.0
"""The longest one answer may take: a small machine that does other work too is slow, and it is not paid."""


@dataclass(eq=False, kw_only=True)
class Local:
    """A GGUF model run by llama.cpp in a child process. One answer at a time; the rest wait their turn.

    What is the same in all questions comes first and long texts are shortened, since a small machine reads
    about 55 tokens a second; what it has read before it need not read again.
    """

    stored: Stored
    store: Store
    wire: Wire = field(default_factory=AioWire, repr=False)
    place: Place = field(init=False)
    _server: Server | None = field(default=None, init=False, repr=False)
    _asked: Compatible | None = field(default=None, init=False, repr=False)
    _turn: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def __post_init__(self) -> None:
        """Know the place: this machine."""
        self.place = Place(provider=PROVIDER, model=self.stored.name, region="local", price=FREE)

    def complete(self, request: Request, /) -> Reply:
        """Answer *request*; see `LLM`."""
        with self._turn:
            model = self._running()
            reply = model.complete(replace(shortened(request), timeout_seconds=SECONDS))
        return replace(reply, model=self.stored.name)  # the server would name the file

    def close(self) -> None:
        """End the child process; the next question starts another one."""
        server, self._server, self._asked = self._server, None, None
        if server is not None:
            server.close()

    @property
    def holder(self) -> int | None:
        """Which other process uses the machine's one place for a model now; None where it is free."""
        return holder_of(self.store.folder / LOCK)

    @property
    def threads(self) -> int:
        """How many threads it computes with; 0 before it is started."""
        return self._server.threads if self._server is not None else 0

    def _running(self) -> Compatible:
        if self._server is not None and self._asked is not None and self._server.alive:
            return self._asked
        self.close()
        file: Path = self.store.path_of(self.stored)
        if not file.is_file():
            phrase = say(
                "The file of {model} is gone. Fetch it again: smeflow model get", model=self.stored.name
            )
            raise LLMRejected(phrase, reason="model")
        need("xllamacpp", "local")
        setting = Setting(model=file, lock=self.store.folder / LOCK)
        self._server = Server(setting, wait_seconds=SECONDS)
        place = replace(self.place, base_url=f"{self._server.address}/v1")
        self._asked = Compatible(
            place=place,
            title=self.stored.name,
            key=self._server.key,
            wire=self.wire,
            extras={**LOG_PROBABILITIES, "cache_prompt": True},
        )
        return self._asked


def local(name: str = "", environ: Mapping[str, str] = os.environ) -> Local:
    """Give the model called *name*; without a name the usual one, else the first that is there.

    Raises:
        LLMRejected: It is not on this machine.
        MissingExtra: What runs it is not installed.
    """
    store = Store.of(environ)
    found = store.find(name) if name else usual(store)
    if found is None:
        named = name or USUAL
        phrase = say(
            "The model {model} is not on this machine. Fetch it: smeflow model get {model}", model=named
        )
        raise LLMRejected(phrase, reason="model")
    need("xllamacpp", "local")
    return Local(stored=found, store=store)


def usual(store: Store) -> Stored | None:
    """Give the model that is taken where none is named; None where there is none."""
    return store.find(USUAL) or next(iter(store.models()), None)


def busy(environ: Mapping[str, str] = os.environ) -> Phrase | None:
    """Say who uses the model of this machine, and what to do; None where it is free or there is none."""
    store = Store.of(environ)
    holder = holder_of(store.folder / LOCK) if store.models() else None
    if holder is None:
        return None
    return say(
        "The model of this machine is used by process {pid}, one run at a time: this one asks no model. "
        "Run it again later and what it left is asked then; --llm local waits.",
        pid=holder or "?",
    )
