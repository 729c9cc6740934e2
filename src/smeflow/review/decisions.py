"""What waits for a person, and what a person may decide about it.

Let it pass, give right values, put it aside, ask again.
"""

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smeflow._text import hash_of, sha256
from smeflow.documents.document import ROW
from smeflow.errors import LedgerError
from smeflow.i18n import Phrase, say
from smeflow.kinds.field_names import field_called
from smeflow.ledger.between import is_doubted
from smeflow.ledger.reviews import UNDECIDED, WANTED, decided_phrase, standing_decisions
from smeflow.ledger.rows import ItemRow, State

if TYPE_CHECKING:
    from smeflow.core.case import Step
    from smeflow.ledger.ledger import Ledger

WAITING_STATES: tuple[State, ...] = ("review", "failed")


def waiting_items(ledger: "Ledger", recipe: str = "") -> list[ItemRow]:
    """Give the items of *recipe* (of all recipes) that a person must look at, in the order they came."""
    names = [recipe] if recipe else ledger.recipes()
    rows = [row for name in names for state in WAITING_STATES for row in ledger.items(name, state)]
    return sorted(rows, key=lambda row: (row.recipe, row.seq, row.nth))


def approved_as_found(ledger: "Ledger", recipe: str) -> list[ItemRow]:
    """Give the finished items that a person let pass just as they were found: whole files, no rows."""
    rows = [row for row in ledger.items(recipe, "done") if row.parent is None and not row.parts]
    decided = [
        (row, {each.action for each in standing_decisions(ledger.reviews(row), row.version).values()})
        for row in rows
        if row.media_type != ROW
    ]
    return [row for row, actions in decided if actions == {"approve"}]


def approve(
    ledger: "Ledger", item: "ItemRow", person: str, note: str = "", *, wanted: bool | None = None
) -> int:
    """Let what was found pass, as it is; gives the decision's number.

    *wanted* answers for a step whose condition cannot be decided: true takes it, false leaves it out.

    Raises:
        LedgerError: The item does not wait for that, or is no longer what the person saw.
    """
    _require_state(item, "review")
    if item.reason.kind == UNDECIDED and wanted is None:
        raise LedgerError(
            say(
                "{name}: nobody can tell whether step {step} is wanted. Say it with --answer yes (take the "
                "step) or --answer no (leave it out), or give the value that is missing: "
                "smeflow review correct ITEM --set STEP.FIELD=VALUE.",
                name=item.name,
                step=item.reason.step,
            )
        )
    if not note.strip() and needs_note(ledger, item):
        raise _note_is_missing(item)
    step, before, seen_hash = _value_seen(ledger, item)
    after = json.dumps({WANTED: wanted}) if item.reason.kind == UNDECIDED else None
    return ledger.record_decision(
        item, action="approve", person=person, step=step, result_hash=seen_hash,
        before=before, after=after, note=note,
    )  # fmt: skip


def needs_note(ledger: "Ledger", item: "ItemRow") -> bool:
    """Tell whether an approval must say how it was checked: other items speak against this one."""
    return item.reason.kind == "between" or is_doubted(ledger.store, item.id)


def has_doubted_account(ledger: "Ledger", item: "ItemRow") -> bool:
    """Tell whether the item waits since it asks to pay to an account nobody has approved."""
    return item.state == "review" and is_doubted(ledger.store, item.id, ("steady",))


def _note_is_missing(item: "ItemRow") -> LedgerError:
    # what other items say stands behind what the item itself says
    why = item.reason.phrases[0 if item.reason.kind == "between" else -1]
    return LedgerError(
        say("{name}: say with --note how you checked it, for it is kept: {why}.", name=item.name, why=why)
    )


def correct(
    ledger: "Ledger",
    item: "ItemRow",
    steps: "Mapping[str, Step[Any]]",
    changes: Mapping[str, str],
    person: str,
    note: str = "",
) -> int:
    """Put values a person gives in the place of what was found; the checks run again on them.

    *changes* are texts by field: ``{"total_net": "12.00"}`` for the step that waits, or with the name of
    another before it: ``invoice.total_net``. Of a document that nobody could read they are all there is.

    Raises:
        ValueError: A value does not fit its field; the phrase in it says which.
        LedgerError: The item does not wait for that, or is no longer what the person saw.
    """
    from smeflow.engine.cases import ResultCodec
    from smeflow.review.corrections import correct_result, split_by_step

    _require_state(item, "review", "failed", "open", "done")
    step_name, fields = split_by_step(changes, steps, item.reason.step or _last_step(ledger, item))
    # to correct another value lets the account pass: nobody does that in passing
    other_value = all(field_called(written, ("iban",)) is None for written in fields)
    if other_value and not note.strip() and has_doubted_account(ledger, item):
        raise _note_is_missing(item)
    step, codec = steps[step_name], ResultCodec()
    stored = ledger.value(item, step_name)
    latest = _pending_correction(ledger, item, step_name) or (stored[0] if stored else None)
    value = codec.read(step, latest) if latest else None
    after = codec.write(step, correct_result(step, value, fields, person))
    before, seen_hash = stored or (None, "")
    return ledger.record_decision(
        item, action="correct", person=person, step=step_name, result_hash=seen_hash,
        before=before, after=after, note=note,
    )  # fmt: skip


def _pending_correction(ledger: "Ledger", item: "ItemRow", step: str) -> str | None:
    """Give the value a person gave for *step* that no run has taken up yet, as JSON."""
    decision = standing_decisions(ledger.reviews(item), item.version).get(step)
    taken_up = decision is not None and item.outcome.get(step) == f"d{decision.id}"
    return decision.after if decision is not None and decision.action == "correct" and not taken_up else None


def relabel(
    ledger: "Ledger", item: "ItemRow", steps: "Mapping[str, Step[Any]]", step: str, label: str, person: str
) -> int | None:
    """Take a label a person gave outside of review, such as by moving a mail into the folder of that label.

    It is a correction like any other: later steps run again on it, and `smeflow learn` takes it up. None
    where the item has that label already.

    Raises:
        ValueError: The step has no such label.
        LedgerError: The item is still open, or no longer what the person saw.
    """
    stored = ledger.value(item, step)
    if stored and json.loads(stored[0]).get("label") == label:
        return None
    return correct(ledger, item, steps, {f"{step}.label": label}, person)


def reject(ledger: "Ledger", item: "ItemRow", person: str, reason: str) -> int:
    """Put an item aside: it goes into no table and is not asked about again.

    Raises:
        LedgerError: It is put aside already, or is no longer what the person saw.
    """
    _require_state(item, "review", "failed", "open", "done")
    step, before, seen_hash = _value_seen(ledger, item)
    return ledger.record_decision(
        item, action="reject", person=person, step=step, result_hash=seen_hash, before=before, note=reason
    )


def ask_again(ledger: "Ledger", item: "ItemRow", person: str, note: str = "") -> int:
    """Ask the step that is in doubt once more at the next run: old replies are not used, and this may cost.

    Raises:
        LedgerError: The item does not wait for that, or is no longer what the person saw.
    """
    _require_state(item, "review", "failed", "done")
    step, before, seen_hash = _value_seen(ledger, item)
    return ledger.record_decision(
        item, action="again", person=person, step=step, result_hash=seen_hash, before=before, note=note
    )


def _value_seen(ledger: "Ledger", item: "ItemRow") -> tuple[str, str | None, str]:
    """Give the step a decision is about, its value as JSON and the value's hash."""
    step = item.reason.step or _last_step(ledger, item)
    stored = ledger.value(item, step)
    return (step, *stored) if stored else (step, None, "")


def _last_step(ledger: "Ledger", item: "ItemRow") -> str:
    """Give the step that came last when the item was first worked on: its outcome is sorted by name."""
    first: dict[str, int] = {}
    for result in ledger.results(item):
        if result.version == item.version:
            first.setdefault(result.step, result.id)
    ran = [name for name, where in item.outcome.items() if isinstance(where, str)]
    return max(ran, key=lambda name: first.get(name, 0), default="")


def _require_state(item: "ItemRow", *states: str) -> None:
    if item.state not in states:
        state = STATE_WORDS[item.state]
        what = say("{name} does not wait for this decision: it is {state}.", name=item.name, state=state)
        raise LedgerError(what)


STATE_WORDS = {
    "done": say("done"),
    "review": say("in review"),
    "failed": say("failed"),
    "skipped": say("left out"),
    "open": say("still open"),
}


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a person saw of an item: enough to refuse a decision on anything else, and to say what changed."""

    hash: str
    version: str
    outcome: Mapping[str, str]
    """Per step where the value stood that was shown."""
    decision: int
    """The last decision that was shown; 0 where there was none."""

    def changes(self, ledger: "Ledger", item: ItemRow) -> Phrase:
        """Say what is other than it was seen."""
        before = _fields_of(ledger, replace(item, outcome=self.outcome))
        after = _fields_of(ledger, item)
        names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
        listed = [f"{name}: {before.get(name, '–')} → {after.get(name, '–')}" for name in names]
        listed[MOST_CHANGES:] = ["…"] if len(listed) > MOST_CHANGES else []
        newer = [each for each in ledger.reviews(item) if each.id > self.decision and each.action != "note"]
        reasons: list[Phrase] = [decided_phrase(newer[-1])] if newer else []
        if listed:
            reasons.append(say("These are other values: {changes}.", changes="; ".join(listed)))
        elif not newer and item.reason.phrases:
            reasons.append(say("It waits for this now: {why}.", why=item.reason.phrases[0]))
        elif not newer:
            reasons.append(say("Its content or its result is another one now."))
        return reduce(lambda one, other: say("{one} {other}", one=one, other=other), reasons)


MOST_CHANGES, MOST_SEEN, SHORTEST_HASH = 12, 2000, 8


def seen_now(ledger: "Ledger", item: ItemRow) -> Seen:
    """Give what there is to see of *item*: its values, why it waits, and what was decided on it."""
    outcome = {step: where for step, where in item.outcome.items() if isinstance(where, str)}
    hashes = [[step, (ledger.value(item, step) or ("", ""))[1]] for step in sorted(outcome)]
    decision = max((review.id for review in ledger.reviews(item) if review.action != "note"), default=0)
    digest = hash_of([item.version, hashes, str(item.reason), decision])
    return Seen(hash=digest, version=item.version, outcome=outcome, decision=decision)


def remember_seen(ledger: "Ledger", item: ItemRow, person: str) -> None:
    """Keep what *person* was shown of *item*, beside the ledger: looking changes nothing in it."""
    file = _seen_file(ledger, person)
    kept = _read_seen(file)
    kept.pop(str(item.id), None)
    kept[str(item.id)] = asdict(seen_now(ledger, item))
    _write_seen(file, dict(list(kept.items())[-MOST_SEEN:]))


def forget_seen(ledger: "Ledger", item: ItemRow, person: str) -> None:
    """Forget it: it was decided on."""
    file = _seen_file(ledger, person)
    kept = _read_seen(file)
    if kept.pop(str(item.id), None) is not None:
        _write_seen(file, kept)


def require_unchanged(
    ledger: "Ledger", item: ItemRow, person: str, *, shown_to: str = "", digest: str = ""
) -> Seen | None:
    """Refuse a decision on anything but what *person* was shown; gives what that was, None where nothing was.

    *digest*: the hash a script read with the values, or its beginning. *shown_to*: under what name they were
    shown, where that is another. Whoever was shown nothing does not decide over what another person decided.

    Raises:
        LedgerError: It is another one now; the message says what changed. Or somebody decided already.
    """
    now = seen_now(ledger, item)
    names = dict.fromkeys((person, shown_to or person))
    kept = (_read_seen(_seen_file(ledger, name)).get(str(item.id)) for name in names)
    seen = next((Seen(**each) for each in kept if each), None)
    if digest:
        if len(digest) >= SHORTEST_HASH and now.hash.startswith(digest.lower()):
            return now
        seen = seen if seen is not None and seen.hash.startswith(digest.lower()) else None
        what = seen.changes(ledger, item) if seen else say("Its content or its result is another one now.")
        raise _changed_since(item, what)
    if seen is not None and seen.hash != now.hash:
        raise _changed_since(item, seen.changes(ledger, item))
    reviews = [r for r in ledger.reviews(item) if r.version == item.version and r.action != "note"]
    if seen is None and reviews and reviews[-1].person != person:
        raise LedgerError(
            say(
                "{name}: {decided} Look at it before you decide otherwise: smeflow show {id}",
                name=item.name,
                decided=decided_phrase(reviews[-1]),
                id=item.id,
            )
        )
    return seen


def essentials(ledger: "Ledger", item: ItemRow) -> dict[str, str]:
    """Give the values a decision is about, by name: of a record those that money and trust hang on."""
    values = _values_of(ledger, item).values()
    return {name: value for fields in values for name, value in fields.items() if name in ESSENTIAL}


ESSENTIAL = (
    *("seller", "number", "issue_date", "total_gross", "currency", "iban", "kind", "label", "subject"),
    *("title", "value"),
)
_NOT_FOUND_BY_PEOPLE = frozenset(("fields", "checks", "problems", "several", "doubts", "marked", "facts"))


def _fields_of(ledger: "Ledger", item: ItemRow) -> dict[str, str]:
    """Give all values by name; where several steps gave some, each under its step's name."""
    values = _values_of(ledger, item)
    return {
        f"{step}.{name}" if len(values) > 1 else name: value
        for step, fields in values.items()
        for name, value in fields.items()
    }


def _values_of(ledger: "Ledger", item: ItemRow) -> dict[str, dict[str, str]]:
    """Give the values of each step by name, those of a record under the record's own names."""
    values: dict[str, dict[str, str]] = {}
    for step in item.outcome:
        stored = ledger.value(item, step)
        value = json.loads(stored[0]) if stored and stored[0] else None
        if isinstance(value, dict) and isinstance(value.get("record"), dict):
            value = value["record"]
        values[step] = dict(_flat(value, "" if isinstance(value, dict) else "value"))
    return values


def _flat(value: Any, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, part in value.items():
            if name or key not in _NOT_FOUND_BY_PEOPLE:
                yield from _flat(part, f"{name}.{key}" if name else key)
    elif isinstance(value, list):
        for number, part in enumerate(value, 1):
            yield from _flat(part, f"{name}.{number}")
    elif value is not None:
        yield name, str(value)


def _changed_since(item: ItemRow, what: Phrase) -> LedgerError:
    return LedgerError(
        say(
            "{name} has changed since you saw it. {last} Nothing was written; look at it again.",
            name=item.name,
            last=what,
        )
    )


def _seen_file(ledger: "Ledger", person: str) -> Path:
    return ledger.store.folder / "seen" / f"{sha256(person)[:16]}.json"


def _read_seen(file: Path) -> dict[str, Any]:
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def _write_seen(file: Path, kept: Mapping[str, Any]) -> None:
    """Put the file in place whole. One that cannot be written means no more than that nothing was shown."""
    with contextlib.suppress(OSError):
        file.parent.mkdir(mode=0o700, exist_ok=True)
        part = file.with_name(f"{file.name}.{os.getpid()}")
        part.write_text(json.dumps(kept), encoding="utf-8")
        part.chmod(0o600)
        part.replace(file)
