"""The mails of an archive, as a source and in a folder."""

from smeflow.files.folder import Folder
from smeflow.kinds.mailbox import MailSummary
from smeflow.kinds.recipe_context import RecipeContext
from smeflow.kinds.sources import Arrival, UnreadableArrival
from smeflow.mail.source import Archive, _fetch


def test_each_mail_of_an_archive_is_an_item_of_its_own(tmp_path):
    """In a folder and as a source alone; a mail that comes twice has a number, a new one changes no other."""
    first = b"From a@x.fr Mon Nov 23 08:00:00 2026\nSubject: Un\n\nVoici\n\n"
    second = b"From b@x.fr Mon Nov 23 09:00:00 2026\nSubject: Deux\n\nSuite\n\n"
    archive = tmp_path / "2026.mbox"
    archive.write_bytes(first + second + first)
    found = list(Folder.model_validate({"folder": "."}, context=RecipeContext(folder=tmp_path)).cases())
    assert [one.name for one in found] == ["2026 1.eml", "2026 2.eml", "2026 3.eml"]
    assert len({one.key for one in found}) == 3
    assert found[1].data == b"Subject: Deux\n\nSuite\n"
    alone = Archive.model_validate({"mbox": "2026.mbox"}, context=RecipeContext(folder=tmp_path))
    assert [one.key for one in alone.cases()] == [one.key for one in found]
    archive.write_bytes(second + first)
    assert {one.key for one in alone.cases()} == {found[0].key, found[1].key}


class Estimating:
    """A server whose mails are as long as it likes."""

    def __init__(self, *answers: bytes) -> None:
        self._answers = iter(answers)

    def fetch(self, _uid: int) -> bytes:
        return next(self._answers)


def test_a_mail_is_as_long_as_was_announced_or_comes_the_same_twice():
    """Some servers estimate sizes; a mail that comes otherwise each time is told and not taken."""
    summary = MailSummary(uid=1, mark="m" * 32, size=9, arrived=None, flags=(), gmail="")
    assert isinstance(_fetch(Estimating(b"Subject: "), summary), Arrival)
    assert isinstance(_fetch(Estimating(b"Subject", b"Subject"), summary), Arrival)
    cut = _fetch(Estimating(b"Subject", b"Subject: "), summary)
    assert isinstance(cut, UnreadableArrival)
    assert "came with 7 bytes, of 9" in str(cut.phrase)
