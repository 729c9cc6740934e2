"""Start a module of smeflow in a child process and end it: the one way, for parsers, rules and models."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from typing import IO, Any

_POSIX: Mapping[str, Any] = {"start_new_session": True}
_WINDOWS: Mapping[str, Any] = {"creationflags": 0x00000200}  # CREATE_NEW_PROCESS_GROUP
_OWN_GROUP = _WINDOWS if os.name == "nt" else _POSIX
"""Ctrl-C is for the parent to decide on, and what the child started ends with it."""


def start_module(module: str, *, stderr: IO[bytes] | int = subprocess.DEVNULL) -> "subprocess.Popen[bytes]":
    """Run *module* with pipes to its input and output; nothing is imported from the working folder."""
    return subprocess.Popen(
        [sys.executable, "-P", "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        **_OWN_GROUP,
    )


def kill(process: "subprocess.Popen[bytes]") -> None:
    """Kill a process, and where the system has groups all that it started; one that has ended is left."""
    if process.poll() is not None:
        return
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()


def end(process: "subprocess.Popen[bytes]", *, patience_seconds: float = 0.0) -> None:
    """Close its input, wait so long for it to go by itself, then kill it; it has ended when this returns."""
    if patience_seconds:
        _close_input(process)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience_seconds)
    kill(process)
    process.wait()
    _close_input(process)


def _close_input(process: "subprocess.Popen[bytes]") -> None:
    if process.stdin is not None:
        with contextlib.suppress(OSError):  # what was written to a process that is gone cannot be flushed
            process.stdin.close()
