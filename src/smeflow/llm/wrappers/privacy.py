"""What may leave the machine: requests to allowed regions only, personal data only as placeholders."""

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from smeflow._iban import check_digits_ok
from smeflow.errors import LLMRejected
from smeflow.i18n import Phrase, say
from smeflow.llm.interface import LLM, Message, ModelEndpoint, Reply, Request
from smeflow.llm.providers import Residency, allowed_in

_LINE = re.compile(r":\d+$")


def residency_refusal(place: ModelEndpoint, residency: Residency, source: str = "") -> LLMRejected | None:
    """Say why *place* may not be asked; None where it may. What is unknown counts as outside.

    *source* names the line that sets the residency, e.g. ``recipe.yaml:4``, or the file to write one in.
    """
    if allowed_in(place, residency):
        return None
    data = {
        "model": place.model,
        "provider": place.provider,
        "residency": residency,
        "source": source or "residency:",
    }
    if source and _LINE.search(source) is None:
        phrase = say(
            "{model} at {provider} is not asked: data may not go there (residency: {residency}, since "
            "nothing else is written). Choose a model that runs within it, or add the line residency: any "
            "to {source}.",
            **data,
        )
        return LLMRejected(phrase, reason="residency")
    if place.region == "unknown":
        phrase = say(
            "{model} at {provider} is not asked: nobody knows where it runs, and {source} says "
            "residency: {residency}. Choose a model that runs there, or change that line to residency: any.",
            **data,
        )
    else:
        phrase = say(
            "{model} at {provider} is not asked: it runs outside of what {source} allows "
            "(residency: {residency}). Choose a model that runs there, or change that line.",
            **data,
        )
    return LLMRejected(phrase, reason="residency")


@dataclass(frozen=True, kw_only=True)
class Resident:
    """An LLM that sends nothing to a place where the data may not go."""

    inner: LLM
    refused: LLMRejected | None
    """What `residency_refusal` says of the place; worked out once, since a place does not move."""

    def complete(self, request: Request, /) -> Reply:
        """Answer *request* if its place is allowed."""
        if self.refused is not None:
            raise LLMRejected(self.refused.phrase, reason=self.refused.reason)
        return self.inner.complete(request)


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


@dataclass(frozen=True, kw_only=True)
class Redacted:
    """An LLM that never sees what the patterns find. Treat what it sees as less personal, not as anonymous.

    Masked is what has one of these forms and, where it has check digits, right ones: mail addresses
    (``EMAIL``), bank accounts (``IBAN``), French social security numbers (``INSEE``), payment cards
    (``CARD``), SIRET numbers (``SIRET``), and telephone numbers that are French, begin with ``+``, or stand
    behind ``Tel`` or ``Fax`` (``PHONE``).

    Not masked: names of people and firms, streets and towns, dates of birth, SIREN and VAT numbers, numbers
    of customers, contracts, passports and number plates, national numbers of other countries, accounts that
    are no IBAN, health and whatever else is said in words, and all of these where letters were read wrongly.
    Pictures cannot be masked: none is shown, and the reply's notes say so.
    """

    inner: LLM
    salt: str
    """The item's own, so that the same text gives the same request again after a crash."""

    def complete(self, request: Request, /) -> Reply:
        """Answer *request* without its personal data, and put the data back."""
        vault = Placeholders(hashlib.sha256(self.salt.encode()).hexdigest())
        hidden = tuple(Message(m.role, vault.hide(m.content)) for m in request.messages)
        reply = self.inner.complete(replace(request, messages=hidden))
        return replace(reply, text=vault.show(reply.text), notes=(*reply.notes, *_left_out(request)))


@dataclass(frozen=True, kw_only=True)
class Withheld:
    """An LLM that never sees the values of an item's private fields, wherever in its documents they stand.

    A part of a value (the family name alone) is another text and passes. Pictures are not shown.
    """

    inner: LLM
    values: tuple[str, ...]
    salt: str
    """The item's own, as in `Redacted`."""

    def complete(self, request: Request, /) -> Reply:
        """Answer *request* without the values, and put them back."""
        vault = Placeholders(hashlib.sha256(f"private\n{self.salt}".encode()).hexdigest())
        hidden = tuple(Message(m.role, vault.hide_values(m.content, self.values)) for m in request.messages)
        reply = self.inner.complete(replace(request, messages=hidden))
        return replace(reply, text=vault.show(reply.text), notes=(*reply.notes, *_left_out(request)))


def _left_out(request: Request) -> tuple[Phrase, ...]:
    if not request.pictures:
        return ()
    return (
        say(
            "The model was shown the text alone, since personal data is masked (redact): {n} pictures of "
            "pages were left out.",
            n=request.pictures,
        ),
    )
