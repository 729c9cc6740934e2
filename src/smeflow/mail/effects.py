"""Do what a sink wants done with each mail, and take it back.

Each effect is written down before it begins, so that no crash repeats or forgets it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Protocol, TypeVar, runtime_checkable

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
from smeflow.mail.actions import ACTIONS, ActionContext, ActionDetail, MailAction
from smeflow.mail.client import MailClient
from smeflow.mail.connect import open_mailbox

T = TypeVar("T")
BATCH_SIZE = 50
"""How many mails' effects are written down as begun before the first is done."""
UNFINISHED_STATES = ("review", "open", "failed")


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


@runtime_checkable
class SendingSink(Protocol):
    """A sink that sends what it writes."""

    @property
    def sender(self) -> Account | None:
        """The server that sends."""
        ...


@dataclass(frozen=True)
class _MailJob:
    """One mail and what is still to be done with it."""

    item: ItemRow
    """What was finished; a part of a mail stands for the mail."""
    root: ItemRow
    """The item whose mail it is."""
    effects: tuple[Effect, ...]


@dataclass
class _Tally:
    """What is told at the end of a run: how many effects of each kind, and why mails were left alone."""

    kinds: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)


def apply_effects(store: LedgerStore, sink: ActingSink, finished: FinishedItems, source: str) -> list[Phrase]:
    """Do for every finished mail what *sink* wants, once; give what a person should know.

    Raises:
        SinkError: The mailbox cannot be reached; what was begun is finished by the next run.
    """
    log = EffectLog(store, finished.recipe, sink.name)
    unsettled = log.unsettled(acting=sink.acting)
    begun = log.begun() if sink.acting else []
    if not unsettled and not begun:
        return []
    jobs = _mail_jobs(store, sink, finished, unsettled)
    if not sink.acting or sink.account is None:
        return _plan(log, jobs, finished.run)
    try:
        with open_mailbox(sink.account) as client:
            sender = sink.sender if isinstance(sink, SendingSink) else None
            context = _action_context(store, finished.recipe, source, sink.account, client, sender)
            runner = _EffectRunner(store, log, context, finished)
            with context.cleanup:
                runner.finish(begun)
                for batch in _in_batches(jobs):
                    runner.do(batch)
    except SourceError as error:
        raise SinkError(error.phrase) from error
    return _summary(runner.tally)


def _mail_jobs(
    store: LedgerStore, sink: ActingSink, finished: FinishedItems, unsettled: Sequence[ItemRow]
) -> Iterator[_MailJob]:
    for item in unsettled:
        root = _root(store, item)
        if root.id != item.id and not _whole_mail_finished(store, root):
            continue
        try:
            yield _MailJob(item, root, tuple(sink.effects(finished.whole(item))))
        except DocumentError:
            continue


def _in_batches(rows: Iterable[T]) -> Iterator[list[T]]:
    remaining = iter(rows)
    while batch := list(islice(remaining, BATCH_SIZE)):
        yield batch


def _item(store: LedgerStore, id_: int) -> ItemRow:
    return item_of(store.read("get items", id_=id_)[0])


def _root(store: LedgerStore, item: ItemRow) -> ItemRow:
    while item.parent is not None:
        item = _item(store, item.parent)
    return item


def _whole_mail_finished(store: LedgerStore, root: ItemRow) -> bool:
    """A mail with several invoices is filed when the last of them needs nobody any more."""
    return not any(row["state"] in UNFINISHED_STATES for row in store.read("children", parent=root.id))


def _action_context(
    store: LedgerStore,
    recipe: str,
    source: str,
    account: Account,
    client: MailClient,
    sender: Account | None = None,
) -> ActionContext:
    def read(key: str) -> bytes:
        return blob_data(store, store.read("item by key", recipe=recipe, source=source, key=key)[0]["blob"])

    index = LedgerMailIndex(store, recipe, source)
    return ActionContext(account, client, index, read, store.clock, sender)


def _settle(log: EffectLog, jobs: Sequence[_MailJob], run: int, *, acting: bool) -> None:
    listed = {job.item.id: [[effect.kind, effect.target] for effect in job.effects] for job in jobs}
    log.settle([job.item for job in jobs], run, acting=acting, decided=listed)


def _plan(log: EffectLog, jobs: Iterator[_MailJob], run: int) -> list[Phrase]:
    """Write down what would be done, and say how much that is."""
    kinds: Counter[str] = Counter()
    for batch in _in_batches(jobs):
        kinds.update(effect.kind for job in batch for effect in job.effects)
        _settle(log, batch, run, acting=False)
    if not kinds:
        return []
    if kinds["send"] == kinds.total():
        return [
            say(
                "Only observed: {n} answers would be sent. See them with smeflow mailbox plan; to send them, "
                "write mode: act.",
                n=kinds["send"],
            )
        ]
    return [
        say(
            "Only observed: {moves} mails would be moved, {drafts} drafts made, {marks} marks set. "
            "See them with smeflow mailbox plan; to do it, write mailbox: act.",
            moves=kinds["move"],
            drafts=kinds["draft"],
            marks=kinds.total() - kinds["move"] - kinds["draft"] - kinds["send"],
        )
    ]


def _summary(tally: _Tally) -> list[Phrase]:
    kinds, notes = tally.kinds, []
    if kinds["move"] or kinds["draft"]:
        notes.append(
            say(
                "In the mailbox: {moves} mails moved, {drafts} drafts made.",
                moves=kinds["move"],
                drafts=kinds["draft"],
            )
        )
    if kinds["send"]:
        notes.append(say("Answers sent: {n}.", n=kinds["send"]))
    return notes + [say("left alone {n} times: {why}", n=n, why=why) for why, n in tally.skipped.items()]


@dataclass
class _EffectRunner:
    """Does effects in one mailbox."""

    store: LedgerStore
    log: EffectLog
    context: ActionContext
    finished: FinishedItems
    tally: _Tally = field(default_factory=_Tally)

    def __post_init__(self) -> None:
        """Let actions write down how far they are, and ask who was answered."""
        self.context.save_progress = self._save_progress
        self.context.answered_today = lambda record: sent_within_a_day(
            self.store, record.effect.target, record.effect.by
        )

    def _save_progress(self, record: ActionRecord, detail: ActionDetail) -> None:
        self.log.write([replace(self._begun(record.item, record.effect), detail=detail)])

    def _begun(self, item: int, effect: Effect) -> EffectRow:
        return EffectRow(item=item, effect=effect, state="begun", run=self.finished.run)

    def finish(self, begun: Sequence[EffectRow]) -> None:
        """Finish what a run before began and did not end."""
        for batch in _in_batches(begun):
            items = {row.item: _item(self.store, row.item) for row in batch}
            ended = [self._do(row, items[row.item], again=True) for row in batch]
            self.log.write([row for row in ended if row is not None])

    def do(self, jobs: Sequence[_MailJob]) -> None:
        """Do what *jobs* want: all is written down as begun, then done, then written down as done."""
        begun: list[tuple[_MailJob, EffectRow]] = []
        skipped: list[EffectRow] = []
        deferred: set[int] = set()
        for job in jobs:
            before = self.log.of(job.root.id)
            for effect in job.effects:
                if not _is_new(before.get(slot_of(effect)), effect):
                    continue
                row = self._prepare(self._begun(job.root.id, effect), job.root)
                if row is None:
                    deferred.add(job.item.id)
                elif row.state == "begun":
                    begun.append((job, row))
                else:
                    skipped.append(row)
        self.log.write([*(row for _, row in begun), *skipped])
        ended: list[EffectRow] = []
        try:
            for job, row in begun:
                end = self._do(row, job.root, again=False)
                if end is None:
                    deferred.add(job.item.id)
                else:
                    ended.append(end)
        finally:
            self.log.write(ended)
        settled = [job for job in jobs if job.item.id not in deferred]
        _settle(self.log, settled, self.finished.run, acting=True)

    def _prepare(self, row: EffectRow, root: ItemRow) -> EffectRow | None:
        return self._attempt(row, root, lambda action, record: action.prepare(self.context, record))

    def _do(self, row: EffectRow, root: ItemRow, *, again: bool) -> EffectRow | None:
        end = self._attempt(row, root, lambda action, record: action.do(self.context, record, again=again))
        if end is None or end.state == "left":
            return end
        self.tally.kinds[row.effect.kind] += 1
        return replace(end, state="done")

    def _attempt(
        self, row: EffectRow, root: ItemRow, attempt: Callable[[MailAction, ActionRecord], ActionDetail]
    ) -> EffectRow | None:
        """Give the row with what is known afterwards, left alone where it will not be done; None: not now."""
        record = _action_record(row, root, self.finished.recipe)
        try:
            return replace(row, detail=attempt(ACTIONS[row.effect.kind], record))
        except EffectSkipped as skipped:
            self.tally.skipped[str(skipped.phrase)] += 1
            return replace(row, state="left", detail={**row.detail, "why": str(skipped.phrase)})
        except EffectDeferred:
            return None


def _action_record(row: EffectRow, item: ItemRow, recipe: str) -> ActionRecord:
    return ActionRecord(
        effect=row.effect, key=item.key, recipe=recipe, name=item.name, item=item.id, detail=row.detail
    )


def _is_new(before: EffectRow | None, effect: Effect) -> bool:
    """Tell whether an effect is still to be done. A draft is made once, whatever becomes of it."""
    if before is None:
        return True
    return effect.kind == "move" and before.effect.target != effect.target and before.state != "begun"


@dataclass(frozen=True, kw_only=True)
class UndoneEffect:
    """One effect, and why it stays where it could not be taken back."""

    item: ItemRow
    effect: EffectRow
    left: Phrase | None = None


def effects_done_by(store: LedgerStore, run: int) -> list[tuple[ItemRow, EffectRow]]:
    """Give what a run did that still stands, the last first."""
    rows = [r for r in store.read("effects of run", run=run) if r["kind"] != PLAN and r["state"] == "done"]
    return [(_item(store, row["item"]), effect_of(row)) for row in reversed(rows)]


def undo_run(store: LedgerStore, run: int, account: Account, sink: str) -> Iterator[UndoneEffect]:
    """Take back what a run did; each is written down when it is.

    Raises:
        SourceError: The mailbox cannot be reached; what was taken back until then is.
    """
    standing = effects_done_by(store, run)
    if not standing:
        return
    recipe, source = standing[0][0].recipe, standing[0][0].source
    with open_mailbox(account) as client:
        context = _action_context(store, recipe, source, account, client)
        for item, row in standing:
            try:
                ACTIONS[row.effect.kind].undo(context, _action_record(row, item, item.recipe))
            except EffectSkipped as skipped:
                yield UndoneEffect(item=item, effect=row, left=skipped.phrase)
                continue
            except EffectDeferred:
                why = say("its folder was numbered anew; run the recipe once and undo again")
                yield UndoneEffect(item=item, effect=row, left=why)
                continue
            EffectLog(store, recipe, row.sink or sink).write([replace(row, state="undone")])
            yield UndoneEffect(item=item, effect=row)
