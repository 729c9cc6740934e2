"""What a person says by moving a mail into the folder of a label: it is taken as a correction, told once."""

from pathlib import Path
from typing import TYPE_CHECKING

from smeflow.cli.screen import Screen
from smeflow.i18n import say

if TYPE_CHECKING:
    from smeflow.recipe.base import Recipe


def take_filed(screen: Screen, recipe: "Recipe", state: Path) -> int:
    """Take the labels people gave by moving mails since the last run; give how many changed."""
    from smeflow.errors import LedgerError, SourceError
    from smeflow.ledger.ledger import Ledger
    from smeflow.review.decide import relabel
    from smeflow.runner.filed import Filing, filed_by_hand

    if not any(isinstance(sink, Filing) and sink.filing and sink.account for sink in recipe.sinks):
        return 0
    if not (state / "ledger.db").is_file():
        return 0
    steps = {entry.step.name: entry.step for entry in recipe.entries}
    changed = 0
    with Ledger.open(state, create=False) as ledger:
        try:
            found = filed_by_hand(ledger.store, recipe.name, recipe.source.name, recipe.sinks)
        except SourceError:
            return 0  # the run that follows says so
        for one in found:
            if ledger.value(one.item, one.step) is None:
                continue
            try:
                made = relabel(ledger, one.item, steps, one.step, one.label, recipe.source.name)
            except (LedgerError, ValueError):
                continue  # decided or changed in the meantime: what was decided there holds
            changed += made is not None
    if changed:
        screen.note(
            say(
                "{n} mails were moved by hand into the folder of another label; that is their label now.",
                n=changed,
            )
        )
    return changed
