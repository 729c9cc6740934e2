"""What an evaluation counts: for each case, what was found beside what is true."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Verdict = Literal["right", "wrong", "missing", "invented"]
"""``missing``: there is a value and none was found. ``invented``: one was found and there is none."""


@dataclass(frozen=True, kw_only=True)
class FieldScore:
    """One field of one case."""

    name: str
    verdict: Verdict
    expected: str
    found: str
    reader: str = ""
    confidence: float | None = None
    signals: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class CaseScore:
    """One case: an invoice, a mail."""

    name: str
    fields: tuple[FieldScore, ...]
    accepted: bool
    """It would have passed without a person."""
    proven: bool = False
    confidence: float | None = None
    signals: Mapping[str, float] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    """What to tell apart: supplier, reader, language."""

    @property
    def exact(self) -> bool:
        """Whether every field is right."""
        return all(one.verdict == "right" for one in self.fields)

    @property
    def rank(self) -> float:
        """How sure the machine is: its confidence; where none was fitted, whether it is proven."""
        return self.confidence if self.confidence is not None else float(self.proven)
