"""What the tests of commands share."""

import json
import shutil
import threading
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from smeflow.cli.app import main


class Told:
    """What a command ended with and printed."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def lines(self):
        """Read standard output as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def smeflow(capsys, monkeypatch, tmp_path):
    """Give the command line as a function, run in an empty folder with a wide screen."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "140")
    monkeypatch.setenv("SMEFLOW_PERSON", "Ada")

    def run(*arguments):
        capsys.readouterr()
        code = main([str(a) for a in arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return Told(code, out, err)

    return run


@pytest.fixture
def inbox(recipes):
    """Give the bundled documents of the supplier mail recipe."""
    return recipes / "supplier-mail" / "inbox"


@pytest.fixture
def workspace(tmp_path, inbox):
    """Make a firm's folder with three invoices, a cut PDF and a recipe that reads them."""
    (tmp_path / "inbox").mkdir()
    for name in (
        "lieferant-471113.xml",
        "bei-spiel-RE-20171118-506.xml",
        "my-supplier-018304.xml",
        "cut-off.pdf",
    ):
        shutil.copy(inbox / name, tmp_path / "inbox")
    (tmp_path / "smeflow.toml").write_text('[tables]\nsuppliers = "suppliers.csv"\n', encoding="utf-8")
    (tmp_path / "suppliers.csv").write_text(
        "name,vat_id,iban\nMy Supplier Company,BE0000000196,BE91000000143476\n", encoding="utf-8"
    )
    (tmp_path / "recipe.yaml").write_text(
        "recipe: invoices\nabout: Read invoices.\nllm: none\n"
        'source: {folder: inbox/, match: ["*.xml", "*.pdf"]}\n'
        "steps:\n  - extract: invoice\n    into: Invoice\n"
        "    review: not invoice.proven or invoice.record.total_gross > 500\n"
        "sinks:\n  - {table: out/purchases.csv, rows: invoice.record}\n",
        encoding="utf-8",
    )
    return tmp_path


class Provider(ThreadingHTTPServer):
    """A model server on loopback: answers every question with one status and text, and counts them.

    While `free` is not set it keeps them waiting. The first `failing` are answered with 503.
    """

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.status, self.text, self.asked, self.failing = 200, "{}", 0, 0
        self.bodies = []
        self.free = threading.Event()
        self.free.set()
        self.name = f"test@http://127.0.0.1:{self.server_address[1]}/v1"


class Handler(BaseHTTPRequestHandler):
    """Speaks as much of the protocol as a command needs."""

    def do_POST(self):
        """Answer."""
        self.server.bodies.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.server.asked += 1
        status = 503 if self.server.asked <= self.server.failing else self.server.status
        self.server.free.wait(120)
        message = {"role": "assistant", "content": self.server.text}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        usage = {"prompt_tokens": 100, "completion_tokens": 10}
        answer = {"id": "1", "model": "test", "choices": [choice], "usage": usage}
        key = self.headers.get("authorization", "")
        refusal = {"error": {"message": f"wrong key: {key}", "code": "invalid_api_key"}}
        body = json.dumps(answer if status == 200 else refusal).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        with suppress(ConnectionError):  # whoever asked may have gone: that is what some tests are about
            self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


@contextmanager
def _served():
    server = Provider()
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.free.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def provider():
    """Start a model server."""
    with _served() as server:
        yield server


@pytest.fixture
def other_provider():
    """Start a second one."""
    with _served() as server:
        yield server
