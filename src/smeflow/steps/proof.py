"""When a record counts as proven: the truth table of ``docs/proof.md``, and nothing else."""

from dataclasses import dataclass
from typing import Literal

Basis = Literal["exact", "page", "fields"]
"""Structured data; the values on a page, with amounts that must add up; fields without sums."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What speaks for a record. Each is a fact the code has established, never a model's word."""

    basis: Basis
    complete: bool
    """Every required field has a value."""
    quoted: bool
    """Every required value stands in the documents: a place on a page, or an XPath."""
    closed: bool | None
    """Net and VAT make gross. None: an amount was missing, so it could not be reckoned."""
    failed: bool
    """A check of arithmetic or of an identifier failed."""
    contradicted: bool
    """Two readers, or the data and the visible page, say different things."""
    by_rules: bool
    """Every required field was read by a reader that is no model, or by two readers alike."""
    several: bool
    """The documents hold more than one record."""


def proven(evidence: Evidence) -> bool:
    """Tell whether the record is proven. A model alone never proves anything."""
    e = evidence
    if not (e.complete and e.quoted and e.by_rules) or e.failed or e.contradicted or e.several:
        return False
    return e.closed is True if e.basis == "page" else True
