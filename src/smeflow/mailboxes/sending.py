"""Send an answer: once, to whom the recipe names, and never when it is not known whether it went already."""

from collections.abc import Mapping
from typing import Any

from smeflow.i18n import say
from smeflow.mailboxes.base import Deed, Later, Left
from smeflow.mailboxes.hands import Hands
from smeflow.mailboxes.post import NotNow, Refused, Unsure
from smeflow.mailboxes.reply import answer_to, message_id_for

RULE = "rule"
"""Stands in `Effect.by` where no person let the answer go."""


class Send:
    """Send an answer. What was handed over without an answer of the server is not handed over again."""

    def prepare(self, hands: Hands, deed: Deed) -> Mapping[str, Any]:
        """Note its Message-ID; leave a mail that a person answered, and a sender who had one today."""
        if _answered(hands, deed):
            raise Left(say("the mail is answered already"))
        return {"message_id": message_id_for(deed.recipe, deed.key, hands.account.address)}

    def do(self, hands: Hands, deed: Deed, *, again: bool) -> Mapping[str, Any]:
        """Hand it over and put a copy into the folder of what was sent."""
        message_id = str(deed.detail["message_id"])
        if deed.detail.get("going"):
            self._look_for(hands, deed, message_id)
            return {**deed.detail, "sent": True}
        automatic = deed.effect.by == RULE
        if automatic and hands.had_answer(deed):
            raise Left(say("{address} had an automatic answer within a day", address=deed.effect.target))
        mail = answer_to(
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
        except NotNow:
            hands.note(deed, dict(deed.detail))
            raise Later from None
        except Refused as refused:
            raise Left(refused.phrase) from None
        except Unsure:
            raise Left(_unsure(deed)) from None
        self._keep_copy(hands, deed, mail, message_id)
        return {**detail, "sent": True}

    def undo(self, hands: Hands, deed: Deed) -> None:
        """Nothing takes a mail back."""
        raise Left(say("it was sent to {address}", address=deed.effect.target))

    def _look_for(self, hands: Hands, deed: Deed, message_id: str) -> None:
        """Decide what became of a mail that was going when the machine stopped."""
        sent = hands.sent()
        if sent is None or message_id not in hands.ids_in(sent):
            raise Left(_unsure(deed))

    def _keep_copy(self, hands: Hands, deed: Deed, mail: bytes, message_id: str) -> None:
        """Put a copy where what was sent lies, unless the server did; mark the mail as answered."""
        sent = hands.sent()
        if sent is not None and message_id not in hands.ids_in(sent):
            hands.session.append(sent, mail, "(\\Seen)")
            hands.ids_in(sent).add(message_id)
        try:
            hands.session.mark(hands.place_of(deed).uid, "\\Answered")
        except (Left, Later):
            return  # a person put the mail elsewhere: it is answered all the same


def _answered(hands: Hands, deed: Deed) -> bool:
    try:
        place = hands.place_of(deed)
    except (Left, Later):
        return False  # it lies elsewhere by now, which says nothing about an answer
    flags = next((seen.flags for seen in hands.session.look([place.uid])), ())
    return "\\Answered" in flags


def _unsure(deed: Deed) -> Any:
    return say(
        "the answer to {address} was on its way when the connection or the machine broke down: it may have "
        "been sent, and is not sent again. Ask there, or look into the folder of what was sent",
        address=deed.effect.target,
    )
