"""Documents filed by rule and the accountant's dossier: whole, found again, undone."""

import csv
import io
import zipfile
from pathlib import Path

import pytest
from tests.books.test_books import Office, paper

from smeflow.books import archive
from smeflow.books.archive import file_documents, filed_documents, find_filed, undo_filing
from smeflow.books.dossier import make_dossier
from smeflow.documents.document import ROW
from smeflow.kinds.sources import make_arrival
from smeflow.ledger.history import LedgerSinkMemory
from smeflow.recipe.workspace import WorkspaceSettings


class FilesOffice(Office):
    """An office whose rows are files of an inbox too, byte for byte."""

    def cases(self):
        for file in sorted((self.folder / "inbox").iterdir()):
            yield make_arrival(file.name, file.name, ROW, file.read_bytes())

    def put_in(self, **files: str) -> None:
        inbox = self.folder / "inbox"
        inbox.mkdir(exist_ok=True)
        self.complete = False  # what is taken away stays in the ledger, as of a folder
        for name, text in files.items():
            import json

            (inbox / name).write_text(json.dumps({"id": name, "text": text}))
        self.run()

    def file(self, *, move: bool = True, period: str = "2026-10"):
        with self.ledger() as ledger:
            return file_documents(
                ledger,
                WorkspaceSettings.find(self.folder),
                period,
                original_of=(lambda item: self.folder / "inbox" / item.key) if move else None,
                inboxes=[self.folder / "inbox"],
            )

    def undo(self):
        with self.ledger() as ledger:
            return undo_filing(ledger, WorkspaceSettings.find(self.folder), "2026-10")

    def files(self) -> dict[str, bytes]:
        return {
            str(file.relative_to(self.folder)): file.read_bytes()
            for name in ("inbox", "archive")
            for file in (self.folder / name).rglob("*")
            if file.is_file()
        }


@pytest.fixture
def firm(tmp_path):
    """A firm whose inbox holds two invoices of October and one of November."""
    (tmp_path / "smeflow.toml").write_text('[tables]\nsuppliers = "suppliers.csv"\n')
    (tmp_path / "suppliers.csv").write_text("name,aux_account,expense_account\nMartin SARL,F1,606300\n")
    office = FilesOffice(tmp_path)
    other = {"seller_details": {"vat_id": "FR40303265045"}}  # another firm of that name
    office.put_in(
        a=paper("F/1"),
        b=paper("f_1", net="3.00", vat="0.60", **other),
        c=paper("N-1", day="2026-11-02"),
    )
    return office


def test_what_is_filed_is_found_and_undone(firm):
    """Names are harmless and never two of one; the inbox comes back as it was, byte for byte."""
    before = firm.files()
    filing = firm.file()
    assert [each.path for each in filing.filed] == [
        "archive/2026/10/Martin SARL F_1",
        "archive/2026/10/Martin SARL f_1 (2)",
    ]
    assert sorted(firm.files()) == [*(each.path for each in filing.filed), "inbox/c"]
    firm.run()
    with firm.ledger() as ledger:
        assert {item.state for item in ledger.items("r")} == {"done"}
        (found,) = find_filed(ledger, "martin (2)")
        assert (found[0].taken_from, found[1].key) == ("inbox/b", "b")
    assert firm.file().filed == filing.filed
    firm.undo()
    assert firm.files() == before
    assert not (firm.folder / "archive").exists()
    with firm.ledger() as ledger:
        assert filed_documents(ledger) == []


def test_a_copy_leaves_the_inbox_alone_and_a_correction_moves_it(firm):
    """The paper of an invoice that is corrected lies under its new name, once."""
    before = firm.files()
    firm.file(move=False)
    assert before.items() <= firm.files().items()
    firm.correct("a", number="F-10")
    firm.run()
    firm.file(move=False)
    assert sorted(firm.files().keys() - before.keys()) == [
        "archive/2026/10/Martin SARL F-10",
        "archive/2026/10/Martin SARL f_1 (2)",
    ]


def test_a_file_that_is_another_by_now_stays(firm):
    """In the inbox and in the archive alike, and it is told."""
    (firm.folder / "inbox" / "a").write_text("something else")
    notes = [str(note) for note in firm.file().notes]
    assert notes == [f"{firm.folder.resolve()}/inbox/a stays: it is another file than was read"]
    copy = firm.folder / "archive/2026/10/Martin SARL f_1 (2)"
    copy.write_text("by hand")
    assert "changed by hand" in str(firm.undo().notes[0])
    assert copy.read_text() == "by hand"
    assert (firm.folder / "inbox" / "b").is_file()


def test_an_archive_in_the_inbox_is_refused(firm):
    """It would be read again."""
    settings = (firm.folder / "smeflow.toml").read_text()
    (firm.folder / "smeflow.toml").write_text(f'{settings}\n[books]\narchive = "inbox/done/{{number}}"\n')
    with pytest.raises(ValueError, match=r"where it would be read again; choose another under \[books\]"):
        firm.file()
    (firm.folder / "smeflow.toml").write_text(f'{settings}\n[books]\narchive = "archive/{{who}}"\n')
    with pytest.raises(ValueError, match=r"the words in braces are \{year\}, \{month\}"):
        firm.file()


class _CutOff(BaseException):
    """The process is gone."""


def cut_off_at(step: int, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let the process end before the durable step of that number; gives how many were done."""
    done = [0]

    def counted(real):
        def run(*arguments, **more):
            if done[0] == step:
                raise _CutOff
            done[0] += 1
            return real(*arguments, **more)

        return run

    monkeypatch.setattr(LedgerSinkMemory, "__setitem__", counted(LedgerSinkMemory.__setitem__))
    monkeypatch.setattr(LedgerSinkMemory, "__delitem__", counted(LedgerSinkMemory.__delitem__))
    for name in ("replace", "remove"):
        monkeypatch.setattr(archive.OpenFolder, name, counted(getattr(archive.OpenFolder, name)))
    return done


@pytest.mark.parametrize("way", ["file", "undo"])
def test_whatever_is_cut_off_nothing_is_lost_and_the_same_command_goes_on(firm, monkeypatch, way):
    """Before each durable step the paper is somewhere, whole, and the end is the same."""
    papers = set(firm.files().values())
    if way == "undo":
        firm.file()
    start = firm.files()
    getattr(firm, way)()
    end = firm.files()
    getattr(firm, "undo" if way == "file" else "file")()
    assert firm.files() == start
    for step in range(40):
        with monkeypatch.context() as patch:
            cut_off_at(step, patch)
            try:
                getattr(firm, way)()
                break
            except _CutOff:
                pass
        assert papers <= set(firm.files().values()), step
        getattr(firm, way)()
        assert firm.files() == end, step
        getattr(firm, "undo" if way == "file" else "file")()
    assert 4 < step < 39


def test_a_dossier_holds_the_month_and_says_who_corrected_what(firm):
    """Entries, each paper under its entry's number, the ledger; made again it is the same, byte for byte."""
    settings = WorkspaceSettings.find(firm.folder)
    with firm.ledger() as ledger, pytest.raises(ValueError, match="smeflow books export --period 2026-10"):
        make_dossier(ledger, settings, "2026-10", "en")
    firm.correct("a", total_net="110.00", total_gross="130.00")
    firm.run()
    firm.export()
    with firm.ledger() as ledger:
        data = make_dossier(ledger, settings, "2026-10", "en")
        assert make_dossier(ledger, settings, "2026-10", "en") == data
        french = make_dossier(ledger, settings, "2026-10", "fr")
    with zipfile.ZipFile(io.BytesIO(data)) as dossier:
        names = dossier.namelist()
        assert [name for name in names if name.startswith("documents/")] == [
            "documents/HA000001 Martin SARL F_1",
            "documents/HA000002 Martin SARL f_1",
        ]
        assert "entries/HA-2026-10-0001.txt" in names
        assert dossier.read("documents/HA000001 Martin SARL F_1") == Path(firm.folder, "inbox/a").read_bytes()
        lines = list(csv.DictReader(io.StringIO(dossier.read("corrections.csv").decode())))
        assert [(x["entry"], x["field"], x["before"], x["after"], x["by"]) for x in lines] == [
            ("HA000001", "total without VAT", "100.00", "110.00", "Anne"),
            ("HA000001", "total with VAT", "120.00", "130.00", "Anne"),
        ]
        listed = list(csv.DictReader(io.StringIO(dossier.read("list.csv").decode())))
        assert [(x["entry"], x["to pay"]) for x in listed] == [("HA000001", "130.00"), ("HA000002", "3.60")]
        assert "# Close of 2026-10" in dossier.read("close.md").decode()
    with zipfile.ZipFile(io.BytesIO(french)) as dossier:
        assert {"liste.csv", "journal des achats.xlsx", "clôture.md"} <= set(dossier.namelist())
