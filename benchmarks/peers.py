"""One library on the task, in a process of its own: ``python benchmarks/peers.py NAME URL N CONCURRENCY``.

Prints one JSON line: CPU milliseconds a call (user and system, this process alone), answers a second, peak
memory, and how many answers were right. A warm-up that is not measured goes first.
"""

import asyncio
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from task import SYSTEM, Invoice, right, text

MODEL = "oracle"
Many = Callable[[Sequence[int]], list[object]]


def on_loop(one: Callable[[int], object], concurrency: int) -> Many:
    """Run an asynchronous *one* for many, so many at a time, on one loop."""
    loop = asyncio.new_event_loop()

    async def all_of(numbers: Sequence[int]) -> list[object]:
        read: list[object] = [None] * len(numbers)
        turns = iter(enumerate(numbers))

        async def worker() -> None:
            for i, n in turns:
                read[i] = await one(n)

        await asyncio.gather(*(worker() for _ in range(concurrency)))
        return read

    return lambda numbers: loop.run_until_complete(all_of(numbers))


def openai_parse(url: str, concurrency: int) -> Many:
    """Measure the openai SDK's ``.parse`` with a Pydantic model."""
    import openai

    client = openai.AsyncOpenAI(base_url=url, api_key="none", max_retries=0)

    async def one(n: int) -> object:
        messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": text(n)}]
        reply = await client.chat.completions.parse(model=MODEL, messages=messages, response_format=Invoice)
        return reply.choices[0].message.parsed

    return on_loop(one, concurrency)


def langchain(url: str, concurrency: int) -> Many:
    """Measure LangChain's ``with_structured_output`` and its own batching."""
    from langchain_openai import ChatOpenAI

    chain = ChatOpenAI(model=MODEL, base_url=url, api_key="none", max_retries=0).with_structured_output(
        Invoice
    )
    loop = asyncio.new_event_loop()

    def many(numbers: Sequence[int]) -> list[object]:
        asked = [[("system", SYSTEM), ("human", text(n))] for n in numbers]
        return loop.run_until_complete(chain.abatch(asked, config={"max_concurrency": concurrency}))

    return many


def pydantic_ai(url: str, concurrency: int) -> Many:
    """Measure a pydantic-ai agent with the model as its output type."""
    from pydantic_ai import Agent
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    model = OpenAIChatModel(MODEL, provider=OpenAIProvider(base_url=url, api_key="none"))
    agent = Agent(model, output_type=Invoice, instructions=SYSTEM)

    async def one(n: int) -> object:
        return (await agent.run(text(n))).output

    return on_loop(one, concurrency)


def smeflow(url: str, concurrency: int) -> Many:
    """Measure a whole durable run: rows taken in, asked, checked, and every write on the disk."""
    from smeflow import LLM, Case, connect, step
    from smeflow.core.plan import Entry
    from smeflow.documents.document import ROW
    from smeflow.engine.cases import case_of
    from smeflow.engine.run import run_recipe
    from smeflow.kinds.sources import Arrival
    from smeflow.ledger.ledger import Ledger
    from smeflow.llm.ask import AnswerForm, Prompt, ask
    from smeflow.recipe.load import Recipe
    from smeflow.recipe.workspace import WorkspaceSettings

    answer = AnswerForm.of(Invoice)

    @step
    def invoice(case: Case, llm: LLM) -> Invoice:
        """Ask, check, give the record."""
        return ask(llm, Prompt(SYSTEM, case.text), answer).value

    class Rows:
        """The invoices as rows of a table."""

        name, complete = "rows", True

        def __init__(self, numbers: Sequence[int]) -> None:
            self.numbers = numbers

        def cases(self):
            for n in self.numbers:
                row = json.dumps({"text": text(n)}).encode()
                yield Arrival(key=str(n), version=str(n), name=str(n), media_type=ROW, data=row)

    llm = connect(f"{MODEL}@{url}")
    folder = Path(tempfile.mkdtemp(prefix="smeflow-bench-"))

    def many(numbers: Sequence[int]) -> list[object]:
        state = Path(tempfile.mkdtemp(dir=folder))
        recipe = Recipe(
            name="bench",
            path=state / "r.yaml",
            text_hash="",
            residency="any",
            source=Rows(numbers),
            steps=(Entry(step=invoice),),
        )
        summary = run_recipe(recipe, WorkspaceSettings(root=state), state=state, llm=llm, workers=concurrency)
        assert summary.done == len(numbers), summary
        usage = resource.getrusage(resource.RUSAGE_SELF)
        many.measured = (usage.ru_utime + usage.ru_stime, time.perf_counter())
        with Ledger.open(state) as ledger:
            items = {item.key: item for item in ledger.items("bench")}
            return [case_of(ledger, items[str(n)], [invoice])[invoice] for n in numbers]

    return many


def run_many(url: str, concurrency: int) -> Many:
    """Measure smeflow in memory: the same step over a list of cases."""
    from smeflow import LLM, Case, ask, connect, run_many, step

    @step
    def invoice(case: Case, llm: LLM) -> Invoice:
        """Ask, check, give the record."""
        return ask(llm, case.text, into=Invoice, system=SYSTEM)

    llm = connect(f"{MODEL}@{url}")

    def many(numbers: Sequence[int]) -> list[object]:
        cases = [Case.of(text(n), id=str(n)) for n in numbers]
        return [done[invoice] for done in run_many([invoice], cases, llm, limit=concurrency, progress=False)]

    return many


PEERS = {
    "openai_parse": openai_parse,
    "langchain": langchain,
    "pydantic_ai": pydantic_ai,
    "smeflow": smeflow,
    "run_many": run_many,
}


def main(name: str, url: str, n: int, concurrency: int) -> dict[str, object]:
    """Measure one peer once."""
    os.environ.update(LANGSMITH_TRACING="false", NO_PROXY="127.0.0.1")
    many = PEERS[name](url, concurrency)
    many(range(900000, 900000 + max(64, concurrency)))
    numbers = range(1, n + 1)
    before, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    read = many(numbers)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    cpu, ended = getattr(many, "measured", (usage.ru_utime + usage.ru_stime, time.perf_counter()))
    return {
        "peer": name,
        "n": n,
        "in_flight": concurrency,
        "cpu_ms": round((cpu - before.ru_utime - before.ru_stime) / n * 1000, 3),
        "per_second": round(n / (ended - began), 1),
        "peak_mb": round(usage.ru_maxrss / 1024, 1),
        "right": sum(right(i, r) for i, r in zip(numbers, read, strict=True)),
    }


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))), flush=True)
    os._exit(0)
