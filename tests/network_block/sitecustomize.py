"""Refuse every connection that leaves this machine, in the tests and in the Python programs they start.

Python imports ``sitecustomize`` by itself when it starts; ``tests/conftest.py`` puts this folder on
PYTHONPATH and imports it too. An audit hook sees every way of connecting, whichever library is used.
"""

import contextlib
import ipaddress
import os
import sys
from pathlib import Path

ATTEMPTS = "SMEFLOW_TEST_NETWORK_ATTEMPTS"
"""Names the file to which refused attempts are added, so that one swallowed by an `except` is still told."""


def _is_here(host: object) -> bool:
    """Tell whether *host* is this machine: loopback, or no address at all."""
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host is None or host in {"", "localhost", "localhost.localdomain", "ip6-localhost"}:
        return True
    try:
        address = ipaddress.ip_address(str(host).partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback or address.is_unspecified


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    if event in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
        address = arguments[1] if len(arguments) > 1 else None
        host = address[0] if isinstance(address, tuple) and address else None  # a unix socket's is a string
    elif event in {"socket.getaddrinfo", "socket.gethostbyname"}:
        host = arguments[0]
    else:
        return
    if _is_here(host):
        return
    message = f"{event} to {host!r}"
    if file := os.environ.get(ATTEMPTS):
        with contextlib.suppress(OSError), Path(file).open("a", encoding="utf-8") as log:
            log.write(message + "\n")
    text = f"tests may not leave this machine: {message}"
    raise PermissionError(text)


sys.addaudithook(_refuse)
