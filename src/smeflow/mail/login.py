"""Passwords and grants of a mailbox: where they come from, how a person consents, where they are kept.

A password comes from the environment, else from the keyring of the system. Microsoft and Google want a grant
(RFC 6749, 8628, 8252): what a person's consent left behind; from it an access token is made for each login.
Nothing of it is ever written anywhere but into the keyring.
"""

import base64
import hashlib
import json
import re
import secrets
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from smeflow._optional import import_extra
from smeflow.errors import SourceError
from smeflow.i18n import say
from smeflow.kinds.mailbox import Account

KEYRING_SERVICE = "smeflow mailbox"
PASSWORD_VARIABLE = "SMEFLOW_MAILBOX_PASSWORD"  # noqa: S105 - the name of a variable, not a secret


def variable_of(address: str) -> str:
    """Name the environment variable for one mailbox, for a machine that reads several."""
    return f"{PASSWORD_VARIABLE}_{re.sub('[^A-Z0-9]+', '_', address.upper())}"


def password_of(account: Account, environ: Mapping[str, str]) -> str | None:
    """Find the password; None where there is none."""
    for name in (variable_of(account.address), PASSWORD_VARIABLE):
        if environ.get(name):
            return environ[name]
    return read_secret(account.address)


def read_secret(name: str) -> str | None:
    """Read what was kept in the keyring under *name*; None where nothing was, or there is no keyring."""
    keyring = import_extra("keyring", "mailbox")
    try:
        secret = keyring.get_password(KEYRING_SERVICE, name)
    except keyring.errors.KeyringError:
        return None
    return str(secret) if secret else None


def store_secret(name: str, secret: str) -> None:
    """Keep *secret* in the keyring of the system.

    Raises:
        SourceError: This machine has none that can be used.
    """
    keyring = import_extra("keyring", "mailbox")
    try:
        keyring.set_password(KEYRING_SERVICE, name, secret)
    except keyring.errors.KeyringError as error:
        phrase = say(
            "This machine has no keyring that can be used ({reason}). Put the password into the environment "
            "variable {variable} instead.",
            reason=str(error).partition("\n")[0],
            variable=variable_of(name),
        )
        raise SourceError(phrase) from None


def missing_password(account: Account) -> SourceError:
    """Say how to give the password."""
    return SourceError(
        say(
            "There is no password for the mailbox {address}. Run smeflow mailbox login {address}, or set the "
            "environment variable {variable}.",
            address=account.address,
            variable=variable_of(account.address),
        )
    )


GRANT_VARIABLE = "SMEFLOW_MAILBOX_GRANT"
SECONDS = 30.0
MAX_BYTES = 1_000_000
MICROSOFT = "https://login.microsoftonline.com"
GOOGLE_CONSENT, GOOGLE_TOKEN = (
    "https://accounts.google.com/o/oauth2/v2/auth",
    "https://oauth2.googleapis.com/token",
)
_OUTLOOK = "https://outlook.office.com"
_DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What it takes to get an access token."""

    token_url: str
    client_id: str
    scope: str
    client_secret: str = ""
    refresh_token: str = ""
    """Empty for a program that logs in as itself (client credentials)."""

    def __repr__(self) -> str:
        return f"Grant({self.token_url})"


def grant_of(address: str, environ: Mapping[str, str]) -> Grant | None:
    """Find the grant for a mailbox: in the environment, else in the keyring."""
    variable = variable_of(address).replace(PASSWORD_VARIABLE, GRANT_VARIABLE)
    text = environ.get(variable) or environ.get(GRANT_VARIABLE) or read_secret(f"grant {address}")
    if not text:
        return None
    try:
        return Grant(**json.loads(text))
    except (ValueError, TypeError):
        raise SourceError(
            say(
                "The login kept for {address} cannot be read. Run smeflow mailbox login again.",
                address=address,
            )
        ) from None


def store_grant(address: str, grant: Grant) -> None:
    """Keep a grant in the keyring."""
    store_secret(f"grant {address}", json.dumps(asdict(grant)))


def access_token(address: str, grant: Grant) -> str:
    """Get a token for one login. A provider that hands out a new refresh token has it kept.

    Raises:
        SourceError: The provider refuses: the consent was taken back or has expired.
    """
    form = {"client_id": grant.client_id, "scope": grant.scope}
    if grant.client_secret:
        form["client_secret"] = grant.client_secret
    if grant.refresh_token:
        form |= {"grant_type": "refresh_token", "refresh_token": grant.refresh_token}
    else:
        form["grant_type"] = "client_credentials"
    reply = post_form(grant.token_url, form)
    token = reply.get("access_token")
    if not isinstance(token, str) or not token:
        raise _refused(address, reply)
    fresh = reply.get("refresh_token")
    if isinstance(fresh, str) and fresh and grant.refresh_token and fresh != grant.refresh_token:
        store_grant(address, replace(grant, refresh_token=fresh))
    return token


def microsoft_app_grant(tenant: str, client_id: str, secret: str, authority: str = MICROSOFT) -> Grant:
    """Make the grant of a program that logs in as itself: for shared mailboxes nobody logs in to."""
    return Grant(
        token_url=f"{authority}/{tenant}/oauth2/v2.0/token",
        client_id=client_id,
        client_secret=secret,
        scope="https://outlook.office365.com/.default",
    )


def consent_by_device(
    tenant: str,
    client_id: str,
    show: Callable[[str, str], None],
    authority: str = MICROSOFT,
    sleep: Callable[[float], None] = time.sleep,
) -> Grant:
    """Let a person consent on any device (RFC 8628); *show* tells them the page and the code.

    Raises:
        SourceError: They did not, or the provider refuses.
    """
    base = f"{authority}/{tenant}/oauth2/v2.0"
    scope = f"{_OUTLOOK}/IMAP.AccessAsUser.All {_OUTLOOK}/SMTP.Send offline_access"
    device = post_form(f"{base}/devicecode", {"client_id": client_id, "scope": scope})
    if "device_code" not in device:
        raise _refused(client_id, device)
    show(str(device.get("verification_uri", "")), str(device.get("user_code", "")))
    pause, left = float(device.get("interval", 5)), float(device.get("expires_in", 900))
    form = {"client_id": client_id, "grant_type": _DEVICE, "device_code": str(device["device_code"])}
    while left > 0:
        sleep(pause)
        left -= pause
        reply = post_form(f"{base}/token", form)
        if "refresh_token" in reply:
            return Grant(
                token_url=f"{base}/token",
                client_id=client_id,
                scope=scope,
                refresh_token=str(reply["refresh_token"]),
            )
        if reply.get("error") == "slow_down":
            pause += 5
        elif reply.get("error") != "authorization_pending":
            raise _refused(client_id, reply)
    raise SourceError(say("Nobody entered the code in time. Run the command again."))


def redeem_code(grant: Grant, code: str, verifier: str, redirect: str) -> Grant:
    """Turn the code that a browser brought back into a grant (RFC 7636)."""
    form = {
        "client_id": grant.client_id,
        "client_secret": grant.client_secret,
        "grant_type": "authorization_code",
        "code": code,
        "code_verifier": verifier,
        "redirect_uri": redirect,
    }
    reply = post_form(grant.token_url, form)
    if not reply.get("refresh_token"):
        raise _refused(grant.client_id, reply)
    return replace(grant, refresh_token=str(reply["refresh_token"]))


def post_form(url: str, form: Mapping[str, str]) -> dict[str, Any]:
    """Ask an authority; an error it explains comes back as what it said.

    Raises:
        SourceError: It cannot be reached, or is not protected by TLS.
    """
    parts = urllib.parse.urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "::1", "localhost"):
        raise SourceError(say("{url} is not protected (https); no secret is sent there.", url=url))
    request = urllib.request.Request(url, urllib.parse.urlencode(form).encode())  # noqa: S310 - checked above
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - checked above
            return _json_object(answer.read(MAX_BYTES))
    except urllib.error.HTTPError as error:
        return _json_object(error.read(MAX_BYTES))
    except (OSError, ValueError) as error:
        phrase = say(
            "The login service {host} does not answer: {reason}.",
            host=parts.hostname,
            reason=str(error)[:200],
        )
        raise SourceError(phrase) from error


def _json_object(data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except ValueError:
        value = None
    return value if isinstance(value, dict) else {"error": "no JSON"}


def _refused(who: str, reply: Mapping[str, Any]) -> SourceError:
    reason = str(reply.get("error_description") or reply.get("error") or "?").partition("\r\n")[0][:200]
    return SourceError(
        say(
            "The login of {who} was refused: {reason}. Run smeflow mailbox login again.",
            who=who,
            reason=reason,
        )
    )


WAIT_SECONDS = 300.0


@dataclass
class _ConsentAnswer:
    fields: dict[str, str] = field(default_factory=dict)


def consent_in_browser(
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
    answer = _ConsentAnswer()
    server = HTTPServer(("127.0.0.1", 0), _answer_page(answer))
    server.timeout = WAIT_SECONDS
    redirect = f"http://127.0.0.1:{server.server_port}"
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    query = {
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
        show(f"{consent}?{urllib.parse.urlencode(query)}")
        server.handle_request()
    finally:
        server.server_close()
    if answer.fields.get("state") != state or "code" not in answer.fields:
        reason = answer.fields.get("error", "-")[:100]
        raise SourceError(say("Nobody consented in the browser ({reason}). Run it again.", reason=reason))
    grant = Grant(token_url=token_url, client_id=client_id, client_secret=client_secret, scope=scope)
    return redeem_code(grant, answer.fields["code"], verifier, redirect)


def _answer_page(answer: _ConsentAnswer) -> type[BaseHTTPRequestHandler]:
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
