"""A step in the hands of people who build with LangChain."""

import pytest

from smeflow.core.case import Case
from smeflow.core.run import as_runnable
from smeflow.core.step import step
from smeflow.llm.interface import LLM, Message, Request
from smeflow.llm.testing import Scripted


@step
def shouted(case: Case, llm: LLM) -> str:
    """Ask the model and raise its voice."""
    return llm.complete(Request(messages=(Message("user", case.text),))).text.upper()


@pytest.mark.slow
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
    assert runnable.name == "shouted"
