"""A recipe that was read and checked: ready to run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from smeflow.llm.base import Price, Region
from smeflow.plan import Entry
from smeflow.recipe.schedule import Schedule
from smeflow.recipe.workspace import Budgets, Residency
from smeflow.sinks.base import Acting, Delivering, Sink
from smeflow.sources.base import Source


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Where cases come from, what is done with each, where results go."""

    name: str
    about: str = ""
    path: Path
    """The file it was read from."""
    text_hash: str
    """Of the file as it is written, and of what was set from the command line."""
    llm: str = "auto"
    allow: tuple[str, ...] = ()
    """What ``auto`` may use: the recipe's own list and that of ``smeflow.toml``."""
    region: str | None = None
    """``eu``: any provider there whose key is set may be asked too."""
    regions: Mapping[str, Region] = field(default_factory=dict)
    """Where the firm's own servers and deployments compute, by provider or address."""
    residency: Residency = "eu"
    residency_mark: str = ""
    """Which line would change it: ``recipe.yaml:7``, or the file to write one in."""
    budget: Budgets = field(default_factory=Budgets)
    """The recipe's own limits over those of ``smeflow.toml``."""
    prices: Mapping[str, Price] = field(default_factory=dict)
    """The firm's own prices, from ``smeflow.toml``."""
    source: Source
    entries: tuple[Entry, ...]
    sinks: tuple[Sink | Acting | Delivering, ...] = ()
    split: str | None = None
    """Make an item of each record of a kind, by the kind's word, or of each attachment."""
    redact: bool = False
    timezone: str = "Europe/Paris"
    workers: int = 8
    schedule: Schedule | None = None
    """When `smeflow watch` runs it; None for whenever something comes in."""

    @property
    def folder(self) -> Path:
        """The folder its paths are relative to."""
        return self.path.parent
