from pathlib import Path

import pytest

from smeflow.core.case import Case
from smeflow.core.run import run
from smeflow.documents.read import read
from smeflow.engine.own_steps import split
from smeflow.extract.step import Extract
from smeflow.invoices.page.split import find_invoices
from smeflow.llm.interface import NoModel

HERE = Path(__file__).parents[2] / "documents" / "invoices"
MOULIN = HERE / "au-bon-moulin-FA-2017-0010.pdf"
SPIEL = HERE / "bei-spiel-RE-20201121-508.pdf"
OYO = HERE / "oyo-IBZY2087.pdf"
HOSTING = HERE / "qualityhosting-30064443.pdf"


def bundle(*files: Path, pages: dict[Path, list[int]] | None = None) -> bytes:
    """Bind the pages of *files* into one PDF, as a scanner or a mail room does."""
    import io

    import pypdfium2

    bound = pypdfium2.PdfDocument.new()
    for file in files:
        with pypdfium2.PdfDocument(file) as one:
            bound.import_pages(one, (pages or {}).get(file))
    out = io.BytesIO()
    bound.save(out)
    bound.close()
    return out.getvalue()


@pytest.mark.parametrize("file", sorted(HERE.glob("*.pdf")), ids=lambda f: f.stem)
def test_an_invoice_is_not_cut(file):
    """However many pages it has."""
    assert find_invoices(read(file)) == ()


@pytest.mark.slow
def test_each_invoice_of_a_bundle_is_a_case():
    """A part sees its own pages alone and is called after them; an invoice of two pages stays together."""
    case = Case.of(read(bundle(MOULIN, HOSTING, SPIEL), name="post.pdf"))
    parts = split(case, "invoices")
    assert [part.id for part in parts] == [
        "post.pdf/post p1.pdf",
        "post.pdf/post p2-3.pdf",
        "post.pdf/post p4.pdf",
    ]
    invoice = Extract(name="invoice", into="Invoice")
    read_alone = [run([invoice], part)[invoice] for part in parts]
    assert [found.record.number for found in read_alone] == ["FA-2017-0010", "30064443", "RE-20201121/508"]
    assert [found.several for found in read_alone] == [1, 1, 1]
    assert [page.number for page in parts[1].documents[0].pages] == [2, 3]
    assert read_alone[1].fields["total_gross"].page == 3
    assert split(parts[1], "invoices") == ()


def test_a_bundle_with_a_doubtful_page_stays_whole():
    """Where one page does not say which invoice it is, nothing is cut and the step tells a person."""
    assert find_invoices(read(bundle(MOULIN, OYO, SPIEL))) == ()


def test_a_copy_behind_its_original_is_no_second_invoice():
    """The same number twice is one invoice printed twice, and two that come back are not sorted by guess."""
    assert find_invoices(read(bundle(HOSTING, HOSTING))) == ()
    assert find_invoices(read(bundle(MOULIN, SPIEL, MOULIN))) == ()


def test_an_invoice_that_lost_a_page_keeps_its_bundle_whole():
    """The totals of a stretch must add up: half an invoice has none."""
    assert find_invoices(read(bundle(MOULIN, HOSTING, pages={HOSTING: [0]}))) == ()


def test_only_a_recipe_that_says_invoices_cuts_files():
    """``attachments`` takes mails apart and leaves files whole."""
    case = Case.of(read(bundle(MOULIN, SPIEL), name="post.pdf"))
    assert split(case, "attachments") == ()
    assert len(split(case, "invoices")) == 2


def test_data_and_page_of_one_invoice_in_an_archive_are_one_part():
    """A platform sends F1.xml beside F1.pdf: one invoice, read once, its page compared with its data."""
    import io
    import zipfile

    inbox = Path(__file__).parents[3] / "recipes" / "supplier-mail" / "inbox"
    pdf = read(inbox / "atelier-berthier-FA-2026-0001.pdf")
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("flux/F1.xml", pdf.parts[0].data)
        archive.write(inbox / "atelier-berthier-FA-2026-0001.pdf", "flux/F1.pdf")
        archive.write(inbox / "lieferant-471113.xml", "flux/F2.xml")
    parts = split(Case.of(read(held.getvalue(), name="post.zip"), id="post.zip"), "invoices")
    assert [part.id for part in parts] == ["post.zip/F1.zip", "post.zip/F2.xml"]
    again = read(parts[0].documents[0].data, name="F1.zip")
    assert split(Case.of(again, id="F1.zip"), "invoices") == ()
    found = Extract(name="invoice", into="Invoice", readers=("exact", "layout"))(Case.of(again), NoModel())
    assert (found.record.number, found.several) == ("FA-2026-0001", 1)
