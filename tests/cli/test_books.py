"""Booking a month from a folder of invoices, as a person does it."""

import shutil

import pytest

RECIPE = """\
recipe: purchases
llm: none
source: {folder: inbox/}
steps: [{extract: invoice, into: Invoice, review: not invoice.proven}]
sinks: [{table: out/purchases.csv, rows: invoice.record}]
"""
HEADS = "name,aux_account,expense_account\n"


@pytest.fixture
def firm(smeflow, tmp_path, inbox):
    """Read an invoice with a new account, whose supplier has no accounts in the firm's table."""
    (tmp_path / "inbox").mkdir()
    shutil.copy(inbox / "netpresse-2022089083.pdf", tmp_path / "inbox")
    (tmp_path / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    (tmp_path / "suppliers.csv").write_text(HEADS, encoding="utf-8")
    (tmp_path / "smeflow.toml").write_text(
        '[company]\nlocale = "fr_FR"\n[tables]\nsuppliers = "suppliers.csv"\n', encoding="utf-8"
    )
    smeflow("run")
    return tmp_path


@pytest.mark.slow
def test_a_month_is_booked_and_written_again(smeflow, firm):
    """What waits for a person or an account is listed; then it leaves, and the list is empty."""
    listed = firm / "books" / "review-2022-11.html"
    told = smeflow("books", "export", "--period", "2022-11")
    assert told.code == 0, told.err
    assert "FR7610107002450061705231739" in listed.read_text(encoding="utf-8")
    smeflow("review", "approve", "netpresse-2022089083.pdf", "--note", "called them")
    smeflow("run")
    smeflow("books", "export", "--period", "2022-11")
    assert "aux_account" in listed.read_text(encoding="utf-8")
    (firm / "suppliers.csv").write_text(HEADS + "NETPRESSE,F0NET,618300\n", encoding="utf-8")
    smeflow("books", "export", "--period", "2022-11", "--separator", "pipe")
    file = firm / "books" / "HA-2022-11-0001.txt"
    left = file.read_bytes()
    last = left.decode().splitlines()[-1].split("|")
    assert last[4:8] == ["401000", "Fournisseurs", "F0NET", "NETPRESSE"]
    assert (last[11:13], last[15]) == (["0,00", "56,02"], "")
    assert "netpresse" not in listed.read_text(encoding="utf-8")
    file.unlink()
    smeflow("books", "write")
    assert file.read_bytes() == left
    assert "HA-2022-11-0001.txt" in smeflow("books", "list").out
