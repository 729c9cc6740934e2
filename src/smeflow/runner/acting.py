"""Do what a sink wants done with each mail: written down first, so that no crash repeats or forgets it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, TypeVar

from smeflow.errors import DocumentError, SinkError, SourceError
from smeflow.i18n import Phrase, say
from smeflow.ledger.blobs import blob_data
from smeflow.ledger.effects import EffectRow, Effects, sent_within_a_day, slot_of
from smeflow.ledger.items import item_of
from smeflow.ledger.places import Places
from smeflow.ledger.rows import ItemRow
from smeflow.ledger.store import Store
from smeflow.mailboxes.actions import ACTIONS
from smeflow.mailboxes.base import Deed, Effect, Later, Left
from smeflow.mailboxes.connect import opened
from smeflow.mailboxes.hands import Hands
from smeflow.runner.finished import Finished
from smeflow.sinks.base import Acting

T = TypeVar("T")
TOGETHER = 50
"""How many mails' effects are written down as begun before the first is done."""
OPEN_ENDS = ("review", "open", "failed")


@dataclass(frozen=True)
class _Job:
    """One mail and what is still to be done with it."""

    item: ItemRow
    """What was finished; a part of a mail stands for the mail."""
    root: ItemRow
    """The item whose mail it is."""
    wanted: tuple[Effect, ...]


def act_on(store: Store, sink: Acting, finished: Finished, source: str) -> list[Phrase]:
    """Do for every finished mail what *sink* wants, once; give what a person should know.

    Raises:
        SinkError: The mailbox cannot be reached; what was begun is finished by the next run.
    """
    effects = Effects(store, finished.recipe, sink.name)
    waiting = effects.unsettled(acting=sink.acting)
    begun = effects.begun() if sink.acting else []
    if not waiting and not begun:
        return []
    told: Counter[tuple[str, str]] = Counter()
    jobs = _jobs(store, sink, finished, waiting)
    if not sink.acting or sink.account is None:
        for some in _together(jobs):
            _observe(effects, some, finished.run, told)
        return _would(told)
    try:
        with opened(sink.account) as session:
            hands = Hands(
                sink.account,
                session,
                Places(store, finished.recipe, source),
                lambda key: _bytes(store, finished.recipe, source, key),
                store.clock,
                sender=getattr(sink, "sender", None),
            )
            crew = _Crew(store, effects, hands, finished, told)
            with hands.ending:
                crew.finish(begun)
                for some in _together(jobs):
                    crew.do(some)
    except SourceError as error:
        raise SinkError(error.phrase) from error
    return _done(told)


def _jobs(store: Store, sink: Acting, finished: Finished, waiting: Sequence[ItemRow]) -> Iterator[_Job]:
    for item in waiting:
        root = _root(store, item)
        if root.id != item.id and not _whole_mail_ended(store, root):
            continue
        try:
            yield _Job(item, root, tuple(sink.effects(finished.whole(item))))
        except DocumentError:
            continue


def _together(many: Iterable[T]) -> Iterator[list[T]]:
    going = iter(many)
    while some := list(islice(going, TOGETHER)):
        yield some


def _root(store: Store, item: ItemRow) -> ItemRow:
    while item.parent is not None:
        item = item_of(store.read("get items", id_=item.parent)[0])
    return item


def _whole_mail_ended(store: Store, root: ItemRow) -> bool:
    """A mail with several invoices is filed when the last of them needs nobody any more."""
    return not any(row["state"] in OPEN_ENDS for row in store.read("children", parent=root.id))


def _bytes(store: Store, recipe: str, source: str, key: str) -> bytes:
    row = store.read("item by key", recipe=recipe, source=source, key=key)[0]
    return blob_data(store, row["blob"])


def _observe(effects: Effects, jobs: Sequence[_Job], run: int, told: Counter[tuple[str, str]]) -> None:
    listed = {job.item.id: [[e.kind, e.target] for e in job.wanted] for job in jobs}
    for job in jobs:
        told.update((e.kind, e.target) for e in job.wanted)
    effects.settle([job.item for job in jobs], run, acting=False, told=listed)


@dataclass
class _Crew:
    """Does effects in one mailbox."""

    store: Store
    effects: Effects
    hands: Hands
    finished: Finished
    told: Counter[tuple[str, str]]

    def __post_init__(self) -> None:
        """Let actions write down how far they are, and ask who was answered."""
        self.hands.note = self._note
        self.hands.had_answer = lambda deed: sent_within_a_day(self.store, deed.effect.target, deed.effect.by)

    def _note(self, deed: Deed, detail: Mapping[str, Any]) -> None:
        row = EffectRow(item=deed.item, effect=deed.effect, state="begun", run=self.finished.run)
        self.effects.write([replace(row, detail=detail)])

    def finish(self, begun: Sequence[EffectRow]) -> None:
        """Finish what a run before began and did not end."""
        for some in _together(begun):
            rows = {row.item: item_of(self.store.read("get items", id_=row.item)[0]) for row in some}
            ended = [self._do(one, rows[one.item], again=True) for one in some]
            self.effects.write([one for one in ended if one is not None])

    def do(self, jobs: Sequence[_Job]) -> None:
        """Do what *jobs* want: all is written down as begun, then done, then written down as done."""
        begun: list[tuple[_Job, EffectRow]] = []
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

    def _deed(self, row: EffectRow, root: ItemRow) -> Deed:
        return Deed(
            effect=row.effect,
            key=root.key,
            recipe=self.finished.recipe,
            name=root.name,
            item=root.id,
            detail=row.detail,
        )

    def _prepared(self, job: _Job, effect: Effect) -> EffectRow | None:
        row = EffectRow(item=job.root.id, effect=effect, state="begun", run=self.finished.run)
        try:
            detail = ACTIONS[effect.kind].prepare(self.hands, self._deed(row, job.root))
        except Left as left:
            self.told["left", str(left.phrase)] += 1
            return replace(row, state="left", detail={"why": str(left.phrase)})
        except Later:
            return None
        return replace(row, detail=detail)

    def _do(self, row: EffectRow, root: ItemRow, *, again: bool) -> EffectRow | None:
        try:
            detail = ACTIONS[row.effect.kind].do(self.hands, self._deed(row, root), again=again)
        except Left as left:
            self.told["left", str(left.phrase)] += 1
            return replace(row, state="left", detail={**row.detail, "why": str(left.phrase)})
        except Later:
            return None
        self.told[row.effect.kind, row.effect.target] += 1
        return replace(row, state="done", detail=detail)


def _is_new(before: EffectRow | None, effect: Effect) -> bool:
    """Tell whether an effect is still to be done. A draft is made once, whatever becomes of it."""
    if before is None:
        return True
    return effect.kind == "move" and before.effect.target != effect.target and before.state != "begun"


def _would(told: Counter[tuple[str, str]]) -> list[Phrase]:
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


def _done(told: Counter[tuple[str, str]]) -> list[Phrase]:
    left = [
        say("left alone {n} times: {why}", n=n, why=why) for (kind, why), n in told.items() if kind == "left"
    ]
    moves = sum(n for (kind, _), n in told.items() if kind == "move")
    drafts = sum(n for (kind, _), n in told.items() if kind == "draft")
    done = say("In the mailbox: {moves} mails moved, {drafts} drafts made.", moves=moves, drafts=drafts)
    sends = sum(n for (kind, _), n in told.items() if kind == "send")
    sent = say("Answers sent: {n}.", n=sends)
    return [*([done] if moves or drafts else []), *([sent] if sends else []), *left]
