"""What a run remembers of the files it read."""

import dataclasses
import threading
from collections import Counter

import pytest

from smeflow.documents.document import Limits
from smeflow.documents.file import File
from smeflow.documents.pool import Pool
from smeflow.documents.read import DocumentCache, read
from smeflow.errors import UnreadableDocument


@pytest.fixture
def jobs(monkeypatch):
    """Count the files that are given to child processes, by name."""
    counted: Counter[str] = Counter()
    really = Pool.read

    def counting(self, file):
        counted[file.name] += 1
        return really(self, file)

    monkeypatch.setattr(Pool, "read", counting)
    return counted


def xml(number=1, name="a.xml", **more):
    data = b"<?xml version='1.0'?><a><b>%d</b></a>" % number
    return read(data, name=name, **more)


def test_the_same_file_is_parsed_once(jobs):
    """By its bytes and its name, since quotes name the document."""
    parsed = DocumentCache()
    assert xml(read_file=parsed.read) is xml(read_file=parsed.read)
    assert xml(2, read_file=parsed.read).text == "a/b: 2"
    assert xml(name="b.xml", read_file=parsed.read).name == "b.xml"
    assert jobs == {"a.xml": 2, "b.xml": 1}


def test_a_file_inside_a_mail_is_the_same_file(jobs):
    """What came by itself and comes again in a mail is parsed once."""
    parsed = DocumentCache()
    alone = xml(read_file=parsed.read)
    mail = (
        b"From: a@example.org\r\nSubject: s\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n"
        b"--x\r\nContent-Type: text/plain\r\n\r\nHello\r\n"
        b"--x\r\nContent-Type: application/xml\r\nContent-Disposition: attachment; filename=a.xml\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n"
        b"PD94bWwgdmVyc2lvbj0nMS4wJz8+PGE+PGI+MTwvYj48L2E+\r\n--x--\r\n"
    )
    found = read(mail, name="m.eml", media_type="message/rfc822", read_file=parsed.read)
    assert [part for part in found.parts if part.name == "a.xml"] == [alone]
    assert jobs == {"a.xml": 1}


def test_many_threads_that_want_one_file_wait_for_one_of_them(jobs):
    """A mail and its attachment may be worked on at the same time."""
    parsed = DocumentCache()
    found = []
    threads = [threading.Thread(target=lambda: found.append(xml(read_file=parsed.read))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert jobs == {"a.xml": 1}


def test_what_it_keeps_is_bounded(jobs):
    """What was read longest ago is let go of first."""
    parsed = DocumentCache(most_bytes=100)
    for number in (1, 2, 3, 1):
        xml(number, read_file=parsed.read)
    assert jobs == {"a.xml": 4}
    xml(1, read_file=parsed.read)
    assert jobs == {"a.xml": 4}


def test_a_file_that_cannot_be_read_is_told_each_time(jobs):
    """An error is not kept."""
    parsed = DocumentCache()
    for _ in range(2):
        with pytest.raises(UnreadableDocument):
            read(b"%PDF-1.7 cut", name="cut.pdf", read_file=parsed.read)
    assert jobs == {"cut.pdf": 2}


def test_depth_is_kept_to_wherever_a_file_lies(jobs):
    """A file with others in it is read anew where these would lie too deep."""
    parsed = DocumentCache()
    file = File(name="z.zip", media_type="", data=zipped(), read_part=parsed.read, limits=Limits(depth=3))
    outside = parsed.read(file)
    assert parsed.read(dataclasses.replace(file, depth=1)) is outside
    deep = parsed.read(dataclasses.replace(file, depth=3))
    assert outside.parts[0].problems == ()
    assert deep.parts[0].problems != ()


def zipped():
    """Make an archive with one text in it."""
    import io
    import zipfile

    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("note.txt", "hello")
    return made.getvalue()
