"""Go through what waits for a person, one item after another, in the terminal."""

from typing import TYPE_CHECKING

import typer

from smeflow.cli.screen import Screen
from smeflow.errors import LedgerError
from smeflow.i18n import Phrase, say

if TYPE_CHECKING:
    from smeflow.ledger.ledger import Ledger
    from smeflow.ledger.rows import ItemRow

CHOICES: tuple[tuple[str, Phrase], ...] = (
    ("a", say("approve")),
    ("c", say("correct a value")),
    ("r", say("reject")),
    ("g", say("ask again")),
    ("s", say("later")),
    ("q", say("end")),
)


def go_through(screen: Screen, ledger: "Ledger", recipe: str, person: str) -> None:
    """Show every waiting item and take a decision on it; each is written down at once."""
    from smeflow.cli.show import show_item
    from smeflow.review.waiting import waiting

    rows = waiting(ledger, recipe)
    if not rows:
        screen.print(say("Nothing waits for a person."), style="green")
    for number, row in enumerate(rows, 1):
        screen.out.rule(f"{number}/{len(rows)}", style="bright_black")
        show_item(ledger, row, screen)
        screen.print()
        if not _decide(screen, ledger, row, person):
            break


def _decide(screen: Screen, ledger: "Ledger", row: "ItemRow", person: str) -> bool:
    """Ask what to do until something is done; False ends the review."""
    while True:
        screen.note("   ".join(f"[{key}] {screen.text(word)}" for key, word in CHOICES))
        key = (
            str(typer.prompt("", default="s", prompt_suffix="> ", show_default=False, err=True))
            .strip()
            .lower()[:1]
        )
        try:
            if key in ("s", "q"):
                return key == "s"
            if _do(screen, ledger, row, person, key):
                return True
        except (LedgerError, ValueError) as error:
            phrase = getattr(error, "phrase", None)
            screen.note(phrase if phrase is not None else str(error), style="red")


def _do(screen: Screen, ledger: "Ledger", row: "ItemRow", person: str, key: str) -> bool:
    """Write one decision down; False where the key means nothing."""
    from smeflow.cli.places import steps_of
    from smeflow.review.decide import approve, ask_again, correct, reject

    if key == "a":
        checked = _ask(screen, say("How did you check it?")) if row.reason.kind == "between" else ""
        wanted = None
        if row.reason.kind == "undecided":
            question = screen.text(say("Is the step {step} wanted?", step=row.reason.step))
            wanted = typer.confirm(question, err=True)
        approve(ledger, row, person, checked, wanted=wanted)
    elif key == "r":
        reject(ledger, row, person, _ask(screen, say("Why?")))
    elif key == "g":
        ask_again(ledger, row, person)
    elif key == "c":
        changes = _changes(screen)
        if not changes:
            return False
        correct(ledger, row, steps_of(row.recipe, ledger.store.folder, None), changes, person)
    else:
        return False
    screen.note(say("Kept. The next run goes on with it."), style="green")
    return True


def _changes(screen: Screen) -> dict[str, str]:
    found: dict[str, str] = {}
    while written := _ask(screen, say("FIELD=VALUE (empty: done)")):
        field, mark, value = written.partition("=")
        if mark and field.strip():
            found[field.strip()] = value.strip()
    return found


def _ask(screen: Screen, what: Phrase) -> str:
    return str(typer.prompt(screen.text(what), default="", show_default=False, err=True)).strip()
