"""A mailbox that is open: look, fetch, move, mark, append, wait. Nothing is ever expunged by itself.

Of imap-tools only what opens, names and appends is used: its ``flag`` and ``delete`` expunge whatever is
marked as deleted in the folder, other people's mails included.
"""

import imaplib
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from threading import Event
from typing import Any

from smeflow._optional import import_extra
from smeflow._text import sha256
from smeflow.kinds.mailbox import MailSummary

DRAFT_FOLDERS = ("Drafts", "Brouillons", "Entwürfe", "[Gmail]/Drafts", "[Gmail]/Brouillons")
SENT_FOLDERS = (
    "Sent",
    "Sent Items",
    "Sent Messages",
    "Envoyés",
    "Éléments envoyés",
    "Gesendet",
    "[Gmail]/Sent Mail",
)
BATCH_SIZE = 500
"""How many mails one question is about."""
_SUMMARY_ITEMS = "UID INTERNALDATE RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_COPIED = re.compile(rb"COPYUID (\d+) [\d:,]+ (\d+)")
_APPENDED = re.compile(rb"APPENDUID (\d+) (\d+)")


class MailServerError(Exception):
    """The server said no, or what it said cannot be understood."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectedFolder:
    """A folder as it is now."""

    folder: str
    validity: int
    following: int
    """The number the next mail will get."""
    mails: int


class MailClient:
    """One connection, logged in."""

    def __init__(self, box: Any) -> None:
        self.box, self.client = box, box.client
        self.opened: SelectedFolder | None = None
        self._folders: dict[str, tuple[str, ...]] | None = None
        self._separator = "/"

    def can(self, word: str) -> bool:
        """Tell whether the server knows an extension."""
        return word in self.client.capabilities

    def refresh_capabilities(self) -> None:
        """Ask again what the server can: it tells more once somebody is logged in."""
        _typ, data = self.client.capability()
        words = b" ".join(part for part in data if part).decode("ascii", "replace")
        self.client.capabilities = tuple(words.upper().split())

    def open(self, folder: str, *, readonly: bool = True) -> SelectedFolder:
        """Open a folder; *readonly*, the server itself refuses every change."""
        self.box.folder.set(folder, readonly)
        count, validity, following = (
            _last_number(self.client.untagged_responses.get(word))
            for word in ("EXISTS", "UIDVALIDITY", "UIDNEXT")
        )
        if not validity or not following:
            validity, following = self.status(folder)
        self.opened = SelectedFolder(folder=folder, validity=validity, following=following, mails=count)
        return self.opened

    def uids(self, *criteria: str) -> list[int]:
        """Search the open folder; numbers in order."""
        data = self._uid("SEARCH", *(criteria or ("ALL",)))
        return sorted(int(word) for part in data if part for word in part.split())

    def since(self, day: date) -> list[int]:
        """Give the mails that arrived on *day* or later."""
        return self.uids("SINCE", f"{day.day:02d}-{_MONTHS[day.month - 1]}-{day.year}")

    def from_uid(self, uid: int) -> list[int]:
        """Give the mails with this number or a later one."""
        # the server answers `9:*` with its last mail even where that has a lower number
        return [number for number in self.uids("UID", f"{uid}:*") if number >= uid]

    def with_message_id(self, message_id: str) -> list[int]:
        """Give the mails of the open folder that have this Message-ID, exactly."""
        quoted = '"' + message_id.strip().replace("\\", "\\\\").replace('"', '\\"') + '"'
        candidates = self.uids("HEADER", "Message-ID", quoted)  # finds parts of it too
        return [uid for uid in candidates if message_id_in(self.header(uid)) == message_id.strip()]

    def summaries(self, uids: Sequence[int]) -> Iterator[MailSummary]:
        """Tell of each mail when it arrived, how large it is and what it is marked with."""
        items = _SUMMARY_ITEMS + (" X-GM-MSGID" if self.can("X-GM-EXT-1") else "")
        for meta, literal in self._fetch_in_batches(uids, items):
            summary = _summary(meta, literal)
            if summary is not None:
                yield summary

    def fetch(self, uid: int) -> bytes | None:
        """Give a mail whole, without marking it as read; None where it is not there any more."""
        for meta, literal in self._fetch_in_batches([uid], "UID BODY.PEEK[]"):
            if _group(rb"UID (\d+)", meta) == str(uid) and literal is not None:
                return literal
        return None

    def header(self, uid: int) -> bytes:
        """Give the headers of a mail."""
        responses = self._fetch_in_batches([uid], "UID BODY.PEEK[HEADER]")
        return next((literal or b"" for _, literal in responses), b"")

    def headers(self) -> Iterator[bytes]:
        """Give the Message-ID line of every mail of the open folder."""
        for _, literal in self._fetch_in_batches(self.uids(), "UID BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]"):
            yield literal or b""

    def status(self, folder: str) -> tuple[int, int]:
        """Give validity and the next number of a folder without opening it."""
        status = self.box.folder.status(folder, ["UIDVALIDITY", "UIDNEXT"])
        return int(status["UIDVALIDITY"]), int(status["UIDNEXT"])

    def move(self, uid: int, folder: str) -> tuple[int, int] | None:
        """Move a mail; give validity and number it has there, where the server tells.

        A server without MOVE gets a copy and then takes away this one mail. One that cannot take away a
        single mail (no UIDPLUS) keeps the original, marked as deleted.
        """
        can_move = self.can("MOVE")
        self._uid("MOVE" if can_move else "COPY", str(uid), self._encoded(folder))
        at = self._reported(_COPIED, "COPYUID")
        if not can_move:
            self.remove(uid)
        return at

    def remove(self, uid: int) -> None:
        """Take away the source half of a move: a copy of it lies elsewhere."""
        self._uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Deleted)")
        if self.can("UIDPLUS"):
            self._uid("EXPUNGE", str(uid))

    def mark(self, uid: int, flag: str, *, on: bool = True) -> None:
        r"""Set or take away a flag (``\Seen``, ``\Flagged``) or a keyword."""
        self._uid("STORE", str(uid), "+FLAGS" if on else "-FLAGS", f"({flag})")

    def append(self, folder: str, mail: bytes, flags: str) -> tuple[int, int] | None:
        """Put a mail into a folder; give validity and number it has there, where the server tells."""
        self.client.untagged_responses.pop("APPENDUID", None)
        typ, data = self.client.append(self._encoded(folder), flags, None, mail)
        _checked("APPEND", typ, data)
        return self._reported(_APPENDED, "APPENDUID", data)

    def folders(self) -> dict[str, tuple[str, ...]]:
        r"""List the folders, each with what the server says of it: ``\Drafts``, ``\Sent``. Asked once."""
        if self._folders is None:
            folders = list(self.box.folder.list())
            self._folders = {folder.name: tuple(folder.flags) for folder in folders}
            self._separator = next((folder.delim for folder in folders if folder.delim), "/")
        return self._folders

    def separator(self) -> str:
        """Give the sign between a folder and one inside it."""
        self.folders()
        return self._separator

    def special_folder(self, use: str, names: Sequence[str]) -> str | None:
        r"""Find the folder for a *use* such as ``\Drafts``, else one of the usual *names*."""
        folders = self.folders()
        for name, flags in folders.items():
            if use.lower() in (flag.lower() for flag in flags):
                return name
        known = {name.casefold(): name for name in folders}
        known |= {re.split(r"[./]", name)[-1].casefold(): name for name in reversed(folders)}
        return next((known[name.casefold()] for name in names if name.casefold() in known), None)

    def drafts_folder(self) -> str:
        """Find the folder of drafts."""
        return self.special_folder("\\Drafts", DRAFT_FOLDERS) or "Drafts"

    def sent_folder(self) -> str | None:
        """Find the folder of what was sent."""
        return self.special_folder("\\Sent", SENT_FOLDERS)

    def ensure_folder(self, folder: str) -> bool:
        """Make a folder that is not there; tell whether it had to be made."""
        if folder in self.folders():
            return False
        typ, data = self.client.create(self._encoded(folder))
        _checked("CREATE", typ, data)
        self.client.subscribe(self._encoded(folder))
        self.folders()[folder] = ()
        return True

    def wait(self, seconds: float, stop: Event) -> bool:
        """Wait until the open folder changes, *stop* is set or *seconds* are over; tell whether it changed.

        A server without IDLE is asked again at the end, which is as good, only later.
        """
        before = self.client.untagged_responses.get("EXISTS")
        if not self.can("IDLE"):
            stop.wait(seconds)
            self.client.noop()
            return bool(self.client.untagged_responses.get("EXISTS") != before)
        idle, deadline = self.box.idle, time.monotonic() + seconds
        idle.start()
        changed = False
        while not (changed or stop.is_set()) and time.monotonic() < deadline:
            began = time.monotonic()
            lines = idle.poll(timeout=1)
            changed = any(b"EXISTS" in line for line in lines)
            if not lines and time.monotonic() - began < 0.5:
                break  # the connection was closed: ending the wait below raises
        idle.stop()
        # what came together with the server's "go ahead" is seen only now
        return changed or self.client.untagged_responses.get("EXISTS") != before

    def close(self) -> None:
        """Log out; a connection that is broken already is dropped."""
        try:
            self.client.logout()
        except (OSError, imaplib.IMAP4.error, EOFError):
            self.client.shutdown()

    def _encoded(self, folder: str) -> str:
        utils = import_extra("imap_tools.utils", "mailbox")
        name = utils.encode_folder(folder)
        return name.decode("ascii") if isinstance(name, bytes) else str(name)

    def _uid(self, command: str, *arguments: str) -> list[Any]:
        self.client.untagged_responses.pop("COPYUID", None)
        typ, data = self.client.uid(command, *arguments)
        _checked(command, typ, data)
        return list(data)

    def _fetch_in_batches(self, uids: Sequence[int], items: str) -> Iterator[tuple[bytes, bytes | None]]:
        """Ask for *items* of each mail; give what the server says of it, and its literal."""
        for start in range(0, len(uids), BATCH_SIZE):
            listed = ",".join(map(str, uids[start : start + BATCH_SIZE]))
            yield from _responses(self._uid("FETCH", listed, f"({items})"))

    def _reported(
        self, pattern: re.Pattern[bytes], word: str, data: Sequence[Any] = ()
    ) -> tuple[int, int] | None:
        """Find validity and number in what the server said last."""
        untagged = self.client.untagged_responses.get(word, [])
        lines = [*data, *(word.encode() + b" " + line for line in untagged if isinstance(line, bytes))]
        for line in reversed(lines):
            match = pattern.search(line) if isinstance(line, bytes) else None
            if match:
                return int(match[1]), int(match[2])
        return None


def message_id_in(header: bytes) -> str:
    """Give the Message-ID that stands in the headers of a mail."""
    match = re.search(rb"(?im)^message-id:\s*(<[^>]*>|\S+)", header)
    return match[1].decode("utf-8", "replace").strip() if match else ""


def _checked(command: str, typ: str, data: Sequence[Any]) -> None:
    if typ != "OK":
        reason = b" ".join(part for part in data if isinstance(part, bytes)).decode("utf-8", "replace")
        raise MailServerError(f"{command}: {reason}")


def _last_number(values: Sequence[Any] | None) -> int:
    return int((values or [0])[-1] or 0)


def _responses(data: Sequence[Any]) -> Iterator[tuple[bytes, bytes | None]]:
    """Put what belongs to one mail together: some servers say half of it behind the literal."""
    meta, literal = b"", None
    for part in data:
        if isinstance(part, tuple):
            if meta:
                yield meta, literal
            meta, literal = part[0], part[1]
        elif isinstance(part, bytes):
            if part.lstrip().startswith(b")") or literal is not None:
                meta += b" " + part
            else:
                if meta:
                    yield meta, literal
                meta, literal = part, None
    if meta:
        yield meta, literal


def _group(pattern: bytes, meta: bytes) -> str:
    match = re.search(pattern, meta)
    return match[1].decode("ascii", "replace") if match else ""


def _summary(meta: bytes, literal: bytes | None) -> MailSummary | None:
    uid, size, arrived = (
        _group(rb"UID (\d+)", meta),
        _group(rb"RFC822.SIZE (\d+)", meta),
        _group(rb'INTERNALDATE "([^"]*)"', meta),
    )
    if not uid or not size:
        return None  # the server tells of a change to some other mail
    message_id = " ".join((literal or b"").decode("utf-8", "replace").partition(":")[2].split())
    return MailSummary(
        uid=int(uid),
        mark=sha256(f"{arrived.strip()}\n{size}\n{message_id}")[:32],
        size=int(size),
        arrived=_time(arrived.strip()),
        flags=tuple(_group(rb"FLAGS \(([^)]*)\)", meta).split()),
        gmail=_group(rb"X-GM-MSGID (\d+)", meta),
    )


def _time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%d-%b-%Y %H:%M:%S %z")
    except ValueError:
        return None
