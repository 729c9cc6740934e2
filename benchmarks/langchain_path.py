"""Measure what smeflow's way through LangChain costs over LangChain itself, in CPU.

``python benchmarks/langchain_path.py``: both ask the same loopback provider, one call after the other, in
interleaved rounds; the figure is the median of the rounds' differences.
"""

import statistics
import sys
import time

from langchain.chat_models import init_chat_model
from step_path import provider
from task import SYSTEM, Invoice, text

from smeflow.llm.ask import AnswerForm, Prompt, ask
from smeflow.llm.langchain import LangChainLLM


def cpu_ms(call, n: int) -> float:
    """Give the CPU of one call in milliseconds, over all threads."""
    began = time.process_time()
    for number in range(n):
        call(number)
    return (time.process_time() - began) * 1000 / n


def main(n: int, rounds: int) -> None:
    """Print both, and the difference."""
    with provider(0) as url:
        model = init_chat_model("oracle", model_provider="openai", base_url=url, api_key="sk-x",
                                max_retries=0,
                                temperature=0, use_responses_api=False)  # fmt: skip
        alone = model.with_structured_output(Invoice, method="json_schema", include_raw=True)
        ours, answer = LangChainLLM(model), AnswerForm.of(Invoice)

        def by_langchain(number: int) -> None:
            alone.invoke([("system", SYSTEM), ("user", text(number))])

        def by_us(number: int) -> None:
            ask(ours, Prompt(SYSTEM, text(number)), answer)

        for call in (by_langchain, by_us):
            cpu_ms(call, 20)
        pairs = [(cpu_ms(by_langchain, n), cpu_ms(by_us, n)) for _ in range(rounds)]
    over = statistics.median(b - a for a, b in pairs)
    first, second = (statistics.median(x) for x in zip(*pairs, strict=True))
    print(f"{n} calls, {rounds} rounds: LangChain {first:.2f} ms CPU a call, through smeflow {second:.2f}, "
          f"over it {over:+.2f} ms (goal: at most 0.5)")  # fmt: skip


if __name__ == "__main__":
    main(*((50, 3) if "--quick" in sys.argv else (200, 9)))
