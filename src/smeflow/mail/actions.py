"""What may be done with a mail in its mailbox.

Move, flag, save a draft, send an answer; each undoable or said not to be.
"""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from smeflow.i18n import say
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

DRAFT_FOLDERS = ("Drafts", "Brouillons", "Entwürfe", "[Gmail]/Drafts", "[Gmail]/Brouillons")
SENT_FOLDERS = (
    "Sent",
    "Sent Items",
    "Sent Messages",
    "Envoyés",
    "Éléments envoyés",
    "Gesendet",
    "[Gmail]/Sent Mail",
)


@dataclass
class ActionContext:
    """One connection through which mails are touched. Remembers what it saw of the folders."""

    account: Account
    session: MailClient
    book: MailIndex
    read: Callable[[str], bytes]
    """Gives the bytes of a mail by its item's key."""
    clock: Callable[[], datetime]
    sender: Account | None = None
    """The server that sends, where anything is sent."""
    note: Callable[[ActionRecord, Mapping[str, Any]], None] = lambda _deed, _detail: None
    """Writes down how far an effect is, before it goes on."""
    had_answer: Callable[[ActionRecord], bool] = lambda _deed: False
    """Tells whether whom it goes to had an automatic answer within a day."""
    ending: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    """Ends what was opened on the way."""
    _post: SmtpClient | None = None
    _open: SelectedFolder | None = None
    _there: set[int] = field(default_factory=set)
    _ids: dict[str, set[str]] = field(default_factory=dict)

    def open_folder(self, folder: str) -> SelectedFolder:
        """Open a folder for changes, unless it is open."""
        if self._open is None or self._open.folder != folder:
            self._open = self.session.open(folder, readonly=False)
            self._there = set(self.session.uids())
        return self._open

    def still_there(self, place: MailLocation) -> bool:
        """Tell whether a mail lies where it was seen.

        Raises:
            Later: The folder has been numbered anew since.
        """
        if self.open_folder(place.folder).validity != place.validity:
            raise EffectDeferred
        return place.uid in self._there

    def gone(self, uid: int) -> None:
        """Take note that a mail is not in the open folder any more."""
        self._there.discard(uid)

    def place_of(self, deed: ActionRecord) -> MailLocation:
        """Find where the mail lies now.

        Raises:
            Left: A person moved or deleted it.
            Later: Its folder has been numbered anew since it was looked through.
        """
        places = self.book.of(deed.key)
        if not places:
            raise EffectSkipped(say("the mail is not there any more"))
        if not self.still_there(places[-1]):
            raise EffectSkipped(say("the mail is not in {folder} any more", folder=places[-1].folder))
        return places[-1]

    def ids_in(self, folder: str) -> set[str]:
        """Give the Message-IDs of all mails in a folder; asked once."""
        if folder not in self._ids:
            self.open_folder(folder)
            self._ids[folder] = {message_id_in(head) for head in self.session.headers()}
        return self._ids[folder]

    def folder(self, written: str) -> str:
        """Name a folder as this server does: a recipe writes ``/`` between levels."""
        return written.replace("/", self.session.separator())

    def drafts(self) -> str:
        """Find the folder of drafts."""
        return self.session.special_folder("\\Drafts", DRAFT_FOLDERS) or "Drafts"

    def sent(self) -> str | None:
        """Find the folder of what was sent."""
        return self.session.special_folder("\\Sent", SENT_FOLDERS)

    def post(self) -> SmtpClient:
        """Open the server that sends, when the first mail goes.

        Raises:
            SinkError: It cannot be reached.
        """
        if self._post is None:
            self._post = self.ending.enter_context(open_smtp(self.sender or self.account))
        return self._post


BY_RULE = "rule"
"""Stands in `Effect.by` where no person let the answer go."""


class SendAnswer:
    """Send an answer. What was handed over without an answer of the server is not handed over again."""

    def prepare(self, hands: ActionContext, deed: ActionRecord) -> Mapping[str, Any]:
        """Note its Message-ID; leave a mail that a person answered, and a sender who had one today."""
        if _answered(hands, deed):
            raise EffectSkipped(say("the mail is answered already"))
        return {"message_id": message_id_for(deed.recipe, deed.key, hands.account.address)}

    def do(self, hands: ActionContext, deed: ActionRecord, *, again: bool) -> Mapping[str, Any]:
        """Hand it over and put a copy into the folder of what was sent."""
        message_id = str(deed.detail["message_id"])
        if deed.detail.get("going"):
            self._look_for(hands, deed, message_id)
            return {**deed.detail, "sent": True}
        automatic = deed.effect.by == BY_RULE
        if automatic and hands.had_answer(deed):
            raise EffectSkipped(
                say("{address} had an automatic answer within a day", address=deed.effect.target)
            )
        mail = compose_answer(
            hands.read(deed.key),
            deed.effect.content,
            hands.account.address,
            message_id,
            hands.clock(),
            to=deed.effect.target,
            automatic=automatic,
        )
        detail = {**deed.detail, "going": True}
        try:
            hands.post().send(deed.effect.target, mail, lambda: hands.note(deed, detail))
        except MailDeferred:
            hands.note(deed, dict(deed.detail))
            raise EffectDeferred from None
        except MailRefused as refused:
            raise EffectSkipped(refused.phrase) from None
        except DeliveryUnknown:
            raise EffectSkipped(_delivery_unknown(deed)) from None
        self._keep_copy(hands, deed, mail, message_id)
        return {**detail, "sent": True}

    def undo(self, hands: ActionContext, deed: ActionRecord) -> None:
        """Nothing takes a mail back."""
        raise EffectSkipped(say("it was sent to {address}", address=deed.effect.target))

    def _look_for(self, hands: ActionContext, deed: ActionRecord, message_id: str) -> None:
        """Decide what became of a mail that was going when the machine stopped."""
        sent = hands.sent()
        if sent is None or message_id not in hands.ids_in(sent):
            raise EffectSkipped(_delivery_unknown(deed))

    def _keep_copy(self, hands: ActionContext, deed: ActionRecord, mail: bytes, message_id: str) -> None:
        """Put a copy where what was sent lies, unless the server did; mark the mail as answered."""
        sent = hands.sent()
        if sent is not None and message_id not in hands.ids_in(sent):
            hands.session.append(sent, mail, "(\\Seen)")
            hands.ids_in(sent).add(message_id)
        try:
            hands.session.mark(hands.place_of(deed).uid, "\\Answered")
        except (EffectSkipped, EffectDeferred):
            return  # a person put the mail elsewhere: it is answered all the same


def _answered(hands: ActionContext, deed: ActionRecord) -> bool:
    try:
        place = hands.place_of(deed)
    except (EffectSkipped, EffectDeferred):
        return False  # it lies elsewhere by now, which says nothing about an answer
    flags = next((seen.flags for seen in hands.session.look([place.uid])), ())
    return "\\Answered" in flags


def _delivery_unknown(deed: ActionRecord) -> Any:
    return say(
        "the answer to {address} was on its way when the connection or the machine broke down: it may have "
        "been sent, and is not sent again. Ask there, or look into the folder of what was sent",
        address=deed.effect.target,
    )


ActionDetail = Mapping[str, Any]


class MailAction(Protocol):
    """One kind of effect."""

    def prepare(self, hands: ActionContext, deed: ActionRecord) -> ActionDetail:
        """Give what must be written down before it begins."""
        ...

    def do(self, hands: ActionContext, deed: ActionRecord, *, again: bool) -> ActionDetail:
        """Do it; give what is known afterwards. *again*: it may have been done already."""
        ...

    def undo(self, hands: ActionContext, deed: ActionRecord) -> None:
        """Take it back."""
        ...


class SetFlag:
    """Set a flag or a keyword."""

    def prepare(self, hands: ActionContext, deed: ActionRecord) -> ActionDetail:
        """Note whether it was set before: then undoing leaves it."""
        place = hands.place_of(deed)
        flags = next((seen.flags for seen in hands.session.look([place.uid])), ())
        return {"had": deed.effect.target.lower() in (flag.lower() for flag in flags)}

    def do(self, hands: ActionContext, deed: ActionRecord, *, again: bool) -> ActionDetail:
        """Set it; twice is as good as once."""
        hands.session.mark(hands.place_of(deed).uid, deed.effect.target)
        return deed.detail

    def undo(self, hands: ActionContext, deed: ActionRecord) -> None:
        """Take it away again, unless it was there before."""
        if not deed.detail.get("had"):
            hands.session.mark(hands.place_of(deed).uid, deed.effect.target, on=False)


class MoveMail:
    """Move a mail into a folder."""

    def prepare(self, hands: ActionContext, deed: ActionRecord) -> ActionDetail:
        """Note where it lies and which number comes next in the folder it goes to."""
        target = hands.folder(deed.effect.target)
        made = hands.session.ensure_folder(target)
        following = 1 if made else hands.session.status(target)[1]
        place = hands.place_of(deed)
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

    def do(self, hands: ActionContext, deed: ActionRecord, *, again: bool) -> ActionDetail:
        """Move it, or finish a move that was begun."""
        target = str(deed.detail["to"])
        arrived = self._arrived(hands, deed.detail) if again else None
        there = self._move(hands, deed, target, arrived)
        if there is not None:
            mark = str(deed.detail["mark"])
            place = MailLocation(
                folder=target, validity=there[0], uid=there[1], mark=mark, key=deed.key, by="smeflow"
            )
            hands.book.note([place])
            return {**deed.detail, "there": list(there)}
        return deed.detail

    def _move(
        self, hands: ActionContext, deed: ActionRecord, target: str, arrived: tuple[int, int] | None
    ) -> tuple[int, int] | None:
        try:
            place = hands.place_of(deed)
        except EffectSkipped:
            if arrived is None:
                raise
            return arrived
        if place.folder == target:
            return (place.validity, place.uid)
        if arrived is not None:
            hands.session.remove(place.uid)  # the copy was made, its original not yet taken away
        else:
            arrived = hands.session.move(place.uid, target)
        hands.gone(place.uid)
        if arrived is None and hands.session.can("UIDPLUS"):  # it went away a moment before
            raise EffectSkipped(say("the mail is not in {folder} any more", folder=place.folder))
        return arrived

    def _arrived(self, hands: ActionContext, detail: ActionDetail) -> tuple[int, int] | None:
        """Look for the mail in the folder it was to go to, among what came since."""
        opened = hands.open_folder(str(detail["to"]))
        since = hands.session.from_uid(int(detail["after"]))
        found = [seen.uid for seen in hands.session.look(since) if seen.mark == detail["mark"]]
        return (opened.validity, found[-1]) if found else None

    def undo(self, hands: ActionContext, deed: ActionRecord) -> None:
        """Move it back to where it was."""
        place = hands.place_of(deed)
        if place.folder != deed.detail["to"]:
            raise EffectSkipped(say("the mail is not in {folder} any more", folder=deed.detail["to"]))
        back = str(deed.detail["from"])
        hands.session.ensure_folder(back)
        there = hands.session.move(place.uid, back)
        hands.gone(place.uid)
        if there is not None:
            again = MailLocation(
                folder=back, validity=there[0], uid=there[1], mark=place.mark, key=deed.key, by="smeflow"
            )
            hands.book.note([again])


class SaveDraft:
    """Put an answer into the drafts. Once and never again, whatever a person does with it."""

    def prepare(self, hands: ActionContext, deed: ActionRecord) -> ActionDetail:
        """Note under which Message-ID, and which number comes next in the drafts."""
        place = hands.place_of(deed)
        flags = next((seen.flags for seen in hands.session.look([place.uid])), ())
        if "\\Answered" in flags:
            raise EffectSkipped(say("the mail is answered already"))
        folder = hands.drafts()
        hands.session.ensure_folder(folder)
        validity, following = hands.session.status(folder)
        message_id = message_id_for(deed.recipe, deed.key, hands.account.address)
        return {"folder": folder, "validity": validity, "after": following, "message_id": message_id}

    def do(self, hands: ActionContext, deed: ActionRecord, *, again: bool) -> ActionDetail:
        """Append it, unless it is there."""
        folder, message_id = str(deed.detail["folder"]), str(deed.detail["message_id"])
        known = hands.ids_in(folder)
        if message_id in known:
            return deed.detail
        if again and self._may_have_been(hands, deed.detail, message_id):
            raise EffectSkipped(
                say("the draft was made and is not there any more: a person sent or deleted it")
            )
        sender, original = hands.account.address, hands.read(deed.key)
        mail = compose_answer(original, deed.effect.content, sender, message_id, hands.clock())
        hands.session.append(folder, mail, "(\\Draft)")
        known.add(message_id)
        return deed.detail

    def _may_have_been(self, hands: ActionContext, detail: ActionDetail, message_id: str) -> bool:
        """Tell whether the draft may have been appended before a crash and taken away by a person since.

        If every number given out since then is still there, none of them was ours.
        """
        sent = hands.sent()
        if sent is not None and message_id in hands.ids_in(sent):
            return True
        opened = hands.open_folder(str(detail["folder"]))
        if opened.validity != detail["validity"]:
            return False
        following = hands.session.status(opened.folder)[1]
        return len(hands.session.from_uid(int(detail["after"]))) < following - int(detail["after"])

    def undo(self, hands: ActionContext, deed: ActionRecord) -> None:
        """Leave it: nothing is deleted by itself."""
        raise EffectSkipped(say("the draft stays in {folder}; delete it there", folder=deed.detail["folder"]))


ACTIONS: Mapping[str, MailAction] = {
    "read": SetFlag(),
    "flag": SetFlag(),
    "keyword": SetFlag(),
    "draft": SaveDraft(),
    "send": SendAnswer(),
    "move": MoveMail(),
}
"""What a kind of effect does; a new kind is a row here. In this order they are done to one mail."""
