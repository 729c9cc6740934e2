"""A chain of what happened: each entry holds the hash of the one before, so that none can be changed unseen.

An entry tells *that* something happened to an item and the salted hash of *what*. The salt stands with the
item: when an item is erased, its entries stay valid and say nothing more about anybody.
"""

from smeflow._text import canonical_json, sha256
from smeflow.ledger.store import Store
from smeflow.ledger.writer import Transaction

BEGIN = "0" * 64


def chain(
    transaction: Transaction, *, at: str, kind: str, item: int = 0, salt: str = "", payload: object = None
) -> None:
    """Add an entry; it becomes durable with what it speaks of."""
    last: tuple[int, str] = transaction.memo.get("audit") or transaction.one("last audit") or (0, BEGIN)
    number, before = last[0] + 1, last[1]
    hidden = sha256(salt + canonical_json(payload))
    made = link(before, number, at, kind, item, hidden)
    row = {
        "n": number,
        "at": at,
        "kind": kind,
        "item": item,
        "payload": hidden,
        "before": before,
        "hash": made,
    }
    transaction.add("audit", row)
    transaction.memo["audit"] = (number, made)


def link(before: str, number: int, at: str, kind: str, item: int, payload: str) -> str:
    """Compute an entry's hash."""
    return sha256("\n".join((before, str(number), at, kind, str(item), payload)))


def broken_at(store: Store) -> int | None:
    """Follow the chain; give the number of the first entry that does not fit, None where all do.

    Entries cut off from the end leave a valid chain: keep the last one's number and hash elsewhere to notice.
    """
    before, expected = BEGIN, 1
    for row in store.read("all audit"):
        whole = row["hash"] == link(before, row["n"], row["at"], row["kind"], row["item"], row["payload"])
        if row["n"] != expected or row["before"] != before or not whole:
            return int(expected)
        before, expected = row["hash"], expected + 1
    return None
