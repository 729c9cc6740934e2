"""The wire of sending: write an answer as a mail, and hand it to the server that sends it (SMTP), with TLS.

Who may send what to whom is decided in `sending`. SMTP has one moment nobody can see into: between the end
of a mail and the server's word that it has it. A program that dies there, or a line that breaks, leaves it
open whether the mail was sent. That moment is told (`DeliveryUnknown`), and the mail is not handed over a
second time.
"""

import base64
import contextlib
import email
import email.policy
import re
import smtplib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage, Message
from email.utils import format_datetime, getaddresses, parseaddr

from smeflow._text import sha256
from smeflow.documents.mail import harmless_line, header
from smeflow.documents.newest_message import ids_in
from smeflow.errors import SinkError, SourceError
from smeflow.i18n import Phrase, say
from smeflow.kinds.mailbox import Account
from smeflow.mail.connect import (
    Credentials,
    find_credentials,
    login_refused,
    short_reason,
    tls_context,
    token_message,
)

SECONDS = 60.0
OUR_NAME = "[127.0.0.1]"
"""What we call ourselves: the name of the machine inside the firm is nobody's business."""
_POLICY = email.policy.SMTP.clone(max_line_length=78)


def message_id_for(recipe: str, key: str, address: str) -> str:
    """Make the one Message-ID an answer of this recipe to this item has, whenever it is made."""
    domain = address.rpartition("@")[2] or "localhost"
    return f"<smeflow.{sha256(f'{recipe}{chr(10)}{key}')[:32]}@{domain}>"


def compose_answer(
    original: bytes,
    content: str,
    address: str,
    message_id: str,
    at: datetime | None,
    *,
    to: str = "",
    automatic: bool = False,
    unsent: bool = False,
) -> bytes:
    """Write the answer to a mail; the first line of *content* is its subject, empty for ``Re: …``.

    *to* is whom it goes to; without it, a draft, it is who wrote. *automatic*: no person let it go, which
    the answer says (RFC 3834), so that no program answers it. *unsent*: what opens it as a file shows it as
    a draft. Without an *address* or a time the mail program gives them.
    """
    received = email.message_from_bytes(original, policy=email.policy.compat32)
    subject, _, text = content.partition("\n")
    mail = EmailMessage(policy=_POLICY)
    if unsent:
        mail["X-Unsent"] = "1"
    if address:
        mail["From"] = address
    recipient = _address("", to) if to else _recipient(received)
    if recipient is not None:
        mail["To"] = recipient
    mail["Subject"] = harmless_line(subject) or _reply_subject(header(received, "subject"))
    if at is not None:
        mail["Date"] = format_datetime(at)
    mail["Message-ID"] = message_id
    answered = ids_in(header(received, "message-id"))[:1]
    if answered:
        mail["In-Reply-To"] = answered[0]
        mail["References"] = " ".join([*ids_in(header(received, "references"))[-20:], *answered])
    mail["X-Smeflow"] = "sent" if to else "draft"
    if automatic:
        mail["Auto-Submitted"], mail["X-Auto-Response-Suppress"] = "auto-replied", "All"
    mail.set_content(text.strip("\n") + "\n")
    return mail.as_bytes()


def _recipient(received: Message) -> Address | None:
    """Answer to the sender; to a Reply-To only within the same domain: a stranger's may be a trick."""
    senders, reply_to = (_addresses(header(received, field)) for field in ("from", "reply-to"))
    if not senders:
        return None
    domain = senders[0].domain.lower()
    return next((other for other in reply_to if other.domain.lower() == domain), senders[0])


def _addresses(written: str) -> list[Address]:
    addresses = (_address(name, spec) for name, spec in getaddresses([written]))
    return [address for address in addresses if address is not None]


def _address(name: str, spec: str) -> Address | None:
    try:
        return (
            Address(display_name=harmless_line(name), addr_spec=harmless_line(spec)) if "@" in spec else None
        )
    except (ValueError, IndexError, email.errors.MessageError):
        return None


def _reply_subject(subject: str) -> str:
    return subject if re.match(r"(?i)\s*(re|aw|tr|fwd?)\s*:", subject) else f"Re: {subject}".strip()


class MailRefused(Exception):
    """The server will not take this mail, now or later."""

    def __init__(self, phrase: Phrase) -> None:
        super().__init__(str(phrase))
        self.phrase = phrase


class MailDeferred(Exception):
    """The server did not take the mail and may do so later; it was surely not sent."""


class DeliveryUnknown(Exception):
    """The mail was handed over and no answer came: it may have been sent or not."""


@dataclass
class SmtpClient:
    """A server that takes mails, with somebody logged in."""

    client: smtplib.SMTP
    account: Account

    def send(self, recipient: str, mail: bytes, going: Callable[[], None]) -> None:
        """Hand one mail over. *going* is called when all is agreed and the mail itself comes next.

        Raises:
            MailRefused: The server says no for good.
            MailDeferred: It says no for now, or cannot be reached; nothing was sent.
            DeliveryUnknown: The line broke behind the mail.
        """
        try:
            self._negotiate(recipient)
        except (OSError, smtplib.SMTPException) as error:
            raise MailDeferred(str(error)) from error
        going()
        try:
            code, reply = self.client.data(mail)
        except smtplib.SMTPDataError as error:  # it did not even want to begin
            code, reply = error.smtp_code, _as_bytes(error.smtp_error)
        except (OSError, smtplib.SMTPException) as error:
            raise DeliveryUnknown(str(error)) from error
        self._check(code, reply)

    def _negotiate(self, recipient: str) -> None:
        if self.client.sock is None:
            raise smtplib.SMTPServerDisconnected("closed")
        self.client.rset()
        for code, reply in (self.client.mail(self.account.address), self.client.rcpt(recipient)):
            self._check(code, reply)

    def _check(self, code: int, reply: bytes) -> None:
        if 200 <= code < 300:
            return
        text = " ".join(reply.decode("utf-8", "replace").split())[:200]
        if code < 500:
            raise MailDeferred(f"{code} {text}")
        raise MailRefused(say("the server refuses it: {reason}", reason=f"{code} {text}"))


@contextlib.contextmanager
def open_smtp(account: Account, environ: Mapping[str, str] | None = None) -> Iterator[SmtpClient]:
    """Connect and log in for the length of a block.

    Raises:
        SinkError: The server cannot be reached or refuses the login.
    """
    with contextlib.ExitStack() as stack:
        try:
            client = stack.enter_context(contextlib.closing(_connected(account)))
            _log_in(client, account, find_credentials(account, environ))
        except SourceError as error:
            raise SinkError(error.phrase) from error
        except smtplib.SMTPAuthenticationError:
            raise SinkError(login_refused(account)) from None
        except (OSError, smtplib.SMTPException) as error:
            raise _unreachable(account, error) from error
        try:
            yield SmtpClient(client, account)
        finally:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                client.quit()


def _connected(account: Account) -> smtplib.SMTP:
    context = tls_context(account)
    if account.security == "tls":
        client: smtplib.SMTP = smtplib.SMTP_SSL(
            account.host, account.port, OUR_NAME, timeout=SECONDS, context=context
        )
    else:
        client = smtplib.SMTP(account.host, account.port, OUR_NAME, timeout=SECONDS)
        client.starttls(context=context)  # raises where the server cannot: nothing goes unencrypted
    client.ehlo()
    return client


def _log_in(client: smtplib.SMTP, account: Account, credentials: Credentials) -> None:
    if credentials.token:
        # a server that refuses explains itself and wants an empty line
        answers = iter([token_message(account, credentials.token, "XOAUTH2")])
        client.auth("XOAUTH2", lambda _challenge=None: next(answers, ""), initial_response_ok=True)
        return
    if "PLAIN" not in client.esmtp_features.get("auth", "").upper().split():
        client.login(account.login, credentials.password)
        return
    plain = base64.b64encode(f"\0{account.login}\0{credentials.password}".encode())
    code, reply = client.docmd(
        "AUTH", f"PLAIN {plain.decode('ascii')}"
    )  # smtplib's own login knows ASCII alone
    if code != 235:
        raise smtplib.SMTPAuthenticationError(code, reply)


def _unreachable(account: Account, error: Exception) -> SinkError:
    return SinkError(
        say(
            "The server {host}:{port} that should send mail does not answer as it should: {reason}. Nothing "
            "was sent; run again.",
            host=account.host,
            port=account.port,
            reason=short_reason(error),
        )
    )


def _as_bytes(reply: bytes | str) -> bytes:
    return reply if isinstance(reply, bytes) else reply.encode()


def plain_address(text: str) -> str:
    """Give the bare address in *text*; empty where it is none that can be written to."""
    address = parseaddr(text)[1].strip()
    name, at, domain = address.rpartition("@")
    valid = bool(name and at and domain) and address.isprintable() and not set(address) & set(' <>(),;:\\"[]')
    return address if valid and len(address) <= 254 else ""
