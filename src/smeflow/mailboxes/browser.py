"""Let a person consent in their browser; the answer comes back to a page of our own on this machine."""

import base64
import hashlib
import secrets
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer

from smeflow.errors import SourceError
from smeflow.i18n import say
from smeflow.mailboxes.oauth import GOOGLE_CONSENT, GOOGLE_TOKEN, Grant, by_code

WAIT_SECONDS = 300.0


@dataclass
class _Answer:
    fields: dict[str, str] = field(default_factory=dict)


def in_browser(
    client_id: str,
    client_secret: str,
    show: Callable[[str], None],
    *,
    consent: str = GOOGLE_CONSENT,
    token_url: str = GOOGLE_TOKEN,
    scope: str = "https://mail.google.com/",
) -> Grant:
    """Ask for consent as an installed program does (RFC 8252); *show* gets the page to open.

    Raises:
        SourceError: Nobody consented in time, or what came back is not the answer to this question.
    """
    verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
    answer = _Answer()
    server = HTTPServer(("127.0.0.1", 0), _page(answer))
    server.timeout = WAIT_SECONDS
    redirect = f"http://127.0.0.1:{server.server_port}"
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "client_id": client_id,
        "redirect_uri": redirect,
        "response_type": "code",
        "scope": scope,
        "access_type": "offline",
        "prompt": "consent",
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    try:
        show(f"{consent}?{urllib.parse.urlencode(asked)}")
        server.handle_request()
    finally:
        server.server_close()
    if answer.fields.get("state") != state or "code" not in answer.fields:
        reason = answer.fields.get("error", "-")[:100]
        raise SourceError(say("Nobody consented in the browser ({reason}). Run it again.", reason=reason))
    grant = Grant(token_url=token_url, client_id=client_id, client_secret=client_secret, scope=scope)
    return by_code(grant, answer.fields["code"], verifier, redirect)


def _page(answer: _Answer) -> type[BaseHTTPRequestHandler]:
    class Page(BaseHTTPRequestHandler):
        """Takes the one answer."""

        def do_GET(self) -> None:
            query = urllib.parse.urlsplit(self.path).query
            answer.fields.update(urllib.parse.parse_qsl(query))
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.end_headers()
            self.wfile.write(b"smeflow: OK.\n")

        def log_message(self, *_: object) -> None:
            """Say nothing: the address holds the code."""

    return Page
