"""Read YAML and TOML as plain data, and remember where every key and value stands.

Only data is accepted: no tags, no merge keys, no second document; a key given twice is a problem; aliases may
not blow a small file up. Values follow YAML 1.2 (``no`` is a word, not a boolean); dates stay text.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from smeflow.errors import Problem, RecipeError
from smeflow.i18n import Phrase, say

KeyPath = tuple[str | int, ...]
MAX_BYTES, MAX_DEPTH, MAX_VALUES = 40_000, 20, 10_000
_CORE = "tag:yaml.org,2002:"
_PLAIN_TAGS = frozenset(
    _CORE + kind for kind in ("str", "int", "float", "bool", "null", "seq", "map", "timestamp")
)


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a file; lines and columns count from 1."""

    line: int
    column: int


@dataclass(frozen=True, kw_only=True)
class MarkedYaml:
    """Data with the places it stands at."""

    file: str
    data: Any
    keys: Mapping[KeyPath, Position]
    values: Mapping[KeyPath, Position]
    scalars: Mapping[KeyPath, tuple[str, str]] = field(repr=False)
    """Each scalar as it is written, and its quote: ``"``, ``'``, ``|``, ``>`` or nothing."""

    def at(self, path: KeyPath, *, key: bool = False) -> Position:
        """Find the place of a value (or of its key); of the nearest thing around it where it is not there."""
        places = (self.keys, self.values) if key else (self.values, self.keys)
        for length in range(len(path), -1, -1):
            for place in places:
                if path[:length] in place:
                    return place[path[:length]]
        return Position(1, 1)

    def inside(self, path: KeyPath, offset: int) -> Position:
        """Find the place of a character in a one-line scalar."""
        mark = self.at(path)
        quote = self.scalars.get(path, ("", "|"))[1]
        if quote in {"|", ">"}:
            return mark
        return Position(mark.line, mark.column + offset + len(quote))

    def problem(self, path: KeyPath, phrase: Phrase, *, key: bool = False) -> Problem:
        """Make a problem of the value (or the key) at *path*."""
        mark = self.at(path, key=key)
        return Problem(mark.line, mark.column, phrase)


def read_yaml(text: str | bytes, file: str, duplicates: list[Problem] | None = None) -> MarkedYaml:
    """Read *text*, naming it *file* in problems.

    Keys given twice are noted in *duplicates* where there is such a list, and the first of each counts.

    Raises:
        RecipeError: It is no YAML of this kind; every problem of the data is told at once.
    """
    reader = _NodeReader()
    raw = text.encode(errors="replace") if isinstance(text, str) else text
    data = reader.value(_compose(decode(raw, file, MAX_BYTES), file), (), 0)
    if reader.problems or (reader.duplicates and duplicates is None):
        raise RecipeError(file, [*reader.problems, *reader.duplicates])
    if duplicates is not None:
        duplicates += reader.duplicates
    return MarkedYaml(file=file, data=data, keys=reader.keys, values=reader.values, scalars=reader.scalars)


def read_yaml_value(text: str) -> Any:
    """Read one value as it would stand in a recipe: ``0.5`` is a number, ``[a, b]`` a list.

    Raises:
        RecipeError: It is no such value.
    """
    return read_yaml(text, "--set").data


def decode(raw: bytes, file: str, most_bytes: int) -> str:
    """Read a file that a person wrote as UTF-8.

    Raises:
        RecipeError: It is too long, or no UTF-8; the problem stands at the first bad byte.
    """
    if len(raw) > most_bytes:
        phrase = say(
            "the file is longer than {limit} bytes; put long lists in files of their own", limit=most_bytes
        )
        raise RecipeError(file, [Problem(1, 1, phrase)])
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        column = error.start - (before.rfind(b"\n") + 1) + 1
        phrase = say("this is not UTF-8 text; save the file as UTF-8")
        raise RecipeError(file, [Problem(before.count(b"\n") + 1, column, phrase)]) from None


def _compose(text: str, file: str) -> Node | None:
    _refuse_depth(text, file)
    try:
        node: Node | None = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        problem = error.problem or error.context or ""
        reason = _in_words(problem, error.context or "")
        if "<block end>" in problem and (quote := _open_quote(text, line)):
            (line, column), reason = quote, say("a quote is opened here and not closed")
        elif problem.startswith("mapping values") and len(_KEY_END.findall(text.splitlines()[line - 1])) == 1:
            reason = say(
                "this line is indented further than the one above allows; "
                "a step begins with a dash (- extract: invoice)"
            )
        phrase = say("this is no YAML: {problem}", problem=reason)
        if problem.startswith("expected ','"):  # an unquoted { or [ inside a list or mapping on one line
            phrase = say(
                "this is no YAML: {problem}; put text with {signs} in quotes",
                problem=say("a comma or the closing bracket is missing"),
                signs="{ } [ ]",
            )
        raise RecipeError(file, [Problem(line, column, phrase)]) from None
    except YAMLError as error:
        position = error.position if isinstance(error, ReaderError) else 0
        before = text[:position]
        line, column = before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1
        phrase = say("this file holds a character that no text has")
        raise RecipeError(file, [Problem(line, column, phrase)]) from None
    except (RecursionError, ValueError, AttributeError, IndexError, TypeError) as error:
        # ruamel leaves these through for broken input of its own making, such as "!" alone or a bad directive
        phrase = say("this is no YAML: {problem}", problem=type(error).__name__)
        raise RecipeError(file, [Problem(1, 1, phrase)]) from None
    return node


_PARSER_WORDS: tuple[tuple[str, Phrase], ...] = (
    ("'\\t'", say("a tab stands where spaces belong")),
    ("<document start>", say("here are no keys with values, such as recipe: invoices")),
    ("<stream end>", say("a bracket or a list is opened and not ended")),
    ("quoted scalar", say("a quote is opened and not closed")),
    ("end of stream", say("a quote is opened and not closed")),
    ("expected ':'", say("a key needs a colon and a space behind it")),
    ("mapping values are not allowed", say("a second colon on this line: put the text in quotes")),
    ("<block end>", say("this line is indented otherwise than those it belongs to")),
    ("cannot start any token", say("a text begins with a sign that means something: put it in quotes")),
    ("undefined alias", say("a text begins with a sign that means something: put it in quotes")),
)
"""What the parser says, by what it always contains, and what a person understands."""


_KEY_END = re.compile(r":(?:\s|$)")


def _open_quote(text: str, last: int) -> tuple[int, int] | None:
    """Find the line and column of a double quote without its twin, among the first *last* lines."""
    odd = [
        (number, line.index('"') + 1)
        for number, line in enumerate(text.splitlines()[:last], 1)
        if (line + " ").partition(" #")[0].count('"') % 2
    ]
    return odd[0] if len(odd) % 2 else None


def _in_words(problem: str, context: str) -> Phrase | str:
    whole = f"{problem} {context}"
    return next((words for mark, words in _PARSER_WORDS if mark in whole), problem)


_TOML_WORDS: tuple[tuple[str, Phrase], ...] = (
    ("Expected ']'", say("the bracket ] is missing")),
    ("Unclosed array", say("the bracket ] is missing")),
    ("Expected '='", say('a key is followed by = and its value: locale = "fr-FR"')),
    ("Invalid value", say('a text stands in quotes: locale = "fr-FR"')),
    ("Unterminated string", say("a quote is opened and not closed")),
    ("Illegal character '\\n'", say("a quote is opened and not closed")),
    ("Expected newline", say("one key stands on a line, and nothing behind its value")),
    ("Cannot overwrite", say("this key is given twice")),
    ("Cannot declare", say("this table is given twice")),
    ("Invalid statement", say('a line is a key with its value: locale = "fr-FR"')),
)
"""What the parser says, by what it always contains, and what a person understands."""


def _refuse_depth(text: str, file: str) -> None:
    """Refuse brackets and dashes nested so deeply that only reading them would take long."""
    depth = 0
    for number, line in enumerate(text.splitlines(), 1):
        depth += line.count("[") + line.count("{") - line.count("]") - line.count("}")
        dashes = len(line) - len(line.lstrip(" -?"))
        if depth > 5 * MAX_DEPTH or line[:dashes].count("-") + line[:dashes].count("?") > MAX_DEPTH:
            phrase = say("the file is nested deeper than {limit} levels", limit=MAX_DEPTH)
            raise RecipeError(file, [Problem(number, 1, phrase)])


@dataclass
class _NodeReader:
    """Turn nodes into data, noting where each stands and what is wrong with it."""

    keys: dict[KeyPath, Position] = field(default_factory=dict)
    values: dict[KeyPath, Position] = field(default_factory=dict)
    scalars: dict[KeyPath, tuple[str, str]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    duplicates: list[Problem] = field(default_factory=list)
    count: int = 0

    def value(self, node: Node | None, path: KeyPath, depth: int) -> Any:
        if node is None:
            return None
        self.count += 1
        mark = _position_of(node)
        self.values[path] = mark
        if self.count > MAX_VALUES:
            if self.count == MAX_VALUES + 1:
                self._refuse(mark, say("the file holds more than {limit} values", limit=MAX_VALUES))
            return None
        if depth > MAX_DEPTH:
            self._refuse(mark, say("the file is nested deeper than {limit} levels", limit=MAX_DEPTH))
            return None
        if str(node.tag) not in _PLAIN_TAGS:
            shown = str(node.tag).removeprefix(_CORE)
            self._refuse(mark, say("the tag {tag} is not allowed: a recipe is plain data", tag=shown))
            return None
        if isinstance(node, MappingNode):
            return self._mapping(node, path, depth)
        if isinstance(node, SequenceNode):
            return self._sequence(node, path, depth)
        if isinstance(node, ScalarNode):
            self.scalars[path] = (str(node.value), node.style or "")
            return _scalar(node)
        return None

    def _refuse(self, mark: Position, phrase: Phrase) -> None:
        if len(self.problems) < 100:
            self.problems.append(Problem(mark.line, mark.column, phrase))

    def _sequence(self, node: SequenceNode, path: KeyPath, depth: int) -> list[Any]:
        members: list[Any] = []
        for n, member in enumerate(node.value):
            if self.count > MAX_VALUES:  # an alias to an alias: stop going down, not only noting
                break
            members.append(self.value(member, (*path, n), depth + 1))
        return members

    def _mapping(self, node: MappingNode, path: KeyPath, depth: int) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if self.count > MAX_VALUES:
                break
            mark = _position_of(key_node)
            if not isinstance(key_node, ScalarNode) or str(key_node.tag) not in _PLAIN_TAGS:
                merge = str(key_node.tag).endswith(":merge")
                self._refuse(
                    mark,
                    say("merge keys (<<) are not allowed; write the keys out")
                    if merge
                    else say("a key must be a plain word"),
                )
                continue
            key = str(key_node.value)
            if key in mapping:
                first = self.keys[*path, key].line
                phrase = say(
                    "the key {key} is given twice; it stands in line {line} already", key=key, line=first
                )
                if len(self.duplicates) < 100:
                    self.duplicates.append(Problem(mark.line, mark.column, phrase))
                continue
            self.keys[*path, key] = mark
            mapping[key] = None
            mapping[key] = self.value(value_node, (*path, key), depth + 1)
        return mapping


def _position_of(node: Node) -> Position:
    return Position(node.start_mark.line + 1, node.start_mark.column + 1)


def _scalar(node: ScalarNode) -> Any:
    kind, text = str(node.tag).removeprefix(_CORE), str(node.value)
    plain = not node.style
    if kind == "null" and plain:
        return None
    if kind == "bool" and text.lower() in {"true", "false"}:
        return text.lower() == "true"
    if kind in {"int", "float"} and plain:
        return _number(text)
    return text


def _number(text: str) -> int | float | str:
    """Take ordinary numbers as such; what only YAML 1.1 or a machine would call a number stays text."""
    digits = text.replace("_", "")
    if len(digits) > 40:
        return text
    try:
        return int(digits)
    except ValueError:
        try:
            value = float(digits)
        except ValueError:
            return text
    return value if value == value and abs(value) != float("inf") else text  # noqa: PLR0124 - not a number


_HEAD = re.compile(r"\s*\[{1,2}\s*([^\]]+?)\s*\]{1,2}\s*(#.*)?$")
_KEY = re.compile(r"\s*([A-Za-z0-9_.\-\"' ]+?)\s*=")
_TOML_PLACE = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)")


def parse_toml(text: str, file: str) -> tuple[dict[str, Any], Mapping[str, int]]:
    """Read TOML, naming it *file* in problems; also give the line of each key (``company.siren``), from 1.

    Raises:
        RecipeError: It is no TOML.
    """
    return _toml(text, file), _lines_of(text)


def _toml(text: str, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        match = _TOML_PLACE.search(str(error))
        line, column = (int(match[1] or 0), int(match[2] or 1)) if match else (1, 1)
        problem = _TOML_PLACE.sub("", str(error))
        words = next((said for mark, said in _TOML_WORDS if mark in problem), problem)
        phrase = say("this is no TOML: {problem}", problem=words)
        raise RecipeError(file, [Problem(line or text.count("\n") + 1, column, phrase)]) from None
    except RecursionError:
        raise RecipeError(
            file, [Problem(1, 1, say("this is no TOML: {problem}", problem="nested too deeply"))]
        ) from None


def _lines_of(text: str) -> dict[str, int]:
    """Find the line of each key. A plain look at the lines: enough for a file people write by hand."""
    lines: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        if head := _HEAD.match(line):
            table = re.sub(r"[\"']", "", head[1]).strip() + "."
            lines.setdefault(table[:-1], number)
        elif key := _KEY.match(line):
            lines.setdefault(table + key[1].strip("\"' "), number)
    return lines
