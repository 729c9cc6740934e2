"""Say what is done with a mail."""

from smeflow.i18n import Phrase, say
from smeflow.mailboxes.base import Effect


def effect_in_words(effect: Effect) -> Phrase:
    """Give one effect as a person reads it."""
    words = {
        "move": say("move to {folder}", folder=effect.target),
        "keyword": say("tag with {keyword}", keyword=effect.target),
        "read": say("mark as read"),
        "flag": say("mark with a star"),
        "draft": say("put an answer into the drafts"),
        "send": say("send an answer to {address}", address=effect.target),
    }
    return words.get(effect.kind, say("{kind}: {target}", kind=effect.kind, target=effect.target))
