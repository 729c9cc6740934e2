"""Take back what a run did in a mailbox: the last thing first."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from smeflow.i18n import Phrase, say
from smeflow.ledger.blobs import blob_data
from smeflow.ledger.effects import PLAN, EffectRow, Effects, effect_of
from smeflow.ledger.items import item_of
from smeflow.ledger.places import Places
from smeflow.ledger.rows import ItemRow
from smeflow.ledger.store import Store
from smeflow.mailboxes.actions import ACTIONS
from smeflow.mailboxes.base import Account, Deed, Later, Left
from smeflow.mailboxes.connect import opened
from smeflow.mailboxes.hands import Hands


@dataclass(frozen=True, kw_only=True)
class Undone:
    """One effect, and why it stays where it could not be taken back."""

    item: ItemRow
    effect: EffectRow
    left: Phrase | None = None


def done_by(store: Store, run: int) -> list[tuple[ItemRow, EffectRow]]:
    """Give what a run did that still stands, the last first."""
    rows = [r for r in store.read("effects of run", run=run) if r["kind"] != PLAN and r["state"] == "done"]
    return [(item_of(store.read("get items", id_=r["item"])[0]), effect_of(r)) for r in reversed(rows)]


def undo(store: Store, run: int, account: Account, sink: str) -> Iterator[Undone]:
    """Take back what a run did; each is written down when it is.

    Raises:
        SourceError: The mailbox cannot be reached; what was taken back until then is.
    """
    standing = done_by(store, run)
    if not standing:
        return
    first = standing[0][0]
    effects = Effects(store, first.recipe, sink)
    with opened(account) as session:
        hands = Hands(
            account,
            session,
            Places(store, first.recipe, first.source),
            lambda key: _bytes(store, first, key),
            store.clock,
        )
        for item, one in standing:
            deed = Deed(
                effect=one.effect, key=item.key, recipe=item.recipe, name=item.name, detail=one.detail
            )
            try:
                ACTIONS[one.effect.kind].undo(hands, deed)
            except Left as left:
                yield Undone(item=item, effect=one, left=left.phrase)
                continue
            except Later:
                why = say("its folder was numbered anew; run the recipe once and undo again")
                yield Undone(item=item, effect=one, left=why)
                continue
            replace_in = effects if not one.sink else replace(effects, sink=one.sink)
            replace_in.write([replace(one, state="undone")])
            yield Undone(item=item, effect=one)


def _bytes(store: Store, like: ItemRow, key: str) -> bytes:
    row = store.read("item by key", recipe=like.recipe, source=like.source, key=key)[0]
    return blob_data(store, row["blob"])
