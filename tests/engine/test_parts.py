"""A file with several invoices becomes several items."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from smeflow.core.case import Case
from smeflow.core.step import step
from smeflow.extract.step import Extract
from smeflow.kinds.sources import make_arrival
from smeflow.llm.interface import LLM
from smeflow.tables.table_file import TableFile

HERE = Path(__file__).parents[1] / "documents" / "invoices"


@step
def number(case: Case, llm: LLM) -> str | None:
    return Extract(name="invoice", into="Invoice")(case, llm).record.number


def bound(*names: str) -> bytes:
    """Bind PDF files into one."""
    import io

    import pypdfium2

    whole = pypdfium2.PdfDocument.new()
    for name in names:
        with pypdfium2.PdfDocument(HERE / name) as one:
            whole.import_pages(one)
    out = io.BytesIO()
    whole.save(out)
    whole.close()
    return out.getvalue()


@dataclass
class _Post:
    """A source of one PDF."""

    data: bytes = field(repr=False)
    name: str = "post"
    complete: bool = True
    kind: str = "application/pdf"
    file: str = "post.pdf"

    def cases(self):
        yield make_arrival(self.file, self.file, self.kind, self.data)


@pytest.mark.slow
def test_the_invoices_of_a_pdf_become_items_with_rows_of_their_own(office):
    """The file is done with its parts counted and has no row; a second run finds nothing to do."""
    one, two = "au-bon-moulin-FA-2017-0010.pdf", "bei-spiel-RE-20201121-508.pdf"
    office.source = _Post(bound(one, two))
    office.settings["split"] = "invoices"
    office.plan(number)
    office.sinks = (TableFile(table=str(office.folder / "out.csv"), rows="number"),)
    summary = office.run(None)
    assert (summary.items, summary.done, summary.open) == (3, 3, 0)
    assert office.item("post.pdf").parts == 2
    numbers = [office.values(key)["number"] for key in ("post.pdf/post p1.pdf", "post.pdf/post p2.pdf")]
    assert numbers == ["FA-2017-0010", "RE-20201121/508"]
    assert len((office.folder / "out.csv").read_text().splitlines()) == 3
    first = (office.folder / "out.csv").read_bytes()
    again = office.run(None)
    assert (again.items, again.done) == (3, 3)
    assert (office.folder / "out.csv").read_bytes() == first


def test_the_papers_of_an_archive_become_items_and_messages_are_set_aside(office):
    """A platform's ZIP: invoices are read, its status messages are kept and told."""
    import io
    import zipfile

    inbox = Path(__file__).parents[2] / "recipes" / "supplier-mail" / "inbox"
    status = (
        '<r:CrossDomainAcknowledgementAndResponse xmlns:r="urn:un:unece:uncefact:data:standard:'
        'CrossDomainAcknowledgementAndResponse:100"><r:IssuerAssignedID>F-12</r:IssuerAssignedID>'
        "<r:ProcessConditionCode>210</r:ProcessConditionCode></r:CrossDomainAcknowledgementAndResponse>"
    )
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name in ("au-bon-moulin-F124212.xml", "lieferant-471113.xml"):
            archive.write(inbox / name, f"flux/{name}")
        archive.writestr("status.xml", status)
    office.source = _Post(held.getvalue(), kind="application/zip", file="post.zip")
    office.settings["split"] = "invoices"
    invoice = Extract(name="invoice", into="Invoice")
    office.plan(invoice)
    office.sinks = (TableFile(table=str(office.folder / "out.csv"), rows="invoice.record"),)
    summary = office.run(None)
    assert summary.items == 4
    assert office.item("post.zip").parts == 3
    assert office.values("post.zip/au-bon-moulin-F124212.xml")["invoice"]["record"]["number"] == "F124212"
    aside = office.item("post.zip/status.xml")
    assert (aside.state, aside.reason.kind) == ("skipped", "status")
    assert "invoice F-12: 210" in str(aside.reason)


@pytest.mark.slow
def test_a_part_that_is_gone_from_the_file_leaves_the_table(office):
    """A new version of the file is cut anew; what is on other pages now is another version."""
    one, two, three = (
        "au-bon-moulin-FA-2017-0010.pdf",
        "bei-spiel-RE-20201121-508.pdf",
        "qualityhosting-30064443.pdf",
    )
    office.settings["split"] = "invoices"
    office.plan(number)
    office.source = _Post(bound(one, three, two))
    assert office.run(None).done == 4
    office.source = _Post(bound(one, two))
    summary = office.run(None)
    assert (summary.items, summary.done, summary.skipped) == (5, 3, 2)
    assert office.values("post.pdf/post p2.pdf")["number"] == "RE-20201121/508"
