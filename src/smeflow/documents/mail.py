"""Read a mail: headers as fields, the newest message as text, attachments as documents.

Broken mail is the rule and not the exception: whatever is wrong in it becomes a problem of the document, and
what can be read is read. Only a limit stops it. A signature or encryption is reported, not checked.
"""

import email
import email.policy
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.feedparser import BytesFeedParser
from email.header import decode_header
from email.message import Message
from email.utils import collapse_rfc2231_value, parsedate_to_datetime

from smeflow._text import sha256, strip_invisible
from smeflow.documents.document import DECORATION, MAIL, Document, Page
from smeflow.documents.file import (
    File,
    bounded_text,
    check_limit,
    harmless_name,
    limit_exceeded,
    read_attached,
)
from smeflow.documents.html import RenderedHtml, rendered_text
from smeflow.documents.image import picture_sides
from smeflow.documents.newest_message import newest_message, thread_of
from smeflow.documents.text import decode_text, detect_language, drop_hidden_characters, normalize_text
from smeflow.documents.tnef import TNEF_MAGIC
from smeflow.i18n import Phrase, say

HEADERS = (
    "subject", "from", "to", "cc", "reply-to", "sender", "date", "message-id", "in-reply-to", "references",
    "auto-submitted", "precedence", "list-id", "return-path",
)  # fmt: skip
_MOJIBAKE = re.compile("[\udc80-\udcff]")
_FOLD = re.compile(r"[\r\n\t\0\x0b\x0c\u2028\u2029 ]+")
_SMALL_BYTES = 15_000
_SMALL_POINTS = 250
"""A picture in the text with a side shorter than this is a logo or a smiley, not a document."""
_TOO_SMALL = 60
_LONGEST_HEADER = 10_000
_HEAD_BYTES = 200_000
SIGNATURE_TYPES = frozenset(
    {"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"}
)
"""Parts that only seal other parts: no document is in them."""
_ENVELOPES = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_ARMOURED = "-----BEGIN PGP MESSAGE-----"
_CLEAR = "-----BEGIN PGP SIGNED MESSAGE-----"


class _BoundedHeaders(email.policy.Compat32):
    """Keeps headers as they are: the newer policy's header parsers fail on some broken ones.

    What says how a part is made is cut: the standard library takes it apart in a time that grows with the
    square of its length, many times over.
    """

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:_LONGEST_HEADER] if name.lower().startswith("content-") else value


_POLICY = _BoundedHeaders()


@dataclass(slots=True)
class MailParts:
    """What a walk through a mail's parts gathered."""

    body: list[str] = field(default_factory=list)
    attachments: list[Message] = field(default_factory=list)
    pictures: set[str] = field(default_factory=set)
    hidden: list[str] = field(default_factory=list)
    problems: list[Phrase] = field(default_factory=list)
    unread: list[Phrase] = field(default_factory=list)


def read_mail(file: File) -> Document:
    """Read a mail.

    ``fields`` holds the headers, each on one harmless line, ``date`` in ISO form, ``thread`` (the Message-ID
    its thread began with), ``language`` where it is clear, and ``body``: the whole text with quotes and
    signature. The page holds the newest message alone, or a forwarded mail whole.

    Raises:
        LimitExceeded: It has too many parts or letters, or they are nested too deep.
    """
    try:
        message = _parsed(file)
        _check_shape(message, file)
    except RecursionError as error:
        raise limit_exceeded("depth", file.limits.depth, None, file.name) from error
    return _document(message, file)


class _Parser(BytesFeedParser):
    """Stops where parts are nested too deep: each line is held against the boundary of every open part."""

    def __init__(self, file: File) -> None:
        super().__init__(policy=_POLICY)
        self._file = file

    def _new_message(self) -> None:
        file = self._file
        check_limit("depth", file.limits.depth, file.depth + len(self._msgstack), file.name)  # type: ignore[attr-defined]
        super()._new_message()  # type: ignore[misc]


def _parsed(file: File) -> Message:
    parser = _Parser(file)
    parser.feed(file.data)
    return parser.close()


def _document(message: Message, file: File) -> Document:
    content = MailParts()
    _gather(message, content)
    fields = _headers(message)
    body, unseen = drop_hidden_characters(bounded_text("\n".join(content.body).strip("\n"), file), file.name)
    fields["body"] = body
    parts = tuple(_attachments(content, file))
    problems = [*content.unread, *content.problems, *unseen, *seal_notes(message, body)]
    if content.hidden:
        problems.extend(RenderedHtml("", content.hidden).problems(file.name))
    if any(part.defects for part in message.walk()):
        problems.append(say("{name} is not a well-formed mail; what could be read was read.", name=file.name))
    text = newest_message(body, subject=fields.get("subject", ""))
    if not text.strip():
        problems.append(say("The mail has no text."))
    language = detect_language(text)
    fields |= {"language": language} if language else {}
    return file.document(
        pages=(Page(number=1, text=text),),
        fields=fields,
        parts=parts,
        problems=tuple(problems),
        unread=tuple(content.unread),
        language=language,
    )


def seal_notes(message: Message, text: str) -> Iterator[Phrase]:
    """Say what a person should know of a mail's signature or encryption; *text* is what was read of it."""
    parts = [(_type(part, default=""), _smime_type(part)) for part in message.walk()]
    types = {media_type for media_type, _ in parts}
    enveloped = {smime for media_type, smime in parts if media_type in _ENVELOPES}
    if "multipart/encrypted" in types or _ARMOURED in text or enveloped & {"enveloped-data", ""}:
        yield say("The mail is encrypted: what it says cannot be read here. Open it in your mail program.")
    elif "signed-data" in enveloped:
        yield say("The mail is signed and its text is inside the signature; open it in your mail program.")
    elif "multipart/signed" in types or _CLEAR in text:
        yield say("The mail is signed; the signature was not checked.")


def _smime_type(part: Message) -> str:
    try:
        return str(part.get_param("smime-type") or "").lower()
    except (ValueError, IndexError, TypeError):
        return ""


def headers_of(data: bytes) -> dict[str, str]:
    """Give the headers of a mail as its document's ``fields`` have them, without reading the rest."""
    return _headers(parse_head(data))


def parse_head(data: bytes) -> Message:
    """Parse the headers of a mail and nothing behind them."""
    head = re.split(rb"\r?\n\r?\n", data[:_HEAD_BYTES].lstrip(b"\r\n"), maxsplit=1)[0]
    return email.message_from_bytes(head, policy=_POLICY)


def _headers(message: Message) -> dict[str, str]:
    fields = {name: value for name in HEADERS if (value := header(message, name))}
    if "date" in fields:
        fields["date"] = _iso_date(fields["date"])
    thread = thread_of(fields)
    return {**fields, "thread": thread} if thread else fields


def _check_shape(message: Message, file: File) -> None:
    """Count parts and depth before anything is decoded."""
    count = 0
    stack = [(message, file.depth)]
    while stack:
        part, depth = stack.pop()
        children = _children(part)
        count += len(children)
        check_limit("parts", file.limits.parts, count, file.name)
        check_limit("depth", file.limits.depth, depth, file.name)
        stack.extend((child, depth + 1) for child in children)


def _children(part: Message) -> list[Message]:
    payload = part.get_payload() if part.is_multipart() else None
    return [child for child in payload if isinstance(child, Message)] if isinstance(payload, list) else []


def header(message: Message, name: str) -> str:
    """Give a header as one line of text: decoded, in NFC, without breaks or invisible characters."""
    for key, value in message.raw_items():  # as they stand in the file, bytes no charset explains included
        if key.lower() == name:
            return harmless_line(decoded_header(str(value)))
    return ""


def decoded_header(raw: str) -> str:
    """Decode the encoded words of a header; what cannot be decoded stays as it is."""
    raw = raw[:_LONGEST_HEADER]
    if _MOJIBAKE.search(raw):
        raw = decode_text(raw.encode("utf-8", "surrogateescape"))
    if "=?" not in raw:
        return raw
    last = raw.rfind("?=") + 2  # behind it nothing ends, and each word that begins would be looked for there
    try:
        pieces = decode_header(_FOLD.sub(" ", raw[:last]))
    except (ValueError, LookupError, IndexError, email.errors.MessageError):
        return raw
    text = ""
    for piece, charset in pieces:
        text += piece if isinstance(piece, str) else decode_text(piece, charset)
    return text + raw[last:] or raw


def harmless_line(text: str) -> str:
    """Take out of one line all that could break it or turn it around."""
    text = _FOLD.sub(" ", strip_invisible(normalize_text(text)))
    return "".join(c for c in text if c.isprintable()).strip()


def _iso_date(text: str) -> str:
    try:
        return parsedate_to_datetime(text).isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return text


def _gather(part: Message, content: MailParts) -> None:
    """Sort a part and all inside it into text and attachments; the depth was checked before."""
    media_type = _type(part)
    children = _children(part)
    if children and media_type == "multipart/alternative":
        _choose_alternative(children, content)
    elif children and media_type.startswith("multipart/"):
        for child in children:
            _gather(child, content)
    elif media_type in ("text/plain", "text/html", "text/enriched", "text") and not _is_file(part):
        content.body.append(_text_of(part, content))
    elif media_type.startswith("multipart/"):
        content.body.append(_decoded_part(part))
    else:
        content.attachments.append(part)


def _choose_alternative(children: list[Message], content: MailParts) -> None:
    """Take the text of one of the alternatives, the attachments of all."""
    versions: list[tuple[str, MailParts]] = []
    for child in children:
        version = MailParts()
        _gather(child, version)
        text = "\n".join(version.body).strip()
        content.attachments.extend(version.attachments)
        content.pictures |= version.pictures
        content.problems.extend(version.problems)
        if text:
            versions.append((text, version))
    if not versions:
        return
    first, last = versions[0], versions[-1]
    # a plain text that only says "your program cannot show this" is no alternative
    best = last if len(first[0]) < 200 and len(last[0]) > 5 * len(first[0]) else first
    content.body.append(best[0])
    content.hidden.extend(best[1].hidden)


def _text_of(part: Message, content: MailParts) -> str:
    text = _decoded_part(part)
    if _type(part) != "text/html":
        return _unfold_flowed(text) if part.get_param("format", "") == "flowed" else text
    try:
        rendered = rendered_text(text)
    except (RecursionError, MemoryError):
        content.problems.append(say("The HTML text of the mail is too deep to be read."))
        return ""
    content.hidden.extend(rendered.hidden)
    content.pictures |= rendered.pictures
    return rendered.text


def _unfold_flowed(text: str) -> str:
    """Join the lines that a mail program broke (RFC 3676)."""
    paragraphs: list[list[str]] = []
    for stuffed in text.split("\n"):
        line = stuffed.removeprefix(" ")
        quoted = line.startswith(">")
        pieces = paragraphs[-1] if paragraphs else [""]
        signature = len(pieces) < 6 and "".join(pieces) in ("-- ", "> -- ")
        if pieces[-1].endswith(" ") and not signature and pieces[0].startswith(">") == quoted:
            pieces += filter(None, [line.lstrip("> ") if quoted else line])
        else:
            paragraphs.append([line])
    return "\n".join(map("".join, paragraphs))


def _type(part: Message, default: str = "text/plain") -> str:
    try:
        return part.get_content_type()
    except (ValueError, IndexError, TypeError):
        return default


def _bytes_of(part: Message) -> bytes:
    try:
        data = part.get_payload(decode=True)
    except (ValueError, LookupError, TypeError, AssertionError):
        data = None
    if isinstance(data, bytes):
        return data
    raw = part.get_payload()
    return raw.encode("utf-8", "surrogateescape") if isinstance(raw, str) else b""


def _decoded_part(part: Message) -> str:
    try:
        charset = part.get_content_charset()
    except (ValueError, LookupError, TypeError):
        charset = None
    return decode_text(_bytes_of(part), None if charset in ("us-ascii", "ascii") else charset)


def _is_file(part: Message) -> bool:
    try:
        return part.get_content_disposition() == "attachment" or bool(file_name(part))
    except (ValueError, TypeError, IndexError):
        return False


def file_name(part: Message) -> str:
    """Give the name an attachment came with, or nothing."""
    try:
        value = part.get_param("filename", None, "content-disposition") or part.get_param("name", None)
        text = collapse_rfc2231_value(value) if value is not None else ""
    except (ValueError, TypeError, IndexError, LookupError):
        text = ""
    return harmless_line(decoded_header(str(text)))


def _attachments(content: MailParts, file: File) -> Iterator[Document]:
    for number, part in enumerate(content.attachments, start=1):
        media_type = _type(part)
        if part.is_multipart() and (media_type == MAIL or media_type.startswith("message/")):
            yield from _inner_mails(part, file)
            continue
        data = _bytes_of(part)
        name = file_name(part) or f"part {number}"
        if media_type in SIGNATURE_TYPES or _is_decoration(part, media_type, data, content.pictures):
            shown = {DECORATION: "yes"}
            yield Document(
                name=harmless_name(name), media_type=media_type, fields=shown, data=data, sha256=sha256(data)
            )
            continue
        if data.startswith(TNEF_MAGIC):  # Outlook's wrapping: what is in it are the attachments
            wrapped = read_attached(file, data, name=name)
            content.problems.extend(wrapped.problems)
            content.unread.extend(wrapped.problems if not wrapped.parts else wrapped.unread)
            yield from wrapped.parts or (wrapped,)
            continue
        yield read_attached(
            file, data, name=name, media_type="" if media_type == "application/octet-stream" else media_type
        )


def _inner_mails(part: Message, file: File) -> Iterator[Document]:
    for message in _children(part):
        name = file_name(part) or header(message, "subject") or "message"
        try:
            data = message.as_bytes()
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            data = str(message.get_payload()).encode("utf-8", "surrogateescape")
        yield read_attached(file, data, name=name, media_type=MAIL)


def _is_decoration(part: Message, media_type: str, data: bytes, displayed: set[str]) -> bool:
    """True for a small picture that the text shows: a signature's logo, a tracking pixel.

    One too small for a line of text is no document wherever it stands.
    """
    sides = picture_sides(data)
    if sides is not None and min(sides) < _TOO_SMALL:
        return True
    if not media_type.startswith("image/"):
        return False
    content_id = str(part.get("content-id", "")).strip().strip("<>")
    if content_id not in displayed and part.get_content_disposition() != "inline":
        return False
    return len(data) < _SMALL_BYTES or (sides is not None and min(sides) < _SMALL_POINTS)
