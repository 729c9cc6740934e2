"""Steps and plans in the hands of people who build with LangChain."""

import json

import pytest
from pydantic import BaseModel

from smeflow import Case, Entry, ask
from smeflow.core.step import step
from smeflow.errors import StepFailed
from smeflow.llm.interface import LLM, Message, Request
from smeflow.llm.testing import Scripted
from smeflow.steps import Extract, as_runnable, as_tool

pytestmark = pytest.mark.slow  # LangChain is loaded


class Ticket(BaseModel):
    topic: str
    urgent: bool


@step
def shouted(case: Case, llm: LLM) -> str:
    """Ask the model and raise its voice."""
    return llm.complete(Request(messages=(Message("user", case.text),))).text.upper()


@step
def ticket(case: Case, llm: LLM) -> Ticket:
    """What a tenant writes about."""
    return ask(llm, case.text, into=Ticket)


@step
def answer_by(case: Case, llm: LLM) -> str:
    """When somebody must have answered."""
    return "today" if case[ticket].urgent else "this week"


HEATING = {"topic": "heating", "urgent": True}


def test_a_step_is_one_part_of_a_chain():
    """It takes a case or a text, and goes into a chain with others."""
    from langchain_core.runnables import RunnableLambda

    llm = Scripted(["hello", "good day"])
    chain = as_runnable(shouted, llm) | RunnableLambda(len)
    assert chain.invoke("Say hello.") == 5
    assert as_runnable(shouted, llm).invoke(Case.of("Be polite.")) == "GOOD DAY"


def test_an_equal_case_is_paid_once():
    """The same Runnable, the same document: the answer is replayed."""
    llm = Scripted(["hello"])
    runnable = as_runnable(shouted, llm)
    assert [runnable.invoke("Say hello."), runnable.invoke("Say hello.")] == ["HELLO", "HELLO"]
    assert runnable.get_name() == "shouted"


def test_a_step_knows_its_schemas():
    """A text goes in; what comes out is the step's own model."""
    runnable = as_runnable(ticket, Scripted([]))
    assert runnable.get_input_jsonschema()["type"] == "string"
    assert set(runnable.get_output_jsonschema()["properties"]) == {"topic", "urgent"}


def test_a_plan_gives_a_dict_that_the_next_part_picks_from():
    """Each step's result under its name, as a value of its own type."""
    from langchain_core.prompts import PromptTemplate

    plan = as_runnable([ticket, answer_by], Scripted([HEATING], for_ever=True))
    assert plan.invoke("It is cold.") == {"ticket": Ticket(**HEATING), "answer_by": "today", "held": []}
    told = plan | PromptTemplate.from_template("Answer {answer_by}.")
    assert told.invoke("It is cold.").to_string() == "Answer today."
    schema = plan.get_output_jsonschema()
    assert list(schema["properties"]) == ["ticket", "answer_by", "held"]
    assert set(schema["$defs"]["Ticket"]["properties"]) == {"topic", "urgent"}


def test_a_plan_that_waits_for_a_person_says_why():
    """What was not reached is None, and nobody takes it for an answer."""
    first = Entry(step=ticket, review=lambda case: case[ticket].urgent)
    given = as_runnable([first, answer_by], Scripted([HEATING])).invoke("It is cold.")
    assert given["ticket"].urgent
    assert given["answer_by"] is None
    assert len(given["held"]) == 1


async def _ainvoke(part):
    return await part.ainvoke("It is cold.")


def test_a_plan_is_awaited_and_batched_like_any_other():
    """The ways of calling are LangChain's own."""
    import asyncio

    plan = as_runnable([ticket, answer_by], Scripted([HEATING], for_ever=True))
    assert asyncio.run(_ainvoke(plan))["answer_by"] == "today"
    assert [given["answer_by"] for given in plan.batch(["It is cold.", "So cold."])] == ["today", "today"]


def test_a_failure_in_a_chain_is_the_failure_of_the_step():
    """The error is the one `run` raises, whoever calls."""

    @step
    def broken(case: Case, llm: LLM) -> str:
        """Break."""
        raise ZeroDivisionError

    with pytest.raises(StepFailed):
        as_runnable([broken]).invoke("x")


def test_a_tool_tells_an_agent_what_it_is_and_gives_json():
    """Name and description are the step's; the program gets the whole result beside the text."""
    tool = as_tool(ticket, Scripted([HEATING]))
    assert (tool.name, tool.description) == ("ticket", "What a tenant writes about.")
    assert list(tool.tool_call_schema.model_json_schema()["properties"]) == ["text"]
    call = {"type": "tool_call", "id": "1", "name": "ticket", "args": {"text": "It is cold."}}
    message = tool.invoke(call)
    assert json.loads(message.content) == {"ticket": HEATING, "held": []}
    assert message.artifact[ticket].urgent


def test_a_tool_of_a_plan_gives_quotes_and_reasons_too():
    """An agent sees that a value is not proven, and why a person must look."""
    order = Extract(name="order", fields={"number": "text", "total": "money"})
    tool = as_tool([order], name="read_order", description="Read an order.")
    found = json.loads(tool.invoke({"text": "Number: A-7\nThe total comes by phone."}))
    assert found["order"]["fields"]["number"]["quote"] == "A-7"
    assert found["held"]


@step(name="held")
def named_held(case: Case, llm: LLM) -> str:
    """Bear a name that is taken."""
    return "x"


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: as_tool([ticket, answer_by]), "needs a name"),
        (lambda: as_runnable([named_held]), "rename it"),
    ],
)
def test_what_cannot_be_told_apart_is_refused(make, says):
    """A tool without a name, a step that would hide the reasons."""
    with pytest.raises(ValueError, match=says):
        make()


def test_an_agent_of_langchain_uses_the_tool_and_the_program_finds_the_proof():
    """A real loop: the agent is told values with their quotes, and the message carries the whole result."""
    from langchain.agents import create_agent
    from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
    from langchain_core.messages import AIMessage

    class Model(GenericFakeChatModel):
        def bind_tools(self, tools, **_):
            return self

    order = Extract(name="order", fields={"number": "text", "total": "money"})
    tool = as_tool([order], name="read_order", description="Read an order.")
    call = {"name": "read_order", "args": {"text": "Number: A-7\nTotal: 120,50 €"}, "id": "1"}
    model = Model(messages=iter([AIMessage("", tool_calls=[call]), AIMessage("It is A-7.")]))
    said = create_agent(model, [tool]).invoke({"messages": [("user", "Which order is it?")]})["messages"]
    assert json.loads(said[2].content)["order"]["fields"]["total"]["quote"] == "120,50 €"
    assert said[2].artifact[order].proven
    assert said[3].content == "It is A-7."
