"""PDF made by hand, so that a test shows every operator of what it reads."""

from collections.abc import Callable

import pytest

from smeflow.documents.document import Document, Limits
from smeflow.documents.file import File
from smeflow.documents.read import read_in_process as read_file_in_process


def pdf_of(
    *contents: str,
    rotate: int = 0,
    size: tuple[int, int] = (595, 842),
    picture: bytes | None = None,
) -> bytes:
    """Write a PDF, a page for each content stream; /F1 is Helvetica, /Im1 a picture of 8 x 8 grey points."""
    objects: list[bytes] = []

    def add(body: bytes) -> int:
        objects.append(body)
        return len(objects)

    def stream(head: str, data: bytes) -> int:
        return add(f"<< {head} /Length {len(data)} >>\nstream\n".encode() + data + b"\nendstream")

    font = add(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>")
    grey = picture or bytes(64)
    image = stream(
        "/Type /XObject /Subtype /Image /Width 8 /Height 8 /BitsPerComponent 8 /ColorSpace /DeviceGray", grey
    )
    parent = len(objects) + 2 * len(contents) + 1
    kids = []
    for content in contents:
        body = stream("", content.encode("cp1252"))
        kids.append(
            add(
                f"<< /Type /Page /Parent {parent} 0 R /MediaBox [0 0 {size[0]} {size[1]}] /Rotate {rotate} "
                f"/Resources << /Font << /F1 {font} 0 R >> /XObject << /Im1 {image} 0 R >> >> "
                f"/Contents {body} 0 R >>".encode()
            )
        )
    add(f"<< /Type /Pages /Kids [{' '.join(f'{k} 0 R' for k in kids)}] /Count {len(kids)} >>".encode())
    catalog = add(f"<< /Type /Catalog /Pages {parent} 0 R >>".encode())
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{place:010} 00000 n \n".encode() for place in places)
    out += f"trailer << /Size {len(objects) + 1} /Root {catalog} 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)


def text_at(x: float, y: float, text: str, *, size: float = 12, before: str = "") -> str:
    """Write the operators that print *text* with its baseline at (x, y), from the bottom left."""
    safe = text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
    return f"q BT {before} /F1 {size} Tf {x} {y} Td ({safe}) Tj ET Q\n"


@pytest.fixture(scope="session")
def make_pdf() -> Callable[..., bytes]:
    """Give `pdf_of`."""
    return pdf_of


@pytest.fixture(scope="session")
def printed() -> Callable[..., str]:
    """Give `text_at`."""
    return text_at


def here(data: bytes, name: str = "file", media_type: str = "", **limits: float) -> Document:
    """Read in this process, under *limits*."""
    return read_file_in_process(
        File(
            name=name,
            media_type=media_type,
            data=data,
            limits=Limits(**limits),
            read_part=read_file_in_process,
        )
    )


@pytest.fixture(scope="session")
def read_in_process() -> Callable[..., Document]:
    """Give `here`."""
    return here
