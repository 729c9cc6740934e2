"""A user's own labels: words beside values, by field, in a file or in the recipe itself."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from smeflow.i18n import say
from smeflow.readers.base import Labels
from smeflow.readers.lexicon import fields_with_labels

_SHAPE = say("labels are words by field: {example}", example="number: [Vorgang]")


def labels_of(given: Any) -> Labels:
    """Make labels of ``{number: [Vorgang]}``, or of the same by language as in ``labels.json``.

    Raises:
        ValueError: It is something else, or names a field that has no labels; the phrase says which.
    """
    known = fields_with_labels()
    words: dict[str, tuple[str, ...]] = {}
    for field, said in given.items() if isinstance(given, Mapping) else ((None, given),):
        if field is None:
            raise ValueError(_SHAPE)
        if field not in known:
            names = ", ".join(sorted(known))
            unknown = say("no labels are known for {name}; use one of {names}", name=field, names=names)
            raise ValueError(unknown)
        lists = list(said.values()) if isinstance(said, Mapping) else [said]
        flat = [word for one in lists for word in ([one] if isinstance(one, str) else one)]
        if not all(isinstance(word, str) and word.strip() for word in flat):
            raise ValueError(_SHAPE)
        words[str(field)] = tuple(flat)
    return Labels(words=words)


def read_labels(path: Path) -> Labels:
    """Read a file of labels (JSON).

    Raises:
        ValueError: It cannot be read or is no such file; the phrase says so.
    """
    try:
        given = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        told = say("{path} holds no labels: it must be JSON, words by field.", path=path.name)
        raise ValueError(told) from error
    return labels_of(given)
