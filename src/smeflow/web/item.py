"""The fields of an item, as its page shows them and as they come back from it."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from smeflow.core.case import Step
from smeflow.extract.result import record_type_in
from smeflow.i18n import Language, Phrase, phrase_from_json, say
from smeflow.kinds.field_names import FIELDS, field_label, member_label
from smeflow.kinds.record_kind import (
    RecordKind,
    find_record_kind,
    kind_of,
    shown_value,
    word_for_check,
    word_for_field,
)
from smeflow.kinds.steps import FieldReading, RivalReading
from smeflow.review.workbook import MONEY_FIELDS
from smeflow.triage.step import Triage
from smeflow.web.desk import Desk, ItemState

MOST_RIVALS = 4
MOST_LINES = 200
_QUOTED = "quoted"
"""The check that says no more than that a value stands on the page."""


@dataclass(frozen=True, kw_only=True)
class RivalChoice:
    """Another value a field could have, one click away."""

    value: str
    why: str
    """Where it stands, and what speaks against it."""
    page: int | None
    box: tuple[float, float, float, float] | None


@dataclass(frozen=True, kw_only=True)
class FieldView:
    """One field to look at and to put right."""

    name: str
    """With its step before it, as a correction names it."""
    label: str
    value: str
    """As its readers write it; what comes back equal to this is no correction."""
    mark: str = ""
    """``ok``, ``no``, or empty where nothing was checked."""
    said: str = ""
    """What was checked, in few words."""
    document: str = ""
    page: int | None = None
    box: tuple[float, float, float, float] | None = None
    quote: str = ""
    start: int | None = None
    """Where the quote begins in the text of its page."""
    rivals: tuple[RivalChoice, ...] = ()
    options: tuple[str, ...] = ()
    """The only values there are."""
    long: bool = False


@dataclass(frozen=True, kw_only=True)
class TableView:
    """A field that is a table itself: lines, rates of VAT."""

    label: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True)
class StepView:
    """What one step gave."""

    name: str
    is_asked: bool
    """Whether a person is asked about this one."""
    heading: str = ""
    """What kind of result it is, where that has a word of its own."""
    is_open: bool = False
    """Whether its fields can be put right."""
    fields: tuple[FieldView, ...] = ()
    tables: tuple[TableView, ...] = ()
    passed: int = 0
    failed: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def step_views(desk: Desk, state: ItemState) -> list[StepView]:
    """Show what the steps gave, the one a person is asked about first."""
    asked = asked_step(desk, state)
    names = [asked, *(name for name in state.values if name != asked)] if asked else list(state.values)
    return [_view(desk, state, name, is_asked=name == asked) for name in names]


def asked_step(desk: Desk, state: ItemState) -> str:
    """Name the step that a correction is about: the one in doubt, else the last that gave a record."""
    row = state.item.row
    if row.reason.step:
        return row.reason.step
    if state.values:
        by_kind = {kind: name for name, kind in state.kinds.items()}
        return next((by_kind[kind] for kind in _MATTERS_MOST if kind in by_kind), list(state.values)[-1])
    recipe = desk.recipes().get(row.recipe)
    steps = [entry.step for entry in recipe.entries] if recipe is not None else []
    return next((step.name for step in steps if record_type_in(step.returns)), "")


_MATTERS_MOST = ("extraction", "report", "draft", "label")
"""Which kind of result an item is about, where several steps gave one."""
_HEADINGS: Mapping[str, Phrase] = {
    "label": say("What it was sorted as"),
    "draft": say("The prepared answer"),
    "report": say("The report"),
}


def _view(desk: Desk, state: ItemState, name: str, *, is_asked: bool) -> StepView:
    value, language = state.values.get(name), desk.language
    step = desk.step(state.item.row.recipe, name)
    record = record_type_in(step.returns) if step is not None else None
    kind = state.kinds.get(name, "")
    given = value if isinstance(value, Mapping) else {}
    if kind == "extraction" or (value is None and record is not None):
        record_kind = _record_kind(state.records.get(name, ""), record)
        view = _extraction_view(name, given, record_kind, language, is_asked=is_asked)
    else:
        make = _FIELDS_OF.get(kind) if isinstance(value, Mapping) else None
        fields = make(name, given, step, language) if make else _plain_fields(name, value, language)
        remarks = tuple(_remarks(given, language))
        view = StepView(name=name, is_asked=is_asked, fields=tuple(fields), remarks=remarks)
    can_change = step is not None and (kind in _FIELDS_OF or record is not None)
    heading = _text(_HEADINGS.get(kind, ""), language)
    return replace(view, is_open=is_asked or can_change, heading=heading)


def _label_fields(
    name: str, value: Mapping[str, Any], step: Step[Any] | None, language: Language
) -> Iterator[FieldView]:
    labels = tuple(step.labels) if isinstance(step, Triage) and not step.many else ()
    yield FieldView(
        name=f"{name}.label",
        label=_text(say("label"), language),
        value=str(value.get("label") or ""),
        said=_text(_SORTED_BY.get(str(value.get("reader")), ""), language),
        quote=str(value.get("quote") or ""),
        document=str(value.get("document") or ""),
        page=value.get("page"),
        options=labels,
    )
    for member, word in (("due", say("due")), ("owner", say("owner"))):
        if value.get(member):
            yield FieldView(name=f"{name}.{member}", label=_text(word, language), value=str(value[member]))


_SORTED_BY: Mapping[str, Phrase] = {
    "rules": say("by your rule"),
    "examples": say("like your examples"),
    "words": say("by its words"),
    "model": say("by a model"),
    "person": say("given by a person"),
}


def _draft_fields(
    name: str, value: Mapping[str, Any], _step: Step[Any] | None, language: Language
) -> Iterator[FieldView]:
    yield FieldView(
        name=f"{name}.subject",
        label=_text(say("subject"), language),
        value=str(value.get("subject") or ""),
    )
    text = str(value.get("text") or "")
    yield FieldView(name=f"{name}.text", label=_text(say("answer"), language), value=text, long=True)


def _report_fields(
    name: str, value: Mapping[str, Any], _step: Step[Any] | None, language: Language
) -> Iterator[FieldView]:
    """Give a report's titles and its paragraphs, numbered as corrections name them."""
    for member, word in (("title", say("title")), ("subtitle", say("subtitle"))):
        yield FieldView(
            name=f"{name}.{member}", label=_text(word, language), value=str(value.get(member) or "")
        )
    parts = [(_text(say("summary"), language), value.get("summary", ()))]
    parts += [(str(each.get("heading") or ""), each.get("paragraphs", ())) for each in value["sections"]]
    number = 0
    for heading, paragraphs in parts:
        for paragraph in paragraphs:
            number += 1
            text = str(paragraph.get("text") or "")
            by_person = paragraph.get("by") == "person"
            said = _text(say("given by a person"), language) if by_person else ""
            yield FieldView(name=f"{name}.p{number}", label=heading, value=text, said=said, long=True)


_FIELDS_OF: Mapping[
    str, Callable[[str, Mapping[str, Any], Step[Any] | None, Language], Iterator[FieldView]]
] = {"label": _label_fields, "draft": _draft_fields, "report": _report_fields}
"""Kinds of results besides records whose values a person may put right, and how they are shown."""


def _record_kind(word: str, record: type[Any] | None) -> RecordKind | None:
    if record is not None:
        return kind_of(record)
    try:
        return find_record_kind(word) if word else None
    except KeyError:
        return None


def _extraction_view(
    name: str, value: Mapping[str, Any], kind: RecordKind | None, language: Language, *, is_asked: bool
) -> StepView:
    record: Mapping[str, Any] = value.get("record") or {}
    readings = {key: FieldReading.model_validate(each) for key, each in value.get("fields", {}).items()}
    words = (kind.words if kind is not None else {}) or FIELDS
    checks = [(str(check["name"]), check["passed"]) for check in value.get("checks", ())]

    def named(*, passed: bool | None) -> tuple[str, ...]:
        own = kind.check_words if kind is not None else None
        texts = (_text(word_for_check(check, own), language) for check, ended in checks if ended is passed)
        return tuple(dict.fromkeys(texts))

    return StepView(
        name=name,
        is_asked=is_asked,
        fields=tuple(
            _field(name, field, readings.get(field, FieldReading()), record.get(field), kind, language)
            for field in _shown_fields(record, readings, words, kind)
        ),
        tables=tuple(_tables(record, words, language)),
        passed=sum(passed is True for _, passed in checks),
        failed=named(passed=False),
        unchecked=named(passed=None),
        remarks=tuple(_remarks(value, language)),
    )


def _shown_fields(
    record: Mapping[str, Any],
    readings: Mapping[str, FieldReading],
    words: Mapping[str, Phrase],
    kind: RecordKind | None,
) -> list[str]:
    """Name the fields to show: those with a value or rivals, and those that must have one."""
    own = list(kind.record.model_fields) if kind is not None else list(record)
    order = [*(name for name in words if name in own or name in readings), *own]
    needed = MONEY_FIELDS if words is FIELDS or "total_gross" in words else tuple(own)
    shown = []
    for name in dict.fromkeys(order):
        value = record.get(name)
        if isinstance(value, dict | list):
            continue
        if value is not None or name in needed or (name in readings and readings[name].rivals):
            shown.append(name)
    return shown


def _field(
    step: str,
    name: str,
    reading: FieldReading,
    value: object,
    kind: RecordKind | None,
    language: Language,
) -> FieldView:
    mark, said = _verdict(reading, kind, language)
    return FieldView(
        name=f"{step}.{name}",
        label=_label(name, kind, language),
        value=shown_value(name, reading.value if reading.value is not None else value, language),
        mark=mark,
        said=said,
        document=reading.document or "",
        page=reading.page,
        box=reading.box,
        quote=reading.quote or "",
        start=reading.start,
        rivals=tuple(_choice(name, rival, language) for rival in reading.rivals[:MOST_RIVALS]),
    )


def _label(name: str, kind: RecordKind | None, language: Language) -> str:
    if kind is not None and name in kind.words:
        return _text(kind.words[name], language)
    own = None if name in FIELDS else word_for_field(name)
    return " – ".join(_text(word, language) for word in ((own,) if own else field_label(name)))


def _verdict(reading: FieldReading, kind: RecordKind | None, language: Language) -> tuple[str, str]:
    """Say in few words what speaks for a value or against it; a tick is earned by a check that passed."""
    own = kind.check_words if kind is not None else None
    for outcome, mark in ((False, "no"), (True, "ok")):
        checks = [check for check, passed in reading.checks.items() if passed is outcome and check != _QUOTED]
        if checks:
            return mark, _text(word_for_check(checks[0], own), language)
    if reading.reader == "person":
        return "", _text(say("given by a person"), language)
    if reading.value is None:
        return "", ""
    return "", _text(say("on the page") if reading.checks.get(_QUOTED) else say("not checked"), language)


def _choice(name: str, rival: RivalReading, language: Language) -> RivalChoice:
    parts: list[Phrase] = []
    if rival.label:
        parts.append(say("beside “{label}”", label=rival.label))
    if rival.page:
        parts.append(say("page {n}", n=rival.page))
    if rival.why is not None:
        parts.append(rival.why)
    return RivalChoice(
        value=shown_value(name, rival.value, language),
        why=" · ".join(_text(part, language) for part in parts),
        page=rival.page,
        box=rival.box,
    )


def _tables(
    record: Mapping[str, Any], words: Mapping[str, Phrase], language: Language
) -> Iterator[TableView]:
    for name, members in record.items():
        rows = [m for m in members if isinstance(m, dict)] if isinstance(members, list) else []
        columns = list(dict.fromkeys(k for row in rows for k, v in row.items() if _is_plain(v)))
        if columns:
            yield TableView(
                label=_text(words.get(name, name), language),
                columns=tuple(_text(member_label(column), language) for column in columns),
                rows=tuple(
                    tuple(shown_value(column, row.get(column), language) for column in columns)
                    for row in rows[:MOST_LINES]
                ),
            )


def _is_plain(value: object) -> bool:
    return value is not None and not isinstance(value, dict | list)


def _plain_fields(step: str, value: object, language: Language) -> Iterator[FieldView]:
    """Show the members of any other result; what is nested is shown as it is written down."""
    members = value.items() if isinstance(value, Mapping) else (("value", value),)
    for name, member in members:
        if name in _NOT_SHOWN or member in (None, "", [], {}):
            continue
        text = member if isinstance(member, str) else json.dumps(member, ensure_ascii=False)
        yield FieldView(
            name=f"{step}.{name}",
            label=_label(name, None, language),
            value=shown_value(name, text, language),
            long=len(text) > 80 or "\n" in text,
        )


_NOT_SHOWN = frozenset({"doubts", "problems", "wanted_model", "missing", "remarks", "written"})


def _remarks(value: Mapping[str, Any], language: Language) -> list[str]:
    phrases = [phrase_from_json(each) for each in (*value.get("doubts", ()), *value.get("problems", ()))]
    return list(dict.fromkeys(_text(phrase, language) for phrase in phrases))


def corrections(form: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Give the fields that came back other than they were shown."""
    was = {name.removeprefix("was:"): text for name, text in form if name.startswith("was:")}
    now = {name.removeprefix("field:"): text for name, text in form if name.startswith("field:")}
    return {
        name: text.strip()
        for name, text in now.items()
        if name in was and _one_form(text) != _one_form(was[name])
    }


def _one_form(text: str) -> str:
    """Write a text as a form does: browsers end lines with both characters."""
    return text.replace("\r\n", "\n").strip()


def _text(phrase: Phrase | str, language: Language) -> str:
    return phrase.render(language) if isinstance(phrase, Phrase) else phrase
