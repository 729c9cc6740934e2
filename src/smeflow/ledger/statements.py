"""Every statement the ledger runs, compiled once from the schema.

``python -m smeflow.ledger.statements`` writes them as SQL into ``sqlite.json`` beside this file; a test
compares the two. So opening a ledger costs no import of SQLAlchemy (0.7 s of CPU) and no compiling.
"""

import json
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Select,
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.sqlite.pysqlite import dialect
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlalchemy.sql import ClauseElement

from smeflow.ledger.call_sums import NOTHING, OF_RECIPE, PAID, WITH_ENDS, of_run, present, usages, word
from smeflow.ledger.schema import (
    SCHEMA_VERSION,
    audit,
    batches,
    booked,
    calls,
    claims,
    deliveries,
    effects,
    ends,
    items,
    kinds,
    metadata,
    places,
    results,
    reviews,
    runs,
)

ONE: Any = literal_column("1")
ORDER = (items.c.seq, items.c.nth, items.c.key)


LEASES = ("lease", "crc")
MOVES = (
    *LEASES,
    *(
        "state",
        "reason",
        "due_at",
        "parked_at",
        "takes",
        "parts",
        "plan",
        "outcome",
        "wanted",
        "tries",
        "ended_at",
    ),
)
"""What changes while an item is worked on. A statement that names no other leaves most indexes alone."""


def _writes() -> dict[str, ClauseElement]:
    statements: dict[str, ClauseElement] = {}
    for table in metadata.sorted_tables:
        keys = [c.name for c in table.primary_key]
        rest = [c.name for c in table.columns if c.name not in keys]
        inserted = rest if keys == ["id"] else [*keys, *rest]
        by_key = and_(*(table.c[k] == bindparam(f"{k}_") for k in keys))
        statements[f"add {table.name}"] = insert(table).values({n: bindparam(n) for n in inserted})
        statements[f"set {table.name}"] = update(table).where(by_key).values({n: bindparam(n) for n in rest})
        statements[f"get {table.name}"] = select(table).where(by_key)
        statements[f"all {table.name}"] = select(table)
        if [c.type.python_type for c in table.primary_key] == [int]:
            statements[f"last key of {table.name}"] = select(func.max(*table.primary_key))
        if table.name == "memory":
            statements["forget memory"] = delete(table).where(by_key)
    lasting = claims.c.passed == literal_column("2")  # rejected by a person
    statements["drop claims of item"] = delete(claims).where(claims.c.item == bindparam("item"), ~lasting)
    claimed = and_(items.c.id == bindparam("id_"), items.c.lease == bindparam("lease_"))
    for name, columns in (("set", items.c.keys()), ("move", MOVES), ("lease", LEASES)):
        values: dict[str, Any] = {c: bindparam(c) for c in columns if c != "id"}
        statements[f"{name} items"] = update(items).where(claimed).values(values)
    return statements


def _item_reads() -> dict[str, ClauseElement]:
    due = or_(
        items.c.due_at.is_(None), items.c.due_at <= bindparam("now"), items.c.parked_at > bindparam("now")
    )
    later = or_(
        items.c.seq > bindparam("seq"), and_(items.c.seq == bindparam("seq"), items.c.nth > bindparam("nth"))
    )
    ended = or_(*(items.c.state == word(s) for s in ("done", "review", "failed")))
    known = (
        items.c.id,
        items.c.key,
        items.c.version,
        items.c.state,
        items.c.source,
        items.c.name,
        items.c.media_type,
    )
    brief = (items.c.id, items.c.key, items.c.name, items.c.version, items.c.state)
    whole = items.c.parent.is_(None)  # no part of another
    source = items.c.source == bindparam("source")
    return {
        "lease of item": select(items.c.lease).where(items.c.id == bindparam("id_")),
        "item by key": select(items).where(OF_RECIPE, source, items.c.key == bindparam("key")),
        "items by version": select(items)
        .where(OF_RECIPE, items.c.version == bindparam("version"))
        .order_by(*ORDER),
        "items of recipe": select(items).where(OF_RECIPE).order_by(*ORDER),
        "items in state": select(items)
        .where(OF_RECIPE, items.c.state == bindparam("state"))
        .order_by(*ORDER),
        "children": select(items).where(items.c.parent == bindparam("parent")).order_by(*ORDER),
        "ready": select(items)
        .where(OF_RECIPE, items.c.state == word("open"), due, later)
        .order_by(*ORDER)
        .limit(bindparam("most"))
        .offset(NOTHING),
        "known": select(*known).where(OF_RECIPE, whole),
        "known of source": select(*brief).where(OF_RECIPE, source, whole),
        "known by key": select(*brief).where(OF_RECIPE, source, whole, items.c.key == bindparam("key")),
        "known by version": select(*brief)
        .where(OF_RECIPE, source, whole, items.c.version == bindparam("version"))
        .where(items.c.state != word("skipped"))
        .order_by(items.c.id)
        .limit(ONE)
        .offset(NOTHING),
        "last seq": select(func.coalesce(func.max(items.c.seq), NOTHING)).where(OF_RECIPE),
        "counts": select(items.c.state, func.count()).where(OF_RECIPE).group_by(items.c.state),
        "plans": select(items.c.plan, items.c.state, items.c.wanted, func.count())
        .where(OF_RECIPE, ended)
        .group_by(items.c.plan, items.c.state, items.c.wanted),
        "items by name": select(items)
        .where(OF_RECIPE, or_(items.c.key == bindparam("called"), items.c.name == bindparam("called")))
        .order_by(*ORDER),
        "recipes": select(items.c.recipe).distinct().order_by(items.c.recipe),
    }


def _review_reads() -> dict[str, ClauseElement]:
    """Give what reads decisions of people beyond one item."""
    result, record = (
        _latest_kind(kinds.c[name], reviews.c.item, reviews.c.step).scalar_subquery().label(name)
        for name in ("result", "record")
    )
    return {
        "corrections of recipe": select(reviews.c.step, reviews.c.after, result)
        .select_from(reviews.join(items, items.c.id == reviews.c.item))
        .where(items.c.recipe == bindparam("recipe"), reviews.c.action == word("correct"))
        .order_by(reviews.c.id),
        "approvals after": select(
            reviews.c.id, reviews.c.item, reviews.c.action, reviews.c.before, reviews.c.after, result, record
        )
        .where(reviews.c.id > bindparam("after"))
        .order_by(reviews.c.id),
        "comments on key": select(reviews.c.note)
        .select_from(reviews.join(items, items.c.id == reviews.c.item))
        .where(
            items.c.recipe == bindparam("recipe"),
            items.c.key == bindparam("key"),
            reviews.c.action == word("again"),
            reviews.c.note != word(""),
        )
        .order_by(reviews.c.id),
    }


def _latest_kind(wanted: Any, item: Any, step: Any) -> Select[Any]:
    """Read of which kind the newest result of a step is that names one."""
    return (
        select(wanted)
        .select_from(results.join(kinds, kinds.c.fingerprint == results.c.fingerprint))
        .where(results.c.item == item, results.c.step == step)
        .order_by(results.c.id.desc())
        .limit(ONE)
        .offset(NOTHING)
    )


def _history_reads() -> dict[str, ClauseElement]:
    return {
        "kind of result": select(kinds.c.step, kinds.c.result, kinds.c.record)
        .select_from(results.join(kinds, kinds.c.fingerprint == results.c.fingerprint))
        .where(results.c.id == bindparam("id_")),
        "kind of step": _latest_kind(kinds.c.step, bindparam("item"), bindparam("step")).add_columns(
            kinds.c.result, kinds.c.record
        ),
        "results of item": select(results).where(results.c.item == bindparam("item")).order_by(results.c.id),
        "values of recipe": select(results.c.item, results.c.id, results.c.value)
        .select_from(results.join(items, items.c.id == results.c.item))
        .where(OF_RECIPE, items.c.state == word("done"), items.c.version == results.c.version)
        .order_by(*ORDER, results.c.id),
        "reviews of item": select(reviews).where(reviews.c.item == bindparam("item")).order_by(reviews.c.id),
        "claims of item": select(claims).where(claims.c.item == bindparam("item")).order_by(claims.c.id),
        "claims alike": select(
            claims.c.id,
            claims.c.item,
            claims.c.value,
            claims.c.told,
            claims.c.passed,
            items.c.recipe,
            items.c.blob,
            items.c.state,
            items.c.seq,
            items.c.nth,
            items.c.name,
        )
        .select_from(claims.join(items, items.c.id == claims.c.item))
        .where(
            claims.c.rule == bindparam("rule"),
            claims.c.key == bindparam("key"),
            claims.c.item != bindparam("item"),
        )
        .order_by(claims.c.item),
        "batches of journal": select(batches)
        .where(batches.c.journal == bindparam("journal"))
        .order_by(batches.c.id),
        "booked in journal": select(booked)
        .select_from(booked.join(batches, batches.c.id == booked.c.batch))
        .where(batches.c.journal == bindparam("journal"))
        .order_by(booked.c.id),
        "booked of item": select(booked).where(booked.c.item == bindparam("item")).order_by(booked.c.id),
        "last run": select(runs).where(runs.c.recipe == bindparam("recipe")).order_by(runs.c.id.desc()),
        "recipes with runs": select(runs.c.recipe).distinct().order_by(runs.c.recipe),
        "runs of recipe": select(runs).where(runs.c.recipe == bindparam("recipe")).order_by(runs.c.id),
        "last deliveries": select(deliveries)
        .where(deliveries.c.recipe == bindparam("recipe"), deliveries.c.sink == bindparam("sink"))
        .order_by(deliveries.c.id.desc()),
    }


def _audit_reads() -> dict[str, ClauseElement]:
    return {
        "last audit": select(audit.c.n, audit.c.hash).order_by(audit.c.n.desc()),
        "first coverage": select(audit.c.n).where(
            or_(audit.c.kind.like(word("row %")), audit.c.kind.like(word("cover %")))
        ),
        "claims coverage": select(audit.c.n).where(
            or_(audit.c.kind.like(word("row claims %")), audit.c.kind.like(word('cover %"claims"%')))
        ),
        "salt of item": select(items.c.salt).where(items.c.id == bindparam("id_")),
        "salt of call": select(items.c.salt)
        .select_from(items.join(calls, calls.c.item == items.c.id))
        .where(calls.c.id == bindparam("id_")),
    }


def _place_reads() -> dict[str, ClauseElement]:
    of_source = and_(places.c.recipe == bindparam("recipe"), places.c.source == bindparam("source"))
    of_folder = and_(of_source, places.c.folder == bindparam("folder"))
    numbered = and_(of_folder, places.c.validity == bindparam("validity"))
    of_sink = and_(effects.c.recipe == bindparam("recipe"), effects.c.sink == bindparam("sink"))
    settled = and_(
        effects.c.item == items.c.id,
        of_sink,
        effects.c.kind == word("plan"),
        or_(effects.c.state == bindparam("state"), effects.c.state == word("acted")),
        effects.c.lease == items.c.lease,
    )
    acted = and_(
        effects.c.item.in_((items.c.id, items.c.parent)),
        of_sink,
        effects.c.kind != word("plan"),
        or_(effects.c.state == word("done"), effects.c.state == word("begun")),
    )
    return {
        "places of folder": select(places).where(of_folder).order_by(places.c.id),
        "places of key": select(places)
        .where(of_source, places.c.key == bindparam("key"))
        .order_by(places.c.id),
        "places of mark": select(places).where(of_source, places.c.mark == bindparam("mark")),
        "place at": select(places).where(numbered, places.c.uid == bindparam("uid")),
        "uids from": select(places.c.uid).where(numbered, places.c.uid >= bindparam("start")),
        "forget places": delete(places).where(of_folder),
        "unsettled": select(items)
        .where(
            OF_RECIPE,
            items.c.state == word("done"),
            items.c.parts.is_(None),
            ~select(effects.c.id).where(settled).exists(),
        )
        .order_by(*ORDER),
        "rejected with effects": select(items)
        .where(OF_RECIPE, items.c.state == word("skipped"), select(effects.c.id).where(acted).exists())
        .order_by(*ORDER),
        "effect by key": select(effects).where(effects.c.key == bindparam("key")),
        "effects of item": select(effects).where(effects.c.item == bindparam("item")).order_by(effects.c.id),
        "effects of recipe": select(effects)
        .where(effects.c.recipe == bindparam("recipe"))
        .order_by(effects.c.id),
        "effects in state": select(effects)
        .where(of_sink, effects.c.state == bindparam("state"))
        .order_by(effects.c.id),
        "effects sent": select(effects).where(
            effects.c.kind == bindparam("kind"), effects.c.at >= bindparam("since")
        ),
        "effects of run": select(effects).where(effects.c.run == bindparam("run")).order_by(effects.c.id),
    }


def _call_reads() -> dict[str, ClauseElement]:
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


def compiled() -> dict[str, Any]:
    """Give the tables, the columns of each and all statements as SQLite's SQL with ``:named`` parameters."""
    sqlite = dialect(paramstyle="named")
    tables = metadata.sorted_tables
    ddl: list[str] = []
    for table in tables:
        ddl.append(" ".join(str(CreateTable(table).compile(dialect=sqlite)).split()))
        ddl.extend(sorted(str(CreateIndex(i).compile(dialect=sqlite)) for i in table.indexes))
    statements = {
        **_writes(),
        **_item_reads(),
        **_history_reads(),
        **_audit_reads(),
        **_review_reads(),
        **_place_reads(),
        **_call_reads(),
    }
    return {
        "version": SCHEMA_VERSION,
        "tables": ddl,
        "columns": {t.name: [c.name for c in t.columns] for t in tables},
        "statements": {n: " ".join(str(s.compile(dialect=sqlite)).split()) for n, s in statements.items()},
    }


if __name__ == "__main__":
    file = Path(__file__).with_name("sqlite.json")
    file.write_text(json.dumps(compiled(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
