"""What is kept between items: what they claim of the world."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from smeflow._text import canonical_json, sha256
from smeflow.core.claims import Claim
from smeflow.i18n import Phrase, say
from smeflow.ledger.rows import ItemRow, ReviewRow
from smeflow.ledger.store import LedgerStore
from smeflow.ledger.writer import Row, Transaction

PASSED, REJECTED = 1, 2
"""What became of a claim: its item was done; a person rejected it, which outlives what the item says next."""
NEW = "new"
"""Stands for "nothing was accepted under this key yet" among what a person was told."""


@dataclass(frozen=True, kw_only=True)
class Doubt:
    """What speaks against ending an item without a person."""

    step: str
    phrase: Phrase


def compare_claims(
    transaction: Transaction,
    item: ItemRow,
    claims: Sequence[tuple[str, Claim]],
    *,
    accepted: Collection[str],
    done: bool,
    at: str,
) -> list[Doubt]:
    """Write down what *item* claims now, and give what a person must look at first.

    *accepted* names the steps whose result a person has let pass: of these, only what that person was not
    told is a doubt. *done* says that nothing else holds the item back.
    """
    all_rows = transaction.rows("claims of item", item=item.id) if item.lease > 1 else []
    rows = [row for row in all_rows if row["passed"] != REJECTED]
    rejected = [{**item.row, **row} for row in all_rows if row["passed"] == REJECTED]
    if not claims and not rows:
        return []
    before = {(row["rule"], row["key"], row["value"]): set(json.loads(row["told"])) for row in rows}
    settled = _settled_values(rows)
    objections = [
        list(
            _changed(claim, settled)
            if claim.rule == FROZEN
            else _against(transaction, item, claim, rejected, by_person=step in accepted)
        )
        for step, claim in claims
    ]
    doubts: list[Doubt] = []
    for (step, claim), marks in zip(claims, objections, strict=True):
        seen = before.get((claim.rule, claim.key, claim.value), set()) if step in accepted else set()
        doubts += [Doubt(step=step, phrase=phrase) for mark, phrase in marks if mark not in seen]
    if rows:
        transaction.drop("drop claims of item", item=item.id)
    passed = int(done and not doubts)
    for (step, claim), marks in zip(claims, objections, strict=True):
        row: Row = {"item": item.id, "step": step, "rule": claim.rule, "key": claim.key, "value": claim.value}
        notes = canonical_json(_notes(claim, marks, settled, passed))
        transaction.add("claims", {**row, "told": notes, "passed": passed, "at": at})
    return _once(doubts)


def reject_claims(
    transaction: Transaction, item: Row, person: str, note: str
) -> list[tuple[int, str, Phrase]]:
    """Keep that what *item* claims to be alone with was rejected, and take away what else it claimed.

    Gives the items that are done and claim the same without anybody having been told, each with its step and
    what to tell: they are the same paper in another recipe.
    """
    alike: dict[int, tuple[int, str, Phrase]] = {}
    for row in transaction.rows("claims of item", item=item["id"]):
        if row["rule"] != "sole" or row["passed"] == REJECTED:
            continue
        transaction.set("claims", {**row, "passed": REJECTED})
        for other in transaction.rows("claims alike", rule="sole", key=row["key"], item=item["id"]):
            if other["state"] != "done" or not _of_one_seller(row["value"], other) or _settled(row, other):
                continue
            claim = transaction.rows("get claims", id_=other["id"])[0]
            told = canonical_json(sorted({*json.loads(claim["told"]), f"item {item['id']}"}))
            transaction.set("claims", {**claim, "told": told})
            why = say(
                "it was rejected by {person} as {name}: {note}",
                person=person,
                name=item["name"],
                note=note or "–",
            )
            alike[other["item"]] = (other["item"], claim["step"], why)
    transaction.drop("drop claims of item", item=item["id"])
    return list(alike.values())


def accept_claims(transaction: Transaction, item: int, step: str) -> list[int]:
    """Trust what *step* claimed of *item*, since a person approved it.

    Gives the items that may wait for nothing else: they ask to pay to the account that is now known.
    """
    alike: list[int] = []
    for row in transaction.rows("claims of item", item=item):
        if row["step"] != step:
            continue
        if not row["passed"]:
            transaction.set("claims", {**row, "passed": 1})
        if row["rule"] == "steady":
            others = transaction.rows("claims alike", rule=row["rule"], key=row["key"], item=item)
            alike += [
                other["item"]
                for other in others
                if other["value"] == row["value"] and other["state"] == "review"
            ]
    return alike


def forget_decision(transaction: Transaction, item: int, decision: ReviewRow) -> list[int]:
    """Trust no claim of *item* any more that passed or was rejected by *decision*, which is taken back.

    Gives the items that must be compared again: they ask to pay to an account that nobody else let pass, or
    were held as the paper that was rejected.
    """
    again: list[int] = []
    for row in transaction.rows("claims of item", item=item):
        if decision.action != "reject" and row["passed"] != PASSED:
            continue
        transaction.set("claims", {**row, "passed": 0})
        if row["rule"] == "sole" and decision.action == "reject":
            others = transaction.rows("claims alike", rule="sole", key=row["key"], item=item)
            again += [other["item"] for other in others if f"item {item}" in json.loads(other["told"])]
        if row["rule"] != "steady":
            continue
        for other in transaction.rows("claims alike", rule="steady", key=row["key"], item=item):
            claim = transaction.rows("get claims", id_=other["id"])[0]
            if other["value"] == row["value"] and not _let_pass_by_person(transaction, claim):
                transaction.set("claims", {**claim, "passed": 0})
                again.append(other["item"])
    return list(dict.fromkeys(again))


def _let_pass_by_person(transaction: Transaction, claim: Row) -> bool:
    """Tell whether a person ever decided on the step that claims it."""
    reviews = transaction.rows("reviews of item", item=claim["item"])
    return any(r["step"] == claim["step"] and r["action"] in ("approve", "correct") for r in reviews)


def with_both_shown(what: Phrase, there: str, here: str) -> Phrase:
    """Say *what* came before; where it says other things there, show both."""
    if not there or there == here:
        return what
    return say("{what}. There it is over {there}, here over {here}", what=what, there=there, here=here)


def settled_beside(store: LedgerStore, item: int, other: int) -> bool:
    """Tell whether a person was told of *other* and let *item* pass beside it, or the other way round."""
    pairs = ((item, other), (other, item))
    return any(
        row["passed"] == PASSED and f"item {told_of}" in json.loads(row["told"])
        for number, told_of in pairs
        for row in store.read("claims of item", item=number)
        if row["rule"] == "sole"
    )


def is_doubted(store: LedgerStore, item: int, rules: Collection[str] = ("sole", "steady", "within")) -> bool:
    """Tell whether a claim of *item* waits for a person, whatever else it waits for."""
    return any(
        row["passed"] == 0 and not all(mark.startswith((_IS, _WAS)) for mark in json.loads(row["told"]))
        for row in store.read("claims of item", item=item)
        if row["rule"] in rules
    )


def rejected_elsewhere(store: LedgerStore, item: int, keys: Iterable[str], shown: str) -> bool:
    """Tell whether the paper that came as *item*, and claimed *keys*, was rejected as another item."""
    rows = [row for key in keys for row in store.read("claims alike", rule="sole", key=key, item=item)]
    return any(
        row["passed"] == REJECTED and _shown(row) == shown and f"item {item}" not in json.loads(row["told"])
        for row in rows
    )


FROZEN = "frozen"
_WAS, _IS = "was ", "is "


def _settled_values(rows: Iterable[Row]) -> dict[str, tuple[str, str]]:
    """Give what the item was done with: by key, the value and how a person read it."""
    settled = {}
    for row in rows:
        if row["rule"] != FROZEN:
            continue
        marks = [mark for mark in json.loads(row["told"]) if mark.startswith(_WAS)]
        value, _, shown = marks[0].removeprefix(_WAS).partition(" ") if marks else ("", "", "")
        if value:
            settled[row["key"]] = (value, shown)
    return settled


def _changed(claim: Claim, settled: Mapping[str, tuple[str, str]]) -> Iterator[tuple[str, Phrase]]:
    before = settled.get(claim.key)
    if before and before[0] != claim.value:
        data = {**claim.about.data, "before": before[1] or "…"}
        yield f"{claim.value} after {before[0]}", Phrase(claim.about.template, data)


def _notes(
    claim: Claim, marks: Sequence[tuple[str, Phrase]], settled: Mapping[str, tuple[str, str]], passed: int
) -> list[str]:
    """Give what is written down beside a claim: what a person was told, and what the item was done with."""
    notes = {mark for mark, _ in marks} | (
        {f"{_IS}{claim.shown}"} if claim.rule == "sole" and claim.shown else set()
    )
    if claim.rule == FROZEN:
        standing = (claim.value, claim.shown) if passed else settled.get(claim.key)
        notes |= {f"{_WAS}{standing[0]} {standing[1]}"} if standing else set()
    return sorted(notes)


def _against(
    transaction: Transaction, item: ItemRow, claim: Claim, rejected: Sequence[Row], *, by_person: bool
) -> Iterator[tuple[str, Phrase]]:
    """Give what speaks against a claim, each with a mark that names it.

    *rejected* is what the item itself claimed when a person rejected it; *by_person*: a person let it pass.
    """
    others = transaction.rows("claims alike", rule=claim.rule, key=claim.key, item=item.id)
    if claim.rule == "sole":
        for other in (*others, *(row for row in rejected if row["key"] == claim.key)):
            if _same_paper(item, claim, other, by_person=by_person) or not _conflict(item, claim, other):
                continue
            if other["passed"] == REJECTED:
                what = _rejection(transaction, claim.about, other)
            else:
                what = say("{what} is there already: {name}", what=claim.about, name=other["name"])
            yield f"item {other['item']}", with_both_shown(what, _shown(other), claim.shown)
        if claim.covers:
            yield from _overdrawn(transaction, item, claim)
        return
    if claim.rule == "within":
        covering = claim.covered_by and transaction.rows(
            "claims alike", rule="sole", key=claim.covered_by, item=item.id
        )
        yield from _beyond(others, claim, covering or ())
        return
    trusted = {*claim.known, *(row["value"] for row in others if row["passed"])}
    if not trusted and claim.new is not None:
        yield NEW, claim.new
    elif trusted and claim.value not in trusted:
        yield sha256(canonical_json(sorted(trusted)))[:16], claim.about


def _beyond(others: Sequence[Row], claim: Claim, covering: Iterable[Row]) -> Iterator[tuple[str, Phrase]]:
    """Give what an amount goes beyond: the amount that is left of the known one."""
    if claim.new is not None:
        yield NEW, claim.new
    amounts = [Decimal(amount) for amount in claim.known]
    amounts += [
        amount
        for row in covering
        if row["passed"] != REJECTED and (amount := _amount_of(_shown(row))) is not None
    ]
    if not amounts:
        return
    used = _used(others)
    if used + Decimal(claim.value) > max(amounts):
        data = {**claim.about.data, "used": used, "left": max(amounts) - used}
        yield f"beyond {used}", Phrase(claim.about.template, data)


def _overdrawn(transaction: Transaction, item: ItemRow, claim: Claim) -> Iterator[tuple[str, Phrase]]:
    """Give what came before *claim* and is together more than its amount."""
    others = transaction.rows("claims alike", rule="within", key=claim.covers, item=item.id)
    amount, used = _amount_of(claim.shown), _used(others)
    if amount is not None and used > amount:
        what = say("{what}: {used} of it was credited before", what=claim.about, used=used)
        yield f"beyond {used}", what


def _used(rows: Iterable[Row]) -> Decimal:
    return sum((Decimal(row["value"]) for row in rows if row["passed"]), Decimal(0))


def _amount_of(shown: str) -> Decimal | None:
    """Give the amount with which *shown* begins; None where it says none."""
    try:
        return Decimal(shown.split(" ", 1)[0])
    except InvalidOperation:
        return None


def _same_paper(item: ItemRow, claim: Claim, other: Row, *, by_person: bool) -> bool:
    """Tell whether it is no second invoice: another recipe reads the same bytes, or the file was moved.

    Where other facts were found in the same bytes they are held against each other; not those that a person
    gave for the file that was moved.
    """
    if other["blob"] != item.blob or other["passed"] == REJECTED:
        return False
    moved, equal = other["state"] == "skipped", _shown(other) in ("", claim.shown)
    return bool((other["recipe"] != item.recipe and equal) or (moved and (equal or by_person)))


def _conflict(item: ItemRow, claim: Claim, other: Row) -> bool:
    """Tell whether *other* came first: it has passed, was rejected, or it waits and arrived before.

    What a person let pass beside this item is settled for both; what was rejected beside another, as its
    copy, says nothing of a third.
    """
    marks = json.loads(other["told"])
    if other["passed"] and f"item {item.id}" in marks:
        return False
    if other["passed"] == REJECTED and any(mark.startswith("item ") for mark in marks):
        return False
    if not _of_one_seller(claim.value, other):
        return False
    earlier = (other["seq"], other["nth"]) < (item.seq, item.nth) or other["recipe"] != item.recipe
    return bool(other["passed"] or (other["state"] in ("review", "open") and earlier))


def _of_one_seller(value: str, other: Row) -> bool:
    return not value or not other["value"] or value == other["value"]


def _settled(row: Row, other: Row) -> bool:
    """Tell whether a person was told of the one when the other was let pass."""
    return f"item {other['item']}" in json.loads(row["told"]) or f"item {row['item']}" in json.loads(
        other["told"]
    )


def _rejection(transaction: Transaction, what: Phrase, other: Row) -> Phrase:
    """Say who rejected *what*, and why."""
    decisions = [
        row for row in transaction.rows("reviews of item", item=other["item"]) if row["action"] == "reject"
    ]
    person, note = (decisions[-1]["person"], decisions[-1]["note"]) if decisions else ("?", "")
    return say(
        "{what} was rejected by {person} as {name}: {note}",
        what=what,
        person=person,
        name=other["name"],
        note=note or "–",
    )


def _shown(row: Row) -> str:
    """Give what stands beside a sole claim to be compared; nothing where an older smeflow wrote it."""
    return next((mark.removeprefix(_IS) for mark in json.loads(row["told"]) if mark.startswith(_IS)), "")


def _once(doubts: Iterable[Doubt]) -> list[Doubt]:
    return list({str(doubt.phrase): doubt for doubt in doubts}.values())
