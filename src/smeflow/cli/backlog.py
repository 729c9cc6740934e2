"""What older mail would cost, before the first of it is read."""

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from smeflow.cli.exits import UsageProblem
from smeflow.cli.places import state_folder
from smeflow.cli.screen import Screen
from smeflow.i18n import Phrase, say

if TYPE_CHECKING:
    from smeflow.recipe.base import Recipe

INPUT_TOKENS = 4_000
"""What a question about a mail has at most: its text is cut before that."""
OUTPUT_TOKENS = 1_500


def tell_backlog(screen: Screen, recipe: "Recipe", state: Path) -> None:
    """Before the first run with ``since``, say how much older mail it reads and what that may cost."""
    from smeflow.errors import SourceError
    from smeflow.sources.mailbox import Mailbox

    source = recipe.source
    if not isinstance(source, Mailbox) or source.since is None or _began(recipe, state):
        return
    try:
        waiting = sum(n for _, _, n in counted(recipe, recipe.path, state))
    except SourceError:
        return  # the run that follows says so
    screen.note(say("{n} mails have arrived since {day}.", n=waiting, day=source.since))
    screen.note(cost_in_words(screen, recipe, waiting))


def counted(recipe: "Recipe", file: Path, state: Path | None) -> list[tuple[str, int, int]]:
    """Count for each folder the mails that are there and those a run would read; changes nothing."""
    from smeflow.ledger.ledger import Ledger
    from smeflow.ledger.places import Places
    from smeflow.mailboxes.connect import opened
    from smeflow.sources.mailbox import Mailbox

    source = recipe.source
    if not isinstance(source, Mailbox):
        raise UsageProblem(say("The recipe {recipe} reads no mailbox.", recipe=recipe.name))
    cursors = {}
    folder = state_folder(state, file)
    if (folder / "ledger.db").is_file():
        with Ledger.open(folder, create=False) as ledger:
            book = Places(ledger.store, recipe.name, source.name)
            cursors = {name: book.cursor(name) for name in source.folders}
    found = []
    with opened(source.account) as session:
        for name in source.folders:
            there, cursor = session.open(name), cursors.get(name)
            if cursor is not None and cursor.validity == there.validity:
                waiting = len(session.from_uid(cursor.following))
            else:
                waiting = len(session.since(source.since)) if source.since and cursor is None else 0
            found.append((name, there.mails, waiting))
    return found


def _began(recipe: "Recipe", state: Path) -> bool:
    from smeflow.ledger.ledger import Ledger

    if not (state / "ledger.db").is_file():
        return False
    with Ledger.open(state, create=False) as ledger:
        return bool(ledger.runs(recipe.name))


def cost_in_words(screen: Screen, recipe: "Recipe", mails: int) -> Phrase:
    """Say what *mails* may cost at most, with the model the recipe would ask."""
    from smeflow.cli.models import models_of

    paid = [one for one in models_of(recipe)[0].every if one.place.region != "local"]
    model = paid[0] if paid else None
    if model is None or model.place.region == "local":
        return say("They cost nothing: no paid model is asked.")
    if model.place.price is None:
        return say("What they cost is not known: no list has a price for {model}.", model=model.place.model)
    asking = sum(_asks(entry.step) for entry in recipe.entries)
    each = model.place.price.of(INPUT_TOKENS, OUTPUT_TOKENS)
    most = screen.amount(each.amount * asking * mails, each.currency)
    limit = recipe.budget.run
    stop = screen.amount(limit.amount, limit.currency) if limit is not None else say("no limit")
    return say(
        "With {model} they cost at most about {most}; the run ends at its budget ({limit}).",
        model=model.place.model,
        most=most,
        limit=stop,
    )


def _asks(step: object) -> Decimal:
    """Count the questions a step may put to a model for one mail."""
    if getattr(step, "instructions", "") or type(step).__name__ in ("Triage", "Extract"):
        return Decimal(1)
    return Decimal(0)
