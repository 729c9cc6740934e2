"""Write ``docs/reference.md`` and ``docs/reference/``: every public name, from its docstring.

Usage: ``python scripts/reference.py``. A test compares the pages with what this gives, and refuses a public
name, method or property without a docstring.
"""

import ast
import importlib
import inspect
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import cast

ROOT = Path(__file__).resolve().parent.parent
DOORS: Mapping[str, str] = {
    "smeflow": "What a script or a notebook begins with.",
    "smeflow.steps": "The steps of recipes and scripts, and their results.",
    "smeflow.sources": "Where the cases of a recipe come from.",
    "smeflow.sinks": "Where the results of a recipe go.",
    "smeflow.records": "What documents are read into; e-invoices read, checked and written.",
    "smeflow.testing": "What tests of steps and recipes need.",
    "smeflow.kinds": "For authors of steps, sources, sinks and records.",
    "smeflow.errors": "What may go wrong, as one tree.",
}
HEAD = "<!-- Written by scripts/reference.py from the docstrings. -->\n"
ROLE = re.compile(r"``([^`]+)``")
RAISED = re.compile(r"^([\w.]+):")
Function = ast.FunctionDef | ast.AsyncFunctionDef
SECTION = re.compile(r"^(Raises|Returns|Yields|Args):$", re.MULTILINE)


@dataclass
class PublicName:
    """A name behind a door, with what its source says."""

    name: str
    door: str
    value: object
    summary: str
    body: list[str] = field(default_factory=list)
    undocumented: list[str] = field(default_factory=list)
    """What has no docstring: the name itself, or a method or property of it."""


def public_names(door: str) -> list[str]:
    """Give what stands behind *door*, as its ``__all__`` says, or as it defines it."""
    module = importlib.import_module(door)
    listed: list[str] | None = getattr(module, "__all__", None)
    if listed is not None:
        return list(listed)
    here = [name for name, value in vars(module).items() if _defined_in(value, door)]
    return [name for name in here if not name.startswith("_")]


def _defined_in(value: object, module: str) -> bool:
    return (inspect.isclass(value) or inspect.isfunction(value)) and value.__module__ == module


def described(name: str, door: str) -> PublicName:
    """Say what *name* behind *door* is: its signature, its docstring, its fields and methods."""
    value = getattr(importlib.import_module(door), name)
    if inspect.isclass(value):
        return _class(PublicName(name, door, value, ""), value)
    if inspect.isfunction(value):
        node = cast("Function", _source_tree(value).body[0])
        public = PublicName(name, door, value, _first(value.__doc__))
        public.body = ["```python", signature(node), "```", "", markdown(value.__doc__ or "")]
        public.undocumented = [] if value.__doc__ else [f"{door}.{name}"]
        return public
    text = _docstring_beneath(name, door)
    public = PublicName(name, door, value, _first(text), [markdown(text)])
    public.undocumented = [] if text else [f"{door}.{name}"]
    return public


def _class(public: PublicName, value: type) -> PublicName:
    where = f"{public.door}.{public.name}"
    text = vars(value).get("__doc__") or ""
    text = "" if text.startswith(f"{value.__name__}(") else text  # what a dataclass writes by itself
    public.summary = _first(text)
    public.undocumented += [] if text else [where]
    bases = [f"`{base.__name__}`" for base in value.__bases__ if base.__module__.startswith("smeflow.")]
    public.body += [f"*A kind of {', '.join(bases)}.*", ""] if bases else []
    public.body += [markdown(text), ""]
    fields, methods = _members(value)
    if fields:
        public.body += [*fields, ""]
    for node in methods:
        told = ast.get_docstring(node) or _inherited(value, node.name)
        public.undocumented += [] if told else [f"{where}.{node.name}"]
        public.body += [f"**`{_call(node)}`**", "", markdown(told), ""]
    return public


def _members(value: type) -> tuple[list[str], list[Function]]:
    fields: dict[str, str] = {}
    methods: dict[str, Function] = {}
    for owner in reversed(value.__mro__):
        if not owner.__module__.startswith("smeflow."):
            continue
        tree = cast("ast.ClassDef", _source_tree(owner).body[0])
        for node, after in zip(tree.body, [*tree.body[1:], None], strict=True):
            if isinstance(node, ast.AnnAssign | ast.Assign):
                name = _assigned(node)
                if name and not name.startswith("_") and name != "model_config":
                    fields[name] = _field(name, node, after)
                if _is_class_variable(node) and "`:" not in fields.get(name, "`:"):
                    del fields[name]
            elif isinstance(node, Function) and _shown(node) and (owner is value or owner.__name__[0] == "_"):
                methods[node.name] = node
            elif isinstance(node, ast.FunctionDef) and issubclass(value, Exception):
                fields |= _data_of(node)
    return list(fields.values()), list(methods.values())


def _is_class_variable(node: ast.AnnAssign | ast.Assign) -> bool:
    return isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation).startswith("ClassVar")


def _data_of(init: ast.FunctionDef) -> dict[str, str]:
    """Give what an error knows besides its sentence: it is made with the same names."""
    given = [*init.args.args[1:], *init.args.kwonlyargs] if init.name == "__init__" else []
    kinds = {a.arg: f": {ast.unparse(a.annotation)}" if a.annotation else "" for a in given}
    return {name: f"- `{name}{kind}`" for name, kind in kinds.items() if name != "phrase"}


def _assigned(node: ast.AnnAssign | ast.Assign) -> str:
    target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
    return target.id if isinstance(target, ast.Name) else ""


def _field(name: str, node: ast.AnnAssign | ast.Assign, after: ast.stmt | None) -> str:
    kind = f": {ast.unparse(node.annotation)}" if isinstance(node, ast.AnnAssign) else ""
    plain = isinstance(node.value, ast.Constant | ast.UnaryOp | ast.Tuple)
    default = f" = {ast.unparse(node.value)}" if plain and node.value is not None else ""
    said = ""
    if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
        said = inspect.cleandoc(str(after.value.value)).replace("\n", " ")
    elif isinstance(node.value, ast.Call):
        words = [k.value for k in node.value.keywords if k.arg == "description"]
        said = next((str(word.value) for word in words if isinstance(word, ast.Constant)), "")
    return f"- `{name}{kind}{default}`" + (f": {_inline(said)}" if said else "")


def _shown(node: Function) -> bool:
    decorators = {ast.unparse(d).partition("(")[0].rpartition(".")[2] for d in node.decorator_list}
    hidden = {"overload", "field_validator", "model_validator", "model_serializer", "field_serializer"}
    if decorators & (hidden | {"setter"}):
        return False
    return not node.name.startswith("_") or node.name in {"__getitem__", "__call__", "__iter__"}


def _inherited(value: type, name: str) -> str:
    return inspect.getdoc(getattr(value, name, None)) or ""


def _call(node: Function) -> str:
    if any(ast.unparse(d) in {"property", "cached_property", "computed_field"} for d in node.decorator_list):
        return f"{node.name}: {ast.unparse(node.returns)}" if node.returns else node.name
    return " ".join(signature(node, leave_out_self=True).removesuffix(": ...").split())


def signature(node: Function, *, leave_out_self: bool = False) -> str:
    """Give a function's head as it is written, on several lines where one would be too long."""
    start = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
    arguments = ast.unparse(node.args)
    if leave_out_self:
        arguments = re.sub(r"^(self|cls)(, /)?(, |$)", "", arguments)
        start = "async" if start.startswith("async") else ""
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    line = f"{start} {node.name}({arguments}){returns}".strip()
    if len(line) <= 100 or leave_out_self:
        return line
    split = ",\n    ".join(_split_arguments(arguments))
    return f"{start} {node.name}(\n    {split},\n){returns}"


def _split_arguments(text: str) -> Iterator[str]:
    depth, start = 0, 0
    for place, letter in enumerate(text):
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and not depth:
            yield text[start:place].strip()
            start = place + 1
    yield text[start:].strip()


@cache
def _source_tree(value: type | object) -> ast.Module:
    return ast.parse(textwrap.dedent(inspect.getsource(value)))  # type: ignore[arg-type]


def _docstring_beneath(name: str, door: str) -> str:
    """Find what stands beneath a constant or an alias in the module that defines it."""
    for module in _modules_of(door):
        body = ast.parse(inspect.getsource(module)).body
        for node, after in pairwise(body):
            if isinstance(node, ast.AnnAssign | ast.Assign) and _assigned(node) == name:
                text = after.value if isinstance(after, ast.Expr) else None
                return str(text.value) if isinstance(text, ast.Constant) else ""
    return ""


def _modules_of(door: str) -> Iterator[ModuleType]:
    module = importlib.import_module(door)
    yield module
    tree = ast.parse(inspect.getsource(module))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("smeflow."):
            yield importlib.import_module(str(node.module))


def _first(text: str | None) -> str:
    paragraph = inspect.cleandoc(text or "").partition("\n\n")[0].replace("\n", " ")
    return _inline(re.split(r"(?<=[a-z)`])\. ", paragraph)[0]).rstrip(".:")


def _inline(text: str) -> str:
    return re.sub(r":{2}$", ":", ROLE.sub(r"`\1`", text), flags=re.MULTILINE)


def markdown(docstring: str) -> str:
    """Give a docstring as Markdown: sections of errors as lists, literals in one pair of backticks."""
    text = _inline(inspect.cleandoc(docstring))
    parts = SECTION.split(text)
    lines = [_paragraphs(parts[0].strip())]
    for title, body in zip(parts[1::2], parts[2::2], strict=True):
        inside, _, rest = body.strip("\n").partition("\n\n")
        entries = re.sub(r"\n\s{2,}", " ", textwrap.dedent(inside)).splitlines()
        lines += ["", f"{title}:", ""]
        lines += ["- " + RAISED.sub(r"`\1`:", entry) for entry in entries]
        lines += ["", _paragraphs(rest.strip())] if rest.strip() else []
    return "\n".join(lines).strip()


def _paragraphs(text: str) -> str:
    """Keep what is drawn with spaces (a tree, an example) as it is."""
    parts = text.split("\n\n")
    drawn = [any(line.startswith("    ") or "──" in line for line in part.splitlines()) for part in parts]
    return "\n\n".join(
        f"```text\n{textwrap.dedent(part)}\n```" if fixed else part
        for part, fixed in zip(parts, drawn, strict=True)
    )


def pages() -> dict[Path, str]:
    """Give each page of the reference by its path below ``docs``."""
    written: dict[int, str] = {}
    index = [
        HEAD,
        "# Reference",
        "",
        "Every public name, with what its docstring promises. Whatever is not here",
    ]
    index += ["may change without a word: see [what stays](deprecation.md).", ""]
    out: dict[Path, str] = {}
    for door, about in DOORS.items():
        page = Path("reference") / f"{door}.md"
        body = [HEAD, f"# `{door}`", "", about, ""]
        if door == "smeflow.errors":
            tree = inspect.cleandoc(importlib.import_module(door).__doc__ or "").partition("::\n\n")[2]
            body += [markdown(textwrap.dedent(tree.rpartition("\n\n")[0])), ""]
        index += [f"## [`{door}`](reference/{door}.md)", "", about, "", "| name | |", "|---|---|"]
        for name in public_names(door):
            public = described(name, door)
            home = written.setdefault(id(public.value), door)
            link = f"reference/{home}.md#{name.lower()}"
            summary = public.summary.replace("|", "\\|")
            index.append(f"| [`{name}`]({link}) | {summary} |")
            seen = [f"See [`{home}.{name}`]({home}.md#{name.lower()})."]
            body += [f"## {name}", "", *(public.body if home == door else seen), ""]
        index.append("")
        out[page] = re.sub(r"\n{3,}", "\n\n", "\n".join(body)).rstrip() + "\n"
    out[Path("reference.md")] = "\n".join(index).rstrip() + "\n"
    return out


def undocumented() -> list[str]:
    """Name the public names, methods and properties that say nothing of themselves."""
    return [
        gap for door in DOORS for name in public_names(door) for gap in described(name, door).undocumented
    ]


if __name__ == "__main__":
    for path, text in pages().items():
        target = ROOT / "docs" / path
        target.parent.mkdir(exist_ok=True)
        target.write_text(text, encoding="utf-8")
    for gap in undocumented():
        print("no docstring:", gap)
