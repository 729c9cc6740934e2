"""Which provider is meant by a name, and where a model at an address runs."""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Literal
from urllib.parse import urlsplit

from smeflow.llm.base import Place, Region
from smeflow.llm.provider_rows import ELSEWHERE, EUROPE, SERVERS, Provider

__all__ = ["PROVIDERS", "Provider", "Residency", "allowed_in", "is_loopback", "region_of"]
PROVIDERS: Mapping[str, Provider] = {row.name: row for row in (*EUROPE, *ELSEWHERE, *SERVERS)}
Residency = Literal["local", "eu", "any"]
_WITHIN: Mapping[Residency, frozenset[Region]] = {
    "local": frozenset({"local"}),
    "eu": frozenset({"local", "eu"}),
    "any": frozenset({"local", "eu", "outside", "unknown"}),
}


def allowed_in(place: Place, residency: Residency) -> bool:
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
