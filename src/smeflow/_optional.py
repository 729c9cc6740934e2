"""Import what an extra brings, or say which extra is missing."""

import importlib
from types import ModuleType

from smeflow.errors import MissingExtra


def import_extra(module: str, extra: str) -> ModuleType:
    """Import *module*.

    Raises:
        MissingExtra: It is not installed; the message gives the command that installs it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtra(package=module.partition(".")[0], extra=extra) from error
