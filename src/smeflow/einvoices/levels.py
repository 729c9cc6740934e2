"""Which rules an e-invoice must keep: by its syntax, and by the profile it claims (BT-24)."""

from dataclasses import dataclass

from smeflow.einvoices.base import RuleFinding, Severity
from smeflow.i18n import Phrase, say

_EN, _FX, _ZF2 = "urn:cen.eu:en16931:2017", "urn:factur-x.eu:1p0", "urn:zugferd.de:2p0"
_CTC = "urn.cpro.gouv.fr:1p0:extended-ctc-fr"
PROFILES: dict[str, str] = {
    f"{_FX}:minimum": "minimum",
    f"{_FX}:basicwl": "basicwl",
    f"{_EN}#compliant#{_FX}:basic": "basic",
    _EN: "en16931",
    f"{_EN}#conformant#{_FX}:extended": "extended",
    f"{_EN}#conformant#{_CTC}": "extended-ctc-fr",
    # as ZUGFeRD 2.0 and first drafts of Factur-X wrote them
    f"{_ZF2}:minimum": "minimum",
    f"{_ZF2}:basicwl": "basicwl",
    f"{_EN}#compliant#{_ZF2}:basic": "basic",
    f"{_EN}:compliant:factur-x.eu:1p0:basic": "basic",
    f"{_EN}#conformant#{_ZF2}:extended": "extended",
    f"{_EN}:conformant:factur-x.eu:1p0:extended": "extended",
}
"""The identifiers with rules of their own, and the level of each."""
NAMES: dict[str, str] = {
    "minimum": "MINIMUM",
    "basicwl": "BASIC WL",
    "basic": "BASIC",
    "en16931": "EN 16931",
    "extended": "EXTENDED",
    "extended-ctc-fr": "EXTENDED-CTC-FR",
}
URNS: dict[str, str] = {level: urn for urn, level in reversed(PROFILES.items())}
"""How each level is written today."""
_CLOSED = ("factur-x.eu", "zugferd.de", "cpro.gouv.fr")
"""Whose lists of profiles are closed."""
_KNOWN_USES = ("peppol.eu", "xrechnung", "nen.nl", "xeinkauf.de", "xoev-de")
"""Whose own rules go further than EN 16931 and are not bundled."""


@dataclass(frozen=True, slots=True)
class Level:
    """What a file is measured by."""

    name: str
    """A key of `NAMES`; empty where there is none."""
    full_schema: bool = False
    """Measure by the whole syntax, not by what one profile allows of it."""
    finding: RuleFinding | None = None


def level_of(profile: str, syntax: str) -> Level:
    """Choose the rules for what a file says of itself."""
    if syntax not in ("CII", "UBL"):
        return Level("")
    known = PROFILES.get(profile.strip())
    if known is not None and (syntax == "CII" or known in ("en16931", "extended-ctc-fr")):
        return Level(known)
    if not profile.strip():
        return Level("en16931", full_schema=True)  # the rules themselves say that it is missing (BR-01)
    if any(owner in profile for owner in _CLOSED) or not profile.startswith(_EN):
        text = say(
            "{profile} is no profile of an e-invoice: the rules of EN 16931 were used.", profile=profile
        )
        return Level("en16931", full_schema=True, finding=_finding("error", text, profile))
    if any(owner in profile.lower() for owner in _KNOWN_USES):
        text = say("The rules that {profile} adds to EN 16931 are not bundled: they did not run.",
                   profile=profile)  # fmt: skip
    else:
        text = say("{profile} is not known: only the rules of EN 16931 were used.", profile=profile)
    return Level("en16931", full_schema=True, finding=_finding("warning", text, profile))


def _finding(severity: Severity, text: Phrase, profile: str) -> RuleFinding:
    return RuleFinding(
        check="profile",
        rule="BT-24",
        severity=severity,
        text=text,
        value=profile,
    )
