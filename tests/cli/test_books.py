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
    assert "netpresse-2022089083.pdf" in listed.read_text(encoding="utf-8")
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


@pytest.fixture
def shop(smeflow, tmp_path, inbox):
    """Read one e-invoice, whose supplier has its accounts."""
    (tmp_path / "inbox").mkdir()
    shutil.copy(inbox / "lieferant-471113.xml", tmp_path / "inbox")
    (tmp_path / "recipe.yaml").write_text(
        RECIPE.replace("not invoice.proven", "invoice.record.total_gross > 9999"), encoding="utf-8"
    )
    (tmp_path / "suppliers.csv").write_text(
        "name,aux_account,expense_account,iban\nLieferant GmbH,F0LIEF,606300,DE02120300000000202051\n",
        encoding="utf-8",
    )
    (tmp_path / "smeflow.toml").write_text('[tables]\nsuppliers = "suppliers.csv"\n', encoding="utf-8")
    return tmp_path


EXPORT = ("books", "export", "--period", "2018-06", "--json")
INVOICE = "lieferant-471113.xml"


def test_the_same_bytes_in_two_recipes_are_booked_once(smeflow, shop):
    """Which invoice it is stands above the recipe and the item."""
    (shop / "other.yaml").write_text(
        (shop / "recipe.yaml").read_text(encoding="utf-8").replace("purchases", "other"), encoding="utf-8"
    )
    assert smeflow("run", "recipe.yaml").code == smeflow("run", "other.yaml").code == 0
    (made,) = smeflow(*EXPORT).lines
    assert (made["entries"], [each["why"] for each in made["booked_already"]]) == (
        1,
        [f"booked already as {INVOICE}"],
    )


def test_a_booked_file_that_was_away_and_comes_back_elsewhere_is_not_booked_again(smeflow, shop):
    """Its entry stands, whatever path it has."""
    smeflow("run")
    assert smeflow(*EXPORT).lines[0]["entries"] == 1
    (shop / "inbox" / INVOICE).rename(shop / INVOICE)
    smeflow("run")
    (shop / "inbox" / "2018").mkdir()
    (shop / INVOICE).rename(shop / "inbox" / "2018" / "again.xml")
    assert smeflow("run", "--json").lines[-1]["done"] == 1
    assert smeflow(*EXPORT).lines[0]["entries"] == 0


def test_a_restored_ledger_uses_no_number_again(smeflow, shop):
    """What left after the backup stands in the folder of books: it is read there."""
    smeflow("run")
    shutil.copytree(shop / ".smeflow", shop / "backup")
    smeflow(*EXPORT)
    shutil.rmtree(shop / ".smeflow")
    (shop / "backup").rename(shop / ".smeflow")
    (made,) = smeflow(*EXPORT).lines
    assert made["entries"] == 0
    assert "HA-2018-06-0001.txt, entry 1" in made["booked_already"][0]["why"]
    file = shop / "inbox" / INVOICE
    (shop / "inbox" / "next.xml").write_bytes(file.read_bytes().replace(b"471113", b"471114"))
    smeflow("run")
    smeflow("review", "approve", "next.xml", "--note", "the supplier says that these are two")
    smeflow("run")
    (made,) = smeflow(*EXPORT).lines
    assert (made["batch"]["first"], made["file"]) == (2, "books/HA-2018-06-0002.txt")


def test_a_rejected_invoice_that_is_sent_again_with_a_byte_changed_waits(smeflow, shop):
    """What was said of it when it was rejected is told."""
    smeflow("run")
    smeflow("review", "reject", INVOICE, "--reason", "paid by card")
    file = shop / "inbox" / INVOICE
    (shop / "inbox" / "again.xml").write_bytes(file.read_bytes() + b"\n")
    file.unlink()
    assert smeflow("run", "--json").lines[-1]["review"] == 1
    (line,) = smeflow("review", "list", "--json").lines
    assert "was rejected by Ada as lieferant-471113.xml: paid by card" in line["reason"]
    assert smeflow(*EXPORT).lines[0]["entries"] == 0


def test_who_rejects_what_is_booked_is_told(smeflow, shop):
    """The next export takes it back."""
    smeflow("run")
    smeflow(*EXPORT)
    told = smeflow("review", "reject", INVOICE, "--reason", "paid by card")
    assert "in the books already" in told.err
    (made,) = smeflow(*EXPORT).lines
    assert (made["entries"], made["reversals"]) == (0, 1)
    assert smeflow(*EXPORT).lines[0]["reversals"] == 0


@pytest.mark.parametrize("change", [(b"", b""), (b">23.54<", b">29.54<")])
def test_whoever_decides_is_told_that_an_invoice_is_there_already(smeflow, shop, change):
    """What else is wrong with it does not hide that."""
    (shop / "other.yaml").write_text(
        RECIPE.replace("purchases", "other").replace("inbox/", "other/"), encoding="utf-8"
    )
    (shop / "other").mkdir()
    twin = (shop / "inbox" / INVOICE).read_bytes().replace(*change) + b"\n"
    (shop / "other" / "twin.xml").write_bytes(twin)
    smeflow("run", "recipe.yaml")
    smeflow("run", "other.yaml")
    (line,) = smeflow("review", "list", "--json").lines
    assert f"is there already: {INVOICE}" in line["reason"]
    assert "is there already" in smeflow("status").out.replace("\n", " ")


def credit_note(shop, number: bytes, day: bytes, *, half: bool = False) -> None:
    """Put a credit note for the shop's invoice of 23.54 beside it."""
    text = (shop / "inbox" / INVOICE).read_bytes().replace(b">380<", b">381<")
    halves = ((b"4.0000", b"2.0000"), (b"22.00", b"11.00"), (b"1.54", b"0.77"), (b"23.54", b"11.77"))
    for whole, less in halves if half else ():
        text = text.replace(whole, less)
    credited = b"<ram:InvoiceReferencedDocument><ram:IssuerAssignedID>471113</ram:IssuerAssignedID>"
    end = b"</ram:ApplicableHeaderTradeSettlement>"
    text = text.replace(end, credited + b"</ram:InvoiceReferencedDocument>" + end)
    text = text.replace(b">471113</ram:ID>", b">" + number + b"</ram:ID>")
    (shop / "inbox" / f"{number.decode()}.xml").write_bytes(text.replace(b">20180613<", b">" + day + b"<"))


def test_an_invoice_is_credited_once_over_an_amount(smeflow, shop):
    """A second credit note over the same may be the first one under another number: a person looks."""
    credit_note(shop, b"G1", b"20180614")
    smeflow("run")
    credit_note(shop, b"G2", b"20180615")
    smeflow("run")
    (line,) = smeflow("review", "list", "--json").lines
    assert line["item"] == "G2.xml"
    assert "for invoice 471113 of Lieferant GmbH is there already: G1.xml" in line["reason"]
    assert smeflow(*EXPORT).lines[0]["entries"] == 2


@pytest.mark.parametrize("first", ["invoice", "credits"])
def test_credit_notes_take_back_no_more_than_their_invoice(smeflow, shop, first):
    """One over all of it and one over half of it: whatever comes last is shown to a person."""
    invoice, away = shop / "inbox" / INVOICE, shop / INVOICE
    if first == "invoice":
        smeflow("run")
    credit_note(shop, b"G1", b"20180614")
    credit_note(shop, b"G2", b"20180615", half=True)
    if first == "credits":
        invoice.rename(away)
        smeflow("run")
        away.rename(invoice)
    smeflow("run")
    (line,) = smeflow("review", "list", "--json").lines
    if first == "credits":
        assert "invoice 471113 of Lieferant GmbH: 35.31 of it was credited before" in line["reason"]
    else:
        assert "for invoice 471113 of Lieferant GmbH, of which only" in line["reason"]
