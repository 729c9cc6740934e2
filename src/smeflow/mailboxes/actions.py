"""What can be done with a mail: mark it, put an answer into the drafts, move it. Each can be undone or left.

Every action is written down before it begins (`prepare`) and after it ended (`do`). One that was begun when
the machine died is begun again with ``again``: it looks first whether it was done already.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from smeflow.i18n import say
from smeflow.mailboxes.base import Deed, Left, Place
from smeflow.mailboxes.hands import Hands
from smeflow.mailboxes.reply import answer_to, message_id_for
from smeflow.mailboxes.sending import Send

Detail = Mapping[str, Any]


class Action(Protocol):
    """One kind of effect."""

    def prepare(self, hands: Hands, deed: Deed) -> Detail:
        """Give what must be written down before it begins."""
        ...

    def do(self, hands: Hands, deed: Deed, *, again: bool) -> Detail:
        """Do it; give what is known afterwards. *again*: it may have been done already."""
        ...

    def undo(self, hands: Hands, deed: Deed) -> None:
        """Take it back."""
        ...


class Mark:
    """Set a flag or a keyword."""

    def prepare(self, hands: Hands, deed: Deed) -> Detail:
        """Note whether it was set before: then undoing leaves it."""
        place = hands.place_of(deed)
        flags = next((seen.flags for seen in hands.session.look([place.uid])), ())
        return {"had": deed.effect.target.lower() in (flag.lower() for flag in flags)}

    def do(self, hands: Hands, deed: Deed, *, again: bool) -> Detail:
        """Set it; twice is as good as once."""
        hands.session.mark(hands.place_of(deed).uid, deed.effect.target)
        return deed.detail

    def undo(self, hands: Hands, deed: Deed) -> None:
        """Take it away again, unless it was there before."""
        if not deed.detail.get("had"):
            hands.session.mark(hands.place_of(deed).uid, deed.effect.target, on=False)


class Move:
    """Move a mail into a folder."""

    def prepare(self, hands: Hands, deed: Deed) -> Detail:
        """Note where it lies and which number comes next in the folder it goes to."""
        target = hands.folder(deed.effect.target)
        made = hands.session.ensure(target)
        following = 1 if made else hands.session.status(target)[1]
        place = hands.place_of(deed)
        if place.folder == target:
            raise Left(say("the mail is in {folder} already", folder=target))
        return {
            "from": place.folder,
            "validity": place.validity,
            "uid": place.uid,
            "mark": place.mark,
            "to": target,
            "after": following,
        }

    def do(self, hands: Hands, deed: Deed, *, again: bool) -> Detail:
        """Move it, or finish a move that was begun."""
        target = str(deed.detail["to"])
        arrived = self._arrived(hands, deed.detail) if again else None
        there = self._move(hands, deed, target, arrived)
        if there is not None:
            mark = str(deed.detail["mark"])
            place = Place(
                folder=target, validity=there[0], uid=there[1], mark=mark, key=deed.key, by="smeflow"
            )
            hands.book.note([place])
            return {**deed.detail, "there": list(there)}
        return deed.detail

    def _move(
        self, hands: Hands, deed: Deed, target: str, arrived: tuple[int, int] | None
    ) -> tuple[int, int] | None:
        try:
            place = hands.place_of(deed)
        except Left:
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
            raise Left(say("the mail is not in {folder} any more", folder=place.folder))
        return arrived

    def _arrived(self, hands: Hands, detail: Detail) -> tuple[int, int] | None:
        """Look for the mail in the folder it was to go to, among what came since."""
        opened = hands.enter(str(detail["to"]))
        since = hands.session.from_uid(int(detail["after"]))
        found = [seen.uid for seen in hands.session.look(since) if seen.mark == detail["mark"]]
        return (opened.validity, found[-1]) if found else None

    def undo(self, hands: Hands, deed: Deed) -> None:
        """Move it back to where it was."""
        place = hands.place_of(deed)
        if place.folder != deed.detail["to"]:
            raise Left(say("the mail is not in {folder} any more", folder=deed.detail["to"]))
        back = str(deed.detail["from"])
        hands.session.ensure(back)
        there = hands.session.move(place.uid, back)
        hands.gone(place.uid)
        if there is not None:
            again = Place(
                folder=back, validity=there[0], uid=there[1], mark=place.mark, key=deed.key, by="smeflow"
            )
            hands.book.note([again])


class Draft:
    """Put an answer into the drafts. Once and never again, whatever a person does with it."""

    def prepare(self, hands: Hands, deed: Deed) -> Detail:
        """Note under which Message-ID, and which number comes next in the drafts."""
        place = hands.place_of(deed)
        flags = next((seen.flags for seen in hands.session.look([place.uid])), ())
        if "\\Answered" in flags:
            raise Left(say("the mail is answered already"))
        folder = hands.drafts()
        hands.session.ensure(folder)
        validity, following = hands.session.status(folder)
        message_id = message_id_for(deed.recipe, deed.key, hands.account.address)
        return {"folder": folder, "validity": validity, "after": following, "message_id": message_id}

    def do(self, hands: Hands, deed: Deed, *, again: bool) -> Detail:
        """Append it, unless it is there."""
        folder, message_id = str(deed.detail["folder"]), str(deed.detail["message_id"])
        known = hands.ids_in(folder)
        if message_id in known:
            return deed.detail
        if again and self._may_have_been(hands, deed.detail, message_id):
            raise Left(say("the draft was made and is not there any more: a person sent or deleted it"))
        sender, original = hands.account.address, hands.read(deed.key)
        mail = answer_to(original, deed.effect.content, sender, message_id, hands.clock())
        hands.session.append(folder, mail, "(\\Draft)")
        known.add(message_id)
        return deed.detail

    def _may_have_been(self, hands: Hands, detail: Detail, message_id: str) -> bool:
        """Tell whether the draft may have been appended before a crash and taken away by a person since.

        If every number given out since then is still there, none of them was ours.
        """
        sent = hands.sent()
        if sent is not None and message_id in hands.ids_in(sent):
            return True
        opened = hands.enter(str(detail["folder"]))
        if opened.validity != detail["validity"]:
            return False
        following = hands.session.status(opened.folder)[1]
        return len(hands.session.from_uid(int(detail["after"]))) < following - int(detail["after"])

    def undo(self, hands: Hands, deed: Deed) -> None:
        """Leave it: nothing is deleted by itself."""
        raise Left(say("the draft stays in {folder}; delete it there", folder=deed.detail["folder"]))


ACTIONS: Mapping[str, Action] = {
    "read": Mark(),
    "flag": Mark(),
    "keyword": Mark(),
    "draft": Draft(),
    "send": Send(),
    "move": Move(),
}
"""What a kind of effect does; a new kind is a row here. In this order they are done to one mail."""
