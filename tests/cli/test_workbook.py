"""``smeflow review export`` and ``import``: the way of a decision through a spreadsheet."""

import re
import shutil
import subprocess
import zipfile
from io import BytesIO

import pytest
from python_calamine import CalamineWorkbook

SHEET = "xl/worksheets/sheet1.xml"


@pytest.fixture
def waiting(smeflow, workspace, inbox):
    """Run the recipe, so that invoices wait, one of them a page, and one file failed."""
    smeflow("run", "recipe.yaml")
    return smeflow


@pytest.fixture
def book(waiting, workspace):
    """Export what waits."""
    told = waiting("review", "export", "waiting.xlsx")
    assert told.code == 0, told.err
    return workspace / "waiting.xlsx"


def rows_of(file):
    (first, *_) = CalamineWorkbook.from_path(file).sheet_names
    return CalamineWorkbook.from_path(file).get_sheet_by_name(first).to_python()


def cell(file, column, document, field):
    """Find the cell in *column* beside a document's field."""
    for number, row in enumerate(rows_of(file), 1):
        if document in row[1] and row[9].endswith(field):
            return f"{column}{number}"
    raise AssertionError((document, field))


def fill(file, cells):
    """Write texts into cells of the first sheet, as a spreadsheet program does."""
    with zipfile.ZipFile(file) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    sheet = parts[SHEET].decode()
    for place, text in cells.items():
        new = f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'
        sheet, count = re.subn(rf'<c r="{place}"[^>]*?(?:/>|>.*?</c>)', new, sheet)
        assert count == 1, place
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for name, data in parts.items():
            packed.writestr(name, sheet.encode() if name == SHEET else data)
    file.write_bytes(buffer.getvalue())


def test_a_sheet_filled_in_corrects_approves_and_rejects(waiting, workspace, book):
    """Each document once: what was put right, what is all right, what is put aside; the next run goes on."""
    fill(
        book,
        {
            cell(book, "G", "lieferant", ".number"): "R 9",
            cell(book, "G", "lieferant", ".total_net"): "1 022,00",
            cell(book, "H", "bei-spiel", ".seller"): "approve",
            cell(book, "I", "bei-spiel", ".seller"): "called them",
            cell(book, "H", "cut-off", ".seller"): "reject",
            cell(book, "I", "cut-off", ".seller"): "sent again",
        },
    )
    told = waiting("review", "import", book)
    assert told.code == 0, told.err
    assert "3 taken, 0 refused" in told.out
    waiting("run", "recipe.yaml")
    (shown,) = waiting("show", "lieferant-471113", "--json").lines
    record = shown["results"]["invoice"]["record"]
    assert (shown["state"], record["number"], record["total_net"]) == ("done", "R 9", "1022.00")
    (approved,) = waiting("show", "bei-spiel-RE-20171118-506", "--json").lines
    assert [(r["action"], r["person"], r["note"]) for r in approved["reviews"]] == [
        ("approve", "Ada", "called them")
    ]
    (line,) = waiting("status", "--json").lines
    assert (line["done"], line["skipped"], line["review"], line["failed"]) == (3, 1, 0, 0)


def test_a_cell_that_does_not_fit_is_named_and_the_others_are_taken(waiting, workspace, book):
    """Only the document of that cell stays as it was."""
    wrong = cell(book, "G", "lieferant", ".issue_date")
    fill(
        book,
        {
            wrong: "31/02/2026",
            cell(book, "G", "lieferant", ".number"): "R 9",
            cell(book, "G", "bei-spiel", ".number"): "R 8",
            cell(book, "I", "bei-spiel", ".number"): "called them",
        },
    )
    told = waiting("review", "import", book)
    assert told.code == 1
    assert f"{wrong}: " in told.err
    assert "31/02/2026" in told.err
    assert "1 taken, 1 refused" in told.out
    (kept,) = waiting("show", "lieferant-471113", "--json").lines
    assert kept["reviews"] == []


@pytest.mark.parametrize(
    ("column", "text", "why"),
    [
        ("H", "perhaps", "approve, reject or ask again"),
        ("H", "reject", "checked"),
        ("H", "approve", "checked"),
    ],
)
def test_a_decision_that_is_none_or_lacks_its_note_is_named(waiting, workspace, book, column, text, why):
    """A first account and a rejection want a note."""
    place = cell(book, column, "bei-spiel", ".seller")
    fill(book, {place: text})
    told = waiting("review", "import", book)
    assert told.code == 1
    assert f"{place if text == 'perhaps' else place.replace('H', 'I')}: " in told.err
    assert why in told.err


def test_a_sheet_that_is_out_of_date_is_refused(waiting, workspace, book):
    """Somebody decided meanwhile; taken up twice a sheet decides nothing a second time."""
    waiting("review", "correct", "lieferant-471113", "--set", "number=R 1", "--by", "Grace")
    fill(book, {cell(book, "G", "lieferant", ".number"): "R 9"})
    told = waiting("review", "import", book)
    assert told.code == 1
    assert "Grace" in told.err or "changed since" in told.err
    assert re.search(r"\bA\d+: ", told.err)


def test_an_untouched_sheet_decides_nothing(waiting, book):
    """To open it is no decision."""
    told = waiting("review", "import", book)
    assert (told.code, "nothing was decided" in told.out) == (0, True)


def test_a_sheet_that_is_there_is_not_written_over(waiting, book):
    """It may hold a day's work."""
    before = book.read_bytes()
    assert waiting("review", "export", book.name).code == 2
    assert book.read_bytes() == before


def test_another_table_is_no_workbook(waiting, workspace):
    """A table of something else is refused as a whole."""
    (workspace / "other.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    told = waiting("review", "import", "other.csv")
    assert told.code != 0
    assert "review export" in told.err


def test_french_words_decide_in_a_french_sheet(waiting, workspace, book):
    """Headings, values and decisions are the reader's."""
    told = waiting("--lang", "fr", "review", "export", "attente.xlsx")
    assert told.code == 0
    file = workspace / "attente.xlsx"
    assert rows_of(file)[0][:3] == ["N°", "Document", "Pourquoi il attend"]
    fill(
        file,
        {
            cell(file, "H", "bei-spiel", ".seller"): "Approuver",
            cell(file, "I", "bei-spiel", ".seller"): "appelé",
        },
    )
    assert "1 " in waiting("--lang", "fr", "review", "import", file).out


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_opens_and_saves_it(waiting, workspace, book):
    """What LibreOffice saves, as .xlsx and .ods, is read back as the same values: nothing seems changed."""
    for kind in ("ods", "xlsx"):
        saved = workspace / "saved" / f"waiting.{kind}"
        subprocess.run(
            [
                "soffice", f"-env:UserInstallation=file://{workspace}/office", "--headless",
                "--convert-to", kind, "--outdir", saved.parent, book,
            ],
            check=True, capture_output=True, timeout=120,
        )  # fmt: skip
        assert rows_of(saved) == rows_of(book)
        assert "nothing was decided" in waiting("review", "import", saved).out


def test_values_of_a_page_have_their_place_beside_them(smeflow, workspace, documents):
    """A small picture of the place each value was read from stands in its row."""
    shutil.copy(
        documents / "invoices" / "oyo-IBZY2087.pdf",
        workspace / "inbox" / "oyo.pdf",
    )
    recipe = workspace / "recipe.yaml"
    recipe.write_text(
        recipe.read_text(encoding="utf-8").replace("review: not", "review: true or not"), "utf-8"
    )
    smeflow("run", "recipe.yaml")
    assert smeflow("review", "export", "waiting.xlsx").code == 0
    with zipfile.ZipFile(workspace / "waiting.xlsx") as packed:
        pictures = [name for name in packed.namelist() if name.startswith("xl/media/")]
        drawn = re.findall(r"<xdr:row>(\d+)</xdr:row>", packed.read("xl/drawings/drawing1.xml").decode())
        first = packed.read(pictures[0])
    assert first.startswith(b"\x89PNG")
    rows = rows_of(workspace / "waiting.xlsx")
    beside = {rows[int(number)][9] for number in drawn[::2] if "oyo" in rows[int(number)][1]}
    assert {"invoice.number", "invoice.total_gross"} <= beside
