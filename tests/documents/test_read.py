import time

import pytest

from smeflow.documents.document import ROW
from smeflow.documents.read import read
from smeflow.errors import UnreadableDocument, UnsupportedDocument


@pytest.mark.slow
def test_every_bundled_document_is_read_or_refused_with_a_reason(recipes):
    """The inbox holds a cut PDF and an empty file; all others give text."""
    for path in sorted((recipes / "supplier-mail/inbox").iterdir()):
        if path.name in ("cut-off.pdf", "empty.pdf"):
            with pytest.raises(UnreadableDocument, match=path.name):
                read(path)
        elif path.suffix != ".jpg" and not path.name.startswith("scan"):  # pictures have tests of their own
            document = read(path)
            assert document.text.strip(), path.name
            assert document.data == path.read_bytes()


def test_a_path_that_cannot_be_opened_is_told(tmp_path):
    """The message names the path."""
    with pytest.raises(UnreadableDocument, match="gone"):
        read(tmp_path / "gone.pdf")
    with pytest.raises(UnreadableDocument, match="cannot be opened"):
        read(tmp_path)


def test_an_unknown_kind_is_unsupported():
    """What no reader knows is not guessed at."""
    with pytest.raises(UnsupportedDocument, match=r"a\.gz.*Save it as PDF"):
        read(b"\x1f\x8babc", name="a.gz")


def test_rows_are_read_quickly():
    """A table of thousands of rows is no work: a row costs no process and no parser."""
    row = b'{"name": "Dupont", "text": "Bonjour, o\xc3\xb9 est ma commande ?", "total": "12,00"}'
    start = time.process_time()
    for _ in range(2000):
        read(row, name="row", media_type=ROW)
    assert time.process_time() - start < 1.0
