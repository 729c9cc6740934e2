"""How likely a model found what it wrote, field by field: a signal, never a proof."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any


def of_fields(text: str, tokens: object) -> Mapping[str, float] | None:
    """Give for each named value of a JSON answer how likely its least likely token was; None: none is told.

    *tokens* is ``choices[0].logprobs.content``. Only texts, numbers and ``null`` directly in the answer's
    object are given: the rest is form, which a schema dictates.
    """
    if not isinstance(tokens, list) or not text:
        return None
    spans = _spans(tokens)
    written = "".join(piece for piece, _ in spans)
    offset = written.find(text)
    if offset < 0:
        return None
    found: dict[str, float] = {}
    for name, start, end in _values(text):
        least = _least(spans, start + offset, end + offset)
        if least is not None:
            found[name] = round(math.exp(min(0.0, least)), 4)
    return found or None


def _spans(tokens: Sequence[Any]) -> list[tuple[str, float]]:
    """Give each token's text, by its bytes where they are told: a character may lie in two tokens."""
    spans: list[tuple[str, float]] = []
    held, lowest = b"", 0.0
    for token in tokens:
        if not isinstance(token, dict) or not isinstance(token.get("logprob"), int | float):
            return []
        raw = token.get("bytes")
        piece = _bytes(raw) or str(token.get("token", "")).encode()
        held, lowest = held + piece, min(lowest, float(token["logprob"]))
        try:
            spans.append((held.decode(), lowest))
        except UnicodeDecodeError:
            continue
        held, lowest = b"", 0.0
    return spans


def _bytes(raw: object) -> bytes:
    good = isinstance(raw, list) and all(type(b) is int and 0 <= b < 256 for b in raw)
    return bytes(raw) if good and isinstance(raw, list) else b""


def _least(spans: Sequence[tuple[str, float]], start: int, end: int) -> float | None:
    place, least = 0, None
    for piece, logprob in spans:
        if place < end and place + len(piece) > start:
            least = logprob if least is None else min(least, logprob)
        place += len(piece)
    return least


def _values(text: str) -> list[tuple[str, int, int]]:
    """Find the values of an object's own names, without their quotes."""
    read = json.JSONDecoder()
    place = text.find("{") + 1
    found: list[tuple[str, int, int]] = []
    try:
        while place:
            place = _past(text, place, " \t\r\n,")
            if text[place] != '"':
                break
            name, place = read.raw_decode(text, place)
            place = _past(text, place, " \t\r\n:")
            value, end = read.raw_decode(text, place)
            if isinstance(value, str) and value:
                found.append((str(name), place + 1, end - 1))
            elif value is None or isinstance(value, int | float):
                found.append((str(name), place, end))
            place = end
    except (ValueError, IndexError, RecursionError):
        return found
    return found


def _past(text: str, place: int, skipped: str) -> int:
    while text[place] in skipped:
        place += 1
    return place
