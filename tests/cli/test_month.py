"""A month from the inbox to the accountant, as a person does it."""

import json
import zipfile

import pytest
from python_calamine import CalamineWorkbook
from tests.support.firm_month import write_firm

PERIOD = ("--period", "2026-11")


@pytest.mark.slow
def test_a_month_is_closed_without_any_table(smeflow, tmp_path):
    """What lacks is told, in the firm's language; then it is booked, handed over and filed."""
    write_firm(tmp_path)
    smeflow("run")
    sheet = CalamineWorkbook.from_path(tmp_path / "out" / "achats.xlsx").get_sheet_by_index(0)
    heads, *lines, total = sheet.to_python()
    (back,) = [line for line in lines if "avoir" in line]
    assert dict(zip(heads, back, strict=True))["total TTC"] == -103.2
    assert dict(zip(heads, total, strict=True))["total HT"] == 4943.7
    told = smeflow("close", "2026-11")
    assert told.code == 1
    assert "Orange SA" in told.out
    assert "2026-11 n’est pas clos : 1 manquant(s), 0 en attente" in told.out
    assert "2026-11 is not closed: 1 missing" in smeflow("close", "2026-11", "--lang", "en").out
    smeflow("books", "suppliers", "--accept")
    smeflow("books", "suppliers", "kerbrat", "--expense", "611000")
    smeflow("books", "suppliers", "ardoises", "--expense", "602100")
    assert smeflow("books", "suppliers").out.strip() == "Chaque fournisseur a ses comptes."
    looked = json.loads(smeflow("books", "preview", *PERIOD, "--json").out)
    assert len(looked["entries"]) == 5
    (work,) = [each for each in looked["entries"] if "Kerbrat" in each["label"]]
    assert [posting["account"] for posting in work["postings"]] == ["611000", "445660", "445710", "401000"]
    assert smeflow("books", "export", *PERIOD).code == 0
    assert "HA000005" in (tmp_path / "books" / "HA-2026-11-0001.txt").read_text(encoding="utf-8")
    assert smeflow("books", "write", "--format", "sage", "--out", "sage").code == 0
    sage = (tmp_path / "sage" / "HA-2026-11-0001-sage.txt").read_text(encoding="cp1252")
    assert sage.startswith("G\tHA\t061126\tHA000001\t602100\t\tArdoises du Trégor AT 1204\t\t\t860,00")
    told = smeflow("books", "write", "--format", "datev", "--lang", "en")
    assert (told.code, "DATEV takes no account FARDOISE" in " ".join(told.err.split())) == (2, True)
    smeflow("books", "ledger", *PERIOD)
    smeflow("books", "dossier", *PERIOD)
    assert (tmp_path / "books" / "achats-2026-11.xlsx").is_file()
    with zipfile.ZipFile(tmp_path / "books" / "dossier-2026-11.zip") as dossier:
        assert "pièces/HA000003 EDF E11.xml" in dossier.namelist()
    inbox = sorted(file.name for file in (tmp_path / "inbox").iterdir())
    smeflow("books", "archive", *PERIOD, "--move")
    assert (tmp_path / "archive/2026/11/Ardoises du Trégor AT 1204.xml").is_file()
    assert smeflow("run").code == 0
    assert "classé sous : archive/2026/11/EDF E11.xml" in smeflow("show", "edf-E11.xml").out.replace(
        "\u00a0", " "
    )
    assert "edf-E11.xml" in smeflow("books", "archive", "--find", "edf").out
    smeflow("books", "archive", *PERIOD, "--undo")
    assert sorted(file.name for file in (tmp_path / "inbox").iterdir()) == inbox
    page = tmp_path / "close.md"
    closed = smeflow("close", "2026-11", "--out", page, "--json").lines[0]
    assert (closed["left_out"], closed["bookable"], closed["total"]) == ([], 0, "4454.80")
    assert "| Orange SA | chaque mois | 03/10/2026 | O-10 | 59,88 |" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (("close", "novembre"), "novembre is no month; write it as 2026-10"),
        (
            ("books", "preview", *PERIOD, "--format", "quadra"),
            "quadra is no format of the books; choose from fec, datev, sage",
        ),
        (("books", "suppliers", "x", "--expense", "6"), "0 suppliers have “x” in their name"),
        (("books", "suppliers", "--from", "no.txt"), "no.txt"),
        (("books", "dossier", *PERIOD), "nothing of 2026-11 is booked"),
        (("books", "archive"), "--period 2026-10, or --find"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(smeflow, tmp_path, command, why):
    """With what to write instead."""
    write_firm(tmp_path, [])
    smeflow("run")
    told = smeflow(*command, "--lang", "en")
    assert told.code in (1, 2)
    assert why in " ".join(told.err.split())
