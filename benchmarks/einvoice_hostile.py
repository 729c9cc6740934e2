"""Is every hostile e-invoice refused or read within 5 s and 300 MB: `python benchmarks/einvoice_hostile.py`.

The files are made here: XML bombs, document types, external entities, deep nesting, many lines, archives with
big ratios, PDFs with bombs inside. Each is read and checked in a process of its own, whose connections are
refused and counted, whose files are counted, and whose children count too.
"""

import io
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

SECONDS, MEGABYTES = 5.0, 300
ROOT = Path(__file__).resolve().parents[1]
PORT = "http://127.0.0.1:9/evil.dtd"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
INBOX = ROOT / "recipes" / "supplier-mail" / "inbox"


def archive(files, method=zipfile.ZIP_DEFLATED):
    """Make a ZIP."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as made:
        for name, data in files:
            made.writestr(name, data)
    return held.getvalue()


def nested(depth):
    """Put archives into archives, each with ten of the one before."""
    data = archive([("0.txt", "0" * 1_000_000)])
    for _ in range(depth):
        data = archive([(f"{n}.zip", data) for n in range(10)])
    return data


def in_pdf(files):
    """Put files into a PDF."""
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(INBOX / "netpresse-2022089083.pdf"))
    for name, data in files:
        writer.add_attachment(name, data)
    held = io.BytesIO()
    writer.write(held)
    return held.getvalue()


def declaring():
    """Give XML that would load something, or grow: by name."""
    invoice = (INBOX / "lieferant-471113.xml").read_bytes()
    start = invoice.index(b"?>") + 2
    head, body = invoice[:start], invoice[start:]
    laughs = "".join(f'<!ENTITY l{n} "{"".join([f"&l{n - 1};"] * 10)}">' for n in range(1, 10))
    yield "laughs.xml", head + f'<!DOCTYPE a [<!ENTITY l0 "lol">{laughs}]>'.encode() + body
    yield (
        "quadratic.xml",
        head
        + f'<!DOCTYPE a [<!ENTITY q "{"q" * 100_000}">]>'.encode()
        + body.replace(b">471113<", b">" + b"&q;" * 2000 + b"<"),
    )
    yield "external.xml", head + f'<!DOCTYPE a SYSTEM "{PORT}">'.encode() + body
    yield (
        "file.xml",
        head
        + b'<!DOCTYPE a [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
        + body.replace(b">471113<", b">&f;<"),
    )
    yield "parameter.xml", head + f'<!DOCTYPE a [<!ENTITY % p SYSTEM "{PORT}"> %p;]>'.encode() + body
    yield (
        "utf16-dtd.xml",
        invoice.decode()
        .replace("?>", f'?><!DOCTYPE a SYSTEM "{PORT}">', 1)
        .replace("UTF-8", "UTF-16")
        .encode("utf-16"),
    )
    yield (
        "xinclude.xml",
        invoice.replace(
            b"<ram:ID>471113</ram:ID>",
            b'<ram:ID><xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd"/>'
            b"</ram:ID>",
        ),
    )
    yield (
        "schema-location.xml",
        invoice.replace(
            b"CrossIndustryInvoice ",
            f'CrossIndustryInvoice xmlns:xsi="{XSI}" xsi:schemaLocation="a {PORT}" '.encode(),
            1,
        ),
    )
    yield "stylesheet.xml", head + f'<?xml-stylesheet type="text/xsl" href="{PORT}"?>'.encode() + body


def large():
    """Give XML that is deep, long or wide: by name."""
    invoice = (INBOX / "lieferant-471113.xml").read_bytes()
    ubl = (INBOX / "my-supplier-018304.xml").read_bytes()
    line_start = invoice.index(b"<ram:IncludedSupplyChainTradeLineItem")
    line_end = invoice.index(b"</ram:IncludedSupplyChainTradeLineItem>") + len(
        b"</ram:IncludedSupplyChainTradeLineItem>"
    )
    line = invoice[line_start:line_end]
    yield "deep.xml", b"<a>" * 100_000 + b"</a>" * 100_000
    yield "deep-invoice.xml", invoice.replace(b">471113<", b">" + b"<x>" * 5000 + b"</x>" * 5000 + b"<", 1)
    yield (
        "attributes.xml",
        invoice.replace(
            b"CrossIndustryInvoice ",
            b"CrossIndustryInvoice " + b" ".join(b'a%d="x"' % n for n in range(100_000)) + b" ",
            1,
        ),
    )
    yield (
        "namespaces.xml",
        invoice.replace(
            b"CrossIndustryInvoice ",
            b" ".join([b"CrossIndustryInvoice", *(b'xmlns:n%d="urn:%d"' % (n, n) for n in range(20_000))])
            + b" ",
            1,
        ),
    )
    yield "many-lines.xml", invoice.replace(line, line * 5000)
    yield "long-text.xml", invoice.replace(b">471113<", b">" + b"9" * 9_000_000 + b"<", 1)
    yield "huge-number.xml", invoice.replace(b">22.00<", b">" + b"9" * 1_000_000 + b"<")
    yield "exponent.xml", invoice.replace(b">22.00<", b">1E999999999<")
    yield (
        "big-file-inside.xml",
        ubl.replace(
            b"<cac:AccountingSupplierParty>",
            b"<cac:AdditionalDocumentReference><cbc:ID>x</cbc:ID><cac:Attachment>"
            b"<cbc:EmbeddedDocumentBinaryObject "
            b'mimeCode="application/pdf" filename="../../x.pdf">'
            + b"QUFB"
            * 2_500_000
            + b"</cbc:EmbeddedDocumentBinaryObject></cac:Attachment></cac:AdditionalDocumentReference>"
            b"<cac:AccountingSupplierParty>",
            1,
        ),
    )


def containers():
    """Give archives and PDFs with something inside: by name."""
    invoice = (INBOX / "lieferant-471113.xml").read_bytes()
    start = invoice.index(b"?>") + 2
    head, body = invoice[:start], invoice[start:]
    yield "ratio.zip", archive([("a.xml", b"0" * 200_000_000)])
    yield "many.zip", archive([(f"{n}.xml", b"<a/>") for n in range(20_000)])
    yield "nested.zip", nested(5)
    yield "climbing.zip", archive([("../../../../tmp/climbed.xml", invoice), ("/etc/climbed.xml", invoice)])
    yield "cut.zip", archive([("a.xml", invoice)])[:-40]
    yield (
        "liar.zip",
        archive([("a.txt", b"0" * 3_000_000)]).replace(
            (3_000_000).to_bytes(4, "little"), (1).to_bytes(4, "little")
        ),
    )
    yield "bomb-inside.pdf", in_pdf([("factur-x.xml", b"<a>" + b" " * 60_000_000 + b"</a>")])
    yield "dtd-inside.pdf", in_pdf([("factur-x.xml", head + f'<!DOCTYPE a SYSTEM "{PORT}">'.encode() + body)])
    yield "zip-inside.pdf", in_pdf([("post.zip", archive([("a.xml", b"0" * 100_000_000)]))])
    yield "many-inside.pdf", in_pdf([(f"{n}.xml", invoice) for n in range(300)])
    yield "null-bytes.xml", b"\0" * 1_000_000 + invoice
    yield "not-xml.xml", b"<?xml version='1.0'?>" + os.urandom(1_000_000)


CHILD = """
import json, sys, time, resource, socket
tried = []
real = socket.socket.connect
def refuse(self, address):
    if self.family != socket.AF_UNIX:
        tried.append(str(address))
        raise OSError("refused")
    return real(self, address)
socket.socket.connect = refuse
sys.path.insert(0, sys.argv[2])
from smeflow.documents.read import read
from smeflow.documents.pool import shared_pool
from smeflow.invoices.xml.read import read_einvoice
from smeflow.invoices.xml.validate import check_einvoice
from smeflow.invoices.xml.rules import shared_rule_workers
from smeflow.errors import SmeflowError
begun = time.perf_counter()
try:
    document = read(sys.argv[1])
    reading = read_einvoice([document])
    end = "read" if reading is not None and reading.record is not None else "no invoice in it"
    told = [str(p) for d in document.walk() for p in d.problems]
    told += [str(p) for p in (reading.problems if reading else ())]
except SmeflowError as error:
    document, end, told = None, "refused", [str(error)]
seconds = time.perf_counter() - begun
begun = time.perf_counter()
report = check_einvoice(document) if document is not None else None
checked = time.perf_counter() - begun
shared_pool().close()
own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
below = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
reading_memory = max(own, below)
shared_rule_workers().close()
below = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
print(json.dumps({"end": end, "seconds": seconds, "memory": reading_memory, "checked": checked,
                  "rules memory": below, "connects": tried, "told": told[:2]}))
"""


def measured(path):
    """Read and check one file in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", CHILD, str(path), str(ROOT / "src")],
            capture_output=True,
            text=True,
            timeout=180,
            cwd=folder,
            check=False,
        )
        left = sorted(p.name for p in Path(folder).rglob("*"))
    if done.returncode:
        return {"end": "BROKE DOWN", "told": [done.stderr[-300:]], "left": left}
    return {**json.loads(done.stdout), "left": left}


def make(folder: Path) -> None:
    """Write all files."""
    for name, data in (*declaring(), *large(), *containers()):
        (folder / name).write_bytes(data)


def main() -> int:
    """Measure and print."""
    if sys.argv[1:2] == ["--make"]:
        make(Path(sys.argv[2]))
        return 0
    good = total = 0
    worst = {"seconds": 0.0, "memory": 0, "checked": 0.0, "rules memory": 0}
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        # in a process of its own: a child is charged with the memory of its parent
        subprocess.run([sys.executable, __file__, "--make", folder], check=True)
        for path in sorted(Path(folder).iterdir()):
            name = path.name
            found = measured(path)
            fine = (
                found["end"] != "BROKE DOWN"
                and found["seconds"] <= SECONDS
                and found["memory"] <= MEGABYTES
                and not found["connects"]
                and not found["left"]
            )
            good += fine
            total += 1
            worst = {k: max(v, found.get(k, 0)) for k, v in worst.items()}
            figures = f"{found.get('seconds', 0):.1f} s {found.get('memory', 0)} MB"
            figures += f", check {found.get('checked', 0):.1f} s"
            told = " ".join(found["told"])[:80]
            print(f"{'ok ' if fine else 'BAD'} {name}: {found['end']}, {figures}; {told}")
    print(f"{good} of {total} hostile files refused or read within {SECONDS:.0f} s and {MEGABYTES} MB")
    print(f"worst: {worst}; {time.perf_counter() - begun:.0f} s in all")
    return 0 if good == total else 1


if __name__ == "__main__":
    sys.exit(main())
