"""A PostgreSQL of the tests' own on loopback, started once for all of a process."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest


@dataclass
class PostgresServer:
    """One server, that may be stopped and started again."""

    home: Path
    port: int
    program: str
    user: dict[str, str]
    settings: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgresql://ada:hush@127.0.0.1:{self.port}/postgres"

    def ledger(self, schema: str) -> str:
        """Give the address of a ledger of its own."""
        return f"{self.url}?schema={schema}"

    def start(self) -> None:
        import psycopg

        given = {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self.home),
            "fsync": "off",
            **self.settings,
        }
        options = [part for name, value in given.items() for part in ("-c", f"{name}={value}")]
        self.process = subprocess.Popen(
            [self.program, "-D", self.home / "d", *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.home,
            **self.user,
        )
        for _ in range(300):
            with suppress(psycopg.OperationalError):
                psycopg.connect(self.url, connect_timeout=2).close()
                return
            time.sleep(0.05)
        raise TimeoutError("PostgreSQL did not start")

    def stop(self, *, crash: bool = False) -> None:
        """Stop it; *crash*: at once, as a power cut would."""
        assert self.process is not None
        self.process.send_signal(signal.SIGQUIT if crash else signal.SIGINT)
        self.process.wait(30)
        self.process = None


@contextmanager
def postgres_server(**settings: str) -> Iterator[PostgresServer]:
    """Start a server that asks for a password; skip where the program is not installed."""
    pytest.importorskip("psycopg")
    places = os.pathsep.join([os.environ["PATH"], *map(str, Path("/usr/lib/postgresql").glob("*/bin"))])
    initdb, program = shutil.which("initdb", path=places), shutil.which("postgres", path=places)
    if not initdb or not program:
        missing = pytest.fail if os.environ.get("SMEFLOW_REQUIRE_ALL") == "1" else pytest.skip
        missing("the program postgres is not installed")
    user = {"user": "postgres"} if hasattr(os, "geteuid") and os.geteuid() == 0 else {}
    home = Path(tempfile.mkdtemp(prefix="smeflow-pg-"))
    (home / "password").write_text("hush\n", encoding="ascii")
    if user:
        shutil.chown(home, "postgres")
        shutil.chown(home / "password", "postgres")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": home, **user}
    made = [initdb, "-D", home / "d", "-U", "ada", "-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8"]
    subprocess.run([*made, "--no-sync", f"--pwfile={home / 'password'}"], check=True, **quiet)
    server = PostgresServer(home, port, program, user, settings)
    server.start()
    try:
        yield server
    finally:
        if server.process is not None:
            server.stop()
        shutil.rmtree(home, ignore_errors=True)
