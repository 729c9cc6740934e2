"""Wrong uses of the front door: each is an error where it is made, and the error says what to write."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import BaseModel

from smeflow import LLM, Case, Money, ask, connect, read, run, run_many, step
from smeflow.core.step import FunctionStep
from smeflow.errors import LLMRejected, StepFailed, UnreadableDocument
from smeflow.llm.interface import ModelEndpoint, Price
from smeflow.llm.testing import Scripted
from smeflow.steps import Extract, Triage

if TYPE_CHECKING:
    from decimal import Decimal as Amount


class City(BaseModel):
    name: str


@step
def kind(case: Case, llm: LLM) -> str:
    return ask(llm, case.text, into=str)


@step
def length(case: Case, llm: LLM) -> int:
    return len(case.text)


def plain(case: Case, llm: LLM) -> int:
    return 1


CASE = Case.of("please pay")


def model(*lines: str) -> Scripted:
    return Scripted(lines or ['{"answer": "invoice"}'], for_ever=True)


def without_price() -> Scripted:
    return Scripted(["x"], place=ModelEndpoint(provider="p", model="m"))


def costing(currency: str) -> Scripted:
    price = Price(input_per_million=1, output_per_million=1, currency=currency, as_of="2026-11-01")
    return Scripted(['{"answer": "x"}'], place=ModelEndpoint(provider="openai", model="m", price=price))


def returns_text_for_a_number():
    @step
    def count(case: Case, llm: LLM) -> int:
        return case.text

    run([count], CASE)


def is_async():
    @step
    async def late(case: Case, llm: LLM) -> str:
        return ""


def takes_one_argument():
    @step
    def short(case: Case) -> str:
        return ""


def takes_three_arguments():
    @step
    def long(case: Case, llm: LLM, limit: int) -> str:
        return ""


def has_no_annotation():
    @step
    def bare(case, llm):
        return 1


def returns_nothing():
    @step
    def silent(case: Case, llm: LLM) -> None:
        return None


def yields():
    @step
    def several(case: Case, llm: LLM) -> Any:
        yield 1


def annotates_what_is_not_there():
    @step
    def amount(case: Case, llm: LLM) -> "Amount":
        return 1


def is_named_with_a_space():
    @step(name="due soon")
    def due(case: Case, llm: LLM) -> bool:
        return True


def decorates_a_class():
    @step
    class Wrong:
        pass


def asks_with_limits_inside_a_step():
    @step
    def inside(case: Case, llm: LLM) -> str:
        return ask(llm, "Who?", into=str, budget="1 EUR")

    run([inside], CASE, model())


def looks_up_without_docstring():
    def find(name: str) -> str:
        return name

    ask(model(), "Who?", into=str, tools=[find])


def looks_up_without_types():
    def find(name):
        """Find somebody."""
        return name

    ask(model(), "Who?", into=str, tools=[find])


def given_a_file(tmp_path: Path) -> str:
    file = tmp_path / "mail.eml"
    file.write_text("Subject: x\n\nhello")
    return str(file)


USES: dict[str, tuple[Any, type[Exception], str]] = {
    # a step
    "an async step": (is_async, TypeError, "write def instead"),
    "a step of one argument": (takes_one_argument, TypeError, r"write: def short\(case: Case, llm: LLM\)"),
    "a step of three arguments": (takes_three_arguments, TypeError, r"write: def long\(case: Case, llm"),
    "a step without annotation": (has_no_annotation, TypeError, r"return annotation.*write: def bare"),
    "a step that returns nothing": (returns_nothing, TypeError, "from a case to a value"),
    "a step that yields": (yields, TypeError, "return a list of them"),
    "an annotation for the type checker alone": (
        annotates_what_is_not_there,
        TypeError,
        "import it outside of TYPE_CHECKING",
    ),
    "a step's name with a space": (is_named_with_a_space, ValueError, "letters, digits and underlines"),
    "a step's name without its word": (lambda: step("due"), TypeError, r"write @step\(name='due'\)"),
    "@step above a class": (decorates_a_class, TypeError, "stands above a function"),
    "@step twice": (lambda: step(kind), TypeError, "stands above a function"),
    "a value of another type than annotated": (
        returns_text_for_a_number,
        StepFailed,
        "return int, or change the annotation",
    ),
    # run
    "two steps of one name": (
        lambda: run([kind, FunctionStep(plain, "kind", int)], CASE),
        ValueError,
        "name='kind_2'",
    ),
    "one step and no list": (lambda: run(kind, CASE), TypeError, r"list of steps: \[kind\]"),
    "no step at all": (lambda: run([], CASE), ValueError, "at least one"),
    "a function that is no step": (lambda: run([plain], CASE), TypeError, "write @step above it"),
    "a class of steps": (lambda: run([Triage], CASE), TypeError, r"Triage\(name="),
    "the name of a step": (lambda: run(["kind"], CASE), TypeError, "made with @step"),
    "a path for a case": (lambda: run([kind], Path("mail.eml")), TypeError, r"Case\.of\(read\("),
    "a text for a case": (lambda: run([kind], "please pay"), TypeError, r"Case\.of\("),
    "a document for a case": (lambda: run([kind], CASE.documents[0]), TypeError, r"Case\.of\("),
    "a list of cases for a case": (lambda: run([kind], [CASE]), TypeError, "run_many"),
    "a case for a list of cases": (lambda: run_many([kind], CASE), TypeError, r"write \[case\]"),
    "paths for cases": (lambda: run_many([kind], [Path("a.pdf")]), TypeError, r"Case\.of\(read\("),
    "a limit of nothing": (lambda: run_many([kind], [CASE], limit=0), ValueError, "at least 1"),
    "on_done that is no function": (
        lambda: run_many([kind], [CASE], on_done="print"),
        TypeError,
        "a function that takes one Done",
    ),
    "a residency there is not": (lambda: run([kind], CASE, residency="fr"), ValueError, "local"),
    "patience in words": (lambda: run([kind], CASE, patience="long"), ValueError, "patience=60"),
    "patience below nothing": (lambda: run([kind], CASE, patience=-1), ValueError, "patience=60"),
    "a budget without currency": (lambda: run([kind], CASE, budget=0.5), TypeError, 'budget="0.50 USD"'),
    "a budget that is no amount": (lambda: run([kind], CASE, budget="cheap"), ValueError, "0.50 USD"),
    "a budget in another currency": (
        lambda: run([kind], CASE, costing("USD"), budget="1 EUR"),
        ValueError,
        "write the budget in USD",
    ),
    "a budget without a price": (
        lambda: run([kind], CASE, without_price(), budget="1 EUR"),
        LLMRejected,
        "take the budget away",
    ),
    "a log that is none": (lambda: run([kind], CASE, log="calls.json"), TypeError, r"MemoryCallLog\(\)"),
    "an accepted step that is not there": (
        lambda: run([kind], CASE, accepted=["knid"]),
        ValueError,
        "its steps are: kind",
    ),
    "accepted without a list": (lambda: run([kind], CASE, accepted="kind"), TypeError, r"=\['kind'\]"),
    # a model
    "a model of no kind": (lambda: run([kind], CASE, 5), TypeError, '"openai/gpt-6.1-terra"'),
    "a class for a model": (lambda: run([kind], CASE, Scripted), TypeError, r"connect\(…\)"),
    "a provider mistyped": (lambda: run([kind], CASE, "opnai/gpt-5"), LLMRejected, 'did you mean "openai"'),
    "a model without its provider": (lambda: connect("gpt-5-mini"), LLMRejected, "Known: .*openai"),
    "a provider without its model": (lambda: connect("openrouter"), LLMRejected, '"openrouter/MODEL"'),
    "no key": (lambda: connect("mistral/m", environ={}), LLMRejected, "MISTRAL_API_KEY"),
    "a name for a step's model": (lambda: kind(CASE, "opnai/x"), LLMRejected, 'did you mean "openai"'),
    "a name for a family's model": (
        lambda: Triage(name="kind", labels={"a": "x", "b": "y"})(CASE, "openai/m"),
        TypeError,
        r"connect\('openai/m'\)",
    ),
    # a case
    "a path for a document": (lambda: Case.of(Path("mail.eml")), TypeError, r"of\(read\('mail.eml'\)\)"),
    "bytes for a document": (lambda: Case.of(b"%PDF"), TypeError, r"Case\.of\(read\(data"),
    "a list for a document": (lambda: Case.of([CASE.documents[0]]), TypeError, r"Case\.of\(\*documents\)"),
    "a case for a document": (lambda: Case.of(CASE), TypeError, r"Case\.of\(read"),
    "a result by its name": (lambda: CASE["kind"], TypeError, r"case\[kind\]"),
    "a result of a bare function": (lambda: CASE[plain], TypeError, "write @step above it"),
    "a result that is not there yet": (lambda: CASE[kind], LookupError, "has not run"),
    "a folder to read": (lambda: read("."), UnreadableDocument, "it is a folder"),
    "a document to read": (lambda: read(CASE.documents[0]), TypeError, "it is read already"),
    "an address to read": (lambda: read("https://example.org/a.pdf"), ValueError, "fetch it first"),
    # a question
    "no question": (lambda: ask(model(), " ", into=str), ValueError, "write what the model is to answer"),
    "a case for a question": (lambda: ask(model(), CASE, into=City), TypeError, r"case\.text"),
    "a number for a question": (lambda: ask(model(), 5, into=City), TypeError, "list of messages"),
    "a message without its role": (lambda: ask(model(), ["Who?"], into=City), TypeError, "'role': 'user'"),
    "no messages": (lambda: ask(model(), [], into=City), ValueError, "at least one"),
    "an object for a class": (lambda: ask(model(), "Who?", into=City(name="x")), TypeError, "into=City"),
    "the name of a class": (lambda: ask(model(), "Who?", into="City"), TypeError, "into=City"),
    "no class": (lambda: ask(model(), "Who?", into=None), TypeError, "a Pydantic model, or str"),
    "a class with free keys": (lambda: ask(model(), "Who?", into=dict), TypeError, "give its fields names"),
    "a class nobody knows": (lambda: ask(model(), "Who?", into=Scripted), TypeError, "Pydantic model"),
    "limits inside a step": (asks_with_limits_inside_a_step, StepFailed, r"give them to run\("),
    "one tool and no list": (lambda: ask(model(), "Who?", into=str, tools=len), TypeError, r"tools=\["),
    "a tool without docstring": (looks_up_without_docstring, TypeError, "write one"),
    "a tool without types": (looks_up_without_types, TypeError, "annotate it"),
    # what a run gave
    "an approval of a step that is not there": (
        lambda: run([kind], CASE, model()).approve(length),
        ValueError,
        "its steps are: kind",
    ),
    "a correction of nothing": (lambda: run([length], CASE).correct(length), ValueError, "fields by name"),
    "a correction of a field there is not": (
        lambda: run([Extract(name="x", fields={"number": "text"})], CASE).correct(
            Extract(name="x", fields={"number": "text"}), nmuber="1"
        ),
        ValueError,
        "Choose from: number",
    ),
    "money without currency": (lambda: Money.of("12"), ValueError, "0.50 USD"),
}


@pytest.mark.parametrize(("use", "error", "remedy"), USES.values(), ids=USES.keys())
def test_a_wrong_use_is_told_where_it_is_made(use, error, remedy):
    """The error names what to write instead."""
    with pytest.raises(error, match=remedy):
        use()


def test_there_are_at_least_forty_of_them():
    """The figure of docs/measurements.md."""
    assert len(USES) >= 40


def test_a_file_is_not_taken_as_its_name(tmp_path):
    """A text that is the path of a file there is: nobody means the letters of its name."""
    with pytest.raises(ValueError, match=r"Case\.of\(read\("):
        Case.of(given_a_file(tmp_path))
