# %% a typed question
from langchain.chat_models import init_chat_model
from pydantic import BaseModel


class City(BaseModel):
    name: str
    people: int


model = init_chat_model("openai:gpt-6.1-terra").with_structured_output(City)
city = model.invoke("Which French city has the two towers Incity and Part-Dieu?")
print(city.name, city.people)

# %% a nested extraction
from langchain.chat_models import init_chat_model
from pydantic import BaseModel, Field


class Line(BaseModel):
    article: str
    pieces: int = Field(ge=1)


class Order(BaseModel):
    customer: str
    lines: list[Line]


model = init_chat_model("openai:gpt-6.1-terra").with_structured_output(Order)
text = "Please send Nova GmbH two lathes and a dozen belts."
order = model.invoke(f"Read the order.\n{text}")
print(order.customer, [(line.pieces, line.article) for line in order.lines])

# %% a step of one's own with a model
from langchain.chat_models import init_chat_model
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnablePassthrough
from pydantic import BaseModel


class Ticket(BaseModel):
    topic: str
    urgent: bool


def answer_by(read: dict[str, Ticket]) -> str:
    """When somebody must have answered."""
    return "today" if read["ticket"].urgent else "this week"


prompt = ChatPromptTemplate.from_template("What is it about?\n{text}")
ticket = prompt | init_chat_model("openai:gpt-6.1-terra").with_structured_output(Ticket)
chain = RunnablePassthrough.assign(ticket=ticket) | RunnablePassthrough.assign(answer_by=answer_by)
read = chain.invoke({"text": "The heating is broken!"})
print(read["ticket"].topic, read["answer_by"])

# %% a batch of 500
from langchain.chat_models import init_chat_model
from langchain_core.prompts import ChatPromptTemplate
from pydantic import BaseModel


class Ticket(BaseModel):
    topic: str
    urgent: bool


prompt = ChatPromptTemplate.from_template("What is it about?\n{text}")
ticket = prompt | init_chat_model("openai:gpt-6.1-terra").with_structured_output(Ticket)
texts = [{"text": f"Flat {n}: the heating is broken."} for n in range(500)]
read = ticket.batch(texts, config={"max_concurrency": 64}, return_exceptions=True)
failed = [f"flat {n}" for n, each in enumerate(read) if isinstance(each, BaseException)]
print(sum(each.urgent for each in read if isinstance(each, Ticket)), failed)

# %% a step of one's own in a durable recipe
from pathlib import Path
from typing import TypedDict

from langchain.chat_models import init_chat_model
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt
from pydantic import BaseModel


class Ticket(BaseModel):
    topic: str
    urgent: bool


class State(TypedDict, total=False):
    text: str
    topic: str
    urgent: bool


model = init_chat_model("openai:gpt-6.1-terra").with_structured_output(Ticket)


def ticket(state: State) -> State:
    """What a tenant writes about."""
    read = model.invoke(f"What is it about?\n{state['text']}")
    return {"topic": read.topic, "urgent": read.urgent}


def review(state: State) -> State:
    """Wait for a person where it is urgent."""
    if state["urgent"]:
        interrupt("urgent")
    return {}


graph = StateGraph(State)
graph.add_node("ticket", ticket)
graph.add_node("review", review)
graph.add_edge(START, "ticket")
graph.add_edge("ticket", "review")
graph.add_edge("review", END)
with SqliteSaver.from_conn_string("tickets.db") as saver:
    app = graph.compile(checkpointer=saver)
    threads = {}
    for path in sorted(Path("inbox").glob("*.txt")):
        threads[path.name] = thread = {"configurable": {"thread_id": path.name}}
        state = app.get_state(thread)
        if not state.values:
            app.invoke({"text": path.read_text()}, thread)
        elif state.next and not state.interrupts:
            app.invoke(None, thread)  # a process before ended in the middle
    waiting = [name for name, thread in threads.items() if app.get_state(thread).interrupts]
    print("waiting", waiting)
    for name in waiting:
        app.invoke(Command(resume=True), threads[name])
    print("done", sorted(app.get_state(thread).values["topic"] for thread in threads.values()))

# %% a test of a step
from langchain.chat_models import init_chat_model
from langchain_core.language_models import FakeMessagesListChatModel
from langchain_core.messages import AIMessage
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable
from pydantic import BaseModel


class Ticket(BaseModel):
    topic: str
    urgent: bool


def ticket(model=None) -> Runnable:
    """What a tenant writes about."""
    model = model or init_chat_model("openai:gpt-6.1-terra")
    prompt = ChatPromptTemplate.from_template("What is it about?\n{text}")
    return prompt | model.with_structured_output(Ticket)


class Fake(FakeMessagesListChatModel):
    asked: list = []

    def bind_tools(self, tools, **kwargs):
        return self

    def _generate(self, messages, *args, **kwargs):
        self.asked.append(messages)
        return super()._generate(messages, *args, **kwargs)


def test_a_cold_flat_is_urgent():
    call = {"name": "Ticket", "args": {"topic": "heating", "urgent": True}, "id": "1"}
    model = Fake(responses=[AIMessage("", tool_calls=[call])])
    assert ticket(model).invoke({"text": "The heating is broken!"}).urgent
    assert "The heating is broken!" in model.asked[0][-1].content


test_a_cold_flat_is_urgent()
print("passed")

# %% fault
from langchain.chat_models import init_chat_model
from pydantic import BaseModel


class City(BaseModel):
    name: str
    people: int


model = init_chat_model("openai:gpt-6.1-terra", timeout=3).with_structured_output(City)
city = model.invoke("Which French city has the two towers Incity and Part-Dieu?")
print(city.name, city.people)
