import pytest

from smeflow.core.case import Case
from smeflow.core.plan import Entry
from smeflow.core.run import run
from smeflow.core.step import step
from smeflow.errors import LLMRejected, StepFailed
from smeflow.llm.call_log import MemoryCallLog
from smeflow.llm.interface import LLM, Message, Request
from smeflow.llm.testing import Scripted


@step
def kind(case: Case, llm: LLM) -> str:
    return llm.complete(Request(messages=(Message("user", case.text),))).text


@step
def length(case: Case, llm: LLM) -> int:
    return len(case[kind])


def test_steps_run_in_order_and_results_are_typed():
    """A result is asked for by its step."""
    model = Scripted(["invoice"])
    done = run([kind, length], Case.of("please pay"), model)
    assert (done[kind], done[length], done.held, done.calls) == ("invoice", 7, None, 1)
    assert done.case.results == {"kind": "invoice", "length": 7}


def test_what_needs_a_person_stops_there():
    """Later steps do not run, and the reason is told."""
    entries = [Entry(step=kind, review=lambda _: True, review_text="always"), Entry(step=length)]
    done = run(entries, Case.of("please pay"), Scripted(["invoice"]))
    assert done.held is not None
    assert [str(r) for r in done.held.reasons] == ["review is asked for: always"]
    assert done.get(length) is None
    with pytest.raises(LookupError, match="has not run"):
        done[length]


def test_a_skipped_step_says_why():
    """A step whose condition is false is left out."""
    done = run([Entry(step=kind, when=lambda _: False, when_text="total > 5")], Case.of("x"))
    with pytest.raises(LookupError, match="not total > 5"):
        done[kind]


def test_without_a_model_a_step_that_asks_is_told():
    """No model is no silence."""
    with pytest.raises(LLMRejected) as caught:
        run([kind], Case.of("x"))
    assert caught.value.reason == "no_model"


def test_a_step_that_raises_is_named():
    """The cause is chained, so that a script sees it."""

    @step
    def broken(case: Case, llm: LLM) -> int:
        return 1 // 0

    with pytest.raises(StepFailed, match="broken") as caught:
        run([broken], Case.of("x", id="mail 7"))
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert (caught.value.step, caught.value.case_id) == ("broken", "mail 7")


def test_one_log_replays_what_was_answered():
    """A script that keeps its log pays nothing twice."""
    model, log, case = Scripted(["invoice"]), MemoryCallLog(), Case.of("please pay")
    run([kind], case, model, log)
    assert run([kind], case, model, log)[kind] == "invoice"
    assert len(model.requests) == 1


def test_a_model_of_ones_own_needs_only_one_verb():
    """Anything with ``complete`` is a model."""

    class Echo:
        def complete(self, request):
            from smeflow.llm.interface import Reply

            return Reply(text=request.messages[-1].content.upper(), model="echo")

    assert run([kind], Case.of("pay"), Echo())[kind] == "PAY"
