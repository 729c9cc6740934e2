"""What is done with a mail in its mailbox, one action a kind of effect.

Flag it, move it, save a draft, send an answer; each can be undone or says why not.
"""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from smeflow.i18n import Phrase, say
from smeflow.kinds.mailbox import (
    Account,
    ActionRecord,
    EffectDeferred,
    EffectSkipped,
    MailIndex,
    MailLocation,
)
from smeflow.mail.client import MailClient, SelectedFolder, message_id_in
from smeflow.mail.smtp import (
    DeliveryUnknown,
    MailDeferred,
    MailRefused,
    SmtpClient,
    compose_answer,
    message_id_for,
    open_smtp,
)

BY_RULE = "rule"
"""Stands in `Effect.by` where no person let the answer go."""
ActionDetail = Mapping[str, Any]


@dataclass
class ActionContext:
    """One connection through which mails are touched. Remembers what it saw of the folders."""

    account: Account
    client: MailClient
    index: MailIndex
    read: Callable[[str], bytes]
    """Gives the bytes of a mail by its item's key."""
    clock: Callable[[], datetime]
    sender: Account | None = None
    """The server that sends, where anything is sent."""
    save_progress: Callable[[ActionRecord, ActionDetail], None] = lambda _record, _detail: None
    """Writes down how far an effect is, before it goes on."""
    answered_today: Callable[[ActionRecord], bool] = lambda _record: False
    """Tells whether whom it goes to had an automatic answer within a day."""
    cleanup: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    """Closes what was opened on the way."""
    _smtp: SmtpClient | None = None
    _selected: SelectedFolder | None = None
    _uids: set[int] = field(default_factory=set)
    _message_ids: dict[str, set[str]] = field(default_factory=dict)

    def open_folder(self, folder: str) -> SelectedFolder:
        """Open a folder for changes, unless it is open."""
        if self._selected is None or self._selected.folder != folder:
            self._selected = self.client.open(folder, readonly=False)
            self._uids = set(self.client.uids())
        return self._selected

    def locate(self, record: ActionRecord) -> MailLocation:
        """Find where the mail lies now, and open its folder.

        Raises:
            EffectSkipped: A person moved or deleted it.
            EffectDeferred: Its folder has been numbered anew since it was looked through.
        """
        places = self.index.of(record.key)
        if not places:
            raise EffectSkipped(say("the mail is not there any more"))
        place = places[-1]
        if self.open_folder(place.folder).validity != place.validity:
            raise EffectDeferred
        if place.uid not in self._uids:
            raise EffectSkipped(say("the mail is not in {folder} any more", folder=place.folder))
        return place

    def mark_gone(self, uid: int) -> None:
        """Take note that a mail is not in the open folder any more."""
        self._uids.discard(uid)

    def mark_moved(self, record: ActionRecord, mark: str, folder: str, at: tuple[int, int]) -> None:
        """Take note that we put a mail into *folder*, *at* this validity and number."""
        validity, uid = at
        place = MailLocation(
            folder=folder, validity=validity, uid=uid, mark=mark, key=record.key, by="smeflow"
        )
        self.index.note([place])

    def flags_of(self, place: MailLocation) -> tuple[str, ...]:
        """Give the flags of a mail in the open folder, in small letters."""
        summary = next(iter(self.client.summaries([place.uid])), None)
        return tuple(flag.lower() for flag in summary.flags) if summary else ()

    def message_ids_in(self, folder: str) -> set[str]:
        """Give the Message-IDs of all mails in a folder; asked once."""
        if folder not in self._message_ids:
            self.open_folder(folder)
            self._message_ids[folder] = {message_id_in(header) for header in self.client.headers()}
        return self._message_ids[folder]

    def was_sent(self, message_id: str) -> bool:
        """Tell whether a mail lies in the folder of what was sent."""
        sent = self.client.sent_folder()
        return sent is not None and message_id in self.message_ids_in(sent)

    def smtp(self) -> SmtpClient:
        """Open the server that sends, when the first mail goes.

        Raises:
            SinkError: It cannot be reached.
        """
        if self._smtp is None:
            self._smtp = self.cleanup.enter_context(open_smtp(self.sender or self.account))
        return self._smtp


class MailAction(Protocol):
    """One kind of effect."""

    def prepare(self, context: ActionContext, record: ActionRecord) -> ActionDetail:
        """Give what must be written down before it begins."""
        ...

    def do(self, context: ActionContext, record: ActionRecord, *, again: bool) -> ActionDetail:
        """Do it; give what is known afterwards. *again*: it may have been done already."""
        ...

    def undo(self, context: ActionContext, record: ActionRecord) -> None:
        """Take it back."""
        ...


class SetFlag:
    """Set a flag or a keyword."""

    def prepare(self, context: ActionContext, record: ActionRecord) -> ActionDetail:
        """Note whether it was set before: then undoing leaves it."""
        return {"had": record.effect.target.lower() in context.flags_of(context.locate(record))}

    def do(self, context: ActionContext, record: ActionRecord, *, again: bool) -> ActionDetail:
        """Set it; twice is as good as once."""
        context.client.mark(context.locate(record).uid, record.effect.target)
        return record.detail

    def undo(self, context: ActionContext, record: ActionRecord) -> None:
        """Take it away again, unless it was there before."""
        if not record.detail.get("had"):
            context.client.mark(context.locate(record).uid, record.effect.target, on=False)


class MoveMail:
    """Move a mail into a folder."""

    def prepare(self, context: ActionContext, record: ActionRecord) -> ActionDetail:
        """Note where it lies and which number comes next in the folder it goes to."""
        target = record.effect.target.replace("/", context.client.separator())
        created = context.client.ensure_folder(target)
        following = 1 if created else context.client.status(target)[1]
        place = context.locate(record)
        if place.folder == target:
            raise EffectSkipped(say("the mail is in {folder} already", folder=target))
        return {
            "from": place.folder,
            "validity": place.validity,
            "uid": place.uid,
            "mark": place.mark,
            "to": target,
            "after": following,
        }

    def do(self, context: ActionContext, record: ActionRecord, *, again: bool) -> ActionDetail:
        """Move it, or finish a move that was begun."""
        target = str(record.detail["to"])
        arrived = self._arrived(context, record.detail) if again else None
        at = self._move(context, record, target, arrived)
        if at is None:
            return record.detail
        context.mark_moved(record, str(record.detail["mark"]), target, at)
        return {**record.detail, "there": list(at)}

    def _move(
        self, context: ActionContext, record: ActionRecord, target: str, arrived: tuple[int, int] | None
    ) -> tuple[int, int] | None:
        try:
            place = context.locate(record)
        except EffectSkipped:
            if arrived is None:
                raise
            return arrived
        if place.folder == target:
            return (place.validity, place.uid)
        if arrived is not None:
            context.client.remove(place.uid)  # the copy was made, its original not yet taken away
        else:
            arrived = context.client.move(place.uid, target)
        context.mark_gone(place.uid)
        if arrived is None and context.client.can("UIDPLUS"):  # it went away a moment before
            raise EffectSkipped(say("the mail is not in {folder} any more", folder=place.folder))
        return arrived

    def _arrived(self, context: ActionContext, detail: ActionDetail) -> tuple[int, int] | None:
        """Look for the mail in the folder it was to go to, among what came since."""
        opened = context.open_folder(str(detail["to"]))
        since = context.client.from_uid(int(detail["after"]))
        uids = [mail.uid for mail in context.client.summaries(since) if mail.mark == detail["mark"]]
        return (opened.validity, uids[-1]) if uids else None

    def undo(self, context: ActionContext, record: ActionRecord) -> None:
        """Move it back to where it was."""
        place = context.locate(record)
        if place.folder != record.detail["to"]:
            raise EffectSkipped(say("the mail is not in {folder} any more", folder=record.detail["to"]))
        origin = str(record.detail["from"])
        context.client.ensure_folder(origin)
        at = context.client.move(place.uid, origin)
        context.mark_gone(place.uid)
        if at is not None:
            context.mark_moved(record, place.mark, origin, at)


class SaveDraft:
    """Put an answer into the drafts. Once and never again, whatever a person does with it."""

    def prepare(self, context: ActionContext, record: ActionRecord) -> ActionDetail:
        """Note under which Message-ID, and which number comes next in the drafts."""
        if "\\answered" in context.flags_of(context.locate(record)):
            raise EffectSkipped(say("the mail is answered already"))
        folder = context.client.drafts_folder()
        context.client.ensure_folder(folder)
        validity, following = context.client.status(folder)
        message_id = message_id_for(record.recipe, record.key, context.account.address)
        return {"folder": folder, "validity": validity, "after": following, "message_id": message_id}

    def do(self, context: ActionContext, record: ActionRecord, *, again: bool) -> ActionDetail:
        """Append it, unless it is there."""
        folder, message_id = str(record.detail["folder"]), str(record.detail["message_id"])
        drafts = context.message_ids_in(folder)
        if message_id in drafts:
            return record.detail
        if again and self._may_have_been_saved(context, record.detail, message_id):
            raise EffectSkipped(
                say("the draft was made and is not there any more: a person sent or deleted it")
            )
        original, content = context.read(record.key), record.effect.content
        mail = compose_answer(original, content, context.account.address, message_id, context.clock())
        context.client.append(folder, mail, "(\\Draft)")
        drafts.add(message_id)
        return record.detail

    def _may_have_been_saved(self, context: ActionContext, detail: ActionDetail, message_id: str) -> bool:
        """Tell whether the draft may have been appended before a crash and taken away by a person since.

        If every number given out since then is still there, none of them was ours.
        """
        if context.was_sent(message_id):
            return True
        opened = context.open_folder(str(detail["folder"]))
        if opened.validity != detail["validity"]:
            return False
        before, following = int(detail["after"]), context.client.status(opened.folder)[1]
        return len(context.client.from_uid(before)) < following - before

    def undo(self, context: ActionContext, record: ActionRecord) -> None:
        """Leave it: nothing is deleted by itself."""
        raise EffectSkipped(
            say("the draft stays in {folder}; delete it there", folder=record.detail["folder"])
        )


class SendMail:
    """Send an answer. What was handed over without an answer of the server is not handed over again."""

    def prepare(self, context: ActionContext, record: ActionRecord) -> ActionDetail:
        """Note its Message-ID; leave a mail that a person answered."""
        if self._is_answered(context, record):
            raise EffectSkipped(say("the mail is answered already"))
        return {"message_id": message_id_for(record.recipe, record.key, context.account.address)}

    def do(self, context: ActionContext, record: ActionRecord, *, again: bool) -> ActionDetail:
        """Hand it over and put a copy into the folder of what was sent."""
        message_id, recipient = str(record.detail["message_id"]), record.effect.target
        if record.detail.get("going"):  # it was going when the machine stopped
            if not context.was_sent(message_id):
                raise EffectSkipped(_delivery_unknown(recipient))
            return {**record.detail, "sent": True}
        automatic = record.effect.by == BY_RULE
        if automatic and context.answered_today(record):
            raise EffectSkipped(say("{address} had an automatic answer within a day", address=recipient))
        mail = compose_answer(
            context.read(record.key),
            record.effect.content,
            context.account.address,
            message_id,
            context.clock(),
            to=recipient,
            automatic=automatic,
        )
        detail = {**record.detail, "going": True}
        try:
            context.smtp().send(recipient, mail, lambda: context.save_progress(record, detail))
        except MailDeferred:
            context.save_progress(record, record.detail)
            raise EffectDeferred from None
        except MailRefused as refused:
            raise EffectSkipped(refused.phrase) from None
        except DeliveryUnknown:
            raise EffectSkipped(_delivery_unknown(recipient)) from None
        self._keep_copy(context, record, mail, message_id)
        return {**detail, "sent": True}

    def undo(self, context: ActionContext, record: ActionRecord) -> None:
        """Nothing takes a mail back."""
        raise EffectSkipped(say("it was sent to {address}", address=record.effect.target))

    def _is_answered(self, context: ActionContext, record: ActionRecord) -> bool:
        try:
            return "\\answered" in context.flags_of(context.locate(record))
        except (EffectSkipped, EffectDeferred):
            return False  # it lies elsewhere by now, which says nothing about an answer

    def _keep_copy(self, context: ActionContext, record: ActionRecord, mail: bytes, message_id: str) -> None:
        """Put a copy where what was sent lies, unless the server did; mark the mail as answered."""
        sent = context.client.sent_folder()
        if sent is not None and message_id not in context.message_ids_in(sent):
            context.client.append(sent, mail, "(\\Seen)")
            context.message_ids_in(sent).add(message_id)
        # a person may have put the mail elsewhere: it is answered all the same
        with contextlib.suppress(EffectSkipped, EffectDeferred):
            context.client.mark(context.locate(record).uid, "\\Answered")


def _delivery_unknown(recipient: str) -> Phrase:
    return say(
        "the answer to {address} was on its way when the connection or the machine broke down: it may have "
        "been sent, and is not sent again. Ask there, or look into the folder of what was sent",
        address=recipient,
    )


ACTIONS: Mapping[str, MailAction] = {
    "read": SetFlag(),
    "flag": SetFlag(),
    "keyword": SetFlag(),
    "draft": SaveDraft(),
    "send": SendMail(),
    "move": MoveMail(),
}
"""What a kind of effect does; a new kind is a row here. In this order they are done to one mail."""
