"""What is true of each case: from a file, a folder, or what people decided in review."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from smeflow.i18n import say
from smeflow.ledger.ledger import Ledger
from smeflow.ledger.rows import ItemRow

KEYS = ("file", "id", "key", "name")
"""What may name a case in a line of truth: an item's key, its name, or the end of its path."""
GROUPS = ("supplier", "language", "reader")


@dataclass(frozen=True, kw_only=True)
class Truth:
    """What is true of one case."""

    name: str
    values: Mapping[str, Any]
    """A record's fields by name (inner ones with a dot), or ``label``."""
    groups: Mapping[str, str] = field(default_factory=dict)


def read_truth(path: Path) -> list[Truth]:
    """Read lines of ``{"file": …, "record": {…}}`` or ``{"id": …, "label": …}``, or a folder of such files.

    Raises:
        ValueError: A line is not JSON or names no case; the phrase says which.
    """
    if path.is_dir():
        files = sorted(path.glob("*.json"))
        return [_truth(_json(file.read_text("utf-8"), file.name), file.name, file.stem) for file in files]
    lines = path.read_text("utf-8-sig").splitlines()
    places = [(f"{path.name}:{n}", line) for n, line in enumerate(lines, 1) if line.strip()]
    return [_truth(_json(line, place), place) for place, line in places]


def _json(text: str, place: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except json.JSONDecodeError:
        found = None
    if not isinstance(found, dict):  # told to the person who wrote it, as any other mistake in the file
        raise ValueError(say("{place}: this is no JSON object", place=place))  # noqa: TRY004
    return found


def _truth(line: dict[str, Any], place: str, stem: str = "") -> Truth:
    name = next((str(line[key]) for key in KEYS if line.get(key) is not None and "record" in line), "")
    name = name or next((str(line[key]) for key in KEYS[:3] if isinstance(line.get(key), str)), stem)
    if not name:
        raise ValueError(say("{place}: no file, id or key says which case is meant", place=place))
    values = {"label": line["label"]} if "label" in line else line.get("record") or _rest(line)
    groups = {group: str(line[group]) for group in GROUPS if isinstance(line.get(group), str)}
    return Truth(name=name, values=flat(values), groups=groups)


def _rest(line: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name not in (*KEYS[:3], *GROUPS)}


def flat(values: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Name inner fields with a dot; lists stay whole."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{before}{name}.")
        else:
            found[f"{before}{name}"] = value
    return found


def decided(ledger: Ledger, item: ItemRow, step: str) -> Truth | None:
    """Give what a person made of an item: the value they gave or approved; None where nobody looked."""
    for review in reversed(ledger.reviews(item)):
        if review.version != item.version or review.step != step:
            continue
        text = review.after if review.action == "correct" else review.before
        if review.action not in ("approve", "correct") or not text:
            return None
        value = json.loads(text)
        values = value.get("record") if "record" in value else {"label": value.get("label")}
        return Truth(name=item.key, values=flat(values or {}))
    return None


def match(truths: list[Truth], items: list[ItemRow]) -> Iterator[tuple[Truth, ItemRow | None]]:
    """Find the item of each truth, by key first, then by name, then by the end of its path."""
    keys = {item.key: item for item in items}
    names = {item.name: item for item in items}
    for truth in truths:
        base, stem = Path(truth.name).name, truth.name
        stems = [i for i in items if Path(i.name).stem == stem or i.key.endswith(f"/{base}")]
        found = keys.get(truth.name) or names.get(truth.name) or names.get(base)
        yield truth, found or (stems[0] if len(stems) == 1 else None)
