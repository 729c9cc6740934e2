"""The sink `sql`: a row for each finished item in a table of a database, by way of the ledger's outbox.

Each row is written in a transaction of its own and named by its recipe and its item, so that whatever a crash
repeats gives the same row. It is written anew when its item changes and deleted when its item is rejected or
``when`` no longer lets it out; nothing else is ever deleted.
"""

import json
import threading
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationInfo, field_validator

from smeflow._optional import import_extra
from smeflow._text import hash_of
from smeflow.errors import MissingExtra, SinkError
from smeflow.expressions.language import Expression
from smeflow.files.results import to_json_value
from smeflow.i18n import say
from smeflow.kinds.recipe_context import ExpressionText, RecipeContext
from smeflow.kinds.sinks import DeliveryAnswer, Parcel, SinkItem
from smeflow.money import Money
from smeflow.values.cells import Cell, cell_of, text_of

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine, Table

RECIPE, ITEM, DELIVERY = "recipe", "item", "delivery"
"""A row is named by its recipe and its item, and tells which delivery wrote it."""
OWN = (RECIPE, ITEM, DELIVERY)
RETRACTED = "item.retracted"
_NAME = r"^[A-Za-z_][A-Za-z0-9_]{0,62}(\.[A-Za-z_][A-Za-z0-9_]{0,62})?$"
_SQLITE, _POSTGRES = "sqlite:///", ("postgresql", "postgres", "postgresql+psycopg")
_BUSY_SECONDS = 20


class SqlRows(BaseModel):
    """Keeps a row for each finished item in a table of SQLite or PostgreSQL: ``sql: invoices``.

    The table has the columns ``recipe``, ``item`` and ``delivery`` besides your own. A row is written anew
    when its item changes, and deleted only when its item is rejected since, or ``when`` leaves it out now.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    sql: str = Field(pattern=_NAME)
    """The table, or SCHEMA.TABLE."""
    url: str
    """``${SHOP_DB}``: ``postgresql://user:password@host/base`` in a variable that ``smeflow.toml`` names, or
    ``sqlite:///out/shop.db``, relative to the recipe."""
    columns: dict[str, ExpressionText] = Field(min_length=1)
    """What is written, by column, each an expression: ``{total: invoice.record.total_gross}``."""
    when: ExpressionText | None = None
    """Only items for which this holds."""
    create: bool = False
    """Whether the table is made where there is none; else the run says how to make it."""
    _path: Path | None = PrivateAttr(default=None)
    _columns: Mapping[str, Expression] = PrivateAttr(default_factory=dict)
    _types: Mapping[str, Any] = PrivateAttr(default_factory=dict)
    _when: Expression | None = PrivateAttr(default=None)
    _lock: Any = PrivateAttr(default_factory=threading.Lock)
    _open: Any = PrivateAttr(default=None)

    @field_validator("url")
    @classmethod
    def _is_known(cls, url: str, info: ValidationInfo) -> str:
        if url.startswith(_SQLITE):
            RecipeContext.of(info.context).path(url.removeprefix(_SQLITE))
        elif urlsplit(url).scheme not in _POSTGRES or not urlsplit(url).hostname:
            raise ValueError(say("write the address of the database: postgresql://… or sqlite:///FILE"))
        return url

    @field_validator("columns")
    @classmethod
    def _are_names(cls, columns: dict[str, str]) -> dict[str, str]:
        for name in columns:
            if name.lower() in OWN:
                raise ValueError(say("the column {name} is written by smeflow itself", name=name))
            if not name.isidentifier() or not name.isascii() or len(name) > 63:
                raise ValueError(say("{name} is no name of a column: letters, digits and _", name=name))
        return columns

    def model_post_init(self, context: Any, /) -> None:
        """Find the file and compile what is written."""
        recipe = RecipeContext.of(context)
        if self.url.startswith(_SQLITE):
            self._path = recipe.path(self.url.removeprefix(_SQLITE)).resolve()
        self._columns = {name: recipe.compile(text) for name, text in self.columns.items()}
        known = recipe.type_of or (lambda _: None)
        self._types = {name: known(text) for name, text in self.columns.items()}
        self._when = recipe.compile(self.when) if self.when else None

    @property
    def name(self) -> str:
        """The table and its database, without user and password."""
        if self._path is not None:
            return f"{self.sql} @ {self.url.removeprefix(_SQLITE)}"
        parts = urlsplit(self.url)
        port = f":{parts.port}" if parts.port else ""
        return f"{self.sql} @ {parts.hostname}{port}{parts.path}"

    @property
    def path(self) -> Path | None:
        """Where the database lies, if it is a file."""
        return self._path

    def parcel(self, item: SinkItem) -> Parcel | None:
        """Give the row of an item; None where the condition leaves it out."""
        if self._when is not None and self._when(item.case) is not True:
            return None
        values = {name: _value_of(expression(item.case)) for name, expression in self._columns.items()}
        shown = {name: to_json_value(value) for name, value in values.items()}
        mark = hash_of([self.name, item.recipe, item.key, item.version, shown])[:32]
        content = {RECIPE: item.recipe, ITEM: item.key, "values": values}
        return Parcel(id=f"row_{mark}", content=content, to=self.name)

    def retraction(self, item: SinkItem, delivered: str) -> Parcel:
        """Give what deletes the row that the delivery *delivered* wrote."""
        content = {"type": RETRACTED, RECIPE: item.recipe, ITEM: item.key}
        return Parcel(id=f"ret_{hash_of([self.name, delivered])[:32]}", content=content, to=self.name)

    def deliver(self, parcel: Parcel, corrects: str, at: int) -> DeliveryAnswer:
        """Write the row, or delete it, in one transaction; again it changes nothing.

        Raises:
            SinkError: The table or a column is missing, or the driver; the message says what to do.
        """
        from sqlalchemy.exc import DBAPIError, OperationalError

        try:
            database = self._database()
            with database.turn, database.engine.begin() as connection:
                self._write(connection, database.table, parcel, corrects)
        except _Misfit as error:
            return DeliveryAnswer(status=422, reason=str(error))
        except OperationalError as error:  # it is away, or busy: the next try may find it
            return DeliveryAnswer(status=503, reason=_first_line(error.orig))
        except DBAPIError as error:
            return DeliveryAnswer(status=422, reason=_first_line(error.orig))
        return DeliveryAnswer(status=200)

    def _write(self, connection: "Connection", table: "Table", parcel: Parcel, corrects: str) -> None:
        content, own = parcel.content, table.c
        ours = own[RECIPE] == content[RECIPE]
        same = own[ITEM] == content[ITEM]
        if content.get("type") == RETRACTED:
            connection.execute(table.delete().where(ours, same | (own[DELIVERY] == corrects)))
            return
        if corrects:  # the item has another name now: this row takes the place of the one it had
            connection.execute(table.delete().where(ours, ~same, own[DELIVERY] == corrects))
        row = {name: _fit(name, value, own[name].type) for name, value in content["values"].items()}
        row[DELIVERY] = parcel.id
        if not connection.execute(table.update().where(ours, same).values(row)).rowcount:
            key = {RECIPE: content[RECIPE], ITEM: content[ITEM]}
            connection.execute(table.insert().values({**key, **row}))

    def _database(self) -> "_Database":
        with self._lock:
            if self._open is None:
                self._open = self._opened()
            opened: _Database = self._open
            return opened

    def _opened(self) -> "_Database":
        """Connect, and look whether the table is as it must be."""
        from sqlalchemy import MetaData, Table, create_engine, inspect
        from sqlalchemy.schema import CreateTable

        turn = threading.Lock() if self._path is not None else threading.Semaphore(5)
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            engine = create_engine(f"sqlite:///{self._path}", connect_args={"timeout": _BUSY_SECONDS})
        else:
            try:
                import_extra("psycopg", "postgres")
            except MissingExtra as error:
                raise SinkError(error.phrase) from error
            address = f"postgresql+psycopg://{self.url.partition('://')[2]}"
            limits = {"connect_timeout": _BUSY_SECONDS}
            engine = create_engine(address, pool_pre_ping=True, connect_args=limits)
        schema, _, name = self.sql.rpartition(".")
        wanted = self._wanted(engine.dialect.name, name, schema or None)
        ddl = str(CreateTable(wanted).compile(dialect=engine.dialect)).strip()
        if not inspect(engine).has_table(name, schema=schema or None):
            if not self.create:
                raise SinkError(
                    say(
                        "{to}: there is no such table. Write create: true, or make it:\n{ddl}",
                        to=self.name,
                        ddl=ddl,
                    )
                )
            wanted.create(engine, checkfirst=True)
        table = Table(name, MetaData(), schema=schema or None, autoload_with=engine)
        missing = [column for column in wanted.c.keys() if column not in table.c]  # noqa: SIM118 - no mapping
        if missing:
            raise SinkError(
                say(
                    "{to}: the table lacks the columns {names}. Add them; a new table is made so:\n{ddl}",
                    to=self.name,
                    names=", ".join(missing),
                    ddl=ddl,
                )
            )
        return _Database(engine, table, turn)

    def _wanted(self, dialect: str, name: str, schema: str | None) -> "Table":
        from sqlalchemy import Column, MetaData, Table, Text

        own = [Column(each, Text, primary_key=each != DELIVERY, nullable=False) for each in OWN]
        columns = [Column(each, _type_for(self._types[each], dialect)) for each in self.columns]
        return Table(name, MetaData(), *own, *columns, schema=schema)


class _Database:
    """An open database, its table, and how many may write to it at once."""

    def __init__(self, engine: "Engine", table: "Table", turn: Any) -> None:
        self.engine, self.table, self.turn = engine, table, turn


class _Misfit(Exception):
    """A value does not fit its column; its text says which."""


def _value_of(value: object) -> Cell:
    """Take a value as one of a row, text without what no database takes; what has parts is kept as JSON."""
    if isinstance(value, BaseModel | Mapping) or (
        isinstance(value, list | tuple) and any(isinstance(member, BaseModel) for member in value)
    ):
        value = json.dumps(to_json_value(value), ensure_ascii=False, sort_keys=True)
    cell = cell_of(value)
    return cell.replace("\0", "").encode("utf-8", "replace").decode() if isinstance(cell, str) else cell


def _type_for(kind: object, dialect: str) -> Any:
    """Choose the type of a new column. SQLite would make a binary fraction of an amount: there it is text."""
    from sqlalchemy import BigInteger, Boolean, Date, DateTime, Numeric, Text

    if kind is Decimal or kind is Money:
        return Text() if dialect == "sqlite" else Numeric()
    types: Mapping[object, Any] = {
        bool: Boolean(),
        int: BigInteger(),
        date: Date(),
        datetime: DateTime(timezone=True),
    }
    return types.get(kind, Text()) if isinstance(kind, type) else Text()


def _fit(name: str, value: Cell, column: Any) -> Any:
    """Give *value* as its column takes it; text is written as files have it.

    Raises:
        _Misfit: It has no such form.
    """
    if value is None:
        return None
    plain = value.amount if isinstance(value, Money) else value
    try:
        wanted = column.python_type
    except NotImplementedError:
        wanted = str
    try:
        if wanted is str:
            return f"{text_of(value)} {value.currency}" if isinstance(value, Money) else text_of(value)
        if wanted in (Decimal, float, int) and not isinstance(plain, date):
            return _number(plain, wanted)
        if wanted is datetime and isinstance(plain, date | str):
            return datetime.fromisoformat(str(plain))
        if wanted is date and isinstance(plain, date | str):
            return datetime.fromisoformat(str(plain)).date()
        if wanted is bool and plain in (0, 1):
            return bool(plain)
    except (ValueError, InvalidOperation):
        pass
    raise _Misfit(f"{name}: {text_of(value)[:40]!r} is no {wanted.__name__}")


def _number(plain: Any, wanted: Any) -> Any:
    """Give a whole number or an exact one; a column of whole numbers takes no fraction."""
    exact = Decimal(str(int(plain) if isinstance(plain, bool) else plain))
    if wanted is int and (exact != int(exact) or abs(exact) >= 2**63):
        raise ValueError
    return wanted(exact)


def _first_line(error: BaseException | None) -> str:
    return (str(error).splitlines() or [""])[0][:200]
