"""What was recognised from a picture and adds up with nothing: it must be read twice alike."""

from collections.abc import Mapping, Sequence

from smeflow.field_names import listed
from smeflow.i18n import say
from smeflow.readers.base import Check
from smeflow.readers.values import FieldKind

READ_ONCE: Mapping[str, FieldKind] = {"number": "identifier", "issue_date": "date", "seller": "text"}
"""What no arithmetic would catch if it were misread."""
TOTAL = "total_gross"
"""Nor would it catch this where no VAT is charged: one amount stands for all three."""
KINDS: Mapping[str, FieldKind] = {**READ_ONCE, TOTAL: "money"}
DERIVED = frozenset({"vat", "lines", "seller_details", "buyer_details"})
"""What hangs together and is taken from one look only."""


def recognised(alone: Sequence[str]) -> Check:
    """Make the check: it holds when nothing is left that was recognised once and confirmed by nothing."""
    if not alone:
        return Check(name="recognised", passed=True)
    detail = say(
        "The page is a picture; recognised once and confirmed by nothing: {fields}.",
        fields=listed(alone),
    )
    return Check(name="recognised", passed=False, detail=detail, fields=tuple(alone))
