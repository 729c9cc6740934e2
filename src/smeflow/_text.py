"""Text put in one form, and hashes of values. Nothing here knows what the text means."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

_SPACES = re.compile(r"\s+")
_UNEVEN_SPACE = re.compile(r"^\s|\s\s|[^\S ]")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
_MANY_MARKS, _MOST_MARKS = 200, 30
_JOINER = "\u034f"
_INVISIBLE = dict.fromkeys(
    [
        *range(0x200B, 0x2010),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x206A),
        0xFEFF,
        0xAD,
        *range(0xE0000, 0xE0080),
    ]
)
_LIGATURES = str.maketrans(
    {"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ß": "ss", "’": "'", "‘": "'", "–": "-", "—": "-"}
)


def strip_invisible(text: str) -> str:
    """Drop characters nobody sees: zero width, bidi controls, soft hyphens, tag characters."""
    return text.translate(_INVISIBLE)


def with_marks_bounded(text: str) -> str:
    """Keep the marks on one letter few (UAX #15): sorting them takes the square of their number.

    Behind each thirtieth stands a joiner that nobody sees.
    """
    if len(text) < _MANY_MARKS or text.isascii():
        return text
    for run in _BEYOND_ASCII.finditer(text):
        if run.end() - run.start() >= _MANY_MARKS:
            break
    else:
        return text
    pieces, marks, began = [], 0, 0
    for at, char in enumerate(text):
        marks = marks + 1 if unicodedata.combining(char) else 0
        if marks == _MOST_MARKS:
            pieces.append(text[began : at + 1])
            marks, began = 0, at + 1
    return _JOINER.join([*pieces, text[began:]]) if pieces else text


def folded(text: str) -> str:
    """Put *text* in the form in which quotes are compared: no case, accents, ligatures or double spaces."""
    return _folded_again(text) if len(text) <= _OFTEN_FOLDED else _folded_once(text)


def _folded_once(text: str) -> str:
    if text.isascii():
        return _SPACES.sub(" ", text).strip().lower()
    text = with_marks_bounded(strip_invisible(text).translate(_LIGATURES))
    text = unicodedata.normalize("NFKD", text)
    text = "".join(c for c in text if not unicodedata.combining(c))
    return _SPACES.sub(" ", text).strip().casefold()


_OFTEN_FOLDED = 200
"""Letters of a text that is remembered: a line of a page, which is folded again and again."""
_folded_again = lru_cache(maxsize=4096)(_folded_once)


def folded_map(text: str) -> tuple[str, tuple[int, ...]]:
    """Fold *text* letter by letter and tell for each letter of the result where it came from."""
    if text.isascii() and not _UNEVEN_SPACE.search(text):
        return text.lower(), tuple(range(len(text)))
    letters: list[str] = []
    origin: list[int] = []
    for at, char in enumerate(text):
        for letter in " " if char.isspace() else char.lower() if char.isascii() else folded(char):
            if letter == " " and (not letters or letters[-1] == " "):
                continue
            letters.append(letter)
            origin.append(at)
    return "".join(letters), tuple(origin)


def folded_in_place(text: str) -> str:
    """Fold the letters of *text* that fold to one letter, so that every place in it stays where it is."""
    return "".join(char.lower() if char.isascii() else _folded_alone(char) for char in text)


def _folded_alone(char: str) -> str:
    flat = folded(char)
    return flat if len(flat) == 1 else char.lower() if len(char.lower()) == 1 else char


def shortened(text: str, most: int) -> str:
    """Cut *text* to *most* characters, an ellipsis at the end where something is missing."""
    return text if len(text) <= most else text[: most - 1] + "…"


_USERINFO = re.compile(r"(?<=://)[^\s/?#]*@")
_TOLD_IN_QUERY = re.compile(
    r"([?&;][^=&;#\s]*(?:key|token|secret|sig|passw|pwd|auth|code|credential)[^=&;#\s]*=)[^&;#\s]+",
    re.IGNORECASE,
)


def mask_addresses(text: str) -> str:
    """Take user, password and whatever is called a key or a token out of the addresses in *text*."""
    if "://" not in text:
        return text
    return _TOLD_IN_QUERY.sub(r"\1***", _USERINFO.sub("***@", text))


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)


def _canonical_parts() -> Callable[[Any, int], Iterable[str]] | None:
    """Make what encodes for all: `JSONEncoder.encode` makes one for each value, at twice the cost."""
    make = getattr(json.encoder, "c_make_encoder", None)  # foreign: CPython's, where it was built with it
    if make is None:
        return None
    no_circles, no_indent, sort_keys, skip_keys, allow_nan = None, None, True, False, True
    quoted = json.encoder.encode_basestring
    parts: Callable[[Any, int], Iterable[str]] = make(
        no_circles, str, quoted, no_indent, ":", ",", sort_keys, skip_keys, allow_nan
    )
    return parts


_PARTS = _canonical_parts()


def canonical_json(value: Any) -> str:
    """Write *value* as JSON in the one form that is hashed: sorted keys, no spaces, UTF-8 kept."""
    return _CANONICAL.encode(value) if _PARTS is None else "".join(_PARTS(value, 0))


def sha256(data: bytes | str) -> str:
    """Hash *data* (text as UTF-8); 64 hexadecimal digits."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def hash_of(value: Any) -> str:
    """Hash a JSON-like value by its canonical form."""
    return sha256(canonical_json(value))


def a_kind_of(value: object) -> str:
    """Name the class of *value* with its article, for a sentence: "a list", "an int"."""
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiouAEIO' else 'a'} {name}"
