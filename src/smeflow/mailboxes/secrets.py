"""Where the password of a mailbox comes from: the environment, else the keyring of the system."""

import re
from collections.abc import Mapping

from smeflow._optional import need
from smeflow.errors import SourceError
from smeflow.i18n import say
from smeflow.mailboxes.base import Account

SERVICE = "smeflow mailbox"
VARIABLE = "SMEFLOW_MAILBOX_PASSWORD"


def variable_of(address: str) -> str:
    """Name the environment variable for one mailbox, for a machine that reads several."""
    return f"{VARIABLE}_{re.sub('[^A-Z0-9]+', '_', address.upper())}"


def password_of(account: Account, environ: Mapping[str, str]) -> str | None:
    """Find the password; None where there is none."""
    for name in (variable_of(account.address), VARIABLE):
        if environ.get(name):
            return environ[name]
    return kept(account.address)


def kept(name: str) -> str | None:
    """Read what was kept in the keyring under *name*; None where nothing was, or there is no keyring."""
    keyring = need("keyring", "mailbox")
    try:
        found = keyring.get_password(SERVICE, name)
    except keyring.errors.KeyringError:
        return None
    return str(found) if found else None


def keep(name: str, secret: str) -> None:
    """Keep *secret* in the keyring of the system.

    Raises:
        SourceError: This machine has none that can be used.
    """
    keyring = need("keyring", "mailbox")
    try:
        keyring.set_password(SERVICE, name, secret)
    except keyring.errors.KeyringError as error:
        phrase = say(
            "This machine has no keyring that can be used ({reason}). Put the password into the environment "
            "variable {variable} instead.",
            reason=str(error).partition("\n")[0],
            variable=variable_of(name),
        )
        raise SourceError(phrase) from None


def no_password(account: Account) -> SourceError:
    """Say how to give the password."""
    return SourceError(
        say(
            "There is no password for the mailbox {address}. Run smeflow mailbox login {address}, or set the "
            "environment variable {variable}.",
            address=account.address,
            variable=variable_of(account.address),
        )
    )
