"""ZIP files: containers with bounds, never spreadsheets, never paths."""

import io
import zipfile

import pytest

from smeflow.documents.document import Limits
from smeflow.documents.read import read
from smeflow.errors import LimitExceeded, UnreadableDocument, UnsupportedDocument

CDAR = """<?xml version="1.0"?><rsm:CrossDomainAcknowledgementAndResponse
 xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossDomainAcknowledgementAndResponse:100"
 xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100">
 <rsm:ExchangedDocument><ram:ID>M-1</ram:ID></rsm:ExchangedDocument><rsm:AcknowledgementDocument>
 <ram:ReferenceReferencedDocument><ram:IssuerAssignedID>F-12</ram:IssuerAssignedID>
 <ram:ProcessConditionCode>210</ram:ProcessConditionCode><ram:ProcessCondition>Refusée</ram:ProcessCondition>
 </ram:ReferenceReferencedDocument></rsm:AcknowledgementDocument></rsm:CrossDomainAcknowledgementAndResponse>"""


def zipped(files, *, stored=False):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            archive.writestr(zipfile.ZipInfo(name), data, archive.compression)  # the same bytes at any hour
    return held.getvalue()


def test_each_file_is_a_part_and_no_name_is_a_path():
    """Folders and litter are left out; a name that climbs is only a name."""
    data = zipped(
        [("a/b/one.txt", "Bonjour"), ("../../two.txt", "Monde"), ("__MACOSX/x", "y"), ("empty/", "")]
    )
    document = read(data, name="post.zip")
    assert [(part.name, part.text) for part in document.parts] == [
        ("one.txt", "Bonjour"),
        ("two.txt", "Monde"),
    ]
    assert document.media_type == "application/zip"


def test_an_archive_in_an_archive_is_opened_as_deep_as_the_limit():
    """What is deeper stays a part, with the reason."""
    data = zipped([("note.txt", "deep")])
    for _ in range(4):
        data = zipped([("inner.zip", data)])
    whole = read(data, name="outer.zip")
    assert "deep" in [inner.text for inner in whole.walk()]
    cut = read(data, name="outer.zip", limits=Limits(depth=2))
    assert "`depth`" in " ".join(str(p) for inner in cut.walk() for p in inner.problems)


@pytest.mark.parametrize(
    ("limits", "limit"),
    [
        (Limits(parts=2), "parts"),
        (Limits(bytes=200_000, ratio=100_000), "bytes"),
        (Limits(ratio=10), "ratio"),
    ],
)
def test_every_bound_is_kept_and_named(limits, limit):
    """Bytes are counted as they are unpacked, whatever the archive says."""
    data = zipped([(f"{n}.txt", "0" * 100_000) for n in range(3)])
    with pytest.raises(LimitExceeded) as found:
        read(data, name="bomb.zip", limits=limits)
    assert found.value.limit == limit


def test_a_size_that_is_a_lie_is_not_believed():
    """The directory says 1 byte; what comes out is counted, and told as damaged or too much."""
    data = zipped([("a.txt", "0" * 1_000_000)]).replace(
        (1_000_000).to_bytes(4, "little"), (1).to_bytes(4, "little")
    )
    with pytest.raises((UnreadableDocument, LimitExceeded)):
        read(data, name="liar.zip")


@pytest.mark.parametrize(
    "data",
    [b"PK\x03\x04 and more", zipped([]), zipped([("a.txt", "hello")])[:-30]],
    ids=["no archive", "empty", "cut off"],
)
def test_a_damaged_or_empty_archive_is_told(data):
    """Never a traceback."""
    with pytest.raises(UnreadableDocument):
        read(data, name="bad.zip")


def test_a_presentation_is_no_archive():
    """Office files are archives within, and are not taken apart."""
    with pytest.raises(UnsupportedDocument, match="of another kind"):
        read(zipped([("[Content_Types].xml", "<Types/>"), ("ppt/presentation.xml", "<a/>")]), name="talk.zip")


def test_a_platforms_message_says_what_became_of_which_invoice():
    """It is no e-invoice."""
    document = read(CDAR.encode(), name="status.xml")
    assert (document.fields["status"], document.fields["status_of"]) == ("210 Refusée", "F-12")
    assert "syntax" not in document.fields
