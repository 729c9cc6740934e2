"""Do what a sink wants done with each mail, and take it back.

Each effect is written down before it begins, so that no crash repeats or forgets it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Protocol, TypeVar

from smeflow.errors import DocumentError, SinkError, SourceError
from smeflow.i18n import Phrase, say
from smeflow.kinds.mailbox import Account, ActionRecord, Effect, EffectDeferred, EffectSkipped
from smeflow.kinds.sinks import ActingSink, SinkItem
from smeflow.ledger.items import item_of
from smeflow.ledger.mail import (
    PLAN,
    EffectLog,
    EffectRow,
    LedgerMailIndex,
    effect_of,
    sent_within_a_day,
    slot_of,
)
from smeflow.ledger.rows import ItemRow
from smeflow.ledger.store import LedgerStore, blob_data
from smeflow.mail.actions import ACTIONS, ActionContext
from smeflow.mail.connect import open_mailbox


class FinishedItems(Protocol):
    """Gives finished items whole."""

    @property
    def recipe(self) -> str:
        """The recipe."""
        ...

    @property
    def run(self) -> int:
        """The number of the run."""
        ...

    def whole(self, item: ItemRow) -> SinkItem:
        """Give one with its documents and results."""
        ...


T = TypeVar("T")
BATCH_SIZE = 50
"""How many mails' effects are written down as begun before the first is done."""
OPEN_ENDS = ("review", "open", "failed")


@dataclass(frozen=True)
class _MailJob:
    """One mail and what is still to be done with it."""

    item: ItemRow
    """What was finished; a part of a mail stands for the mail."""
    root: ItemRow
    """The item whose mail it is."""
    wanted: tuple[Effect, ...]


def apply_effects(store: LedgerStore, sink: ActingSink, finished: FinishedItems, source: str) -> list[Phrase]:
    """Do for every finished mail what *sink* wants, once; give what a person should know.

    Raises:
        SinkError: The mailbox cannot be reached; what was begun is finished by the next run.
    """
    effects = EffectLog(store, finished.recipe, sink.name)
    waiting = effects.unsettled(acting=sink.acting)
    begun = effects.begun() if sink.acting else []
    if not waiting and not begun:
        return []
    told: Counter[tuple[str, str]] = Counter()
    jobs = _mail_jobs(store, sink, finished, waiting)
    if not sink.acting or sink.account is None:
        for some in _in_batches(jobs):
            _observe(effects, some, finished.run, told)
        return _observed(told)
    try:
        with open_mailbox(sink.account) as session:
            hands = ActionContext(
                sink.account,
                session,
                LedgerMailIndex(store, finished.recipe, source),
                lambda key: _mail_bytes(store, finished.recipe, source, key),
                store.clock,
                sender=getattr(sink, "sender", None),
            )
            crew = _EffectRunner(store, effects, hands, finished, told)
            with hands.ending:
                crew.finish(begun)
                for some in _in_batches(jobs):
                    crew.do(some)
    except SourceError as error:
        raise SinkError(error.phrase) from error
    return _summary(told)


def _mail_jobs(
    store: LedgerStore, sink: ActingSink, finished: FinishedItems, waiting: Sequence[ItemRow]
) -> Iterator[_MailJob]:
    for item in waiting:
        root = _root(store, item)
        if root.id != item.id and not _whole_mail_ended(store, root):
            continue
        try:
            yield _MailJob(item, root, tuple(sink.effects(finished.whole(item))))
        except DocumentError:
            continue


def _in_batches(many: Iterable[T]) -> Iterator[list[T]]:
    going = iter(many)
    while some := list(islice(going, BATCH_SIZE)):
        yield some


def _root(store: LedgerStore, item: ItemRow) -> ItemRow:
    while item.parent is not None:
        item = item_of(store.read("get items", id_=item.parent)[0])
    return item


def _whole_mail_ended(store: LedgerStore, root: ItemRow) -> bool:
    """A mail with several invoices is filed when the last of them needs nobody any more."""
    return not any(row["state"] in OPEN_ENDS for row in store.read("children", parent=root.id))


def _mail_bytes(store: LedgerStore, recipe: str, source: str, key: str) -> bytes:
    row = store.read("item by key", recipe=recipe, source=source, key=key)[0]
    return blob_data(store, row["blob"])


def _observe(effects: EffectLog, jobs: Sequence[_MailJob], run: int, told: Counter[tuple[str, str]]) -> None:
    listed = {job.item.id: [[e.kind, e.target] for e in job.wanted] for job in jobs}
    for job in jobs:
        told.update((e.kind, e.target) for e in job.wanted)
    effects.settle([job.item for job in jobs], run, acting=False, told=listed)


@dataclass
class _EffectRunner:
    """Does effects in one mailbox."""

    store: LedgerStore
    effects: EffectLog
    hands: ActionContext
    finished: FinishedItems
    told: Counter[tuple[str, str]]

    def __post_init__(self) -> None:
        """Let actions write down how far they are, and ask who was answered."""
        self.hands.note = self._note
        self.hands.had_answer = lambda deed: sent_within_a_day(self.store, deed.effect.target, deed.effect.by)

    def _note(self, deed: ActionRecord, detail: Mapping[str, Any]) -> None:
        row = EffectRow(item=deed.item, effect=deed.effect, state="begun", run=self.finished.run)
        self.effects.write([replace(row, detail=detail)])

    def finish(self, begun: Sequence[EffectRow]) -> None:
        """Finish what a run before began and did not end."""
        for some in _in_batches(begun):
            rows = {row.item: item_of(self.store.read("get items", id_=row.item)[0]) for row in some}
            ended = [self._do(one, rows[one.item], again=True) for one in some]
            self.effects.write([one for one in ended if one is not None])

    def do(self, jobs: Sequence[_MailJob]) -> None:
        """Do what *jobs* want: all is written down as begun, then done, then written down as done."""
        begun: list[tuple[_MailJob, EffectRow]] = []
        ended: list[EffectRow] = []
        later: set[int] = set()
        for job in jobs:
            before = self.effects.of(job.root.id)
            for effect in job.wanted:
                if not _is_new(before.get(slot_of(effect)), effect):
                    continue
                row = self._prepared(job, effect)
                if row is None:
                    later.add(job.item.id)
                elif row.state == "begun":
                    begun.append((job, row))
                else:
                    ended.append(row)
        self.effects.write([*(row for _, row in begun), *ended])
        done: list[EffectRow] = []
        try:
            for job, row in begun:
                result = self._do(row, job.root, again=False)
                if result is None:
                    later.add(job.item.id)
                else:
                    done.append(result)
        finally:
            self.effects.write(done)
        settled = [job.item for job in jobs if job.item.id not in later]
        listed = {job.item.id: [[e.kind, e.target] for e in job.wanted] for job in jobs}
        self.effects.settle(settled, self.finished.run, acting=True, told=listed)

    def _deed(self, row: EffectRow, root: ItemRow) -> ActionRecord:
        return ActionRecord(
            effect=row.effect,
            key=root.key,
            recipe=self.finished.recipe,
            name=root.name,
            item=root.id,
            detail=row.detail,
        )

    def _prepared(self, job: _MailJob, effect: Effect) -> EffectRow | None:
        row = EffectRow(item=job.root.id, effect=effect, state="begun", run=self.finished.run)
        try:
            detail = ACTIONS[effect.kind].prepare(self.hands, self._deed(row, job.root))
        except EffectSkipped as left:
            self.told["left", str(left.phrase)] += 1
            return replace(row, state="left", detail={"why": str(left.phrase)})
        except EffectDeferred:
            return None
        return replace(row, detail=detail)

    def _do(self, row: EffectRow, root: ItemRow, *, again: bool) -> EffectRow | None:
        try:
            detail = ACTIONS[row.effect.kind].do(self.hands, self._deed(row, root), again=again)
        except EffectSkipped as left:
            self.told["left", str(left.phrase)] += 1
            return replace(row, state="left", detail={**row.detail, "why": str(left.phrase)})
        except EffectDeferred:
            return None
        self.told[row.effect.kind, row.effect.target] += 1
        return replace(row, state="done", detail=detail)


def _is_new(before: EffectRow | None, effect: Effect) -> bool:
    """Tell whether an effect is still to be done. A draft is made once, whatever becomes of it."""
    if before is None:
        return True
    return effect.kind == "move" and before.effect.target != effect.target and before.state != "begun"


def _observed(told: Counter[tuple[str, str]]) -> list[Phrase]:
    moves = sum(n for (kind, _), n in told.items() if kind == "move")
    drafts = sum(n for (kind, _), n in told.items() if kind == "draft")
    sends = sum(n for (kind, _), n in told.items() if kind == "send")
    marks = told.total() - moves - drafts - sends
    if not told:
        return []
    if sends == told.total():
        return [
            say(
                "Only observed: {n} answers would be sent. See them with smeflow mailbox plan; to send them, "
                "write mode: act.",
                n=sends,
            )
        ]
    return [
        say(
            "Only observed: {moves} mails would be moved, {drafts} drafts made, {marks} marks set. "
            "See them with smeflow mailbox plan; to do it, write mailbox: act.",
            moves=moves,
            drafts=drafts,
            marks=marks,
        )
    ]


def _summary(told: Counter[tuple[str, str]]) -> list[Phrase]:
    left = [
        say("left alone {n} times: {why}", n=n, why=why) for (kind, why), n in told.items() if kind == "left"
    ]
    moves = sum(n for (kind, _), n in told.items() if kind == "move")
    drafts = sum(n for (kind, _), n in told.items() if kind == "draft")
    done = say("In the mailbox: {moves} mails moved, {drafts} drafts made.", moves=moves, drafts=drafts)
    sends = sum(n for (kind, _), n in told.items() if kind == "send")
    sent = say("Answers sent: {n}.", n=sends)
    return [*([done] if moves or drafts else []), *([sent] if sends else []), *left]


@dataclass(frozen=True, kw_only=True)
class UndoneEffect:
    """One effect, and why it stays where it could not be taken back."""

    item: ItemRow
    effect: EffectRow
    left: Phrase | None = None


def effects_done_by(store: LedgerStore, run: int) -> list[tuple[ItemRow, EffectRow]]:
    """Give what a run did that still stands, the last first."""
    rows = [r for r in store.read("effects of run", run=run) if r["kind"] != PLAN and r["state"] == "done"]
    return [(item_of(store.read("get items", id_=r["item"])[0]), effect_of(r)) for r in reversed(rows)]


def undo_run(store: LedgerStore, run: int, account: Account, sink: str) -> Iterator[UndoneEffect]:
    """Take back what a run did; each is written down when it is.

    Raises:
        SourceError: The mailbox cannot be reached; what was taken back until then is.
    """
    standing = effects_done_by(store, run)
    if not standing:
        return
    first = standing[0][0]
    effects = EffectLog(store, first.recipe, sink)
    with open_mailbox(account) as session:
        hands = ActionContext(
            account,
            session,
            LedgerMailIndex(store, first.recipe, first.source),
            lambda key: _bytes_of_mail(store, first, key),
            store.clock,
        )
        for item, one in standing:
            deed = ActionRecord(
                effect=one.effect, key=item.key, recipe=item.recipe, name=item.name, detail=one.detail
            )
            try:
                ACTIONS[one.effect.kind].undo(hands, deed)
            except EffectSkipped as left:
                yield UndoneEffect(item=item, effect=one, left=left.phrase)
                continue
            except EffectDeferred:
                why = say("its folder was numbered anew; run the recipe once and undo again")
                yield UndoneEffect(item=item, effect=one, left=why)
                continue
            replace_in = effects if not one.sink else replace(effects, sink=one.sink)
            replace_in.write([replace(one, state="undone")])
            yield UndoneEffect(item=item, effect=one)


def _bytes_of_mail(store: LedgerStore, like: ItemRow, key: str) -> bytes:
    row = store.read("item by key", recipe=like.recipe, source=like.source, key=key)[0]
    return blob_data(store, row["blob"])
