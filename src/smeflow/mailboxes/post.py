"""Hand a mail to the server that sends it (SMTP), with TLS, and know afterwards whether it was taken.

SMTP has one moment nobody can see into: between the end of a mail and the server's word that it has it. A
program that dies there, or a line that breaks, leaves it open whether the mail was sent. That moment is told
(`Unsure`), and the mail is not handed over a second time.
"""

import base64
import contextlib
import os
import smtplib
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any

from smeflow.errors import SinkError, SourceError
from smeflow.i18n import Phrase, say
from smeflow.mailboxes.base import Account
from smeflow.mailboxes.connect import bearer
from smeflow.mailboxes.oauth import access_token, grant_of
from smeflow.mailboxes.secrets import no_password, password_of

SECONDS = 60.0
US = "[127.0.0.1]"
"""What we call ourselves: the name of the machine inside the firm is nobody's business."""


class Refused(Exception):
    """The server will not take this mail, now or later."""

    def __init__(self, phrase: Phrase) -> None:
        super().__init__(str(phrase))
        self.phrase = phrase


class NotNow(Exception):
    """The server did not take the mail and may do so later; it was surely not sent."""


class Unsure(Exception):
    """The mail was handed over and no answer came: it may have been sent or not."""


@dataclass
class Letterbox:
    """A server that takes mails, with somebody logged in."""

    client: smtplib.SMTP
    account: Account

    def send(self, recipient: str, mail: bytes, going: Callable[[], None]) -> None:
        """Hand one mail over. *going* is called when all is agreed and the mail itself comes next.

        Raises:
            Refused: The server says no for good.
            NotNow: It says no for now, or cannot be reached; nothing was sent.
            Unsure: The line broke behind the mail.
        """
        try:
            self._agree(recipient)
        except (OSError, smtplib.SMTPException) as error:
            raise NotNow(str(error)) from error
        going()
        try:
            code, told = self.client.data(mail)
        except smtplib.SMTPDataError as error:  # it did not even want to begin
            self._check(error.smtp_code, _bytes(error.smtp_error))
            return
        except (OSError, smtplib.SMTPException) as error:
            raise Unsure(str(error)) from error
        self._check(code, told)

    def _agree(self, recipient: str) -> None:
        if self.client.sock is None:
            raise smtplib.SMTPServerDisconnected("closed")
        self.client.rset()
        for code, told in (self.client.mail(self.account.address), self.client.rcpt(recipient)):
            self._check(code, told)

    def _check(self, code: int, told: bytes) -> None:
        if 200 <= code < 300:
            return
        text = " ".join(told.decode("utf-8", "replace").split())[:200]
        if code < 500:
            raise NotNow(f"{code} {text}")
        raise Refused(say("the server refuses it: {reason}", reason=f"{code} {text}"))


@contextlib.contextmanager
def letterbox(account: Account, environ: Mapping[str, str] | None = None) -> Iterator[Letterbox]:
    """Connect and log in for the length of a block.

    Raises:
        SinkError: The server cannot be reached or refuses the login.
    """
    environ = os.environ if environ is None else environ
    try:
        client = _connected(account)
    except (OSError, smtplib.SMTPException) as error:
        raise _away(account, error) from error
    try:
        _log_in(client, account, environ)
    except SourceError as error:
        client.close()
        raise SinkError(error.phrase) from error
    except smtplib.SMTPAuthenticationError:
        client.close()
        raise SinkError(_no_login(account)) from None
    except (OSError, smtplib.SMTPException) as error:
        client.close()
        raise _away(account, error) from error
    try:
        yield Letterbox(client, account)
    finally:
        with contextlib.suppress(OSError, smtplib.SMTPException):
            client.quit()
        client.close()


def _connected(account: Account) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if account.certificate is not None:
        context.load_verify_locations(cafile=str(account.certificate))
    if account.security == "tls":
        client: smtplib.SMTP = smtplib.SMTP_SSL(
            account.host, account.port, US, timeout=SECONDS, context=context
        )
    else:
        client = smtplib.SMTP(account.host, account.port, US, timeout=SECONDS)
        client.starttls(context=context)  # raises where the server cannot: nothing goes unencrypted
    client.ehlo()
    return client


def _log_in(client: smtplib.SMTP, account: Account, environ: Mapping[str, str]) -> None:
    grant = grant_of(account.address, environ)
    if grant is not None:
        told = bearer(account, access_token(account.address, grant), "XOAUTH2")
        client.auth("XOAUTH2", _answering(told), initial_response_ok=True)
        return
    password = password_of(account, environ)
    if password is None:
        raise no_password(account)
    if "PLAIN" not in client.esmtp_features.get("auth", "").upper().split():
        client.login(account.login, password)
        return
    said = base64.b64encode(f"\0{account.login}\0{password}".encode())  # smtplib itself knows ASCII alone
    code, why = client.docmd("AUTH", f"PLAIN {said.decode('ascii')}")
    if code != 235:
        raise smtplib.SMTPAuthenticationError(code, why)


def _answering(first: str) -> Any:
    """Give the token first; a server that refuses explains itself and wants an empty line."""
    turns = iter([first])

    def answer(_challenge: bytes | None = None) -> str:
        return next(turns, "")

    return answer


def _no_login(account: Account) -> Phrase:
    return say(
        "The mail server {host} refuses the login of {user}. Check the password; some providers want "
        "one made for programs (docs/mailboxes.md).",
        host=account.host,
        user=account.login,
    )


def _away(account: Account, error: Exception) -> SinkError:
    return SinkError(
        say(
            "The server {host}:{port} that should send mail does not answer as it should: {reason}. Nothing "
            "was sent; run again.",
            host=account.host,
            port=account.port,
            reason=" ".join(str(error).split())[:200] or type(error).__name__,
        )
    )


def _bytes(told: object) -> bytes:
    return told if isinstance(told, bytes) else str(told).encode()


def plain_address(text: str) -> str:
    """Give the bare address in *text*; empty where it is none that can be written to."""
    address = parseaddr(text)[1].strip()
    name, at, domain = address.rpartition("@")
    good = bool(name and at and domain) and address.isprintable() and not set(address) & set(' <>(),;:\\"[]')
    return address if good and len(address) <= 254 else ""
