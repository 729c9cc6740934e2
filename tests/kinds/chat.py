"""A source of messages that are no mail, as a package of somebody's adds it: one file."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from smeflow.documents.document import MESSAGE
from smeflow.kinds.sources import Arrival, DiskSource, make_arrival


class Chat(DiskSource):
    """The messages of a chat, exported as one JSON file: ``source: {chat: export.json}``."""

    place: ClassVar[str] = "chat"
    chat: str

    def cases(self) -> Iterator[Arrival]:
        """Give each message."""
        for told in json.loads(Path(self.path).read_text("utf-8")):
            message = {
                "from": told["user"],
                "date": told["at"],
                "subject": told["channel"],
                "text": told["text"],
            }
            data = json.dumps(message, sort_keys=True).encode()
            yield make_arrival(told["id"], f"{told['channel']} {told['id']}", MESSAGE, data)
