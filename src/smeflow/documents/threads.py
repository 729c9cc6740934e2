"""Put mails that belong together into threads, by References and In-Reply-To (RFC 5322, 3.6.4)."""

import re
from collections.abc import Iterable, Mapping, Sequence

_ID = re.compile(r"<[^<>\s]{1,250}>")


def ids_in(text: str) -> list[str]:
    """Give the Message-IDs that stand in a header, in order."""
    return _ID.findall(text)


def thread_of(fields: Mapping[str, str]) -> str:
    """Name the thread a mail belongs to: the Message-ID it began with; empty where nothing tells.

    A sender can write any reference: a thread is a help for the eye and never a proof of who wrote.
    """
    for name in ("references", "in-reply-to", "message-id"):
        found = ids_in(fields.get(name, ""))
        if found:
            return found[0]
    return ""


def threads(mails: Iterable[Mapping[str, str]]) -> list[list[Mapping[str, str]]]:
    """Group mails (the ``fields`` of their documents) into threads: oldest mail first, oldest thread first.

    Mails that only share an answered mail nobody has are put together too.
    """
    listed = list(mails)
    leader: dict[str, str] = {}

    def top(name: str) -> str:
        while leader.setdefault(name, name) != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    alone = 0
    keys = []
    for fields in listed:
        linked = _linked(fields)
        if not linked:
            alone += 1
            linked = [f"alone {alone}"]
        for one in linked[1:]:
            leader[top(one)] = top(linked[0])
        keys.append(linked[0])
    grouped: dict[str, list[Mapping[str, str]]] = {}
    for key, fields in zip(keys, listed, strict=True):
        grouped.setdefault(top(key), []).append(fields)
    ordered = [sorted(group, key=_when) for group in grouped.values()]
    return sorted(ordered, key=lambda group: _when(group[0]))


def _linked(fields: Mapping[str, str]) -> Sequence[str]:
    names = ("message-id", "references", "in-reply-to")
    return [one for name in names for one in ids_in(fields.get(name, ""))]


def _when(fields: Mapping[str, str]) -> str:
    return fields.get("date", "")
