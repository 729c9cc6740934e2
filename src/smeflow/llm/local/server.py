"""A model in a child process of its own, on a free port of loopback, with a key nobody else has."""

import contextlib
import json
import os
import queue
import secrets
import subprocess
import tempfile
import threading
import time
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from smeflow import _processes
from smeflow._text import visible
from smeflow.errors import LLMUnavailable
from smeflow.i18n import say
from smeflow.llm.local.cores import free_cores

START_SECONDS = 300.0
"""The longest loading may take; a cold file on a slow disk takes a minute."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """How a model is run."""

    model: Path
    lock: Path
    """The file whose lock stands for the machine's one place."""
    context: int = 8192
    gpu_layers: int = 0


class Server:
    """A running model. It ends with this object, with the process, and with a process that was killed."""

    def __init__(self, setting: Setting, *, wait_seconds: float) -> None:
        """Start it and wait until it answers.

        Raises:
            LLMUnavailable: Another process holds the machine's one place for longer than *wait_seconds*, or
                the model cannot be loaded.
        """
        self.key = secrets.token_urlsafe(32)
        self.threads = free_cores()
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self.process = _processes.start_module("smeflow.llm.local.child", stderr=self._log)
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

    def _started(self, setting: Setting, wait_seconds: float) -> str:
        told = {
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
            self.process.stdin.write(json.dumps(told).encode() + b"\n")
            self.process.stdin.flush()
        threading.Thread(target=_read, args=(self.process.stdout, lines), daemon=True).start()
        waiting, deadline = False, time.monotonic() + START_SECONDS
        while True:
            try:
                line = lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise (self._busy() if waiting else self._broken()) from None
            if not line:
                raise self._broken()
            answer = json.loads(line)
            if "address" in answer:
                return str(answer["address"])
            waiting, deadline = True, time.monotonic() + wait_seconds

    def _busy(self) -> LLMUnavailable:
        return LLMUnavailable(
            say("Another run uses the model of this machine; one runs at a time."), sent=False
        )

    def _broken(self) -> LLMUnavailable:
        _processes.kill(self.process)
        self.process.wait(10)
        self._log.seek(0)
        said = visible(self._log.read()[-2000:].decode("utf-8", "replace")).split("\n")
        last = next((line.strip() for line in reversed(said) if line.strip()), "-")
        phrase = say("The model could not be started: {said}", said=last[:200])
        return LLMUnavailable(phrase, sent=False)


def _read(stream: IO[bytes] | None, lines: "queue.Queue[bytes]") -> None:
    while stream is not None and (line := stream.readline()):
        lines.put(line)
    lines.put(b"")


def _end(process: "subprocess.Popen[bytes]", log: IO[bytes]) -> None:
    """End the child: it goes when its input is closed, else at once."""
    _processes.end(process, patience_seconds=2)
    log.close()
