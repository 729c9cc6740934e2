import json
from decimal import Decimal

import pytest

from smeflow.core.case import Case
from smeflow.core.plan import Entry
from smeflow.core.step import step
from smeflow.errors import LedgerError
from smeflow.llm.interface import LLM, Message, Request
from smeflow.llm.testing import Scripted
from smeflow.review.decisions import approve, ask_again


@step
def total(case: Case, llm: LLM) -> Decimal:
    return Decimal(llm.complete(Request(messages=(Message("user", case.text),))).text)


@step
def doubled(case: Case, llm: LLM) -> Decimal:
    llm.complete(Request(messages=(Message("user", f"double of {case[total]} in {case.id}"),)))
    return case[total] * 2


@step
def last(case: Case, llm: LLM) -> str:
    return f"{case[doubled]}"


@step
def plain(case: Case, llm: LLM) -> str:
    return "done"


def _plan(office):
    office.source.here = {"a": "A", "b": "B"}
    office.plan(
        Entry(step=total, review=lambda case: case[total] > 5, review_text="total > 5"),
        Entry(step=doubled),
        Entry(step=last),
    )


def _decide(office, key, action, after=None, step_name="total", person="Anne"):
    with office.ledger() as ledger:
        item = ledger.item("r", key)
        before, seen = ledger.value(item, step_name)
        ledger.record_decision(
            item,
            action=action,
            person=person,
            step=step_name,
            result_hash=seen,
            before=before,
            after=None if after is None else json.dumps(after),
        )


def test_an_approval_lets_the_later_steps_run(office):
    """The condition is not asked again for what a person approved, and nothing is asked twice."""
    _plan(office)
    model = Scripted(["10"], for_ever=True)
    assert office.run(model).review == 2
    assert len(model.requests) == 2
    _decide(office, "a", "approve")
    summary = office.run(model)
    assert (summary.done, summary.review) == (1, 1)
    assert len(model.requests) == 3
    assert office.values("a") == {"total": "10", "doubled": "20", "last": "20"}


def test_a_correction_runs_only_the_later_steps_again(office):
    """A person's value stands before any machine's; the corrected step is not asked again."""
    _plan(office)
    model = Scripted(["3"], for_ever=True)
    assert office.run(model).done == 2
    assert len(model.requests) == 4
    _decide(office, "a", "correct", after="12")
    summary = office.run(model)
    assert summary.done == 2
    assert len(model.requests) == 5, "only the step that saw the value"
    assert office.values("a") == {"total": "12", "doubled": "24", "last": "24"}
    assert office.values("b") == {"total": "3", "doubled": "6", "last": "6"}


def test_a_persons_value_outlives_a_changed_prompt(office):
    """What a person gave holds until the file changes, whatever the recipe says now."""
    _plan(office)
    model = Scripted(["10"], for_ever=True)
    office.run(model)
    _decide(office, "a", "correct", after="4")
    office.run(model)

    @step(name="total")
    def total_again(case: Case, llm: LLM) -> Decimal:
        return Decimal(99)

    office.plan(Entry(step=total_again), Entry(step=doubled), Entry(step=last))
    office.run(model, redo="changed")
    assert office.values("a")["total"] == "4"
    assert office.values("b")["total"] == "99"


def test_an_approval_does_not_pay_for_a_changed_prompt(office):
    """Deciding on an item is no reason to ask its earlier steps by the new recipe."""
    _plan(office)
    model = Scripted(["10"], for_ever=True)
    office.run(model)

    @step(name="total")
    def total_again(case: Case, llm: LLM) -> Decimal:
        return Decimal(llm.complete(Request(messages=(Message("user", f"new {case.text}"),))).text)

    office.plan(
        Entry(step=total_again, review=lambda case: case.results["total"] > 5),
        Entry(step=doubled),
        Entry(step=last),
    )
    _decide(office, "a", "approve")
    before = len(model.requests)
    office.run(model)
    assert office.values("a")["total"] == "10"
    assert len(model.requests) == before + 1


def test_a_person_who_asks_again_gets_a_new_answer(office):
    """Old replies are not replayed, and the first result stays in the ledger."""
    _plan(office)
    office.run(Scripted(["10"], for_ever=True))
    _decide(office, "a", "again")
    model = Scripted(["2"], for_ever=True)
    summary = office.run(model)
    assert (summary.done, summary.review) == (1, 1)
    assert office.values("a")["total"] == "2"
    with office.ledger() as ledger:
        totals = [r.value for r in ledger.results(ledger.item("r", "a")) if r.step == "total"]
    assert totals == ['"10"', '"2"']


def test_a_changed_file_is_not_covered_by_an_old_decision(office):
    """A decision is about one version of the file."""
    _plan(office)
    model = Scripted(["10"], for_ever=True)
    office.run(model)
    _decide(office, "a", "approve")
    assert office.run(model).done == 1
    office.source.here["a"] = "A, changed"
    assert office.run(model).review == 2


def test_a_person_starts_a_step_whose_condition_cannot_be_decided(office):
    """An undecidable ``when`` waits for a person, who may give the value."""
    office.source.here = {"a": "A"}
    office.plan(Entry(step=last, when=lambda _: None, when_text="total > 5"))
    assert office.run(None).review == 1
    assert office.item("a").reason.kind == "undecided"
    with office.ledger() as ledger:
        item = ledger.item("r", "a")
        ledger.record_decision(item, action="correct", person="Anne", step="last", after='"by hand"')
    assert office.run(None).done == 1
    assert office.values("a") == {"last": "by hand"}


@pytest.mark.parametrize("wanted", [True, False])
def test_a_person_says_whether_a_step_is_wanted_that_nobody_can_decide(office, wanted):
    """Letting such an item pass means nothing until it is said: take the step, or leave it out."""
    office.source.here = {"a": "A"}
    office.plan(Entry(step=plain, when=lambda _: None, when_text="total > 5"))
    assert office.run(None).review == 1
    with office.ledger() as ledger:
        with pytest.raises(LedgerError, match="--answer yes"):
            approve(ledger, ledger.item("r", "a"), "Anne")
        approve(ledger, ledger.item("r", "a"), "Anne", wanted=wanted)
    assert office.run(None).done == 1
    given = office.values("a")["plain"]
    assert given == "done" if wanted else str(given.why) == "left out by Anne"


@pytest.mark.parametrize("redone", [False, True], ids=["as it was", "its first step asked again"])
def test_what_is_done_is_asked_again_at_its_last_step(office, redone):
    """The last of the plan, not of the alphabet, nor what was asked last."""
    _plan(office)
    model = Scripted(["1", "1", "1", "1", "2"], for_ever=True)
    assert office.run(model).done == 2
    if redone:
        _decide(office, "a", "again")
        assert office.run(model).done == 2
        assert office.values("a")["last"] == "4"
    with office.ledger() as ledger:
        ask_again(ledger, ledger.item("r", "a"), "Anne")
        assert ledger.reviews(ledger.item("r", "a"))[-1].step == "last"
