"""A firm's folder as an older version left it; here alone these tests reach behind the public doors."""

import importlib.util
import lzma
import socket
import sqlite3
import tarfile
import threading
import time
from contextlib import closing
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from smeflow.cli.app import main
from smeflow.ledger.opening import keep_private

HERE = Path(__file__).parent


class Firm:
    """A folder with a recipe, its ledger and its outputs, unpacked."""

    def __init__(self, folder, capsys):
        self.folder, self.capsys = folder, capsys

    def smeflow(self, command):
        """Run a command that ends well; give what it printed."""
        self.capsys.readouterr()
        code = main(command.split())
        out, err = self.capsys.readouterr()
        assert code == 0, out + err
        return err + out if command.startswith("run") else out + err

    def kept(self, name):
        """Give what the older version printed."""
        return (self.folder / name).read_text(encoding="utf-8")

    def files(self):
        """Give the bytes of all outputs and books."""
        found = [*self.folder.glob("*/out/**/*"), *self.folder.glob("books/**/*")]
        return {f.relative_to(self.folder).as_posix(): f.read_bytes() for f in found if f.is_file()}

    def rows(self, query, file="ledger.db"):
        """Ask the ledger's file."""
        with closing(sqlite3.connect(self.folder / ".smeflow" / file)) as ledger:
            return ledger.execute(query).fetchall()

    def tables(self, file="ledger.db"):
        """Give every row of every table, by the table's name."""
        names = [name for (name,) in self.rows("SELECT name FROM sqlite_master WHERE type = 'table'", file)]
        return {name: self.rows(f"SELECT * FROM {name} ORDER BY 1", file) for name in names}

    def audit_broken_at(self):
        """Give the first entry of the audit that does not fit, or None."""
        from smeflow.ledger.ledger import Ledger

        with Ledger.open(self.folder / ".smeflow", create=False) as ledger:
            return ledger.audit_broken_at()


@pytest.fixture
def firm(request, tmp_path, monkeypatch, capsys):
    """Unpack the archive of the recipe a test names, and go there."""
    with lzma.open(HERE / f"{request.param}.tar.xz") as packed, tarfile.open(fileobj=packed) as archive:
        archive.extractall(tmp_path, filter="data")
    keep_private(tmp_path / ".smeflow")  # else the first command tells that it was open to others
    monkeypatch.chdir(tmp_path)
    for name, value in {"COLUMNS": "120", "SMEFLOW_PERSON": "Ada", "SMEFLOW_LLM_KEY": "none"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TZ", "Europe/Paris")
    time.tzset()
    yield Firm(tmp_path, capsys)
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def provider(root, monkeypatch):
    """Put the server that answered when the ledgers were made in the provider's place."""
    spec = importlib.util.spec_from_file_location("old_ledgers", root / "scripts" / "old_ledgers.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    server, ask = ThreadingHTTPServer(("127.0.0.1", 0), made.Small), socket.getaddrinfo

    def here(host, port, *more, **named):
        place = server.server_address if host == made.HOST else (host, port)
        return ask(*place, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", here)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()
