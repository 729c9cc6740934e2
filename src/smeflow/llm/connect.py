"""Make an LLM of a name, and choose one for ``auto``."""

import http.client
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import lru_cache, partial
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from smeflow._text import a_kind_of
from smeflow.errors import LLMError, LLMRejected, MissingExtra
from smeflow.i18n import Phrase, say
from smeflow.llm.dialects import CHAT
from smeflow.llm.interface import (
    LLM,
    ConnectedLLM,
    ImageLimits,
    ModelEndpoint,
    NoModel,
    PlacedLLM,
    Price,
    Region,
)
from smeflow.llm.openai_compatible import LOG_PROBABILITIES, OpenAICompatible
from smeflow.llm.prices import FREE, own_price, price_of, with_surcharge
from smeflow.llm.providers import (
    PROVIDERS,
    Provider,
    Residency,
    allowed_in,
    is_loopback,
    region_of,
)
from smeflow.llm.wire import AioWire, Wire

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel

_SECONDS = 0.5
_MAX_BYTES = 1_000_000


def models_at(row: Provider) -> Sequence[str] | None:
    """List the models of a local server; None where nothing answers, or something that is no model server."""
    if not is_loopback(row.base_url):
        return None
    parts = urlsplit(row.base_url)
    link = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_SECONDS)
    try:
        link.request("GET", f"{parts.path}/models", headers={"Accept": "application/json"})
        answer = link.getresponse()
        body = json.loads(answer.read(_MAX_BYTES)) if answer.status == 200 else None
    except (OSError, ValueError, http.client.HTTPException, RecursionError):
        return None
    finally:
        link.close()
    rows = body.get("data") if isinstance(body, dict) else None
    if not isinstance(rows, list):
        return None
    return [row["id"] for row in rows if isinstance(row, dict) and isinstance(row.get("id"), str)]


@dataclass(frozen=True, kw_only=True)
class _Settings:
    """What decides how a name is connected, besides the name."""

    key: str | None = field(repr=False)
    base_url: str | None = field(repr=False)
    environ: Mapping[str, str] = field(repr=False)
    prices: Mapping[str, Price] | None
    regions: Mapping[str, Region]
    wire: Wire


def connect(
    name: "str | BaseChatModel",
    *,
    key: str | None = None,
    base_url: str | None = None,
    environ: Mapping[str, str] | None = None,
    prices: Mapping[str, Price] | None = None,
    regions: Mapping[str, Region] | None = None,
    wire: Wire | None = None,
) -> ConnectedLLM:
    """Make an LLM of *name*; nothing is sent yet.

    Names: ``mistral/mistral-small-latest`` (a provider of the table), ``MODEL@http://127.0.0.1:8901/v1`` (any
    compatible server), ``local`` or ``local/MODEL`` (one that ``smeflow model`` keeps on this machine),
    ``langchain:PROVIDER:MODEL``, ``none``, ``auto`` (what is on this machine, or none). A chat model of
    LangChain may be given itself.
    The key comes from the provider's environment variable unless it is given. *regions* says where servers
    and deployments of one's own compute, by provider or address: smeflow cannot know.

    Raises:
        LLMRejected: There is no such provider, or its key is not set.
    """
    environ = os.environ if environ is None else environ
    if not isinstance(name, str):
        from smeflow.llm.langchain import LangChainLLM

        return LangChainLLM(name, prices)
    if name == "none":
        return NoModel()
    if name == "auto":
        choice = choose_model("auto", environ=environ, prices=prices, regions=regions)
        return choice.llm or NoModel(why=choice.why)
    if name == "local" or name.startswith("local/"):
        from smeflow.llm.local.llama import local_llm

        return local_llm(name.partition("/")[2], environ)
    if name.startswith("langchain:"):
        from smeflow.llm.langchain import LangChainLLM

        return LangChainLLM.named(name.removeprefix("langchain:"), key=key, prices=prices)
    settings = _Settings(
        key=key,
        base_url=base_url,
        environ=environ,
        prices=prices,
        regions=regions or {},
        wire=wire or AioWire(),
    )
    model, _, address = name.partition("@")
    if _is_http(address):
        return _from_address(model, address, settings)
    return _from_provider(*_parse_name(name), settings)


def as_llm(llm: "LLM | str | BaseChatModel | None") -> ConnectedLLM | None:
    """Give the model that *llm* stands for: itself, one by name, or a chat model of LangChain; None is none.

    A model that is named keeps its connections for the whole process: a loop may name it each time.

    Raises:
        TypeError: It is none of these; the message says what to write.
        LLMRejected: There is no such provider, or its key is not set.
    """
    if llm is None:
        return None
    if isinstance(llm, str):
        kept = _kept_by_name(llm, os.getpid(), frozenset(os.environ.items()))
        if not kept or isinstance(kept[0], NoModel):  # a server may have been started since
            kept[:] = [connect(llm)]
        return kept[0]
    kinds = [kind.__name__ for kind in type(llm).__mro__ if kind.__module__.startswith("langchain_core.")]
    if "BaseChatModel" in kinds:
        return connect(cast("BaseChatModel", llm))
    complete = getattr(llm, "complete", None)  # foreign: any class of a user's own that has the verb is one
    if callable(complete) and not isinstance(llm, type):
        own = cast("LLM", llm)
        place = ModelEndpoint(provider="script", model=type(llm).__name__)
        return own if isinstance(own, ConnectedLLM) else PlacedLLM(own, place)
    what = f"the class {llm.__name__}" if isinstance(llm, type) else a_kind_of(llm)
    raise TypeError(
        f'{what} is no model: write its name, such as "openai/gpt-6.1-terra" or "auto", or give what '
        "connect(…) gives, a chat model of LangChain, or an object with complete(request)"
    )


@lru_cache(maxsize=32)
def _kept_by_name(_name: str, _process: int, _environ: frozenset[tuple[str, str]]) -> list[ConnectedLLM]:
    """Give the place where the model of a name is kept; another process, or another key, has another."""
    return []


def check_model_name(name: str) -> None:
    """Refuse a name that no model can have, without connecting to any.

    Raises:
        LLMRejected: There is no such provider, or its model is missing.
    """
    model, _, address = name.partition("@")
    if name in {"auto", "none", "local"} or name.startswith(("local/", "langchain:")):
        return
    if not (model and _is_http(address)):
        _parse_name(name)


def _is_http(address: str) -> bool:
    return urlsplit(address).scheme in {"http", "https"}


def _parse_name(name: str) -> tuple[Provider, str]:
    provider, _, model = name.partition("/")
    if provider not in PROVIDERS:
        similar = get_close_matches(provider, PROVIDERS, n=1)
        known = ", ".join(PROVIDERS)
        if similar:
            phrase = say(
                'There is no provider "{name}"; did you mean "{like}"? Known: {known}.',
                name=provider, like=similar[0], known=known,
            )  # fmt: skip
        else:
            phrase = say(
                'There is no provider "{name}". Known: {known}; a compatible one is MODEL@http://ADDRESS/v1, '
                "any other provider langchain:PROVIDER:MODEL.",
                name=provider, known=known,
            )  # fmt: skip
        raise LLMRejected(phrase, reason="model")
    row = PROVIDERS[provider]
    usual = row.usual_model_on(datetime.now(UTC).date())
    if not (model or usual):
        raise LLMRejected(
            say('Write the model after the provider: "{name}/MODEL".', name=provider), reason="model"
        )
    return row, model or usual


def _from_provider(row: Provider, model: str, settings: _Settings) -> OpenAICompatible:
    url = (settings.base_url or settings.environ.get(row.url_variable, "") or row.base_url).rstrip("/")
    key = settings.key or settings.environ.get(row.key_variable, "")
    if row.key_variable and not key and not is_loopback(url):
        phrase = say(
            "{name} needs a key: set the environment variable {variable}.",
            name=row.title,
            variable=row.key_variable,
        )
        raise LLMRejected(phrase, reason="key")
    if not url:
        phrase = say("{name} has no address of its own: set the environment variable {variable}.",
                     name=row.title, variable=row.url_variable)  # fmt: skip
        raise LLMRejected(phrase, reason="key")
    regions = settings.regions
    region = regions.get(row.name) or regions.get(url) or region_of(row, url, model)
    price = own_price(row.known_as, model, settings.prices)
    if price is None and row.kind == "remote":
        price = with_surcharge(price_of(row.known_as, model), row.surcharge)
    place = ModelEndpoint(
        provider=row.known_as,
        model=model,
        region=region,
        base_url=url,
        price=price or (FREE if region == "local" else None),
        sees=ImageLimits(side=row.image_side, bytes=row.image_bytes) if "images" in row.can else None,
    )
    is_own_address = url == row.base_url or not row.base_url
    return OpenAICompatible(
        place=place,
        dialect=row.dialect if is_own_address else CHAT,
        title=row.title,
        key=key,
        wire=settings.wire,
        dropped=row.dropped if is_own_address else frozenset(),
        key_header=row.key_header,
        extras=LOG_PROBABILITIES if "log_probabilities" in row.can else {},
    )


def _from_address(model: str, url: str, settings: _Settings) -> OpenAICompatible:
    url, key = url.rstrip("/"), settings.key or settings.environ.get("SMEFLOW_LLM_KEY", "")
    region = settings.regions.get(url) or region_of(None, url, model)
    provider = urlsplit(url).hostname or "server"
    price = own_price(provider, model, settings.prices) or (FREE if region == "local" else None)
    place = ModelEndpoint(provider=provider, model=model, region=region, base_url=url, price=price)
    return OpenAICompatible(
        place=place, title=urlsplit(url).netloc.rpartition("@")[2], key=key, wire=settings.wire
    )


@dataclass(frozen=True, kw_only=True)
class ModelChoice:
    """The model that will be asked, and why this one."""

    llm: ConnectedLLM | None
    """None: there is none, and the readers work alone."""
    why: Phrase
    considered: tuple[Phrase, ...] = ()
    """What was looked at and not taken, in order."""


ServerProbe = Callable[[Provider], Sequence[str] | None]
"""Gives the models a local server has; None where none answers."""


def choose_model(
    text: str,
    *,
    allowed: Sequence[str] = (),
    residency: Residency = "any",
    region: str | None = None,
    regions: Mapping[str, Region] | None = None,
    environ: Mapping[str, str] | None = None,
    prices: Mapping[str, Price] | None = None,
    servers: ServerProbe | None = None,
) -> ModelChoice:
    """Choose the model for ``llm: text``: ``auto``, ``none`` or a name.

    ``auto`` takes a model server on this machine that answers, else the model `smeflow model get` fetched,
    else the first of *allowed* whose key is set and whose place *residency* permits, else none.
    *region* ``eu`` allows, after those, every provider that says it processes there. A key that lies in the
    environment sends nothing anywhere unless its provider is allowed in one of these ways.

    Raises:
        LLMRejected: A name is given and cannot be connected.
    """
    if text == "none":
        return ModelChoice(llm=None, why=say("llm: none. The readers work alone."))
    environ = os.environ if environ is None else environ
    reach = partial(connect, environ=environ, prices=prices, regions=regions)
    if text != "auto":
        return ModelChoice(llm=reach(text), why=say("{model} is named at llm:.", model=text))

    considered: list[Phrase] = []

    def chosen(llm: ConnectedLLM | None, why: Phrase) -> ModelChoice:
        return ModelChoice(llm=llm, why=why, considered=tuple(considered))

    for row in (r for r in PROVIDERS.values() if r.kind == "server"):
        model = _first_model((servers or models_at)(row), row, considered)
        if model:
            why = say("{server} answers on this machine and has {model}.", server=row.title, model=model)
            return chosen(connect(f"{row.name}/{model}", environ=environ, prices=prices), why)
    from smeflow.llm.local.llama import model_in_use

    in_use = model_in_use(environ)
    if in_use is not None:  # nothing leaves the machine merely because its own model is busy
        return chosen(None, in_use)
    local = _local_model(environ, considered)
    if local is not None:
        return chosen(local, say("{model} is on this machine.", model=local.place.model))
    european = [r.name for r in PROVIDERS.values() if r.region == "eu" and environ.get(r.key_variable)]
    names = dict.fromkeys([*allowed, *(european if region == "eu" else [])])
    for name in names:
        remote = _allowed(name, residency, reach, considered)
        if remote is not None:
            model = remote.place.model
            full_name = name if model in name else f"{name}/{model}"
            why = say("{model} is asked: it is allowed by name and its key is set.", model=full_name)
            return chosen(remote, why)
    considered += _unused_keys(names, environ)
    why = say(
        "No model: none is on this machine and no allowed provider can be used. The readers work alone."
    )
    return chosen(None, why)


def _first_model(models: Sequence[str] | None, row: Provider, considered: list[Phrase]) -> str | None:
    if models is None:
        considered.append(say("{server} does not answer at {url}.", server=row.title, url=row.base_url))
        return None
    for model in models:
        remote = region_of(row, row.base_url, model) != "local"
        if not remote and not any(word in model.lower() for word in ("embed", "bge-", "rerank", "whisper")):
            return model
    considered.append(say("{server} answers and has no language model of its own.", server=row.title))
    return None


def _local_model(environ: Mapping[str, str], considered: list[Phrase]) -> ConnectedLLM | None:
    """Give the model `smeflow model` keeps, if there is one and what runs it is installed."""
    from smeflow.llm.local.llama import local_llm
    from smeflow.llm.local.models import ModelStore

    if not ModelStore.of(environ).models():
        considered.append(say("No model was fetched: smeflow model get brings one."))
        return None
    try:
        return local_llm(environ=environ)
    except (LLMError, MissingExtra) as error:
        considered.append(error.phrase)
        return None


def _allowed(
    name: str, residency: Residency, reach: Callable[[str], ConnectedLLM], considered: list[Phrase]
) -> ConnectedLLM | None:
    try:
        llm = reach(name)
    except (LLMError, MissingExtra) as error:
        considered.append(say("{model} is allowed: {why}", model=name, why=error.phrase))
        return None
    if allowed_in(llm.place, residency):
        return llm
    considered.append(
        say("{model} is allowed, and residency: {residency} keeps it out.", model=name, residency=residency)
    )
    return None


def _unused_keys(allowed: Iterable[str], environ: Mapping[str, str]) -> list[Phrase]:
    named = {name.partition("/")[0] for name in allowed}
    variables = {r.key_variable: r for r in PROVIDERS.values() if r.key_variable and r.name not in named}
    return [
        say(
            "A key for {provider} lies in {variable} and is not used: nobody allowed it. Allow: [{name}].",
            provider=row.title, variable=variable, name=row.name,
        )
        for variable, row in variables.items()
        if environ.get(variable)
    ]  # fmt: skip
