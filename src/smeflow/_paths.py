"""Where a recipe may read and write: inside its own folder and those a person has named, nowhere else."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from smeflow._text import sha256, visible
from smeflow.i18n import say

_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\..*)?", re.IGNORECASE)
MAX_PART_BYTES = 150


def resolve(written: str, context: Mapping[str, Any] | None) -> Path:
    """Find the file or folder a recipe names, relative to the recipe's folder.

    *context* is what `smeflow.recipe.load` gives: ``folder`` and ``roots``. A script has none: there a path
    is relative to the working folder and its author has chosen it.

    Raises:
        ValueError: It leads out of every allowed folder; its argument is the phrase for a person.
    """
    if context is None:
        return Path(written)
    if "\0" in written or not written.strip():
        raise ValueError(say("a path is missing"))
    folder: Path = context.get("folder", Path())
    roots: Sequence[Path] = context.get("roots", (folder,))
    path = (folder / written).resolve()
    if not any(path == root or path.is_relative_to(root) for root in (r.resolve() for r in roots)):
        raise ValueError(
            say(
                "{path} leads out of the recipe's folder; name its folder in smeflow.toml: folders = [...]",
                path=written,
            )
        )
    return path


def shown(path: Path, context: Mapping[str, Any] | None) -> str:
    """Name *path* as a recipe would: relative to its folder where it lies inside, with ``/``."""
    folder = (context or {}).get("folder")
    if folder is not None and path.is_relative_to(folder.resolve()):
        return path.relative_to(folder.resolve()).as_posix()
    return path.as_posix()


def safe_part(text: str) -> str:
    """Make a harmless part of a path out of any text: no separators, devices, dots in front or hidden signs.

    What is too long is cut and gets a mark of the whole, so that two long names stay two.
    """
    clean = unicodedata.normalize("NFC", visible(text.encode("utf-8", "replace").decode()))
    clean = _FORBIDDEN.sub(
        "_", "".join(c for c in clean if unicodedata.category(c) not in {"Cc", "Cs", "Co"})
    )
    clean = clean.strip().lstrip(".").rstrip(". ").strip() or "_"
    if _DEVICES.fullmatch(clean):
        clean = f"_{clean}"
    if len(clean.encode()) <= MAX_PART_BYTES:
        return clean
    stem, dot, ending = clean.rpartition(".")
    ending = f".{ending}" if dot and len(ending.encode()) <= 10 else ""
    stem = stem if ending else clean
    room = MAX_PART_BYTES - len(ending.encode()) - 9
    return stem.encode()[:room].decode(errors="ignore").rstrip(". ") + "~" + sha256(text)[:8] + ending
