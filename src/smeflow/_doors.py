"""Public doors: modules that name what lies behind them and load it when it is first asked for."""

import importlib
import sys
import warnings
from collections.abc import Callable, Mapping
from types import ModuleType


def open_door(
    door: str, homes: Mapping[str, str], renamed: Mapping[str, str] | None = None
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Give *door* its ``__getattr__`` and ``__dir__``: each name of *homes* is imported from its module once.

    So ``import smeflow`` stays quick, and a script pays only for what it uses. *renamed* names what was here
    before under another name, so that the error says the new one.
    """

    def load(name: str) -> object:
        if renamed and name in renamed:
            raise AttributeError(f"{door}.{name} is now called {door}.{renamed[name]}")
        if name not in homes:
            raise AttributeError(f"module {door!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(homes[name]), name)
        setattr(sys.modules[door], name, value)
        return value

    def names() -> list[str]:
        return sorted({*vars(sys.modules[door]), *homes})

    return load, names


def moved(old: str, new: str) -> None:
    """Let *old* be imported for a release more: whoever does is told that its names stand in *new*."""
    stand_in = ModuleType(old, f"Moved to `{new}`.")

    def hand_on(name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        warnings.warn(f"{old} has moved: import {name} from {new}", DeprecationWarning, stacklevel=2)
        return getattr(importlib.import_module(new), name)

    vars(stand_in)["__getattr__"] = hand_on
    sys.modules[old] = stand_in
