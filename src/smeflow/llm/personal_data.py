"""Personal data that has a form of its own: how it is found, and the placeholders that stand for it."""

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from smeflow._iban import check_digits_ok


@dataclass(frozen=True, slots=True)
class PersonalDataKind:
    """One kind of personal data: its pattern, and the check that tells real ones."""

    name: str
    pattern: re.Pattern[str]
    real: Callable[[str], bool] = bool


def _iban(text: str) -> bool:
    bare = re.sub(r"\s", "", text).upper()
    return 15 <= len(bare) <= 34 and check_digits_ok(bare)


def _luhn(text: str) -> bool:
    digits = [int(c) for c in text if c.isdigit()]
    doubled = [d * 2 - 9 * (d > 4) for d in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0 and len(set(digits)) > 1


def _insee(text: str) -> bool:
    """Check the key of a French social security number (with Corsica's letters)."""
    bare = re.sub(r"\s", "", text).upper().replace("2A", "19").replace("2B", "18")
    return 97 - int(bare[:13]) % 97 == int(bare[13:])


PERSONAL_DATA_KINDS: tuple[PersonalDataKind, ...] = (
    PersonalDataKind("EMAIL", re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")),
    PersonalDataKind(
        "IBAN", re.compile(r"\b[A-Z]{2}\d{2}(?:[  ]?[A-Z0-9]{4}){2,7}(?:[  ]?[A-Z0-9]{1,3})?\b"), _iban
    ),
    PersonalDataKind(
        "INSEE",
        re.compile(r"\b[12][  ]?\d{2}[  ]?\d{2}[  ]?\d[\dABab][  ]?\d{3}[  ]?\d{3}[  ]?\d{2}\b"),
        _insee,
    ),
    PersonalDataKind("CARD", re.compile(r"\b[3-6]\d{3}(?:[ -]?\d{4}){2}[ -]?\d{3,4}\b"), _luhn),
    PersonalDataKind("SIRET", re.compile(r"\b\d{3}[  ]?\d{3}[  ]?\d{3}[  ]?\d{5}\b"), _luhn),
    PersonalDataKind(
        "PHONE", re.compile(r"(?<![\w+])(?:(?:\+|00)33[  ]?(?:\(0\))?|0)[1-9](?:[  .-]?\d{2}){4}(?!\d)")
    ),
    PersonalDataKind("PHONE", re.compile(r"(?<![\w+])\+\d{1,3}(?:[  ./-]?\(?\d{1,5}\)?){2,6}(?!\d)")),
    PersonalDataKind(
        "PHONE",
        re.compile(
            r"(?<=\b(?:Tel|Fax)[.:] )[\d(][\d  ()./-]{5,18}\d|(?<=\b(?:Tel|Fax)\.: )[\d(][\d  ()./-]{5,18}\d"
        ),
    ),
)
"""In this order: what one finds is replaced before the next is looked for."""


_PRIVATE = PersonalDataKind("PRIVATE", re.compile(r"(?!)"))
"""What a recipe names: no pattern finds it."""


class Placeholders:
    """The placeholders of one item. A value has one placeholder here, and another in any other item."""

    def __init__(self, salt: str) -> None:
        self._salt = salt.encode()
        self._values: dict[str, str] = {}

    def hide(self, text: str, kinds: tuple[PersonalDataKind, ...] = PERSONAL_DATA_KINDS) -> str:
        """Replace what *kinds* find by placeholders."""
        for kind in kinds:
            text = kind.pattern.sub(lambda m, kind=kind: self._name(kind, m[0]), text)  # type: ignore[misc]  # bound now
        return text

    def hide_values(self, text: str, values: Iterable[str]) -> str:
        """Replace each of *values* wherever it stands as a whole, in whatever case and spacing."""
        for value in sorted({value.strip() for value in values} - {""}, key=len, reverse=True):
            words = r"\s+".join(map(re.escape, value.split()))
            text = re.sub(
                rf"(?<!\w){words}(?!\w)", lambda m: self._name(_PRIVATE, m[0]), text, flags=re.IGNORECASE
            )
        return text

    @property
    def values(self) -> tuple[str, ...]:
        """What was hidden so far."""
        return tuple(self._values.values())

    def show(self, text: str) -> str:
        """Put the values back."""
        return _PLACEHOLDER.sub(lambda m: self._values.get(m[0].upper(), m[0]), text)

    def _name(self, kind: PersonalDataKind, value: str) -> str:
        if not kind.real(value):
            return value
        digest = hashlib.blake2b(value.encode(), key=self._salt[:64], digest_size=5).hexdigest().upper()
        name = f"{kind.name}_{_letters(digest)}"
        self._values[name] = value
        return name


def _letters(digest: str) -> str:
    """Write a digest without digits, so that no later pattern takes it for a number."""
    return digest.translate(_LETTERS)


_LETTERS = str.maketrans("0123456789", "GHJKLMNPQR")
# Its length is fixed and only known ones are put back, so it may touch the letters beside it.
_PLACEHOLDER = re.compile(
    rf"(?:{'|'.join(sorted({k.name for k in (*PERSONAL_DATA_KINDS, _PRIVATE)}))})_[A-HJ-NP-R]{{10}}",
    re.IGNORECASE,
)
