"""One question, one checked value: in a script and inside a step, with look-ups noted."""

from datetime import date
from decimal import Decimal
from typing import Literal

import pytest
from pydantic import BaseModel

from smeflow import LLM, Case, MemoryCallLog, ask, run, step
from smeflow.errors import AnswerInvalid, LLMRefused
from smeflow.llm.ask import Prompt
from smeflow.llm.interface import Message, Reply
from smeflow.llm.testing import Scripted


class Supplier(BaseModel):
    name: str
    city: str | None


class Order(BaseModel):
    supplier: Supplier
    total: Decimal
    lines: list[str]


NOVA = {"name": "Nova", "city": None}
ORDER = {"supplier": NOVA, "total": "12.50", "lines": ["paper"]}


def test_a_model_comes_back_checked():
    """Nested, exact, and in one call."""
    model = Scripted([ORDER])
    order = ask(model, "What was ordered?", into=Order)
    assert order == Order(supplier=Supplier(name="Nova", city=None), total=Decimal("12.50"), lines=["paper"])
    (request,) = model.requests
    assert request.messages == (Message("user", "What was ordered?"),)
    assert request.schema.name == "Order"


@pytest.mark.parametrize(
    ("into", "said", "value"),
    [
        (str, "Nova", "Nova"),
        (bool, True, True),
        (int, 7, 7),
        (Decimal, "12.50", Decimal("12.50")),
        (date, "2026-11-30", date(2026, 11, 30)),
        (list[Supplier], [NOVA], [Supplier(name="Nova", city=None)]),
        (Literal["high", "low"], "low", "low"),
        (str | None, None, None),
    ],
)
def test_a_value_needs_no_model_of_its_own(into, said, value):
    """A text, a number, a day, a list, one of several words."""
    assert ask(Scripted([{"answer": said}]), "What?", into=into) == value


@pytest.mark.parametrize(
    "question",
    [
        [Message("system", "Be brief."), Message("user", "Who?")],
        [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Who?"}],
        Prompt(system="Be brief.", user="Who?"),
    ],
)
def test_messages_are_taken_in_every_usual_form(question):
    """Ours, those of the OpenAI SDK, and a prompt."""
    model = Scripted([NOVA])
    ask(model, question, into=Supplier)
    assert model.requests[0].messages == (Message("system", "Be brief."), Message("user", "Who?"))


def test_a_system_message_stands_before_the_question():
    """The word for it is ``system``."""
    model = Scripted([NOVA])
    ask(model, "Who?", into=Supplier, system="Be brief.")
    assert [m.role for m in model.requests[0].messages] == ["system", "user"]


def test_an_answer_that_does_not_fit_is_asked_again():
    """With what was wrong, and a check of one's own counts too."""
    model = Scripted([{"answer": -3}, {"answer": 3}])
    check = lambda n: ["it is below nothing"] if n < 0 else []  # noqa: E731 - as a script writes it
    assert ask(model, "How many?", into=int, check=check) == 3
    assert "it is below nothing" in model.requests[1].messages[-1].content


def test_what_never_fits_is_an_error_with_the_last_answer():
    """Nothing is made up from it."""
    with pytest.raises(AnswerInvalid) as caught:
        ask(Scripted([{"answer": "many"}], for_ever=True), "How many?", into=int)
    assert "many" in caught.value.reply
    with pytest.raises(LLMRefused):
        ask(Scripted([Reply(text="no", model="m", finish_reason="refusal")], for_ever=True), "?", into=int)


def test_a_log_pays_an_equal_question_once():
    """A script that keeps its log."""
    model, log = Scripted([NOVA]), MemoryCallLog()
    both = [ask(model, "Who?", into=Supplier, log=log) for _ in range(2)]
    assert both[0] == both[1]
    assert len(model.requests) == 1


CITIES = {"Nova": "Lyon"}


def city_of(supplier: str) -> str | None:
    """Give the city of a supplier the firm knows."""
    return CITIES.get(supplier)


def test_a_model_may_look_something_up_and_each_call_is_noted():
    """Inside a step, through the run's log: a replay asks and looks up the same."""
    model = Scripted(
        [
            {"look_up": {"look_up": "city_of", "supplier": "Nova"}, "answer": None},
            {"look_up": None, "answer": {"name": "Nova", "city": "Lyon"}},
        ]
    )

    @step
    def supplier(case: Case, llm: LLM) -> Supplier:
        return ask(llm, case.text, into=Supplier, tools=[city_of])

    log, case = MemoryCallLog(), Case.of("Where is Nova?")
    done = run([supplier], case, model, log)
    assert done[supplier].city == "Lyon"
    (noted,) = done.look_ups
    assert (noted.name, noted.arguments, noted.answer) == ("city_of", {"supplier": "Nova"}, '"Lyon"')
    assert "Give the city of a supplier" in model.requests[0].messages[0].content
    assert model.requests[1].messages[-1].content == 'city_of found: "Lyon"'
    assert run([supplier], case, model, log).look_ups == done.look_ups
    assert len(model.requests) == 2


def test_arguments_that_do_not_fit_never_reach_a_tool():
    """They are checked as any answer is, and asked again."""
    called = []

    def price_of(number: int) -> int:
        """Give a price."""
        called.append(number)
        return 5

    wrong = {"look_up": {"look_up": "price_of", "number": "seven"}, "answer": None}
    other = {"look_up": {"look_up": "delete_all", "number": 7}, "answer": None}
    right = {"look_up": {"look_up": "price_of", "number": 7}, "answer": None}
    model = Scripted([wrong, other, right, {"look_up": None, "answer": {"answer": 5}}])
    assert ask(model, "What does 7 cost?", into=int, tools=[price_of, city_of]) == 5
    assert called == [7]


def test_looking_up_has_an_end():
    """A model that only looks up gives no answer, and that is said."""
    again = {"look_up": {"look_up": "city_of", "supplier": "Nova"}, "answer": None}
    model = Scripted([again], for_ever=True)
    with pytest.raises(AnswerInvalid, match="looked something up 9 times"):
        ask(model, "Where?", into=str, tools=[city_of])
    assert len(model.requests) == 9
