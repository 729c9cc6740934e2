import base64

import pytest

from smeflow.documents.read import read
from smeflow.errors import LimitExceeded, UnreadableDocument


@pytest.mark.parametrize(
    ("name", "syntax"),
    [
        ("au-bon-moulin-F124212.xml", "UBL"),
        ("lieferant-471113.xml", "CII"),
        ("my-supplier-018304.xml", "UBL"),
    ],
)
def test_an_einvoice_is_known_by_its_root(recipes, name, syntax):
    """The first element tells the syntax; the text has a line for each value."""
    document = read(recipes / "supplier-mail/inbox" / name)
    assert document.fields["syntax"] == syntax
    assert all(": " in line for line in document.text.split("\n")[:5])


def test_values_keep_their_path_and_their_notes(read_in_process):
    """Repeated elements are numbered; attributes stand behind the value."""
    xml = b'<n:a xmlns:n="urn:x"><b cur="EUR">12.00</b><b>3</b><c> <d>\xc3\xa9</d></c></n:a>'
    document = read_in_process(xml, media_type="application/xml")
    assert document.text == "a/b[1]: 12.00 (cur=EUR)\na/b[2]: 3\na/c/d: é"
    assert document.fields == {"root": "a"}


@pytest.mark.parametrize(
    "xml",
    [
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        b'<?xml version="1.0"?><!DOCTYPE a SYSTEM "http://127.0.0.1/x.dtd"><a/>',
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;</a>',
        '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE a><a/>'.encode("utf-16"),
        b'<?xml version="1.0"?><a>&unknown;</a>',
        b'<?xml version="1.0"?><a><b></a>',
        b'<?xml version="1.0"?>',
    ],
)
def test_document_types_and_broken_xml_are_refused(read_in_process, xml):
    """Every known attack on XML readers declares a document type, and no invoice needs one."""
    with pytest.raises(UnreadableDocument, match=r"DTD|well-formed"):
        read_in_process(xml, name="a.xml")


def test_files_packed_inside_become_parts(read_in_process):
    """A PDF in base64 inside the XML is a document of its own and not text."""
    packed = base64.b64encode("Détail: 12 €".encode()).decode()
    tag = "EmbeddedDocumentBinaryObject"
    xml = f'<?xml version="1.0"?><a><{tag} filename="d/détail.txt">{packed}</{tag}></a>'
    document = read_in_process(xml.encode())
    assert document.text == "a/EmbeddedDocumentBinaryObject: [détail.txt]"
    assert document.parts[0].text == "Détail: 12 €"


@pytest.mark.parametrize("deep", [31, 32, 33])
def test_depth_is_limited_exactly(read_in_process, deep):
    """XML may be as deep as 16 times the limit `depth`."""
    xml = b'<?xml version="1.0"?>' + b"<a>" * deep + b"x" + b"</a>" * deep
    if deep <= 32:
        assert read_in_process(xml, depth=2).text.endswith(": x")
        return
    with pytest.raises(LimitExceeded, match="`depth` is 32"):
        read_in_process(xml, depth=2)
