"""Give the files that came with a mail, as they came: nothing of them is read."""

from smeflow.documents.base import BESIDE, MAIL, Document
from smeflow.documents.file import File
from smeflow.documents.mail import read_mail
from smeflow.documents.sniff import media_type_of
from smeflow.documents.tnef import MAGIC, read_tnef


def files_with(data: bytes, name: str = "mail") -> tuple[Document, ...]:
    """Give each file of a mail with name and bytes; none where the bytes are no mail.

    What only decorates the mail is left out, and what Outlook wrapped is taken out of its wrapping.

    Raises:
        LimitExceeded: It has too many parts, or they are nested too deep.
    """
    if media_type_of(data, name) != MAIL:
        return ()
    file = File(name=name, media_type=MAIL, data=data, read_part=_unread)
    return tuple(part for part in read_mail(file).parts if part.data and not part.fields.get(BESIDE))


def _unread(part: File) -> Document:
    return read_tnef(part) if part.data.startswith(MAGIC) else part.document()
