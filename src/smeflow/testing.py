"""Tests for recipes and steps: models that say what they are told, one that is recorded, and what must hold.

A public door: `pytest` finds the fixtures in `smeflow.pytest_plugin` by itself where smeflow is installed.
"""

import ipaddress
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from smeflow._doors import open_door
from smeflow._text import sha256
from smeflow.i18n import say
from smeflow.review.choosing import WorkspaceItem

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel

    from smeflow.core.case import Case
    from smeflow.engine.run import RunSummary
    from smeflow.llm.interface import LLM
    from smeflow.llm.router import ModelSet
    from smeflow.llm.testing import Recorded, Scripted
    from smeflow.recipe.load import Recipe
    from smeflow.workspace import Workspace

__all__ = [
    "Difference",
    "ExpectedCheck",
    "Recorded",
    "Scripted",
    "TrialRun",
    "case_from",
    "check_expected",
    "differences",
    "no_network",
    "proven",
    "run_recipe",
    "write_expected",
]
__getattr__, __dir__ = open_door(__name__, {"smeflow.llm.testing": "Recorded Scripted"})
T = TypeVar("T")
Documents = Sequence[Path | str] | Mapping[str, str | bytes | Path] | Path | str
"""Files, a folder of files, or texts and bytes by the name of a file."""


def case_from(document: Path | str) -> "Case":
    """Make a case of a file: a PDF, a mail, an XML invoice, a text.

    Raises:
        DocumentError: It cannot be read.
        OSError: It is not there.
    """
    from smeflow.core.case import Case
    from smeflow.documents.read import read

    path = Path(document)
    return Case.of(read(path), id=path.name)


@dataclass(frozen=True, kw_only=True)
class TrialRun:
    """What a recipe made of documents in a test."""

    summary: "RunSummary"
    items: tuple[WorkspaceItem, ...]
    """One for each document, or part of one, in order."""

    def __getitem__(self, name: str) -> WorkspaceItem:
        """Give the item of the file called *name*.

        Raises:
            LookupError: There is none; the message names those there are.
        """
        for item in self.items:
            if name in (item.name, item.key):
                return item
        names = ", ".join(item.name for item in self.items)
        raise LookupError(str(say("There is no item {name}; there are: {names}", name=name, names=names)))


def run_recipe(
    recipe: "Recipe | Path | str",
    documents: Documents | None = None,
    *,
    llm: "str | LLM | BaseChatModel | ModelSet" = "none",
    settings: Mapping[str, str] | None = None,
) -> TrialRun:
    """Run *recipe* on *documents* in a folder of its own that is gone afterwards: nothing is written or sent.

    Its ledger, inbox and sinks are left alone; without *documents* its own source is read. No model is asked
    but *llm*: `Scripted`, `Recorded`, or one that is named.

    Raises:
        RecipeError: The recipe has mistakes.
        SmeflowError: The run failed, as `Workspace.run` says.
    """
    from smeflow.files.folder import Folder
    from smeflow.recipe.load import Recipe, load
    from smeflow.workspace import Workspace

    plan = recipe if isinstance(recipe, Recipe) else load(recipe, settings=settings)
    start = plan.path if plan.path != Path() else Path.cwd()
    with tempfile.TemporaryDirectory(prefix="smeflow-test-") as folder:
        if documents is not None:
            inbox = Path(folder) / "inbox"
            inbox.mkdir()
            _lay_out(documents, inbox)
            plan = replace(plan, source=Folder(folder=str(inbox)))
        workspace = Workspace(start, state=Path(folder) / "state")
        workspace.settings = replace(workspace.settings, audit_heads=None)
        summary = workspace.run(replace(plan, sinks=()), llm=llm, consent=True)
        return TrialRun(summary=summary, items=tuple(workspace.items(plan)))


def _lay_out(documents: Documents, inbox: Path) -> None:
    if isinstance(documents, str | Path):
        documents = [Path(documents)]
    if isinstance(documents, Mapping):
        for name, content in documents.items():
            if isinstance(content, Path):
                shutil.copyfile(content, inbox / name)
            else:
                data = content if isinstance(content, bytes) else content.encode()
                (inbox / name).write_bytes(data)
        return
    for each in map(Path, documents):
        if each.is_dir():
            shutil.copytree(each, inbox, dirs_exist_ok=True)
        else:
            shutil.copyfile(each, inbox / each.name)


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One value that is not what it should be."""

    name: str
    expected: str
    found: str
    why: str = ""
    """What is known of the value that was found: its quote, what speaks against it."""

    def __str__(self) -> str:
        said = say(
            "{name}: expected {expected}, found {found}",
            name=self.name,
            expected=self.expected or "–",
            found=self.found or "–",
        )
        return f"{said} ({self.why})" if self.why else str(said)


def differences(expected: Mapping[str, Any], result: Any) -> tuple[Difference, ...]:
    """Compare a step's *result* with *expected* values by name, inner ones with a dot, as `evaluate` does.

    Amounts are compared by value, text without case, accents and doubled spaces; what is not named is not
    compared. Of an extraction the names are those of its record.
    """
    from smeflow.evaluate.scoring import compare_values, flatten, values_of_result

    values, wanted = values_of_result(result), flatten(expected)
    scored = compare_values(values, wanted)
    wrong = [
        Difference(name=field.name, expected=field.expected, found=field.found, why=_why(result, field.name))
        for field in scored
        if field.verdict != "right"
    ]
    known, compared = ", ".join(values), {field.name for field in scored}
    unknown = [
        Difference(name=name, expected=str(value), found="", why=str(say("it has: {names}", names=known)))
        for name, value in wanted.items()
        if name not in compared
    ]
    return (*wrong, *unknown)


def _why(result: Any, name: str) -> str:
    from smeflow.extract.result import Extraction

    reading = result.fields.get(name) if isinstance(result, Extraction) else None
    if reading is None:
        return ""
    rivals = "; ".join(f"{rival.value}: {rival.why or ''}".rstrip(": ") for rival in reading.rivals[:3])
    parts = (f'"{reading.quote}"' if reading.quote else "", str(reading.note or ""), rivals)
    return ", ".join(part for part in parts if part)


def proven(result: Any, **expected: Any) -> None:
    """Assert that an extraction is proven, with the values *expected* of its record.

    Raises:
        AssertionError: It is not; the message names each value that differs, with its quote and its rivals,
            and each check that failed.
    """
    from smeflow.extract.result import Extraction

    if not isinstance(result, Extraction):
        raise TypeError(f"proven() takes the result of an Extract step, not {type(result).__name__}")
    lines = [str(each) for each in differences(expected, result)]
    if not result.proven:
        lines.append(str(say("it is not proven")))
        failed = [check for check in result.checks if check.passed is False]
        lines += [f"{check.name}: {check.detail}" if check.detail else check.name for check in failed]
        lines += map(str, result.problems)
        open_fields = [name for name, reading in result.fields.items() if reading.rivals]
        lines += [
            f"{name} = {result.fields[name].value or '–'}: {_why(result, name)}" for name in open_fields
        ]
    if lines:
        raise AssertionError("\n  ".join([f"{type(result.record).__name__}:", *dict.fromkeys(lines)]))


@dataclass(frozen=True, kw_only=True)
class ExpectedCheck:
    """What became of one document whose results people approved."""

    file: str
    differences: tuple[Difference, ...] = ()
    """Each under its step: ``invoice.number``."""


def write_expected(workspace: "Workspace", recipe: "Recipe", file: Path) -> int:
    """Write what people approved as it was found into *file*, and its documents into a folder beside it.

    Gives how many. What a person corrected is left out, since the recipe does not give it; so are rows of
    tables, and parts of what was split.

    Raises:
        LedgerError: There is no ledger yet.
        OSError: The files cannot be written.
    """
    from smeflow.ledger.ledger import Ledger
    from smeflow.review.decisions import approved_as_found

    papers, lines = file.with_suffix(""), list[str]()
    finished = {item.id: item for item in workspace.items(recipe, state="done")}
    with Ledger.open(workspace.state, create=False, url=workspace.ledger_url) as ledger:
        approved = [(row.id, ledger.data(row)) for row in approved_as_found(ledger, recipe.name)]
    for number, data in approved:
        item = finished[number]
        name = f"{sha256(data)[:8]}-{Path(item.name).name}"
        papers.mkdir(parents=True, exist_ok=True)
        (papers / name).write_bytes(data)
        results = {step: _plain_values(value) for step, value in item.results.items()}
        known = {step: values for step, values in results.items() if values is not None}
        line = {"file": f"{papers.name}/{name}", "results": known}
        lines.append(json.dumps(line, ensure_ascii=False, default=str))
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return len(lines)


def _plain_values(value: Any) -> dict[str, Any] | None:
    from smeflow.core.case import Skipped
    from smeflow.evaluate.scoring import values_of_result

    if isinstance(value, Skipped):
        return None
    return {name: each for name, each in values_of_result(value).items() if each is not None}


def check_expected(
    recipe: "Recipe", file: Path, *, llm: "str | LLM | BaseChatModel | ModelSet" = "none"
) -> tuple[ExpectedCheck, ...]:
    """Run *recipe* on the documents of *file*, as `write_expected` made it, and compare what each step gives.

    Raises:
        ValueError: A line of *file* is not of this kind.
        OSError: A document is not there.
        SmeflowError: The run failed.
    """
    expected: dict[str, Mapping[str, Any]] = {}
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        try:
            read = json.loads(line)
            expected[read["file"]] = dict(read["results"])
        except (ValueError, KeyError, TypeError) as error:
            phrase = say("{place}: this is no line of expected results", place=f"{file.name}:{number}")
            raise ValueError(phrase) from error
    outcome = run_recipe(recipe, {Path(name).name: file.parent / name for name in expected}, llm=llm)
    checks = []
    for name, results in expected.items():
        item = outcome[Path(name).name]
        wrong = [each for step, values in results.items() for each in _differing(item, step, values)]
        checks.append(ExpectedCheck(file=name, differences=tuple(wrong)))
    return tuple(checks)


def _differing(item: WorkspaceItem, step: str, values: Mapping[str, Any]) -> Iterator[Difference]:
    from smeflow.core.case import Skipped

    result = item.results.get(step)
    if result is None or isinstance(result, Skipped):
        why = str(result.why) if result is not None else "; ".join(map(str, item.reasons))
        shown = ", ".join(f"{name} {value}" for name, value in values.items())
        yield Difference(name=step, expected=shown, found="", why=why)
        return
    for each in differences(values, result):
        yield replace(each, name=f"{step}.{each.name}")


class _NetworkGuard:
    """Watches every way of connecting, whichever library is used. An audit hook stays, so there is one."""

    def __init__(self) -> None:
        self.active = 0
        self.refused: list[str] = []
        sys.addaudithook(self.watch)

    def watch(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Refuse what leads away from this machine."""
        if not self.active:
            return
        if event in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
            address = arguments[1] if len(arguments) > 1 else None
            host = address[0] if isinstance(address, tuple) and address else None  # else a socket of a file
        elif event in {"socket.getaddrinfo", "socket.gethostbyname"}:
            host = arguments[0]
        else:
            return
        if not _is_here(host):
            self.refused.append(f"{event} {host}")
            raise _left_the_machine(self.refused[-1:])


def _left_the_machine(refused: Sequence[str]) -> PermissionError:
    return PermissionError(str(say("a test may not leave this machine: {what}", what="; ".join(refused))))


def _is_here(host: object) -> bool:
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if name is None or name in {"", "localhost"}:
        return True
    try:
        address = ipaddress.ip_address(str(name).partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


@cache
def _network_guard() -> _NetworkGuard:
    return _NetworkGuard()


@contextmanager
def no_network() -> Iterator[None]:
    """Refuse every connection that leaves this machine while the block runs; loopback stays open.

    Raises:
        PermissionError: Something tried; at the end of the block too, in case a library swallowed it.
    """
    guard = _network_guard()
    guard.active += 1
    seen = len(guard.refused)
    try:
        yield
    finally:
        guard.active -= 1
    if refused := guard.refused[seen:]:
        raise _left_the_machine(refused)
