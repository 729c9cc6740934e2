"""A user's own Pydantic model: each field of it is looked for, or the step is refused when it is made."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from functools import lru_cache
from pathlib import Path
from re import Pattern
from typing import Annotated, Any, Literal, NamedTuple, NewType, Optional, Self, TypeVar
from uuid import UUID

import pytest
from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    RootModel,
    TypeAdapter,
    ValidationError,
    create_model,
    field_validator,
    model_validator,
)
from typing_extensions import TypedDict

from smeflow.core.case import Case
from smeflow.documents.document import text_document
from smeflow.invoices.kind import INVOICE
from smeflow.llm.interface import NoModel
from smeflow.llm.testing import Scripted
from smeflow.records import Invoice
from smeflow.steps import Extract

WORDS = [
    "amber",
    "birch",
    "cedar",
    "dune",
    "ember",
    "fjord",
    "grove",
    "heath",
    "inlet",
    "jetty",
    "knoll",
    "ledge",
    "marsh",
    "north",
    "oasis",
]
NAMES = [f"{a} {b}" for a in ("lamp", "desk", "gate", "pipe", "bolt", "rope", "sail", "tile")
         for b in ("kept", "sold", "sent", "held", "lent", "made", "cast", "worn")]  # fmt: skip
TRUTHS = {True: ("yes", "oui", "ja", "x", "vrai", "sì"), False: ("no", "non", "nein", "nee", "faux")}
NEWLINE = "\n"
CASES = [pytest.param(seed, marks=[pytest.mark.slow] if seed % 5 else []) for seed in range(200)]
"""Every fifth is drawn again whenever tests run."""


class Colour(Enum):
    RED = "rouge"
    DARK_BLUE = "bleu fonce"
    GREEN = "vert"


class Level(IntEnum):
    LOW = 1
    MIDDLE = 2
    HIGH = 3


@dataclass(frozen=True)
class Drawn:
    """A type, a value of it, how it is printed, and what a model that is right answers."""

    type: Any
    value: Any
    printed: str
    answer: Any
    plain: bool = True


class Drawing:
    """Draws types and values; the same seed gives the same, and no word twice."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.seed, self.count = seed, 0
        self.names = self.random.sample(NAMES, len(NAMES))

    def word(self) -> str:
        self.count += 1
        return f"{self.random.choice(WORDS)} {self.seed}x{self.count}"

    def text(self, _depth: int) -> Drawn:
        word = self.word()
        kind = self.random.choice(
            [str, Annotated[str, Field(min_length=2)], Annotated[str, Field(pattern=r"\w+")]]
        )
        return Drawn(kind, word, word, word)

    def truth(self, _depth: int) -> Drawn:
        value = self.random.random() < 0.5
        return Drawn(bool, value, self.random.choice(TRUTHS[value]), value)

    def whole(self, _depth: int) -> Drawn:
        value = self.random.randrange(0, 90_000)
        printed = f"{value:,}".replace(",", self.random.choice([" ", ""]))
        return Drawn(self.random.choice([int, Annotated[int, Field(ge=0)]]), value, printed, printed)

    def number(self, _depth: int) -> Drawn:
        value = self.random.randrange(0, 9_000) / 100
        printed = f"{value:.2f}".replace(".", self.random.choice(".,"))
        return Drawn(float, value, printed, printed)

    def amount(self, _depth: int) -> Drawn:
        value = Decimal(self.random.randrange(100, 900_000)) / 100
        printed = f"{value:.2f} EUR"
        kind = self.random.choice([Decimal, Annotated[Decimal, Field(gt=0, decimal_places=2)]])
        return Drawn(kind, value, printed, printed)

    def day(self, _depth: int) -> Drawn:
        value = date(2020, 1, 1) + timedelta(days=self.random.randrange(3000))
        printed = self.random.choice([value.isoformat(), f"{value:%d.%m.%Y}"])
        return Drawn(date, value, printed, printed)

    def moment(self, _depth: int) -> Drawn:
        value = datetime(2020, 1, 1) + timedelta(minutes=self.random.randrange(3_000_000))  # noqa: DTZ001 - as printed
        if self.random.random() < 0.3:
            value = value.replace(tzinfo=UTC)
            return Drawn(datetime, value, f"{value:%Y-%m-%dT%H:%M:%SZ}", f"{value:%Y-%m-%dT%H:%M:%SZ}")
        form = self.random.choice(
            ["%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M", "%d/%m/%Y à %Hh%M", "%d.%m.%Y, %H:%M Uhr"]
        )
        return Drawn(datetime, value, f"{value:{form}}", f"{value:{form}}")

    def literal(self, _depth: int) -> Drawn:
        if self.random.random() < 0.3:
            value = self.random.choice([7, 14, 30])
            return Drawn(Literal[7, 14, 30], value, str(value), str(value))
        value = self.random.choice(["goods", "service", "both of them"])
        return Drawn(Literal["goods", "service", "both of them"], value, value.upper(), value)

    def member(self, _depth: int) -> Drawn:
        if self.random.random() < 0.5:
            value = self.random.choice(list(Colour))
            printed = self.random.choice([value.value, value.name, value.name.replace("_", " ").title()])
            return Drawn(Colour, value, printed, value.value)
        level = self.random.choice(list(Level))
        printed = self.random.choice([str(level.value), level.name.lower()])
        return Drawn(Level, level, printed, level.name)

    def union(self, depth: int) -> Drawn:
        first, second = self.random.choice(
            [(self.whole, str), (self.day, str), (self.moment, date), (self.amount, str), (self.truth, int)]
        )
        if self.random.random() < 0.4 and second is str:
            word = self.word()
            return Drawn(first(depth).type | str, word, word, word)
        drawn = first(depth)
        if first == self.truth:
            printed = {True: "yes", False: "no"}[drawn.value]
            return Drawn(bool | int, drawn.value, printed, drawn.value)
        if second is str and first == self.amount:
            return Drawn(Decimal | str, drawn.value, drawn.printed, drawn.answer)
        return Drawn(drawn.type | second, drawn.value, drawn.printed, drawn.answer)

    def many(self, depth: int) -> Drawn:
        drawn = [self.random.choice([self.text, self.amount, self.day])(depth)]
        again = {str: self.text, Decimal: self.amount, date: self.day}[_base(drawn[0].type)]
        drawn += [again(depth) for _ in range(self.random.randrange(0, 3))]
        kind = self.random.choice([list, tuple, set, frozenset, Sequence])
        inner = _base(drawn[0].type)
        values = [one.value for one in drawn]
        typed = {list: list, Sequence: list, tuple: tuple, set: set, frozenset: frozenset}[kind](values)
        annotation = tuple[inner, ...] if kind is tuple else kind[inner]
        return Drawn(annotation, typed, _lines(drawn), [one.answer for one in drawn], plain=False)

    def records(self, depth: int) -> Drawn:
        kind, rows = self.record(depth - 1, "row"), []
        rows.append(kind)
        shape = self.random.choice(["list", "one", "dict"])
        if shape == "one":
            return kind
        if shape == "dict":
            key = self.word()
            return Drawn(dict[str, kind.type], {key: kind.value}, f"{key}\n{kind.printed}",
                         [{"key": key, "value": kind.answer}], plain=False)  # fmt: skip
        return Drawn(list[kind.type], [kind.value], kind.printed, [kind.answer], plain=False)

    def mapping(self, depth: int) -> Drawn:
        pairs = [
            (self.word(), self.random.choice([self.amount])(depth))
            for _ in range(self.random.randrange(1, 4))
        ]
        answer = [{"key": key, "value": one.answer} for key, one in pairs]
        printed = "\n".join(f"{key}  {one.printed}" for key, one in pairs)
        kind = self.random.choice([dict, Mapping])
        return Drawn(kind[str, Decimal], {key: one.value for key, one in pairs}, printed, answer, plain=False)

    def lists(self, depth: int) -> Drawn:
        inner = [self.many(depth)]
        return Drawn(list[inner[0].type], [inner[0].value], inner[0].printed, [inner[0].answer], plain=False)

    def pair(self, depth: int) -> Drawn:
        drawn = [self.text(depth), self.amount(depth), self.day(depth)]
        answer = {f"item_{n}": one.answer for n, one in enumerate(drawn, 1)}
        values = tuple(one.value for one in drawn)
        return Drawn(tuple[str, Decimal, date], values, _lines(drawn), answer, plain=False)

    def any(self, depth: int) -> Drawn:
        plain = [self.text, self.truth, self.whole, self.number, self.amount]
        plain += [self.day, self.moment, self.literal, self.member, self.union]
        deep = [self.many, self.mapping, self.lists, self.pair]
        inner = [self.records] * 5 if depth else []  # each is one level less deep
        return self.random.choice([*plain, *plain, *deep, *inner])(depth)

    def record(self, depth: int, name: str) -> Drawn:
        names = [self.names.pop() for _ in range(self.random.randrange(2, 6))]
        fields = {field.replace(" ", "_"): self.any(depth) for field in names}
        columns: dict[str, Any] = {}
        for field, one in fields.items():
            forms = [(Optional[one.type], None), (one.type | None, ...)]  # noqa: UP045 - both are written
            maybe = self.random.choice(forms)
            columns[field] = maybe if self.random.random() < 0.3 else (one.type, ...)
        kind = create_model(f"{name.title()}{self.seed}d{depth}n{self.count}", **columns)
        values = {field: one.value for field, one in fields.items()}
        printed = [
            f"{label(field)}{' ' if one.plain else NEWLINE}{one.printed}" for field, one in fields.items()
        ]
        answer = {field: one.answer for field, one in fields.items()}
        return Drawn(kind, kind.model_construct(**values), NEWLINE.join(printed), answer, plain=False)


def label(field: str) -> str:
    return f"{field.replace('_', ' ').capitalize()}:"


def _base(kind: Any) -> Any:
    return kind.__origin__ if hasattr(kind, "__metadata__") else kind


def _lines(drawn: Sequence[Drawn]) -> str:
    return "\n".join(f"- {one.printed}" for one in drawn)


@lru_cache(maxsize=4)
def schema(seed: int) -> Drawn:
    """Draw a model, at most three levels deep."""
    return Drawing(seed).record(seed % 4, "drawn")


def case(drawn: Drawn) -> Case:
    return Case.of(text_document(drawn.printed))


def required(kind: type[BaseModel]) -> list[str]:
    """Name what must be there: what may be None is there as None."""
    return [
        n
        for n, info in kind.model_fields.items()
        if info.is_required() and type(None) not in _arms(info.annotation)
    ]


def _arms(kind: Any) -> tuple[Any, ...]:
    return getattr(kind, "__args__", ())


@pytest.mark.parametrize("seed", CASES)
def test_every_field_of_a_drawn_model_is_looked_for(seed):
    """What stands by its label is read by rules, the rest is asked; the record comes back whole from JSON."""
    drawn = schema(seed)
    step = Extract(name="drawn", into=drawn.type)
    assert (
        step.specs.keys()
        == drawn.type.model_fields.keys()
        == step.answer.adapter.json_schema()["properties"].keys()
    )
    found = step(case(drawn), Scripted([drawn.answer]))
    assert found.record == drawn.value, found.doubts
    assert found.doubts == ()
    plain = {name for name, spec in step.specs.items() if spec.plain}
    read = {name for name, reading in found.fields.items() if reading.reader == "labels"}
    assert read == plain
    assert found.proven is (set(required(drawn.type)) <= plain and bool(required(drawn.type)))
    adapter = TypeAdapter(step.returns)
    written = adapter.dump_json(found)
    assert adapter.validate_json(written).record == found.record
    assert adapter.dump_json(adapter.validate_json(written)) == written


@pytest.mark.parametrize("seed", CASES)
def test_a_model_alone_reads_every_field_and_proves_nothing(seed):
    """The form of the answer has every field; what the model says is held against the page, and unproven."""
    drawn = schema(seed)
    step = Extract(name="drawn", into=drawn.type, readers=("model",))
    found = step(case(drawn), Scripted([drawn.answer]))
    assert found.record == drawn.value, found.doubts
    assert not found.proven


@pytest.mark.parametrize("seed", CASES)
def test_nothing_is_proven_where_a_required_field_is_missing(seed):
    """Each required field in turn is nowhere: whatever else is read, the record is not proven."""
    drawn = schema(seed)
    step = Extract(name="drawn", into=drawn.type)
    for name in required(drawn.type):
        printed = NEWLINE.join(_without(drawn.printed.splitlines(), name, drawn))
        for model in (NoModel(), Scripted([{**drawn.answer, name: None}])):
            found = step(Case.of(text_document(printed)), model)
            assert not found.proven
            assert getattr(found.record, name) is None
            assert any("Missing" in str(doubt) for doubt in found.doubts)


def _without(lines: list[str], gone: str, drawn: Drawn) -> list[str]:
    labels = tuple(map(label, drawn.type.model_fields))
    kept, dropping = [], False
    for line in lines:
        if line.startswith(labels):
            dropping = line.startswith(label(gone))
        if not dropping:
            kept.append(line)
    return kept or ["nothing"]


class Plain:
    """No type that Pydantic knows."""


class Node(BaseModel):
    name: str
    children: "list[Node]" = []


class Link(BaseModel):
    next: "Link | None" = None


class Root(RootModel[dict[str, Any]]):
    pass


class Shape(TypedDict):
    side: int


class Point(NamedTuple):
    x: int


class Empty(BaseModel):
    pass


class Nothing(Enum):
    pass


@dataclass
class Size:
    width: int


T = TypeVar("T")
UNKNOWN = [
    Any, object, Plain, type, Callable, Callable[[int], str], complex, bytes, bytearray, T, Node, Link, Root,
    Shape, Point, Empty, Nothing, Size, Path, Pattern, UUID, timedelta, Iterator[int], type[Plain],
]  # fmt: skip
REFUSED = [
    *UNKNOWN, list[Any], tuple[Any, ...], set[bytes], frozenset[complex], dict[str, Any], dict[str, bytes],
    dict[tuple[str, str], int], dict[str | None, int],
    list[list[Plain]], dict[str, list[Callable]],
    Plain | None, int | bytes, str | Callable, Annotated[Any, Field(description="x")], list[Node],
    dict[str, Node],
    tuple[int, Plain], tuple[str, bytes, int], list[Link | None], Sequence[object], Mapping[str, complex],
    Shape | None, list[Point], dict[str, Size], set[Path], tuple[()],
]  # fmt: skip


def test_fifty_types_are_tried():
    """As many as the tests say."""
    assert len(REFUSED) == 50


@pytest.mark.parametrize("needed", [True, False], ids=["required", "optional"])
@pytest.mark.parametrize("kind", REFUSED, ids=str)
def test_what_nobody_can_read_is_refused_with_its_field(kind, needed):
    """The field, its type and what to do are told when the step is made, also where it has a default."""
    config = ConfigDict(arbitrary_types_allowed=True)
    column = (kind, ...) if needed else (kind, None)
    model = create_model("Mine", __config__=config, number=(str, ...), oddity=column)
    with pytest.raises(ValidationError, match=r"oddity[\w.]* is of type ") as refused:
        Extract(name="mine", into=model)
    assert "Supported are str, bool, int" in str(refused.value) or "holds itself" in str(refused.value)


def test_a_field_inside_a_field_is_named_by_its_path():
    """So that it is found."""
    inner = create_model("Inner", deep=(Any, ...))
    model = create_model("Outer", rows=(list[inner], ...))
    with pytest.raises(ValidationError, match=r"rows\.deep is of type Any"):
        Extract(name="mine", into=model)


@pytest.mark.parametrize(
    ("readers", "kind"), [(("layout",), list[str]), (("exact", "layout"), dict[str, int]), (("exact",), str)]
)
def test_a_field_none_of_the_steps_readers_can_answer_is_refused(readers, kind):
    """A list is read by a model alone, and here none may read."""
    model = create_model("Mine", rows=(kind, ...))
    with pytest.raises(ValidationError, match=r"rows is of type .*none of the readers"):
        Extract(name="mine", into=model, readers=readers)


class Line(BaseModel):
    article: str
    pieces: int = Field(ge=1)


class Order(BaseModel):
    model_config = ConfigDict(strict=True)

    number: str = Field(pattern=r"^A-\d+$", max_length=6)
    total: Decimal = Field(ge=0)
    pieces: int
    begins: date
    ends: date
    paid: bool

    @field_validator("pieces")
    @classmethod
    def _dozens(cls, pieces: int) -> int:
        if pieces % 12:
            raise ValueError("pieces come in dozens")
        return pieces

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.ends < self.begins:
            raise ValueError("it ends before it begins")
        return self


class Delivery(Order):
    lines: list[Line] = []


RIGHT = {
    "number": "A-12",
    "total": "12.50",
    "pieces": "24",
    "begins": "2026-01-01",
    "ends": "2026-02-01",
    "paid": "ja",
}
ANSWER = {**RIGHT, "paid": True}


def printed(**change: str) -> str:
    return "\n".join(f"{name.title()}: {value}" for name, value in {**RIGHT, **change}.items())


def test_laws_that_hold_are_no_hindrance():
    """A strict class gets values of its own types."""
    found = Extract(name="order", into=Order)(Case.of(text_document(printed())), NoModel())
    assert (found.proven, found.doubts, found.record.pieces, found.record.paid) == (True, (), 24, True)
    assert "law" not in {check.name for check in found.checks}


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        ({"total": "-12.50"}, "total", "Input should be greater than or equal to 0"),
        ({"number": "B-12"}, "number", "String should match pattern"),
        ({"number": "A-123456"}, "number", "String should have at most 6 characters"),
        ({"pieces": "25"}, "pieces", "pieces come in dozens"),
        ({"pieces": "12.5"}, "pieces", "valid integer"),
        ({"ends": "2025-02-01"}, "", "it ends before it begins"),
    ],
)
def test_a_law_that_fails_is_shown_told_once_and_never_proven(change, field, reason):
    """By the class's own constraints and validators; the value stays in sight, with the reason."""
    model = Scripted([{**ANSWER, **change}])
    step = Extract(name="order", into=Order)
    found = step(Case.of(text_document(printed(**change))), model)
    assert not found.proven
    assert [check.fields for check in found.checks if check.name == "law"] == [(field,) if field else ()]
    assert [str(doubt) for doubt in found.doubts if reason in str(doubt)]
    assert not any("Missing" in str(doubt) for doubt in found.doubts)
    for name, value in change.items():
        assert found.fields[name].value == value
        assert found.fields[name].checks.get("law", True) is not bool(field)
    assert len(model.requests) == 1
    assert reason in model.requests[0].messages[-1].content
    adapter = TypeAdapter(step.returns)
    back = adapter.validate_json(adapter.dump_json(found))
    assert back.model_dump(mode="json") == found.model_dump(mode="json")


def test_a_model_is_told_of_its_own_mistake_once_and_its_second_answer_counts():
    """One more question with the reason, then no other."""
    step = Extract(name="order", into=Order, readers=("model",))
    text = f"{printed()}\nDeposit -12.50 EUR"
    wrong = {**ANSWER, "total": "-12.50"}
    mended, stubborn = Scripted([wrong, ANSWER]), Scripted([wrong, wrong])
    found = step(Case.of(text_document(text)), mended)
    assert (found.record.total, found.doubts, found.proven) == (Decimal("12.50"), (), False)
    assert "total: Input should be greater than or equal to 0" in mended.requests[1].messages[-1].content
    again = step(Case.of(text_document(text)), stubborn)
    assert len(stubborn.requests) == 2
    assert again.fields["total"].value == "-12.50"
    assert again.record.total is None
    assert "-12.50 breaks a rule of the record" in str(again.doubts[0])


def test_a_law_inside_a_list_names_the_place():
    """The whole list is left out of the record and stays in sight."""
    step = Extract(name="order", into=Delivery)
    text = f"{printed()}\nlamp, 0 of them"
    wrong = {**ANSWER, "lines": [{"article": "lamp", "pieces": "0"}]}
    found = step(Case.of(text_document(text)), Scripted([wrong, wrong]))
    assert found.record.lines == []
    assert str(found.doubts[0]).startswith('lines.0.pieces: [{"article":"lamp","pieces":"0"}] breaks a rule')
    assert not found.proven


def test_a_model_that_fails_after_its_mistake_leaves_its_first_answer():
    """What it said first is better than nothing."""
    step = Extract(name="order", into=Order, readers=("model",))
    script = Scripted([{**ANSWER, "pieces": "25"}, "nothing", "nothing", "nothing", "nothing"])
    found = step(Case.of(text_document(printed(pieces="25"))), script)
    assert found.fields["pieces"].value == "25"
    assert any("no usable answer" in str(problem) for problem in found.problems)


def test_a_validator_that_breaks_is_a_law_that_fails():
    """A mistake in a user's own class ends no run, and proves nothing."""

    class Careless(BaseModel):
        number: str
        total: Decimal | None = None

        @model_validator(mode="after")
        def _compare(self) -> Self:
            if self.total > 0:
                return self
            raise ValueError("nothing to pay")

    model = Scripted([{"number": "7", "total": None}])
    found = Extract(name="order", into=Careless)(Case.of(text_document("Number: 7")), model)
    assert not found.proven
    assert "TypeError" in str(found.doubts[0])


def test_a_rule_of_the_whole_record_that_could_not_run_is_not_passed():
    """Only some fields are wanted; the class's rule needs all of them."""
    step = Extract(name="order", into=Order, required=("number",))
    found = step(Case.of(text_document("Number: A-12")), NoModel())
    assert not found.proven
    assert "The record is too incomplete for its own rules." in map(str, found.problems)


def test_what_a_class_adds_to_an_invoice_is_looked_for():
    """A required field of a derived class is wanted and asked; an optional one is read beside its label."""

    class Ours(Invoice):
        cost_centre: str
        months: int | None = None

    step = Extract(name="ours", into=Ours)
    assert "cost_centre" in step.wanted
    assert {"cost_centre", "months"} <= step.specs.keys()
    assert step.asked.keys() - INVOICE.asked.keys() == {"cost_centre"}
    found = step(Case.of(text_document("Invoice 12\nCost centre: K-4\nMonths: 12")), NoModel())
    assert (found.record.cost_centre, found.record.months) == ("K-4", 12)
    bare = step(Case.of(text_document("Invoice 12\nMonths: 12")), NoModel())
    assert any("cost_centre" in str(doubt) for doubt in bare.doubts)
    with pytest.raises(ValidationError, match="oddity is of type Any"):
        Extract(name="ours", into=create_model("Odd", __base__=Invoice, oddity=(Any, None)))


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        *[(bool, word, truth) for truth, words in TRUTHS.items() for word in words],
        (bool, "[x]", True),
        (bool, "☐", False),
        (bool, "yes, by card", True),
        (bool, "perhaps", None),
        (int, "1 234", 1234),
        (float, "12,5 kg", 12.5),
        (float, "1.234", None),
        (int | str, "007", "007"),
        (int | str, "12 Main Street", "12 Main Street"),
        (int | str, "12", 12),
        (date | str, "2026-03-04", date(2026, 3, 4)),
        (datetime | date, "2026-03-04", date(2026, 3, 4)),
        (datetime, "4 mars 2026 à 14h05", datetime(2026, 3, 4, 14, 5)),  # noqa: DTZ001 - as printed
        (datetime, "March 4, 2026 2:05 PM", datetime(2026, 3, 4, 14, 5)),  # noqa: DTZ001 - as printed
        (datetime, "2026-03-04T14:05:09.25+02:00", datetime(2026, 3, 4, 12, 5, 9, 250_000, tzinfo=UTC)),
        (datetime, "2026-03-04", None),
        (Colour, "Dark Blue", Colour.DARK_BLUE),
        (Colour, "bleu foncé", Colour.DARK_BLUE),
        (Level, "high", Level.HIGH),
        (Level, "2", Level.MIDDLE),
        (Literal[7, 14], "14", 14),
    ],
)
def test_what_stands_beside_a_label_becomes_the_fields_own_type(kind, text, value):
    """A day without a time is no moment, and no zero is lost."""
    step = Extract(name="mine", into=create_model("Mine", answer=(kind, ...)))
    found = step(Case.of(text_document(f"Answer: {text}")), NoModel())
    assert (found.record.answer, type(found.record.answer)) == (value, type(value))
    assert found.proven is (value is not None)


def test_fields_with_other_names_are_filled_by_their_own():
    """An alias is for JSON; a field is looked for by its name, also inside another."""

    class Inner(BaseModel):
        city: str = Field(alias="Town")

    class Outer(BaseModel):
        number: str = Field(alias="InvoiceNo")
        place: Inner | None = None

    step = Extract(name="mine", into=Outer)
    model = Scripted([{"number": "7", "place": {"city": "Lyon"}}])
    found = step(Case.of(text_document("Number: 7\nto Lyon")), model)
    assert (found.record.number, found.record.place.city, found.proven) == ("7", "Lyon", True)
    adapter = TypeAdapter(step.returns)
    assert adapter.validate_json(adapter.dump_json(found)).record == found.record


class Tags(RootModel[list[str]]):
    pass


class Lamp(BaseModel):
    model_config = ConfigDict(frozen=True)

    watts: int
    kind: Literal["lamp"] = "lamp"


class Desk(BaseModel):
    width: str
    kind: Literal["desk"]


LAMP = {"watts": "5", "kind": "lamp"}


@pytest.mark.parametrize(
    ("kind", "answer", "value"),
    [
        (Tags, ["a", "b"], Tags(["a", "b"])),
        (NewType("Count", int), "5", 5),
        (Lamp | Desk, {"width": "x", "kind": "desk"}, Desk(width="x", kind="desk")),
        (Annotated[Lamp | Desk, Field(discriminator="kind")], LAMP, Lamp(watts=5)),
        (list[int | str], ["5", "k-7"], [5, "k-7"]),
        (dict[int, str], [{"key": "5", "value": "a"}], {5: "a"}),
        (dict[Colour, list[Lamp]], [{"key": "vert", "value": [LAMP]}], {Colour.GREEN: [Lamp(watts=5)]}),
        (frozenset[Lamp], [LAMP], frozenset([Lamp(watts=5)])),
        (set[frozenset[str]], [["a", "b"]], {frozenset("ab")}),
        (Literal[Colour.RED, Colour.GREEN], "vert", Colour.GREEN),
        (str | list[str], ["a"], ["a"]),
        (bool | str, True, True),
        (bool | str, "a", "a"),
        (dict, [{"key": "a", "value": "b"}], {"a": "b"}),
        (list, ["a"], ["a"]),
        (tuple[int, int], ["5", "5"], (5, 5)),
        (AwareDatetime, "2026-03-04T10:00Z", datetime(2026, 3, 4, 10, tzinfo=UTC)),
    ],
)
def test_types_in_types_are_asked_and_come_back(kind, answer, value):
    """What the drawn schemas do not have."""
    step = Extract(name="mine", into=create_model("Mine", it=(kind, ...)), readers=("model",))
    text = "5 | a | b | x | k-7 | desk | 2026-03-04T10:00Z"
    found = step(Case.of(text_document(text)), Scripted([{"it": answer}]))
    assert (found.record.it, found.doubts, found.proven) == (value, (), False)
    adapter = TypeAdapter(step.returns)
    assert adapter.validate_json(adapter.dump_json(found)).record.it == value


def test_a_place_of_a_tuple_that_is_missing_is_a_gap_and_not_asked_again():
    """The whole is left out, and says why."""
    step = Extract(name="mine", into=create_model("Mine", it=(tuple[str, int], ...)))
    model = Scripted([{"it": {"item_1": "a", "item_2": None}}])
    found = step(Case.of(text_document("5 a")), model)
    assert found.record.it is None
    assert "breaks a rule" in str(found.doubts[0])


def test_the_same_key_with_two_values_is_taken_for_neither():
    """Which of them is right nobody may guess."""
    step = Extract(name="mine", into=create_model("Mine", prices=(dict[str, Decimal], ...)))
    prices = {"lamp": "3.50", "desk": "9.00"}
    pairs = [*({"key": k, "value": v} for k, v in prices.items()), {"key": "lamp", "value": "4.50"}]
    found = step(Case.of(text_document("lamp 3.50, lamp 4.50, desk 9.00")), Scripted([{"prices": pairs}]))
    assert found.record.prices == {"desk": Decimal("9.00")}
    assert "prices.lamp: several values stand beside it: 3.50, 4.50." in map(str, found.doubts)
