"""Public doors: modules that list what lies behind them and load each name on first use."""

import importlib
import sys
import warnings
from collections.abc import Callable, Mapping
from types import ModuleType


def open_door(
    door: str, names_by_module: Mapping[str, str], renamed: Mapping[str, str] | None = None
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Make ``__getattr__`` and ``__dir__`` of *door*; a name is imported from its module on first use.

    So ``import smeflow`` stays quick, and a script pays only for what it uses. *names_by_module* lists names
    with spaces between them. *renamed* maps a former name to the present one, so that the error can say it.
    """
    homes = {name: module for module, names in names_by_module.items() for name in names.split()}

    def load(name: str) -> object:
        if renamed and name in renamed:
            raise AttributeError(f"{door}.{name} is now called {door}.{renamed[name]}")
        if name not in homes:
            raise AttributeError(f"module {door!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(homes[name]), name)
        setattr(sys.modules[door], name, value)
        return value

    return load, lambda: sorted({*vars(sys.modules[door]), *homes})


def moved(old: str, new: str) -> None:
    """Let *old* be imported for one more release, with a warning that its names now live in *new*."""
    alias = ModuleType(old, f"Moved to `{new}`.")

    def forward(name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        warnings.warn(f"{old} has moved: import {name} from {new}", DeprecationWarning, stacklevel=2)
        return getattr(importlib.import_module(new), name)

    vars(alias)["__getattr__"] = forward
    sys.modules[old] = alias
