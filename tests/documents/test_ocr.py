import io
import math
import sys
from pathlib import Path

import pytest

from smeflow.documents.document import Limits
from smeflow.documents.file import File
from smeflow.documents.ocr import MissingTesseract
from smeflow.documents.page_text import angle_of
from smeflow.documents.read import read_in_process
from smeflow.errors import LimitExceeded, UnreadableDocument, UnsupportedDocument

PIL = pytest.importorskip("PIL.Image")
tesseract = pytest.mark.requires_program("tesseract", languages=("fra", "eng"))
paddle = pytest.mark.requires_module("faster_paddle")


def saved(image, kind="PNG", **how):
    """Give a picture's bytes."""
    stream = io.BytesIO()
    image.save(stream, kind, **how)
    return stream.getvalue()


@pytest.fixture(scope="module")
def scan(recipes):
    """Give a real page as a picture."""
    from smeflow.documents.worker import draw_page

    data = (recipes / "supplier-mail/inbox/kraxi-2014-03.pdf").read_bytes()
    file = File(name="k.pdf", media_type="application/pdf", data=data, read_part=read_in_process)
    return PIL.open(io.BytesIO(draw_page(file, 1, 130))).convert("L")


def place_after(box, size, degrees):
    """Turn the middle of a box with the clock around the middle of the page."""
    width, height = size
    turn = math.radians(degrees)
    x, y = ((box.left + box.right) / 2 - 0.5) * width, ((box.top + box.bottom) / 2 - 0.5) * height
    turned = (x * math.cos(turn) - y * math.sin(turn), x * math.sin(turn) + y * math.cos(turn))
    return turned[0] / width + 0.5, turned[1] / height + 0.5


@paddle
def test_a_scan_askew_is_read_in_lines(scan, read_in_process):
    """A page laid askew on the glass is straightened; its boxes lie on the picture as it came."""
    crop = scan.crop((0, 0, scan.width, scan.height // 2))
    assert angle_of(crop) == 0.0
    turned = crop.rotate(-2, fillcolor=255, resample=2)
    assert angle_of(turned) == pytest.approx(2, abs=0.3)
    straight, askew = read_in_process(saved(crop)), read_in_process(saved(turned))
    before, after = set(straight.text.split()), set(askew.text.split())
    assert len(before & after) >= 0.8 * len(before)
    page = askew.pages[0]
    for word in straight.pages[0].words:
        twins = [w for w in page.words if w.text == word.text]
        once = len(twins) == 1 and straight.text.split().count(word.text) == 1
        if once and len(word.text) > 3 and word.text.isalnum():  # a short word may be a speck read as one
            x, y = place_after(word.box, crop.size, 2)
            assert (twins[0].box.left + twins[0].box.right) / 2 == pytest.approx(x, abs=0.012)
            assert (twins[0].box.top + twins[0].box.bottom) / 2 == pytest.approx(y, abs=0.012)
    assert page.origin == "ocr"
    assert all(page.text[w.start : w.end] == w.text for w in page.words)


@paddle
def test_a_picture_held_sideways_is_turned(scan, read_in_process):
    """A telephone writes down how it was held."""
    crop = scan.crop((0, 0, scan.width, scan.height // 3))
    exif = PIL.Exif()
    exif[0x0112] = 6
    document = read_in_process(saved(crop.rotate(90, expand=True), "JPEG", exif=exif, quality=95))
    assert len(set(document.text.split()) & set(read_in_process(saved(crop)).text.split())) > 10


@paddle
def test_a_pdf_without_letters_is_recognised(scan, recipes, read_in_process):
    """A scanned PDF gives words with boxes like any other."""
    document = read_in_process(
        (recipes / "supplier-mail/inbox/scan-bei-spiel-RE-20140703-502.pdf").read_bytes(), name="scan.pdf"
    )
    assert document.pages[0].origin == "ocr"
    assert len(document.pages[0].words) > 40
    assert "Rechnung" in document.text


def test_without_a_recogniser_a_picture_says_what_to_install(scan, read_in_process, monkeypatch, make_pdf):
    """The message names the command and the program; a PDF page that needs it is told of."""
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr("smeflow.documents.ocr._installed", lambda _name: False)
    with pytest.raises(MissingTesseract, match="apt install tesseract-ocr"):
        read_in_process(saved(scan))
    with pytest.raises(UnreadableDocument, match="Tesseract"):
        read_in_process(make_pdf("q 500 0 0 700 0 0 cm /Im1 Do Q"), name="scan.pdf")


@pytest.mark.slow
@pytest.mark.requires_module("rapidocr")
def test_without_the_others_rapidocr_reads(scan, read_in_process, monkeypatch):
    """A machine where no wheel of faster-paddle fits reads pictures by the extra ``ocr-rapid`` alone."""
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr("smeflow.documents.ocr._installed", lambda name: name == "rapidocr")
    document = read_in_process(saved(scan.crop((0, 0, scan.width, scan.height // 3))))
    assert document.pages[0].origin == "ocr"
    assert len(document.pages[0].words) > 10


@pytest.mark.parametrize(
    "data", [b"\x89PNG\r\n\x1a\n" + bytes(50), b"\xff\xd8\xff\xe0" + bytes(50), b"II*\0" + bytes(9)]
)
def test_a_damaged_picture_is_unreadable(read_in_process, data):
    """A cut picture asks for another."""
    with pytest.raises(UnreadableDocument, match="cut or damaged"):
        read_in_process(data, name="a.png")


def test_a_cut_picture_is_unreadable(scan, read_in_process):
    """Half a page must not pass for a whole one."""
    data = saved(scan)
    with pytest.raises(UnreadableDocument, match="cut or damaged"):
        read_in_process(data[: len(data) // 2], name="a.png")


@paddle
@pytest.mark.parametrize("limit", [9_999, 10_000, 10_001])
def test_pixels_are_limited_before_they_are_unpacked(read_in_process, limit):
    """The size in the head of the file is enough to refuse it."""
    data = saved(PIL.new("L", (100, 100), 255))
    if limit >= 10_000:
        assert read_in_process(data, pixels=limit).text == ""
        return
    with pytest.raises(LimitExceeded, match="`pixels`"):
        read_in_process(data, pixels=limit)


@tesseract
def test_a_slow_recognition_is_ended(scan):
    """The limit `seconds` holds for the program as well."""
    file = File(
        name="s.png",
        media_type="",
        data=saved(scan),
        limits=Limits(seconds=0.01),
        ocr="tesseract",
        read_part=read_in_process,
    )
    with pytest.raises(LimitExceeded, match="`seconds`"):
        read_in_process(file)


HEIC = Path(__file__).parent / "phone" / "ticket.heic"


@paddle
@pytest.mark.requires_module("pi_heif")
def test_the_picture_of_a_telephone_is_read_upright(read_in_process):
    """HEIC is what an iPhone saves; it is turned as the telephone was held."""
    document = read_in_process(HEIC.read_bytes(), name="IMG_0001.HEIC")
    assert document.media_type == "image/heic"
    assert "Total TTC 4,20 EUR" in document.text
    assert document.pages[0].width > document.pages[0].height


@pytest.mark.requires_module("pi_heif")
@pytest.mark.parametrize("kept", [40, 300, 5_000])
def test_a_cut_heic_is_unreadable(read_in_process, kept):
    """It is cut in its head or among its points: an error of ours either way."""
    with pytest.raises(UnreadableDocument):
        read_in_process(HEIC.read_bytes()[:kept], name="IMG_0001.HEIC")


@pytest.mark.requires_module("pi_heif")
def test_the_points_of_a_heic_are_limited_before_they_are_unpacked(read_in_process):
    """Its head says how large it is."""
    with pytest.raises(LimitExceeded, match="pixels"):
        read_in_process(HEIC.read_bytes(), name="IMG_0001.HEIC", pixels=1_000)


def test_without_its_package_a_heic_says_what_to_do(read_in_process, monkeypatch):
    """Two ways out: another format, or the extra."""
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    with pytest.raises(UnsupportedDocument, match=r"JPEG.*ocr"):
        read_in_process(HEIC.read_bytes(), name="IMG_0001.HEIC")
