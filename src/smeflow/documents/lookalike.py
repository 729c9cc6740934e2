"""Tell whether one domain is made to be taken for another."""

import re
import unicodedata
from collections.abc import Iterable

_TWINS = str.maketrans(
    {"0": "o", "1": "l", "i": "l", "5": "s", "3": "e", "8": "b", "|": "l", "ı": "l",
     "\u0430": "a", "\u0435": "e", "\u043e": "o", "\u0440": "p", "\u0441": "c", "\u0445": "x",  # Cyrillic
     "\u0443": "y", "\u0456": "l", "\u0455": "s", "\u0501": "d", "\u0578": "n",
     "\u03bf": "o", "\u03b1": "a", "\u03bd": "v"}  # Greek
)  # fmt: skip
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("nn", "m"))
_PUBLIC_NAMES = (
    "gmail.com googlemail.com outlook.com outlook.fr hotmail.com hotmail.fr live.com live.fr msn.com "
    "yahoo.com yahoo.fr ymail.com icloud.com me.com gmx.de gmx.net web.de t-online.de orange.fr wanadoo.fr "
    "free.fr sfr.fr laposte.net bbox.fr protonmail.com proton.me aol.com mail.com"
)
_PUBLIC = frozenset(_PUBLIC_NAMES.split(" "))
_SECOND = frozenset({"co", "com", "org", "net", "gov", "ac", "gouv", "asso"})
"""Parts that belong to the ending: ``co.uk``, ``gouv.fr``."""


def domain_of(address: str) -> str:
    """Give the domain of an address, in small letters; one written in punycode as its letters."""
    domain = address.rpartition("@")[2].strip().strip(".").lower()
    parts = []
    for part in domain.split("."):
        try:
            parts.append(part.encode("ascii").decode("idna") if part.startswith("xn--") else part)
        except UnicodeError:
            parts.append(part)
    return ".".join(parts)


def registered(domain: str) -> str:
    """Give the part of a domain somebody bought: ``mail.atelier.co.uk`` is ``atelier.co.uk``."""
    parts = domain.split(".")
    keep = 3 if len(parts) > 2 and parts[-2] in _SECOND and len(parts[-1]) == 2 else 2
    return ".".join(parts[-keep:])


def is_public(domain: str) -> bool:
    """Tell whether anybody can have an address there."""
    return registered(domain) in _PUBLIC


def looks_like(domain: str, known: Iterable[str]) -> str | None:
    """Give the known domain that *domain* could be taken for; None where it is one of them, or like none.

    Letters that look alike, one letter more, less or other, another ending, and a known name with something
    glued to it all count. Short names are compared by looks alone.
    """
    mine = registered(domain)
    others = {registered(each) for each in known} - {""}
    if mine in others or not mine:
        return None
    return next((other for other in sorted(others) if _alike(mine, other)), None)


def poses_as(address: str, known: Iterable[str]) -> str | None:
    """Give the known domain whose name an address at a public provider carries: ``bank-service@aol.com``."""
    local, _, domain = address.lower().rpartition("@")
    if not is_public(domain):
        return None
    bare = _skeleton(re.sub(r"[^\w]", "", local))
    names = {each: registered(each).partition(".")[0] for each in known}
    return next(
        (each for each, name in sorted(names.items()) if len(name) >= 6 and _skeleton(name) in bare), None
    )


def _alike(one: str, other: str) -> bool:
    first, second = one.partition(".")[0], other.partition(".")[0]
    if _skeleton(first) == _skeleton(second):
        return True  # the same letters to the eye, or the same name under another ending
    if len(second) < 6:
        return False
    glued = first.replace("-", "")
    if second.replace("-", "") in glued and len(glued) - len(second) <= 12:
        return True
    return _near(_skeleton(first), _skeleton(second))


def _skeleton(name: str) -> str:
    bare = unicodedata.normalize("NFKD", name.casefold())
    bare = "".join(c for c in bare if not unicodedata.combining(c)).translate(_TWINS).replace("-", "")
    for pair, letter in _PAIRS:
        bare = bare.replace(pair, letter)
    return bare


def _near(one: str, other: str) -> bool:
    """Tell whether one letter was added, left out, changed, or two neighbours were swapped."""
    if abs(len(one) - len(other)) > 1:
        return False
    pairs = enumerate(zip(one, other, strict=False))
    start = next((i for i, (a, b) in pairs if a != b), min(len(one), len(other)))
    a, b = one[start:], other[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[:2][::-1] and a[2:] == b[2:])
