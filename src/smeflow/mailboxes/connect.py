"""Open a mailbox: TLS, login, and one sentence for whatever goes wrong."""

import contextlib
import imaplib
import os
import ssl
from collections.abc import Iterator, Mapping
from typing import Any

from smeflow._optional import need
from smeflow.errors import SourceError
from smeflow.i18n import Phrase, say
from smeflow.mailboxes.base import Account
from smeflow.mailboxes.secrets import no_password, password_of
from smeflow.mailboxes.session import ServerError, Session

SECONDS = 30.0
"""How long a server may be silent after a question."""


@contextlib.contextmanager
def opened(account: Account, environ: Mapping[str, str] | None = None) -> Iterator[Session]:
    """Open the mailbox for the length of a block.

    Raises:
        SourceError: It cannot be reached, refuses the login, or breaks off; the sentence says where.
    """
    session = open_session(account, environ)
    with told(account):
        try:
            yield session
        finally:
            session.close()


def open_session(account: Account, environ: Mapping[str, str] | None = None) -> Session:
    """Connect and log in; whoever asks closes it."""
    password = password_of(account, os.environ if environ is None else environ)
    if password is None:
        raise no_password(account)
    with told(account):
        box = _box(account)
    try:
        with told(account):
            _log_in(account, box, password)
            session = Session(box)
            session.refresh_capabilities()
    except BaseException:
        box.client.shutdown()
        raise
    return session


def _box(account: Account) -> Any:  # imap-tools has no types
    tools = need("imap_tools", "mailbox")
    context = ssl.create_default_context()
    if account.certificate is not None:
        context.load_verify_locations(cafile=str(account.certificate))
    make = tools.MailBox if account.security == "tls" else tools.MailBoxStartTls
    return make(account.host, port=account.port, timeout=SECONDS, ssl_context=context)


def _log_in(account: Account, box: Any, password: str) -> None:
    tools = need("imap_tools", "mailbox")
    plain = account.login.isascii() and password.isascii()
    try:
        log_in = box.login if plain else box.login_utf8
        log_in(account.login, password, initial_folder=None)
    except (tools.MailboxLoginError, imaplib.IMAP4.error) as error:
        if isinstance(error, imaplib.IMAP4.abort):
            raise
        raise SourceError(_refused(account)) from None


def _refused(account: Account) -> Phrase:
    return say(
        "The mail server {host} refuses the login of {user}. Check the password; some providers want "
        "one made for programs (docs/mailboxes.md).",
        host=account.host,
        user=account.login,
    )


@contextlib.contextmanager
def told(account: Account) -> Iterator[None]:
    """Turn what a connection raises into one sentence."""
    tools = need("imap_tools", "mailbox")
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        phrase = say(
            "The certificate of the mail server {host} cannot be trusted: {reason}. Nothing was sent. For a "
            "server of your own, name its certificate: certificate: server.pem.",
            host=account.host,
            reason=error.verify_message,
        )
        raise SourceError(phrase) from error
    except (OSError, EOFError, imaplib.IMAP4.error, tools.ImapToolsError, ServerError) as error:
        phrase = say(
            "The mail server {host}:{port} does not answer as it should: {reason}. "
            "Nothing is lost; run again.",
            host=account.host,
            port=account.port,
            reason=_short(error),
        )
        raise SourceError(phrase) from error


def _short(error: BaseException) -> str:
    text = " ".join(str(error).split())[:200]
    return text or type(error).__name__
