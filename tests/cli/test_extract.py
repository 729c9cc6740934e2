"""``smeflow extract`` on real invoices."""

import json
from decimal import Decimal

KEYS = {"file", "record", "fields", "proven", "confidence", "problems", "reader", "calls", "cost", "seconds"}
FIELD = {"value", "quote", "page", "box", "reader", "confidence", "checks"}


def test_a_line_has_the_promised_keys_and_exact_values(smeflow, inbox):
    """Amounts are decimal strings and dates ISO, so that no reader of the line has to guess."""
    told = smeflow("extract", inbox / "au-bon-moulin-F124212.xml", "--into", "Invoice", "--jsonl")
    (line,) = told.lines
    assert told.code == 0
    assert set(line) == KEYS
    assert all(set(field) == FIELD for field in line["fields"].values())
    assert line["record"]["total_gross"] == "308.03"
    assert line["record"]["issue_date"] == "2026-06-17"
    assert line["proven"] is True
    assert line["reader"] == "einvoice"
    assert (line["calls"], line["cost"]) == (0, "0")
    assert 0.9 < line["confidence"] < 1


def test_no_number_of_a_line_is_a_float(smeflow, inbox):
    """A binary float would change an amount; only seconds, boxes and scores may be one."""
    told = smeflow("extract", inbox / "lieferant-471113.xml", "--jsonl")
    line = json.loads(told.out, parse_float=Decimal)
    floats = [v for v in line["record"].values() if isinstance(v, Decimal)]
    assert floats == []


def test_files_that_cannot_be_read_are_lines_and_stop_nothing(smeflow, inbox, tmp_path):
    """Every file is answered for, in the order they were named."""
    (tmp_path / "zero.pdf").touch()
    names = [
        inbox / "cut-off.pdf",
        tmp_path / "zero.pdf",
        tmp_path / "nowhere.pdf",
        inbox / "lieferant-471113.xml",
    ]
    told = smeflow("extract", *names, "--jsonl")
    assert told.code == 0
    assert [line["file"] for line in told.lines] == [str(n) for n in names]
    assert [bool(line["problems"]) for line in told.lines[:3]] == [True] * 3
    assert [line["record"]["number"] for line in told.lines] == [None, None, None, "471113"]


def test_no_file_read_at_all_ends_with_1(smeflow, tmp_path):
    """A script must not go on with nothing; the reason is told as for any other file."""
    told = smeflow("extract", tmp_path / "nowhere.pdf")
    assert told.code == 1
    assert "it is not there" in " ".join(told.out.split())


def test_people_see_a_table_with_the_quotes_in_their_language(smeflow, inbox):
    """Without --jsonl a table is printed, headed in French where French was asked for."""
    told = smeflow("--lang", "fr", "extract", inbox / "au-bon-moulin-F124212.xml")
    assert "citation" in told.out
    assert "total TTC" in told.out
    assert "prouvé" in told.out
    assert "308.03" in told.out


def test_an_unknown_record_is_a_usage_error(smeflow, inbox):
    """The message says what there is."""
    told = smeflow("extract", inbox / "cut-off.pdf", "--into", "Parcel")
    assert told.code == 2
    assert "Invoice" in told.err


def test_a_named_model_without_its_key_ends_with_five(smeflow, inbox, monkeypatch):
    """The message names the variable to set."""
    monkeypatch.delenv("MISTRAL_API_KEY", raising=False)
    told = smeflow("extract", inbox / "cut-off.pdf", "--llm", "mistral/mistral-small-latest")
    assert told.code == 5
    assert "MISTRAL_API_KEY" in told.err
