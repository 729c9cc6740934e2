"""The providers that can be named: a row each. A further one is a further row."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Literal
from urllib.parse import urlsplit

from smeflow.llm.base import Place, Region
from smeflow.llm.dialects import CHAT, RESPONSES, Dialect


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Where a provider is reached and what it needs."""

    name: str
    """As in ``name/model``."""
    title: str
    base_url: str
    region: Region
    """Where its contract says that data is processed."""
    known_as: str
    """``gen_ai.provider.name``."""
    key_variable: str = ""
    """The environment variable with the key; empty: it asks for none."""
    url_variable: str = ""
    """The environment variable that may name another address."""
    dialect: Dialect = CHAT
    """How its own address is spoken to; another address (``base_url``) is always spoken to as `CHAT`."""
    usual_model: str = ""
    """What ``auto`` takes where only the provider is allowed by name; empty: whatever the server has."""
    kind: Literal["remote", "server"] = "remote"
    """A server runs on this machine, and ``auto`` looks whether it answers."""


PROVIDERS: Mapping[str, Provider] = {
    row.name: row
    for row in (
        Provider(
            name="openai",
            title="OpenAI",
            base_url="https://api.openai.com/v1",
            region="outside",
            known_as="openai",
            key_variable="OPENAI_API_KEY",
            url_variable="OPENAI_BASE_URL",
            dialect=RESPONSES,
            usual_model="gpt-5-mini",
        ),
        Provider(
            name="openai-eu",
            title="OpenAI (Europe)",
            base_url="https://eu.api.openai.com/v1",
            region="eu",
            known_as="openai",
            key_variable="OPENAI_API_KEY",
            dialect=RESPONSES,
            usual_model="gpt-5-mini",
        ),
        Provider(
            name="mistral",
            title="Mistral",
            base_url="https://api.mistral.ai/v1",
            region="eu",
            known_as="mistral_ai",
            key_variable="MISTRAL_API_KEY",
            usual_model="mistral-small-latest",
        ),
        Provider(
            name="scaleway",
            title="Scaleway",
            base_url="https://api.scaleway.ai/v1",
            region="eu",
            known_as="scaleway",
            key_variable="SCW_SECRET_KEY",
            usual_model="mistral-small-3.2-24b-instruct-2506",
        ),
        Provider(
            name="openrouter",
            title="OpenRouter",
            base_url="https://openrouter.ai/api/v1",
            region="unknown",
            known_as="openrouter",
            key_variable="OPENROUTER_API_KEY",
        ),
        Provider(
            name="ollama",
            title="Ollama",
            base_url="http://127.0.0.1:11434/v1",
            region="local",
            known_as="ollama",
            kind="server",
        ),
        Provider(
            name="llamacpp",
            title="llama.cpp",
            base_url="http://127.0.0.1:8080/v1",
            region="local",
            known_as="llama_cpp",
            kind="server",
        ),
        Provider(
            name="lmstudio",
            title="LM Studio",
            base_url="http://127.0.0.1:1234/v1",
            region="local",
            known_as="lm_studio",
            kind="server",
        ),
    )
}


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
    return provider.region if provider is not None and base_url == provider.base_url else "unknown"


def is_loopback(url: str) -> bool:
    """Tell whether *url* stays on this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
