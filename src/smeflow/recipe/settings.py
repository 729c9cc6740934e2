"""Values from outside put into a recipe: ``${NAME}`` from the environment, ``--set a.b=c`` from a person."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from smeflow.errors import Problem, RecipeError
from smeflow.i18n import Phrase, say
from smeflow.kinds import registry
from smeflow.recipe.yaml import KeyPath, MarkedYaml, read_yaml_value

_VARIABLE = re.compile(r"\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|\$\{[^}]*\}?")


@dataclass(kw_only=True)
class FilledRecipe:
    """A recipe's data with everything filled in."""

    data: Any
    set_by: dict[KeyPath, str] = field(default_factory=dict)
    """Places a person set, with the key as it was typed."""
    secrets: set[str] = field(default_factory=set, repr=False)
    """What came from the environment: never shown."""
    roots: list[Path] = field(default_factory=list)
    """Folders of files a person named."""
    problems: list[Problem] = field(default_factory=list)

    def redacted(self, phrase: Phrase) -> Phrase:
        """Take what came from the environment out of a sentence."""
        data: dict[str, object] = {}
        for name, value in phrase.data.items():
            if isinstance(value, Phrase):
                data[name] = self.redacted(value)
            elif isinstance(value, str) and any(secret in value for secret in self.secrets):
                data[name] = "***"
            else:
                data[name] = value
        return Phrase(phrase.template, data)


def fill_in(
    marked: MarkedYaml, settings: Mapping[str, str], environ: Mapping[str, str], cwd: Path
) -> FilledRecipe:
    """Put variables and settings into the data of a recipe; what is wrong is noted in ``problems``."""
    filled = FilledRecipe(data=None)
    filled.data = _expanded(marked.data, (), marked, environ, filled)
    for key, value in settings.items():
        _apply_setting(filled, key, value, cwd)
    return filled


def _expanded(
    value: Any, place: KeyPath, marked: MarkedYaml, environ: Mapping[str, str], filled: FilledRecipe
) -> Any:
    if isinstance(value, dict):
        return {k: _expanded(v, (*place, k), marked, environ, filled) for k, v in value.items()}
    if isinstance(value, list):
        return [_expanded(v, (*place, n), marked, environ, filled) for n, v in enumerate(value)]
    if not isinstance(value, str) or "${" not in value:
        return value

    def replaced(match: re.Match[str]) -> str:
        if match[0] == "$${":
            return "${"
        name = match[1]
        mark = marked.inside(place, match.start())
        if name is None:
            phrase = say("{text} is no variable; write ${{NAME}} or ${{NAME:-default}}", text=match[0][:40])
            filled.problems.append(Problem(mark.line, mark.column, phrase))
            return ""
        default: str | None = match[2]
        value_text = environ.get(name, default)
        if value_text is None:
            phrase = say("the variable {name} is not set in the environment", name=name)
            filled.problems.append(Problem(mark.line, mark.column, phrase))
            return ""
        if name in environ and len(value_text) > 3:
            filled.secrets.add(value_text)
        return value_text

    return _VARIABLE.sub(replaced, value)


def _apply_setting(filled: FilledRecipe, key: str, text: str, cwd: Path) -> None:
    parts = key.split(".")
    if not isinstance(filled.data, dict) or not all(parts):
        phrase = say("--set {key}: write it as key=value, such as source.folder=inbox", key=key)
        filled.problems.append(Problem(1, 1, phrase))
        return
    parent: Any = filled.data
    place: KeyPath = ()
    for n, part in enumerate(parts[:-1]):
        step = _member(parent, part)
        if step is None:
            if not isinstance(parent, dict):
                phrase = say("--set {key}: there is no {part}", key=key, part=".".join(parts[: n + 1]))
                filled.problems.append(Problem(1, 1, phrase))
                return
            parent[part] = {}
            step = part
        parent, place = parent[step], (*place, step)
    last = _member(parent, parts[-1])
    if last is None and isinstance(parent, dict):
        last = parts[-1]
    if last is None:
        phrase = say("--set {key}: there is no {part}", key=key, part=key)
        filled.problems.append(Problem(1, 1, phrase))
        return
    value = _typed(parent.get(last) if isinstance(parent, dict) else parent[last], text)
    if place == ("source",) and last in registry.kind_names("sources") and last not in parent:
        parent.clear()  # another kind of source: what was told of the first does not fit it
    if _is_target(place, last):
        value = _person_path(filled, text, cwd)
    parent[last] = value
    filled.set_by[*place, last] = key


def _member(parent: Any, part: str) -> str | int | None:
    """Find a key, the n-th of a list, or the step of that name."""
    if isinstance(parent, dict):
        return part if part in parent else None
    if isinstance(parent, list):
        if part.isdigit() and int(part) < len(parent):
            return int(part)
        steps = registry.kind_names("steps")
        named = (
            n for n, e in enumerate(parent) if isinstance(e, dict) and any(e.get(k) == part for k in steps)
        )
        return next(named, None)
    return None


def _typed(before: object, text: str) -> Any:
    if isinstance(before, str):
        return text
    try:
        return read_yaml_value(text)
    except RecipeError:
        return text


def _is_target(place: KeyPath, last: str | int) -> bool:
    """Whether the value is the file or folder of a source or a sink."""
    if place == ("source",):
        return last in registry.kind_names("sources")
    return len(place) == 2 and place[0] == "sinks" and last in registry.kind_names("sinks")


def _person_path(filled: FilledRecipe, text: str, cwd: Path) -> str:
    """A path a person types is meant from where they stand, and may lead anywhere."""
    if text == "-":
        return text
    path = (cwd / text).resolve()
    filled.roots.append(path if path.is_dir() else path.parent)
    return str(path)
