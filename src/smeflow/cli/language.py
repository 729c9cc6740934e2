"""Choose the language to speak: what the command asks for, else the firm's, never the machine's."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from smeflow.i18n import Language, language_of

MARK = "smeflow.toml"
VARIABLE = "SMEFLOW_LANG"


def language_for(arguments: Sequence[str], here: Path, environ: Mapping[str, str]) -> Language:
    """Choose from ``--lang``, the locale in the nearest ``smeflow.toml``, ``SMEFLOW_LANG``, else English.

    The workspace is looked for from the first argument that is a file or folder, then from *here*.
    """
    asked = _option(arguments, "--lang")
    if asked:
        return language_of(asked)
    named = [here / a for a in arguments if not a.startswith("-")]
    starts = [p for p in named if p.exists()][:1]
    for start in (*starts, here):
        locale = _locale(start.resolve())
        if locale:
            return language_of(locale)
    return language_of(environ.get(VARIABLE, "en"))


def _option(arguments: Sequence[str], name: str) -> str:
    for before, argument in zip(("", *arguments), arguments, strict=False):
        if before == name:
            return argument
        if argument.startswith(f"{name}="):
            return argument.partition("=")[2]
    return ""


def _locale(start: Path) -> str:
    """Read ``company.locale`` of the nearest workspace; a broken file is told by the command, not here."""
    for folder in (start, *start.parents):
        file = folder / MARK
        if file.is_file():
            try:
                company = tomllib.loads(file.read_text(encoding="utf-8")).get("company", {})
            except (OSError, ValueError):
                return ""
            return str(company.get("locale", "")) if isinstance(company, dict) else ""
    return ""
