"""``smeflow init``: put a working recipe in a folder."""

import sys
from importlib import resources
from pathlib import Path
from typing import Annotated

import typer

from smeflow.cli.console import Screen
from smeflow.cli.exits import UsageProblem
from smeflow.i18n import Phrase, say
from smeflow.review.choosing import WORKSPACE_FILE

RECIPE = "recipe.yaml"
WORKS: dict[str, Phrase] = {
    "invoices": say("read supplier invoices into a purchase ledger"),
    "receipts": say("read till receipts into a list of expenses"),
    "mail": say("sort mails under labels"),
    "table": say("read fields out of the rows of a table"),
    "report": say("write the monthly report from a table"),
}
"""What a firm can start with; a new one is a pair of files in ``starters`` and a row here."""
READS_FOLDER = frozenset({"invoices", "receipts", "mail"})
TABLES: dict[tuple[str, str], str] = {
    ("table", "en"): "rows.csv",
    ("table", "fr"): "lignes.csv",
    ("report", "en"): "sales.csv",
    ("report", "fr"): "ventes.csv",
}
"""The table some works start from, a few rows to try them on."""


def init(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Where; it is made if it is not there.")] = Path(),
    work: Annotated[
        str,
        typer.Option(
            "--work", help="invoices, receipts, mail, table or report; asked for where it is not given."
        ),
    ] = "",
    company: Annotated[str, typer.Option("--company", metavar="NAME", help="The firm's name.")] = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing.")] = False,
) -> None:
    """Make a recipe that works, with the folder it reads from and a smeflow.toml. Nothing is overwritten."""
    screen: Screen = ctx.obj
    asking = not yes and sys.stdin.isatty()
    work = work or (_ask_work(screen) if asking else "invoices")
    if work not in WORKS:
        raise UsageProblem(say("--work {name}: choose from {known}", name=work, known=", ".join(WORKS)))
    is_new = not (folder / WORKSPACE_FILE).exists()
    if asking and not company and is_new:
        company = _ask_company(screen)
    files = starting_files(work, screen.language, company)
    existing = [name for name in files if (folder / name).exists() and name != WORKSPACE_FILE]
    if existing:
        raise UsageProblem(
            say(
                "{path} is there already and stays as it is. Choose another folder or another --work.",
                path=folder / existing[0],
            )
        )
    for name, text in files.items():
        _write(screen, folder / name, text)
    screen.print()
    if work in READS_FOLDER:
        (folder / "inbox").mkdir(exist_ok=True)
        screen.print(say("Put documents in {folder}, then:", folder=folder / "inbox"))
    else:
        screen.print(say("Then:"))
    screen.print(f"  smeflow check {folder}", style="bold")
    screen.print(f"  smeflow run {folder}", style="bold")
    if is_new and not company:
        missing = say(
            'Missing: who the firm is. Write its names in {file}, names = ["…"], as invoices print them; '
            "until then no invoice is proven.",
            file=folder / WORKSPACE_FILE,
        )
        screen.note(missing, style="yellow")


def _ask_company(screen: Screen) -> str:
    """Ask who we are, and once more with the reason where nothing is answered."""
    question = screen.text(say("The firm's name, as invoices print it"))
    company = str(typer.prompt(question, default="", show_default=False, err=True)).strip()
    if not company:
        screen.note(say("By it an invoice to us is told from one of ours. Empty: fill it in later."))
        company = str(typer.prompt(question, default="", show_default=False, err=True)).strip()
    return company


def starting_files(work: str, language: str, company: str) -> dict[str, str]:
    """Give the files of a new workspace, by name."""
    starters = resources.files("smeflow.cli.starters")
    recipe = starters.joinpath(f"{work}.{language}.yaml").read_text(encoding="utf-8")
    files = {RECIPE: recipe, WORKSPACE_FILE: _workspace_text(language, company)}
    table = TABLES.get((work, language))
    if table:
        files[table] = starters.joinpath(table).read_text(encoding="utf-8")
    return files


def _workspace_text(language: str, company: str) -> str:
    import json

    names = json.dumps([company] if company else [], ensure_ascii=False)  # a JSON list of strings is TOML too
    locale = {"fr": "fr-FR"}.get(language, "en-GB")
    words = {
        "fr": "# Ce que partagent les recettes de l'entreprise.",
        "en": "# What the firm's recipes share.",
    }
    return f'{words[language]}\n[company]\nnames = {names}\nlocale = "{locale}"\n'


def _ask_work(screen: Screen) -> str:
    screen.note(say("What is the work?"), style="bold")
    names = list(WORKS)
    for number, name in enumerate(names, 1):
        screen.note(f"  {number}  {screen.text(WORKS[name])}")
    answer = str(typer.prompt(screen.text(say("Number")), default="1", err=True)).strip()
    return names[int(answer) - 1] if answer.isdigit() and 0 < int(answer) <= len(names) else answer


def _write(screen: Screen, path: Path, text: str) -> None:
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    screen.print(f"  + {path}", style="green")
