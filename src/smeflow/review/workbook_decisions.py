"""The decisions in a workbook that a person filled in: each is written down, or refused by its cell."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from smeflow.engine.cases import ResultCodec
from smeflow.errors import LedgerError
from smeflow.extract.result import record_type_in
from smeflow.i18n import LANGUAGES, Phrase, say
from smeflow.kinds.record_kind import kind_of
from smeflow.review import decisions
from smeflow.review.corrections import InvalidCorrection, correct_result
from smeflow.review.workbook import DECISION, DECISIONS, FOUND, HASH, ITEM, KEY, NOTE, VALUE
from smeflow.tables.read import read_grid

if TYPE_CHECKING:
    from smeflow.core.case import Step
    from smeflow.ledger.ledger import Ledger
    from smeflow.ledger.rows import ItemRow
    from smeflow.review.workbook import StepsOf


@dataclass(frozen=True, kw_only=True)
class Applied:
    """A decision that was written down."""

    row: "ItemRow"
    decision: Phrase


@dataclass(frozen=True, kw_only=True)
class Refused:
    """A document nothing was written of, and the cell that is to blame."""

    cell: str
    why: Phrase


@dataclass(frozen=True, kw_only=True)
class _Cells:
    """A line of the sheet, by column."""

    number: int
    texts: Sequence[str]

    def __getitem__(self, column: int) -> str:
        return self.texts[column].strip() if column < len(self.texts) else ""

    def is_changed(self) -> bool:
        return bool(self[KEY]) and _plain(self[VALUE]) != _plain(self[FOUND])

    def refused(self, column: int, why: Phrase) -> Refused:
        return Refused(cell=f"{chr(65 + column)}{self.number}", why=why)


class _Refusal(Exception):
    """What one cell is refused for; only the document it belongs to stays undecided."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.cell)
        self.refused = refused


def apply_workbook(
    ledger: "Ledger", data: bytes, name: str, steps_of: "StepsOf", person: str
) -> Iterator[Applied | Refused]:
    """Write down what a person decided in the workbook *name*, document by document.

    A document with a cell that does not fit, or that is not what the sheet shows any more, is refused as a
    whole and named by that cell; the others are decided. What was left alone is passed over.

    Raises:
        SourceError: It cannot be read.
        LedgerError: It is no sheet of `waiting_workbook`.
    """
    lines = [_Cells(number=number, texts=texts) for number, texts in read_grid(data, name).lines]
    if not lines or (lines[0][KEY], lines[0][HASH]) != ("field", "hash"):
        raise LedgerError(
            say("{name} is no workbook of smeflow review export. Its first sheet must be that.", name=name)
        )
    filled = [line for line in lines[1:] if any(text.strip() for text in line.texts)]
    order = {item: nth for nth, item in enumerate(dict.fromkeys(line[ITEM] for line in filled))}
    for _, group in groupby(sorted(filled, key=lambda line: order[line[ITEM]]), lambda line: line[ITEM]):
        try:
            applied = _decide(ledger, list(group), steps_of, person)
        except _Refusal as refusal:
            yield refusal.refused
        else:
            if applied is not None:
                yield applied


def _decide(ledger: "Ledger", lines: Sequence[_Cells], steps_of: "StepsOf", person: str) -> Applied | None:
    asked, note = _only(lines, DECISION), _only(lines, NOTE)
    changed = [line for line in lines if line.is_changed()]
    if asked is None and not changed:
        return None
    first = lines[0]
    row = ledger.item(None, int(first[ITEM])) if first[ITEM].isdecimal() else None
    if row is None:
        raise _Refusal(first.refused(ITEM, say("there is no such item here")))
    decision = _decision(asked) if asked is not None else "approve"
    if changed and decision != "approve":
        why = say("a document is not corrected and put aside or asked again in one go: decide for one")
        raise _Refusal((asked or first).refused(DECISION, why))
    try:
        decisions.require_unchanged(ledger, row, person, digest=first[HASH] or "-")
    except LedgerError as error:
        raise _Refusal(first.refused(HASH if not first[HASH] else ITEM, error.phrase)) from error
    text = note[NOTE] if note is not None else ""
    blamed = asked or changed[0]
    if not text and _needs_note(ledger, row, decision, changed):
        why = row.reason.phrases[0] if row.reason.phrases else say("it is kept")
        raise _Refusal(
            blamed.refused(NOTE, say("say here how you checked it, for it is kept: {why}", why=why))
        )
    try:
        if changed:
            _correct(ledger, row, changed, steps_of(row.recipe), person, text)
        elif decision == "approve":
            decisions.approve(ledger, row, person, text)
        elif decision == "reject":
            decisions.reject(ledger, row, person, text)
        else:
            decisions.ask_again(ledger, row, person, text)
    except LedgerError as error:
        raise _Refusal(blamed.refused(DECISION, error.phrase)) from error
    decisions.forget_seen(ledger, row, person)
    return Applied(row=row, decision=say("corrected") if changed else DECIDED[decision])


def _needs_note(ledger: "Ledger", row: "ItemRow", decision: str, changed: Sequence[_Cells]) -> bool:
    if changed:
        other_value = all(not line[KEY].endswith(".iban") for line in changed)
        return other_value and decisions.has_doubted_account(ledger, row)
    return decision == "reject" or (decision == "approve" and decisions.needs_note(ledger, row))


DECIDED: Mapping[str, Phrase] = {
    "approve": say("approved"),
    "reject": say("rejected"),
    "again": say("asked again at the next run"),
}


def _only(lines: Sequence[_Cells], column: int) -> _Cells | None:
    """Give the one line that says something in *column*."""
    written = [line for line in lines if line[column]]
    if len({line[column].casefold() for line in written}) > 1:
        raise _Refusal(
            written[1].refused(column, say("says otherwise than {cell}", cell=_cell(written[0], column)))
        )
    return written[0] if written else None


def _cell(line: _Cells, column: int) -> str:
    return f"{chr(65 + column)}{line.number}"


def _decision(line: _Cells) -> str:
    text = line[DECISION].casefold()
    for action, word in DECISIONS.items():
        if text in (action, *(word.render(language).casefold() for language in LANGUAGES)):
            return action
    known = say("approve, reject or ask again")
    why = say("{written} is no decision: write {known}", written=line[DECISION], known=known)
    raise _Refusal(line.refused(DECISION, why))


def _correct(
    ledger: "Ledger",
    row: "ItemRow",
    changed: Iterable[_Cells],
    steps: "Mapping[str, Step[Any]]",
    person: str,
    note: str,
) -> None:
    """Try each value alone, so that a wrong one is named by its cell, then write them down together."""
    changes: dict[str, str] = {}
    for line in changed:
        step_name, _, field_key = line[KEY].partition(".")
        step = steps.get(step_name)
        if step is None or not field_key:
            raise _Refusal(line.refused(KEY, say("the recipe has no step {name} any more", name=step_name)))
        text = _stored_word(step, field_key, line[VALUE])
        stored = ledger.value(row, step_name)
        value = ResultCodec().read(step, stored[0]) if stored and stored[0] else None
        try:
            correct_result(step, value, {field_key: text}, person)
        except InvalidCorrection as error:
            raise _Refusal(line.refused(VALUE, error.phrase)) from error
        changes[line[KEY]] = text
    decisions.correct(ledger, row, steps, changes, person, note)


def _stored_word(step: "Step[Any]", name: str, text: str) -> str:
    """Give the word a record keeps for one that people read: ``credit_note`` for *avoir*."""
    record = record_type_in(step.returns)
    words = kind_of(record).value_words.get(name, {}) if record is not None else {}
    for value, word in words.items():
        if text.casefold() in {word.render(language).casefold() for language in LANGUAGES}:
            return value
    return text


def _plain(text: str) -> str:
    """Spreadsheets end lines each in its way, and put an ordinary space for a narrow one."""
    return " ".join(text.split()) if "\n" not in text else "\n".join(map(str.rstrip, text.splitlines()))
