"""A Chromium that stays open and prints HTML pages to PDF, spoken to over its debugging pipe."""

import base64
import fcntl
import json
import os
import re
import select
import shutil
import signal
import tempfile
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--mute-audio",
    "--remote-debugging-pipe",
)

# Each marked element's content is put in a link, as Chromium prints a link's place into the PDF: the only
# measure of a box that stays true over page breaks.
WRAP = """
(() => {
  const marked = [...document.querySelectorAll('[data-field]')];
  marked.forEach((element, index) => {
    const link = document.createElement('a');
    link.href = 'http://box.example/' + index;
    link.style.cssText = 'all:unset';
    while (element.firstChild) link.appendChild(element.firstChild);
    element.appendChild(link);
  });
  return JSON.stringify(marked.map(element => element.dataset.field));
})()
"""
DATES = re.compile(rb"(/(?:CreationDate|ModDate) ?\(D:)\d{14}")
BIRTHS = re.compile(rb"<[0-9A-F]{32}>|(?<=/DocChecksum /)[0-9A-F]{32}")
BORN = b"20240101000000"
SAME = bytes.maketrans(b"0123456789ABCDEF", b"0" * 16)


class BrowserError(RuntimeError):
    """Chromium did not answer, or answered that it could not."""


class Browser:
    """One page of one Chromium, reused for every document."""

    def __init__(self, *, patience: float = 30.0) -> None:
        self.patience = patience
        self._profile = tempfile.mkdtemp(prefix="layouts-")
        to_read, self._write = (fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 20) for end in os.pipe())
        self._read, to_write = (fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 20) for end in os.pipe())
        silence = os.open(os.devnull, os.O_WRONLY)
        self.pid = os.posix_spawn(
            CHROMIUM,
            [CHROMIUM, *FLAGS, f"--user-data-dir={self._profile}", "about:blank"],
            dict(os.environ),
            file_actions=[
                (os.POSIX_SPAWN_DUP2, to_read, 3),
                (os.POSIX_SPAWN_DUP2, to_write, 4),
                (os.POSIX_SPAWN_DUP2, silence, 1),
                (os.POSIX_SPAWN_DUP2, silence, 2),
            ],
            setpgroup=0,
        )
        for end in (to_read, to_write, silence):
            os.close(end)
        self._rest = b""
        self._last = 0
        self._session = ""
        target = self._call("Target.createTarget", {"url": "about:blank"})["targetId"]
        attached = self._call("Target.attachToTarget", {"targetId": target, "flatten": True})
        self._session = attached["sessionId"]
        self._call("Page.enable", {})
        self._frame = self._call("Page.getFrameTree", {})["frameTree"]["frame"]["id"]
        self._call("Emulation.setEmulatedMedia", {"media": "print"})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def pdf(self, html: str) -> tuple[bytes, list[str]]:
        """Print a page; its marked fields come back in order, and link ``n`` of the PDF is field ``n``."""
        self._call("Page.setDocumentContent", {"frameId": self._frame, "html": html})
        answer = self._call("Runtime.evaluate", {"expression": WRAP, "returnByValue": True})
        fields: list[str] = json.loads(answer["result"]["value"])
        printed = self._call(
            "Page.printToPDF",
            {
                "preferCSSPageSize": True,
                "printBackground": True,
                "generateTaggedPDF": False,
                "paperWidth": 8.27,
                "paperHeight": 11.69,
            },
        )
        return same_dates(base64.b64decode(printed["data"])), fields

    def close(self) -> None:
        """Send Chromium home, with its own children and its profile."""
        try:
            self._session = ""
            self._call("Browser.close", {})
        except (BrowserError, OSError):
            pass
        for _ in range(50):
            done, _status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                break
            time.sleep(0.05)
        else:
            os.killpg(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        for end in (self._write, self._read):
            os.close(end)
        shutil.rmtree(self._profile, ignore_errors=True)

    def _call(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        self._last += 1
        message: dict[str, Any] = {"id": self._last, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        pending = memoryview(json.dumps(message).encode() + b"\0")
        while pending:
            pending = pending[os.write(self._write, pending) :]
        deadline = time.monotonic() + self.patience
        while True:
            answer = self._receive(deadline)
            if answer.get("id") != self._last:
                continue
            if "error" in answer:
                raise BrowserError(f"{method}: {answer['error']}")
            result: dict[str, Any] = answer["result"]
            return result

    def _receive(self, deadline: float) -> dict[str, Any]:
        parts = [self._rest]
        while b"\0" not in parts[-1]:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._read], [], [], left)[0]:
                raise BrowserError("Chromium says nothing")
            part = os.read(self._read, 1 << 20)
            if not part:
                raise BrowserError("Chromium is gone")
            parts.append(part)
        whole, _, self._rest = b"".join(parts).partition(b"\0")
        answer: dict[str, Any] = json.loads(whole)
        return answer


def same_dates(pdf: bytes) -> bytes:
    """The PDF with date and marks of birth that are always the same, so that a seed gives the same bytes."""
    dated = DATES.sub(lambda found: found.group(1) + BORN, pdf)
    return BIRTHS.sub(lambda found: found.group().translate(SAME), dated)


def print_all(pages: Sequence[str]) -> list[tuple[bytes, list[str]]]:
    """Print several pages with one browser."""
    with Browser() as browser:
        return [browser.pdf(page) for page in pages]
