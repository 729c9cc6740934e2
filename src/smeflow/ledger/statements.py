"""Every statement the ledger runs, compiled once from the schema.

``python -m smeflow.ledger.statements`` writes them as SQL into ``sqlite.json`` and ``postgres.json`` beside
this file; a test compares them. So opening a ledger costs no import of SQLAlchemy (0.7 s of CPU) and no
compiling. What the two databases are asked differs in one thing: SQLite numbers a new row itself, and
PostgreSQL is told the number that SQLite would give, so that a ledger is the same in either.
"""

import json
from pathlib import Path
from typing import Any

from sqlalchemy import (
    MetaData,
    Select,
    Table,
    and_,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.postgresql.psycopg2 import PGDialect_psycopg2
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlalchemy.sql import ClauseElement

from smeflow.ledger.call_sums import NOTHING, OF_RECIPE, ONE, call_reads, first_of, register_reads, word
from smeflow.ledger.schema import (
    SCHEMA_VERSION,
    audit,
    batches,
    blobs,
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
        statements[f"copy {table.name}"] = insert(table).values({n: bindparam(n) for n in (*keys, *rest)})
        statements[f"get {table.name}"] = select(table).where(by_key)
        statements[f"all {table.name}"] = select(table).order_by(*table.primary_key)
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
    known = [items.c[n] for n in ("id", "key", "version", "state", "source", "name", "media_type")]
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
        "ended since": select(func.count()).where(OF_RECIPE, items.c.ended_at >= bindparam("since")),
        "oldest open": select(func.min(items.c.created_at)).where(OF_RECIPE, items.c.state == word("open")),
        "next due": select(func.min(items.c.due_at)).where(
            OF_RECIPE, items.c.state == word("open"), items.c.due_at > bindparam("now")
        ),
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
        "items decided": select(items)
        .where(OF_RECIPE, items.c.id.in_(select(reviews.c.item).where(reviews.c.step == bindparam("step"))))
        .order_by(*ORDER),
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
        "last run": first_of(
            select(runs).where(runs.c.recipe == bindparam("recipe")).order_by(runs.c.id.desc())
        ),
        "recipes with runs": select(runs.c.recipe).distinct().order_by(runs.c.recipe),
        "runs of recipe": select(runs).where(runs.c.recipe == bindparam("recipe")).order_by(runs.c.id),
        "last deliveries": first_of(
            select(deliveries)
            .where(deliveries.c.recipe == bindparam("recipe"), deliveries.c.sink == bindparam("sink"))
            .order_by(deliveries.c.id.desc())
        ),
        "size of blob": select(blobs.c.size).where(blobs.c.sha256 == bindparam("sha256_")),
    }


def _audit_reads() -> dict[str, ClauseElement]:
    return {
        "last audit": first_of(select(audit.c.n, audit.c.hash).order_by(audit.c.n.desc())),
        "first coverage": first_of(
            select(audit.c.n).where(or_(audit.c.kind.like(word("row %")), audit.c.kind.like(word("cover %"))))
        ),
        "claims coverage": first_of(
            select(audit.c.n).where(
                or_(audit.c.kind.like(word("row claims %")), audit.c.kind.like(word('cover %"claims"%')))
            )
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


DIALECTS: dict[str, Dialect] = {
    "sqlite": SQLiteDialect_pysqlite(paramstyle="named"),
    "postgres": PGDialect_psycopg2(paramstyle="pyformat"),  # type: ignore[no-untyped-call]
}
"""By the name of the file the statements are written into."""
LARGEST_ROW = {"sqlite": 16_384, "postgres": None}
"""From how many bytes on a document is a file beside the ledger: its rows are read whole to be checked."""


def _numbering_inserts() -> dict[str, ClauseElement]:
    """Number each new row behind the last one, as SQLite does; whoever writes writes alone."""
    statements: dict[str, ClauseElement] = {}
    for table in metadata.sorted_tables:
        (key,) = table.primary_key
        if key.type.python_type is not int or table is audit:
            continue
        values: dict[str, Any] = {c.name: bindparam(c.name) for c in table.columns}
        if key.name == "id":
            values["id"] = select(func.coalesce(func.max(key), NOTHING) + ONE).scalar_subquery()
        statements[f"add {table.name}"] = insert(table).values(values).returning(key)
    # Whoever was given up as dead may have an answer all the same: what was paid is true.
    late = postgres_insert(ends).values({c.name: bindparam(c.name) for c in ends.columns})
    told = {c.name: late.excluded[c.name] for c in ends.columns if c.name != "call"}
    written_over = late.on_conflict_do_update(index_elements=["call"], set_=told)
    statements["add ends"] = written_over.returning(ends.c.call)
    return statements


def _without_sequences(table: Table) -> Table:
    """Copy *table* so that PostgreSQL numbers no row by itself: its sequences leave gaps."""
    copy = table.to_metadata(MetaData())
    for key in copy.primary_key:
        key.autoincrement = False
    return copy


def compiled(name: str = "sqlite") -> dict[str, Any]:
    """Give the tables, the columns of each and all statements in the SQL of the database called *name*.

    Parameters are ``:named`` for SQLite and ``%(named)s`` for PostgreSQL.
    """
    dialect, tables = DIALECTS[name], metadata.sorted_tables
    ddl: list[str] = []
    for table in tables:
        made = table if name == "sqlite" else _without_sequences(table)
        ddl.append(" ".join(str(CreateTable(made).compile(dialect=dialect)).split()))
        ddl.extend(sorted(str(CreateIndex(i).compile(dialect=dialect)) for i in table.indexes))
    statements = {
        **_writes(),
        **_item_reads(),
        **_history_reads(),
        **_audit_reads(),
        **_review_reads(),
        **_place_reads(),
        **call_reads(),
        **register_reads(),
        **(_numbering_inserts() if name == "postgres" else {}),
    }
    return {
        "version": SCHEMA_VERSION,
        "largest_row": LARGEST_ROW[name],
        "tables": ddl,
        "columns": {t.name: [c.name for c in t.columns] for t in tables},
        "statements": {n: " ".join(str(s.compile(dialect=dialect)).split()) for n, s in statements.items()},
    }


if __name__ == "__main__":
    for dialect_name in DIALECTS:
        file = Path(__file__).with_name(f"{dialect_name}.json")
        text = json.dumps(compiled(dialect_name), indent=1, ensure_ascii=False)
        file.write_text(text + "\n", encoding="utf-8")
