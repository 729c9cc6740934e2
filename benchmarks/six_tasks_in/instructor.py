# %% a typed question
import instructor
from pydantic import BaseModel


class City(BaseModel):
    name: str
    people: int


client = instructor.from_provider("openai/gpt-6.1-terra")
question = "Which French city has the two towers Incity and Part-Dieu?"
city = client.create(response_model=City, messages=[{"role": "user", "content": question}])
print(city.name, city.people)

# %% a nested extraction
import instructor
from pydantic import BaseModel, Field


class Line(BaseModel):
    article: str
    pieces: int = Field(ge=1)


class Order(BaseModel):
    customer: str
    lines: list[Line]


client = instructor.from_provider("openai/gpt-6.1-terra")
text = "Please send Nova GmbH two lathes and a dozen belts."
messages = [{"role": "user", "content": f"Read the order.\n{text}"}]
order = client.create(response_model=Order, messages=messages)
print(order.customer, [(line.pieces, line.article) for line in order.lines])

# %% a step of one's own with a model
import instructor
from pydantic import BaseModel


class Ticket(BaseModel):
    topic: str
    urgent: bool


client = instructor.from_provider("openai/gpt-6.1-terra")


def ticket(text: str) -> Ticket:
    """What a tenant writes about."""
    messages = [{"role": "user", "content": f"What is it about?\n{text}"}]
    return client.create(response_model=Ticket, messages=messages)


def answer_by(read: Ticket) -> str:
    """When somebody must have answered."""
    return "today" if read.urgent else "this week"


read = ticket("The heating is broken!")
print(read.topic, answer_by(read))

# %% a batch of 500
import asyncio

import instructor
from pydantic import BaseModel


class Ticket(BaseModel):
    topic: str
    urgent: bool


client = instructor.from_provider("openai/gpt-6.1-terra", async_client=True)
turns = asyncio.Semaphore(64)


async def ticket(text: str) -> Ticket:
    """What a tenant writes about."""
    messages = [{"role": "user", "content": f"What is it about?\n{text}"}]
    async with turns:
        return await client.create(response_model=Ticket, messages=messages)


async def tickets(texts: list[str]) -> list[Ticket | BaseException]:
    return await asyncio.gather(*map(ticket, texts), return_exceptions=True)


read = asyncio.run(tickets([f"Flat {n}: the heating is broken." for n in range(500)]))
failed = [f"flat {n}" for n, each in enumerate(read) if isinstance(each, BaseException)]
print(sum(each.urgent for each in read if isinstance(each, Ticket)), failed)

# %% a step of one's own in a durable recipe
import json
from pathlib import Path

import instructor
from instructor.cache import DiskCache
from pydantic import BaseModel


class Ticket(BaseModel):
    topic: str
    urgent: bool


cache = DiskCache(directory="answers")
client = instructor.from_provider("openai/gpt-6.1-terra", cache=cache, cache_namespace="tickets")


def ticket(text: str) -> Ticket:
    """What a tenant writes about."""
    messages = [{"role": "user", "content": f"What is it about?\n{text}"}]
    return client.create(response_model=Ticket, messages=messages)


approvals = Path("approved.json")
approved = set(json.loads(approvals.read_text())) if approvals.exists() else set()
read = {path.name: ticket(path.read_text()) for path in sorted(Path("inbox").glob("*.txt"))}
waiting = [name for name, each in read.items() if each.urgent and name not in approved]
print("waiting", waiting)
for name in waiting:
    approved.add(name)
approvals.write_text(json.dumps(sorted(approved)))
print("done", sorted(each.topic for name, each in read.items() if not each.urgent or name in approved))

# %% a test of a step
from unittest import mock

import instructor
from pydantic import BaseModel


class Ticket(BaseModel):
    topic: str
    urgent: bool


client = instructor.from_provider("openai/gpt-6.1-terra")


def ticket(text: str) -> Ticket:
    """What a tenant writes about."""
    messages = [{"role": "user", "content": f"What is it about?\n{text}"}]
    return client.create(response_model=Ticket, messages=messages)


def test_a_cold_flat_is_urgent():
    answer = Ticket(topic="heating", urgent=True)
    with mock.patch.object(client, "create", return_value=answer) as create:
        assert ticket("The heating is broken!").urgent
    assert "The heating is broken!" in create.call_args.kwargs["messages"][-1]["content"]


test_a_cold_flat_is_urgent()
print("passed")

# %% fault
import instructor
from pydantic import BaseModel


class City(BaseModel):
    name: str
    people: int


client = instructor.from_provider("openai/gpt-6.1-terra")
question = "Which French city has the two towers Incity and Part-Dieu?"
city = client.create(response_model=City, messages=[{"role": "user", "content": question}], timeout=3)
print(city.name, city.people)
