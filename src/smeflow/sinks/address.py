"""Where a webhook may go: a public address, resolved once, and the one that is connected to."""

import ipaddress
import socket
from collections.abc import Callable, Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from smeflow.errors import SinkError, system_words
from smeflow.i18n import say

Resolve = Callable[[str, int], list[str]]
_SHARED = (
    ipaddress.ip_network("100.64.0.0/10"),  # behind a provider's own translation
    ipaddress.ip_network("192.0.0.0/24"),
    ipaddress.ip_network("198.18.0.0/15"),
    ipaddress.ip_network("64:ff9b::/96"),  # IPv4 in IPv6, whatever it leads to
    ipaddress.ip_network("64:ff9b:1::/48"),
    ipaddress.ip_network("2002::/16"),
    ipaddress.ip_network("2001::/32"),
)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A URL taken apart. It has no user, and is encrypted unless its host is allowed by name."""

    scheme: str
    host: str
    port: int
    path: str
    """With its query."""

    @classmethod
    def of(cls, url: str, allowed: Collection[str] = ()) -> "Endpoint":
        """Take *url* apart.

        Raises:
            ValueError: It is none that may be used; the message says why.
        """
        try:
            parts = urlsplit(url.strip())
            host, port = (parts.hostname or "").rstrip("."), parts.port
        except ValueError:
            raise ValueError(say("{url} is no address of the web", url=shown(url))) from None
        if parts.scheme not in {"https", "http"} or not host or parts.username is not None:
            raise ValueError(say("{url} is no address of the web", url=shown(url)))
        if parts.scheme == "http" and host not in allowed:
            raise ValueError(
                say("{url} is not encrypted: write https, or allow {host} by name", url=shown(url), host=host)
            )
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if any(ord(letter) <= 32 or ord(letter) > 126 for letter in path + host):
            raise ValueError(say("{url} has letters that no address has", url=shown(url)))
        return cls(parts.scheme, host, port or (443 if parts.scheme == "https" else 80), path)


def shown(url: str) -> str:
    """Give a URL without what may be secret in it: user, query, fragment."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return url.partition("?")[0].rpartition("@")[2][:80]
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"


def resolved(host: str, port: int) -> list[str]:
    """Ask the system for the addresses of *host*, in its order.

    Raises:
        SinkError: It knows none.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise SinkError(
            say("{host} cannot be found: {reason}.", host=host, reason=system_words(error))
        ) from error
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def checked(endpoint: Endpoint, allowed: Collection[str], resolve: Resolve = resolved) -> str:
    """Give the one address to connect to. Where any address of the host is private, none is used.

    Raises:
        SinkError: It leads to this machine or its network, and the recipe does not allow that host by name.
    """
    addresses = resolve(endpoint.host, endpoint.port)
    if not addresses:
        raise SinkError(say("{host} cannot be found: {reason}.", host=endpoint.host, reason="-"))
    if endpoint.host not in allowed:
        for address in addresses:
            if not is_public(address):
                raise SinkError(
                    say(
                        "{host} leads to {address}, which is no public address. If it is meant, write "
                        "allow: [{host}] in the recipe.",
                        host=endpoint.host,
                        address=address,
                    )
                )
    return addresses[0]


def is_public(address: str) -> bool:
    """Tell whether an address is one of the public net: neither ours nor a way around to it."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    inside = any(found in network for network in _SHARED if network.version == found.version)
    return found.is_global and not found.is_multicast and not found.is_reserved and not inside
