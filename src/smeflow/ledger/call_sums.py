"""What calls cost, as parts of statements: sums over attempts and their ends."""

from typing import Any

from sqlalchemy import Select, bindparam, case, func, literal_column, select

from smeflow.ledger.schema import calls, ends, items

NOTHING: Any = literal_column("0")
OF_RECIPE = items.c.recipe == bindparam("recipe")
WITH_ENDS = calls.outerjoin(ends, ends.c.call == calls.c.id)
PAID = func.coalesce(func.sum(case((ends.c.call.is_(None), calls.c.nanos), else_=ends.c.nanos)), NOTHING)
"""A call that never ended may have been answered: it counts as what was set aside for it."""


def word(text: str) -> Any:
    """Write *text* into a statement as it stands."""
    return literal_column(f"'{text}'")


def usages() -> Select[Any]:
    """Sum the calls of each item as it came in, for the version it has, by the model that was asked."""
    whole = func.coalesce(items.c.parent, items.c.id)
    sums = [func.coalesce(func.sum(ends.c[name]), NOTHING) for name in ("input_tokens", "output_tokens")]
    return (
        select(whole.label("item"), calls.c.provider, calls.c.model, func.count(), *sums, PAID)
        .select_from(WITH_ENDS.join(items, items.c.id == calls.c.item))
        .where(OF_RECIPE, ends.c.state != word("recalled"), calls.c.version == items.c.version)
        .group_by(whole, calls.c.provider, calls.c.model)
    )


def present(asked: Any) -> Select[Any]:
    """Sum the calls behind the answers that stand: those like the last one of the item and the step."""
    last, newest = calls.alias("last"), calls.alias("newest")
    last_id = (
        select(func.max(last.c.id))
        .where(last.c.item == calls.c.item, last.c.step == calls.c.step)
        .scalar_subquery()
    )
    alike = (newest.c.fingerprint == calls.c.fingerprint, newest.c.take == calls.c.take)
    return (
        select(calls.c.item, calls.c.step, calls.c.fingerprint, asked, PAID)
        .select_from(WITH_ENDS.join(items, items.c.id == calls.c.item).join(newest, newest.c.id == last_id))
        .where(OF_RECIPE, *alike)
        .group_by(calls.c.item, calls.c.step, calls.c.fingerprint)
    )


def of_run() -> Select[Any]:
    """Give the calls of a run in order, each with what is known of its end."""
    tokens = ("input_tokens", "output_tokens", "cached_tokens")
    told = ("state", "error", *tokens, "estimated", "cost", "currency")
    asked = ("attempt", "item", "step", "provider", "model")
    return (
        select(
            *[calls.c[name] for name in asked],
            *[ends.c[name] for name in told],
            ends.c.model.label("answered_by"),
            calls.c.at.label("begun_at"),
            ends.c.at.label("ended_at"),
        )
        .select_from(WITH_ENDS)
        .where(calls.c.run == bindparam("run"))
        .order_by(calls.c.id)
    )
