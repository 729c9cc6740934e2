"""The ledger's tables, in SQLAlchemy Core, so that SQLite and PostgreSQL come from one schema.

Opening a ledger imports neither this module nor SQLAlchemy; see `statements`.

Every table has ``crc``, the checksum of the row's other columns in their order here: a row that is not what
was written is found when the ledger is opened. Times are ISO 8601 text in UTC, money is a whole number of
billionths.

To add a table: write it here and raise `SCHEMA_VERSION`; write its statements in `statements` and run
``python -m smeflow.ledger.statements``, which writes ``sqlite.json`` and ``postgres.json``.
`opening._add_new_tables` makes it in ledgers of older versions, and an older smeflow opens them no more; a
column of a table that is there cannot be added so. ``tests/ledgers/test_ledgers.py`` names the version that
ledgers of older ones are brought to.

Text sorts by its bytes in both databases, whatever language a server was set up for.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, Text

SCHEMA_VERSION = 4
metadata = MetaData()
_TEXT = Text().with_variant(Text(collation="C"), "postgresql")
_NUMBER = BigInteger().with_variant(Integer, "sqlite")


def _key(name: str = "id") -> "Column[int]":
    return Column(name, _NUMBER, primary_key=True)


def _name(name: str) -> "Column[str]":
    return Column(name, _TEXT, primary_key=True)


def _text(name: str, *, empty: bool = False) -> "Column[str]":
    return Column(name, _TEXT, nullable=empty)


def _whole(name: str, *, empty: bool = False) -> "Column[int]":
    return Column(name, BigInteger, nullable=empty)


def _crc() -> "Column[int]":
    return Column("crc", BigInteger, nullable=False)


meta = Table("meta", metadata, _name("name"), _text("value"), _crc())

items = Table(
    "items",
    metadata,
    _key(),
    _text("recipe"),
    _text("source"),
    _text("key"),
    _text("version"),
    _text("name"),
    _text("media_type"),
    _text("blob"),
    _text("fields"),
    _text("state"),
    _text("reason"),
    _text("due_at", empty=True),
    _text("parked_at", empty=True),
    _whole("lease"),
    _text("takes"),
    _whole("parent", empty=True),
    _text("part"),
    _whole("parts", empty=True),
    _whole("seq"),
    _whole("nth"),
    _text("plan"),
    _text("outcome"),
    _whole("wanted"),
    _whole("tries"),
    _text("salt"),
    _text("created_at"),
    _text("ended_at", empty=True),
    _crc(),
    Index("items_key", "recipe", "source", "key", unique=True),
    Index("items_state", "recipe", "state", "seq", "nth"),
    Index("items_version", "recipe", "version"),
)
blobs = Table(
    "blobs",
    metadata,
    _name("sha256"),
    _whole("size"),
    Column("data", LargeBinary),
    _crc(),
)
results = Table(
    "results",
    metadata,
    _key(),
    _whole("item"),
    _text("version"),
    _text("step"),
    _text("fingerprint"),
    _text("input"),
    _whole("take"),
    _text("value"),
    _text("hash"),
    _whole("wanted"),
    _text("lookups"),
    _text("smeflow"),
    _text("at"),
    _crc(),
    Index("results_item", "item", "version"),
)
kinds = Table(
    "kinds",
    metadata,
    _name("fingerprint"),
    _text("step"),
    _text("result"),
    _text("record"),
    _crc(),
)
calls = Table(
    "calls",
    metadata,
    _key(),
    _text("key"),
    _whole("attempt"),
    _whole("item"),
    _text("version"),
    _text("step"),
    _text("fingerprint"),
    _whole("take"),
    _whole("run"),
    _text("request_hash"),
    _text("request"),
    _text("provider"),
    _text("model"),
    _text("worst", empty=True),
    _text("currency", empty=True),
    _whole("nanos"),
    _text("month"),
    _text("at"),
    _crc(),
    Index("calls_key", "key", "attempt", unique=True),
    Index("calls_item", "item"),
)
ends = Table(
    "ends",
    metadata,
    _key("call"),
    _text("request_hash"),
    _text("state"),
    _text("reply", empty=True),
    _text("error", empty=True),
    _text("model"),
    _whole("input_tokens"),
    _whole("output_tokens"),
    _whole("cached_tokens"),
    _whole("estimated"),
    _text("cost", empty=True),
    _text("currency", empty=True),
    _whole("nanos"),
    _text("at"),
    _crc(),
)
_ANSWERED = ends.c.state == "answered"
Index("ends_request", ends.c.request_hash, sqlite_where=_ANSWERED, postgresql_where=_ANSWERED)
reviews = Table(
    "reviews",
    metadata,
    _key(),
    _whole("item"),
    _text("version"),
    _text("step"),
    _text("result_hash"),
    _text("action"),
    _text("person"),
    _text("before", empty=True),
    _text("after", empty=True),
    _text("note"),
    _text("at"),
    _crc(),
    Index("reviews_item", "item"),
)
claims = Table(
    "claims",
    metadata,
    _key(),
    _whole("item"),
    _text("step"),
    _text("rule"),
    _text("key"),
    _text("value"),
    _text("told"),
    _whole("passed"),
    _text("at"),
    _crc(),
    Index("claims_item", "item"),
    Index("claims_key", "rule", "key"),
)
batches = Table(
    "batches",
    metadata,
    _key(),
    _text("journal"),
    _text("period"),
    _whole("first"),
    _whole("last"),
    _text("blob"),
    _text("person"),
    _text("at"),
    _crc(),
    Index("batches_journal", "journal"),
)
booked = Table(
    "booked",
    metadata,
    _key(),
    _whole("batch"),
    _whole("item"),
    _text("hash"),
    _whole("reversal"),
    _text("entry"),
    _crc(),
    Index("booked_item", "item"),
)
deliveries = Table(
    "deliveries",
    metadata,
    _key(),
    _text("recipe"),
    _text("sink"),
    _text("path"),
    _text("sha256"),
    _text("key"),
    _text("state"),
    _whole("rows"),
    _text("corrects", empty=True),
    _text("at"),
    _crc(),
    Index("deliveries_sink", "recipe", "sink"),
)
runs = Table(
    "runs",
    metadata,
    _key(),
    _text("recipe"),
    _text("text_hash"),
    _text("plan"),
    _text("llm"),
    _text("purse"),
    _text("smeflow"),
    _whole("pid"),
    _text("started_at"),
    _text("ended_at", empty=True),
    _text("stopped", empty=True),
    _text("summary", empty=True),
    _crc(),
    Index("runs_recipe", "recipe"),
)
places = Table(
    "places",
    metadata,
    _key(),
    _text("recipe"),
    _text("source"),
    _text("folder"),
    _whole("validity"),
    _whole("uid"),
    _text("mark"),
    _text("key"),
    _text("by"),
    _text("at"),
    _crc(),
    Index("places_uid", "recipe", "source", "folder", "validity", "uid", unique=True),
    Index("places_key", "recipe", "source", "key"),
)
effects = Table(
    "effects",
    metadata,
    _key(),
    _text("recipe"),
    _text("sink"),
    _whole("item"),
    _whole("lease"),
    _text("kind"),
    _text("key"),
    _text("state"),
    _text("detail"),
    _whole("run"),
    _text("at"),
    _crc(),
    Index("effects_key", "key", unique=True),
    Index("effects_item", "item"),
    Index("effects_state", "recipe", "state"),
)
memory = Table("memory", metadata, _name("name"), _text("value"), _crc())
spent = Table("spent", metadata, _name("purse"), _whole("nanos"), _crc())
stamps = Table("stamps", metadata, _name("recipe"), _whole("changes"), _crc())
audit = Table(
    "audit",
    metadata,
    _key("n"),
    _text("at"),
    _text("kind"),
    _whole("item"),
    _text("payload"),
    _text("before"),
    _text("hash"),
    _crc(),
)
