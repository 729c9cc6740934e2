"""What a family of layouts gives: the source of a page and the truth that is printed on it."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Engine = Literal["chromium", "libreoffice", "typst"]


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """One document before it is printed.

    In HTML the element that prints a field's value carries ``data-field``, so that its box can be measured;
    a value that is printed twice is marked at each place.
    """

    source: str
    """HTML for Chromium (one whole page with its own style) and LibreOffice, or typst."""
    truth: Mapping[str, Any]
    """What the page says, by field; what it does not print is not there."""
    language: str
    engine: Engine = "chromium"
    distractors: tuple[str, ...] = ()
    """What was put in on purpose and is not the field's: "print stamp", "delivery date", …"""
    identifiers_valid: bool = True
    """Every identifier of the seller has right check digits, and the seller prints at least one."""


Family = Callable[[random.Random], Drawing]
"""Draws a new document at each call, from the generator alone."""
