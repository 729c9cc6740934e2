"""Log in without a password: what Microsoft and Google want since they refuse passwords (RFC 6749, 8628).

A grant is what a person's consent left behind. It is kept in the keyring; from it an access token is made
for each login. Nothing of it is ever written anywhere else.
"""

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from smeflow.errors import SourceError
from smeflow.i18n import say
from smeflow.mailboxes import secrets

VARIABLE = "SMEFLOW_MAILBOX_GRANT"
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
    own = secrets.variable_of(address).replace(secrets.VARIABLE, VARIABLE)
    text = environ.get(own) or environ.get(VARIABLE) or secrets.kept(f"grant {address}")
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


def keep_grant(address: str, grant: Grant) -> None:
    """Keep a grant in the keyring."""
    secrets.keep(f"grant {address}", json.dumps(asdict(grant)))


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
    told = post(grant.token_url, form)
    token = told.get("access_token")
    if not isinstance(token, str) or not token:
        raise _refused(address, told)
    fresh = told.get("refresh_token")
    if isinstance(fresh, str) and fresh and grant.refresh_token and fresh != grant.refresh_token:
        keep_grant(address, replace(grant, refresh_token=fresh))
    return token


def for_microsoft_app(tenant: str, client_id: str, secret: str, authority: str = MICROSOFT) -> Grant:
    """Make the grant of a program that logs in as itself: for shared mailboxes nobody logs in to."""
    return Grant(
        token_url=f"{authority}/{tenant}/oauth2/v2.0/token",
        client_id=client_id,
        client_secret=secret,
        scope="https://outlook.office365.com/.default",
    )


def by_device(
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
    asked = post(f"{base}/devicecode", {"client_id": client_id, "scope": scope})
    if "device_code" not in asked:
        raise _refused(client_id, asked)
    show(str(asked.get("verification_uri", "")), str(asked.get("user_code", "")))
    pause, left = float(asked.get("interval", 5)), float(asked.get("expires_in", 900))
    form = {"client_id": client_id, "grant_type": _DEVICE, "device_code": str(asked["device_code"])}
    while left > 0:
        sleep(pause)
        left -= pause
        told = post(f"{base}/token", form)
        if "refresh_token" in told:
            return Grant(
                token_url=f"{base}/token",
                client_id=client_id,
                scope=scope,
                refresh_token=str(told["refresh_token"]),
            )
        if told.get("error") == "slow_down":
            pause += 5
        elif told.get("error") != "authorization_pending":
            raise _refused(client_id, told)
    raise SourceError(say("Nobody entered the code in time. Run the command again."))


def by_code(grant: Grant, code: str, verifier: str, redirect: str) -> Grant:
    """Turn the code that a browser brought back into a grant (RFC 7636)."""
    form = {
        "client_id": grant.client_id,
        "client_secret": grant.client_secret,
        "grant_type": "authorization_code",
        "code": code,
        "code_verifier": verifier,
        "redirect_uri": redirect,
    }
    told = post(grant.token_url, form)
    if not told.get("refresh_token"):
        raise _refused(grant.client_id, told)
    return replace(grant, refresh_token=str(told["refresh_token"]))


def post(url: str, form: Mapping[str, str]) -> dict[str, Any]:
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
            return _object(answer.read(MAX_BYTES))
    except urllib.error.HTTPError as error:
        return _object(error.read(MAX_BYTES))
    except (OSError, ValueError) as error:
        phrase = say(
            "The login service {host} does not answer: {reason}.",
            host=parts.hostname,
            reason=str(error)[:200],
        )
        raise SourceError(phrase) from error


def _object(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"error": "no JSON"}


def _refused(who: str, told: Mapping[str, Any]) -> SourceError:
    what = str(told.get("error_description") or told.get("error") or "?").partition("\r\n")[0][:200]
    return SourceError(
        say(
            "The login of {who} was refused: {reason}. Run smeflow mailbox login again.", who=who, reason=what
        )
    )
