"""Values from outside put into a recipe: ``${NAME}`` from the environment, ``--set a.b=c`` from a person.

A recipe reads only the variables that ``smeflow.toml`` names, a secret only where a secret belongs, and the
key of a provider nowhere: whoever writes a recipe must not be able to send a key away in an address.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from smeflow._text import mask_addresses
from smeflow.errors import Problem, RecipeError
from smeflow.i18n import Phrase, say
from smeflow.kinds import registry
from smeflow.llm.providers import PROVIDERS
from smeflow.recipe.workspace import WORKSPACE_FILE, WorkspaceSettings
from smeflow.recipe.yaml import KeyPath, MarkedYaml, read_yaml_value

_VARIABLE = re.compile(r"\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|\$\{[^}]*\}?")
_SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSW|PWD|CREDENTIAL|AUTH|PRIVATE", re.IGNORECASE)
_SECRET_VALUE = re.compile(r"://[^\s/?#]*:[^\s/?#]*@|\b(?:sk|pk|rk|whsec|ghp|xox[a-z])[-_]\w|-----BEGIN ")
_SECRET_PLACE = re.compile(r"(?:^|_)(?:password|token|secret|(?:api|access|private)_?key)$")
_OWN_PREFIX = "SMEFLOW_"
"""What smeflow itself reads: the password of a mailbox, the key of a server."""
_LEAST_KEY = 8
"""A shorter value is not looked for as a provider's key."""


@dataclass(frozen=True, kw_only=True)
class RecipeEnvironment:
    """The variables of the environment, and which of them a recipe may read where."""

    variables: Mapping[str, str] = field(repr=False)
    workspace: WorkspaceSettings

    def refusal(self, name: str) -> Phrase | None:
        """Say why recipes may not read the variable *name* at all; None where they may."""
        if self._is_provider_key(self.variables.get(name, "")):
            return _kept(name)
        return refusal_of_variable(self.workspace, name)

    def misplaced(self, name: str, value: str, place: KeyPath, parent: object) -> Phrase | None:
        """Say that *value*, a secret, does not belong at *place*; None where it does or is no secret."""
        is_secret = name in self.workspace.environment.secrets or _SECRET_NAME.search(name)
        if not is_secret and not _SECRET_VALUE.search(value):
            return None
        key = str(place[-1]) if place else ""
        if _is_database(place, parent) or _SECRET_PLACE.search(key):
            return None
        return say(
            "{name} holds a secret, and {key} is no place for one: secrets stand in keys such as password or "
            "token, and in the address of a database",
            name=name,
            key=key,
        )

    def _is_provider_key(self, value: str) -> bool:
        keys = (self.variables.get(name, "") for name in _provider_variables())
        return any(len(key) >= _LEAST_KEY and key in value for key in keys)


def _is_database(place: KeyPath, parent: object) -> bool:
    """Whether the address of a database stands at *place*."""
    return place[-1:] == ("url",) and isinstance(parent, dict) and "sql" in parent


def refusal_of_variable(workspace: WorkspaceSettings, name: str) -> Phrase | None:
    """Say why recipes may not read a variable of this name, and which line lets them; None where they may."""
    if name.startswith(_OWN_PREFIX) or name in _provider_variables():
        return _kept(name)
    named = workspace.environment
    if name in (*named.allow, *named.secrets):
        return None
    return say(
        "recipes may not read the variable {name}; to let them, write into {file}: "
        "[environment] allow = [{names}]",
        name=name,
        file=workspace.root / WORKSPACE_FILE,
        names=", ".join(f'"{each}"' for each in (*named.allow, name)),
    )


def _kept(name: str) -> Phrase:
    return say("{name} holds a key or a password that smeflow itself uses; no recipe may read it", name=name)


def _provider_variables() -> set[str]:
    return {row.key_variable for row in PROVIDERS.values() if row.key_variable}


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
            elif isinstance(value, str):
                data[name] = mask_addresses(value)
            else:
                data[name] = value
        return Phrase(phrase.template, data)


def fill_in(
    marked: MarkedYaml, settings: Mapping[str, str], environment: RecipeEnvironment, cwd: Path
) -> FilledRecipe:
    """Put variables and settings into the data of a recipe; what is wrong is noted in ``problems``."""
    filled = FilledRecipe(data=None)
    filled.data = _expanded(marked.data, (), marked, environment, filled)
    for key, value in settings.items():
        _apply_setting(filled, key, value, cwd)
    return filled


def _expanded(
    value: Any,
    place: KeyPath,
    marked: MarkedYaml,
    environment: RecipeEnvironment,
    filled: FilledRecipe,
    parent: object = None,
) -> Any:
    if isinstance(value, dict):
        return {k: _expanded(v, (*place, k), marked, environment, filled, value) for k, v in value.items()}
    if isinstance(value, list):
        return [_expanded(v, (*place, n), marked, environment, filled, value) for n, v in enumerate(value)]
    if not isinstance(value, str) or "${" not in value:
        if isinstance(value, str) and _is_database(place, parent) and _SECRET_VALUE.search(value):
            mark = marked.at(place)
            phrase = say(
                "a password does not stand in a recipe: put the address into a variable, write url: "
                "${{VARIABLE}}, and name it in {file}: [environment] secrets",
                file=WORKSPACE_FILE,
            )
            filled.problems.append(Problem(mark.line, mark.column, phrase))
            filled.secrets.add(value)
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
        value_text = environment.variables.get(name, default)
        problem = environment.refusal(name)
        if problem is None:
            problem = (
                say("the variable {name} is not set in the environment", name=name)
                if value_text is None
                else environment.misplaced(name, value_text, place, parent)
            )
        if problem is not None or value_text is None:
            filled.problems += [Problem(mark.line, mark.column, problem)] if problem else []
            return ""
        if name in environment.variables and len(value_text) > 3:
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
            n
            for n, e in enumerate(parent)
            if isinstance(e, dict)
            and (any(e.get(k) == part for k in steps) or next(iter(e.values()), None) == part)
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
