"""Open a mailbox: TLS, login, and one sentence for whatever goes wrong.

The server that sends is logged in to with the same credentials.
"""

import contextlib
import imaplib
import os
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo

from smeflow._optional import import_extra
from smeflow.errors import SourceError
from smeflow.i18n import Phrase, say
from smeflow.kinds.mailbox import Account
from smeflow.kinds.recipe_context import RecipeContext
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
    credentials = find_credentials(account, environ)
    with server_errors_as_source_error(account):
        client = MailClient(_connected(account))
        try:
            credentials.log_in(account, client.box)
            client.refresh_capabilities()
        except BaseException:
            client.box.client.shutdown()
            raise
        try:
            yield client
        finally:
            client.close()


def _connected(account: Account) -> Any:  # imap-tools has no types
    tools = import_extra("imap_tools", "mailbox")
    connect = tools.MailBox if account.security == "tls" else tools.MailBoxStartTls
    return connect(account.host, port=account.port, timeout=SECONDS, ssl_context=tls_context(account))


def tls_context(account: Account) -> ssl.SSLContext:
    """Trust what the system trusts, and the certificate of a server of the firm's own."""
    context = ssl.create_default_context()
    if account.certificate is not None:
        context.load_verify_locations(cafile=str(account.certificate))
    return context


def _certificate_exists(certificate: str | None, info: ValidationInfo) -> str | None:
    if certificate is not None and not RecipeContext.of(info.context).path(certificate).is_file():
        raise ValueError(say("{path} does not exist", path=certificate))
    return certificate


CertificatePath = Annotated[str | None, AfterValidator(_certificate_exists)]
"""A certificate file as a recipe names it, relative to the recipe."""


class MailboxServer(BaseModel):
    """Where a mailbox lies, as a recipe says it."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    host: str
    """The mail server: ``imap.gmail.com``, ``outlook.office365.com``, ``ssl0.ovh.net``."""
    port: int = Field(default=993, ge=1, le=65535)
    """Its port."""
    user: str = ""
    """What to log in as, where it is not the address: a shared mailbox."""
    security: Literal["tls", "starttls"] = "tls"
    """How the connection is encrypted; there is none without."""
    certificate: CertificatePath = None
    """The certificate of a server of the firm's own, a file relative to the recipe."""

    def account_of(self, address: str, recipe: RecipeContext) -> Account:
        """Put together where to log in for the mailbox of *address*."""
        return Account(
            address=address,
            host=self.host,
            port=self.port,
            user=self.user,
            security=self.security,
            certificate=recipe.path(self.certificate) if self.certificate else None,
        )


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """What logs in to a server of mail: the token of a grant, else a password."""

    token: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    def log_in(self, account: Account, box: Any) -> None:
        """Log in to a mailbox.

        Raises:
            SourceError: The server refuses.
        """
        tools = import_extra("imap_tools", "mailbox")
        try:
            if self.token:
                self._authenticate(account, box.client)
            else:
                plain = account.login.isascii() and self.password.isascii()
                log_in = box.login if plain else box.login_utf8
                log_in(account.login, self.password, initial_folder=None)
        except imaplib.IMAP4.abort:
            raise
        except (tools.MailboxLoginError, imaplib.IMAP4.error):
            raise SourceError(login_refused(account)) from None

    def _authenticate(self, account: Account, client: Any) -> None:
        known = client.capabilities
        modern = "AUTH=OAUTHBEARER" in known and "AUTH=XOAUTH2" not in known
        mechanism, farewell = ("OAUTHBEARER", "\1") if modern else ("XOAUTH2", "")
        answers = iter([token_message(account, self.token, mechanism)])
        # a server that refuses explains itself in between and wants an empty line before it says no
        client.authenticate(mechanism, lambda _: next(answers, farewell))


def find_credentials(account: Account, environ: Mapping[str, str] | None = None) -> Credentials:
    """Find out how to log in: with a grant where there is one, else with a password.

    Raises:
        SourceError: There is neither, or the provider takes the grant no more.
    """
    environ = os.environ if environ is None else environ
    grant = grant_of(account.address, environ)
    if grant is not None:
        return Credentials(token=access_token(account.address, grant))
    password = password_of(account, environ)
    if password is None:
        raise missing_password(account)
    return Credentials(password=password)


def token_message(account: Account, token: str, mechanism: str) -> str:
    """Write what a server wants to hear of a token (RFC 7628; XOAUTH2 is what it was called before)."""
    if mechanism == "OAUTHBEARER":
        where = f"host={account.host}\1port={account.port}"
        return f"n,a={account.login},\1{where}\1auth=Bearer {token}\1\1"
    return f"user={account.login}\1auth=Bearer {token}\1\1"


def login_refused(account: Account) -> Phrase:
    """Say that a server does not take the password or the token."""
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
            reason=short_reason(error),
        )
        raise SourceError(phrase) from error


def short_reason(error: BaseException) -> str:
    """Give an error's own words in one line, or its name where it has none."""
    return " ".join(str(error).split())[:200] or type(error).__name__
