"""``smeflow undo``: take back what a run did in a mailbox."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from smeflow.cli.arguments import State, find_recipe, open_ledger
from smeflow.cli.console import Screen, ScreenColumn
from smeflow.cli.exits import UsageProblem
from smeflow.i18n import Phrase, say
from smeflow.kinds.mailbox import describe_effect

if TYPE_CHECKING:
    from smeflow.ledger.ledger import Ledger


def undo(
    ctx: typer.Context,
    run: Annotated[
        int | None,
        typer.Argument(metavar="RUN", help="The run's number; without one, the runs that did something."),
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="The recipe's file, where it is elsewhere.")
    ] = None,
    state: State = None,
) -> None:
    """Move mails back and take marks away that a run set. What a person changed since stays."""
    from smeflow.kinds.sinks import ActingSink
    from smeflow.mail.effects import effects_done_by
    from smeflow.mail.effects import undo_run as take_back

    screen: Screen = ctx.obj
    with open_ledger(state, Path.cwd()) as ledger:
        if run is None:
            _list(screen, ledger)
            return
        standing = effects_done_by(ledger.store, run)
        if not standing:
            raise UsageProblem(
                say("Run {run} did nothing that could be undone. List the runs with: smeflow undo", run=run)
            )
        recipe = find_recipe(standing[0][0].recipe, state, file)
        sink = next((s for s in recipe.sinks if isinstance(s, ActingSink) and s.account is not None), None)
        if sink is None or sink.account is None:
            raise UsageProblem(
                say("The recipe {recipe} has no mailbox any more to undo anything in.", recipe=recipe.name)
            )
        left: Counter[Phrase | None] = Counter()
        for undone in take_back(ledger.store, run, sink.account, sink.name):
            left[undone.left] += 1
            if undone.left is not None:
                screen.note(f"{undone.item.name}: {screen.text(undone.left)}", style="yellow")
        screen.print(
            say("Undone: {n}. Left as they are: {left}.", n=left[None], left=left.total() - left[None])
        )


def _list(screen: Screen, ledger: "Ledger") -> None:
    from smeflow.mail.effects import effects_done_by

    rows = []
    for row in reversed(ledger.runs()):
        counted = Counter(
            screen.text(describe_effect(effect.effect)) for _, effect in effects_done_by(ledger.store, row.id)
        )
        if counted:
            what = "; ".join(f"{n} × {word}" for word, n in counted.most_common(5))
            rows.append((str(row.id), row.started_at, row.recipe, what))
    if not rows:
        screen.print(say("No run has done anything in a mailbox that still stands."))
        return
    columns = [
        ScreenColumn(heading=say("run"), right=True),
        ScreenColumn(heading=say("begun")),
        ScreenColumn(heading=say("recipe")),
        ScreenColumn(heading=say("did")),
    ]
    screen.print(screen.table(columns, rows))
