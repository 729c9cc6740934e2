"""The mails of an archive (``.mbox``), as Thunderbird, Apple Mail and Google Takeout write it."""

from collections.abc import Iterator
from typing import ClassVar

from smeflow.errors import SourceError
from smeflow.i18n import say
from smeflow.sources.base import Arrival, OnDisk, Unreadable
from smeflow.sources.folder import archived


class Archive(OnDisk):
    """Every mail of an archive is a case: ``mbox: 2025.mbox``. The archive is read one mail at a time."""

    place: ClassVar[str] = "mbox"

    mbox: str
    """The archive, relative to the recipe."""

    def cases(self) -> Iterator[Arrival | Unreadable]:
        """Go through the mails in their order."""
        if not self.path.is_file():
            raise SourceError(say("The archive {path} is not there.", path=self.path))
        yield from archived(self.path, self.path.name)
