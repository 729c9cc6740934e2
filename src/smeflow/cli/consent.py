"""Ask once, in a firm's folder, before anything is sent to a provider; remember the answer."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from smeflow.cli.review import person_name
from smeflow.cli.screen import Screen
from smeflow.errors import LLMRejected
from smeflow.i18n import Phrase, say

if TYPE_CHECKING:
    from smeflow.llm.base import Connected, Place

FILE = "providers.json"
"""In the folder of the ledger: who said yes, to which provider in which region, and when."""


def ask_once(screen: Screen, models: "Sequence[Connected]", state: Path, *, yes: bool = False) -> None:
    """Have a person agree to each provider outside of this machine, the first time it would be asked.

    Raises:
        LLMRejected: Nobody agreed; nothing was sent.
    """
    known = _known(state)
    new = {_key(one.place): one.place for one in models if one.place.region != "local"}
    for key, place in new.items():
        if key in known:
            continue
        if not yes and not _agreed(screen, place):
            raise LLMRejected(_unasked(place), reason="residency")
        known[key] = {"by": person_name(""), "at": datetime.now(UTC).isoformat(timespec="seconds")}
        _write(state, known)


def _key(place: "Place") -> str:
    return f"{place.provider} {place.region} {place.base_url}".strip()


def _agreed(screen: Screen, place: "Place") -> bool:
    import sys

    screen.note(_sentence(place), style="yellow")
    if not (sys.stdin.isatty() and screen.on_terminal):
        return False
    word = screen.text(say("Send it there from now on? [y/N]"))
    return input(f"{word} ").strip().lower() in {"y", "yes", "o", "oui"}


def _sentence(place: "Place") -> Phrase:
    return say(
        "For the first time in this folder, {provider} would be asked ({model}; data is processed: {where}). "
        "It gets the text of the documents and mails that a model is asked about, and the question.",
        provider=place.provider,
        model=place.model,
        where=where(place),
    )


def where(place: "Place") -> Phrase | str:
    """Say where a provider computes, in its own words where it has a row."""
    from smeflow.llm.providers import PROVIDERS

    row = next((r for r in PROVIDERS.values() if r.base_url and r.base_url == place.base_url), None)
    words = {"eu": say("in the European Union"), "outside": say("outside of the European Union")}
    region = words.get(place.region, say("nobody knows where"))
    return say("{region}: {words}", region=region, words=row.processed) if row is not None else region


def _unasked(place: "Place") -> Phrase:
    return say(
        "{provider} was not asked: nobody has agreed yet. Run it once with --yes, or on a terminal.",
        provider=place.provider,
    )


def _known(state: Path) -> dict[str, dict[str, str]]:
    try:
        told = json.loads((state / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _write(state: Path, known: dict[str, dict[str, str]]) -> None:
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = state / f"{FILE}.part"
    part.write_text(json.dumps(known, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    part.chmod(0o600)
    part.replace(state / FILE)
