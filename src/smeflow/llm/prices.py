"""What a model costs, from a table that travels with the program. Nothing is fetched."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from smeflow.llm.interface import Price

FREE = Price(input_per_million=Decimal(0), output_per_million=Decimal(0), currency="EUR", as_of="")
"""A model on this machine."""


def price_of(provider: str, model: str, own: Mapping[str, Price] | None = None) -> Price | None:
    """Give the price of *model*, from the user's *own* table first; None where none is known.

    Keys of *own* are ``PROVIDER/MODEL`` or ``MODEL``. Prices of the common table are list prices for short
    prompts: what a cache of the provider or a contract saves is not taken off.
    """
    return own_price(provider, model, own) or _listed(provider, model)


def own_price(provider: str, model: str, own: Mapping[str, Price] | None) -> Price | None:
    """Give the price of *model* in the user's own table; None where it has none."""
    return next((own[key] for key in (f"{provider}/{model}", model) if key in own), None) if own else None


def with_surcharge(price: Price | None, surcharge: Decimal) -> Price | None:
    """Give *price* with what a provider adds to the list's, such as for a region."""
    if price is None or surcharge == 1:
        return price
    return replace(
        price,
        input_per_million=price.input_per_million * surcharge,
        output_per_million=price.output_per_million * surcharge,
    )


def _listed(provider: str, model: str) -> Price | None:
    from importlib.metadata import version

    from genai_prices import Usage, calc_price

    million = Usage(input_tokens=1_000_000), Usage(output_tokens=1_000_000)
    try:
        sent, received = (
            calc_price(usage, model_ref=model, provider_id=_NAMES.get(provider, provider))
            for usage in million
        )
    except (LookupError, ValueError):
        return None
    table = f"genai-prices {version('genai-prices')}"
    return Price(
        input_per_million=_dearest(sent.model_price.input_mtok, sent.input_price),
        output_per_million=_dearest(received.model_price.output_mtok, received.output_price),
        currency="USD",
        as_of=table,
    )


def _dearest(listed: object, computed: Decimal) -> Decimal:
    """Give the base price where the table has tiers: a million tokens at once would be the dearest tier."""
    base: object = getattr(listed, "base", listed)  # foreign: a number, or a price with tiers
    return base if isinstance(base, Decimal) else computed


_NAMES: Mapping[str, str] = {
    "mistral_ai": "mistral",
    "google_genai": "google",
    "google_vertexai": "google",
    "gcp.gemini": "google",
    "gcp.vertex_ai": "google",
    "mistralai": "mistral",
    "azure.ai.openai": "azure",
    "azure_openai": "azure",
    "bedrock": "aws",
    "aws.bedrock": "aws",
    "xai": "x-ai",
    "x_ai": "x-ai",
}
"""Our names (``gen_ai.provider.name``, or LangChain's) where the table has others."""
