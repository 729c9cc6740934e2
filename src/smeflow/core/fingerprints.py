"""Identify what a step would do, with all of a user's own code that decides it.

For a function that is its source and what it uses: constants such as a prompt, helpers, closures, default
values, the classes of its result. Code counts where it is the user's own: not Python's, not a library's.
"""

import ast
import hashlib
import importlib.util
import inspect
import re
import sys
import sysconfig
import textwrap
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache, partial
from pathlib import PurePath
from types import CodeType, FunctionType, ModuleType
from typing import Any, cast, get_args

from pydantic import BaseModel

from smeflow._text import hash_of, sha256
from smeflow.core.case import Step, kind_id
from smeflow.core.step import FunctionStep
from smeflow.i18n import Phrase, say


def fingerprint(step: Step[Any], llm: str = "") -> str:
    """Identify what a step would do.

    That is its kind's id, revision, fields, prompt, and the recipe's ``llm:`` as written. For a function step
    it is its ``version``, else its code without comments and whatever of the user's own it uses, but for what
    `unseen_by_fingerprint` tells. Who shares it may share results; the model that answered is no part of it.
    """
    if isinstance(step, FunctionStep):
        own = [] if step.version is not None else _survey(step).parts
        more = [own, _plain(step.arguments)] if own or step.arguments else []
        return hash_of(["function", step.name, _body(step), llm, *more])
    return hash_of([*_declared(step), llm, *_own_parts(step)])


def earlier_fingerprint(step: Step[Any], llm: str = "") -> str:
    """Give what ledgers from before fingerprints saw constants and helpers know *step* by."""
    if isinstance(step, FunctionStep):
        return hash_of(["function", step.name, _body(step), llm])
    return hash_of([*_declared(step), llm])


def unseen_by_fingerprint(step: Step[Any]) -> tuple[Phrase, ...]:
    """Say what decides a step's answers and is no part of its fingerprint; nothing where it has a version."""
    if isinstance(step, FunctionStep) and step.version is None:
        return tuple(
            say(
                "step {step}: a change of {what} is not noticed. Count a version up when it changes: "
                '@step(version="1")',
                step=step.name,
                what=what,
            )
            for what in dict.fromkeys(_survey(step).unseen)
        )
    return ()


def _body(step: FunctionStep[Any]) -> str:
    return step.version if step.version is not None else _code(step.function)


def _declared(step: Step[Any]) -> list[Any]:
    kind = type(step)
    values = step.model_dump(mode="json") if isinstance(step, BaseModel) else repr(step)
    revision = getattr(kind, "revision", 0)  # foreign: a class of a user's own may leave both out
    prompt = getattr(kind, "prompt", "")  # foreign: the same
    return [kind_id(kind), revision, values, sha256(prompt)]


def _own_parts(step: Step[Any]) -> list[Any]:
    """Give what the methods of a class of the user's own do, where it counts no revision itself."""
    kind = type(step)
    if "revision" in vars(kind) or not _is_own(kind.__module__, kind.__module__):
        return []
    survey = _Survey(home=kind.__module__)
    for member in vars(kind).values():
        if isinstance(member, FunctionType) and member.__module__ == kind.__module__:
            survey.function(member)
    return [survey.parts] if survey.parts else []


def _survey(step: FunctionStep[Any]) -> "_Survey":
    function = inspect.unwrap(step.function)
    survey = _Survey(home=getattr(function, "__module__", ""))  # foreign: any callable may be a step
    survey.function(function, whole=False)
    survey.type(step.returns)
    return survey


@dataclass
class _Survey:
    """Goes from a function to whatever of the user's own it uses."""

    home: str
    """The module the step stands in; its package is the user's own, wherever it is installed."""
    parts: dict[str, Any] = field(default_factory=dict)
    """What stands behind each name, as plain values."""
    unseen: list[str] = field(default_factory=list)
    _visited: set[int] = field(default_factory=set)

    def function(self, function: Any, *, whole: bool = True) -> None:
        """Take what *function* uses; with *whole*, its code too."""
        if id(function) in self._visited:
            return
        self._visited.add(id(function))
        name = f"{function.__module__}.{function.__qualname__}" if isinstance(function, FunctionType) else ""
        if not name:
            self.unseen.append(repr(function))
            return
        if whole:
            self.parts[self._short(name)] = _digest(function)
        facts = _facts_of(function)
        self.unseen += facts.reads
        closed = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
        used = _names_in(function.__code__) & facts.names if facts.names else _names_in(function.__code__)
        for each in sorted(used):
            if each in facts.state:
                self.unseen.append(each)
            elif each in closed:
                self._cell(each, closed[each], called=each in facts.called)
            elif each in function.__globals__:
                self.take(each, function.__globals__[each], called=each in facts.called, inside=facts.members)
        for each, value in (function.__kwdefaults__ or {}).items():
            self.take(f"{function.__qualname__}.{each}", value)

    def _cell(self, name: str, cell: Any, *, called: bool) -> None:
        with suppress(ValueError):  # a function that is not made yet
            self.take(name, cell.cell_contents, called=called)

    def take(
        self, name: str, value: object, *, called: bool = True, inside: Mapping[str, frozenset[str]] = {}
    ) -> None:
        """Take the *value* that code uses as *name*; *inside* names what it uses of modules."""
        if isinstance(value, ModuleType):
            if _is_own(value.__name__, self.home):
                for member in sorted(inside.get(name, ())):
                    self.take(f"{name}.{member}", vars(value).get(member))
        elif isinstance(value, FunctionStep):
            if called:  # else it is a key: what the other step gave counts, not how
                self.function(inspect.unwrap(value.function))
        elif isinstance(value, type):
            self.type(value)
        elif callable(value) and not isinstance(value, BaseModel):
            self._callable(name, value)
        elif _is_of_a_family(value):
            if called:
                self.parts[name] = fingerprint(cast("Step[Any]", value))
        else:
            self._constant(name, value)

    def _callable(self, name: str, value: Any) -> None:
        if isinstance(value, partial):
            self.take(name, value.func)
            self._constant(f"{name}.arguments", [list(value.args), value.keywords])
            return
        function = inspect.unwrap(value)
        if isinstance(function, FunctionType):
            if _is_own(function.__module__, self.home):
                self.function(function)
        elif _is_own(type(value).__module__, self.home):
            self.type(type(value))
            self._constant(name, value)

    def _constant(self, name: str, value: object) -> None:
        try:
            self.parts[name] = _plain(value)
        except TypeError:
            if type(value).__module__.partition(".")[0] not in _DECIDES_NOTHING:
                self.unseen.append(name)
        if _is_own(type(value).__module__, self.home):
            self.type(type(value))

    def type(self, kind: Any) -> None:
        """Take a class of the user's own, or those in a type such as ``list[Line] | None``."""
        for inner in get_args(kind):
            self.type(inner)
        if not isinstance(kind, type) or id(kind) in self._visited or not _is_own(kind.__module__, self.home):
            return
        self._visited.add(id(kind))
        name = self._short(f"{kind.__module__}.{kind.__qualname__}")
        self.parts[name] = _digest(kind) if _source(kind) else _described(kind)
        for base in kind.__bases__:
            self.type(base)
        if issubclass(kind, BaseModel):
            for info in kind.model_fields.values():
                self.type(info.annotation)
        for member in vars(kind).values():
            plain = member.__func__ if isinstance(member, classmethod | staticmethod) else member
            if isinstance(plain, FunctionType) and plain.__module__ == kind.__module__:
                self.function(plain, whole=False)

    def _short(self, name: str) -> str:
        """Leave the step's own module out of *name*: files may be moved."""
        return name.removeprefix(f"{self.home}.")


def _is_of_a_family(value: object) -> bool:
    """Tell whether *value* is a step of a family."""
    return isinstance(value, BaseModel) and callable(value) and "returns" in dir(type(value))


@dataclass(frozen=True)
class _Facts:
    """What the source of a function says of the names in it."""

    names: frozenset[str] = frozenset()
    called: frozenset[str] = frozenset()
    state: frozenset[str] = frozenset()
    """Names of what it keeps between its calls: these change by themselves."""
    members: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """What it uses of each name: ``helpers.PROMPT``."""
    reads: tuple[str, ...] = ()
    """What it reads from outside."""


_DECIDES_NOTHING = frozenset({"logging", "_thread", "threading", "typing"})
_READERS = frozenset({"read_text", "read_bytes", "getenv", "environ"})
_CHANGES = frozenset({"append", "add", "update", "setdefault", "pop", "extend", "clear", "insert", "remove"})


class _FactFinder(ast.NodeVisitor):
    """Collects the facts of a function's source."""

    def __init__(self) -> None:
        self.names, self.called, self.state = set[str](), set[str](), set[str]()
        self.members: dict[str, set[str]] = {}
        self.reads: list[str] = []

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self.names.add(node.id)

    def visit_Global(self, node: ast.Global) -> None:
        self.state |= set(node.names)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if isinstance(node.value, ast.Name) and not isinstance(node.ctx, ast.Load):
            self.state.add(node.value.id)
        self.generic_visit(node)

    def visit_alias(self, node: ast.alias) -> None:
        self.reads += [node.name] if _is_own_file(node.name) else []

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        self.reads += [node.module or "."] if _is_own_file(node.module or "") else []

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if node.attr in _READERS:
            self.reads.append(ast.unparse(node))
        if isinstance(node.value, ast.Name):
            self.members.setdefault(node.value.id, set()).add(node.attr)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        match node.func:
            case ast.Name(id="open"):
                self.reads.append("open(…)")
            case ast.Name(id=name):
                self.called.add(name)
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if attribute in _CHANGES:
                self.state.add(name)
        self.generic_visit(node)


@lru_cache(maxsize=1024)
def _facts_of(function: FunctionType) -> _Facts:
    tree = _tree(function)
    if tree is None:
        return _Facts()
    finder = _FactFinder()
    finder.visit(tree)
    members = {name: frozenset(used) for name, used in finder.members.items()}
    return _Facts(
        names=frozenset(finder.names),
        called=frozenset(finder.called),
        state=frozenset(finder.state),
        members=members,
        reads=tuple(finder.reads),
    )


def _is_own_file(module: str) -> bool:
    top = module.partition(".")[0]
    if not top or top in sys.stdlib_module_names or top == "smeflow":
        return not top
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        return True
    return spec is None or not _in_library(spec.origin or "")


@lru_cache(maxsize=1024)
def _names_in(code: CodeType) -> frozenset[str]:
    """Give the names that compiled code looks up outside of itself, and those of functions inside it."""
    inner = (_names_in(each) for each in code.co_consts if isinstance(each, CodeType))
    return frozenset({*code.co_names, *code.co_freevars}).union(*inner)


@lru_cache(maxsize=1024)
def _is_own(module: str, home: str) -> bool:
    """Tell whether a module is the user's own: in the package of the step, or no library's."""
    top = module.partition(".")[0]
    if top in {"smeflow", "builtins"} or (top in sys.stdlib_module_names and top != "__main__"):
        return False
    if module == home or top == home.partition(".")[0]:
        return True
    file = getattr(sys.modules.get(module), "__file__", None)  # foreign: a module typed at a prompt has none
    return not file or not _in_library(str(file))


@lru_cache(maxsize=512)
def _in_library(file: str) -> bool:
    places = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    return any(file.startswith(place) for place in places) or "site-packages" in file


def _plain(value: object) -> Any:
    """Write a constant as what JSON holds, the same in every process.

    Raises:
        TypeError: It is no constant.
    """
    match value:
        case None | bool() | int() | float() | str():
            return value
        case Enum():
            return [type(value).__name__, value.name]
        case bytes():
            return hashlib.sha256(value).hexdigest()
        case Mapping():
            return ["mapping", [[_plain(key), _plain(each)] for key, each in value.items()]]
        case set() | frozenset():
            return ["set", sorted(str(_plain(each)) for each in value)]
        case Sequence():
            return [_plain(each) for each in value]
    return _plain_object(value)


def _plain_object(value: object) -> Any:
    match value:
        case re.Pattern():
            return ["pattern", value.pattern, value.flags]
        case Decimal() | date() | time() | timedelta() | PurePath() | range():
            return [type(value).__name__, str(value)]
        case BaseModel():
            return [type(value).__name__, value.model_dump_json()]
    if is_dataclass(value) and not isinstance(value, type):
        members = {each.name: getattr(value, each.name) for each in fields(value)}
        return [type(value).__name__, _plain(members)]
    raise TypeError(type(value).__name__)


def _described(kind: type) -> Any:
    """Describe a class whose source is not to be had."""
    if issubclass(kind, BaseModel):
        return kind.model_json_schema()
    if issubclass(kind, Enum):
        return [[each.name, repr(each.value)] for each in kind]
    return sorted(name for name in vars(kind) if not name.startswith("__"))


@lru_cache(maxsize=1024)
def _source(thing: Any) -> str | None:
    tree = _tree(thing)
    return None if tree is None else ast.dump(tree, annotate_fields=False)


@lru_cache(maxsize=1024)  # reading and parsing the source costs half a millisecond, and code does not change
def _tree(thing: Any) -> ast.Module | None:
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(thing)))
    except (OSError, TypeError, SyntaxError):  # typed at a prompt, or built in
        return None


@lru_cache(maxsize=1024)
def _digest(thing: Any) -> str:
    return sha256(_code(thing))


@lru_cache(maxsize=256)
def _code(function: Callable[..., Any]) -> str:
    source = _source(function)
    if source is not None:
        return source
    code = getattr(function, "__code__", None)  # foreign: a callable of the user's need not be a function
    return hashlib.sha256(code.co_code).hexdigest() + repr(code.co_consts) if code else repr(function)
