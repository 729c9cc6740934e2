"""The providers that can be named, a row each, and where a model at an address runs.

A further provider is a further row.

Where data is processed stands as the provider states it, with the day it was looked up; what nobody has
looked up says so. A row that does not bind itself to a region is ``unknown``, and that counts as outside.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from ipaddress import ip_address
from typing import Literal
from urllib.parse import urlsplit

from smeflow.llm.dialects import CHAT, RESPONSES, Dialect, Dropped
from smeflow.llm.interface import ModelEndpoint, Region

Ability = Literal["json_schema", "images", "batch", "log_probabilities"]
LOOKED_UP = "2026-11-27"


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
    """What ``auto`` takes where only the provider is allowed by name; empty: whatever the server has."""
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


EUROPEAN_PROVIDERS = (
    Provider(
        name="openai-eu",
        title="OpenAI (Europe)",
        base_url="https://eu.api.openai.com/v1",
        region="eu",
        processed="Europe, for projects with data residency; account and usage data elsewhere",
        stated_at="https://developers.openai.com/api/docs/guides/data-residency",
        looked_up=LOOKED_UP,
        known_as="openai",
        key_variable="OPENAI_API_KEY",
        dialect=RESPONSES,
        usual_model="gpt-5-mini",
        can=frozenset({"json_schema", "images", "batch"}),
        image_side=2048,
        surcharge=Decimal("1.1"),
    ),
    Provider(
        name="mistral",
        title="Mistral (Europe)",
        base_url="https://api.eu.mistral.ai/v1",
        region="eu",
        processed="data centres in EU and EFTA countries; account and usage data may be elsewhere",
        stated_at="https://docs.mistral.ai/studio/regional-inference",
        looked_up=LOOKED_UP,
        known_as="mistral_ai",
        key_variable="MISTRAL_API_KEY",
        usual_model="mistral-small-latest",
        can=frozenset({"json_schema", "images", "batch"}),
        surcharge=Decimal("1.1"),
    ),
    Provider(
        name="scaleway",
        title="Scaleway",
        base_url="https://api.scaleway.ai/v1",
        region="eu",
        processed="European data centres",
        stated_at="https://www.scaleway.com/en/docs/generative-apis/quickstart/",
        looked_up=LOOKED_UP,
        known_as="scaleway",
        key_variable="SCW_SECRET_KEY",
        usual_model="mistral-small-3.2-24b-instruct-2506",
        can=frozenset({"json_schema", "images"}),
    ),
    Provider(
        name="ovhcloud",
        title="OVHcloud AI Endpoints",
        base_url="https://oai.endpoints.kepler.ai.cloud.ovh.net/v1",
        region="eu",
        processed="in the EU, as those say who integrate it; its own terms were not read",
        stated_at="https://docs.docker.com/ai/docker-agent/providers/ovhcloud/",
        known_as="ovhcloud",
        key_variable="OVH_AI_ENDPOINTS_ACCESS_TOKEN",
        usual_model="Mistral-Small-3.2-24B-Instruct-2506",
        can=frozenset({"json_schema", "images"}),
    ),
    Provider(
        name="ionos",
        title="IONOS AI Model Hub",
        base_url="https://openai.inference.de-txl.ionos.com/v1",
        region="eu",
        processed="Berlin, Germany",
        stated_at="https://docs.ionos.com/cloud/ai/ai-model-hub",
        looked_up=LOOKED_UP,
        known_as="ionos",
        key_variable="IONOS_API_TOKEN",
        can=frozenset({"json_schema", "images"}),
        dropped=frozenset({"max_tokens"}),
    ),
)
"""Those that say they process in the European Union."""
OTHER_PROVIDERS = (
    Provider(
        name="openai",
        title="OpenAI",
        base_url="https://api.openai.com/v1",
        region="outside",
        processed="the United States and elsewhere, unless the project has data residency",
        stated_at="https://developers.openai.com/api/docs/guides/data-residency",
        looked_up=LOOKED_UP,
        known_as="openai",
        key_variable="OPENAI_API_KEY",
        url_variable="OPENAI_BASE_URL",
        dialect=RESPONSES,
        usual_model="gpt-5-mini",
        can=frozenset({"json_schema", "images", "batch"}),
        image_side=2048,
    ),
    Provider(
        name="azure",
        title="Azure OpenAI",
        base_url="",
        region="unknown",
        processed="by the deployment's region and type: say yours under [regions] in smeflow.toml",
        stated_at="https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle",
        looked_up=LOOKED_UP,
        known_as="azure.ai.openai",
        key_variable="AZURE_OPENAI_API_KEY",
        url_variable="AZURE_OPENAI_BASE_URL",
        key_header="api-key",
        can=frozenset({"json_schema", "images", "batch"}),
        dropped=frozenset({"max_tokens"}),
        image_side=2048,
    ),
    Provider(
        name="mistral-global",
        title="Mistral (anywhere)",
        base_url="https://api.mistral.ai/v1",
        region="unknown",
        processed="its global endpoint: not bound to a region",
        stated_at="https://docs.mistral.ai/studio/regional-inference",
        looked_up=LOOKED_UP,
        known_as="mistral_ai",
        key_variable="MISTRAL_API_KEY",
        usual_model="mistral-small-latest",
        can=frozenset({"json_schema", "images", "batch"}),
    ),
    Provider(
        name="nebius",
        title="Nebius Token Factory",
        base_url="https://api.tokenfactory.nebius.com/v1",
        region="unknown",
        processed="what it keeps lies in Finland; where shared endpoints compute is not stated",
        stated_at="https://docs.tokenfactory.nebius.com/data-lab/data-processing",
        looked_up=LOOKED_UP,
        known_as="nebius",
        key_variable="NEBIUS_API_KEY",
        can=frozenset({"json_schema", "images", "batch"}),
    ),
    Provider(
        name="groq",
        title="Groq",
        base_url="https://api.groq.com/openai/v1",
        region="outside",
        processed="not verified; keeps no inputs or outputs by default",
        stated_at="https://console.groq.com/docs/your-data",
        known_as="groq",
        key_variable="GROQ_API_KEY",
        usual_model="openai/gpt-oss-20b",
        can=frozenset({"json_schema", "images", "batch"}),
    ),
    Provider(
        name="deepseek",
        title="DeepSeek",
        base_url="https://api.deepseek.com/v1",
        region="outside",
        processed="not verified; the firm sits in China",
        stated_at="https://api-docs.deepseek.com/",
        known_as="deepseek",
        key_variable="DEEPSEEK_API_KEY",
        usual_model="deepseek-chat",
        can=frozenset({"log_probabilities"}),
        dropped=frozenset({"schema"}),
    ),
    Provider(
        name="openrouter",
        title="OpenRouter",
        base_url="https://openrouter.ai/api/v1",
        region="unknown",
        processed="wherever the provider it passes a request on to computes",
        stated_at="https://openrouter.ai/docs/guides/features/in-region-routing",
        looked_up=LOOKED_UP,
        known_as="openrouter",
        key_variable="OPENROUTER_API_KEY",
        can=frozenset({"json_schema", "images"}),
    ),
    Provider(
        name="gemini",
        title="Google Gemini",
        base_url="https://generativelanguage.googleapis.com/v1beta/openai",
        region="outside",
        processed="not verified",
        stated_at="https://ai.google.dev/gemini-api/docs/openai",
        known_as="gcp.gemini",
        key_variable="GEMINI_API_KEY",
        usual_model="gemini-2.5-flash",
        can=frozenset({"json_schema", "images", "batch"}),
    ),
)
"""Those that process outside of the Union, or do not say where."""


def _server(name: str, title: str, port: int, known_as: str, *more: Ability) -> Provider:
    return Provider(
        name=name,
        title=title,
        base_url=f"http://127.0.0.1:{port}/v1",
        region="local",
        processed="this machine",
        known_as=known_as,
        kind="server",
        can=frozenset({"json_schema", "images", *more}),
    )


LOCAL_SERVERS = (
    _server("ollama", "Ollama", 11434, "ollama"),
    _server("vllm", "vLLM", 8000, "vllm", "log_probabilities"),
    _server("lmstudio", "LM Studio", 1234, "lm_studio"),
    _server("llamacpp", "llama.cpp", 8080, "llama_cpp", "log_probabilities"),
)
"""Servers somebody may have started on this machine; ``auto`` looks whether one answers."""
PROVIDERS: Mapping[str, Provider] = {
    row.name: row for row in (*EUROPEAN_PROVIDERS, *OTHER_PROVIDERS, *LOCAL_SERVERS)
}
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
