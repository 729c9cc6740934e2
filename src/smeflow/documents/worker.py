"""The child process that parses foreign files: ``python -m smeflow.documents.worker``.

It reads one request at a time from its input and answers on its output, and ends when its input ends. What
breaks here, breaks nobody else. `smeflow.documents.pool` starts and stops it.
"""

import contextlib
import sys
from typing import Any, BinaryIO

from smeflow.documents.base import Box, Limits
from smeflow.documents.file import File, too_much
from smeflow.documents.kinds import read_here
from smeflow.documents.wire import packed, packed_error, send, serve
from smeflow.errors import SmeflowError, UnreadableDocument
from smeflow.i18n import say


def answer(head: dict[str, Any], pieces: list[bytes], answers: BinaryIO) -> None:
    """Read or draw what *head* asks for and send the outcome."""
    limits = Limits(**head["limits"])
    file = File(
        name=head["name"],
        media_type=head["media_type"],
        data=pieces[0],
        limits=limits,
        depth=head["depth"],
        ocr=head["ocr"],
        read_part=read_here,
        more_time=lambda: send(answers, {"more_time": True}, []),
    )
    sent: list[bytes] = []
    try:
        limit_memory(limits.memory_bytes)
        if head["page"] is not None:
            from smeflow.documents.picture import page_picture

            sent.append(page_picture(file, head["page"], head["dpi"]))
            reply: dict[str, Any] = {}
        elif head.get("strips") is not None:
            from smeflow.documents.strips import strips_here

            places = [(int(page), Box(*sides)) for page, *sides in head["strips"]]
            reply = {"texts": strips_here(file, places)}
        else:
            reply = {"document": packed(read_here(file), sent, with_data=False)}
    except SmeflowError as error:
        reply = {"error": packed_error(error)}
    except MemoryError:
        reply = {"error": packed_error(too_much("memory_bytes", limits.memory_bytes, None, file.name))}
    except RecursionError:
        reply = {"error": packed_error(too_much("depth", limits.depth, None, file.name))}
    except Exception as error:  # noqa: BLE001  a fault of a parser is a fact about this file, told as one
        phrase = say(
            "{name} is damaged: no reader understands it ({why}). Ask the sender for it again.",
            name=file.name,
            why=type(error).__name__,
        )
        reply = {"error": packed_error(UnreadableDocument(phrase, name=file.name))}
    if "error" in reply:
        sent = []
    send(answers, reply, sent)


def limit_memory(most: int) -> None:
    """Let this process have *most* bytes of data; a system without such a limit bounds it by time alone."""
    try:
        import resource
    except ImportError:  # Windows
        return
    kind = (
        getattr(resource, "RLIMIT_DATA", resource.RLIMIT_AS)
        if sys.platform == "linux"
        else resource.RLIMIT_AS
    )
    _, hard = resource.getrlimit(kind)
    wanted = most if hard == resource.RLIM_INFINITY else min(most, hard)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(kind, (wanted, hard))


if __name__ == "__main__":
    serve(answer)
