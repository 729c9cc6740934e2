# %% a typed question
from pydantic import BaseModel

from smeflow import ask


class City(BaseModel):
    name: str
    people: int


city = ask("openai/gpt-6.1-terra", "Which French city has the two towers Incity and Part-Dieu?", into=City)
print(city.name, city.people)

# %% a nested extraction
from pydantic import BaseModel, Field

from smeflow import ask


class Line(BaseModel):
    article: str
    pieces: int = Field(ge=1)


class Order(BaseModel):
    customer: str
    lines: list[Line]


text = "Please send Nova GmbH two lathes and a dozen belts."
order = ask("openai/gpt-6.1-terra", f"Read the order.\n{text}", into=Order)
print(order.customer, [(line.pieces, line.article) for line in order.lines])

# %% a step of one's own with a model
from pydantic import BaseModel

from smeflow import LLM, Case, ask, run, step


class Ticket(BaseModel):
    topic: str
    urgent: bool


@step
def ticket(case: Case, llm: LLM) -> Ticket:
    """What a tenant writes about."""
    return ask(llm, f"What is it about?\n{case.text}", into=Ticket)


@step
def answer_by(case: Case, llm: LLM) -> str:
    """When somebody must have answered."""
    return "today" if case[ticket].urgent else "this week"


done = run([ticket, answer_by], Case.of("The heating is broken!"), "openai/gpt-6.1-terra")
print(done[ticket].topic, done[answer_by])

# %% a batch of 500
from pydantic import BaseModel

from smeflow import LLM, Case, ask, run_many, step


class Ticket(BaseModel):
    topic: str
    urgent: bool


@step
def ticket(case: Case, llm: LLM) -> Ticket:
    """What a tenant writes about."""
    return ask(llm, f"What is it about?\n{case.text}", into=Ticket)


cases = [Case.of(f"Flat {n}: the heating is broken.", id=f"flat {n}") for n in range(500)]
batch = run_many([ticket], cases, "openai/gpt-6.1-terra", limit=64).wait()
print(sum(done[ticket].urgent for done in batch if not done.error), [done.case.id for done in batch.failed])

# %% a step of one's own in a durable recipe
from pydantic import BaseModel

from smeflow import LLM, Case, Entry, Recipe, Workspace, ask, step
from smeflow.sources import Folder


class Ticket(BaseModel):
    topic: str
    urgent: bool


@step
def ticket(case: Case, llm: LLM) -> Ticket:
    """What a tenant writes about."""
    return ask(llm, f"What is it about?\n{case.text}", into=Ticket)


recipe = Recipe(
    name="tickets",
    llm="openai/gpt-6.1-terra",
    residency="any",
    source=Folder(folder="inbox"),
    steps=[Entry(step=ticket, review_text="ticket.urgent")],
)
workspace = Workspace(".")
workspace.run(recipe, consent=True)
waiting = workspace.review(recipe)
print("waiting", [item.name for item in waiting])
for item in waiting:
    workspace.approve(item)
workspace.run(recipe)
print("done", sorted(item[ticket].topic for item in workspace.items(recipe, state="done")))

# %% a test of a step
from pydantic import BaseModel

from smeflow import LLM, Case, ask, run, step
from smeflow.testing import Scripted


class Ticket(BaseModel):
    topic: str
    urgent: bool


@step
def ticket(case: Case, llm: LLM) -> Ticket:
    """What a tenant writes about."""
    return ask(llm, f"What is it about?\n{case.text}", into=Ticket)


def test_a_cold_flat_is_urgent():
    llm = Scripted([Ticket(topic="heating", urgent=True)])
    assert run([ticket], Case.of("The heating is broken!"), llm)[ticket].urgent
    assert "The heating is broken!" in llm.requests[0].messages[-1].content


test_a_cold_flat_is_urgent()
print("passed")

# %% fault
from pydantic import BaseModel

from smeflow import ask


class City(BaseModel):
    name: str
    people: int


question = "Which French city has the two towers Incity and Part-Dieu?"
city = ask("openai/gpt-6.1-terra", question, into=City, timeout_seconds=3)
print(city.name, city.people)
