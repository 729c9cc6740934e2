"""The demo's second act: fetch the model, ask it about what was left for one, print what that changed."""

import importlib.util
import os
import time
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smeflow.cli.consent import ask_once
from smeflow.cli.screen import Column, Screen
from smeflow.errors import SmeflowError
from smeflow.field_names import field_name
from smeflow.i18n import Phrase, say

if TYPE_CHECKING:
    from smeflow.cli.progress import Watching
    from smeflow.cli.sparing import Sparing
    from smeflow.ledger.ledger import Ledger
    from smeflow.ledger.rows import ItemRow
    from smeflow.llm.base import Connected

SECONDS = 420.0
"""How long the model is asked, from the act's beginning; what is under way then is ended."""
AT_LEAST_SECONDS = 20.0
"""What a question has that is asked just before the end."""
QUESTIONS = {"Printed": 6, "Sorted": 8, "Written": 2, "Repaired": 2}
"""How many questions of a kind it is asked at most: six documents, eight mails, the prose of two reports."""
OWN = ("", "auto", "local")


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One item that wanted a model, before or after."""

    recipe: str
    name: str
    state: str
    why: str
    results: dict[str, Any]


def model_for(screen: Screen, name: str, folder: Path) -> "Connected | None":
    """Connect to the model called *name*, fetching ours first; where it cannot be had, None and a word."""
    from smeflow.llm.connect import connect

    try:
        if name in OWN and not _ours(screen):
            return None
        found = connect("local" if name in OWN else name)
        ask_once(screen, [found], folder)
        return found
    except SmeflowError as error:
        screen.print(error.phrase, style="yellow")
        _stays(screen)
        return None


def _ours(screen: Screen) -> bool:
    """Have the model inside smeflow at hand."""
    from smeflow.cli.fetching import fetched, told_of
    from smeflow.llm.local.catalogue import CATALOGUE, USUAL
    from smeflow.llm.local.model import usual
    from smeflow.llm.local.store import Store

    if importlib.util.find_spec("xllamacpp") is None:
        screen.print(
            say('What runs a model here is not installed. It comes with: pip install "smeflow[local]"')
        )
        _stays(screen)
        return False
    if usual(Store.of()) is None:
        screen.print(
            say("The model is fetched now. Ctrl-C stops here, and SMEFLOW_MODEL=none leaves this act out.")
        )
        told_of(screen, fetched(screen, CATALOGUE[USUAL]), CATALOGUE[USUAL])
        screen.print()
    return True


def _stays(screen: Screen) -> None:
    screen.print(say("There is no second act here; what the first gave stays."))


def sparing(llm: "Connected") -> "Sparing":
    """Have the model end in time."""
    from smeflow.cli.sparing import Sparing

    return Sparing(inner=llm, seconds=SECONDS, at_least_seconds=AT_LEAST_SECONDS, questions=QUESTIONS)


def watched(asked: "Sparing", most: int) -> "Watching":
    """Tell which item is asked about, how many of at most *most* that makes, and how long it goes on."""

    def told() -> tuple[str, Phrase] | None:
        name = asked.under_way
        if not name:
            return None
        left = timedelta(seconds=max(0, round(asked.seconds_left)))
        return name, say("{time} left; asking about {name} ({n} of at most {most})",
                         name=name, n=len(asked.items), most=most, time=left)  # fmt: skip

    return told


def in_order(recipes: list[Path], before: "dict[tuple[str, str], Seen]") -> list[Path]:
    """Give the recipes that left something for a model: documents first, then mails, then prose."""
    from smeflow.recipe.load import load

    left = {recipe for recipe, _ in before}
    found: list[tuple[int, Path]] = []
    for file in recipes:
        try:
            recipe = load(file, environ=os.environ)
        except SmeflowError:  # it needs an extra that is not there, and was left out of the first act too
            continue
        kinds = {type(entry.step).__name__ for entry in recipe.entries}
        rank = 0 if "Extract" in kinds else 1 if "Triage" in kinds else 2
        found += [(rank, file)] if recipe.name in left else []
    return [file for _, file in sorted(found, key=lambda one: one[0])]


def wanted(screen: Screen, recipes: list[Path]) -> dict[tuple[str, str], Seen]:
    """Give the items that wanted a model, as they stand now."""
    from smeflow.cli.places import open_ledger

    found: dict[tuple[str, str], Seen] = {}
    if recipes:
        with open_ledger(None, recipes[0]) as ledger:
            for row in ledger.items():
                if row.wanted:
                    found[row.recipe, row.key] = seen(screen, ledger, row)
    return found


def seen(screen: Screen, ledger: "Ledger", row: "ItemRow") -> Seen:
    """Note an item as it stands."""
    from smeflow.cli.show import current
    from smeflow.cli.status import why

    return Seen(
        recipe=row.recipe,
        name=row.name or row.key,
        state=row.state,
        why=why(screen, row, ledger),
        results=current(ledger, row),
    )


def tell_changes(
    screen: Screen, recipes: list[Path], before: dict[tuple[str, str], Seen], llm: Any, began: float
) -> None:
    """Print, for each item the model was asked about, what its word added."""
    from smeflow.cli.places import open_ledger

    columns = [
        Column(heading=say("item"), style="cyan", ratio=2),
        Column(heading=say("before"), wrap=False),
        Column(heading=say("now"), wrap=False),
        Column(heading=say("what the model added"), ratio=3),
    ]
    with open_ledger(None, recipes[0]) as ledger:
        rows = {(row.recipe, row.key): row for row in ledger.items()}
        after = {key: seen(screen, ledger, rows[key]) for key in before if key in rows}
    cells = [
        (one.name, screen.state(one.state), screen.state(after[key].state), added(screen, one, after[key]))
        for key, one in before.items()
        if key in after
    ]
    screen.print(screen.table(columns, cells))
    seconds = screen.number(Decimal(f"{time.monotonic() - began:.0f}"))
    left = max(llm.left_out, len(before) - len(llm.items))  # recipes it had no time for asked nothing
    screen.print()
    screen.print(
        say("{n} questions in {seconds} s; {left} were left out.",
            n=llm.asked, seconds=seconds, left=left)
    )  # fmt: skip
    screen.print(say("Nothing is proven by the model's word alone: what it filled in waits for a person."))


def added(screen: Screen, before: Seen, after: Seen) -> str:
    """Say in a few words what is there now and was not."""
    told: list[object] = []
    for step, value in after.results.items():
        if isinstance(value, dict) and value != before.results.get(step):
            told += _of_result(screen, before.results.get(step) or {}, value)
    return "; ".join(screen.text(one) for one in told) or screen.text(say("nothing"))


def _of_result(screen: Screen, before: Any, now: dict[str, Any]) -> list[Phrase | str]:
    if now.get("label") and now.get("label") != before.get("label"):
        return [str(now["label"])]
    if isinstance(now.get("fields"), dict):
        old = before.get("fields") or {}
        return [
            f"{screen.text(field_name(name))}: {one.get('value')}"
            for name, one in now["fields"].items()
            if isinstance(one, dict) and one.get("reader") == "model" and name not in old
        ]
    if now.get("reader") == "model" and now.get("text"):
        text = " ".join(str(now["text"]).split())
        return [f"« {text[:160]}… »" if len(text) > 160 else f"« {text} »"]
    return []
