"""Open a mailbox: TLS, login, and one sentence for whatever goes wrong."""

import contextlib
import imaplib
import os
import ssl
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from smeflow._optional import import_extra
from smeflow.errors import SourceError
from smeflow.i18n import Phrase, say
from smeflow.kinds.mailbox import Account
from smeflow.mail.client import MailClient, MailServerError
from smeflow.mail.login import access_token, grant_of, missing_password, password_of

SECONDS = 30.0
"""How long a server may be silent after a question."""


@contextlib.contextmanager
def open_mailbox(account: Account, environ: Mapping[str, str] | None = None) -> Iterator[MailClient]:
    """Open the mailbox for the length of a block.

    Raises:
        SourceError: It cannot be reached, refuses the login, or breaks off; the sentence says where.
    """
    session = open_client(account, environ)
    with server_errors_as_source_error(account):
        try:
            yield session
        finally:
            session.close()


def open_client(account: Account, environ: Mapping[str, str] | None = None) -> MailClient:
    """Connect and log in; whoever asks closes it."""
    log_in = login_method(account, os.environ if environ is None else environ)
    with server_errors_as_source_error(account):
        box = _mailbox(account)
    try:
        with server_errors_as_source_error(account):
            log_in(box)
            session = MailClient(box)
            session.refresh_capabilities()
    except BaseException:
        box.client.shutdown()
        raise
    return session


def login_method(account: Account, environ: Mapping[str, str]) -> Callable[[Any], None]:
    """Find out how to log in: with a grant where there is one, else with a password.

    Raises:
        SourceError: There is neither, or the provider takes the grant no more.
    """
    grant = grant_of(account.address, environ)
    if grant is not None:
        token = access_token(account.address, grant)
        return lambda box: _log_in_by_token(account, box, token)
    password = password_of(account, environ)
    if password is None:
        raise missing_password(account)
    return lambda box: _log_in_by_password(account, box, password)


def bearer(account: Account, token: str, mechanism: str) -> str:
    """Write what a server wants to hear of a token (RFC 7628; XOAUTH2 is what it was called before)."""
    if mechanism == "OAUTHBEARER":
        where = f"host={account.host}\1port={account.port}"
        return f"n,a={account.login},\1{where}\1auth=Bearer {token}\1\1"
    return f"user={account.login}\1auth=Bearer {token}\1\1"


def _log_in_by_token(account: Account, box: Any, token: str) -> None:
    known = box.client.capabilities
    mechanism = "OAUTHBEARER" if "AUTH=OAUTHBEARER" in known and "AUTH=XOAUTH2" not in known else "XOAUTH2"
    turns = iter([bearer(account, token, mechanism)])
    try:
        # a server that refuses explains itself in between and wants an empty line before it says no
        box.client.authenticate(mechanism, lambda _: next(turns, "\1" if mechanism == "OAUTHBEARER" else ""))
    except imaplib.IMAP4.error as error:
        if isinstance(error, imaplib.IMAP4.abort):
            raise
        raise SourceError(_refused(account)) from None


def _mailbox(account: Account) -> Any:  # imap-tools has no types
    tools = import_extra("imap_tools", "mailbox")
    context = ssl.create_default_context()
    if account.certificate is not None:
        context.load_verify_locations(cafile=str(account.certificate))
    make = tools.MailBox if account.security == "tls" else tools.MailBoxStartTls
    return make(account.host, port=account.port, timeout=SECONDS, ssl_context=context)


def _log_in_by_password(account: Account, box: Any, password: str) -> None:
    tools = import_extra("imap_tools", "mailbox")
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
def server_errors_as_source_error(account: Account) -> Iterator[None]:
    """Turn what a connection raises into one sentence."""
    tools = import_extra("imap_tools", "mailbox")
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
    except (OSError, EOFError, imaplib.IMAP4.error, tools.ImapToolsError, MailServerError) as error:
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
