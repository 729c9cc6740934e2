"""Read a mail that was saved from Outlook (``.msg``); needs the extra ``mailbox``."""

import contextlib
import email
import email.policy
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from typing import Any

from smeflow._optional import import_extra
from smeflow._text import hash_of
from smeflow.documents.document import MAIL, Document, Page
from smeflow.documents.file import File, bounded_text, check_limit, harmless_name, read_attached
from smeflow.documents.html import rendered_text
from smeflow.documents.mail import HEADERS, harmless_line, header
from smeflow.documents.newest_message import newest_message, thread_of
from smeflow.documents.text import decode_text, detect_language, drop_hidden_characters, normalize_text
from smeflow.errors import SmeflowError, UnreadableDocument
from smeflow.i18n import say

_MAIL_INSIDE, _PROPERTIES = "__substg1.0_3701000D", "__properties_version1.0"


def read_msg(file: File) -> Document:
    """Read it as a mail is read: headers as fields, the newest message as text, attachments as parts.

    Raises:
        UnreadableDocument: It is no mail, or damaged.
        MissingExtra: The extra ``mailbox`` is not installed.
    """
    oxmsg = import_extra("oxmsg", "mailbox")
    try:
        message = oxmsg.Message.load(BytesIO(file.data))
    except Exception as error:
        raise _damaged(file, error) from error
    return _whole(message, file)


def _whole(message: Any, file: File) -> Document:
    """Read a mail that is open; see `read_msg`."""
    try:
        message_class = str(message.message_class)
    except Exception as error:
        raise _damaged(file, error) from error
    if not message_class.upper().startswith(("IPM.NOTE", "IPM.SCHEDULE", "REPORT", "IPM.APPOINTMENT")):
        raise UnreadableDocument(
            say(
                "{name} is no mail but another thing of Outlook's ({kind}).",
                name=file.name,
                kind=message_class,
            )
        )
    try:
        return _document(message, file)
    except SmeflowError:
        raise
    except Exception as error:  # the library reads what is in the file only when it is asked for
        raise _damaged(file, error) from error


def _damaged(file: File, error: Exception) -> UnreadableDocument:
    phrase = say(
        "{name} is no mail of Outlook's, or it is damaged ({why}).",
        name=file.name,
        why=" ".join(str(error).split())[:100] or type(error).__name__,
    )
    return UnreadableDocument(phrase)


def _document(message: Any, file: File) -> Document:
    fields = _fields(message)
    body, problems = drop_hidden_characters(bounded_text(_body(message), file), file.name)
    fields["body"] = body
    thread = thread_of(fields)
    fields |= {"thread": thread} if thread else {}
    attachments = list(message.attachments)
    check_limit("parts", file.limits.parts, len(attachments), file.name)
    text = newest_message(body, subject=fields.get("subject", ""))
    if not text.strip():
        problems = (*problems, say("The mail has no text."))
    language = detect_language(text)
    fields |= {"language": language} if language else {}
    return file.document(
        media_type=MAIL,  # a mail to every step, whatever it was saved as
        pages=(Page(number=1, text=text),),
        fields=fields,
        parts=tuple(_parts(attachments, file)),
        problems=tuple(problems),
        language=language,
    )


def _fields(message: Any) -> dict[str, str]:
    """Take the headers the mail came with; one that was never sent has only Outlook's own entries."""
    lines = "".join(f"{name}: {value}\n" for name, value in (message.message_headers or {}).items())
    parsed = email.message_from_string(lines, policy=email.policy.compat32)
    headers = {name: value for name in HEADERS if (value := header(parsed, name))}
    outlook = {
        "subject": message.subject,
        "from": message.sender,
        "to": ", ".join(_person(recipient) for recipient in message.recipients),
    }
    for name, value in outlook.items():
        if value:
            headers.setdefault(name, harmless_line(str(value)))
    with contextlib.suppress(Exception):  # a date Outlook cannot have written
        if message.sent_date is not None:
            headers["date"] = message.sent_date.isoformat()
    return {name: headers[name] for name in HEADERS if name in headers}


def _person(recipient: Any) -> str:
    name, address = str(recipient.name or ""), str(recipient.email_address or "")
    return f"{name} <{address}>" if name and address and name != address else address or name


def _body(message: Any) -> str:
    plain = str(message.body or "")
    if plain.strip():
        return normalize_text(plain).strip("\n")
    html = message.html_body
    text = decode_text(html) if isinstance(html, bytes) else str(html or "")
    return rendered_text(text).text.strip("\n") if text else ""


def _parts(attachments: list[Any], file: File) -> Iterator[Document]:
    for number, attachment in enumerate(attachments, 1):
        inner_mail = _mail_inside(attachment)
        if inner_mail is not None:
            name = str(attachment.file_name or inner_mail.subject or f"part {number}")
            yield _read_inside(inner_mail, file, name)
            continue
        data = attachment.file_bytes if attachment.attached_by_value else None
        name = str(attachment.file_name or f"part {number}")
        if data:
            yield read_attached(file, bytes(data), name=name, media_type=str(attachment.mime_type or ""))
        else:
            note = say("{name} is a mail or an object inside the mail and was not read.", name=name)
            yield Document(name=name, media_type="application/octet-stream", problems=(note,))


def _mail_inside(attachment: Any) -> Any | None:
    """Give the mail that is attached as a mail: a folder of its own in the file; None for all else.

    Its properties begin 8 bytes earlier than those of the outermost mail (MS-OXMSG 2.4.1).
    """
    from oxmsg import Message

    storages = attachment._storage.storages  # noqa: SLF001 - the library gives no other way to it
    folders = [storage for storage in storages if storage.name == _MAIL_INSIDE]
    if not folders:
        return None
    streams = tuple(
        replace(s, bytes_=s.bytes_[:24] + bytes(8) + s.bytes_[24:]) if s.name == _PROPERTIES else s
        for s in folders[0].streams
    )
    return Message(replace(folders[0], streams=streams))


def _read_inside(message: Any, file: File, name: str) -> Document:
    """Read a mail inside; what cannot be read stays a part, with the reason as its problem."""
    part = replace(file, name=harmless_name(name), media_type=MAIL, data=b"", depth=file.depth + 1)
    try:
        check_limit("depth", file.limits.depth, part.depth, part.name)
        document = _whole(message, part)
        identity = [*document.fields.items(), *(inner.sha256 for inner in document.parts)]
        return replace(document, sha256=hash_of(identity))  # it has no bytes of its own that could be kept
    except SmeflowError as error:
        return part.document(problems=(error.phrase,))
