"""Take one item as far as it can go. Whoever hands out items, threads or machines, calls this."""

from contextvars import ContextVar
from dataclasses import replace

from smeflow.errors import LedgerError
from smeflow.i18n import say
from smeflow.ledger.cases import bare_case
from smeflow.ledger.items import TakenOver
from smeflow.ledger.parts import split_into
from smeflow.ledger.results import Ending, finish
from smeflow.ledger.rows import ItemRow, Reason, State
from smeflow.runner.aside import set_aside
from smeflow.runner.desk import Desk
from smeflow.runner.halt import Halted
from smeflow.runner.parts_of import parts_of
from smeflow.runner.troubles import Scene, ending_for
from smeflow.runner.walk import Walk

WORKED_ON: ContextVar[str] = ContextVar("worked_on", default="")
"""The name of the item that is worked on here, for whoever watches what a step does."""


def work(desk: Desk, item: ItemRow) -> Ending | State | None:
    """Take a claimed item to its end, to a person, or to where the provider must answer first.

    Gives how it was left; None where nothing was written down: somebody else holds it now, or the run ends.
    Never raises for what happens to one item; what ends the run is told to ``desk.halt``.
    """
    WORKED_ON.set(item.name or item.key)
    walk: Walk | None = None
    try:
        try:
            case = bare_case(desk.store, item, desk.known, desk.parsed.read)
            parts = parts_of(case, desk.split) if desk.split and item.media_type else None
            if parts is not None:
                split_into(desk.store, item, parts)
                return "done"
            aside = set_aside(case, desk.entries) if item.media_type else None
            if aside is not None:
                reason = Reason(kind="status", phrases=(aside,))
                ending = Ending(state="skipped", reason=reason, plan=desk.plan)
            else:
                walk = Walk(desk, item, case)
                ending = walk.to_the_end()
        except TakenOver:
            return None
        except (Exception, Halted) as error:  # noqa: BLE001 - a step may raise anything
            found = ending_for(error, Scene(desk=desk, item=item, step=walk.step if walk else ""))
            if found is None:
                return None
            ending = _with(found, walk, desk, item)
        finish(desk.store, item, ending, desk.smeflow, lambda error: _lost(error, desk, item))
    except TakenOver:
        return None
    except Exception as error:  # noqa: BLE001 - the ledger itself failed: the run ends and says why
        _lost(error, desk, item)
        return None
    return ending


def _lost(error: BaseException, desk: Desk, item: ItemRow) -> None:
    """End the run when an item's end cannot be written; the item stays open and nothing is paid again."""
    if isinstance(error, TakenOver):
        return
    if ending_for(error, Scene(desk=desk, item=item, step="")) is not None:
        desk.halt.now(
            "broken", error=LedgerError(say("The ledger could not be written: {error}", error=error))
        )


def _with(ending: Ending, walk: Walk | None, desk: Desk, item: ItemRow) -> Ending:
    """Keep the results of the steps that did run. An item left open keeps what it was last ended with."""
    if ending.state == "open":
        new = walk.new if walk else ()
        return replace(ending, new=new, outcome=item.outcome, plan="", wanted=item.wanted)
    if walk is None:
        return replace(ending, plan=desk.plan)
    wanted = ending.wanted or walk.wanted
    return replace(ending, new=walk.new, wanted=wanted, plan=desk.plan, outcome=walk.outcome)
