"""Write documents and errors as frames on a pipe: JSON and bytes, nothing that could run.

A frame is its length (4 bytes, big end first) and its bytes. A message is a head (JSON) and one frame for
each piece of data; the head says how many.
"""

import contextlib
import json
import os
import struct
import sys
from collections.abc import Callable
from typing import Any, BinaryIO

from smeflow import errors
from smeflow.documents.base import Box, Document, Limits, Page, Word
from smeflow.errors import DocumentError, LimitExceeded, SmeflowError
from smeflow.i18n import Phrase

_LENGTH = struct.Struct(">I")


def send(pipe: BinaryIO, head: dict[str, Any], pieces: list[bytes]) -> None:
    """Write one message."""
    text = json.dumps({**head, "pieces": len(pieces)}, ensure_ascii=False).encode("utf-8", "surrogatepass")
    for frame in (text, *pieces):
        pipe.write(_LENGTH.pack(len(frame)))
        pipe.write(frame)
    pipe.flush()


def receive(pipe: BinaryIO) -> tuple[dict[str, Any], list[bytes]]:
    """Read one message.

    Raises:
        EOFError: The other side is gone.
    """
    head = json.loads(_frame(pipe).decode("utf-8", "surrogatepass"))
    return head, [_frame(pipe) for _ in range(head["pieces"])]


def _frame(pipe: BinaryIO) -> bytes:
    start = pipe.read(_LENGTH.size)
    if len(start) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(start)
    data = pipe.read(length)
    if len(data) < length:
        raise EOFError
    return bytes(data)


def serve(answer: Callable[[dict[str, Any], list[bytes], BinaryIO], None]) -> None:
    """Give *answer* each message that comes in until there are no more, and the pipe to answer on."""
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not land among the answers
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            answer(*receive(requests), answers)


def packed(document: Document, pieces: list[bytes], *, with_data: bool) -> dict[str, Any]:
    """Write *document* as JSON; the bytes of its parts go into *pieces*, its own only *with_data*."""
    if with_data:
        pieces.append(document.data)
    return {
        "name": document.name,
        "media_type": document.media_type,
        "pages": [_packed_page(page) for page in document.pages],
        "fields": dict(document.fields),
        "data": len(pieces) - 1 if with_data else None,
        "parts": [packed(part, pieces, with_data=True) for part in document.parts],
        "sha256": document.sha256,
        "problems": [packed_phrase(p) for p in document.problems],
        "language": document.language,
    }


def unpacked(plain: dict[str, Any], pieces: list[bytes], data: bytes) -> Document:
    """Make the document that `packed` wrote; *data* are its own bytes where they were not sent."""
    return Document(
        name=plain["name"],
        media_type=plain["media_type"],
        pages=tuple(_unpacked_page(page) for page in plain["pages"]),
        fields=plain["fields"],
        parts=tuple(unpacked(part, pieces, b"") for part in plain["parts"]),
        data=data if plain["data"] is None else pieces[plain["data"]],
        sha256=plain["sha256"],
        problems=tuple(unpacked_phrase(p) for p in plain["problems"]),
        language=plain["language"],
    )


def _packed_page(page: Page) -> list[Any]:
    words = [[w.text, w.box.left, w.box.top, w.box.right, w.box.bottom, w.start, w.line] for w in page.words]
    return [page.number, page.text, page.width, page.height, page.origin, words]


def _unpacked_page(plain: list[Any]) -> Page:
    number, text, width, height, origin, words = plain
    made = tuple(Word(w[0], Box(w[1], w[2], w[3], w[4]), w[5], w[6]) for w in words)
    return Page(number=number, text=text, width=width, height=height, words=made, origin=origin)


def packed_phrase(phrase: Phrase) -> dict[str, Any]:
    """Write a sentence as its template and data."""
    data = {k: packed_phrase(v) if isinstance(v, Phrase) else v for k, v in phrase.data.items()}
    return {"template": phrase.template, "data": data}


def unpacked_phrase(plain: dict[str, Any]) -> Phrase:
    """Make the sentence that `packed_phrase` wrote."""
    data = {k: unpacked_phrase(v) if isinstance(v, dict) else v for k, v in plain["data"].items()}
    return Phrase(plain["template"], data)


def packed_error(error: SmeflowError) -> dict[str, Any]:
    """Write an error as the name of its class and what it carries."""
    kinds = [kind.__name__ for kind in type(error).__mro__ if issubclass(kind, DocumentError)]
    named = [kind for kind in kinds if hasattr(errors, kind)]
    return {
        "kind": named[0] if named else "DocumentError",
        "phrase": packed_phrase(error.phrase),
        "name": getattr(error, "name", ""),
        "limit": getattr(error, "limit", None),
        "value": getattr(error, "value", None),
        "found": getattr(error, "found", None),
    }


def unpacked_error(plain: dict[str, Any]) -> DocumentError:
    """Make the error that `packed_error` wrote."""
    phrase = unpacked_phrase(plain["phrase"])
    if plain["kind"] == "LimitExceeded":
        return LimitExceeded(
            phrase, limit=plain["limit"], value=plain["value"], found=plain["found"], name=plain["name"]
        )
    kind: type[DocumentError] = getattr(errors, plain["kind"])
    return kind(phrase, name=plain["name"])


def packed_limits(limits: Limits) -> dict[str, float]:
    """Write limits as JSON."""
    return {name: getattr(limits, name) for name in Limits.__slots__}
