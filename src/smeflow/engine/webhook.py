"""The sink `webhook`: a call to another program for each finished item, signed as Standard Webhooks has it.

https://github.com/standard-webhooks/standard-webhooks: the headers ``webhook-id``, ``webhook-timestamp``
and ``webhook-signature``. The id stays the same however often a delivery is tried, so that whoever takes it
can leave out what it has; it stands in ``Idempotency-Key`` too. Where it may go: a public address, resolved
once, and the one that is connected to; no proxy, no redirect, little of the answer read.
"""

import base64
import binascii
import contextlib
import hashlib
import hmac
import http.client
import ipaddress
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from smeflow import __version__
from smeflow._text import canonical_json, hash_of
from smeflow.errors import SinkError, os_error_reason
from smeflow.expressions.language import Expression
from smeflow.files.results import to_json_value
from smeflow.i18n import say
from smeflow.kinds.recipe_context import RecipeContext
from smeflow.kinds.sinks import DeliveryAnswer, Parcel, SinkItem
from smeflow.writing.report import Report

Resolver = Callable[[str, int], list[str]]
_NOT_PUBLIC = (
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
            raise ValueError(say("{url} is no address of the web", url=url_without_secrets(url))) from None
        if parts.scheme not in {"https", "http"} or not host or parts.username is not None:
            raise ValueError(say("{url} is no address of the web", url=url_without_secrets(url)))
        if parts.scheme == "http" and host not in allowed:
            raise ValueError(
                say(
                    "{url} is not encrypted: write https, or allow {host} by name",
                    url=url_without_secrets(url),
                    host=host,
                )
            )
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if any(ord(letter) <= 32 or ord(letter) > 126 for letter in path + host):
            raise ValueError(say("{url} has letters that no address has", url=url_without_secrets(url)))
        return cls(parts.scheme, host, port or (443 if parts.scheme == "https" else 80), path)


def url_without_secrets(url: str) -> str:
    """Give a URL without what may be secret in it: user, query, fragment."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return url.partition("?")[0].rpartition("@")[2][:80]
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"


def resolve_host(host: str, port: int) -> list[str]:
    """Ask the system for the addresses of *host*, in its order.

    Raises:
        SinkError: It knows none.
    """
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise SinkError(
            say("{host} cannot be found: {reason}.", host=host, reason=os_error_reason(error))
        ) from error
    return list(dict.fromkeys(str(each[4][0]) for each in answers))


def checked_address(endpoint: Endpoint, allowed: Collection[str], resolve: Resolver = resolve_host) -> str:
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
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    inside = any(ip in network for network in _NOT_PUBLIC if network.version == ip.version)
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and not inside


TIMEOUT_SECONDS = 15.0
"""For each thing that is waited for."""
DEADLINE_SECONDS = 30.0
"""For all of a delivery: who answers a byte at a time holds nobody up."""
_MOST_READ = 65_536


def post_once(endpoint: Endpoint, address: str, body: bytes, headers: Mapping[str, str]) -> DeliveryAnswer:
    """Send *body* to *address*, under the name of the endpoint's host. Never raises for the network."""
    connection = http.client.HTTPConnection(endpoint.host, endpoint.port, timeout=TIMEOUT_SECONDS)
    deadline = threading.Timer(DEADLINE_SECONDS, _cut, (connection,))
    deadline.daemon = True
    try:
        plain = socket.create_connection((address, endpoint.port), TIMEOUT_SECONDS)
        connection.sock = plain
        deadline.start()
        if endpoint.scheme == "https":
            connection.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=endpoint.host)
        standard = endpoint.port == (443 if endpoint.scheme == "https" else 80)
        name = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
        sent = {**headers, "Host": name if standard else f"{name}:{endpoint.port}", "Connection": "close"}
        connection.request("POST", endpoint.path, body=body, headers=sent)
        answer = connection.getresponse()
        wait = _retry_after(answer.getheader("retry-after"), answer.getheader("date"))
        with contextlib.suppress(OSError, http.client.HTTPException):
            answer.read(_MOST_READ)  # the status is the answer, whatever becomes of the rest
        return DeliveryAnswer(status=answer.status, reason=answer.reason or "", wait_seconds=wait)
    except (OSError, http.client.HTTPException) as error:
        return DeliveryAnswer(status=0, reason=str(error) or type(error).__name__)
    finally:
        deadline.cancel()
        connection.close()


def _cut(connection: http.client.HTTPConnection) -> None:
    """End a connection that somebody else waits for."""
    open_socket = connection.sock
    if open_socket is not None:
        with contextlib.suppress(OSError):
            open_socket.shutdown(socket.SHUT_RDWR)


def _retry_after(written: str | None, date: str | None) -> float | None:
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


SECRET_VARIABLE = "SMEFLOW_WEBHOOK_SECRET"  # noqa: S105 - the name of a variable, not a secret


class Webhook(BaseModel):
    """Tells another program of each finished item: ``webhook: https://example.com/hook``.

    Each delivery is made once, tried again with the same ``webhook-id`` until it is taken. What is rejected
    since is taken back by another, of the type ``item.retracted``. Redirects are not followed. Addresses of
    this machine and its network are refused unless the host is named in ``allow``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    webhook: str
    """The address, ``https://…``."""
    fields: dict[str, str] = Field(default_factory=dict)
    """What is told, by name, each an expression: ``{number: invoice.record.number}``; else all results."""
    when: str | None = None
    """Only items for which this holds."""
    type: str = Field(default="item.done", pattern=r"^[a-zA-Z0-9_.]{1,80}$")
    """What the other program knows it by."""
    secret: tuple[Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")], ...] = Field(
        default=(SECRET_VARIABLE,), min_length=1
    )
    """The environment variable with the secret it is signed with (``whsec_…``); two while one takes the
    place of the other: ``[NEW, OLD]``."""
    sign: bool = True
    """Whether it is signed; ``false`` for programs that cannot check a signature."""
    allow: tuple[str, ...] = ()
    """Hosts that may lie in the own network: ``[127.0.0.1]``."""
    _fields: Mapping[str, Expression] = PrivateAttr(default_factory=dict)
    _when: Expression | None = PrivateAttr(default=None)

    @field_validator("fields")
    @classmethod
    def _are_expressions(cls, written: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        for text in written.values():
            RecipeContext.of(info.context).compile(text)
        return written

    @field_validator("secret", mode="before")
    @classmethod
    def _one_or_more(cls, written: object) -> object:
        return (written,) if isinstance(written, str) else written

    @field_validator("secret")
    @classmethod
    def _may_be_read(cls, variables: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        for variable in variables:
            refused = RecipeContext.of(info.context).variable_refused(variable)
            if variable != SECRET_VARIABLE and refused is not None:
                raise ValueError(refused)
        return variables

    @field_validator("when")
    @classmethod
    def _is_expression(cls, written: str | None, info: ValidationInfo) -> str | None:
        if written is not None:
            RecipeContext.of(info.context).compile(written)
        return written

    @model_validator(mode="after")
    def _may_be_called(self) -> Self:
        Endpoint.of(self.webhook, self.allow)
        return self

    def model_post_init(self, context: Any, /) -> None:
        """Take the address apart and compile what is written."""
        compiled = RecipeContext.of(context).compile
        self._fields = {name: compiled(text) for name, text in self.fields.items()}
        self._when = compiled(self.when) if self.when else None

    @property
    def name(self) -> str:
        """The address, without what may be secret in it."""
        return url_without_secrets(self.webhook)

    def parcel(self, item: SinkItem) -> Parcel | None:
        """Give what is to be delivered for *item*; None where nothing is. Equal items give equal parcels."""
        if self._when is not None and self._when.decides(item.case) is not True:
            return None
        data = {
            "recipe": item.recipe,
            "key": item.key,
            "name": item.name,
            "version": item.version,
            "results": self._contents(item),
        }
        finished = item.finished_at.isoformat() if item.finished_at else ""
        mark = hash_of([self.name, self.type, data])[:32]
        digest = hash_of({name: _short_result(value) for name, value in item.case.results.items()})
        content = {"type": self.type, "timestamp": finished, "data": data, "hash": digest}
        return Parcel(id=f"msg_{mark}", content=content, to=self.name)

    def retraction(self, item: SinkItem, delivered: str) -> Parcel:
        """Give what takes the delivery *delivered* back; it names that in ``corrects`` too."""
        data = {"recipe": item.recipe, "key": item.key, "name": item.name, "version": item.version}
        finished = item.finished_at.isoformat() if item.finished_at else ""
        content = {"type": "item.retracted", "timestamp": finished, "data": data}
        return Parcel(id=f"ret_{hash_of([self.name, delivered])[:32]}", content=content, to=self.name)

    def _contents(self, item: SinkItem) -> Any:
        if self._fields:
            return {name: to_json_value(expression(item.case)) for name, expression in self._fields.items()}
        return {name: _short_result(value) for name, value in item.case.results.items()}

    def deliver(self, parcel: Parcel, corrects: str, at: int) -> DeliveryAnswer:
        """Send it once, signed at the second *at*. *corrects* names the delivery it takes the place of.

        Raises:
            SinkError: There is no secret, or the address is not one that may be used.
        """
        content = {**parcel.content, "corrects": corrects} if corrects else dict(parcel.content)
        body = canonical_json(content).encode()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"smeflow/{__version__}",
            "webhook-id": parcel.id,
            "webhook-timestamp": str(at),
            "Idempotency-Key": parcel.id,
        }
        if self.sign:
            keys = [_key(variable, self.name) for variable in self.secret]
            headers["webhook-signature"] = " ".join(signature(key, parcel.id, at, body) for key in keys)
        endpoint = Endpoint.of(self.webhook, self.allow)
        return post_once(endpoint, checked_address(endpoint, self.allow), body, headers)


def _key(variable: str, url: str) -> bytes:
    """Read the secret in *variable*.

    Raises:
        SinkError: There is none, or it is not whole.
    """
    written = os.environ.get(variable, "").strip()
    if not written:
        raise SinkError(
            say(
                "{url}: there is no secret to sign with. Put it into the environment variable "
                "{variable}, or write sign: false.",
                url=url,
                variable=variable,
            )
        )
    if not written.startswith("whsec_"):
        return written.encode()
    try:
        return base64.b64decode(written.removeprefix("whsec_"), validate=True)
    except binascii.Error as error:
        raise SinkError(
            say(
                "The secret in {variable} is not whole: what follows whsec_ is no base64.",
                variable=variable,
            )
        ) from error


def _short_result(value: object) -> Any:
    """Tell a result; of a report what it says, not every row behind it."""
    if not isinstance(value, Report):
        return to_json_value(value)
    single = [fact for fact in value.facts if fact.shape == "scalar"]
    return {
        "title": value.title,
        "period": value.period.key,
        "summary": [paragraph.text for paragraph in value.summary],
        "sections": [{"heading": s.heading, "text": [p.text for p in s.paragraphs]} for s in value.sections],
        "facts": {fact.name: to_json_value(fact.value) for fact in single},
    }


def signature(key: bytes, identity: str, at: int, body: bytes) -> str:
    """Sign a delivery: HMAC-SHA256 over its id, its second and its body."""
    signed = hmac.new(key, f"{identity}.{at}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"
