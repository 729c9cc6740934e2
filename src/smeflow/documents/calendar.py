"""Read invitations of calendars (iCalendar, RFC 5545): what, when, where, who asks and who is asked."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from smeflow.documents.document import Document, Page
from smeflow.documents.file import File, bounded_text
from smeflow.documents.text import decode_text, drop_hidden_characters
from smeflow.errors import UnreadableDocument
from smeflow.i18n import say

CALENDAR = "text/calendar"
_LINE = re.compile(r"([A-Za-z0-9-]+)((?:;[^:;=]+=(?:\"[^\"]*\"|[^:;\"]*))*):(.*)", re.DOTALL)
_PARAMETER = re.compile(r";([^:;=]+)=(\"[^\"]*\"|[^:;\"]*)")
_ESCAPED = re.compile(r"\\([nN,;\\])")
_MOMENT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?")
_DURATION = re.compile(
    r"\+?P(?:(\d{1,3})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?)?"
)
_EVENTS = ("VEVENT", "VTODO", "VFREEBUSY")
_SHOWN = (
    "summary", "start", "end", "timezone", "location", "organizer", "attendees", "method", "status",
    "repeats",
)  # fmt: skip


@dataclass(slots=True)
class CalendarEvent:
    """What one entry of a calendar says."""

    fields: dict[str, str] = field(default_factory=dict)
    attendees: list[str] = field(default_factory=list)
    description: str = ""
    duration: timedelta | None = None
    """How long it is, where no end is written."""


def read_invitation(file: File) -> Document:
    """Read an invitation.

    ``fields`` holds ``summary``, ``start``, ``end`` (ISO), ``location``, ``organizer``, ``attendees``,
    ``method`` (``REQUEST``, ``CANCEL``, ``REPLY``); the page says the same as text.

    Raises:
        UnreadableDocument: There is no event in it.
    """
    text, problems = drop_hidden_characters(bounded_text(decode_text(file.data), file), file.name)
    method, events = _events(text)
    if not events:
        raise UnreadableDocument(say("{name} holds no event.", name=file.name), name=file.name)
    first = events[0]
    fields = {
        **first.fields,
        "end": first.fields.get("end") or _end(first),
        "attendees": ", ".join(first.attendees),
        "method": method,
    }
    fields = {name: value for name, value in fields.items() if value}
    lines = [f"{name}: {fields[name]}" for name in _SHOWN if name in fields]
    lines += [first.description] if first.description else []
    if len(events) > 1:
        problems = (
            *problems,
            say("{name} holds {n} events; the first was read.", name=file.name, n=len(events)),
        )
    page = Page(number=1, text="\n".join(lines))
    return file.document(pages=(page,), fields=fields, problems=tuple(problems))


def _events(text: str) -> tuple[str, list[CalendarEvent]]:
    method, events, in_event, skipped = "", [], False, 0
    for name, parameters, value in _lines(text):
        if name == "BEGIN" and value.upper() in _EVENTS and not skipped:
            events.append(CalendarEvent())
            in_event = True
        elif name == "BEGIN" and in_event:
            skipped += 1  # an alarm has a description of its own
        elif name == "END" and skipped:
            skipped -= 1
        elif name == "END" and value.upper() in _EVENTS:
            in_event = False
        elif name == "METHOD" and not in_event:
            method = value.upper()
        elif in_event and not skipped:
            _note(events[-1], name, parameters, value)
    return method, events


def _note(event: CalendarEvent, name: str, parameters: dict[str, str], value: str) -> None:
    if name in ("DTSTART", "DTEND", "DUE"):
        event.fields["start" if name == "DTSTART" else "end"] = _moment(value)
        if name == "DTSTART" and parameters.get("TZID"):
            event.fields["timezone"] = parameters["TZID"]
    elif name == "DURATION":
        event.duration = _duration(value)
    elif name == "ORGANIZER":
        event.fields["organizer"] = _person(parameters, value)
    elif name == "ATTENDEE":
        event.attendees.append(_person(parameters, value))
    elif name == "DESCRIPTION":
        event.description = _plain(value)
    elif name in ("SUMMARY", "LOCATION", "STATUS", "UID"):
        event.fields.setdefault(name.lower(), _plain(value).replace("\n", " "))
    elif name == "RRULE":
        event.fields["repeats"] = value


def _lines(text: str) -> Iterator[tuple[str, dict[str, str], str]]:
    for line in re.sub(r"\n[ \t]", "", text).split("\n"):
        match = _LINE.fullmatch(line.strip("\r"))
        if match:
            parameters = {key.upper(): value.strip('"') for key, value in _PARAMETER.findall(match[2])}
            yield match[1].upper(), parameters, match[3].strip()


def _plain(value: str) -> str:
    return _ESCAPED.sub(lambda m: "\n" if m[1] in "nN" else m[1], value).strip()


def _person(parameters: dict[str, str], value: str) -> str:
    address = re.sub(r"(?i)^mailto:", "", value)
    name = parameters.get("CN", "")
    return f"{name} <{address}>" if name and name != address else address


def _moment(value: str) -> str:
    """Give a date or a time in ISO form; one in UTC says so, one of a named zone stays as it is there."""
    match = _MOMENT.fullmatch(value)
    if not match:
        return value
    if match[4] is None:
        return f"{match[1]}-{match[2]}-{match[3]}"
    try:
        moment = datetime.strptime(value.rstrip("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007 - its zone is told apart
    except ValueError:
        return value
    return (moment.replace(tzinfo=UTC) if match[7] else moment).isoformat()


def _duration(value: str) -> timedelta | None:
    match = _DURATION.fullmatch(value)
    if not match:
        return None
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)


def _end(event: CalendarEvent) -> str:
    """Give the end of an event that tells its start and how long it is; empty where it cannot be told."""
    start = event.fields.get("start", "")
    try:
        begins = datetime.fromisoformat(start) if "T" in start else date.fromisoformat(start)
        return (begins + event.duration).isoformat() if event.duration else ""
    except (ValueError, OverflowError):
        return ""
