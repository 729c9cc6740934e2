"""What an e-invoice syntax is: where each term of EN 16931 stands in its XML."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

Paths: TypeAlias = str | tuple[str, ...]
"""One XPath, or several in order of preference; the first that gives something with text counts. The first
is also where the term is written, so that its conditions must say all that stands there."""
Terms: TypeAlias = "Mapping[str, Paths | Group]"
"""Where each field of a record stands. A dot leads into a group of the record: ``references.contract``."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """An element with terms of its own: a party, or each of the lines. Its XPaths start at that element."""

    path: str
    terms: Terms
    write: str = ""
    """Where it is written, if that is not ``path``."""


@dataclass(frozen=True, kw_only=True)
class Syntax:
    """One syntax. XPaths are relative to ``body``, those of a party or a group to its own element."""

    name: str
    roots: frozenset[str]
    """Root elements it is known by, as ``{namespace}name``; ``{*}`` stands for any namespace."""
    namespaces: Mapping[str, str]
    terms: Terms
    sums: Mapping[str, str] = field(default_factory=dict)
    """Totals that stand nowhere and are by definition the sum of these."""
    body: str = "."
    """One element for each invoice in the file."""
    seller: Group
    buyer: Group
    notes: Group
    """Its terms are ``text`` and ``code``."""
    no_kind: str | None = None
    """The BT-3 code of a file that has none."""
