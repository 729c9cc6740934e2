"""The hub's own library against a loopback server that answers as the hub does."""

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

pytest.importorskip("huggingface_hub")

CONTENT = b"GGUF" + random.Random(7).randbytes(24 * 1024 * 1024)
HASH = hashlib.sha256(CONTENT).hexdigest()


@dataclass
class Hub:
    url: str = ""
    served: int = 0
    slow: bool = True
    seen: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""

    def _head(self, status: int, length: int, **more: str) -> None:
        self.send_response(status)
        told = {
            "ETag": f'"{HASH}"', "X-Repo-Commit": "a" * 40, "X-Linked-Size": str(len(CONTENT)),
            "X-Linked-ETag": f'"{HASH}"', "Accept-Ranges": "bytes", "Content-Length": str(length), **more,
        }  # fmt: skip
        for name, value in told.items():
            self.send_header(name, value)
        self.end_headers()

    def do_HEAD(self) -> None:
        self._note()
        self._head(200, len(CONTENT))

    def do_GET(self) -> None:
        self._note()
        if not self.path.startswith("/someone/tiny/resolve/main/"):
            self.send_error(404)
            return
        start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")[0])
        data = CONTENT[start:]
        more = {"Content-Range": f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}"} if start else {}
        self._head(206 if start else 200, len(data), **more)
        try:
            for place in range(0, len(data), 1 << 18):
                self.wfile.write(data[place : place + (1 << 18)])
                self.hub.served += len(data[place : place + (1 << 18)])
                while self.hub.slow and self.hub.served > 16 << 20:
                    time.sleep(0.05)  # the client is killed meanwhile
        except OSError:
            self.close_connection = True

    def _note(self) -> None:
        self.hub.seen.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}))


@pytest.fixture
def hub():
    made = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"hub": made}))
    server.daemon_threads = True
    made.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield made
    made.slow = False
    server.shutdown()
    server.server_close()


FETCH = """
import json, sys
from pathlib import Path
from smeflow.i18n import say
from smeflow.llm.local.models import KnownModel, ModelStore
from smeflow.llm.local.fetch import fetch_model
model = KnownModel(name="tiny", title="Tiny", licence="MIT", word=say("no"), bytes={size}, sha256={sha!r},
                   repository="someone/tiny", file="tiny.gguf")
told = []
store = ModelStore(Path({folder!r}))
made = fetch_model(model, store, source="hub", tell=lambda done, total: told.append(done))
print(json.dumps([str(store.path_of(made)), made.source, told[0], told[-1]]))
"""


def start(folder: Path, hub: Hub, sha: str = HASH) -> "subprocess.Popen[str]":
    code = textwrap.dedent(FETCH).format(size=len(CONTENT), sha=sha, folder=str(folder))
    # A token that lies about, and one that is set: neither may travel.
    home = folder.parent / "hf"
    home.mkdir(exist_ok=True)
    (home / "token").write_text("hf_CANARYCANARYCANARY", encoding="utf-8")
    environ = {**os.environ, "HF_ENDPOINT": hub.url, "HF_HOME": str(home), "HF_TOKEN": "hf_CANARYCANARY2"}
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True, env=environ)  # fmt: skip


def test_a_killed_fetch_goes_on_and_no_token_travels(hub, tmp_path):
    """The second run asks for the rest alone; what is whole is checked by its hash."""
    folder = tmp_path / "models"
    first = start(folder, hub)
    deadline = time.monotonic() + 60
    while hub.served <= 16 << 20 and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.3)  # what is on its way is written
    first.send_signal(signal.SIGKILL)
    first.communicate()
    begun = sum(p.stat().st_size for p in folder.glob("*.partial-hub"))
    assert begun > 0
    hub.slow, before = False, len(hub.seen)
    out, err = start(folder, hub).communicate(timeout=120)
    path, source, low, high = json.loads(out.splitlines()[-1]) if out else pytest.fail(err)
    assert Path(path).read_bytes() == CONTENT
    assert source == "someone/tiny"
    assert 0 < low <= high == len(CONTENT)
    gets = [headers for command, _, headers in hub.seen[before:] if command == "GET"]
    assert [h.get("range") for h in gets] == [f"bytes={begun}-"]
    assert not any("CANARY" in json.dumps(headers) for _, _, headers in hub.seen)
    assert sorted(p.name for p in folder.iterdir()) == [f"{HASH}.gguf", "tiny.fetching", "tiny.json"]


def test_what_the_hub_gives_is_refused_when_its_hash_is_another(hub, tmp_path):
    """The hub's word for its own file is not asked."""
    hub.slow = False
    out, err = start(tmp_path / "models", hub, sha="0" * 64).communicate(timeout=120)
    assert not out
    assert "SHA-256" in err
    assert not list((tmp_path / "models").glob("*.gguf"))
