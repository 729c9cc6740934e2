"""The providers that can be named, and where a model at an address runs.

A provider is a row in ``providers.json``; a further provider is a further row. Where data is processed stands
as the provider states it, with the day it was looked up; what nobody has looked up says so. A row that does
not bind itself to a region is ``unknown``, and that counts as outside.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from importlib import resources
from ipaddress import ip_address
from typing import Any, Literal
from urllib.parse import urlsplit

from smeflow.llm.dialects import CHAT, RESPONSES, Dialect, Dropped
from smeflow.llm.interface import ModelEndpoint, Region

Ability = Literal["json_schema", "images", "batch", "log_probabilities"]


CHANGES_DAYS_BEFORE = 14
"""How long before a model's end the provider's usual one is another."""
_SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}$")


@dataclass(frozen=True, slots=True)
class ModelShutdown:
    """When a provider answers for a model no more, and which one it recommends in its place."""

    on: date
    instead: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Where a provider is reached and what it needs."""

    name: str
    """As in ``name/model``."""
    title: str
    base_url: str
    region: Region
    """Where data is processed, as far as it binds itself."""
    known_as: str
    """``gen_ai.provider.name``."""
    key_variable: str = ""
    """The environment variable with the key; empty: it asks for none."""
    url_variable: str = ""
    """The environment variable that may name another address."""
    dialect: Dialect = CHAT
    """How its own address is spoken to; another address (``base_url``) is always spoken to as `CHAT`."""
    usual_model: str = ""
    """What ``auto`` takes where only the provider is allowed by name; empty: whatever the server has.

    `usual_model_on` says which one it is on a day.
    """
    shutdowns: Mapping[str, ModelShutdown] = field(default_factory=dict, hash=False)
    """The models whose end it has announced, as far as it was looked up."""
    kind: Literal["remote", "server"] = "remote"
    """A server runs on this machine, and ``auto`` looks whether it answers."""
    processed: str = ""
    """Where data is processed, in the provider's own words, shortened."""
    stated_at: str = ""
    """Where it says so."""
    looked_up: str = ""
    """The day this was read there (ISO); empty: not verified."""
    can: frozenset[Ability] = frozenset()
    """What its models can do, as far as it says; a single model may do less."""
    dropped: Dropped = frozenset()
    """What it is known not to take: ``temperature``, ``max_tokens`` (it has a younger name), ``schema``."""
    key_header: str = "authorization"
    """Where the key goes: a bearer's, or bare in a header of its own."""
    image_side: int = 1536
    """The longest side of an image, in pixels; a larger one is scaled before it is sent."""
    image_bytes: int = 4_000_000
    """The most an image may have."""
    surcharge: Decimal = Decimal(1)
    """What its prices are of the list's."""

    def usual_model_on(self, day: date) -> str:
        """Give the usual model of *day*: a fortnight before one ends, it is the recommended one."""
        model = self.usual_model
        while (end := self.shutdown_of(model)) and day >= end.on - timedelta(days=CHANGES_DAYS_BEFORE):
            model = end.instead
        return model

    def shutdown_of(self, model: str) -> ModelShutdown | None:
        """Give the announced end of *model*, of a dated snapshot too; None where none is known."""
        return self.shutdowns.get(_SNAPSHOT.sub("", model))


def _provider(row: dict[str, Any]) -> Provider:
    """Make a provider of its row in ``providers.json``, which has lists for sets and names for dialects."""
    sets = {name: frozenset(row.get(name, ())) for name in ("can", "dropped")}
    dialect = _DIALECTS[row.get("dialect", CHAT.name)]
    ends = {
        model: ModelShutdown(date.fromisoformat(day), instead)
        for model, (day, instead) in row.get("shutdowns", {}).items()
    }
    given = {"dialect": dialect, "surcharge": Decimal(row.get("surcharge", 1)), "shutdowns": ends}
    return Provider(**{**row, **sets, **given})


_DIALECTS: Mapping[str, Dialect] = {dialect.name: dialect for dialect in (CHAT, RESPONSES)}
_ROWS = resources.files("smeflow.llm").joinpath("providers.json").read_text(encoding="utf-8")
PROVIDERS: Mapping[str, Provider] = {row["name"]: _provider(row) for row in json.loads(_ROWS)}
"""By name: those that say they process in the European Union, the others, servers on this machine."""
_NAMED = re.compile(r"(?<![\w/@.-])([a-z][a-z-]*)/([\w][\w.:/-]*)")


def ending_models(text: str) -> Iterator[tuple[str, ModelShutdown]]:
    """Find the models that *text* (a recipe, a ``smeflow.toml``) names and whose end is announced."""
    for name, provider, model in dict.fromkeys((m[0], m[1], m[2]) for m in _NAMED.finditer(text)):
        end = PROVIDERS[provider].shutdown_of(model) if provider in PROVIDERS else None
        if end is not None:
            yield name, end


Residency = Literal["local", "eu", "any"]
_WITHIN: Mapping[Residency, frozenset[Region]] = {
    "local": frozenset({"local"}),
    "eu": frozenset({"local", "eu"}),
    "any": frozenset({"local", "eu", "outside", "unknown"}),
}


def allowed_in(place: ModelEndpoint, residency: Residency) -> bool:
    """Tell whether *residency* lets data go to *place*; what is unknown counts as outside."""
    return place.region in _WITHIN[residency]


def region_of(provider: Provider | None, base_url: str, model: str) -> Region:
    """Tell where a model at *base_url* runs.

    A loopback address is this machine, unless the model's name says that the local server only passes it on
    (Ollama's cloud models). An address that is not the provider's own is unknown.
    """
    if is_loopback(base_url):
        return "outside" if model.lower().endswith((":cloud", "-cloud")) else "local"
    if provider is not None and base_url == provider.base_url:
        return provider.region
    return next((row.region for row in PROVIDERS.values() if row.base_url == base_url.rstrip("/")), "unknown")


def is_loopback(url: str) -> bool:
    """Tell whether *url* stays on this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
