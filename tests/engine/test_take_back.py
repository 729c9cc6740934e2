"""A decision that is taken back: the next run goes on as if it had not been made, and others look again."""

import io

import pytest
from pypdf import PdfReader, PdfWriter

from smeflow import Workspace
from smeflow.errors import LedgerError

RECIPE = """\
recipe: invoices
about: Read invoices.
llm: none
source: {folder: inbox/, match: ["*.xml", "*.pdf"]}
steps:
  - extract: invoice
    into: Invoice
    review: not invoice.proven or invoice.record.total_gross > 500
sinks:
  - {table: out/purchases.csv, rows: invoice.record}
"""
LIEFERANT, NETPRESSE = "lieferant-471113.xml", "netpresse-2022089083-copy.pdf"


@pytest.fixture
def firm(tmp_path, recipes):
    """A firm with an invoice that waits for its amount, and one whose account is new."""
    source = recipes / "supplier-mail" / "inbox"
    (tmp_path / "inbox").mkdir()
    (tmp_path / "smeflow.toml").write_text("[company]\n", encoding="utf-8")
    (tmp_path / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    for name in (LIEFERANT, NETPRESSE):
        (tmp_path / "inbox" / name).write_bytes((source / name).read_bytes())
    workspace = Workspace(tmp_path)
    workspace.run("recipe.yaml")
    return workspace


def found(firm, name):
    return next(item for item in firm.items() if item.name == name)


def seen(item):
    """Give what a person sees of an item, whatever was decided on it since."""
    return item.state, item.reasons, repr(item.results)


def table(firm):
    return (firm.root / "out" / "purchases.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize("ran", [True, False], ids=["after a run", "before a run"])
@pytest.mark.parametrize("decide", ["approve", "correct", "reject", "ask_again"])
def test_the_item_is_what_it_was(firm, decide, ran):
    """State, reasons and values are those before the decision; the table is what it was."""
    before, rows = found(firm, LIEFERANT), table(firm)
    options = {"correct": ({"invoice.number": "X-1"},), "reject": ("private",)}
    getattr(firm, decide)(before, *options.get(decide, ()), by="Ada")
    if ran:
        firm.run("recipe.yaml")
        assert (table(firm) != rows) == (decide in ("approve", "correct"))
    opened = firm.take_back(before.id, by="Ben")
    assert opened.state == "open"
    assert repr(opened.results) == repr(before.results)
    summary = firm.run("recipe.yaml")
    assert summary.calls == 0
    assert seen(found(firm, LIEFERANT)) == seen(before)
    assert table(firm) == rows


def test_only_the_decision_that_was_seen_is_taken_back(firm):
    """Whoever takes back what another has decided over since is told; both stay in the ledger."""
    item = found(firm, LIEFERANT)
    firm.correct(item, {"invoice.number": "X-1"}, by="Ada")
    firm.correct(item.id, {"invoice.number": "X-2"}, by="Ada")
    with firm._ledger() as ledger:
        first, second = (review.id for review in ledger.reviews(ledger.item(None, item.id)))
    with pytest.raises(LedgerError, match="Ada: corrected"):
        firm.take_back(item.id, decision=first, by="Ben")
    firm.take_back(item.id, decision=second, by="Ben")
    firm.run("recipe.yaml")
    assert found(firm, LIEFERANT).results["invoice"].record.number == "X-1"
    firm.take_back(item.id, by="Ben")
    firm.run("recipe.yaml")
    assert found(firm, LIEFERANT).results["invoice"].record.number == "471113"
    with pytest.raises(LedgerError, match="no decision to take back"):
        firm.take_back(item.id, by="Ben")
    with firm._ledger() as ledger:
        actions = [review.action for review in ledger.reviews(ledger.item(None, item.id))]
        assert actions == ["correct", "correct", "undo", "undo"]
        assert ledger.audit_broken_at() is None


def test_an_account_that_is_trusted_no_more_holds_the_invoices_it_let_pass(firm, recipes):
    """The second invoice to a new account passed since a person vouched for the first: no longer so."""
    waiting = found(firm, NETPRESSE)
    firm.approve(waiting, by="Ada", note="rung up")
    firm.run("recipe.yaml")
    source = (recipes / "supplier-mail" / "inbox" / NETPRESSE).read_bytes()
    (firm.root / "inbox" / "again.pdf").write_bytes(source + b"\n%")
    firm.run("recipe.yaml")
    account = "first account of NETPRESSE"
    reasons = [str(reason) for reason in found(firm, "again.pdf").reasons]
    assert reasons
    assert not any(account in reason for reason in reasons)
    firm.take_back(waiting.id, by="Ada")
    firm.run("recipe.yaml")
    assert any(account in str(reason) for reason in found(firm, NETPRESSE).reasons)
    assert any(account in str(reason) for reason in found(firm, "again.pdf").reasons)


def test_a_file_is_split_by_hand_and_put_together_again(firm, recipes):
    """Where nothing tells two invoices apart a person does; taken back, the parts are left out."""
    page = PdfReader(recipes / "supplier-mail" / "inbox" / NETPRESSE).pages[0]
    writer, both = PdfWriter(), io.BytesIO()
    for _ in range(3):
        writer.add_page(page)
    writer.write(both)
    (firm.root / "inbox" / "stack.pdf").write_bytes(both.getvalue())
    firm.run("recipe.yaml")
    stack = found(firm, "stack.pdf")
    for pages in ([], [1], [4]):
        with pytest.raises(LedgerError, match="from 2 to 3"):
            firm.split(stack, pages, by="Ada")
    firm.split(stack, [2], by="Ada")
    firm.run("recipe.yaml")
    states = {item.name: item.state for item in firm.items()}
    assert states["stack.pdf"] == "done"
    assert states["stack p1.pdf"] == states["stack p2-3.pdf"] == "review"
    assert [d.fields["pages"] for d in firm.case(found(firm, "stack p2-3.pdf")).documents] == ["2-3"]
    firm.take_back(stack.id, by="Ben")
    firm.run("recipe.yaml")
    states = {item.name: item.state for item in firm.items()}
    assert (states["stack.pdf"], states["stack p1.pdf"], states["stack p2-3.pdf"]) == (
        stack.state,
        "skipped",
        "skipped",
    )
    with pytest.raises(LedgerError, match="one page"):
        firm.split(found(firm, NETPRESSE), [2], by="Ada")
