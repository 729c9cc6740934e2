"""What somebody's package adds is one file: a kind of document, a format of books, a source of messages."""

import json
import shutil
from pathlib import Path

import pytest

from smeflow import Case
from smeflow.cli.app import main
from smeflow.documents.document import text_document
from smeflow.engine.cases import case_of
from smeflow.kinds import record_kind
from smeflow.kinds.lookup import entry_points_of
from smeflow.ledger.ledger import Ledger
from smeflow.llm.interface import NoModel
from smeflow.recipe.schema import recipe_schema
from smeflow.records import Invoice
from smeflow.steps import Extract

HERE = Path(__file__).parent
ADDED = {
    "contracts": "[smeflow.records]\nContract = contracts:CONTRACT\n",
    "json_books": "[smeflow.books]\njson = json_books:LINES\n",
    "chat": "[smeflow.sources]\nchat = chat:Chat\n",
}


@pytest.fixture
def firm(tmp_path, monkeypatch, capsys):
    """Install the three files as packages, and give a way to run commands in a firm's folder."""
    for module, points in ADDED.items():
        site = tmp_path / "site" / module
        info = site / f"{module}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(points)
        shutil.copy(HERE / f"{module}.py", site)
        monkeypatch.syspath_prepend(str(site))
    entry_points_of.cache_clear()
    home = tmp_path / "firm"
    home.mkdir()
    monkeypatch.chdir(home)
    monkeypatch.setenv("SMEFLOW_PERSON", "Ada")

    def run(*arguments):
        capsys.readouterr()
        code = main(list(arguments))
        told = capsys.readouterr()
        assert code == 0, told.err + told.out
        return told.out

    yield run
    entry_points_of.cache_clear()


def pdf(*pages: str) -> bytes:
    """Make a PDF of plain lines."""
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier >>",
    ]
    kids = []
    for page in pages:
        shown = "".join(f"({line}) Tj T* " for line in page.splitlines())
        stream = f"BT /F 11 Tf 14 TL 50 800 Td {shown}ET".encode()
        bodies.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        bodies.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F 3 0 R >> >> "
            b"/Contents %d 0 R >>" % len(bodies)
        )
        kids.append(f"{len(bodies)} 0 R")
    bodies[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>".encode()
    out, starts = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(bodies, 1):
        starts.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % start for start in starts)
    return bytes(
        out
        + b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(bodies) + 1, table)
        + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(bodies) + 1, len(out))
    )


RIGHT = "Contract: C-1\nBetween us and: Ada Ltd\nBegins: 2026-01-01\nEnds: 2026-12-31\nPer month: 90.00"
WRONG = "Contract: C-2\nBetween us and: Bob Ltd\nBegins: 2026-05-01\nEnds: 2026-04-30"
RECIPE = """\
recipe: contracts
llm: none
source: {folder: inbox/}
steps:
  - split: contracts
  - extract: contract
    into: Contract
sinks:
  - {table: out/contracts.csv, rows: contract.record}
"""


def test_a_kind_of_document_is_cut_read_checked_and_filed(firm):
    """Two contracts in one file are two items; the one whose check fails waits for a person."""
    Path("inbox").mkdir()
    Path("inbox/both.pdf").write_bytes(pdf(RIGHT, "and so on", WRONG))
    Path("recipe.yaml").write_text(RECIPE)
    firm("check", "recipe.yaml")
    firm("run", "recipe.yaml")
    with Ledger.open(Path(".smeflow"), create=False) as ledger:
        items = {item.key: item for item in ledger.items("contracts")}
    assert {key: item.state for key, item in items.items()} == {
        "both.pdf": "done",
        "both.pdf/both p1-2.pdf": "done",
        "both.pdf/both p3.pdf": "review",
    }
    waiting = items["both.pdf/both p3.pdf"]
    assert [str(why) for why in waiting.reason.phrases] == ["It ends on 2026-04-30, before it begins."]
    assert "It ends on 2026-04-30" in firm("show", str(waiting.id))
    assert Path("out/contracts.csv").read_text("utf-8-sig").splitlines() == [
        "contract,partner,begins,end,monthly",
        "C-1,Ada Ltd,2026-01-01,2026-12-31,90.00",
    ]
    firm("review", "correct", str(waiting.id), "--set", "ends=2027-04-30")
    firm("run", "recipe.yaml")
    assert "C-2,Bob Ltd,2026-05-01,2027-04-30," in Path("out/contracts.csv").read_text("utf-8-sig")


def test_a_kind_claims_what_must_be_compared_and_names_its_fields(firm):
    """Its own words stand where a person reads; a person's correction runs its check again."""
    step = Extract(name="contract", into="Contract")
    found = step(Case.of(text_document(RIGHT)), NoModel())
    assert (found.proven, found.reader, found.record.partner) == (True, "contract", "Ada Ltd")
    assert [claim.key for claim in found.claims(Case.of("").known)] == ["contract C-1"]
    less = step(Case.of(text_document("Contract: C-3\nEnds: 2026-04-30")), NoModel())
    assert [str(doubt) for doubt in less.doubts] == ["Missing: partner, begins."]
    two = step(Case.of(text_document(f"{RIGHT}\n{WRONG}")), NoModel())
    assert str(two.doubts[0]) == "The documents hold 2 records of this kind."
    assert {"Invoice", "Contract"} <= set(record_kind.RECORDS.names())
    first = recipe_schema()["properties"]["steps"]["items"]["anyOf"][-1]
    assert first["properties"]["split"]["enum"] == ["invoices", "contracts", "attachments"]


def test_a_kind_says_what_its_checks_and_values_are_called(firm):
    """On a screen and a page, which have the JSON alone; a check that is only told stops nothing."""
    Path("inbox").mkdir()
    Path("inbox/one.pdf").write_bytes(pdf(RIGHT.replace("90.00", "90.50")))
    Path("recipe.yaml").write_text(RECIPE.replace("  - split: contracts\n", ""))
    firm("run", "recipe.yaml")
    screen = firm("show", "one.pdf")
    firm("show", "one.pdf", "--html", "one.html")
    found = Extract(name="contract", into="Contract")(Case.of(text_document(RIGHT)), NoModel())
    for shown in (screen, Path("one.html").read_text(encoding="utf-8"), found._repr_html_()):
        assert "✓ ends after it begins" in shown
        assert "Ada and her firm" in shown
    assert "✗ a sum without cents" in screen
    assert "It costs 90.50: rarely are there cents." in screen
    with Ledger.open(Path(".smeflow"), create=False) as ledger:
        assert [item.state for item in ledger.items("contracts")] == ["done"]


def test_a_class_made_from_a_kinds_record_is_of_that_kind():
    """A record of nobody's row has no check, unless its fields are called like a known kind's."""

    class Ours(Invoice):
        cost_centre: str | None = None

    class Note(record_kind.Record):
        text: str | None = None

    assert record_kind.kind_of(Ours) is record_kind.find_record_kind("Invoice")
    plain = record_kind.kind_of(Note)
    assert (plain.record, plain.readers, plain.checks, plain.like) == (Note, {}, None, None)


def test_a_format_of_books_is_one_file(firm, recipes):
    """The batch leaves in it, and keeps its name and bytes when it is written again."""
    Path("inbox").mkdir()
    shutil.copy(recipes / "supplier-mail" / "inbox" / "netpresse-2022089083.pdf", "inbox")
    Path("recipe.yaml").write_text(
        "recipe: purchases\nllm: none\nsource: {folder: inbox/}\n"
        "steps: [{extract: invoice, into: Invoice}]\nsinks: [{table: out/p.csv, rows: invoice.record}]\n"
    )
    Path("suppliers.csv").write_text("name,aux_account,expense_account\nNETPRESSE,F0NET,618300\n")
    Path("smeflow.toml").write_text('[company]\nlocale = "fr_FR"\n[tables]\nsuppliers = "suppliers.csv"\n')
    firm("run", "recipe.yaml")
    firm("review", "approve", "netpresse-2022089083.pdf", "--note", "called them")
    firm("run", "recipe.yaml")
    firm("books", "export", "--period", "2022-11", "--format", "json")
    left = Path("books/HA-2022-11-0001.jsonl")
    data = left.read_bytes()
    assert json.loads(data) == {"journal": "HA", "number": 1, "reference": "2022089083", "debit": "56.02"}
    left.unlink()
    firm("books", "write")
    assert left.read_bytes() == data


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("--format", "quadra"), "quadra is no format of the books; choose from fec, datev, sage, json"),
        (("--format", "json", "--separator", "pipe"), "separator must be one of –"),
        (("--separator", "comma"), "separator must be one of tab, pipe"),
    ],
)
def test_an_unknown_format_or_separator_is_told_before_anything_is_booked(firm, capsys, given, told):
    """It names those there are."""
    Path("recipe.yaml").write_text(RECIPE)
    Path("inbox").mkdir()
    firm("run", "recipe.yaml")
    assert main(["books", "export", "--period", "2022-11", *given]) == 2
    assert told in " ".join(capsys.readouterr().err.split())


CHAT = """\
recipe: chat
llm: none
source: {chat: export.json}
steps:
  - guard: sender
  - triage: kind
    labels: {complaint: complains, other: the rest}
    rules: [{label: complaint, from: cy@ada-supplies.example}]
  - extract: order
    fields: {order_number: identifier, subject: text?}
sinks:
  - {table: out/chat.csv, columns: {label: kind.label, order: order.record.order_number}}
"""


def test_messages_that_are_no_mail_are_sorted_and_guarded(firm):
    """Who sent it, its subject and its text are read as a mail's are."""
    told = {
        "id": "7",
        "user": "Cy <cy@ada-supplies.example>",
        "at": "2026-11-03T10:00:00+01:00",
        "channel": "orders",
        "text": "Order number: BC-7\nPay to FR7630006000011234567890189",
    }
    other = {**told, "id": "8", "user": "Di <di@ada-suppIies.example>"}
    Path("export.json").write_text(json.dumps([told, other]))
    Path("suppliers.csv").write_text("name,email\nAda Supplies,cy@ada-supplies.example\n")
    Path("smeflow.toml").write_text('[tables]\nsuppliers = "suppliers.csv"\n')
    Path("recipe.yaml").write_text(CHAT)
    firm("run", "recipe.yaml")
    with Ledger.open(Path(".smeflow"), create=False) as ledger:
        items = {item.key: item for item in ledger.items("chat")}
        first, second = (case_of(ledger, items[key]) for key in ("7", "8"))
    assert first.documents[0].is_message
    assert first.results["kind"]["label"] == "complaint"
    assert first.results["sender"]["known"] is True
    assert first.results["sender"]["accounts"] == ["FR7630006000011234567890189"]
    assert first.results["order"]["record"]["order_number"] == "BC-7"
    assert second.results["sender"]["flags"] == ["look_alike"]
    assert items["8"].state == "review"
