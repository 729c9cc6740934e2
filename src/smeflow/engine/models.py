"""The models of a recipe: which are chosen, whether they may be asked, and who agreed to that."""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from smeflow._text import mask_addresses
from smeflow.errors import LLMRejected
from smeflow.i18n import Phrase, say

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel

    from smeflow.llm.interface import LLM, ConnectedLLM, ModelEndpoint
    from smeflow.llm.router import ModelSet
    from smeflow.recipe.load import Recipe

CONSENT_FILE = "providers.json"
"""In the folder of the ledger: who said yes, to which provider in which region, and when."""


def require_consent(
    models: "Sequence[ConnectedLLM]",
    state: Path,
    person: Callable[[], str],
    agrees: "Callable[[ModelEndpoint], bool]",
) -> None:
    """Refuse a provider outside of this machine that nobody has agreed to; keep who does so now.

    *agrees* is asked about each that is new in the workspace whose ledger lies in *state*.

    Raises:
        LLMRejected: Nobody agreed; nothing was sent.
    """
    known = _read_consents(state)
    new = {_provider_key(model.place): model.place for model in models if model.place.region != "local"}
    for key, place in new.items():
        if key in known:
            continue
        if not agrees(place):
            phrase = say(
                "{provider} was not asked: nobody has agreed yet. Run it once with --yes (from Python with "
                "consent=True), or on a terminal.",
                provider=place.provider,
            )
            raise LLMRejected(phrase, reason="residency")
        known[key] = {"by": person(), "at": datetime.now(UTC).isoformat(timespec="seconds")}
        _write_consents(state, known)


def _provider_key(place: "ModelEndpoint") -> str:
    return f"{place.provider} {place.region} {mask_addresses(place.base_url)}".strip()


def _read_consents(state: Path) -> dict[str, dict[str, str]]:
    try:
        consents = json.loads((state / CONSENT_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return consents if isinstance(consents, dict) else {}


def _write_consents(state: Path, known: dict[str, dict[str, str]]) -> None:
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = state / f"{CONSENT_FILE}.part"
    part.write_text(json.dumps(known, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    part.chmod(0o600)
    part.replace(state / CONSENT_FILE)


def split_model_names(text: str) -> list[str]:
    """Take a list of models apart, as it stands at ``llm:``."""
    return [name.strip() for name in text.split(",") if name.strip()]


def models_of_recipe(
    recipe: "Recipe", llm: str = "", environ: Mapping[str, str] | None = None
) -> "tuple[ModelSet, list[Phrase]]":
    """Choose the models of a recipe and its steps, with the reasons; *llm* stands in for all it says.

    Raises:
        LLMRejected: One is named and cannot be connected: no such provider, no key.
    """
    from smeflow.llm.connect import ModelChoice, choose_model
    from smeflow.llm.router import ModelSet

    choices: dict[str, ModelChoice] = {}

    def choice(name: str) -> ModelChoice:
        if name not in choices:
            choices[name] = choose_model(
                name,
                allowed=recipe.allow,
                residency=recipe.residency,
                region=recipe.region,
                regions=recipe.regions,
                environ=os.environ if environ is None else environ,
                prices=recipe.prices,
            )
        return choices[name]

    def models(text: str, agree: int = 1) -> ModelSet:
        llms = [choice(name).llm for name in split_model_names(text)]
        return ModelSet(models=tuple(model for model in llms if model is not None), agree=agree)

    own = {e.step.name: models(e.llm, e.agree) for e in recipe.entries if e.llm and not llm}
    chosen = models(llm or recipe.llm)
    shared = {
        e.step.name: ModelSet(models=chosen.models, agree=e.agree)
        for e in recipe.entries
        if e.agree > 1 and e.step.name not in own and not llm
    }
    why = [picked.why for picked in choices.values()]
    if recipe.allow:
        why += [reason for picked in choices.values() if picked.llm is None for reason in picked.considered]
    return ModelSet(models=chosen.models, steps={**own, **shared}), why


def given_models(recipe: "Recipe", llm: "LLM | BaseChatModel | ModelSet") -> "ModelSet":
    """Take what a caller gave in place of the recipe's models: a set, or one model of whatever make.

    The firm's own table of prices and regions tells what a model made elsewhere does not say of itself.

    Raises:
        TypeError: It is no model; the message says what to write.
    """
    from smeflow.llm.connect import as_llm
    from smeflow.llm.interface import PlacedLLM
    from smeflow.llm.prices import FREE, own_price
    from smeflow.llm.router import ModelSet

    if isinstance(llm, ModelSet):
        return llm
    model = as_llm(llm)
    if model is None or (model.place.region != "unknown" and model.place.price is not None):
        return ModelSet.of(model)
    place, regions = model.place, recipe.regions
    region = regions.get(place.provider) or regions.get(place.base_url) or place.region
    price = own_price(place.provider, place.model, recipe.prices) or place.price
    told = replace(place, region=region, price=price or (FREE if region == "local" else None))
    return ModelSet.of(model if told == place else PlacedLLM(model, told))


@contextmanager
def models_of_run(
    recipe: "Recipe",
    llm: "str | LLM | BaseChatModel | ModelSet | None",
    state: Path,
    person: Callable[[], str],
    *,
    consent: bool = False,
) -> "Iterator[ModelSet]":
    """Give the models a run from Python asks: those the recipe names, unless *llm* stands in for them.

    Those that are named need somebody's consent, once for the ledger in *state*, and are closed at the end.

    Raises:
        LLMRejected: One cannot be connected, or nobody agreed to it; nothing was sent.
        TypeError: *llm* is no model; the message says what to write.
    """
    if llm is not None and not isinstance(llm, str):
        yield given_models(recipe, llm)
        return
    models, _ = models_of_recipe(recipe, llm or "")
    with closing_model(models):
        if all(objection(recipe, each.place) is None for each in models.every):  # else the run says why
            require_consent(models.every, state, person, lambda _: consent)
        yield models


def named_places(recipe: "Recipe") -> "list[ModelEndpoint]":
    """Tell where the models run that the recipe names, whether or not their keys are set."""
    from smeflow.errors import LLMError, MissingExtra
    from smeflow.llm.connect import connect

    named = dict.fromkeys(split_model_names(recipe.llm))
    for entry in recipe.entries:
        named |= dict.fromkeys(split_model_names(entry.llm))
    places = []
    for name in named:
        with suppress(LLMError, MissingExtra):
            if name != "auto":
                places.append(connect(name, key="unset", prices=recipe.prices, regions=recipe.regions).place)
    return places


@contextmanager
def closing_model(llm: "ModelSet | ConnectedLLM") -> Iterator[None]:
    """End with the block what *llm* keeps running: connections, or a process of its own."""
    try:
        yield
    finally:
        from smeflow.llm.interface import Closable

        if isinstance(llm, Closable):
            llm.close()


def objection(recipe: "Recipe", place: "ModelEndpoint") -> "LLMRejected | None":
    """Say why *recipe* may not ask what is at *place*: data may not go there, or a budget lacks its price."""
    from smeflow.engine.context import spending_limits
    from smeflow.llm.wrappers.accounting import price_refusal
    from smeflow.llm.wrappers.privacy import residency_refusal

    return residency_refusal(place, recipe.residency, recipe.residency_mark) or price_refusal(
        place, spending_limits(recipe)
    )
