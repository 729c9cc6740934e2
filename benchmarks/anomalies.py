"""Is what several processes saw and did one history? Pure functions over what was written down; no smeflow.

An anomaly is a sentence. None of them may appear, whatever was killed and when:

- an item's entries in the audit chain are one path of `STEPS`, and end where the item stands;
- whoever reads sees what the chain up to its head says, and the money of all calls together;
- what ended before something else began stands before it in the chain (real time is kept);
- a decision that was told as made is there once, one that was refused is not, one that was killed may be;
- what was delivered under one key is one thing, and every finished item was delivered, as it is now;
- a finished invoice is booked once, a rejected one not; numbers have no gap, each batch has its file.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

STEPS: Mapping[str, tuple[frozenset[str], str]] = {
    "done": (frozenset({"open", "review"}), "done"),
    "review": (frozenset({"open", "done", "review"}), "review"),
    "failed": (frozenset({"open"}), "failed"),
    "approve": (frozenset({"review"}), "open"),
    "correct": (frozenset({"review", "failed", "done"}), "open"),
    "again": (frozenset({"review", "failed", "done"}), "open"),
    "reject": (frozenset({"review", "failed", "open", "done"}), "skipped"),
}
"""What an entry does to an item: from which states, and to which."""
DECISIONS = frozenset({"approve", "correct", "again", "reject"})


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An entry of the audit chain that speaks of an item or a decision's row."""

    n: int
    at: str
    kind: str
    item: int = 0


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What a process set out to do, on the clock that all of them share."""

    op: str
    """Its own name: it stands as the note of the decision."""
    action: str
    item: int
    began: int
    ended: int | None = None
    """None where the process was killed before it knew."""
    made: bool = False


@dataclass(frozen=True, kw_only=True)
class Read:
    """What one look at the ledger showed, all of it of one moment."""

    began: int
    ended: int
    head: int
    states: Mapping[int, str]
    spent: int = 0
    of_calls: int = 0


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One call that a receiver took, in its order."""

    key: str
    content: str
    """What it says, but for the time."""
    item: int
    retracts: bool = False
    shows: str = ""
    """The value of the item that it tells."""


@dataclass(frozen=True, kw_only=True)
class Booking:
    """What the books hold of one item, and whether its invoice stands."""

    item: int
    entries: int
    reversals: int


@dataclass(frozen=True, kw_only=True)
class History:
    """All that is known of what happened."""

    entries: Sequence[Entry] = ()
    decisions: Sequence[Decision] = ()
    reads: Sequence[Read] = ()
    states: Mapping[int, str] = field(default_factory=dict)
    """Where each item stands at the end."""
    rows: Mapping[str, int] = field(default_factory=dict)
    """The decisions that the ledger holds, by their note: the number of the entry that covers each."""
    repeated_rows: Sequence[str] = ()
    """Notes that stand on more than one decision."""
    deliveries: Sequence[Delivery] = ()
    values: Mapping[int, str] = field(default_factory=dict)
    """What each item says in the end: the model's word, or the last that a person put in its place."""
    bookings: Sequence[Booking] = ()
    booked_numbers: Sequence[int] = ()
    unwritten_batches: Sequence[str] = ()
    table: Sequence[tuple[int, str]] = ()
    """The rows of the output: the item of each, and what it says."""
    paid: Mapping[int, int] = field(default_factory=dict)
    """How many answers each item was given, as the model's server counted."""
    may_repeat: int = 0
    """So many answers may be lost to kills and faults, and paid again."""


def anomalies(history: History) -> list[str]:
    """Give every sentence that is true of *history* and may not be."""
    checks = (_paths, _reads, _real_time, _decisions, _effects, _books, _outputs)
    return [sentence for check in checks for sentence in check(history)]


def _moves(history: History) -> Iterator[tuple[Entry, str, str]]:
    """Give each entry that moves an item, with the states before and after."""
    states: dict[int, str] = {}
    for entry in history.entries:
        if entry.kind in STEPS:
            before = states.get(entry.item, "open")
            states[entry.item] = STEPS[entry.kind][1]
            yield entry, before, states[entry.item]


def _paths(history: History) -> Iterator[str]:
    ends = dict.fromkeys(history.states, "open")
    for entry, before, after in _moves(history):
        if before not in STEPS[entry.kind][0]:
            yield f"item {entry.item} went from {before} by {entry.kind} at entry {entry.n}"
        ends[entry.item] = after
    for item, state in history.states.items():
        if ends[item] != state and not (state == "open" and ends[item] == "review"):
            yield f"item {item} is {state}, and its entries end in {ends[item]}"
    times = [entry for entry in history.entries if not entry.kind.startswith("row ")]
    for earlier, later in pairwise(times):
        if later.at < earlier.at:
            yield f"entry {later.n} of {later.at} stands behind entry {earlier.n} of {earlier.at}"


def _reads(history: History) -> Iterator[str]:
    moves = _moves(history)
    states: dict[int, str] = {}
    pending = next(moves, None)
    for read in sorted(history.reads, key=lambda read: read.head):
        while pending is not None and pending[0].n <= read.head:
            states[pending[0].item] = pending[2]
            pending = next(moves, None)
        for item, seen in read.states.items():
            said = states.get(item, "open")
            if seen != said and not (seen == "open" and said == "review"):  # opened with another's approval
                yield f"a read at entry {read.head} saw item {item} {seen}, the chain says {said}"
        if read.spent != read.of_calls:
            yield f"a read at entry {read.head} saw {read.spent} spent, calls come to {read.of_calls}"


def _real_time(history: History) -> Iterator[str]:
    """Hold the order of the chain against the order in which things ended and began."""
    done: list[tuple[int, int, int, str]] = [
        (read.began, read.ended, read.head, f"the read at {read.head}") for read in history.reads
    ]
    for decision in history.decisions:
        if decision.made and decision.ended is not None and decision.op in history.rows:
            number = history.rows[decision.op]
            done.append((decision.began, decision.ended, number, f"{decision.action} {decision.op}"))
    by_end = sorted(done, key=lambda event: event[1])
    furthest, whose, at = 0, "", 0
    for began, _, number, name in sorted(done):
        while at < len(by_end) and by_end[at][1] < began:
            if by_end[at][2] > furthest:
                furthest, whose = by_end[at][2], by_end[at][3]
            at += 1
        if number < furthest:
            yield f"{name} stands at entry {number}, and {whose} at {furthest} had ended before it began"


def _decisions(history: History) -> Iterator[str]:
    known = {decision.op for decision in history.decisions}
    for decision in history.decisions:
        there = decision.op in history.rows
        if decision.made and not there:
            yield f"{decision.action} {decision.op} was told as made and is lost"
        if decision.ended is not None and not decision.made and there:
            yield f"{decision.action} {decision.op} was refused and is there"
    yield from (f"decision {op} is there twice" for op in history.repeated_rows)
    yield from (f"decision {op} is there and nobody made it" for op in history.rows if op not in known)


def _effects(history: History) -> Iterator[str]:
    contents: dict[str, str] = {}
    last: dict[int, Delivery] = {}
    for delivery in history.deliveries:
        if contents.setdefault(delivery.key, delivery.content) != delivery.content:
            yield f"two things were delivered under {delivery.key}"
        last[delivery.item] = delivery
    for item, state in history.states.items():
        delivery = last.get(item)
        if state == "done" and (delivery is None or delivery.retracts):
            yield f"item {item} is done, and its receiver does not have it"
        elif state == "done" and delivery is not None and delivery.shows != history.values.get(item):
            yield f"item {item} says {history.values.get(item)}, and its receiver has {delivery.shows}"
        elif state == "skipped" and delivery is not None and not delivery.retracts:
            yield f"item {item} was rejected, and its receiver still has it"


def _books(history: History) -> Iterator[str]:
    for booking in history.bookings:
        standing = booking.entries - booking.reversals
        state = history.states.get(booking.item, "")
        allowed = {"done": {1}, "skipped": {0}}.get(state, {0, 1})  # what waits again stays booked meanwhile
        if standing not in allowed:
            yield f"item {booking.item} is {state} and stands in the books {standing} times"
    expected = list(range(1, len(history.booked_numbers) + 1))
    if list(history.booked_numbers) != expected:
        yield f"numbers of the books are not 1 to {len(expected)}: {list(history.booked_numbers)[:20]}"
    yield from (f"batch {name} has no file, or another" for name in history.unwritten_batches)


def _outputs(history: History) -> Iterator[str]:
    rows = Counter(item for item, _ in history.table)
    for item, state in history.states.items():
        wanted = int(state == "done")
        if rows[item] != wanted:
            yield f"item {item} is {state} and has {rows[item]} rows"
    for item, shown in history.table:
        if shown != history.values.get(item):
            yield f"the row of item {item} says {shown}, and should {history.values.get(item)}"
    again = sum(count - 1 for count in history.paid.values() if count > 1)
    if again > history.may_repeat:
        yield f"{again} answers were paid again, where {history.may_repeat} may have been"
