import contextlib
from email.message import EmailMessage

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from smeflow.core.case import Case
from smeflow.documents.file import media_type_of
from smeflow.documents.image import picture_sides
from smeflow.documents.mail import decoded_header, harmless_line, headers_of
from smeflow.documents.newest_message import newest_message, thread_of
from smeflow.documents.read import read
from smeflow.documents.worker import encode_png
from smeflow.errors import LimitExceeded


def mail(text="Bonjour", **headers):
    """Write a mail with a few headers."""
    message = EmailMessage()
    for name, value in {"From": "Anne <a@x.fr>", "Subject": "Facture", **headers}.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


def test_headers_are_fields_and_the_newest_message_is_the_text():
    """The whole text stays in `body`."""
    text = "Merci.\n\nLe 3 mars 2025, Paul <p@x.fr> a écrit :\n> Voici\n"
    message = mail(text, To="b@x.fr", Date="Mon, 03 Mar 2025 10:12:00 +0100", Message_ID="<1@x>")
    document = read(message.as_bytes(), name="m.eml")
    assert document.text == "Merci."
    assert document.fields["body"] == text.strip()
    assert document.fields["date"] == "2025-03-03T10:12:00+01:00"
    assert document.fields["message-id"] == "<1@x>"
    assert document.fields["from"] == "Anne <a@x.fr>"
    assert document.problems == ()


@pytest.mark.parametrize(
    ("raw", "subject"),
    [
        (b"=?utf-8?q?R=C3=A9gl=C3=A9?= =?iso-8859-1?b?6Q==?=", "Régléé"),
        (b"=?x-unknown?q?abc?= d", "abc d"),
        (b"=?utf-8?b?!!!?=", "=?utf-8?b?!!!?="),
        ("réglé".encode("latin-1"), "réglé"),
        ("réglé".encode(), "réglé"),
        (b"one\r\n  two", "one two"),
        (b"=?utf-8?q?a=0D=0ABcc:_x@y.fr?=", "a Bcc: x@y.fr"),
        (b"=?utf-8?q?gpj=E2=80=AE.exe?=", "gpj.exe"),
    ],
)
def test_headers_are_one_harmless_line(raw, subject):
    """Encoded words are decoded, wrong charsets bear no grudge, and nothing breaks or turns the line."""
    document = read(b"From: a@x.fr\r\nTo: b@x.fr\r\nSubject: " + raw + b"\r\n\r\nx", name="m.eml")
    assert document.fields["subject"] == subject


def test_attachments_are_documents_with_harmless_names(make_pdf, printed):
    """A PDF sent as a stream of bytes is still read; a name holds no folder."""
    message = mail()
    pdf = make_pdf(printed(50, 700, "Facture 12"))
    message.add_attachment(
        pdf, maintype="application", subtype="octet-stream", filename="../../etc/f\u202eacture.pdf"
    )
    message.add_attachment(b"PK\x03\x04", maintype="application", subtype="zip", filename="old.zip")
    document = read(message.as_bytes(), name="m.eml")
    assert [part.name for part in document.parts] == ["facture.pdf", "old.zip"]
    assert document.parts[0].text == "Facture 12"
    assert document.parts[0].data == pdf
    assert document.parts[1].problems


def test_a_mail_in_a_mail_is_a_part():
    """A forwarded mail keeps its own headers, text and attachments."""
    inner = mail("dedans", Subject="Intérieur")
    inner.add_attachment("a;b", subtype="csv", filename="a.csv")
    outer = mail("dehors")
    outer.add_attachment(inner)
    document = read(outer.as_bytes(), name="m.eml")
    assert document.text == "dehors"
    [part] = document.parts
    assert (part.media_type, part.text, part.fields["subject"]) == ("message/rfc822", "dedans", "Intérieur")
    assert [inside.name for inside in part.parts] == ["a.csv"]


@pytest.mark.slow
def test_logos_are_no_documents_and_pasted_scans_are():
    """A small picture the text shows belongs to the signature: a part with a name, and no case's document."""
    small, large = (
        encode_png(bytes(100 * 60), 100, 60, 100, 1),
        encode_png(bytes(range(256)) * 4000, 1024, 1000, 1024, 1),
    )
    assert (picture_sides(small), picture_sides(large)) == ((100, 60), (1024, 1000))
    message = mail()
    message.add_alternative('<p>Bonjour</p><img src="cid:logo"><img src="cid:scan">', subtype="html")
    html = message.get_payload()[1]
    html.add_related(small, "image", "png", cid="<logo>", filename="logo.png")
    html.add_related(large + bytes(20_000), "image", "png", cid="<scan>", filename="scan.png")
    document = read(message.as_bytes(), name="m.eml")
    assert [part.name for part in document.parts] == ["logo.png", "scan.png"]
    assert [one.name for one in Case.of(document).documents] == ["m.eml", "scan.png"]


def test_html_alone_is_read_and_what_it_hides_is_told():
    """Many mails have no plain text."""
    message = EmailMessage()
    message["From"], message["Subject"] = "a@x.fr", "x"
    message.set_content('<p>Vu<span style="display:none">CACHÉ</span></p>', subtype="html")
    document = read(message.as_bytes(), name="m.eml")
    assert document.text == "Vu"
    assert "CACHÉ" in str(document.problems[0])


def test_the_charset_of_a_part_may_be_wrong_or_missing():
    """What a mail claims of its text is only tried."""
    head = b"From: a@x.fr\r\nSubject: x\r\nContent-Type: text/plain; charset=%s\r\n\r\n"
    for charset, data in ((b"utf-8", "réglé".encode("cp1252")), (b"x-nothing", "réglé".encode())):
        assert read(head % charset + data, name="m.eml").text == "réglé"


@pytest.mark.parametrize("found", [2, 3, 4])
def test_parts_are_limited_exactly(read_in_process, found):
    """One part too many is refused by the limit's name."""
    message = mail()
    for number in range(found - 1):
        message.add_attachment(f"{number}", filename=f"{number}.txt")
    if found <= 3:
        assert len(read_in_process(message.as_bytes(), name="m.eml", parts=3).parts) == found - 1
        return
    with pytest.raises(LimitExceeded, match="`parts` is 3"):
        read_in_process(message.as_bytes(), name="m.eml", parts=3)


@pytest.mark.parametrize("deep", [3, 4, 5])
def test_depth_is_limited_exactly(read_in_process, deep):
    """Parts inside parts inside parts come to an end."""
    head = b"From: a@x.fr\r\nSubject: x\r\nContent-Type: multipart/mixed; boundary=b0\r\n\r\n"
    for level in range(1, deep):
        head += b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (level - 1, level)
    data = head + b"--b%d\r\n\r\ninnermost\r\n" % (deep - 1)
    if deep <= 4:
        assert read_in_process(data, name="m.eml", depth=4).text == "innermost"
        return
    with pytest.raises(LimitExceeded, match="`depth` is 4"):
        read_in_process(data, name="m.eml", depth=4)


@pytest.mark.slow
def test_a_thousand_levels_end_as_a_limit(read_in_process):
    """Deeper than Python can go is told as too deep."""
    data = b"From: a@x.fr\r\nSubject: x\r\n"
    data += b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(2000)
    )
    with pytest.raises(LimitExceeded, match="`depth`"):
        read_in_process(data, name="m.eml")


def test_broken_mail_of_real_programs_is_read(documents):
    """Cut, mislabelled and over-encoded mails give what they hold."""
    for path in sorted((documents / "mime").glob("*.eml")):
        document = read(path)
        assert document.media_type == "message/rfc822"
        assert document.fields["from"]


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(st.tuples(st.floats(0, 0.999), st.binary(max_size=3)), min_size=1, max_size=30))
def test_no_mail_fails(recipes, read_in_process, changes):
    """Whatever is done to a mail, it is read or a limit stops it."""
    data = (recipes / "supplier-mail/inbox/mail-agentdojo-mail-21.eml").read_bytes()
    for place, piece in changes:
        at = int(place * len(data))
        data = data[:at] + piece + data[at + len(piece) :]
    assume(media_type_of(data, "m.eml", "message/rfc822") == "message/rfc822")  # it may begin like a picture
    with contextlib.suppress(LimitExceeded):
        read_in_process(data, name="m.eml", media_type="message/rfc822")


headers = st.text(max_size=80) | st.lists(
    st.sampled_from(
        ["=?utf-8?q?", "=?iso-8859-1?B?", "w6k=", "=C3=A9", "?=", "<", ">", "@", ",", '"', "a", " "]
    ),
    max_size=20,
).map("".join)


@pytest.mark.slow
@given(headers, headers)
def test_no_header_fails(one, other):
    """A header is one harmless line, whatever it says."""
    fields = headers_of(f"From: {one}\r\nReferences: {other}\r\nDate: {other}\r\n\r\n".encode())
    assert all(value.splitlines() in ([], [value]) for value in fields.values())
    assert all(part.isprintable() for part in [harmless_line(decoded_header(one))])
    assert isinstance(thread_of({"references": one, "message-id": other}), str)
    newest_message(one + "\n" + other, subject=other)
