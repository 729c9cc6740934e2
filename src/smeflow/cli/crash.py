"""Keep the technical details of a mistake of ours in a file, and secrets out of it."""

import os
import re
import traceback
from collections.abc import Mapping
from pathlib import Path

from smeflow import __version__

_SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH", re.IGNORECASE)
_SECRET_VALUE = re.compile(
    r"\b(?:sk|pk|rk|gsk|hf|ghp|xox[abp])[-_][\w-]{6,}|(?<=Bearer )\S+|(?<=://)[^\s/@:]+:[^\s/@]+(?=@)",
    re.IGNORECASE,
)
HIDDEN = "[hidden]"


def without_secrets(text: str, environ: Mapping[str, str]) -> str:
    """Hide what looks like a key, and the value of every variable whose name says that it is secret."""
    values = {
        v for k, v in environ.items() if _SECRET_NAME.search(k) and len(v) >= 6 and not Path(v).exists()
    }
    for value in sorted(values, key=len, reverse=True):
        text = text.replace(value, HIDDEN)
    return _SECRET_VALUE.sub(HIDDEN, text)


def write_crash(error: BaseException, folder: Path, environ: Mapping[str, str]) -> Path | None:
    """Write what went wrong to a file only its owner can read; None where nothing can be written.

    Holds the call stack without the values in it.
    """
    import platform
    import tempfile

    head = f"smeflow {__version__}, Python {platform.python_version()}, {platform.platform()}\n\n"
    text = without_secrets(head + "".join(traceback.format_exception(error)), environ)
    for place in (folder, Path(tempfile.gettempdir())):
        if not place.is_dir():
            continue
        try:
            handle, name = tempfile.mkstemp(prefix="smeflow-crash-", suffix=".txt", dir=place)
        except OSError:
            continue
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        return Path(name)
    return None
