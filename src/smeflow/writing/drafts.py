"""Texts somebody may send.

What a draft is, the firm's templates and answers, how they are filled, how a letter opens and closes.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from html import escape
from pathlib import Path
from typing import Any, ClassVar

from smeflow._optional import import_extra
from smeflow._text import folded
from smeflow.documents.mail import harmless_line
from smeflow.documents.text import detect_language
from smeflow.i18n import Phrase, say
from smeflow.kinds.recipe_context import RecipeContext
from smeflow.kinds.steps import StepResult, on_one_screen
from smeflow.money import Money
from smeflow.writing.check import Fact


class FactValue(StepResult):
    """One fact as the text may use it."""

    name: str
    value: str | None
    """In one form: ``1234.50``, ``2026-11-23``, or text."""
    text: str
    """As it is written in the draft's language: ``1 234,50``."""
    source: str = ""
    """Where it comes from: a result's field, or a computation over a table's column."""


Printable = str | bool | int | Decimal | Money | date
"""What a text can say."""


def checkable_fact(fact: FactValue, value: Printable) -> Fact:
    """Give a fact as a text is held against it: an amount without its currency."""
    if isinstance(value, Money):
        value = value.amount
    elif isinstance(value, bool):
        value = fact.text
    elif isinstance(value, int):
        value = Decimal(value)
    return Fact(name=fact.name, value=value, text=fact.text, source=fact.source)


class Drafted(StepResult):
    """A text somebody may send. Nothing is ever sent by the step."""

    result_id: ClassVar[str] = "draft"

    subject: str = ""
    text: str = ""
    facts: tuple[FactValue, ...] = ()
    reader: str | None = None
    """Who wrote it: ``template``, ``model`` or ``person``."""
    problems: tuple[Phrase, ...] = ()
    doubts: tuple[Phrase, ...] = ()
    """What speaks against the text: a case with any goes to a person."""
    wanted_model: bool = False
    accepted_by: str | None = None
    marked: tuple[str, ...] = ()
    """Passages that stand in no source; each is told among the doubts."""
    language: str | None = None
    """Two letters, where it was written in the language of a mail."""

    def in_brief(self) -> str:
        """Say it in one line."""
        return f"{self.subject}: {self.text}" if self.subject else self.text

    def __repr__(self) -> str:
        lines = [*([f"subject: {self.subject}"] if self.subject else []), *self.text.splitlines()]
        return on_one_screen(f"Draft by {self.reader or 'nobody'}", lines, (*self.doubts, *self.problems))

    __str__ = __repr__

    def _repr_html_(self) -> str:
        remarks = "".join(f"<li>{escape(str(p))}</li>" for p in (*self.doubts, *self.problems))
        subject = f"<p><b>{escape(self.subject)}</b></p>" if self.subject else ""
        shown = escape(self.text)
        for passage in self.marked:
            shown = shown.replace(escape(passage), f"<mark>{escape(passage)}</mark>")
        text = f"<div style='white-space:pre-wrap'>{shown}</div>"
        return subject + text + (f"<ul>{remarks}</ul>" if remarks else "")


UNKNOWN = "…"
"""Stands in a text where a fact is not known."""
_FIELD = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


def names_in(template: str) -> tuple[str, ...]:
    """Give the names in braces, in order, each once.

    Raises:
        ValueError: A brace stands alone, or there is nothing in the braces.
    """
    names: dict[str, None] = {}
    for match in _FIELD.finditer(template):
        if match.group() in ("{", "}") or (match.group(1) is not None and not match.group(1).strip()):
            near = template[max(0, match.start() - 10) :][:30]
            raise ValueError(say("a brace stands alone near {text}; write it twice", text=near))
        if match.group(1):
            names.setdefault(match.group(1).strip())
    return tuple(names)


def fill(template: str, text_of: Callable[[str], str]) -> str:
    """Put each name's text in its place; ``{{`` becomes a brace. What is put in is not looked at again."""

    def put(match: re.Match[str]) -> str:
        if match.group() in ("{{", "}}"):
            return match.group()[0]
        return text_of(match.group(1).strip())

    return _FIELD.sub(put, template)


LANGUAGES = ("fr", "en", "de", "es", "it", "nl", "pt")
ENDINGS = (".md", ".txt")
FAMILIAR = "tu"
"""Marks a text for people one says ``tu`` or ``du`` to: ``delay.fr.tu.md``."""
LEAST_LIKENESS = 0.12
"""How much an answer must have in common with a mail to be about it at all."""


class Wording(StepResult):
    """One text of the firm's own."""

    name: str
    language: str | None = None
    familiar: bool = False
    text: str
    jinja: bool = False
    """Whether it is a template of Jinja (``.j2``); else names in braces are filled in."""


def read_templates(written: object, recipe: RecipeContext) -> object:
    """Read a template: a text with a line break, or a path without language and ending.

    ``replies/delay`` takes ``delay.fr.md``, ``delay.en.md``, ``delay.fr.tu.md`` there, each also as ``.j2``.
    """
    if not isinstance(written, str):
        return written
    if "\n" in written or not re.fullmatch(r"[^{}]{1,200}", written):
        return [Wording(name="", text=written)]
    path = recipe.path(written)
    files = [path] if path.is_file() else sorted(path.parent.glob(f"{path.name}.*"))
    templates = [_wording(file) for file in files if file.is_file() and _is_text(file)]
    if not templates:
        raise ValueError(say("there is no template {path}.md or {path}.fr.md", path=written))
    return templates


def read_answers(written: object, recipe: RecipeContext) -> object:
    """Read the firm's answers: every text in a folder."""
    if not isinstance(written, str):
        return written
    folder = recipe.path(written)
    if not folder.is_dir():
        raise ValueError(say("there is no folder {path}", path=written))
    return [_wording(file) for file in sorted(folder.glob("*")) if file.is_file() and _is_text(file)]


def _is_text(path: Path) -> bool:
    return path.name.removesuffix(".j2").endswith(ENDINGS)


def _wording(path: Path) -> Wording:
    try:
        text = path.read_text(encoding="utf-8-sig").strip("\n")
    except (UnicodeDecodeError, OSError) as error:
        raise ValueError(say("{file} is no text in UTF-8", file=path.name)) from error
    parts = path.name.removesuffix(".j2").rsplit(".", 1)[0].split(".")
    marks = [part.lower() for part in parts[1:]]
    named = next((mark for mark in marks if mark in LANGUAGES), None)
    return Wording(
        name=parts[0],
        language=named or detect_language(text),
        familiar=FAMILIAR in marks,
        text=text,
        jinja=path.name.endswith(".j2"),
    )


def best_wording(wordings: Sequence[Wording], language: str | None, *, familiar: bool) -> Wording | None:
    """Choose the text in a language; without one in it, none that would be in another."""
    of = [w for w in wordings if w.language == language or w.language is None]
    exact = [w for w in of if w.language == language] or of
    return next((w for w in exact if w.familiar == familiar), exact[0] if exact else None)


def nearest_answers(wordings: Sequence[Wording], text: str, k: int) -> list[Wording]:
    """Give the *k* answers most like a text, the nearest first; none that has too little in common."""
    counted = [_grams(f"{w.name} {w.text}") for w in wordings]
    spread = Counter(gram for each in counted for gram in each)
    weights = {gram: math.log((1 + len(counted)) / (0.5 + n)) for gram, n in spread.items()}
    query = _grams(text)
    scored = [(_cosine(query, each, weights), n) for n, each in enumerate(counted)]
    ranked = sorted(
        (pair for pair in scored if pair[0] >= LEAST_LIKENESS), key=lambda pair: (-pair[0], pair[1])
    )
    return [wordings[n] for _, n in ranked[:k]]


def _cosine(first: Counter[str], second: Counter[str], weights: Mapping[str, float]) -> float:
    common = sum(n * second[gram] * weights[gram] ** 2 for gram, n in first.items() if gram in second)
    lengths = [
        math.sqrt(sum((n * weights.get(gram, 0.0)) ** 2 for gram, n in each.items()))
        for each in (first, second)
    ]
    return common / (lengths[0] * lengths[1]) if common and all(lengths) else 0.0


def _grams(text: str) -> Counter[str]:
    """Count the beginnings of a text's longer words: the same for singular and plural, verb and noun."""
    return Counter(word[:5] for word in re.findall(r"[a-z]{4,}", folded(text)))


def fill_wording(
    wording: Wording, known: Mapping[str, Any]
) -> tuple[str, tuple[str, ...], tuple[Phrase, ...]]:
    """Fill a template; give the text, the names that are not known, and what is wrong with the template.

    *known* holds texts, truth values, and mappings of texts: ``customer.name``.
    """
    if wording.jinja:
        return _by_jinja(wording, known)
    missing: list[str] = []

    def put(name: str) -> str:
        value: Any = known
        for part in name.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if value in (None, "") or isinstance(value, Mapping):
            missing.append(name)
            return UNKNOWN
        return str(value)

    try:
        names_in(wording.text)  # refuses a brace that stands alone
        return fill(wording.text, put), tuple(missing), ()
    except ValueError as error:
        return "", (), (_broken(wording, str(error)),)


def _by_jinja(wording: Wording, known: Mapping[str, Any]) -> tuple[str, tuple[str, ...], tuple[Phrase, ...]]:
    """Render with Jinja: the sandbox lets a template read, repeat and choose, and nothing else."""
    jinja2, sandbox = import_extra("jinja2", "mailbox"), import_extra("jinja2.sandbox", "mailbox")
    missing: list[str] = []

    class Missing(jinja2.ChainableUndefined):  # type: ignore[misc, name-defined]  # the library is loaded late
        def __str__(self) -> str:
            missing.append(self._undefined_name or "?")
            return UNKNOWN

    environment = sandbox.ImmutableSandboxedEnvironment(
        undefined=Missing, trim_blocks=True, lstrip_blocks=True, autoescape=False
    )
    try:
        text = environment.from_string(wording.text).render(**known)
    except (
        jinja2.TemplateError,
        TypeError,
        ValueError,
        OverflowError,
        ArithmeticError,
        LookupError,
    ) as error:
        return "", (), (_broken(wording, str(error)),)
    return text.strip("\n"), tuple(missing), ()


def _broken(wording: Wording, why: str) -> Phrase:
    return say("The template {name} cannot be filled: {why}", name=wording.name or "?", why=why[:200])


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


def sender_name(sender: str) -> str:
    """Give the name a sender goes by, on one harmless line; empty where it is an address or no name."""
    from email.utils import getaddresses

    name = next((name for name, _ in getaddresses([sender])), "")
    name = harmless_line(name)
    return name if re.fullmatch(r"[^\W\d_][^\d@<>{}\[\]:;/\\]{1,40}", name) else ""


def sender_address(sender: str) -> str:
    """Give the address in a header, in small letters; empty where there is none or several."""
    from email.utils import getaddresses

    addresses = [address.lower() for _, address in getaddresses([sender]) if "@" in address]
    return addresses[0] if len(addresses) == 1 else ""


def courtesies(language: str | None, name: str, *, familiar: bool) -> Mapping[str, str]:
    """Give ``greeting`` and ``closing`` in a language; French and English for those who have none here."""
    named, alone, close = _GREETING.get(language or "", _GREETING["en"])
    greeting = (close if familiar else named).format(name=name) if name else alone
    closing = _CLOSING.get(language or "", _CLOSING["en"])[1 if familiar else 0]
    return {"greeting": greeting, "closing": closing}
