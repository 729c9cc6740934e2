"""The facts of a month, finished items for a sink, and a mail server."""

from support.dovecot import dovecot, server
from support.october import english, french, october
from support.sink_items import context, item

__all__ = ["context", "dovecot", "english", "french", "item", "october", "server"]
