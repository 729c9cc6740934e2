"""Hostile e-invoices: refused or read, never followed, never a crash. The whole set is in benchmarks/."""

import io
import socket
import threading
import zipfile
from pathlib import Path

import pytest

from smeflow.documents.read import read
from smeflow.errors import DocumentError
from smeflow.invoices.xml.read import read_einvoice
from smeflow.invoices.xml.validate import check_einvoice

pytestmark = pytest.mark.slow

INBOX = Path(__file__).parents[3] / "recipes" / "supplier-mail" / "inbox"
INVOICE = (INBOX / "lieferant-471113.xml").read_bytes()


@pytest.fixture
def listener():
    """A server that counts who calls."""
    calls = []
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.2)
    done = threading.Event()

    def serve():
        while not done.is_set():
            try:
                calls.append(server.accept()[1])
            except TimeoutError:
                continue

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}/evil.dtd", calls
    done.set()
    thread.join()
    server.close()


def declared(what: str) -> bytes:
    return INVOICE.replace(b"?>", f"?>{what}".encode(), 1)


@pytest.mark.parametrize(
    "what",
    [
        '<!DOCTYPE a SYSTEM "{url}">',
        '<!DOCTYPE a [<!ENTITY % p SYSTEM "{url}"> %p;]>',
        '<!DOCTYPE a [<!ENTITY f SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>',
    ],
    ids=["external", "parameter", "file", "entities"],
)
def test_a_document_type_is_refused_and_nothing_is_loaded(what, listener):
    """Neither read nor checked, whatever it points at."""
    url, calls = listener
    with pytest.raises(DocumentError):
        read(declared(what.format(url=url)), name="evil.xml")
    assert calls == []


@pytest.mark.parametrize("what", ["stylesheet", "schema", "include"])
def test_an_invoice_that_points_elsewhere_is_read_and_checked_without_going_there(what, listener):
    """A stylesheet, a schema's place and an include are words like any other."""
    url, calls = listener
    xsi = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    data = {
        "stylesheet": declared(f'<?xml-stylesheet type="text/xsl" href="{url}"?>'),
        "schema": INVOICE.replace(
            b"CrossIndustryInvoice ", f'CrossIndustryInvoice {xsi} xsi:schemaLocation="a {url}" '.encode(), 1
        ),
        "include": INVOICE.replace(
            b">471113<",
            f'><i:include xmlns:i="http://www.w3.org/2001/XInclude" href="{url}"/><'.encode(),
            1,
        ),
    }[what]
    document = read(data, name="evil.xml")
    assert read_einvoice([document]) is not None
    assert check_einvoice(document, ("xsd", "en16931")) is not None
    assert calls == []


@pytest.mark.parametrize("value", [b"9" * 1_000_000, b"1E999999999", b"NaN", b"-" * 50, b"0x10", b"1" * 41])
def test_a_number_nobody_can_mean_is_told_and_left_out(value):
    """It neither fails the arithmetic nor becomes an amount."""
    document = read(INVOICE.replace(b">23.54<", b">" + value + b"<"), name="evil.xml")
    reading = read_einvoice([document])
    assert reading is not None
    assert reading.record.total_gross is None
    assert reading.problems
    assert max(len(str(problem)) for problem in reading.problems) < 300


@pytest.mark.parametrize(
    "data",
    [
        b"<a>" * 50_000 + b"</a>" * 50_000,
        INVOICE.replace(b">471113<", b">" + b"<x>" * 300 + b"</x>" * 300 + b"<", 1),
    ],
    ids=["all", "inside"],
)
def test_depth_is_bounded(data):
    """No recursion runs away."""
    with pytest.raises(DocumentError):
        read(data, name="deep.xml")


def test_archives_in_archives_share_one_budget():
    """Ten in each of ten in each of ten are not a thousand readings."""
    data = b"x" * 10_000
    for _ in range(4):
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
            for n in range(10):
                archive.writestr(f"{n}.zip" if data[:2] == b"PK" else f"{n}.txt", data)
        data = held.getvalue()
    document = read(data, name="nested.zip")
    assert sum(1 for _ in document.walk()) < 500
    assert "`parts`" in " ".join(str(p) for inner in document.walk() for p in inner.problems)
