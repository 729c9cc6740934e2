# %% a typed question
from pydantic import BaseModel
from pydantic_ai import Agent


class City(BaseModel):
    name: str
    people: int


agent = Agent("openai-chat:gpt-6.1-terra", output_type=City)
city = agent.run_sync("Which French city has the two towers Incity and Part-Dieu?").output
print(city.name, city.people)

# %% a nested extraction
from pydantic import BaseModel, Field
from pydantic_ai import Agent


class Line(BaseModel):
    article: str
    pieces: int = Field(ge=1)


class Order(BaseModel):
    customer: str
    lines: list[Line]


agent = Agent("openai-chat:gpt-6.1-terra", output_type=Order)
text = "Please send Nova GmbH two lathes and a dozen belts."
order = agent.run_sync(f"Read the order.\n{text}").output
print(order.customer, [(line.pieces, line.article) for line in order.lines])

# %% a step of one's own with a model
from pydantic import BaseModel
from pydantic_ai import Agent


class Ticket(BaseModel):
    topic: str
    urgent: bool


agent = Agent("openai-chat:gpt-6.1-terra", output_type=Ticket)


def ticket(text: str) -> Ticket:
    """What a tenant writes about."""
    return agent.run_sync(f"What is it about?\n{text}").output


def answer_by(read: Ticket) -> str:
    """When somebody must have answered."""
    return "today" if read.urgent else "this week"


read = ticket("The heating is broken!")
print(read.topic, answer_by(read))

# %% a batch of 500
import asyncio

from pydantic import BaseModel
from pydantic_ai import Agent


class Ticket(BaseModel):
    topic: str
    urgent: bool


agent = Agent("openai-chat:gpt-6.1-terra", output_type=Ticket)
turns = asyncio.Semaphore(64)


async def ticket(text: str) -> Ticket:
    """What a tenant writes about."""
    async with turns:
        return (await agent.run(f"What is it about?\n{text}")).output


async def tickets(texts: list[str]) -> list[Ticket | BaseException]:
    return await asyncio.gather(*map(ticket, texts), return_exceptions=True)


read = asyncio.run(tickets([f"Flat {n}: the heating is broken." for n in range(500)]))
failed = [f"flat {n}" for n, each in enumerate(read) if isinstance(each, BaseException)]
print(sum(each.urgent for each in read if isinstance(each, Ticket)), failed)

# %% a step of one's own in a durable recipe
import sqlite3
from pathlib import Path

from pydantic import BaseModel
from pydantic_ai import Agent


class Ticket(BaseModel):
    topic: str
    urgent: bool


agent = Agent("openai-chat:gpt-6.1-terra", output_type=Ticket)


def ticket(text: str) -> Ticket:
    """What a tenant writes about."""
    return agent.run_sync(f"What is it about?\n{text}").output


with sqlite3.connect("tickets.db", isolation_level=None) as kept:
    kept.execute("CREATE TABLE IF NOT EXISTS ticket (name TEXT PRIMARY KEY, answer TEXT, approved INT)")
    for path in sorted(Path("inbox").glob("*.txt")):
        if not kept.execute("SELECT 1 FROM ticket WHERE name = ?", (path.name,)).fetchone():
            answer = ticket(path.read_text())
            row = (path.name, answer.model_dump_json(), not answer.urgent)
            kept.execute("INSERT INTO ticket VALUES (?, ?, ?)", row)
    waiting = [name for (name,) in kept.execute("SELECT name FROM ticket WHERE NOT approved ORDER BY name")]
    print("waiting", waiting)
    for name in waiting:
        kept.execute("UPDATE ticket SET approved = 1 WHERE name = ?", (name,))
    rows = kept.execute("SELECT answer FROM ticket WHERE approved").fetchall()
    print("done", sorted(Ticket.model_validate_json(answer).topic for (answer,) in rows))

# %% a test of a step
from pydantic import BaseModel
from pydantic_ai import Agent, capture_run_messages
from pydantic_ai.models.test import TestModel


class Ticket(BaseModel):
    topic: str
    urgent: bool


agent = Agent("openai-chat:gpt-6.1-terra", output_type=Ticket)


def ticket(text: str) -> Ticket:
    """What a tenant writes about."""
    return agent.run_sync(f"What is it about?\n{text}").output


def test_a_cold_flat_is_urgent():
    model = TestModel(custom_output_args=Ticket(topic="heating", urgent=True))
    with agent.override(model=model), capture_run_messages() as messages:
        assert ticket("The heating is broken!").urgent
    assert "The heating is broken!" in messages[0].parts[-1].content


test_a_cold_flat_is_urgent()
print("passed")

# %% fault
from pydantic import BaseModel
from pydantic_ai import Agent


class City(BaseModel):
    name: str
    people: int


agent = Agent("openai-chat:gpt-6.1-terra", output_type=City, model_settings={"timeout": 3})
city = agent.run_sync("Which French city has the two towers Incity and Part-Dieu?").output
print(city.name, city.people)
