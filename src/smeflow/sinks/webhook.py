"""A call to another program for each finished item, signed as Standard Webhooks has it.

https://github.com/standard-webhooks/standard-webhooks: the headers ``webhook-id``, ``webhook-timestamp`` and
``webhook-signature``. The id stays the same however often a delivery is tried, so that whoever takes it can
leave out what it has; it stands in ``Idempotency-Key`` too.
"""

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Mapping
from typing import Any, Self

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
from smeflow.errors import SinkError
from smeflow.expression import Expression, parse
from smeflow.facts.report import Report
from smeflow.i18n import say
from smeflow.sinks.address import Endpoint, checked, shown
from smeflow.sinks.base import Parcel, SinkItem
from smeflow.sinks.files import plain
from smeflow.sinks.post import Answered, post

VARIABLE = "SMEFLOW_WEBHOOK_SECRET"


class Webhook(BaseModel):
    """Tells another program of each finished item: ``webhook: https://example.com/hook``.

    Each delivery is made once, tried again with the same ``webhook-id`` until it is taken. Redirects are not
    followed. Addresses of this machine and its network are refused unless the host is named in ``allow``.
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
    secret: str = Field(default=VARIABLE, pattern=r"^[A-Z][A-Z0-9_]*$")
    """The environment variable with the secret it is signed with (``whsec_…``)."""
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
            (info.context or {}).get("compile", parse)(text)
        return written

    @field_validator("when")
    @classmethod
    def _is_expression(cls, written: str | None, info: ValidationInfo) -> str | None:
        if written is not None:
            (info.context or {}).get("compile", parse)(written)
        return written

    @model_validator(mode="after")
    def _may_be_called(self) -> Self:
        Endpoint.of(self.webhook, self.allow)
        return self

    def model_post_init(self, context: Any, /) -> None:
        """Take the address apart and compile what is written."""
        compiled = (context or {}).get("compile", parse)
        self._fields = {name: compiled(text) for name, text in self.fields.items()}
        self._when = compiled(self.when) if self.when else None

    @property
    def name(self) -> str:
        """The address, without what may be secret in it."""
        return shown(self.webhook)

    def parcel(self, item: SinkItem) -> Parcel | None:
        """Give what is to be delivered for *item*; None where nothing is. Equal items give equal parcels."""
        if self._when is not None and self._when.decides(item.case) is not True:
            return None
        told = {
            "recipe": item.recipe,
            "key": item.key,
            "name": item.name,
            "version": item.version,
            "results": self._told(item),
        }
        finished = item.finished_at.isoformat() if item.finished_at else ""
        mark = hash_of([self.name, self.type, told])[:32]
        return Parcel(
            id=f"msg_{mark}", content={"type": self.type, "timestamp": finished, "data": told}, to=self.name
        )

    def _told(self, item: SinkItem) -> Any:
        if self._fields:
            return {name: plain(expression(item.case)) for name, expression in self._fields.items()}
        return {name: _short(value) for name, value in item.case.results.items()}

    def deliver(self, parcel: Parcel, corrects: str, at: int) -> Answered:
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
            headers["webhook-signature"] = signature(self._key(), parcel.id, at, body)
        endpoint = Endpoint.of(self.webhook, self.allow)
        return post(endpoint, checked(endpoint, self.allow), body, headers)

    def _key(self) -> bytes:
        written = os.environ.get(self.secret, "").strip()
        if not written:
            raise SinkError(
                say(
                    "{url}: there is no secret to sign with. Put it into the environment variable "
                    "{variable}, or write sign: false.",
                    url=self.name,
                    variable=self.secret,
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
                    variable=self.secret,
                )
            ) from error


def _short(value: object) -> Any:
    """Tell a result; of a report what it says, not every row behind it."""
    if not isinstance(value, Report):
        return plain(value)
    single = [fact for fact in value.facts if fact.shape == "scalar"]
    return {
        "title": value.title,
        "period": value.period.key,
        "summary": [paragraph.text for paragraph in value.summary],
        "sections": [{"heading": s.heading, "text": [p.text for p in s.paragraphs]} for s in value.sections],
        "facts": {fact.name: plain(fact.value) for fact in single},
    }


def signature(key: bytes, identity: str, at: int, body: bytes) -> str:
    """Sign a delivery: HMAC-SHA256 over its id, its second and its body."""
    signed = hmac.new(key, f"{identity}.{at}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"
