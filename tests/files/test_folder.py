"""The files of a folder as cases."""

import os
from pathlib import Path

import pytest

from smeflow.errors import SourceError
from smeflow.files.folder import MAX_BYTES, Folder
from smeflow.kinds.sources import Arrival, UnreadableArrival


def fill(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)


def keys(source: Folder) -> list[str]:
    return [case.key for case in source.cases()]


def test_files_come_in_the_order_of_their_paths(tmp_path: Path) -> None:
    """Folders inside too; keys are relative and use ``/`` on every system."""
    fill(tmp_path, "b.eml", "a/2.PDF", "a/1.pdf", "c.txt")
    assert keys(Folder(folder=str(tmp_path), match=("*.eml", "*.pdf"))) == ["a/1.pdf", "a/2.PDF", "b.eml"]
    assert keys(Folder(folder=str(tmp_path), match=("a/*",))) == ["a/1.pdf", "a/2.PDF"]
    assert keys(Folder(folder=str(tmp_path), recursive=False)) == ["b.eml", "c.txt"]


def test_what_is_no_document_yet_is_left_out(tmp_path: Path) -> None:
    """Hidden files, locks of office programs and half downloads."""
    fill(
        tmp_path,
        ".hidden",
        ".git/x.pdf",
        "~$a.docx",
        "a.pdf.part",
        "b.tmp",
        "c.crdownload",
        "Thumbs.db",
        "a.pdf",
    )
    assert keys(Folder(folder=str(tmp_path))) == ["a.pdf"]


def test_the_version_is_the_content(tmp_path: Path) -> None:
    """A new date on an unchanged file is no change; a new byte is one."""
    fill(tmp_path, "a.pdf")
    source = Folder(folder=str(tmp_path))
    (first,) = source.cases()
    os.utime(tmp_path / "a.pdf", (1, 1))
    (second,) = source.cases()
    (tmp_path / "a.pdf").write_text("other")
    (third,) = source.cases()
    assert isinstance(first, Arrival)
    assert first == second != third
    assert (first.name, first.media_type, first.data) == ("a.pdf", "application/pdf", b"a.pdf")


def test_one_file_that_cannot_be_taken_stops_nothing(tmp_path: Path) -> None:
    """Links out of the folder, pipes, files that are too large: each is told under its key."""
    inbox = tmp_path / "inbox"
    fill(inbox, "a.pdf", "z.pdf")
    (tmp_path / "secret").write_text("x")
    (inbox / "link.pdf").symlink_to(tmp_path / "secret")
    (inbox / "dangling.pdf").symlink_to(inbox / "nothing")
    os.mkfifo(inbox / "pipe.pdf")
    with (inbox / "large.pdf").open("wb") as large:
        large.truncate(MAX_BYTES + 1)
    found = {case.key: case for case in Folder(folder=str(inbox)).cases()}
    assert [key for key, case in found.items() if isinstance(case, UnreadableArrival)] == [
        "dangling.pdf",
        "large.pdf",
        "link.pdf",
        "pipe.pdf",
    ]
    assert str(MAX_BYTES) in str(found["large.pdf"].phrase)  # type: ignore[union-attr]


def test_folders_behind_links_are_not_gone_into(tmp_path: Path) -> None:
    """A link to a folder may lead out, or round in a circle."""
    inbox = tmp_path / "inbox"
    fill(inbox, "a.pdf")
    fill(tmp_path / "elsewhere", "b.pdf")
    (inbox / "round").symlink_to(inbox)
    (inbox / "out").symlink_to(tmp_path / "elsewhere")
    assert "a.pdf" in keys(Folder(folder=str(inbox)))
    assert not any("b.pdf" in key or key.startswith("round/") for key in keys(Folder(folder=str(inbox))))


def test_a_name_that_is_no_text_has_a_key_that_is(tmp_path: Path) -> None:
    """Old archives hold names in other encodings; the ledger keeps text."""
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.pdf"))).write_text("x")
    (case,) = Folder(folder=str(tmp_path)).cases()
    case.key.encode("utf-8")
    assert isinstance(case, Arrival)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    """With its path."""
    with pytest.raises(SourceError, match="is not there"):
        list(Folder(folder=str(tmp_path / "inbox")).cases())


def test_a_file_that_is_being_written_is_left_for_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is read must be as long as the file says, before and after; half a file is no document."""
    fill(tmp_path, "copied.pdf")
    (whole,) = Folder(folder=str(tmp_path)).cases()
    assert isinstance(whole, Arrival)
    real, grown = os.fstat, iter(range(100))

    def growing(number: int) -> os.stat_result:
        (tmp_path / "copied.pdf").write_text("x" * next(grown))
        return real(number)

    monkeypatch.setattr("smeflow.files.folder.os.fstat", growing)
    (half,) = Folder(folder=str(tmp_path)).cases()
    assert isinstance(half, UnreadableArrival)
    assert "is being written" in str(half.phrase)


def test_links_that_lead_in_a_circle_are_named(tmp_path: Path) -> None:
    """The other files come all the same; before, such a link ended the run."""
    fill(tmp_path, "a.pdf")
    for name, target in (("loop.pdf", "loop.pdf"), ("loop.mbox", "loop.mbox"), ("b.pdf", "c.pdf")):
        (tmp_path / name).symlink_to(target)
    (tmp_path / "c.pdf").symlink_to("b.pdf")
    arrived = {case.key: type(case) for case in Folder(folder=str(tmp_path)).cases()}
    assert arrived.pop("a.pdf") is Arrival
    assert arrived == dict.fromkeys(("b.pdf", "c.pdf", "loop.mbox", "loop.pdf"), UnreadableArrival)
