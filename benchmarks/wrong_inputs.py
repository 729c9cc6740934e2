"""What smeflow answers to sixty wrong inputs: ``python benchmarks/wrong_inputs.py [--page]``.

``wrong_inputs.toml`` lists them, with what a good answer names: what is wrong, where, and what to do. Each is
given to the real command in a fresh process and a fresh folder. An answer is bad when a name is missing, when
it speaks the other language or a parser's, when the process ends with 0 or 70, or when a crash file is left.
A pattern found is not yet a sentence understood: ``--page`` writes all answers into the pages of the
documentation, to be read by a person.
"""

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCALES = {"fr": ("fr_FR.UTF-8", "Atelier Morel"), "en": ("C.UTF-8", "Atelier Morel")}
CRASHED = 70
WORKS = ("invoices", "mail", "table", "report")
WAITING = {
    "fr": "<html><body><p>Facture F-1, merci de régler bientôt.</p></body></html>",
    "en": "<html><body><p>Invoice F-1, please pay soon.</p></body></html>",
}
PARSERS = re.compile(
    r"Traceback|Input should|pydantic|yaml\.\w|tomllib|while (scanning|parsing)|found character|"
    r"Expected '|TypeError|ValueError|KeyError|Errno|\bNoneType\b"
)
"""What a parser, a validator or the interpreter says, and no sentence of ours."""
OTHER = {
    "fr": re.compile(
        r"\b(the|is not|did you mean|must|should|with|write|there|unknown|cannot|which|Usage|Try)\b",
        re.IGNORECASE,
    ),
    "en": re.compile(r"\b(le|la|les|est|n[’']est|vouliez|écrivez|avec|inconnue?|ligne)\b", re.IGNORECASE),
}
"""Words that only the other language has."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the command answered, and why that is bad, when it is."""

    language: str
    command: str
    changed: str
    message: str
    code: int
    faults: tuple[str, ...]


def smeflow(folder: Path, language: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command in *folder* as a person of *language* would, without any key."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder.parent),
        "PYTHONPATH": str(ROOT / "src"),
        "LC_ALL": LOCALES[language][0],
        "COLUMNS": "200",
        "NO_COLOR": "1",
    }
    return subprocess.run(
        [sys.executable, "-m", "smeflow.cli", *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def make_firm(folder: Path, language: str) -> None:
    """Make the four folders that `smeflow init` makes, with an invoice that waits in the first."""
    for work in WORKS:
        smeflow(folder, language, "init", work, "--work", work, "--company", LOCALES[language][1], "--yes")
    (folder / "invoices" / "inbox" / "waiting.pdf").write_text(WAITING[language], encoding="utf-8")
    smeflow(folder, language, "run", "invoices")


def faults_of(
    message: str, code: int, folder: Path, language: str, case: Mapping[str, object]
) -> tuple[str, ...]:
    """Tell what is bad about an answer."""
    names = [str(name) for name in case["names"]]  # type: ignore[attr-defined]  # a list, by the file
    faults = [f"does not name {name}" for name in names if not re.search(name, message, re.IGNORECASE)]
    if code != case.get("ends", code or 1) or code == CRASHED:
        faults.append(f"ends with {code}")
    if parser := PARSERS.search(message):
        faults.append(f"a parser speaks: {parser[0]}")
    if foreign := OTHER[language].search(message):
        faults.append(f"speaks the other language: {foreign[0]}")
    if any(folder.rglob("smeflow-crash-*")):
        faults.append("leaves a crash file")
    return tuple(faults)


def try_input(firm: Path, language: str, case: Mapping[str, object]) -> Answer:
    """Give one wrong input to the command, in a copy of *firm*."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "firm" / str(case.get("in", "invoices"))
        shutil.copytree(firm, folder.parent)
        changed = ""
        if edit := case.get("change"):
            name, old, new = (str(part) for part in edit)  # type: ignore[attr-defined]  # a list, by the file
            text = (folder / name).read_text(encoding="utf-8")
            if old not in text:
                raise SystemExit(f"{name} of {language} does not contain {old!r}")
            (folder / name).write_text(text.replace(old, new), encoding="utf-8")
            changed = f"{name}: {new}"
        if written := case.get("write"):
            name, text = (str(part) for part in written)  # type: ignore[attr-defined]  # a list, by the file
            (folder / name).write_text(text, encoding="utf-8")
            changed = f"{name}: {text}"
        command = str(case["run"])
        done = smeflow(folder, language, *shlex.split(command))
        message = " ".join((done.stdout + done.stderr).replace(scratch, "").split())
        faults = faults_of(message, done.returncode, folder, language, case)
    return Answer(
        language=language,
        command=command,
        changed=changed,
        message=message,
        code=done.returncode,
        faults=faults,
    )


PAGES = {"en": "messages.md", "fr": "messages.fr.md"}
HEADS = {"en": "| typed | changed before | answer |", "fr": "| tapé | changé avant | réponse |"}


def write_page(language: str, answers: list[Answer]) -> None:
    """Write the table of the page on messages anew; what stands above it stays."""

    def cell(text: str) -> str:
        return re.sub(r"[|<>*_{}\[\]]", lambda sign: f"\\{sign[0]}", " ".join(text.split()))

    page = ROOT / "docs" / PAGES[language]
    above = page.read_text(encoding="utf-8").partition(HEADS[language])[0]
    rows = [HEADS[language], "| --- | --- | --- |"]
    rows += [f"| {cell(each.command)} | {cell(each.changed)} | {cell(each.message)} |" for each in answers]
    page.write_text(above + "\n".join(rows) + "\n", encoding="utf-8")


def main() -> int:
    """Try every input and tell how many were answered well."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--page", action="store_true", help="write the answers into docs/messages*.md too")
    parser.add_argument("--lang", choices=sorted(LOCALES), action="append")
    options = parser.parse_args()
    cases = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    answers: list[Answer] = []
    for language in options.lang or sorted(LOCALES):
        with tempfile.TemporaryDirectory() as folder:
            make_firm(Path(folder), language)
            tried = [try_input(Path(folder), language, case) for case in cases[language]]
        if options.page:
            write_page(language, tried)
        answers += tried
    for each in answers:
        if each.faults:
            print(f"smeflow {each.command}  [{each.changed}]\n  {each.message}")
            print(f"  bad: {'; '.join(each.faults)}")
    good = sum(not each.faults for each in answers)
    print(f"{good} of {len(answers)} answered well")
    return 0 if good == len(answers) else 1


if __name__ == "__main__":
    sys.exit(main())
