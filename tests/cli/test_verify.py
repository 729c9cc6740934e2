"""`smeflow verify` tells of each value of a record whether the document proves it."""

import json
from pathlib import Path

import pytest

from smeflow.cli.app import main

INVOICE = Path(__file__).parents[1] / "documents/invoices/bei-spiel-RE-20201121-508.pdf"


@pytest.fixture
def record(tmp_path):
    def write(content):
        path = tmp_path / "record.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return str(path)

    return write


def test_a_table_says_what_holds(record, capsys):
    path = record({"invoice_number": "RE-20201121/508", "total": "571.04", "paid_by": "Herr Krösus"})
    assert main(["verify", str(INVOICE), "--record", path]) == 1
    shown = capsys.readouterr().out
    assert "not proven" in shown
    assert "✓ proven" in shown
    assert "nowhere in the document" in shown


def test_json_has_every_verdict_with_its_place(record, capsys):
    path = record({"invoice_number": "RE-20201121/508"})
    main(["--lang", "fr", "verify", str(INVOICE), "--record", path, "--json"])
    told = json.loads(capsys.readouterr().out)
    field = told["fields"]["invoice_number"]
    assert field["verdict"] == "proven"
    assert field["reason"] == "prouvé"
    assert field["reading"]["quote"] == "RE-20201121/508"
    assert "total_gross" in told["missing"]


@pytest.mark.parametrize(
    ("content", "told"),
    [("{", "line 1, column 2"), ("[1]", "give one object"), ("{}", "holds no value"), ("\xff", "no JSON")],
)
def test_what_is_no_record_is_told(record, capsys, content, told):
    assert main(["verify", str(INVOICE), "--record", record(content)]) != 0
    assert told in " ".join(capsys.readouterr().err.split())
