"""Files made to kill whoever reads them, each with what a correct system does with it."""

import base64
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Hostile:
    """A hostile file."""

    name: str
    data: bytes
    fate: str = "either"
    """``read``, ``refused``, or ``either``: read or refused with a reason, within the limits."""
    hides: str = ""
    """What must not be in the text that is read."""
    shows: str = ""
    """What must be in it."""
    tells: str = ""
    """What the reason, or the remark on it, must say."""


def archive(files: dict[str, bytes | str]) -> bytes:
    """Make a ZIP."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files.items():
            made.writestr(name, data)
    return out.getvalue()


_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SHEETS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def xlsx(sheet: str, **others: str) -> bytes:
    """Make a spreadsheet of one sheet, from what stands inside ``worksheet``."""
    packages = "http://schemas.openxmlformats.org/package/2006/relationships"
    return archive(
        {
            "[Content_Types].xml": "<Types/>",
            "_rels/.rels": f'<Relationships xmlns="{packages}"><Relationship Id="r1" '
            f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'<workbook xmlns="{_SHEETS}" xmlns:r="{_OFFICE}"><sheets>'
            '<sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{packages}"><Relationship Id="r1" '
            f'Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
            "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_SHEETS}">{sheet}</worksheet>',
            **others,
        }
    )


def far_cells(last: str) -> bytes:
    """Make a spreadsheet whose second cell is far away: all between them is room that a reader makes."""
    row = "".join(filter(str.isdigit, last))
    return xlsx(
        f'<sheetData><row r="1"><c r="A1"><v>1</v></c></row>'
        f'<row r="{row}"><c r="{last}"><v>2</v></c></row></sheetData>'
    )


HEADERS = (
    b"From: Anne <anne@example.org>\r\nTo: bureau@example.com\r\nSubject: Bonjour\r\n"
    b"Date: Mon, 30 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@example.org>\r\n"
)


def mail(body: bytes, *headers: bytes) -> bytes:
    """Make a mail."""
    return HEADERS + b"".join(header + b"\r\n" for header in headers) + b"\r\n" + body


def nested_parts(depth: int) -> bytes:
    """Put parts into parts."""
    opened = b"".join(
        b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (n, n + 1) for n in range(depth)
    )
    return mail(opened + b"x\r\n" * 50_000, b"Content-Type: multipart/mixed; boundary=b0")


def attached(name: str, data: bytes, kind: str = "application/octet-stream", times: int = 1) -> bytes:
    """Make a mail with a file."""
    part = (
        f'--b\r\nContent-Type: {kind}; name="{name}"\r\nContent-Transfer-Encoding: base64\r\n\r\n'.encode()
        + base64.encodebytes(data)
        + b"\r\n"
    )
    text = b"--b\r\n\r\nVoici le document.\r\n"
    return mail(text + part * times + b"--b--\r\n", b"Content-Type: multipart/mixed; boundary=b")


def png(width: int, height: int, *, colour: int, chunks: bytes = b"") -> bytes:
    """Make a PNG of one colour; *colour* is the type of the format: 0 grey, 2 RGB, 6 RGB with a mask."""
    channels = {0: 1, 2: 3, 6: 4}[colour]
    packer = zlib.compressobj(9)
    row = bytes(1 + width * channels)
    packed = b"".join(packer.compress(row) for _ in range(min(height, 20_000))) + packer.flush()

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunks + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def tiff(pages: int) -> bytes:
    """Make a TIFF of many pages of one point."""
    out = bytearray(b"II*\0" + struct.pack("<I", 10) + b"\0\0")
    entries = 8
    size = 2 + entries * 12 + 4
    for page in range(pages):
        at = 10 + page * size
        tags = [(256, 1), (257, 1), (258, 8), (259, 1), (262, 1), (273, 8), (278, 1), (279, 1)]
        out += struct.pack("<H", entries)
        for tag, value in tags:
            out += struct.pack("<HHII", tag, 4, 1, value)
        out += struct.pack("<I", at + size if page + 1 < pages else 0)
    return bytes(out)


def pdf(*objects: bytes) -> bytes:
    """Make a PDF of these objects, the first of which is the catalogue; nothing but their places is added."""
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + content + b"\nendobj\n"
    xref = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    return bytes(
        out + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, xref)
    )


def page_of(content: bytes, extra: bytes = b"/Filter /FlateDecode", size: bytes = b"612 792") -> bytes:
    """Make a PDF of one page with *content* as its stream."""
    return pdf(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 " + size + b"] /Contents 4 0 R "
        b"/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> "
        b"/XObject << /X 5 0 R >> >> >>",
        b"<< /Length %d %s >>\nstream\n" % (len(content), extra) + content + b"\nendstream",
        b"<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 5 0 R >> >> "
        b"/Length 5 >>\nstream\n/X Do\nendstream",
    )


def zeros(megabytes: int, unit: bytes = b" ") -> bytes:
    """Pack many bytes of one kind."""
    packer = zlib.compressobj(9)
    piece = unit * (1_000_000 // len(unit))
    return b"".join(packer.compress(piece) for _ in range(megabytes)) + packer.flush()


def nested_archives(depth: int) -> bytes:
    """Put archives into archives, each with ten of the one before."""
    data = archive({"0.txt": "0" * 1_000_000})
    for _ in range(depth):
        data = archive({f"{n}.zip": data for n in range(10)})
    return data


def ods(rows: str) -> bytes:
    """Make an OpenDocument spreadsheet."""
    names = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for short, name in (("office", "office"), ("table", "table"), ("text", "text"))
    )
    content = (
        f"<office:document-content {names}><office:body><office:spreadsheet>"
        f'<table:table table:name="S">{rows}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    return archive(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": "<manifest/>",
            "content.xml": content,
        }
    )


def tnef(*attributes: tuple[int, bytes]) -> bytes:
    """Make a winmail.dat."""
    body = b"".join(
        b"\x02" + struct.pack("<HxxI", tag, len(value)) + value + b"\0\0" for tag, value in attributes
    )
    return b"\x78\x9f\x3e\x22\0\0" + body


def mails() -> Iterator[Hostile]:
    """Make mails: long, deep, wide, and with something in them."""
    flowed = b"Content-Type: text/plain; format=flowed"
    html = b"Content-Type: text/html; charset=utf-8"
    utf8 = b"Content-Type: text/plain; charset=utf-8"
    yield Hostile("spaces.eml", mail(b" " * 400_000), "read")
    yield Hostile("spaces-inside.eml", mail(b"a" + b" " * 400_000 + b"b"), "read")
    yield Hostile("plain-lines.eml", mail(b"A plain line of text.\n" * 20_000), "read")
    yield Hostile("blank-lines.eml", mail(b"a\n" + b"\n" * 400_000 + b"b"), "read")
    yield Hostile("dashes.eml", mail(b"-" * 400_000 + b"x"), "read")
    yield Hostile("dashed-lines.eml", mail((b"-" * 790 + b"x\n") * 500), "read")
    yield Hostile("headers-of-blanks.eml", mail((b"de" + b" " * 700 + b"x\n") * 570), "read")
    yield Hostile("disclaimers.eml", mail(b"Hi\n\n" + b"This message is confidential\n\n" * 13_000), "read")
    yield Hostile("flowed.eml", mail(b"a \n" * 130_000, flowed), "read")
    yield Hostile("accents.eml", mail(b"a" + "\u0301\u0316".encode() * 100_000, utf8), "read")
    yield Hostile("quotes.eml", mail(b">" * 400_000), "read")
    yield Hostile("nested.eml", nested_parts(5_000), "refused")
    yield Hostile(
        "parts.eml", mail(b"--b\n\nx\n" * 50_000, b"Content-Type: multipart/mixed; boundary=b"), "refused"
    )
    yield Hostile("headers.eml", mail(b"x", *[b"X-%d: y" % n for n in range(100_000)]), "read")
    yield Hostile("long-header.eml", mail(b"x", b"Subject: " + b"a" * 4_000_000), "read")
    yield Hostile("semicolons.eml", mail(b"x", b"Content-Type: text/plain" + b";" * 400_000), "read")
    yield Hostile("parameters.eml", mail(b"x", b'Content-Type: text/plain; a="' + b"; " * 200_000), "read")
    yield Hostile("encoded-words.eml", mail(b"x", b"Subject: " + b"=?a?q? " * 60_000), "read")
    yield Hostile("encoded-more.eml", mail(b"x", b"Subject: " + b"=?utf-8?b?QUFB?= " * 60_000), "read")
    yield Hostile("references.eml", mail(b"x", b"References: " + b"<a" * 200_000), "read")
    yield Hostile(
        "base64.eml",
        mail(base64.encodebytes(b" " * 10_000_000), b"Content-Transfer-Encoding: base64"),
        "refused",
    )
    yield Hostile("nul.eml", mail(b"\0" * 1_000_000), "refused")
    inner = mail(b"x")
    for _ in range(30):
        inner = mail(inner, b"Content-Type: message/rfc822")
    yield Hostile("mail-in-mail.eml", inner, "refused")
    yield Hostile("tags.eml", mail(b"<div>" * 100_000 + b"x", html))
    yield Hostile("quoted-tags.eml", mail(b"<blockquote>x<br>" * 100_000, html))
    yield Hostile("styles.eml", mail(b"<style>" + b"@a" * 99_000 + b"</style>Bonjour", html), "read")
    yield Hostile("opacity.eml", mail(b"<p style='opacity:" + b"0" * 400_000 + b"x'>Bonjour", html), "read")
    yield Hostile("colours.eml", mail(b"<p style='color:#fff'>x" * 20_000, html), "read")
    yield Hostile(
        "attributes.eml", mail(b"<p " + b"".join(b"a%d=1 " % n for n in range(50_000)) + b">x", html)
    )
    yield Hostile("bomb-attached.eml", attached("far.xlsx", far_cells("XFD1048576")), "read")
    yield Hostile("pdf-bomb-attached.eml", attached("a.pdf", page_of(zeros(900))), "read")
    bombs = tnef(*[(0x9002, b""), (0x8010, b"a.zip\0"), (0x800F, nested_archives(3))] * 20)
    yield Hostile("winmail.eml", attached("winmail.dat", bombs, "application/ms-tnef"), "read")
    yield Hostile("time.mbox", b"From x" + b"00:00." * 200_000 + b"\n", "refused")
    yield Hostile("many.mbox", b"From a@b Mon Nov 30 10:00:00 2026\n\nx\n\n" * 20_000, "refused")


def pages() -> Iterator[Hostile]:
    """Make texts, pages, pictures and archives."""
    yield Hostile("long-line.txt", b"a" * 4_900_000, "read")
    yield Hostile("too-long.txt", b"a" * 5_100_000, "refused")
    yield Hostile("accents.txt", b"a" + "\u0301\u0316".encode() * 1_000_000, "read")
    yield Hostile("tags.html", b"<html>" + b"<b>" * 100_000 + b"x")
    yield Hostile("deep.json", b"[" * 100_000, "read")
    yield Hostile("deep.xml", b"<?xml version='1.0'?>" + b"<a>" * 100_000 + b"</a>" * 100_000, "refused")
    name = b"a" * 49_000
    long_names = b"<" + name + b">" + b"<b>x</b>" * 20_000 + b"</" + name + b">"
    yield Hostile("long-names.xml", b"<?xml version='1.0'?>" + long_names, "refused")
    laughs = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
    yield Hostile(
        "laughs.xml",
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY l0 "x">' + laughs + b"]><a>&l9;</a>",
        "refused",
    )
    yield Hostile("event.ics", b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nX" + b';a="b"' * 80_000 + b"\nEND:VEVENT\n")
    yield Hostile("winmail.dat", tnef(*[(0x9002, b"")] * 50_000), "refused")
    yield Hostile("cut.dat", tnef((0x9005, struct.pack("<I", 2**32 - 1) * 1_000)), "either")
    yield Hostile("bomb.zip", archive({"a.txt": b"0" * 100_000_000}), "refused")
    yield Hostile("nested.zip", nested_archives(5), "read")
    yield Hostile("many.zip", archive({f"{n}.txt": b"x" for n in range(20_000)}), "refused")
    yield Hostile("broken.zip", archive({"a.txt": b"x" * 1_000})[:-40], "refused")
    yield Hostile("bomb.pdf", page_of(zeros(900)))
    yield Hostile("twice.pdf", page_of(zlib.compress(zeros(900), 9), b"/Filter [/FlateDecode /FlateDecode]"))
    yield Hostile("marks.pdf", page_of(zeros(30, b"q 1 0 0 1 0 0 cm 0 0 m 9 9 l S Q\n")))
    yield Hostile("itself.pdf", page_of(b"/X Do " * 100, b""))
    yield Hostile("huge-page.pdf", page_of(b"BT /F1 12 Tf (x) Tj ET", b"", b"14400 14400000"))
    yield Hostile("letters.pdf", page_of(zeros(20, b"BT /F1 12 Tf 50 700 Td (aaaaaaaaaaaa) Tj ET\n")))
    yield Hostile(
        "loop.pdf", pdf(b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [2 0 R] /Count 9 >>")
    )
    yield Hostile("points.png", png(7_700, 7_700, colour=6))
    yield Hostile("huge.png", png(60_000, 60_000, colour=0), "refused")
    note = b"zTXt" + b"a\0\0" + zeros(300)
    text = struct.pack(">I", len(note) - 4) + note + struct.pack(">I", zlib.crc32(note))
    yield Hostile("note.png", png(8, 8, colour=0, chunks=text))
    yield Hostile("pages.tiff", tiff(10_000), "refused")
    yield Hostile("cut.jpeg", b"\xff\xd8\xff\xe0" + b"\0\x10JFIF" * 1_000, "refused")


def tables() -> Iterator[Hostile]:
    """Make tables."""
    yield Hostile("far.xlsx", far_cells("XFD1048576"), "refused")
    yield Hostile("tall.xlsx", far_cells("J1048576"), "refused")
    yield Hostile("bomb.xlsx", xlsx("<sheetData>" + " " * 200_000_000 + "</sheetData>"), "refused")
    cell = '<c r="A{n}" t="inlineStr"><is><t>{text}</t></is></c>'
    rows = "".join(f'<row r="{n}">{cell.format(n=n, text="x" * 1_000_000)}</row>' for n in range(1, 19))
    yield Hostile("huge-cells.xlsx", xlsx(f"<sheetData>{rows}</sheetData>"))
    strings = f'<sst xmlns="{_SHEETS}"><si><t>{"y" * 1_000_000}</t></si></sst>'
    same = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 20_000))
    yield Hostile(
        "same-cell.xlsx", xlsx(f"<sheetData>{same}</sheetData>", **{"xl/sharedStrings.xml": strings})
    )
    yield Hostile("deep.xlsx", xlsx("<a>" * 100_000))
    yield Hostile("broken.xlsx", far_cells("B2")[:-30], "refused")
    yield Hostile("nonsense.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 4_096, "refused")
    repeated = '<table:table-cell table:number-columns-repeated="16384"><text:p>x</text:p></table:table-cell>'
    yield Hostile(
        "repeated.ods",
        ods(f'<table:table-row table:number-rows-repeated="1048576">{repeated}</table:table-row>'),
    )
    yield Hostile("quote.csv", b'a,b\n1,"open\n' + b"2,3\n" * 200_000, "refused")
    yield Hostile("quotes.csv", b"a,b\n" + b'"' * 1_000_001, "refused")
    yield Hostile("commas.csv", b"," * 5_000_000)
    yield Hostile("columns.csv", b",".join(b"c%d" % n for n in range(100_000)) + b"\n1\n")
    yield Hostile("nul.csv", b"a,b\n" + b"\0" * 1_000_000, "refused")
    yield Hostile("deep.json", b"[" * 100_000 + b"]" * 100_000, "refused")
    yield Hostile("deep-row.json", b'[{"a":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001 + b"]", "refused")
    keys = json.dumps([{f"k{n}": n} for n in range(20_000)]).encode()
    yield Hostile("keys.json", keys, "refused")
    yield Hostile("digits.json", b'[{"a":' + b"9" * 1_000_000 + b"}]", "refused")


CORPUS: tuple[Callable[[], Iterator[Hostile]], ...] = (mails, pages, tables)
