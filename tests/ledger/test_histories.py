"""What several processes saw and did is one history: the check finds what is not, and smeflow passes it."""

import importlib.util
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def check():
    """Give the check of histories, which is a program of its own."""
    spec = importlib.util.spec_from_file_location("anomalies", BENCHMARKS / "anomalies.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["anomalies"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["anomalies"]


@pytest.fixture
def whole(check):
    """Make a history of two items in which nothing is wrong: one approved and booked, one rejected."""
    entries = [
        check.Entry(n=1, at="10:00", kind="row items 1", item=1),
        check.Entry(n=2, at="10:01", kind="review", item=1),
        check.Entry(n=3, at="10:01", kind="done", item=2),
        check.Entry(n=4, at="10:02", kind="row reviews 1", item=1),
        check.Entry(n=5, at="10:02", kind="approve", item=1),
        check.Entry(n=6, at="10:03", kind="done", item=1),
        check.Entry(n=7, at="10:04", kind="row reviews 2", item=2),
        check.Entry(n=8, at="10:04", kind="reject", item=2),
    ]
    return check.History(
        entries=entries,
        decisions=[
            check.Decision(op="a", action="approve", item=1, began=20, ended=25, made=True),
            check.Decision(op="b", action="reject", item=2, began=40, ended=45, made=True),
            check.Decision(op="c", action="approve", item=2, began=46, ended=47, made=False),
            check.Decision(op="d", action="approve", item=2, began=48),
        ],
        reads=[
            check.Read(began=10, ended=11, head=3, states={1: "review", 2: "done"}, spent=7, of_calls=7),
            check.Read(began=30, ended=31, head=6, states={1: "done", 2: "done"}, spent=9, of_calls=9),
        ],
        states={1: "done", 2: "skipped"},
        rows={"a": 4, "b": 7},
        deliveries=[
            check.Delivery(key="k2", content="2", item=2, shows="two"),
            check.Delivery(key="k1", content="1", item=1, shows="one"),
            check.Delivery(key="k1", content="1", item=1, shows="one"),
            check.Delivery(key="r2", content="-", item=2, retracts=True),
        ],
        values={1: "one", 2: "two"},
        bookings=[
            check.Booking(item=1, entries=1, reversals=0),
            check.Booking(item=2, entries=1, reversals=1),
        ],
        booked_numbers=[1, 2, 3],
        table=[(1, "one")],
        paid={1: 2, 2: 1},
        may_repeat=1,
    )


def test_a_history_in_which_nothing_is_wrong_has_no_anomaly(check, whole):
    """What was killed before it knew may be there or not, and a delivery may come twice under its key."""
    assert check.anomalies(whole) == []
    assert check.anomalies(check.History()) == []


def without(entries, n):
    """Leave an entry out."""
    return [entry for entry in entries if entry.n != n]


@pytest.mark.parametrize(
    ("breaks", "sentence"),
    [
        (lambda h: {"entries": without(h.entries, 8)}, "item 2 is skipped, and its entries end in done"),
        (
            lambda h: {"entries": [*h.entries, replace(h.entries[1], n=9, at="10:05")]},
            "item 1 is done, and its entries end in review",
        ),
        (
            lambda h: {"entries": [*h.entries[:5], h.entries[4], *h.entries[5:]]},
            "item 1 went from open by approve at entry 5",
        ),
        (
            lambda h: {"entries": [replace(e, at="09:00") if e.n == 6 else e for e in h.entries]},
            "entry 6 of 09:00 stands behind entry 5 of 10:02",
        ),
        (
            lambda h: {"reads": [replace(h.reads[1], states={1: "review", 2: "done"})]},
            "a read at entry 6 saw item 1 review, the chain says done",
        ),
        (lambda h: {"reads": [replace(h.reads[1], spent=8)]}, "saw 8 spent, calls come to 9"),
        (
            lambda h: {"reads": [h.reads[0], replace(h.reads[1], head=3, states=h.reads[0].states)]},
            "the read at 3 stands at entry 3, and approve a at 4 had ended before it began",
        ),
        (lambda _: {"rows": {"b": 7}}, "approve a was told as made and is lost"),
        (lambda h: {"rows": {**h.rows, "c": 9}}, "approve c was refused and is there"),
        (lambda h: {"rows": {**h.rows, "x": 9}}, "decision x is there and nobody made it"),
        (lambda _: {"repeated_rows": ["a"]}, "decision a is there twice"),
        (
            lambda h: {"deliveries": [*h.deliveries, replace(h.deliveries[1], content="another")]},
            "two things were delivered under k1",
        ),
        (lambda h: {"deliveries": h.deliveries[3:]}, "item 1 is done, and its receiver does not have it"),
        (lambda h: {"deliveries": h.deliveries[:3]}, "item 2 was rejected, and its receiver still has it"),
        (
            lambda _: {"values": {1: "new", 2: "two"}, "table": [(1, "new")]},
            "item 1 says new, and its receiver has one",
        ),
        (
            lambda h: {"bookings": [replace(h.bookings[0], entries=2), h.bookings[1]]},
            "item 1 is done and stands in the books 2 times",
        ),
        (
            lambda h: {"bookings": [h.bookings[0], replace(h.bookings[1], reversals=0)]},
            "item 2 is skipped and stands in the books 1 times",
        ),
        (lambda _: {"booked_numbers": [1, 3]}, "numbers of the books are not 1 to 2"),
        (lambda _: {"unwritten_batches": ["HA-1"]}, "batch HA-1 has no file, or another"),
        (lambda _: {"table": []}, "item 1 is done and has 0 rows"),
        (lambda _: {"table": [(1, "one"), (1, "one")]}, "item 1 is done and has 2 rows"),
        (lambda _: {"table": [(1, "other")]}, "the row of item 1 says other, and should one"),
        (lambda _: {"may_repeat": 0}, "1 answers were paid again, where 0 may have been"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_history_is_found(check, whole, breaks, sentence):
    """Each rule alone, broken once."""
    (found,) = check.anomalies(replace(whole, **breaks(whole)))
    assert sentence in found


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="kills a process as only Unix can")
def test_four_processes_that_are_killed_again_and_again_make_one_history(tmp_path):
    """For ten seconds here; ``benchmarks/histories.py`` takes five seeds of a minute each."""
    command = [sys.executable, "histories.py", "--seeds", "1", "--seconds", "10", "--keep", str(tmp_path)]
    done = subprocess.run(command, cwd=BENCHMARKS, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    assert "1 histories of 10 s: 0 anomalies" in done.stdout
    assert ": 0 decisions" not in done.stdout
