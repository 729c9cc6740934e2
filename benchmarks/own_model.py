"""Sort the labelled mails of the bundled recipe with the model inside smeflow alone, no rule and no example.

``python benchmarks/own_model.py``: the model must be there already (``smeflow model get``). It prints how
many labels are right, and how many are where the model itself finds them likely.
"""

import json
import os
import time
from pathlib import Path

from smeflow import Case, connect, read
from smeflow.llm.ask import ask
from smeflow.recipe.load import load
from smeflow.triage.step import label_question

RECIPE = Path(__file__).parent.parent / "recipes" / "mail-triage"
FROM = (0.0, 0.5, 0.7, 0.8, 0.9)


def main() -> None:
    """Ask about each mail once and print the sums."""
    step = load(RECIPE).entries[0].step
    model = connect("local")
    found: list[tuple[float, bool]] = []
    tokens = [0, 0, 0]
    began = time.monotonic()
    for line in (RECIPE / "labelled.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        case = Case.of(read(RECIPE / row["file"]))
        question = label_question(case, step.labels, [], "", room=6_000, many=step.many, details=step.details)
        asked = ask(model, question, step.answer)
        likely = (asked.reply.probabilities or {}).get("label", 0.0)
        found.append((likely, asked.value.label == row["label"]))
        usage = asked.reply.usage
        counted = (usage.input_tokens, usage.cached_input_tokens, usage.output_tokens)
        tokens = [before + now for before, now in zip(tokens, counted, strict=True)]
    seconds = time.monotonic() - began
    model.close()
    right = sum(right for _, right in found)
    print(f"{right} of {len(found)} mails right, {seconds / len(found):.1f} s each "
          f"(load {os.getloadavg()[0]:.1f}); tokens read {tokens[0]}, remembered {tokens[1]}, "
          f"written {tokens[2]}")  # fmt: skip
    for least in FROM:
        above = [right for likely, right in found if likely >= least]
        print(f"  found likely at {least:.0%} or more: {sum(above)} right, {len(above) - sum(above)} wrong")


if __name__ == "__main__":
    main()
