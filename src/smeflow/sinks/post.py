"""One POST to an address that was checked: no proxy, no redirect, little of the answer read."""

import http.client
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from smeflow.sinks.address import Endpoint

TIMEOUT_SECONDS = 15.0
_MOST_READ = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What a server said; status 0 where it said nothing."""

    status: int
    reason: str = ""
    wait_seconds: float | None = None
    """How long it asks to wait."""

    @property
    def took(self) -> bool:
        """Whether it accepted."""
        return 200 <= self.status < 300

    @property
    def final(self) -> bool:
        """Whether trying again is of no use: it refused, or sends us elsewhere."""
        return 300 <= self.status < 500 and self.status not in {408, 409, 423, 425, 429}


def post(endpoint: Endpoint, address: str, body: bytes, headers: Mapping[str, str]) -> Answered:
    """Send *body* to *address*, under the name of the endpoint's host. Never raises for the network."""
    connection = http.client.HTTPConnection(endpoint.host, endpoint.port, timeout=TIMEOUT_SECONDS)
    try:
        plain = socket.create_connection((address, endpoint.port), TIMEOUT_SECONDS)
        connection.sock = plain
        if endpoint.scheme == "https":
            connection.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=endpoint.host)
        standard = endpoint.port == (443 if endpoint.scheme == "https" else 80)
        name = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
        told = {**headers, "Host": name if standard else f"{name}:{endpoint.port}", "Connection": "close"}
        connection.request("POST", endpoint.path, body=body, headers=told)
        answer = connection.getresponse()
        wait = _wait(answer.getheader("retry-after"), answer.getheader("date"))
        answer.read(_MOST_READ)
        return Answered(status=answer.status, reason=answer.reason or "", wait_seconds=wait)
    except (OSError, http.client.HTTPException) as error:
        return Answered(status=0, reason=str(error) or type(error).__name__)
    finally:
        connection.close()


def _wait(written: str | None, date: str | None) -> float | None:
    """Read how long to wait: seconds, or a day and time held against the server's own clock."""
    if not written:
        return None
    try:
        return max(0.0, float(written))
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(written).timestamp()
        now = parsedate_to_datetime(date).timestamp() if date else time.time()
    except ValueError:
        return None
    return max(0.0, until - now)
