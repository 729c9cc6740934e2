"""What a command was given: options, settings, the language, the ledger, an item, what to try a step on."""

import os
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from smeflow.cli.exits import UsageProblem, refuse_document
from smeflow.documents.document import MAIL
from smeflow.errors import LedgerError, SmeflowError, UnreadableDocument, os_error_reason
from smeflow.i18n import LANGUAGES, Language, Phrase, language_of, say
from smeflow.review.choosing import WORKSPACE_FILE, items_called, recipe_file, state_folder
from smeflow.review.choosing import person_name as name_of_person

if TYPE_CHECKING:
    from smeflow.core.case import Case, Step
    from smeflow.ledger.ledger import Ledger
    from smeflow.ledger.postgres_connection import LedgerUrl
    from smeflow.ledger.rows import ItemRow
    from smeflow.recipe.load import Recipe

Files = Annotated[list[Path], typer.Argument(help="Files, or folders of files.", show_default=False)]
HERE = Path()
RecipeFile = Annotated[
    Path,
    typer.Argument(
        metavar="RECIPE",
        help="The recipe: a .yaml file, or a folder with a recipe.yaml; else this folder's.",
        show_default=False,
    ),
]
Llm = Annotated[
    str,
    typer.Option(
        "--llm",
        metavar="NAME",
        help="A model such as mistral/mistral-small-latest, auto (what is allowed), or none.",
    ),
]
OtherLlm = Annotated[
    str,
    typer.Option("--llm", metavar="NAME", help="Another model than the recipe says; none asks no model."),
]
Yes = Annotated[
    bool, typer.Option("--yes", help="Agree to a provider that is asked for the first time in this folder.")
]
State = Annotated[
    Path | None,
    typer.Option(
        "--state", metavar="DIR", help="Where the ledger is kept; else .smeflow beside smeflow.toml."
    ),
]
Settings = Annotated[
    list[str],
    typer.Option(
        "--set", metavar="KEY=VALUE", help="Set a value of the recipe, such as source.table=in.csv."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Jsonl = Annotated[bool, typer.Option("--jsonl", help="Print one line of JSON for each document.")]
LOG_JSON = "--log-json"
LogJson = Annotated[
    bool,
    typer.Option(LOG_JSON, help="Tell what happens on standard error as lines of JSON, and nothing else."),
]
Workers = Annotated[int, typer.Option("--workers", min=1, max=512, help="How many at once.")]
Item = Annotated[
    str,
    typer.Argument(
        metavar="ITEM", help="The item's key or number, as `smeflow status` lists it.", show_default=False
    ),
]
By = Annotated[
    str,
    typer.Option(
        "--by", metavar="NAME", help="Who decides; else SMEFLOW_PERSON, else the name of the login."
    ),
]
RecipeName = Annotated[str, typer.Option("--recipe", metavar="NAME", help="Only this recipe.")]


def parse_settings(written: Sequence[str]) -> dict[str, str]:
    """Read what ``--set`` says of a recipe, by key."""
    settings = {}
    for setting in written:
        key, mark, value = setting.partition("=")
        if not mark or not key:
            raise UsageProblem(
                say("--set {written}: write KEY=VALUE, such as source.table=in.csv", written=setting)
            )
        settings[key] = value
    return settings


LANGUAGE_VARIABLES = ("SMEFLOW_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
"""Which language a person speaks where no firm says so: the first that is set; the last three are POSIX's."""


def language_for(arguments: Sequence[str], here: Path, environ: Mapping[str, str]) -> Language:
    """Choose from ``--lang``, the locale in the nearest ``smeflow.toml``, the environment, else English.

    The workspace is looked for from the first argument that is a file or folder, then from *here*.
    """
    asked = _option(arguments, "--lang")
    if is_spoken(asked):
        return language_of(asked)
    named = [here / a for a in arguments if not a.startswith("-")]
    starts = [p for p in named if p.exists()][:1]
    for start in (*starts, here):
        locale = _workspace_locale(start.resolve())
        if locale:
            return language_of(locale)
    return language_of(next((told for name in LANGUAGE_VARIABLES if (told := environ.get(name))), "en"))


def is_spoken(locale: str) -> bool:
    """Tell whether people are spoken to in the language of *locale*: ``fr``, ``fr-FR``, ``en_GB``."""
    return re.split("[-_.]", locale.lower())[0] in LANGUAGES


def require_spoken(locale: str) -> None:
    """Refuse what ``--lang`` asks for where nobody speaks it here."""
    if locale and not is_spoken(locale):
        raise UsageProblem(
            say("--lang {written}: choose from {known}", written=locale, known=", ".join(LANGUAGES))
        )


def _option(arguments: Sequence[str], name: str) -> str:
    for before, argument in zip(("", *arguments), arguments, strict=False):
        if before == name:
            return argument
        if argument.startswith(f"{name}="):
            return argument.partition("=")[2]
    return ""


def _workspace_locale(start: Path) -> str:
    """Read ``company.locale`` of the nearest workspace; a broken file is told by the command, not here."""
    for folder in (start, *start.parents):
        file = folder / WORKSPACE_FILE
        if file.is_file():
            try:
                company = tomllib.loads(file.read_text(encoding="utf-8")).get("company", {})
            except (OSError, ValueError):
                return ""
            return str(company.get("locale", "")) if isinstance(company, dict) else ""
    return ""


def ledger_url(state: Path | None, start: Path) -> "LedgerUrl | None":
    """Give where the ledger is in PostgreSQL; None: it is a file, as whoever gives ``--state`` means."""
    from smeflow.recipe.workspace import WorkspaceSettings

    return WorkspaceSettings.find(start).ledger_url if state is None else None


def open_ledger(state: Path | None, start: Path) -> "Ledger":
    """Open the ledger that is there; a command that only reads makes none."""
    from smeflow.ledger.ledger import Ledger

    folder, url = state_folder(state, start), ledger_url(state, start)
    if url is None and not folder.is_dir():
        raise UsageProblem(
            say(
                "There is no ledger in {folder}. Run a recipe first, or name the folder with --state.",
                folder=folder,
            )
        )
    ledger = Ledger.open(folder, create=False, url=url)
    if ledger.mended_notice is not None:
        language = language_for((), folder, os.environ)
        typer.echo(ledger.mended_notice.render(language), err=True)
    return ledger


def steps_of_recipe(recipe: str, state: Path | None, file: Path | None) -> "dict[str, Step[Any]]":
    """Give the steps of the recipe called *recipe*, by name; its file is looked for beside the ledger."""
    return {entry.step.name: entry.step for entry in find_recipe(recipe, state, file).entries}


def find_recipe(recipe: str, state: Path | None, file: Path | None) -> "Recipe":
    """Read the recipe called *recipe*; its file is looked for beside the ledger."""
    if file is None:
        root = state_folder(state, Path.cwd()).parent
        file = recipe_file(recipe, Path.cwd(), root)
    if file is None:
        raise UsageProblem(
            say("The file of recipe {recipe} is not here. Name it with --file.", recipe=recipe)
        )
    return load_recipe(file)


def _refuse_settings(path: Path) -> None:
    refuse_document(path)
    if path.suffix == ".toml":
        raise UsageProblem(
            say("{path} is what recipes share and is none. Name a .yaml file or its folder.", path=path)
        )


def load_recipe(file: Path, settings: Sequence[str] = ()) -> "Recipe":
    """Read the recipe in *file*, with what ``--set`` says of it and what the environment holds."""
    from smeflow.recipe.load import load

    _refuse_settings(file)
    return load(file, settings=parse_settings(settings), environ=os.environ)


def find_item(ledger: "Ledger", asked: str, recipe: str = "") -> "ItemRow":
    """Find an item by its number, its key, or the end of its key where only one item has it."""
    matches = items_called(ledger, asked, recipe)
    if len(matches) == 1:
        return matches[0]
    if not matches:
        raise UsageProblem(
            say("There is no item {item}. See them all with: smeflow status --all", item=asked)
        )
    choices = ", ".join(f"{row.id} ({row.recipe}: {row.key})" for row in matches[:5])
    raise UsageProblem(say("{item} may be any of {choices}. Give the number.", item=asked, choices=choices))


def person_name(by: str) -> str:
    """Give the name a decision is kept under."""
    try:
        return name_of_person(by)
    except LedgerError as error:
        raise UsageProblem(error.phrase) from error


def recipe_files(paths: list[Path]) -> list[Path]:
    """Give the recipes that are named, or that lie in the folders named."""
    files: list[Path] = []
    for path in paths:
        if (path / "recipe.yaml").is_file():
            files.append(path / "recipe.yaml")
        elif path.is_dir():
            inside = sorted(p for p in (*path.glob("*.yaml"), *path.glob("*.yml")) if _is_recipe(p))
            if not inside:
                raise UsageProblem(
                    say("There is no recipe in {folder}. Make one with: smeflow init", folder=path)
                )
            files.extend(inside)
        elif path.is_file():
            _refuse_settings(path)
            files.append(path)
        else:
            raise UsageProblem(say("{path} does not exist. Check the name.", path=path))
    return files


def _is_recipe(path: Path) -> bool:
    text = path.read_text(encoding="utf-8", errors="replace")
    return any(line.startswith("recipe:") for line in text.splitlines())


@dataclass(frozen=True, kw_only=True)
class StepInput:
    """One thing to try the step on: how to call it, and how to make a case of it."""

    name: str
    key: str = "file"
    """What the name is: ``file``, or ``id`` for a line of a ``.jsonl``."""
    case: "Callable[[], Case]"


def why_unusable(error: SmeflowError | OSError, name: str) -> Phrase:
    """Say why the file *name* cannot be used."""
    if isinstance(error, SmeflowError):
        return error.phrase
    if isinstance(error, FileNotFoundError):
        return say("{path} does not exist. Check the name.", path=name)
    return say("{path}: {why}. Check the place and run again.", path=name, why=os_error_reason(error))


def files_as_inputs(files: Iterable[Path]) -> list[StepInput]:
    """Make an input of every file; of a folder, of every file in it."""
    return [_file_input(file) for file in _files_in(files)]


def texts_as_inputs(files: Iterable[Path]) -> list[StepInput]:
    """Make an input of every mail or text, of every mail in ``.mbox`` and every line of ``.jsonl``.

    A line is ``{"id", "subject", "text"}``.
    """
    inputs: list[StepInput] = []
    for file in _files_in(files):
        of = _INPUTS_BY_ENDING.get(file.suffix.lower())
        inputs.extend(of(file) if of is not None else [_file_input(file)])
    return inputs


def _files_in(files: Iterable[Path]) -> Iterator[Path]:
    for file in files:
        if file.is_dir():
            yield from sorted(p for p in file.iterdir() if p.is_file() and not p.name.startswith("."))
        else:
            yield file


def _file_input(file: Path) -> StepInput:
    def case() -> "Case":
        from smeflow.core.case import Case
        from smeflow.documents.read import read

        return Case.of(read(file), id=str(file))

    return StepInput(name=str(file), case=case)


def _mails_in_archive(file: Path) -> Iterator[StepInput]:
    """Make an input of each mail in an archive; one that holds none is told as a file is."""
    from smeflow.documents.archives import mails_in
    from smeflow.documents.document import Limits

    number = 0
    try:
        with file.open("rb") as stream:
            for number, data in enumerate(mails_in(stream, Limits().bytes), 1):
                yield _mail_input(f"{file}#{number}", data)
    except OSError as error:
        yield _unusable_input(str(file), "file", why_unusable(error, str(file)))
        return
    if not number:
        yield _file_input(file)


def _mail_input(name: str, data: bytes | None) -> StepInput:
    if data is None:
        return _unusable_input(name, "file", say("{name} is larger than a mail may be here.", name=name))

    def case() -> "Case":
        from smeflow.core.case import Case
        from smeflow.documents.read import read

        return Case.of(read(data, name=name, media_type=MAIL), id=name)

    return StepInput(name=name, case=case)


def _lines_of_jsonl(file: Path) -> Iterator[StepInput]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        yield _unusable_input(str(file), "file", why_unusable(error, str(file)))
        return
    except UnicodeDecodeError:
        phrase = say("{path} is no UTF-8 text. Save it as UTF-8.", path=file)
        yield _unusable_input(str(file), "file", phrase)
        return
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            yield _line_input(file, number, line)


def _unusable_input(name: str, key: str, why: Phrase) -> StepInput:
    """Make an input that gives a line with its problem, and stops nothing."""

    def case() -> "Case":
        raise UnreadableDocument(why, name=name)

    return StepInput(name=name, key=key, case=case)


def _line_input(file: Path, number: int, line: str) -> StepInput:
    import json

    try:
        row = json.loads(line)
    except ValueError as error:
        why = say("{file}:{line}: this is no JSON: {why}", file=file, line=number, why=error)
        return _unusable_input(str(number), "id", why)
    text = (row.get("text") or row.get("body")) if isinstance(row, dict) else None
    if not isinstance(text, str):
        why = say('{file}:{line}: a line looks like {{"id", "subject", "text"}}', file=file, line=number)
        name = row.get("id", number) if isinstance(row, dict) else number
        return _unusable_input(str(name), "id", why)
    name = str(row.get("id", number))

    def case() -> "Case":
        from smeflow.core.case import Case
        from smeflow.documents.document import text_document

        fields = {k: str(v) for k, v in row.items() if k not in ("id", "text", "body") and v is not None}
        document = text_document(text, name=name, media_type=MAIL, fields=fields)
        return Case.of(document, id=name)

    return StepInput(name=name, key="id", case=case)


_INPUTS_BY_ENDING: "dict[str, Callable[[Path], Iterator[StepInput]]]" = {
    ".jsonl": _lines_of_jsonl,
    ".mbox": _mails_in_archive,
}
"""What holds several texts, by its ending."""
