"""Fetch a model's file from the hub by its own library.

Its `hf_hub_download` begins anew after a kill, so its parts are used that go on at a place.
"""

import logging
import os
import socket
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any, Self

from smeflow._optional import need
from smeflow.errors import LLMRejected, LLMUnavailable
from smeflow.i18n import say
from smeflow.llm.local.catalogue import KnownModel
from smeflow.llm.local.store import Tell

_SECONDS = 10.0
_OWN = ("HF_HUB_DISABLE_TELEMETRY", "HF_HUB_DISABLE_XET", "HF_HUB_DISABLE_IMPLICIT_TOKEN")
"""Set before the library is loaded: it counts nobody, speaks plain HTTP, and sends no token it finds."""


def from_hub(model: KnownModel, folder: Path, tell: Tell) -> Path:
    """Get the file of *model*, going on where an earlier run was stopped; give it, unchecked.

    Raises:
        MissingExtra: The hub's library is not installed.
        LLMUnavailable: The hub cannot be reached, or does not have the file.
        LLMRejected: The hub's file has another size.
    """
    for name in _OWN:
        os.environ.setdefault(name, "1")
    hub, files = need("huggingface_hub", "local"), need("huggingface_hub.file_download", "local")
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # what it cannot do is told by us
    address = need("huggingface_hub.constants", "local").ENDPOINT
    _answers(address, model)
    part = folder / f"{model.name}.partial-hub"
    try:
        url = hub.hf_hub_url(model.repository, model.file, endpoint=address)
        told = hub.get_hf_file_metadata(url, token=False, library_name="smeflow")
        if told.size not in (None, model.bytes):
            raise LLMRejected(say("The hub's file of {model} has another size.", model=model.title),
                              reason="model")  # fmt: skip
        with part.open("ab") as file:
            files.http_get(
                told.location,
                file,
                resume_size=file.tell(),
                expected_size=model.bytes,
                tqdm_class=_bar(tell, model.bytes),
            )
    except LLMRejected:
        raise
    except Exception as error:  # noqa: BLE001 - the library and those below it raise what they like
        raise _not_given(model, type(error).__name__) from None
    return part


def _not_given(model: KnownModel, what: str) -> LLMUnavailable:
    phrase = say("The hub does not give {model} ({what}).", model=model.title, what=what)
    return LLMUnavailable(phrase, sent=False)


def _answers(address: str, model: KnownModel) -> None:
    """Fail at once where nobody is there: the library would ask again for half a minute."""
    parts = urllib.parse.urlsplit(address)
    if urllib.request.getproxies().get(parts.scheme):
        return  # the proxy is asked, not the hub itself
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        socket.create_connection((parts.hostname or "", port), timeout=_SECONDS).close()
    except OSError:
        raise _not_given(model, parts.hostname or address) from None


def _bar(tell: Tell, total: int) -> type[Any]:
    """Make what the library takes for a progress bar."""

    class Bar:
        """Draws nothing and tells us."""

        def __init__(self, *_args: Any, **more: Any) -> None:
            self.so_far = int(more.get("initial") or 0)

        def update(self, n: float | None = 1) -> None:
            """Take note of *n* more bytes."""
            self.so_far += int(n or 0)
            tell(min(self.so_far, total), total)

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_error: object) -> None:
            pass

    return Bar
