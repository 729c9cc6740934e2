"""The guard that keeps the tests on this machine."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest


def test_a_connection_off_the_machine_is_refused(network_attempts):
    """An address outside loopback is refused before a packet leaves, by number and by name."""
    with pytest.raises(PermissionError, match=r"203\.0\.113\.7"):
        socket.create_connection(("203.0.113.7", 80), timeout=1)
    with pytest.raises(PermissionError, match=r"example\.org"):
        socket.getaddrinfo("example.org", 443)
    network_attempts += [
        "socket.getaddrinfo to '203.0.113.7'",
        "socket.connect to '203.0.113.7'",
        "socket.getaddrinfo to 'example.org'",
    ]


def test_loopback_is_open():
    """A server of the test's own on loopback can be reached."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname(), timeout=5) as client,
    ):
        assert client.getpeername() == server.getsockname()


def test_a_child_process_is_refused_too(network_attempts):
    """A Python that a test starts inherits the guard."""
    code = "import socket; socket.create_connection(('203.0.113.7', 80), timeout=1)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "PermissionError: tests may not leave this machine" in done.stderr
    network_attempts += ["socket.getaddrinfo to '203.0.113.7'", "socket.connect to '203.0.113.7'"]


@pytest.mark.slow
def test_a_swallowed_attempt_is_told(pytester_folder: Path):
    """A test whose code catches the refusal fails all the same."""
    (pytester_folder / "test_leak.py").write_text(
        "import socket\n"
        "def test_leak():\n"
        "    try:\n"
        "        socket.create_connection(('203.0.113.7', 80))\n"
        "    except OSError:\n"
        "        return\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:langsmith_plugin",
            "-c",
            os.devnull,
            "--rootdir",
            ".",
            "--confcutdir",
            ".",
            ".",
        ],
        cwd=pytester_folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "this test tried to leave the machine" in done.stdout
    assert done.returncode == 1


@pytest.fixture
def pytester_folder(tmp_path: Path, root: Path) -> Path:
    """Give a folder with a copy of this project's guard and nothing else."""
    (tmp_path / "network_block").mkdir()
    for name in ("conftest.py", "network_block/sitecustomize.py"):
        (tmp_path / name).write_bytes((root / "tests" / name).read_bytes())
    return tmp_path
