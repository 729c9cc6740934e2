"""What an item asserts about the world, so that it can be compared with other items.

A result may have a method ``claims(known)``. The runner compares what it gives with what other items of the
ledger hold, in the transaction that ends the item: of two copies that arrive at once, one is always seen.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, Protocol, cast, runtime_checkable

from smeflow.core.case import Known
from smeflow.core.step import has_ability
from smeflow.i18n import Phrase

ClaimRule = Literal["sole", "steady", "frozen", "within"]
"""``sole``: no other item may claim the same, nor have claimed it when a person rejected it.
``steady``: what was accepted once must not change unseen.
``frozen``: what this item itself was done with must not change unseen. ``within``: with what was accepted
under the key before, the values add up to no more than the known amount."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One thing an item asserts."""

    rule: ClaimRule
    key: str
    """What it is about; equal keys are compared."""
    value: str = ""
    """``sole``: who says so; two different ones do not conflict, an empty one fits all. ``steady``: what must
    stay. ``within``: an amount."""
    about: Phrase
    """What a person reads when another item claims the same, or says otherwise."""
    new: Phrase | None = None
    """``steady``: what a person reads when nothing was ever accepted under this key. ``within``: what speaks
    against the key itself; ``about`` gets what was ``used`` before."""
    shown: str = ""
    """``frozen``: the value as a person reads it; ``about`` gets the earlier one as ``before``.
    ``sole``: what must be equal in two papers of the same, such as amount and day; else both are shown."""
    known: tuple[str, ...] = field(default=())
    """``steady``: values the firm's own tables have. ``within``: the amount; empty where there is none."""
    covers: str = ""
    """``sole``: the key of the ``within`` claims that may add up to its amount, the first of ``shown``."""
    covered_by: str = ""
    """``within``: the key of the ``sole`` claim whose amount is the known one; ``about`` gets what is
    ``left`` of it."""


@runtime_checkable
class ClaimingResult(Protocol):
    """A result that can be compared with those of other items."""

    def claims(self, known: Known, /) -> Iterable[Claim]:
        """Say what must be compared; *known* is what the firm's tables say."""
        ...


@runtime_checkable
class Evidenced(Protocol):
    """A result that can tell whether it may be acted on unattended."""

    def settled(self) -> bool:
        """Tell whether it is proven, or was decided by a person or by the firm's own rules."""
        ...


def claims_of(value: object, known: Known) -> tuple[Claim, ...]:
    """Give what *value* claims; nothing for a result that claims nothing."""
    if not has_ability(value, ClaimingResult, "claims"):
        return ()
    return tuple(cast("ClaimingResult", value).claims(known))
