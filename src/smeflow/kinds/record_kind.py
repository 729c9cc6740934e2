"""What is known of a kind of document: one row a kind, found by its name; nobody asks "is it an invoice?".

A row says who reads such a record, what must hold of it, what it claims of the world, what its fields are
called, and where one document ends and the next begins. A record without a row is read by labels. A further
kind is one file with a `RecordKind`, and a row here or an entry point in the group ``smeflow.records``.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from pydantic import BaseModel, Field

from smeflow.core.case import Known, NothingKnown
from smeflow.core.claims import Claim
from smeflow.documents.document import Document, PageRange
from smeflow.i18n import Language, Phrase, say
from smeflow.kinds.field_names import COMMON_CHECKS, FIELDS, localized_field
from smeflow.kinds.lookup import KindError, KindTable
from smeflow.kinds.records import Check, FieldKind, Labels, Reading, Record

RECORDS = KindTable(
    "records", {"Invoice": "smeflow.invoices.kind:INVOICE", "Receipt": "smeflow.invoices.kind:RECEIPT"}
)
"""What ``into:`` may name in a recipe. The word is the kind's stable id."""
ReaderSlot = Literal["exact", "layout"]
"""Who reads: the data in a file, or what a page shows. A recipe leaves one out with ``readers:``."""


class FieldSpec(Record):
    """One field a step looks for."""

    kind: str
    choices: tuple[str, ...] = ()
    optional: bool = False
    about: str = ""
    """What stands beneath the field in the record's class, for the model."""
    many: bool = False
    """A list of such values."""
    fields: dict[str, "FieldSpec"] = Field(default_factory=dict)
    """The fields of a record inside the record; its kind is ``record``. A ``tuple`` has them by place."""
    names: dict[str, str] = Field(default_factory=dict)
    """Other words for the choices, such as the names of an enum's members, each with the choice it means."""
    by_name: bool = False
    """The choices themselves say nothing (``1``, ``2``), so that a model may answer with their names."""
    whole: bool = False
    """A number without decimals."""
    key: "FieldSpec | None" = None
    """What the keys of a ``dict`` are."""
    item: "FieldSpec | None" = None
    """What the values of a ``dict`` are, or the members of a ``list`` of lists."""
    alternatives: tuple["FieldSpec", ...] = ()
    """What a ``union`` may be; text, which anything is, comes last."""
    python: Any = None
    """The class a value becomes, where it is not what its kind is read as: ``int``, ``float``, an enum."""
    container: Any = None
    """The class that holds the members where there are many."""

    @property
    def plain(self) -> bool:
        """Whether it is one value, as it may stand beside a label."""
        several = self.many or self.fields or self.item is not None
        return not several and all(alternative.plain for alternative in self.alternatives)

    @property
    def member(self) -> "FieldSpec":
        """What one of many is."""
        return self.item if self.kind == "list" and self.item else self.model_copy(update={"many": False})


class Firm(Protocol):
    """What is known of the firm whose post this is; each may be empty."""

    @property
    def names(self) -> tuple[str, ...]:
        """Its names, as they are printed on invoices."""

    @property
    def left_open(self) -> bool:
        """Whether somebody was asked for its names and gave none: nothing is known of it."""

    @property
    def siren(self) -> str | None:
        """Its French company number."""

    @property
    def vat_ids(self) -> tuple[str, ...]:
        """Its VAT identifiers."""

    @property
    def ibans(self) -> tuple[str, ...]:
        """Its own accounts."""


@dataclass(frozen=True, kw_only=True)
class ReaderContext:
    """What a reader gets besides the documents."""

    firm: Firm | None = None
    """Whose post it is."""
    labels: Labels | None = None
    """The firm's own words beside values."""
    known: Known = field(default_factory=NothingKnown)
    """What the firm's tables say."""


class RecordReader(Protocol):
    """Reads one kind of record; None where it has nothing to say."""

    def __call__(self, documents: tuple[Document, ...], context: ReaderContext, /) -> Reading | None:
        """Read."""
        ...


@dataclass(frozen=True, kw_only=True)
class ReadTwice:
    """Fields that nothing confirms where a page is a picture: two readings of them must agree."""

    fields: Mapping[str, FieldKind]
    check: Callable[[Sequence[str]], Check]
    """Makes the check of what remains unconfirmed."""
    derived: frozenset[str] = frozenset()
    """What belongs together and is taken from one of the readings only."""


def _holds_something(page: Reading, /) -> bool:
    return bool(page.findings)


def _nothing_said(_: Reading, __: Reading | None, ___: tuple[Document, ...], /) -> tuple[Check, ...]:
    return ()


@dataclass(frozen=True, kw_only=True)
class PaperRules:
    """How files hold records of a kind."""

    is_one: Callable[[Reading], bool] = _holds_something
    """Whether what was read of a page is a record of its own; data always are."""
    against: Callable[[Reading, Reading | None, tuple[Document, ...]], tuple[Check, ...]] = _nothing_said
    """Compares a file's data with its page, and with what a person sees."""
    read_twice: ReadTwice | None = None
    kept_unread: Callable[[Sequence[Document]], Phrase | None] | None = None
    """Says why a case is kept and not read, such as a message about a record."""


def fields_missing(record: Any, wanted: Sequence[str], /) -> tuple[str, ...]:
    """Name what is wanted and not there."""
    return tuple(name for name in wanted if getattr(record, name, None) is None)


@dataclass(frozen=True, kw_only=True)
class ProofRules:
    """What makes a record proven or doubtful, besides its values' places."""

    closed: Callable[[Any, Sequence[Check]], bool | None] | None = None
    """Whether its amounts close; without it, it has none that must."""
    missing: Callable[[Any, Sequence[str]], tuple[str, ...]] = fields_missing
    guarded: tuple[str, ...] = ()
    """Fields no model may decide alone."""
    sums: tuple[str, ...] = ()
    """Amounts that are read together: all but the last make the last."""
    stops_proof_only: frozenset[str] = frozenset()
    """Checks whose failure stops the proof and is told, but is no doubt by itself."""
    only_told: frozenset[str] = frozenset()
    """Checks whose failure is told and nothing more: neither a doubt, nor does it stop the proof."""
    ignored_in_exact_data: frozenset[str] = frozenset()
    """Checks that say nothing against a file's own data, which cannot be misread."""
    contradictions: frozenset[str] = frozenset()
    """Checks that tell of two places that say different things."""


@dataclass(frozen=True, kw_only=True)
class NamedRules:
    """Sets of rules a recipe may ask for with ``checks:``; one that did not run stops the proof."""

    names: tuple[str, ...]
    run: Callable[[Sequence[Document], Sequence[str]], Iterable[Check]]


@dataclass(frozen=True, kw_only=True)
class FieldLikeness:
    """How to see a record without a row of its own whose fields have this kind's names."""

    fields: frozenset[str]
    """One of these is enough."""
    view: Callable[[Mapping[str, Any]], Any]
    """Gives the record of this kind as far as the values go, or None."""
    checks: Callable[[Any], tuple[Check, ...]]


@dataclass(frozen=True, kw_only=True)
class LearningRules:
    """What an approved record teaches: rows of a table the firm knows, and examples for a model."""

    approved: str
    """The table of what people approved, with ``printed``: the values as printed."""
    table: str
    """The firm's own table, which these rows stand behind."""
    row: Callable[[Mapping[str, Any]], Mapping[str, str] | None]
    """Makes a row of a result as it is written down; None where it teaches nothing."""
    examples: Callable[[Known, Sequence[Reading]], str]
    """Shows a model how earlier records of the same sender were read."""


@dataclass(frozen=True, kw_only=True)
class SplitRule:
    """Where one record of a document ends and the next begins: ``split: WORD`` in a recipe."""

    word: str
    find: Callable[[Document], Sequence[PageRange]]
    """Gives the pages of each; nothing where it is one, or where that is not sure."""


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What was checked of one record."""

    checks: tuple[Check, ...] = ()
    absent: tuple[str, ...] = ()
    sums: bool = False
    """It has amounts that must close."""
    closed: bool | None = None


def _several(n: int, /) -> Phrase:
    return say("The documents hold {n} records of this kind.", n=n)


@dataclass(frozen=True, kw_only=True)
class RecordKind:
    """One kind of document. Only the record is needed; what is left out, such a record does not have."""

    record: type[BaseModel]
    readers: Mapping[ReaderSlot, RecordReader] = field(default_factory=dict)
    """Without any, values are read beside labels that are the fields' names."""
    checks: Callable[[Any, Firm | None], Iterable[Check]] | None = None
    """What must hold of a record, whoever read it. There is no clock: a result stands as long as its
    document, so that what held yesterday holds today."""
    claims: Callable[[Any, Known], Iterable[Claim]] | None = None
    """What must be compared with other items."""
    words: Mapping[str, Phrase] = field(default_factory=dict)
    """What people call the fields, in the order they are shown."""
    check_words: Mapping[str, Phrase] = field(default_factory=dict)
    """What people call its checks; one without a word keeps its name."""
    value_words: Mapping[str, Mapping[str, Phrase]] = field(default_factory=dict)
    """What people call the values of a field that has few, by field."""
    required: tuple[str, ...] | None = None
    """What must be found; without it, what the record's type demands."""
    split: SplitRule | None = None
    asked: Mapping[str, FieldSpec] | None = None
    """What a model is asked for; without it, the record's own fields."""
    rows: Mapping[str, FieldSpec] = field(default_factory=dict)
    """What it is asked for besides, with ``lines: true``."""
    rules: NamedRules | None = None
    papers: PaperRules = field(default_factory=PaperRules)
    proof: ProofRules = field(default_factory=ProofRules)
    learning: LearningRules | None = None
    also_called: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """What other programs call the fields, in small letters with underlines."""
    same_text: Callable[[str, str], bool] | None = None
    """Whether two texts of one field are the same name; without it, where their letters and digits are."""
    fitted: bool = False
    """Whether the weights of confidence that ship with smeflow were fitted on such records."""
    groups: Mapping[str, str] = field(default_factory=dict)
    """What measurements are grouped by: a word and the field that gives it."""
    several: Callable[[int], Phrase] = _several
    """Says that documents hold more than one."""
    alike: FieldLikeness | None = None
    like: "RecordKind | None" = None
    """For a record without a row of its own: the kind whose names its fields have."""

    def named(self, field_name: str) -> Phrase | str:
        """Name a field for people; one without a word keeps its name."""
        return self.words[field_name] if field_name in self.words else FIELDS.get(field_name, field_name)

    def judge(
        self, record: Any, wanted: Sequence[str], firm: Firm | None, values: Mapping[str, Any]
    ) -> Judgement:
        """Run every check of *record*, made of *values*, once."""
        judged, checks = record, tuple(self.checks(record, firm)) if self.checks else ()
        closed = self.proof.closed
        if self.like is not None and self.like.alike is not None:
            judged, closed = self.like.alike.view(values), self.like.proof.closed
            checks = () if judged is None else self.like.alike.checks(judged)
        absent = self.proof.missing(record, wanted)
        if closed is None or judged is None:
            return Judgement(checks=checks, absent=absent)
        return Judgement(checks=checks, absent=absent, sums=True, closed=closed(judged, checks))

    def earlier_examples(self, known: Known, readings: Sequence[Reading]) -> str:
        """Show a model how earlier records of the same sender were read."""
        learning = (self.like or self).learning
        return learning.examples(known, readings) if learning else ""


def find_record_kind(name: str) -> RecordKind:
    """Give the kind called *name*.

    Raises:
        KeyError: There is no such kind.
        KindError: It cannot be loaded, or is no record.
    """
    kind = RECORDS.find(name)
    if isinstance(kind, RecordKind):
        return kind
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind_of(kind)
    raise KindError(say("{name} is no record: it must be a RecordKind or a Pydantic model", name=name))


def record_kinds() -> tuple[RecordKind, ...]:
    """Give all rows, ours first; one that cannot be loaded is reported where a recipe names it."""
    return tuple(row for name in RECORDS.names() if (row := _row(name)) is not None)


def _row(name: str) -> RecordKind | None:
    try:
        row = RECORDS.find(name)
    except KindError:
        return None
    return row if isinstance(row, RecordKind) else None


def kind_of(record: type[BaseModel]) -> RecordKind:
    """Give the row of a record's type, or of its nearest base; a kind of its own where there is none."""
    rows = record_kinds()
    fitting = [row for row in rows if issubclass(record, row.record)]
    if fitting:
        return max(fitting, key=lambda row: len(row.record.__mro__))
    fields = record.model_fields.keys()
    like = next((row for row in rows if row.alike and row.alike.fields & fields), None)
    if like is None:
        return RecordKind(record=record)
    proof = ProofRules(
        stops_proof_only=like.proof.stops_proof_only,
        only_told=like.proof.only_told,
        ignored_in_exact_data=like.proof.ignored_in_exact_data,
        contradictions=like.proof.contradictions,
    )
    return RecordKind(
        record=record,
        proof=proof,
        check_words=like.check_words,
        value_words=like.value_words,
        like=like,
        groups=like.groups,
    )


def record_word(record: type[BaseModel]) -> str:
    """Give the word in `RECORDS` of the kind a record is of, or is like; empty where it is of none."""
    kind = kind_of(record)
    row = kind.like or kind
    return next((name for name in RECORDS.names() if _row(name) is row), "")


def recognised_record(values: Mapping[str, Any]) -> str:
    """Give the word of the kind whose fields *values* are, of a ledger that does not name it."""
    for name in RECORDS.names():
        row = _row(name)
        if row and (
            values.keys() <= row.record.model_fields.keys()
            or (row.alike and row.alike.fields & values.keys())
        ):
            return name
    return ""


def rule_names() -> tuple[str, ...]:
    """List the rules ``checks:`` may ask for."""
    return tuple(dict.fromkeys(name for row in record_kinds() if row.rules for name in row.rules.names))


def split_words() -> tuple[str, ...]:
    """List what ``split:`` may say: a kind's own word, or each attachment whatever it is."""
    words = [row.split.word for row in record_kinds() if row.split]
    return tuple(dict.fromkeys((*words, "attachments")))


def word_for_field(field_name: str) -> Phrase | None:
    """Give what people call a field of a kind of somebody's package."""
    return next((row.words[field_name] for row in record_kinds() if field_name in row.words), None)


def word_for_check(name: str, own: Mapping[str, Phrase] | None = None) -> Phrase | str:
    """Give what people call a check: its kind's *own* word, else that of the first kind which has one."""
    for words in (own or {}, COMMON_CHECKS, *(row.check_words for row in record_kinds())):
        if name in words:
            return words[name]
    return name


def shown_value(name: str, value: object, language: Language) -> str:
    """Write the value of the field *name* as its readers do: amounts, days, the words of a kind's values."""
    for row in record_kinds():
        word = row.value_words.get(name, {}).get(str(value))
        if word is not None:
            return word.render(language)
    return localized_field(name, value, language)
