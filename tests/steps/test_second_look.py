"""Pictures of pages: the better recogniser looks again where the quick one left something open."""

from pathlib import Path

import pytest

from smeflow import Case
from smeflow.documents.read import read
from smeflow.llm.none import NoModel
from smeflow.steps import Extract

SCAN = Path(__file__).parents[1] / "documents" / "invoices" / "bei-spiel-RE-20140703-502.jpg"


@pytest.fixture(scope="module")
def scan():
    """Read a scan with the quick recogniser."""
    pytest.importorskip("rapidocr", reason="needs the extra ocr")
    return read(SCAN)


def test_two_recognisers_that_read_alike_prove_a_scan(scan):
    """What one recogniser read is confirmed by nothing; what two read alike is."""
    alone = Extract(name="invoice", into="Invoice", ocr="tesseract")(Case.of(scan), NoModel())
    both = Extract(name="invoice", into="Invoice", ocr="rapidocr")(Case.of(scan), NoModel())
    assert not alone.proven
    assert both.record.total_gross == alone.record.total_gross is not None
    assert next(c for c in both.checks if c.name == "recognised").passed is True
