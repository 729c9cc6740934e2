import threading
from collections.abc import Callable

import pytest

from smeflow.errors import LedgerError
from smeflow.ledger import items
from smeflow.ledger.finish import Ending, NewResult, finish_item
from smeflow.ledger.items import LeaseLost
from smeflow.ledger.ledger import Ledger
from smeflow.ledger.rows import ItemRow, Reason, ResultKind


@pytest.fixture
def waiting(ledger: Ledger, take: Callable[..., object]) -> ItemRow:
    """An item in review at step ``kind``, whose value is ``"invoice"``."""
    take({"a.txt": b"one"})
    item = items.claim_items(ledger.store, "r", 1)[0]
    new = NewResult(
        step="kind", fingerprint="f", kind=ResultKind("own.step", ""), input="i", take=0, value='"invoice"'
    )
    reason = Reason(kind="asked", step="kind")
    ending = Ending(state="review", reason=reason, plan="p", new=[new], outcome={"kind": "n0"})
    finish_item(ledger.store, item, ending, "0")
    found = ledger.item("r", "a.txt")
    assert found is not None
    return found


def _seen(ledger: Ledger, item: ItemRow) -> str:
    found = ledger.value(item, "kind")
    assert found is not None
    return found[1]


def test_a_decision_is_kept_and_opens_the_item(ledger: Ledger, waiting: ItemRow):
    """Who, when, on what, before and after stand in a row of their own; the next run goes on."""
    number = ledger.record_decision(
        waiting,
        action="correct",
        person="Anne",
        step="kind",
        result_hash=_seen(ledger, waiting),
        before='"invoice"',
        after='"other"',
        note="it is a reminder",
    )
    (decision,) = ledger.reviews(waiting)
    assert (decision.id, decision.person, decision.action) == (number, "Anne", "correct")
    assert (decision.before, decision.after, decision.note) == ('"invoice"', '"other"', "it is a reminder")
    again = ledger.item("r", "a.txt")
    assert again is not None
    assert again.state == "open"


def test_the_second_of_two_people_is_told_of_the_first(ledger: Ledger, waiting: ItemRow):
    """Both saw the same; one decision stands, the other is refused and names who was first."""
    seen = _seen(ledger, waiting)
    ledger.record_decision(waiting, action="approve", person="Anne", step="kind", result_hash=seen)
    with pytest.raises(LedgerError, match="Anne: approved"):
        ledger.record_decision(waiting, action="reject", person="Bruno", step="kind", result_hash=seen)
    assert len(ledger.reviews(waiting)) == 1


def test_of_many_at_once_one_wins(ledger: Ledger, waiting: ItemRow):
    """Ten decisions at the same moment: exactly one is written."""
    seen, refused = _seen(ledger, waiting), []

    def one(n: int) -> None:
        try:
            ledger.record_decision(waiting, action="approve", person=f"P{n}", step="kind", result_hash=seen)
        except LedgerError as error:
            refused.append(error)

    threads = [threading.Thread(target=one, args=(n,)) for n in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(ledger.reviews(waiting)), len(refused)) == (1, 9)


def test_a_decision_on_another_value_is_refused(ledger: Ledger, waiting: ItemRow):
    """A person decides on what they saw, not on what came since."""
    with pytest.raises(LedgerError, match="has changed since you saw it"):
        ledger.record_decision(waiting, action="approve", person="Anne", step="kind", result_hash="other")


def test_a_decision_on_an_older_version_is_refused(
    ledger: Ledger, waiting: ItemRow, take: Callable[..., object]
):
    """When the file changed meanwhile, the decision was about another file."""
    seen = _seen(ledger, waiting)
    take({"a.txt": b"changed"})
    with pytest.raises(LedgerError, match="has changed since you saw it"):
        ledger.record_decision(waiting, action="approve", person="Anne", step="kind", result_hash=seen)


def test_a_rejected_item_is_left_out(ledger: Ledger, waiting: ItemRow):
    """It is skipped, and says who rejected it and why."""
    ledger.record_decision(
        waiting,
        action="reject",
        person="Anne",
        step="kind",
        result_hash=_seen(ledger, waiting),
        note="not ours",
    )
    item = ledger.item("r", "a.txt")
    assert item is not None
    assert (item.state, str(item.reason)) == ("skipped", "rejected by Anne: not ours")


def test_a_rejected_item_stays_rejected_while_its_file_is_the_same(
    ledger: Ledger, waiting: ItemRow, take: Callable[..., object]
):
    """Seeing the same file again does not undo what a person decided."""
    seen = _seen(ledger, waiting)
    ledger.record_decision(waiting, action="reject", person="Anne", step="kind", result_hash=seen)
    take({"a.txt": b"one"})
    assert ledger.counts("r").skipped == 1


def test_asking_again_raises_the_take(ledger: Ledger, waiting: ItemRow):
    """Old replies are not replayed for what a person asks again."""
    seen = _seen(ledger, waiting)
    ledger.record_decision(waiting, action="again", person="Anne", step="kind", result_hash=seen)
    item = ledger.item("r", "a.txt")
    assert item is not None
    assert item.takes == {"kind": 1}


def test_a_late_worker_cannot_overwrite_a_decision(ledger: Ledger, waiting: ItemRow):
    """A decision raises the lease: what a worker found before it is rolled back, results and all."""
    seen = _seen(ledger, waiting)
    ledger.record_decision(waiting, action="approve", person="Anne", step="kind", result_hash=seen)
    worker = items.claim_items(ledger.store, "r", 1)[0]
    items.abandon_items(ledger.store, [worker.id])
    late = NewResult(
        step="late", fingerprint="f", kind=ResultKind("own.step", ""), input="i", take=0, value="1"
    )
    with pytest.raises(LeaseLost):
        finish_item(ledger.store, worker, Ending(state="done", new=[late], outcome={"late": "n0"}), "0")
    assert [r.step for r in ledger.results(waiting)] == ["kind"]
