"""Fill the firm's templates: names in braces, or Jinja in its sandbox. What is put in is never run."""

from collections.abc import Mapping
from typing import Any

from smeflow._optional import need
from smeflow.i18n import Phrase, say
from smeflow.steps.templates import UNKNOWN, fill
from smeflow.steps.wordings import Wording


def filled(wording: Wording, known: Mapping[str, Any]) -> tuple[str, tuple[str, ...], tuple[Phrase, ...]]:
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
        return fill(wording.text, put), tuple(missing), ()
    except ValueError as error:
        return "", (), (_broken(wording, str(error)),)


def _by_jinja(wording: Wording, known: Mapping[str, Any]) -> tuple[str, tuple[str, ...], tuple[Phrase, ...]]:
    """Render with Jinja: the sandbox lets a template read, repeat and choose, and nothing else."""
    jinja2, sandbox = need("jinja2", "mailbox"), need("jinja2.sandbox", "mailbox")
    missing: list[str] = []

    class Missing(jinja2.ChainableUndefined):  # type: ignore[misc, name-defined]  # the library is loaded late
        def __str__(self) -> str:
            missing.append(self._undefined_name or "?")
            return UNKNOWN

    room = sandbox.ImmutableSandboxedEnvironment(
        undefined=Missing, trim_blocks=True, lstrip_blocks=True, autoescape=False
    )
    try:
        text = room.from_string(wording.text).render(**known)
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
