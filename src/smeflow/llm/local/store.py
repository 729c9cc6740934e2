"""The models on this machine: files named for the hash of their content, in the user's cache."""

import contextlib
import hashlib
import json
import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from smeflow.errors import LLMRejected
from smeflow.i18n import say

VARIABLE = "SMEFLOW_CACHE"
"""Names another folder for the cache."""
MAGIC = b"GGUF"
PIECE = 1 << 20
Tell = Callable[[int, int], None]
"""Told how many bytes of how many are there."""
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def cache_folder(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """Give the folder where the user's system keeps what can be had again."""
    if environ.get(VARIABLE):
        return Path(environ[VARIABLE])
    home = Path.home()
    if platform == "win32":
        return Path(environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "smeflow" / "Cache"
    if platform == "darwin":
        return home / "Library" / "Caches" / "smeflow"
    return Path(environ.get("XDG_CACHE_HOME") or home / ".cache") / "smeflow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A model that is on this machine."""

    name: str
    title: str
    licence: str
    bytes: int
    sha256: str
    source: str
    """Where it came from, for people."""


@dataclass(frozen=True)
class Store:
    """The folder of models."""

    folder: Path

    @classmethod
    def of(cls, environ: Mapping[str, str] = os.environ) -> "Store":
        """Give the user's own."""
        return cls(cache_folder(environ) / "models")

    def models(self) -> list[Stored]:
        """List what is there, by name; a note whose file is gone does not count."""
        found = []
        for note in sorted(self.folder.glob("*.json")):
            with contextlib.suppress(OSError, ValueError, TypeError):
                one = Stored(**json.loads(note.read_text(encoding="utf-8")))
                if self.path_of(one).stat().st_size == one.bytes:
                    found.append(one)
        return found

    def find(self, name: str) -> Stored | None:
        """Give the model called *name*."""
        return next((one for one in self.models() if one.name == name), None)

    def path_of(self, model: Stored) -> Path:
        """Give the model's file."""
        return self.folder / f"{model.sha256}.gguf"

    def checked(self, model: Stored) -> bool:
        """Tell whether the file still has its hash; it is read whole."""
        return hash_of_file(self.path_of(model)) == model.sha256

    def keep(self, file: Path, model: Stored) -> Stored:
        """Take *file*, which lies in this folder, as *model*, and write it down: whole or not at all."""
        file.replace(self.path_of(model))
        note = self.folder / f"{model.name}.json"
        part = note.with_suffix(".json.part")
        part.write_text(json.dumps(asdict(model), indent=1), encoding="utf-8")
        part.replace(note)
        return model

    def add(self, path: Path, name: str = "", tell: Tell | None = None) -> Stored:
        """Copy any GGUF file into the store.

        Raises:
            LLMRejected: It is no GGUF file.
        """
        with path.open("rb") as stream:
            if stream.read(4) != MAGIC:
                raise LLMRejected(say("{path} is no GGUF file.", path=path), reason="model")
        called = (name or path.stem).lower()
        if not _NAME.fullmatch(called):
            phrase = say("A model's name is made of small letters, digits, '-', '_' and '.', not {name}.",
                         name=called)  # fmt: skip
            raise LLMRejected(phrase, reason="model")
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        copy = self.folder / f"{called}.adding"
        total, done, digest = path.stat().st_size, 0, hashlib.sha256()
        with path.open("rb") as source, copy.open("wb") as target:
            while piece := source.read(PIECE):
                target.write(piece)
                digest.update(piece)
                done += len(piece)
                if tell is not None:
                    tell(done, total)
            target.flush()
            os.fsync(target.fileno())
        made = Stored(
            name=called, title=path.stem, licence="", bytes=done, sha256=digest.hexdigest(), source=str(path)
        )
        return self.keep(copy, made)

    def remove(self, name: str) -> Stored | None:
        """Forget *name*, and delete its file unless another name has the same; None where there is none."""
        found = self.find(name)
        for begun in self.folder.glob(f"{name}.partial*"):
            begun.unlink()
        if found is None:
            return None
        (self.folder / f"{name}.json").unlink()
        if all(one.sha256 != found.sha256 for one in self.models()):
            self.path_of(found).unlink(missing_ok=True)
        return found


def hash_of_file(path: Path) -> str:
    """Give the SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
