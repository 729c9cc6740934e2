"""Who may speak to the desk: this machine's browser, with the address that was printed, and nobody else.

A page of any other origin can make a browser send requests to loopback; a name that points there can read the
answers. So every request must name the desk's own host, must bring the cookie that the printed address sets,
and, where it changes something, must come from the desk's own page with that page's token. What the desk
answers may run no script but its own, be framed by nobody, and stays in no cache.
"""

import hmac
import secrets
from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from smeflow.i18n import Language, Phrase, say

TOKEN_BYTES = 32
"""256 bits, of the system's randomness."""
MAX_FORM_BYTES = 1_000_000
MAX_UPLOAD_BYTES = 200_000_000
DOOR, UPLOAD, STATIC = "/open", "/upload", "/static/"
KEPT = b"private, max-age=3600"
"""How long a browser keeps the desk's own files, which say nothing of the firm."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    b"content-security-policy": POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"same-origin",  # with no-referrer a browser sends forms with `Origin: null`
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), microphone=(), geolocation=()",
    b"cache-control": b"no-store",
}


def _new_token() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


@dataclass(frozen=True, kw_only=True)
class Keys:
    """The secrets of one running desk. They die with it."""

    address: str = field(default_factory=_new_token, repr=False)
    """In the address that is printed and opened."""
    cookie: str = field(default_factory=_new_token, repr=False)
    form: str = field(default_factory=_new_token, repr=False)
    """In every form of the desk's own pages."""


def same_secret(given: str, wanted: str) -> bool:
    """Compare in a time that tells nothing of where they differ."""
    return hmac.compare_digest(given.encode(), wanted.encode())


class Refusal(Exception):
    """Why a request is not answered."""

    def __init__(self, phrase: Phrase, status: int = 403) -> None:
        super().__init__(str(phrase))
        self.phrase, self.status = phrase, status


class DeskGuard:
    """Stands before the desk and lets through what may come in."""

    def __init__(self, app: ASGIApp, *, keys: Keys, port: int, language: Language) -> None:
        self._app, self._keys, self._language = app, keys, language
        self._hosts = tuple(f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]"))
        self._cookie = f"smeflow_desk_{port}"  # cookies are shared by all ports of a host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = _with_headers(message.get("headers", ()), scope["path"])
            await send(message)

        try:
            entrance = self._examine(scope)
        except Refusal as refusal:
            answer: Response = PlainTextResponse(refusal.phrase.render(self._language), refusal.status)
            await answer(scope, receive, send_guarded)
            return
        if entrance is not None:
            await entrance(scope, receive, send_guarded)
            return
        await self._app(scope, _Bounded(receive, _limit(scope)), send_guarded)

    def _examine(self, scope: Scope) -> Response | None:
        """Give the answer to whoever comes by the printed address; None for one who is in."""
        host = _sole(scope, b"host")
        if host not in self._hosts:
            raise Refusal(say("This address is not the desk's. Open the one that smeflow desk printed."))
        if scope["method"] not in ("GET", "HEAD", "POST"):
            raise Refusal(say("The desk knows no such request."), 405)
        if scope["path"] == DOOR and scope["method"] == "GET":
            return self._open(scope)
        if _sole(scope, b"sec-fetch-site") in ("cross-site", "same-site"):
            raise Refusal(say("Another page asked for this. Open the address that smeflow desk printed."))
        if not same_secret(_cookies(scope).get(self._cookie, ""), self._keys.cookie):
            raise Refusal(say("Open the address that smeflow desk printed: it lets this browser in."))
        if scope["method"] == "POST":
            if _sole(scope, b"origin") != f"http://{host}":
                raise Refusal(say("Only the desk's own page may change something."))
            length = _sole(scope, b"content-length")
            if not length.isdecimal() or int(length) > _limit(scope):
                raise Refusal(say("That is too large, or does not say how large it is."), 413)
        return None

    def _open(self, scope: Scope) -> Response:
        given = parse_qs(scope["query_string"].decode("ascii", "replace")).get("token", [""])
        if len(given) != 1 or not same_secret(given[0], self._keys.address):
            raise Refusal(say("This address has expired. Open the one that smeflow desk printed last."))
        entrance = RedirectResponse("/", status_code=303)
        entrance.set_cookie(self._cookie, self._keys.cookie, httponly=True, samesite="strict", path="/")
        return entrance


class _Bounded:
    """Reads a body no further than it may be long, whatever was said of its length."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive, self._left = receive, limit

    async def __call__(self) -> MutableMapping[str, Any]:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise Refusal(say("That is too large, or does not say how large it is."), 413)
        return message


def _limit(scope: Scope) -> int:
    return MAX_UPLOAD_BYTES if scope["path"] == UPLOAD else MAX_FORM_BYTES


def _sole(scope: Scope, name: bytes) -> str:
    """Give a header that is there once; twice is as good as forged."""
    values = [value for key, value in scope["headers"] if key == name]
    return values[0].decode("latin-1") if len(values) == 1 else ""


def _cookies(scope: Scope) -> dict[str, str]:
    pairs = (pair.strip().partition("=") for pair in _sole(scope, b"cookie").split(";"))
    return {name: value for name, _, value in pairs}


def _with_headers(headers: Iterable[tuple[bytes, bytes]], path: str) -> list[tuple[bytes, bytes]]:
    kept = [(name, value) for name, value in headers if name.lower() not in HEADERS]
    own = HEADERS | {b"cache-control": KEPT} if path.startswith(STATIC) else HEADERS
    return [*kept, *own.items()]
