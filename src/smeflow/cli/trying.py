"""Try one step on files: read, run, count what it cost, without a ledger. What fails stops nothing else."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smeflow.cli.exits import REJECTED, code_of
from smeflow.documents.base import MAIL
from smeflow.errors import SmeflowError, UnreadableDocument, system_words
from smeflow.i18n import Phrase, say

if TYPE_CHECKING:
    from smeflow.llm.base import LLM
    from smeflow.step import Case, Step


@dataclass(frozen=True, kw_only=True)
class Input:
    """One thing to try the step on: how to call it, and how to make a case of it."""

    name: str
    key: str = "file"
    """What the name is: ``file``, or ``id`` for a line of a ``.jsonl``."""
    case: "Callable[[], Case]"


@dataclass(frozen=True, kw_only=True)
class Tried:
    """What came of one input."""

    input: Input
    value: Any = None
    """The step's result; None where it could not be had."""
    case: "Case | None" = None
    problems: tuple[Phrase | str, ...] = ()
    calls: int = 0
    cost: str = "0"
    """A decimal string, in the provider's currency; several are named, with a plus between them."""
    seconds: float = 0.0


def try_step(
    step: "Step[Any]",
    inputs: Sequence[Input],
    llm: "LLM | None",
    workers: int,
    before: "Sequence[Step[Any]]" = (),
) -> Iterator[Tried]:
    """Run the steps *before*, then *step*, on every input; several at once, results in the inputs' order.

    Raises:
        LLMRejected: The provider rejects every call (key, quota): going on would help nobody.
    """
    with ThreadPoolExecutor(max_workers=max(1, workers)) as pool:
        yield from pool.map(lambda one: _try([*before, step], one, llm), inputs)


def _try(steps: "list[Step[Any]]", one: Input, llm: "LLM | None") -> Tried:
    from smeflow.run import run
    from smeflow.step import Skipped

    started, calls, cost = time.perf_counter(), 0, "0"
    value, case = None, None
    problems: tuple[Phrase | str, ...] = ()
    try:
        case = one.case()
        done = run(steps, case, llm)
        value, case, calls = done.case.results.get(steps[-1].name), done.case, done.calls
        cost = str(done.cost[0].amount) if len(done.cost) == 1 else " + ".join(map(str, done.cost)) or "0"
        value = None if isinstance(value, Skipped) else value
    except (SmeflowError, OSError) as error:
        if code_of(error) == REJECTED:
            raise
        problems = (_why(error, one.name),)
    return Tried(
        input=one,
        value=value,
        case=case,
        problems=problems,
        calls=calls,
        cost=cost,
        seconds=round(time.perf_counter() - started, 3),
    )


def _why(error: SmeflowError | OSError, name: str) -> Phrase:
    if isinstance(error, SmeflowError):
        return error.phrase
    if isinstance(error, FileNotFoundError):
        return say("{path} does not exist. Check the name.", path=name)
    return say("{path}: {why}. Check the place and run again.", path=name, why=system_words(error))


def files_as_inputs(files: Iterable[Path]) -> list[Input]:
    """Make an input of every file; of a folder, of every file in it."""
    return [_file(file) for file in _flat(files)]


def texts_as_inputs(files: Iterable[Path]) -> list[Input]:
    """Make an input of every mail or text, of every mail in ``.mbox`` and every line of ``.jsonl``.

    A line is ``{"id", "subject", "text"}``.
    """
    found: list[Input] = []
    for file in _flat(files):
        of = _OF.get(file.suffix.lower())
        found.extend(of(file) if of is not None else [_file(file)])
    return found


def _flat(files: Iterable[Path]) -> Iterator[Path]:
    for file in files:
        if file.is_dir():
            yield from sorted(p for p in file.iterdir() if p.is_file() and not p.name.startswith("."))
        else:
            yield file


def _file(file: Path) -> Input:
    def case() -> "Case":
        from smeflow.documents.read import read
        from smeflow.step import Case

        return Case.of(read(file), id=str(file))

    return Input(name=str(file), case=case)


def _mails(file: Path) -> Iterator[Input]:
    """Make an input of each mail in an archive; one that holds none is told as a file is."""
    from smeflow.documents.base import Limits
    from smeflow.documents.mbox import mails_in

    number = 0
    try:
        with file.open("rb") as stream:
            for number, data in enumerate(mails_in(stream, Limits().bytes), 1):
                yield _mail(f"{file}#{number}", data)
    except OSError as error:
        yield _unusable(str(file), "file", _why(error, str(file)))
        return
    if not number:
        yield _file(file)


def _mail(name: str, data: bytes | None) -> Input:
    if data is None:
        return _unusable(name, "file", say("{name} is larger than a mail may be here.", name=name))

    def case() -> "Case":
        from smeflow.documents.read import read
        from smeflow.step import Case

        return Case.of(read(data, name=name, media_type=MAIL), id=name)

    return Input(name=name, case=case)


def _lines(file: Path) -> Iterator[Input]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        yield _unusable(str(file), "file", _why(error, str(file)))
        return
    except UnicodeDecodeError:
        phrase = say("{path} is no UTF-8 text. Save it as UTF-8.", path=file)
        yield _unusable(str(file), "file", phrase)
        return
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            yield _line(file, number, line)


def _unusable(name: str, key: str, why: Phrase) -> Input:
    """Make an input that gives a line with its problem, and stops nothing."""

    def case() -> "Case":
        raise UnreadableDocument(why, name=name)

    return Input(name=name, key=key, case=case)


def _line(file: Path, number: int, line: str) -> Input:
    import json

    try:
        row = json.loads(line)
    except ValueError as error:
        why = say("{file}:{line}: this is no JSON: {why}", file=file, line=number, why=error)
        return _unusable(str(number), "id", why)
    text = (row.get("text") or row.get("body")) if isinstance(row, dict) else None
    if not isinstance(text, str):
        why = say('{file}:{line}: a line looks like {{"id", "subject", "text"}}', file=file, line=number)
        name = row.get("id", number) if isinstance(row, dict) else number
        return _unusable(str(name), "id", why)
    name = str(row.get("id", number))

    def case() -> "Case":
        from smeflow.documents.base import text_document
        from smeflow.step import Case

        fields = {k: str(v) for k, v in row.items() if k not in ("id", "text", "body") and v is not None}
        document = text_document(text, name=name, media_type=MAIL, fields=fields)
        return Case.of(document, id=name)

    return Input(name=name, key="id", case=case)


_OF: "dict[str, Callable[[Path], Iterator[Input]]]" = {".jsonl": _lines, ".mbox": _mails}
"""What holds several texts, by its ending."""
