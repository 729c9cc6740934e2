"""Make the bundled mails, and the files that are broken on purpose, out of third-party texts and invoices.

    python scripts/make_mails.py [FOLDER]

What it reads lies in ``tests/documents``; what it writes is the same byte for byte every time, so a test
can say that nothing in the inboxes was made otherwise. FOLDER stands for ``recipes``.
"""

import json
import struct
import sys
from collections.abc import Iterable, Iterator, Mapping
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INVOICES = ROOT / "tests" / "documents" / "invoices"
MAILS = ROOT / "tests" / "documents" / "mails"
SUPPLIERS = ROOT / "recipes" / "supplier-mail" / "inbox"

OFFICE = "office@smeflow.example"
TYPES = {".pdf": ("application", "pdf"), ".xml": ("application", "xml"), ".jpg": ("image", "jpeg")}

# The sentences are those of friday2's email_finance_001 and agentdojo-mail-2, without their payee, amount
# and project; the supplier and the number are the attached invoice's own.
FRENCH = "Bonjour,\n\nVeuillez trouver ci-joint la facture {number}.\n\nCordialement,\n{seller}\n"
ENGLISH = (
    "Hi,\n\nPlease find attached the invoice {number}. Let me know if you need any further details.\n\n"
    "Best,\n{seller}\n"
)

WITH_INVOICES = (
    (
        "mail-au-bon-moulin.eml",
        "Facture FA-2017-0010",
        FRENCH,
        "Au bon moulin",
        ["au-bon-moulin-FA-2017-0010.pdf"],
    ),
    (
        "mail-bei-spiel.eml",
        "Invoice RE-20201121/508",
        ENGLISH,
        "Bei Spiel GmbH",
        ["bei-spiel-RE-20201121-508.pdf"],
    ),
    (
        "mail-qualityhosting.eml",
        "Invoice 30064443",
        ENGLISH,
        "QualityHosting AG",
        ["qualityhosting-30064443.pdf"],
    ),
    (
        "mail-three-invoices.eml",
        "Invoices 471102, 00.123.456.7-2018-1, IBZY2087",
        ENGLISH.replace("the invoice", "the invoices"),
        "The accounts department",
        ["lieferant-471102.pdf", "versicherungsverein-2018-1.xml", "oyo-IBZY2087.pdf"],
    ),
)
WITHOUT_INVOICE = ("agentdojo-mail-21", "email_newsletter_003", "email_finance_001")
"""An advertisement, a newsletter, and a mail that speaks of an attached invoice and has none."""

TRIAGE_IN_ENGLISH = (
    "agentdojo-mail-0",
    "agentdojo-mail-2",
    "agentdojo-mail-9",
    "agentdojo-mail-25",
    "agentdojo-mail-31",
)

# What an office's mailbox holds: of the texts above those no other recipe has.
OFFICE_FRENCH = (
    "academic_exam_question",
    "academic_recommendation_request",
    "academic_course_material",
    "personal_family_event",
    "personal_friend_invitation",
    "personal_casual_question",
)
OFFICE_ENGLISH = tuple(f"agentdojo-mail-{n}" for n in (4, 12, 14, 18, 20, 23, 26, 27, 29, 32, 33))
REQUESTS_FRENCH = (
    "professional_appointment_simple",
    "professional_reschedule",
    "medical_results_inquiry",
    "medical_prescription_renewal",
    "professional_certificate_request",
    "professional_complex_question",
    "medical_urgent_symptom",
)
REQUESTS_ENGLISH = {
    "b77-train-24": ("alice.moore@example.com", "New card"),
    "b77-train-26": ("james.hill@example.com", "How quickly?"),
    "b77-train-104": ("ruth.baker@example.com", "Wrong charge"),
    "b77-train-127": ("peter.lane@example.com", "Charged twice"),
    "b77-train-63": ("emily.stone@example.com", "My name"),
    "b77-train-84": ("tom.reed@example.com", "Lost card"),
}
"""Short questions to a bank: sender and subject are ours."""
FROM_SUPPLIERS = (
    ("au-bon-moulin", "Facture F124212", FRENCH, "Au bon moulin", "au-bon-moulin-F124212.xml"),
    ("netpresse", "Facture 2022089083", FRENCH, "Netpresse", "netpresse-2022089083.pdf"),
    (
        "atelier-berthier",
        "Facture FA-2026-0001",
        FRENCH,
        "Atelier Berthier",
        "atelier-berthier-FA-2026-0001.pdf",
    ),
    ("bei-spiel", "Invoice RE-20171118/506", ENGLISH, "Bei Spiel GmbH", "bei-spiel-RE-20171118-506.xml"),
    ("azure", "Invoice INV/2023/03/0008", ENGLISH, "Azure Interior", "azure-interior-INV-2023-03-0008.pdf"),
    ("koksmaat", "Invoice 12115118", ENGLISH, "De Koksmaat", "de-koksmaat-12115118.xml"),
)
NO_INVOICE = ("agentdojo-mail-16", "agentdojo-mail-6")


def main(folder: Path) -> None:
    """Write the inboxes and the examples below *folder*."""
    suppliers, triage = folder / "supplier-mail" / "inbox", folder / "mail-triage"
    suppliers.mkdir(parents=True, exist_ok=True)
    (triage / "inbox").mkdir(parents=True, exist_ok=True)
    texts = {record["id"]: record for record in _records()}
    for name, mail in _supplier_mails(texts):
        (suppliers / name).write_bytes(mail)
    for name, broken in _awkward_files():
        (suppliers / name).write_bytes(broken)
    examples, inbox = _halves(_labelled(texts.values()))
    (triage / "examples.jsonl").write_bytes(
        _lines(
            {"id": r["id"], "subject": r["subject"], "text": r["body"], "label": r["label"]} for r in examples
        )
    )
    labels: list[Mapping[str, str]] = []
    # Numbered, so that neither the name nor the Message-ID gives the answer away.
    for number, record in enumerate([*inbox, *(texts[i] for i in TRIAGE_IN_ENGLISH)], start=1):
        name = f"mail-{number:02}"
        (triage / "inbox" / f"{name}.eml").write_bytes(_mail({**record, "id": name}))
        if "label" in record:
            labels.append({"file": f"inbox/{name}.eml", "label": record["label"]})
    (triage / "labelled.jsonl").write_bytes(_lines(labels))
    _write_office(folder, texts)


def _write_office(folder: Path, texts: Mapping[str, Mapping[str, str]]) -> None:
    """Write the inboxes of the recipes that work in a mailbox."""
    english = (
        {**texts[i], "from": who, "subject": what, "body": f"Hello,\n\n{texts[i]['body']}\n"}
        for i, (who, what) in REQUESTS_ENGLISH.items()
    )
    invoices = (
        (
            {
                "from": f"accounts@{name}.example",
                "subject": subject,
                "body": body.format(number=number, seller=seller),
            },
            file,
        )
        for name, subject, body, seller, file in FROM_SUPPLIERS
        for number in [subject.partition(" ")[2]]
    )
    mails: dict[str, list[tuple[Mapping[str, str], str]]] = {
        "mailbox-triage": [(texts[i], "") for i in (*OFFICE_FRENCH, *OFFICE_ENGLISH)],
        "customer-requests": [(record, "") for record in (*(texts[i] for i in REQUESTS_FRENCH), *english)],
        "supplier-invoices-from-mail": [*invoices, *((texts[i], "") for i in NO_INVOICE)],
    }
    for recipe, records in mails.items():
        inbox = folder / recipe / "inbox"
        inbox.mkdir(parents=True, exist_ok=True)
        for number, (record, file) in enumerate(records, start=1):
            name = f"{recipe}-{number:02}"
            mail = _mail({**record, "id": name}, [file] if file else [], returned=True)
            (inbox / f"{number:02}.eml").write_bytes(mail)


def _lines(records: Iterable[Mapping[str, str]]) -> bytes:
    return "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records).encode()


def _records() -> Iterator[Mapping[str, str]]:
    for name in ("friday2.jsonl", "agentdojo.jsonl", "requests.jsonl"):
        for line in (MAILS / name).read_text(encoding="utf-8").splitlines():
            yield json.loads(line)


def _labelled(records: Iterable[Mapping[str, str]]) -> list[Mapping[str, str]]:
    return [record for record in records if "label" in record]


def _halves(records: list[Mapping[str, str]]) -> tuple[list[Mapping[str, str]], list[Mapping[str, str]]]:
    """Deal the records of each label out in turn: one is an example, the next comes by mail, and so on."""
    seen: dict[str, int] = {}
    halves: tuple[list[Mapping[str, str]], list[Mapping[str, str]]] = ([], [])
    for record in records:
        turn = seen.get(record["label"], 0)
        halves[turn % 2].append(record)
        seen[record["label"]] = turn + 1
    return halves


def _supplier_mails(texts: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, bytes]]:
    for name, subject, body, seller, attached in WITH_INVOICES:
        number = subject.partition(" ")[2]
        record = {
            "id": Path(name).stem,
            "from": f"accounts@{Path(name).stem.removeprefix('mail-')}.example",
            "subject": subject,
            "body": body.format(number=number, seller=seller),
        }
        yield name, _mail(record, attached)
    for identity in WITHOUT_INVOICE:
        yield f"mail-{identity.replace('_', '-')}.eml", _mail(texts[identity])


def _mail(record: Mapping[str, str], attached: Iterable[str] = (), *, returned: bool = False) -> bytes:
    mail = EmailMessage(policy=SMTP)
    if returned:  # as the receiving server writes it down
        mail["Return-Path"] = f"<{record['from']}>"
    mail["From"] = record["from"]
    mail["To"] = OFFICE
    mail["Subject"] = record["subject"]
    mail["Date"] = "Tue, 10 Feb 2026 09:00:00 +0100"
    mail["Message-ID"] = f"<{record['id']}@smeflow.example>"
    mail.set_content(record["body"].rstrip("\n") + "\n", cte="quoted-printable")
    for name in attached:
        maintype, subtype = TYPES[Path(name).suffix]
        place = next(f / name for f in (INVOICES, SUPPLIERS) if (f / name).is_file())
        mail.add_attachment(place.read_bytes(), maintype=maintype, subtype=subtype, filename=name)
    if mail.is_multipart():
        mail.set_boundary(f"=={record['id']}==")
    return mail.as_bytes()


def _awkward_files() -> Iterator[tuple[str, bytes]]:
    """Give what an inbox holds besides good files: cut, empty, twice, or a picture in a PDF."""
    whole = (SUPPLIERS / "au-bon-moulin-FA-2017-0008.pdf").read_bytes()
    yield "cut-off.pdf", whole[: len(whole) * 2 // 5]
    yield "empty.pdf", b""
    yield "netpresse-2022089083-copy.pdf", (SUPPLIERS / "netpresse-2022089083.pdf").read_bytes()
    yield (
        "scan-bei-spiel-RE-20140703-502.pdf",
        _scanned((INVOICES / "bei-spiel-RE-20140703-502.jpg").read_bytes()),
    )


def _scanned(jpeg: bytes) -> bytes:
    """Wrap one grey JPEG as the only thing on an A4 page, as a scanner does."""
    width, height = _size(jpeg)
    drawing = b"q 595 0 0 842 0 0 cm /Page Do Q"
    picture = (
        f"<< /Type /XObject /Subtype /Image /Width {width} /Height {height} /ColorSpace /DeviceGray"
        f" /BitsPerComponent 8 /Filter /DCTDecode /Length {len(jpeg)} >>"
    )
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources 6 0 R >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawing), drawing),
        picture.encode() + b"\nstream\n" + jpeg + b"\nendstream",
        b"<< /XObject << /Page 5 0 R >> >>",
    ]
    pdf, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(pdf))
        pdf += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(pdf)
    pdf += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for offset in offsets:
        pdf += b"%010d 00000 n \n" % offset
    pdf += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(pdf)


def _size(jpeg: bytes) -> tuple[int, int]:
    """Read width and height from a JPEG's frame header."""
    at = 2
    while at < len(jpeg):
        marker, length = struct.unpack(">xBH", jpeg[at : at + 4])
        if marker in {0xC0, 0xC1, 0xC2}:
            height, width, parts = struct.unpack(">HHB", jpeg[at + 5 : at + 10])
            if parts != 1:
                sys.exit("the picture is not grey: its colour space must be written otherwise")
            return width, height
        at += 2 + length
    sys.exit("the picture has no frame header")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "recipes")
