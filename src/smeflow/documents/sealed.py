"""Tell whether a mail is signed or encrypted. Nothing is checked and nothing decrypted."""

from collections.abc import Iterator
from email.message import Message

from smeflow.i18n import Phrase, say

SIGNATURES = frozenset(
    {"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"}
)
"""Parts that only seal other parts: no document is in them."""
_ENVELOPES = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_ARMOURED = "-----BEGIN PGP MESSAGE-----"
_CLEAR = "-----BEGIN PGP SIGNED MESSAGE-----"


def seals(message: Message, text: str) -> Iterator[Phrase]:
    """Say what a person should know of how a mail is sealed; *text* is what was read of it."""
    kinds = {(_kind(part), _parameter(part, "smime-type")) for part in message.walk()}
    types = {kind for kind, _ in kinds}
    enveloped = {smime for kind, smime in kinds if kind in _ENVELOPES}
    if "multipart/encrypted" in types or _ARMOURED in text or enveloped & {"enveloped-data", ""}:
        yield say("The mail is encrypted: what it says cannot be read here. Open it in your mail program.")
    elif "signed-data" in enveloped:
        yield say("The mail is signed and its text is inside the signature; open it in your mail program.")
    elif "multipart/signed" in types or _CLEAR in text:
        yield say("The mail is signed; the signature was not checked.")


def _kind(part: Message) -> str:
    try:
        return part.get_content_type()
    except (ValueError, IndexError, TypeError):
        return ""


def _parameter(part: Message, name: str) -> str:
    try:
        return str(part.get_param(name) or "").lower()
    except (ValueError, IndexError, TypeError):
        return ""
