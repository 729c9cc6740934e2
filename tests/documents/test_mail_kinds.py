"""What comes as mail or with it and is no plain mail: invitations, seals, Outlook's wrappings, archives."""

import contextlib
import struct
from email.message import EmailMessage
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.mutation import damage, damaged

from smeflow.core.case import Case
from smeflow.documents import text as texts
from smeflow.documents.archives import mails_in
from smeflow.documents.document import Limits
from smeflow.documents.newest_message import thread_of
from smeflow.documents.read import read
from smeflow.documents.text import detect_language
from smeflow.errors import DocumentError, UnreadableDocument
from smeflow.files.originals import attached_files


def mail(text="Bonjour à tous, voici la réponse.", **headers):
    """Write a mail with a few headers."""
    message = EmailMessage()
    for name, value in {"From": "a@x.fr", "Subject": "Facture", **headers}.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


INVITATION = (
    "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Point\\, chantier\r\n"
    "DTSTART;TZID=Europe/Paris:20261203T143000\r\nDTEND:20261203T143000Z\r\n"
    'ORGANIZER;CN=Anne Roy:mailto:anne@x.fr\r\nATTENDEE;CN="Paul: P.":mailto:paul@\r\n y.fr\r\n'
    "LOCATION:Salle 2\r\nDESCRIPTION:Ordre du jour\\n1. Toit\r\n"
    "BEGIN:VALARM\r\nDESCRIPTION:Rappel\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


def test_an_invitation_is_read():
    """What, when, where and who stand as fields; an alarm is not the event."""
    message = mail()
    message.add_alternative(INVITATION, subtype="calendar", params={"method": "REQUEST"})
    [part] = read(message.as_bytes(), name="m.eml").parts
    told = {
        name: part.fields[name] for name in ("summary", "start", "end", "timezone", "organizer", "method")
    }
    assert told == {
        "summary": "Point, chantier",
        "start": "2026-12-03T14:30:00",
        "end": "2026-12-03T14:30:00+00:00",
        "timezone": "Europe/Paris",
        "organizer": "Anne Roy <anne@x.fr>",
        "method": "REQUEST",
    }
    assert part.fields["attendees"] == "Paul: P. <paul@y.fr>"
    assert part.text.endswith("Ordre du jour\n1. Toit")


@pytest.mark.parametrize(
    ("start", "lasts", "end"),
    [
        (":20261203T143000Z", "PT1H30M", "2026-12-03T16:00:00+00:00"),
        (";TZID=Europe/Paris:20261203T233000", "PT45M", "2026-12-04T00:15:00"),
        (";VALUE=DATE:20261203", "P1W", "2026-12-10"),
        (":20261203T143000Z", "-PT5M", None),
        (":99991231T230000", "P9D", None),
    ],
)
def test_an_invitation_that_says_how_long_it_is_has_an_end(start, lasts, end):
    """Calendars write an end or a duration; one that leads nowhere gives no end."""
    text = f"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART{start}\nDURATION:{lasts}\nEND:VEVENT\nEND:VCALENDAR\n"
    assert read(text.encode(), name="a.ics").fields.get("end") == end


@pytest.mark.parametrize(
    ("kind", "more", "text", "says"),
    [
        ("signed", ("application", "pgp-signature"), "Vu, merci.", "signature was not checked"),
        ("encrypted", ("application", "octet-stream"), "", "is encrypted"),
    ],
)
def test_sealed_mail_is_told(kind, more, text, says):
    """A seal is named and is no attachment to work on; a mail nobody can read says so."""
    message = EmailMessage()
    message["From"], message["Subject"] = "a@x.fr", "x"
    message.add_header("Content-Type", f"multipart/{kind}", boundary="b")
    body = EmailMessage()
    body.set_content(text)
    seal = EmailMessage()
    seal.set_content(b"----", maintype=more[0], subtype=more[1], filename="signature.asc")
    message.set_payload([body, seal])
    document = read(message.as_bytes(), name="m.eml")
    assert any(says in str(problem) for problem in document.problems)
    if kind == "signed":
        assert [one.name for one in Case.of(document).documents] == ["m.eml"]


@pytest.mark.parametrize(
    ("smime", "says"), [("enveloped-data", "is encrypted"), ("signed-data", "inside the signature")]
)
def test_smime_without_readable_text_is_told(smime, says):
    """The type of the envelope says whether it is locked or only wrapped."""
    head = f'Content-Type: application/pkcs7-mime; smime-type={smime}; name="smime.p7m"\r\n'
    data = f"From: a@x.fr\r\nSubject: x\r\n{head}Content-Transfer-Encoding: base64\r\n\r\nAAAA\r\n"
    assert any(says in str(p) for p in read(data.encode(), name="m.eml").problems)


def test_a_mail_without_text_is_a_case_that_says_so():
    """Nothing to read is told, not raised."""
    document = read(b"From: a@x.fr\r\nSubject: vide\r\n\r\n", name="m.eml")
    assert [str(p) for p in document.problems] == ["The mail has no text."]
    assert document.fields["subject"] == "vide"


def attribute(level, tag, value):
    """Write one attribute of a winmail.dat."""
    return struct.pack("<BHHI", level, tag, 6, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)


def long_name(text):
    """Write the properties of a file that has a long name."""
    value = (text + "\0").encode("utf-16-le")
    padded = value + bytes(-len(value) % 4)
    return struct.pack("<IHHII", 1, 0x1F, 0x3707, 1, len(value)) + padded


def winmail(*files):
    """Write a winmail.dat."""
    data = b"\x78\x9f\x3e\x22\x01\x00" + attribute(1, 0x9006, struct.pack("<I", 0x10000))
    for name, content in files:
        data += attribute(2, 0x9002, bytes(14)) + attribute(2, 0x8010, b"COURT~1.TXT\0")
        data += attribute(2, 0x800F, content) + attribute(2, 0x9005, long_name(name))
    return data


def test_what_outlook_wrapped_is_taken_out_and_told():
    """The files in a winmail.dat are attachments like others, under their long names."""
    message = mail()
    wrapped = winmail(("commande été.txt", b"Total 12,00"), ("b.txt", b"deux"))
    message.add_attachment(wrapped, maintype="application", subtype="ms-tnef", filename="winmail.dat")
    document = read(message.as_bytes(), name="m.eml")
    assert [(p.name, p.text) for p in document.parts] == [
        ("commande été.txt", "Total 12,00"),
        ("b.txt", "deux"),
    ]
    assert "only Outlook opens; 2 files" in str(document.problems[0])


def kept_object(kind, value):
    """Write the properties of a file whose bytes are kept among them, behind one of several numbers."""
    numbers = struct.pack("<HHIii", 0x1003, 0x1234, 2, 7, 8)
    padded = value + bytes(-len(value) % 4)
    return struct.pack("<I", 2) + numbers + struct.pack("<HHII", kind, 0x3701, 1, len(value)) + padded


@pytest.mark.parametrize(
    ("kind", "before", "place"), [(0x102, b"", b""), (0x0D, bytes(16), b""), (0x0D, bytes(16), b"a picture")]
)
def test_a_file_kept_among_its_properties_is_taken_out(kind, before, place):
    """Some writers leave the usual place empty, or with what is shown instead."""
    data = winmail(("a.txt", place)) + attribute(2, 0x9005, kept_object(kind, before + b"Total 12,00"))
    [part] = read(data, name="winmail.dat").parts
    assert (part.name, part.text) == ("a.txt", "Total 12,00")


def test_a_mail_wrapped_in_a_wrapping_is_opened():
    """What it holds is one level deeper."""
    inside = kept_object(0x0D, bytes(16) + winmail(("b.txt", b"deux")))
    [part] = read(winmail(("mail", b"")) + attribute(2, 0x9005, inside), name="winmail.dat").parts
    assert [(deeper.name, deeper.text) for deeper in part.parts] == [("b.txt", "deux")]


@given(st.binary(max_size=200))
def test_any_properties_are_survived(data):
    """What is not understood is left; the file itself is still there."""
    [part] = read(winmail(("a.txt", b"Total")) + attribute(2, 0x9005, data), name="winmail.dat").parts
    assert part.text


@pytest.mark.parametrize("cut", range(6, 200, 7))
def test_a_winmail_cut_anywhere_gives_what_is_whole(cut):
    """No cut raises anything but that it cannot be read."""
    data = winmail(("a.txt", b"Total 12,00"))[:cut]
    assert len(read(data, name="winmail.dat").parts) <= 1


ARCHIVE = (
    b"From a@x.fr Mon Nov 23 08:00:00 2026\nFrom: a@x.fr\nSubject: Un\n\nFrom here on\n>From the start\n\n"
    b"From b@x.fr Mon Nov 23 09:00:00 2026\nFrom: b@x.fr\nSubject: Deux\n\nSuite\n"
)


def test_an_archive_is_cut_into_its_mails():
    """Only a marked beginning behind an empty line is one; what was marked as text is text."""
    first, second = mails_in(BytesIO(ARCHIVE), 10_000)
    assert first == b"From: a@x.fr\nSubject: Un\n\nFrom here on\nFrom the start\n"
    assert second.endswith(b"Suite\n")
    assert list(mails_in(BytesIO(ARCHIVE), 50)) == [None, second]
    parts = read(ARCHIVE, name="2026.mbox").parts
    assert [part.fields["subject"] for part in parts] == ["Un", "Deux"]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Bonjour, veuillez trouver ci-joint la facture. Merci de votre retour.", "fr"),
        ("Hello, please find attached the invoice for this month.", "en"),
        ("Guten Tag, anbei die Rechnung für den Monat. Vielen Dank.", "de"),
        ("Buongiorno, in allegato la fattura del mese. Grazie per la risposta.", "it"),
        ("Facture 12 450,00 EUR", None),
        ("", None),
        ("日本語の文章です", None),
    ],
)
def test_the_language_of_a_mail_is_told_where_it_is_clear(text, language):
    """By the small words of a sentence; a list of figures has no language."""
    assert detect_language(text) == language
    assert read(mail(text or " ").as_bytes(), name="m.eml").language == language


@pytest.mark.requires_module("py3langid")
@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Salut, t'en penses quoi ? Dis-moi vite !", "fr"),
        ("Coucou,\n\nÇa te dit un dîner samedi soir ?\n\nBisous,\nSophie", "fr"),
        ("Where to check top ups pending?", "en"),
        ("Dzień dobry, w załączeniu przesyłam fakturę za usługi. Pozdrawiam", None),
        ("Bună ziua, vă trimit factura pentru luna de noiembrie. Mulțumesc", None),
    ],
)
def test_short_mails_have_a_language_and_other_languages_are_not_taken_for_one(text, language):
    """By runs of letters, where the extra is installed."""
    assert detect_language(text) == language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Bonjour, veuillez trouver ci-joint la facture. Merci de votre retour.", "fr"),
        ("Hello, please find attached the invoice for this month.", "en"),
        ("Facture 12 450,00 EUR", None),
    ],
)
def test_without_the_extra_small_words_tell_the_language(monkeypatch, text, language):
    """A sentence has some of them."""
    monkeypatch.setattr(texts, "language_model", lambda: None)
    assert detect_language(text) == language


def test_mails_that_answer_each_other_are_one_thread():
    """By References or In-Reply-To, also where the answered mail is missing; others stand alone."""
    first = {"message-id": "<1@x>"}
    answer = {"message-id": "<2@y>", "in-reply-to": "<1@x>"}
    third = {"message-id": "<3@z>", "references": "<1@x> <2@y>"}
    assert {thread_of(fields) for fields in (first, answer, third)} == {"<1@x>"}
    assert thread_of({"message-id": "<4@l>", "references": "<gone@l>"}) == "<gone@l>"
    assert thread_of({"subject": "x"}) == ""
    document = read(mail(In_Reply_To="<1@x>", Message_ID="<2@y>").as_bytes(), name="m.eml")
    assert document.fields["thread"] == "<1@x>"


SECTOR, SMALL, FREE, END = 512, 64, 0xFFFFFFFF, 0xFFFFFFFE


def compound(root):
    """Write a compound file (MS-CFB) of nested folders and streams shorter than 4096 bytes."""
    entries, mini, mini_fat = [["Root Entry", 5, FREE, FREE, 0, 0]], b"", []

    def add(folder, parent):
        nonlocal mini
        before = None
        for name, what in sorted(folder.items(), key=lambda pair: (len(pair[0]), pair[0].upper())):
            is_folder, start, size = isinstance(what, dict), len(mini) // SMALL, 0
            if not is_folder:
                size = len(what)
                mini += what + bytes(-size % SMALL)
                mini_fat.extend([*range(start + 1, len(mini) // SMALL), END])
            entries.append([name, 1 if is_folder else 2, FREE, FREE, 0 if is_folder else start, size])
            mine = len(entries) - 1
            place = (before, 2) if before is not None else (parent, 3)
            entries[place[0]][place[1]] = before = mine
            if is_folder:
                add(what, mine)

    add(root, 0)
    body, fat, starts = b"", [], []
    entries[0][4:] = [0, len(mini)]
    table = b""
    for name, kind, right, child, start, size in entries:
        wide = (name + "\0").encode("utf-16-le")
        table += wide.ljust(64, b"\0") + struct.pack("<HBB", len(wide), kind, 1)
        table += struct.pack("<III", FREE, right, child) + bytes(36) + struct.pack("<IQ", start, size)
    for data in (mini, struct.pack(f"<{len(mini_fat)}I", *mini_fat), table):
        starts.append(len(fat))
        body += data + bytes(-len(data) % SECTOR)
        fat += [*range(len(fat) + 1, len(body) // SECTOR), END]
    here = len(fat)
    fat += [0xFFFFFFFD] + [FREE] * (SECTOR // 4 - 1 - here)
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    head += bytes(6) + struct.pack("<IIIIIIIII", 0, 1, starts[2], 0, 4096, starts[1], 1, END, 0)
    head += struct.pack("<I", here) + struct.pack("<I", FREE) * 108
    return head + body + struct.pack("<128I", *fat)


def stored(header, texts, numbers=()):
    """Write the properties of a message, an attachment or a recipient, as streams."""
    streams, table = {}, header
    for number, value in texts.items():
        kind, data = (0x102, value) if isinstance(value, bytes) else (0x1F, value.encode("utf-16-le"))
        streams[f"__substg1.0_{number:04X}{kind:04X}"] = data
        table += struct.pack("<HHIII", kind, number, 6, len(data) + 2 * (kind == 0x1F), 0)
    for number, value in numbers:
        table += struct.pack("<HHIII", 3, number, 6, value, 0)
    return {"__properties_version1.0": table, **streams}


def outlook(kind="IPM.Note"):
    """Write a mail as Outlook saves it."""
    return compound(outlook_folder(kind))


def outlook_folder(kind="IPM.Note", head=bytes(32), subject="Commande 12"):
    """Lay out a mail as Outlook does; *head* is what stands before the properties."""
    texts = {
        0x001A: kind,
        0x0037: subject,
        0x1000: "Bonjour,\r\n\r\nVoici la commande.\r\n\r\n"
        "De : Paul\r\nEnvoyé : lundi\r\nÀ : Anne\r\nObjet : x\r\n",
        0x007D: "From: Anne Roy <anne@x.fr>\r\nMessage-ID: <7@x.fr>\r\n"
        "Date: Mon, 23 Nov 2026 08:00:00 +0100\r\n",
    }
    root = stored(bytes(8) + struct.pack("<IIII", 1, 1, 1, 1) + head[24:], texts)
    person = {0x3001: "Paul P.", 0x3003: "paul@y.fr", 0x39FE: "paul@y.fr"}
    root["__recip_version1.0_#00000000"] = stored(bytes(8), person)
    file = {0x3707: "commande.txt", 0x3701: b"Total 12,00", 0x370E: "text/plain"}
    root["__attach_version1.0_#00000000"] = stored(bytes(8), file, [(0x3705, 1)])
    return root


@pytest.mark.requires_module("oxmsg")
def test_a_mail_saved_from_outlook_is_read_like_any_mail():
    """Headers, the newest message, the file with it: whatever program it was saved by."""
    document = read(outlook(), name="commande.msg")
    assert document.media_type == "message/rfc822"
    assert document.text == "Bonjour,\n\nVoici la commande."
    assert document.fields["subject"] == "Commande 12"
    assert (document.fields["from"], document.fields["message-id"]) == ("Anne Roy <anne@x.fr>", "<7@x.fr>")
    assert document.fields["to"] == "Paul P. <paul@y.fr>"
    assert [(part.name, part.text) for part in document.parts] == [("commande.txt", "Total 12,00")]


@pytest.mark.requires_module("oxmsg")
def test_the_files_of_a_mail_saved_from_outlook_are_attachments_like_any():
    """Whoever saves attachments gets them of a .msg too."""
    assert [(file.name, file.data) for file in attached_files(outlook(), "commande.msg")] == [
        ("commande.txt", b"Total 12,00")
    ]


@pytest.mark.requires_module("oxmsg")
def test_a_mail_inside_a_mail_of_outlook_is_read():
    """Subject, text and files, as deep as the limits go; what is no mail is told."""
    inside = outlook_folder(head=bytes(24), subject="Relance")
    deeper = outlook_folder(head=bytes(24), subject="Au fond", kind="IPM.Contact")
    inside["__attach_version1.0_#00000001"] = {
        **stored(bytes(8), {0x3707: "fond"}, [(0x3705, 5)]), "__substg1.0_3701000D": deeper,
    }  # fmt: skip
    root = outlook_folder()
    root["__attach_version1.0_#00000001"] = {
        **stored(bytes(8), {}, [(0x3705, 5)]), "__substg1.0_3701000D": inside,
    }  # fmt: skip
    document = read(compound(root), name="commande.msg")
    assert document.problems == ()
    file, found = document.parts
    assert file.text == "Total 12,00"
    assert (found.name, found.media_type, found.problems) == ("Relance", "message/rfc822", ())
    assert found.text == "Bonjour,\n\nVoici la commande."
    assert found.fields["from"] == "Anne Roy <anne@x.fr>"
    assert [part.text for part in found.parts] == ["Total 12,00", ""]
    assert "no mail but another thing" in str(found.parts[1].problems[0])
    assert len({document.sha256, found.sha256, found.parts[1].sha256}) == 3
    [_, bounded] = read(compound(root), name="commande.msg", limits=Limits(depth=0)).parts
    assert "depth" in str(bounded.problems[0])


@pytest.mark.requires_module("oxmsg")
def test_other_things_of_outlook_and_damaged_mails_are_told():
    """A contact is no mail; a cut file is damaged."""
    with pytest.raises(UnreadableDocument, match="no mail but another thing"):
        read(outlook("IPM.Contact"), name="c.msg")
    with pytest.raises(UnreadableDocument):
        read(outlook()[:1500], name="cut.msg")


@pytest.mark.parametrize(
    ("below", "kept"),
    [
        ("Ce message et ses pièces jointes sont confidentiels et destinés à leur seul destinataire.", False),
        ("This e-mail and any attachments are confidential and intended solely for the addressee.", False),
        ("Diese E-Mail enthält vertrauliche Informationen.", False),
        ("Avant d'imprimer, pensez à l'environnement.", False),
        ("Ce message vous a-t-il été transmis ?", True),
        ("This e-mail address is the one to use from now on.", True),
    ],
)
def test_what_a_server_puts_under_every_mail_is_left_out(below, kept):
    """Disclaimers in French, English and German are no message; a sentence that only begins alike is."""
    document = read(mail(f"Bonjour,\n\nVoici le devis.\n\n{below}\n").as_bytes(), name="m.eml")
    assert (below in document.text) == kept
    assert document.text.startswith("Bonjour,\n\nVoici le devis.")


@settings(max_examples=60)
@given(damage)
def test_no_invitation_winmail_or_archive_fails(read_in_process, changes):
    """Whatever was done to it, it is read or refused with a sentence."""
    wrapped = winmail(("plan été.txt", b"Le plan"))
    files = {
        ("i.ics", "text/calendar"): INVITATION.encode(),
        ("winmail.dat", "application/ms-tnef"): wrapped,
        ("m.mbox", "application/mbox"): ARCHIVE,
    }
    for (name, kind), data in files.items():
        with contextlib.suppress(DocumentError):
            read_in_process(damaged(data, changes), name=name, media_type=kind)


@pytest.mark.requires_module("oxmsg")
@settings(max_examples=60)
@given(damage)
def test_no_mail_saved_from_outlook_fails(read_in_process, changes):
    """Whatever was done to it, it is read or refused with a sentence."""
    with contextlib.suppress(DocumentError):
        read_in_process(damaged(outlook(), changes), name="m.msg", media_type="application/vnd.ms-outlook")


def test_a_wrapping_that_cannot_be_opened_is_still_there():
    """A winmail.dat that is cut stays an attachment, and the mail says that something of it is unread."""
    message = EmailMessage()
    message.set_content("Siehe Anlage")
    cut = winmail(("a.txt", b"Total 12,00"))[:30]
    message.add_attachment(cut, maintype="application", subtype="ms-tnef", filename="winmail.dat")
    document = read(bytes(message), name="mail.eml")
    assert [part.data for part in document.parts] == [cut]
    assert document.unread
