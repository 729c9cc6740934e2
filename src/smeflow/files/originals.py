"""Sinks that put originals into folders: whole documents, or the attachments of mails."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, ClassVar

from pydantic import ConfigDict, Field, PrivateAttr, field_validator

from smeflow._text import sha256
from smeflow.documents.document import DECORATION, MAIL, Document
from smeflow.documents.file import MSG, File, media_type_of
from smeflow.documents.mail import read_mail
from smeflow.documents.read import read
from smeflow.documents.tnef import TNEF_MAGIC, read_tnef
from smeflow.errors import DocumentError
from smeflow.expressions.language import Expression
from smeflow.files.folder import NamePatterns, name_matches
from smeflow.files.sink import FileSink, TargetText
from smeflow.i18n import say
from smeflow.kinds.recipe_context import ExpressionText, RecipeContext
from smeflow.kinds.sinks import Put, SinkItem, SinkMemory


class Copies(FileSink):
    """Copies of the originals: ``copy: sorted/{kind.label}/{name}``. The originals stay where they are."""

    model_config = ConfigDict(populate_by_name=True)
    place: ClassVar[str] = "copy_to"

    copy_to: TargetText = Field(alias="copy")
    """The path of each copy; ``{name}``, ``{stem}``, ``{key}`` or ``{step.field}`` are filled in."""

    def files_of(self, items: Iterable[SinkItem], /) -> Iterator[tuple[SinkItem, bytes]]:
        """Give the copies, byte for byte; an item without a document has none."""
        return ((item, item.case.documents[0].data) for item in items if item.case.documents)


def attached_files(data: bytes, name: str = "mail") -> tuple[Document, ...]:
    """Give each file of a mail with name and bytes; none where the bytes are no mail.

    What only decorates the mail is left out, and what Outlook wrapped is taken out of its wrapping.

    Raises:
        DocumentError: It cannot be read, has too many parts, or they are nested too deep.
    """
    media_type = media_type_of(data, name)
    if media_type == MSG:
        return tuple(part for part in read(data, name=name, media_type=MSG).parts if part.data)
    if media_type != MAIL:
        return ()
    file = File(name=name, media_type=MAIL, data=data, read_part=_unread)
    return tuple(part for part in read_mail(file).parts if not part.fields.get(DECORATION))


def _unread(part: File) -> Document:
    if not part.data.startswith(TNEF_MAGIC):
        return part.document()
    try:
        wrapped = read_tnef(part)
    except DocumentError:
        wrapped = part.document()
    return wrapped if wrapped.parts else replace(wrapped, parts=(part.document(),))


class Attachments(FileSink):
    """The files that came with the mails: ``attachments: out/{kind.label}/{name}``."""

    place: ClassVar[str] = "attachments"

    attachments: TargetText
    """The path of each file; ``{name}``, ``{stem}`` and ``{suffix}`` are the file's, ``{key}`` the mail's."""
    match: NamePatterns = Field(default=("*",), min_length=1)
    """Which files: ``*.pdf``. Case does not count."""
    when: ExpressionText | None = None
    """Only mails for which this holds."""
    _when: Expression | None = PrivateAttr(default=None)
    _unfit: list[str] = PrivateAttr(default_factory=list)

    @field_validator("when", mode="before")
    @classmethod
    def _truth_value_as_text(cls, written: object) -> object:
        return str(written).lower() if isinstance(written, bool) else written

    def model_post_init(self, context: Any, /) -> None:
        """Find the folder and compile the condition."""
        super().model_post_init(context)
        self._when = RecipeContext.of(context).compile(self.when) if self.when is not None else None

    @property
    def takes_aside(self) -> bool:
        """Of a mail that was split, all its files are saved."""
        return True

    def put(self, items: Iterable[SinkItem], memory: SinkMemory) -> Put:
        """Write the files, and tell which no pattern fits when these are others than before."""
        self._unfit.clear()
        put = super().put(items, memory)
        mark, names = f"left out of {self.name}", ", ".join(self._unfit[:5])
        state = sha256("\n".join(self._unfit)) if self._unfit else ""
        if memory.get(mark, "") == state:
            return put
        memory[mark] = state
        more = " …" if len(self._unfit) > 5 else ""
        note = say(
            "{to}: {n} attachments are not saved, since no pattern fits their names: {names}",
            to=self.name,
            n=len(self._unfit),
            names=names + more,
        )
        return replace(put, notes=(*put.notes, note)) if self._unfit else put

    def files_of(self, items: Iterable[SinkItem], /) -> Iterator[tuple[SinkItem, bytes]]:
        """Give the files, byte for byte."""
        whole: set[tuple[str | None, str]] = set()
        for item in items:
            if self._when is not None and self._when.decides(item.case) is not True:
                continue
            if item.attached:
                document = item.case.documents[0]
                files = [(item, document)] if (item.parent, document.sha256) not in whole else []
                whole.add((item.parent, document.sha256))  # of several invoices in one file
            else:
                numbered = enumerate(_files_of(item), 1)
                files = [(replace(item, name=d.name, key=f"{item.key}/{n}"), d) for n, d in numbered]
            for named, file in files:
                if name_matches(named.name, self.match):
                    yield named, file.data
                else:
                    self._unfit.append(f"{named.name} ({named.key})")


def _files_of(item: SinkItem) -> Iterable[Document]:
    try:
        return attached_files(item.case.documents[0].data, item.name) if item.case.documents else ()
    except DocumentError:  # told on the item when it was read
        return ()
