"""What an e-invoice syntax is: where each term of EN 16931 stands in its XML."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Paths = str | tuple[str, ...]
"""One XPath, or several in order of preference; the first that gives something with text counts."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """A repeated element (a VAT rate, a line) and its terms."""

    path: str
    terms: Mapping[str, Paths]


@dataclass(frozen=True, kw_only=True)
class Syntax:
    """One syntax. XPaths are relative to ``body``, those of a party or a group to its own element."""

    name: str
    roots: frozenset[str]
    """Root elements it is known by, as ``{namespace}name``; ``{*}`` stands for any namespace."""
    namespaces: Mapping[str, str]
    terms: Mapping[str, Paths]
    sums: Mapping[str, str] = field(default_factory=dict)
    """Totals that stand nowhere and are by definition the sum of these."""
    body: str = "."
    """One element for each invoice in the file."""
    seller: str
    buyer: str
    party: Mapping[str, Paths]
    vat: Group
    lines: Group
    notes: str
    guideline: str = ""
    """BT-24: which profile the file claims to follow."""
    no_kind: str | None = None
    """The BT-3 code of a file that has none."""
