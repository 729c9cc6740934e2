"""Find the JSON in an answer that wraps it, without asking again, and without guessing."""

import json
import math
import re
from collections.abc import Callable, Iterator
from typing import Any

from smeflow._text import visible
from smeflow.i18n import Phrase, say

_THOUGHT = re.compile(r"<(think|thinking|reasoning)>.*?</\1>", re.DOTALL | re.IGNORECASE)
_FENCE = re.compile(r"```[A-Za-z0-9_-]*[ \t]*\r?\n(.*?)```", re.DOTALL)
_STRING_OR_COMMA = re.compile(r'"(?:[^"\\]|\\.)*"|,(?=\s*[}\]])', re.DOTALL)
_MAX_CANDIDATES = 50


class Unclear(ValueError):
    """The text is JSON, and says two things at once, or a number that is none."""

    def __init__(self, phrase: Phrase) -> None:
        super().__init__(phrase)
        self.phrase = phrase


def loaded(text: str) -> Any:
    """Read *text* as JSON.

    Raises:
        Unclear: A name stands twice with two values, or a number is not finite.
        ValueError: It is no JSON.
    """
    decoder = _CAREFUL if _ENDLESS.search(text) else _DECODER
    try:
        return decoder.decode(text)
    except RecursionError:
        raise ValueError("nested too deep") from None


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        for name, value in pairs:
            if made[name] != value or type(made[name]) is not type(value):
                raise Unclear(say('"{name}" stands twice with two values', name=name))
    return made


def _not_finite(text: str) -> Any:
    raise Unclear(say("{text} is no number", text=text))


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):  # 1e999 is read as infinity
        raise Unclear(say("a number has no end"))
    return value


_DECODER = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_not_finite)
_CAREFUL = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_not_finite, parse_float=_finite)
_ENDLESS = re.compile(r"\d[eE]\+?\d{3}")  # it may be such a number, or an invoice called 7E2026: look closer


def candidates(text: str) -> Iterator[str]:
    """Give the texts that may be the JSON meant, the surest first: thoughts, fences and prose taken off."""
    text = _THOUGHT.sub("", visible(text)).strip()
    yield text
    yield without_trailing_commas(text)
    for fenced in _FENCE.findall(text):
        yield fenced.strip()
        yield without_trailing_commas(fenced.strip())
    yield from _embedded(text)


def _embedded(text: str) -> Iterator[str]:
    """Give each JSON object that stands in prose, outermost ones only."""
    position = 0
    for _ in range(_MAX_CANDIDATES):
        position = text.find("{", position)
        if position < 0:
            return
        try:
            _, end = _DECODER.raw_decode(text, position)
        except Unclear:
            raise
        except (ValueError, RecursionError):
            position += 1
            continue
        yield text[position:end]
        position = end


def without_trailing_commas(text: str) -> str:
    """Drop commas before a closing bracket, outside strings."""
    return _STRING_OR_COMMA.sub(lambda m: "" if m[0] == "," else m[0], text)


def plain_numbers(
    value: Any, wanted: Callable[[tuple[str | int, ...]], bool], path: tuple[str | int, ...] = ()
) -> Any:
    """Write numbers given as text in a country's way (``1.234,56``) plainly, where *wanted* and clear.

    ``1,234`` may be a thousand or a decimal: it stays as it is, and is refused later.
    """
    if isinstance(value, dict):
        return {k: plain_numbers(v, wanted, (*path, k)) for k, v in value.items()}
    if isinstance(value, list):
        return [plain_numbers(v, wanted, (*path, i)) for i, v in enumerate(value)]
    if isinstance(value, str) and wanted(path):
        return _plain(value)
    return value


_THOUSANDS = {
    ",": re.compile(r"[-+]?\d{1,3}(?:[.   ']\d{3})*,\d{1,2}"),
    ".": re.compile(r"[-+]?\d{1,3}(?:[,   ']\d{3})*\.\d{1,2}"),
}


def _plain(text: str) -> str:
    bare = text.strip()
    for mark, form in _THOUSANDS.items():
        if form.fullmatch(bare) or re.fullmatch(rf"[-+]?\d+{re.escape(mark)}\d{{1,2}}", bare):
            whole, _, cents = bare.rpartition(mark)
            return re.sub(r"[.,   ']", "", whole) + "." + cents
    return text
