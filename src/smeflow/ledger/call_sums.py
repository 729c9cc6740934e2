"""What is read of calls, their ends and answers, and the sums a register of processing is made of."""

from typing import Any

from sqlalchemy import Select, bindparam, case, func, literal_column, or_, select
from sqlalchemy.sql import ClauseElement

from smeflow.ledger.schema import calls, ends, items, reviews

NOTHING: Any = literal_column("0")
ONE: Any = literal_column("1")
OF_RECIPE = items.c.recipe == bindparam("recipe")
WITH_ENDS = calls.outerjoin(ends, ends.c.call == calls.c.id)
PAID = func.coalesce(func.sum(case((ends.c.call.is_(None), calls.c.nanos), else_=ends.c.nanos)), NOTHING)
"""A call that never ended may have been answered: it counts as what was set aside for it."""


def word(text: str) -> Any:
    """Write *text* into a statement as it stands."""
    return literal_column(f"'{text}'")


def first_of(rows: Select[Any]) -> Select[Any]:
    """Ask for the first row alone: PostgreSQL would send them all."""
    return rows.limit(ONE).offset(NOTHING)


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


def call_reads() -> dict[str, ClauseElement]:
    """Give the statements that read calls."""
    answered = ends.c.state == word("answered")
    of_item = calls.c.item == bindparam("item")
    asked = func.coalesce(func.sum(case((ends.c.state == word("recalled"), NOTHING), else_=ONE)), NOTHING)
    paid: Select[Any] = select(asked, PAID, func.count(calls.c.item.distinct()))
    return {
        "calls of run": of_run(),
        "asked in run": select(func.count(calls.c.item.distinct()).label("items")).where(
            calls.c.run == bindparam("run")
        ),
        "calls of item": select(calls, *(c.label(f"end_{c.name}") for c in ends.columns))
        .select_from(WITH_ENDS)
        .where(of_item)
        .order_by(calls.c.id),
        "attempts": select(func.count()).select_from(calls).where(calls.c.key == bindparam("key")),
        "answered": select(ends.c.request_hash).where(answered),
        "reply": select(ends.c.reply)
        .select_from(calls.join(ends, ends.c.call == calls.c.id))
        .where(calls.c.key == bindparam("key"), or_(answered, ends.c.state == word("recalled"))),
        "recall": select(ends.c.reply)
        .select_from(ends.join(calls, calls.c.id == ends.c.call))
        .where(
            ends.c.request_hash == bindparam("request_hash"),
            answered,
            calls.c.provider == bindparam("provider"),
            calls.c.model == bindparam("model"),
        )
        .order_by(ends.c.call),
        "under way": select(func.count())
        .select_from(WITH_ENDS)
        .where(calls.c.run == bindparam("run"), ends.c.call.is_(None)),
        "unended": select(calls)
        .select_from(WITH_ENDS.join(items, items.c.id == calls.c.item))
        .where(OF_RECIPE, ends.c.call.is_(None)),
        "cost of item": paid.select_from(WITH_ENDS).where(of_item),
        "cost of recipe": paid.select_from(WITH_ENDS.join(items, items.c.id == calls.c.item)).where(
            OF_RECIPE
        ),
        "cost of present": present(asked),
        "usages of recipe": usages(),
        "cost of run": paid.select_from(WITH_ENDS).where(calls.c.run == bindparam("run")),
    }


def register_reads() -> dict[str, ClauseElement]:
    """Give the statements that sum up what a recipe took in, which models it asked, what people decided."""
    sums = [func.coalesce(func.sum(ends.c[name]), NOTHING) for name in ("input_tokens", "output_tokens")]
    sent = or_(ends.c.call.is_(None), ends.c.state != word("recalled"))
    return {
        "intake of recipe": select(
            items.c.media_type, func.count(), func.min(items.c.created_at), func.max(items.c.created_at)
        )
        .where(OF_RECIPE, items.c.parent.is_(None))
        .group_by(items.c.media_type)
        .order_by(items.c.media_type),
        "models of recipe": select(
            calls.c.provider,
            calls.c.model,
            func.count(),
            *sums,
            PAID,
            func.min(calls.c.at),
            func.max(calls.c.at),
        )
        .select_from(WITH_ENDS.join(items, items.c.id == calls.c.item))
        .where(OF_RECIPE, sent)
        .group_by(calls.c.provider, calls.c.model)
        .order_by(calls.c.provider, calls.c.model),
        "decisions of recipe": select(reviews.c.action, reviews.c.person, func.count())
        .select_from(reviews.join(items, items.c.id == reviews.c.item))
        .where(OF_RECIPE)
        .group_by(reviews.c.action, reviews.c.person)
        .order_by(reviews.c.action, reviews.c.person),
    }
