"""What came in and what it cost: the items of a recipe in smeflow's own ledger, a row each."""

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import datetime
from email import message_from_bytes
from email.policy import default
from email.utils import parseaddr
from pathlib import Path
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from pydantic import PrivateAttr

from smeflow.documents.document import MAIL, is_message
from smeflow.documents.read import read
from smeflow.errors import DocumentError, LedgerError, SourceError
from smeflow.i18n import say
from smeflow.kinds.recipe_context import LedgerQuery, RecipeContext, RecipePath
from smeflow.tables.book import LoadedTable, TableBook, TableOrigin
from smeflow.tables.load import load_rows

_FIXED = (
    *("day", "came", "ended", "key", "name", "state", "reason", "sender", "subject"),
    *("calls", "input_tokens", "output_tokens", "cost", "currency", "reviewed"),
)
_LEVELS = 3
_ITEMS = """
SELECT i.id, i.key, i.name, i.state, i.reason, i.created_at, i.ended_at, i.outcome, i.media_type, i.blob,
  (SELECT count(*) FROM calls c WHERE c.item = i.id),
  (SELECT coalesce(sum(e.input_tokens), 0) FROM calls c JOIN ends e ON e.call = c.id WHERE c.item = i.id),
  (SELECT coalesce(sum(e.output_tokens), 0) FROM calls c JOIN ends e ON e.call = c.id WHERE c.item = i.id),
  (SELECT coalesce(sum(coalesce(e.nanos, c.nanos)), 0) FROM calls c LEFT JOIN ends e ON e.call = c.id
   WHERE c.item = i.id),
  (SELECT count(*) FROM reviews r WHERE r.item = i.id)
FROM items i WHERE i.recipe = ? ORDER BY i.id
"""


class LedgerTable(TableOrigin):
    """The items of a recipe: ``{ledger: mail-triage}``.

    A row has ``day`` (of a mail, the day it was sent), ``came``, ``ended``, ``key``, ``name``, ``state``,
    ``reason``, ``sender``, ``subject``, ``calls``, tokens, ``cost``, ``reviewed``, and a column for each
    value of each step: ``kind_label``, ``invoice_record_total_gross``.
    """

    word: ClassVar[str] = "ledger"
    ledger: str
    """The name of the recipe."""
    state: RecipePath = ".smeflow"
    """The folder of the ledger, relative to the recipe."""
    _folder: Path = PrivateAttr()
    _zone: ZoneInfo = PrivateAttr()
    _currency: str = PrivateAttr(default="EUR")
    _shared: Callable[[], AbstractContextManager[LedgerQuery]] | None = PrivateAttr(default=None)

    def model_post_init(self, context: Any, /) -> None:
        """Find the ledger."""
        recipe = RecipeContext.of(context)
        self._folder = recipe.path(self.state)
        if self.state == ".smeflow" and recipe.home is not None and not self._folder.is_dir():
            self._folder = recipe.home / ".smeflow"
        self._shared = recipe.shared_ledger if "state" not in self.model_fields_set else None
        self._zone, self._currency = recipe.zone, recipe.currency

    @property
    def shown(self) -> str:
        """The ledger and the recipe."""
        return f"{self.state if self._shared is None else 'postgres'}: {self.ledger}"

    @property
    def dated(self) -> str | None:
        """The day it is about."""
        return self.date or "day"

    def load_into(self, book: TableBook, name: str) -> LoadedTable:
        """Read the items; the ledger is opened to be read only."""
        with self._opened() as query:
            rows = list(self._rows(query))
        values = list(dict.fromkeys(key for row in rows for key in row if key not in _FIXED))
        columns = [*_FIXED, *values]
        lines: Iterator[Sequence[str]] = ([row.get(column, "") for column in columns] for row in rows)
        return load_rows(book, name, columns, lines, source=self.shown)

    @contextmanager
    def _opened(self) -> Iterator[LedgerQuery]:
        if self._shared is not None:
            try:
                with self._shared() as query:
                    yield query
            except LedgerError as error:
                raise SourceError(error.phrase) from None
            return
        path = self._folder / "ledger.db"
        if not path.is_file():
            raise SourceError(
                say(
                    "There is no ledger in {folder}; run the recipe {recipe} first.",
                    folder=self.state,
                    recipe=self.ledger,
                )
            )
        read_only = f"{path.resolve().as_uri()}?mode=ro"
        try:
            with closing(sqlite3.connect(read_only, uri=True, timeout=60)) as connection:
                yield lambda sql, parameters: connection.execute(sql, parameters).fetchall()
        except sqlite3.Error as error:
            raise SourceError(
                say("The ledger {path} cannot be read or written: {told}", path=self.state, told=error)
            ) from None

    def _rows(self, query: LedgerQuery) -> Iterator[dict[str, str]]:
        for row in query(_ITEMS, (self.ledger,)):
            _, key, name, state, reason, came, ended, outcome, media_type, blob, *counted = row
            calls, tokens_in, tokens_out, nanos, reviewed = counted
            arrived = self._local(came)
            mail = _message(query, media_type, blob) if is_message(media_type) else {}
            sent = mail.pop("sent", None)
            line = {
                "day": (self._local(sent) if sent else arrived)[:10],
                "came": arrived,
                "ended": self._local(ended) if ended else "",
                "key": key,
                "name": name,
                "state": state,
                "reason": str(json.loads(reason or "{}").get("kind", "")),
                "calls": str(calls),
                "input_tokens": str(tokens_in),
                "output_tokens": str(tokens_out),
                "cost": f"{nanos / 1_000_000_000:.6f}" if nanos else "0",
                "currency": self._currency,
                "reviewed": "yes" if reviewed else "no",
                **mail,
            }
            for step, where in json.loads(outcome or "{}").items():
                values = _flatten(step, _value(query, where), _LEVELS)
                line |= {column: cell for column, cell in values if column not in line}
            yield line

    def _local(self, at: str) -> str:
        moment = datetime.fromisoformat(at)
        return moment.astimezone(self._zone).isoformat(" ", "seconds")[:19]


def _value(query: LedgerQuery, where: object) -> object:
    """Give what a step found, or what a person decided; nothing for a step that was skipped."""
    if not isinstance(where, str) or where[:1] not in {"r", "d"}:
        return None
    table, column = ("results", "value") if where[0] == "r" else ("reviews", "after")
    rows = query(f'SELECT "{column}" FROM {table} WHERE id = ?', (int(where[1:]),))
    return json.loads(rows[0][0]) if rows and rows[0][0] else None


def _flatten(name: str, value: object, levels: int) -> Iterator[tuple[str, str]]:
    """Make columns of a value: what is text, a number or yes and no; of lists how many there are."""
    if isinstance(value, Mapping) and "template" not in value:
        if levels:
            for key, inner in value.items():
                yield from _flatten(f"{name}_{key}", inner, levels - 1)
    elif isinstance(value, bool):
        yield name, "yes" if value else "no"
    elif isinstance(value, str | int | float):
        yield name, str(value)
    elif isinstance(value, list):
        yield f"{name}_count", str(len(value))


def _message(query: LedgerQuery, media_type: str, blob: str) -> dict[str, Any]:
    """Read who sent a message, about what and when; of a mail from its kept head."""
    rows = query("SELECT data FROM blobs WHERE sha256 = ?", (blob,))
    if not rows or not rows[0][0]:
        return {}
    data = bytes(rows[0][0])
    return _mail_head(data) if media_type == MAIL else _message_head(data, media_type)


def _message_head(data: bytes, media_type: str) -> dict[str, Any]:
    try:
        fields = read(data, name="message", media_type=media_type).fields
    except DocumentError:
        return {}
    try:
        sent: str | None = datetime.fromisoformat(fields.get("date", "")).astimezone().isoformat()
    except ValueError:
        sent = None
    sender = fields.get("from", "")
    address = parseaddr(sender)[1].lower() if "@" in sender else sender
    return {"sent": sent, "subject": " ".join(fields.get("subject", "").split()), "sender": address}


def _mail_head(data: bytes) -> dict[str, Any]:
    head = data.replace(b"\r\n", b"\n").partition(b"\n\n")[0] + b"\n\n"
    try:
        message = message_from_bytes(head, policy=default)
        sent = message["date"].datetime if message["date"] else None
        subject = str(message["subject"] or "")
        sender = parseaddr(str(message["from"] or ""))[1].lower()
    except (ValueError, TypeError, AttributeError, LookupError):
        return {}
    when = sent.isoformat() if sent and sent.tzinfo else f"{sent.isoformat()}+00:00" if sent else None
    return {"sent": when, "subject": " ".join(subject.split()), "sender": sender}
