"""How one writes to somebody: the language, ``tu`` or ``vous``, how a letter opens and closes."""

import re
from collections.abc import Mapping

from smeflow.documents.mail import harmless_line

_FAMILIAR = {
    "fr": re.compile(r"(?i)\b(?:salut|coucou|tu|t['’](?:as|es)|te|toi|ton|tes|bisous?|bises?)\b"),
    "de": re.compile(r"\b(?:[Dd]u|[Dd]ir|[Dd]ich|[Dd]eine?[rmns]?)\b"),
}
_FORMAL = {
    "fr": re.compile(r"(?i)\b(?:vous|votre|vos|madame|monsieur)\b"),
    "de": re.compile(r"\b(?:Sie|Ihnen|Ihre?[rmns]?|Herr|Frau|geehrte[r]?)\b"),
}
_GREETING = {
    "fr": ("Bonjour {name},", "Bonjour,", "Bonjour {name},"),
    "en": ("Dear {name},", "Hello,", "Hi {name},"),
    "de": ("Guten Tag {name},", "Guten Tag,", "Hallo {name},"),
}
_CLOSING = {
    "fr": ("Cordialement,", "Bien à toi,"),
    "en": ("Kind regards,", "Best,"),
    "de": ("Mit freundlichen Grüßen", "Viele Grüße"),
}


def is_familiar(text: str, language: str | None) -> bool:
    """Tell whether a mail says ``tu`` or ``du`` and nowhere ``vous`` or ``Sie``; never in doubt."""
    close, distant = _FAMILIAR.get(language or ""), _FORMAL.get(language or "")
    if close is None or distant is None:
        return False
    return bool(close.search(text)) and not distant.search(text)


def name_in(sender: str) -> str:
    """Give the name a sender goes by, on one harmless line; empty where it is an address or no name."""
    from email.utils import getaddresses

    name = next((name for name, _ in getaddresses([sender])), "")
    name = harmless_line(name)
    return name if re.fullmatch(r"[^\W\d_][^\d@<>{}\[\]:;/\\]{1,40}", name) else ""


def address_in(sender: str) -> str:
    """Give the address in a header, in small letters; empty where there is none or several."""
    from email.utils import getaddresses

    found = [address.lower() for _, address in getaddresses([sender]) if "@" in address]
    return found[0] if len(found) == 1 else ""


def courtesies(language: str | None, name: str, *, familiar: bool) -> Mapping[str, str]:
    """Give ``greeting`` and ``closing`` in a language; French and English for those who have none here."""
    named, alone, close = _GREETING.get(language or "", _GREETING["en"])
    greeting = (close if familiar else named).format(name=name) if name else alone
    closing = _CLOSING.get(language or "", _CLOSING["en"])[1 if familiar else 0]
    return {"greeting": greeting, "closing": closing}
