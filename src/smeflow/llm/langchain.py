"""Any chat model of LangChain as an LLM: every provider that has no row of its own."""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from smeflow._optional import import_extra
from smeflow.errors import LLMError, LLMRejected
from smeflow.i18n import say
from smeflow.llm.dialects import schema_instruction
from smeflow.llm.error_mapping import error_from_library, timed_out, without_keys
from smeflow.llm.interface import (
    AnswerSchema,
    FinishReason,
    ModelEndpoint,
    Price,
    Region,
    Reply,
    Request,
    Usage,
)
from smeflow.llm.openai_compatible import estimate_tokens
from smeflow.llm.prices import FREE, price_of
from smeflow.llm.providers import is_loopback, region_of

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel
    from openai.types.chat import ChatCompletion

_LIMITS = ("max_output_tokens", "num_predict", "max_completion_tokens", "max_tokens_to_sample", "max_tokens")
_HERE: frozenset[str] = frozenset({"ollama", "llamacpp", "llama_cpp"})
_ENDS: Mapping[str, FinishReason] = {
    "length": "length",
    "max_tokens": "length",
    "model_length": "length",
    "content_filter": "content_filter",
    "safety": "content_filter",
    "refusal": "refusal",
}


@dataclass(eq=False)
class LangChainLLM:
    """A chat model of LangChain. Its own retries, its cache and the tracing of its calls are off.

    A deadline ends the wait and not the request: LangChain's clients have no total deadline, so a thread may
    stay until the library's own time is up.
    """

    model: "BaseChatModel"
    prices: Mapping[str, Price] | None = None
    _prepared_models: dict[tuple[str, int, float], tuple[Any, bool]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        """Find out where the model runs."""
        self.model = _without_retries(self.model)
        self.place = _place(self.model, self.prices)

    @classmethod
    def named(
        cls, name: str, *, key: str | None = None, prices: Mapping[str, Price] | None = None
    ) -> "LangChainLLM":
        """Make one of ``PROVIDER:MODEL``, as ``init_chat_model`` takes it.

        Raises:
            MissingExtra: LangChain's package for the provider is not installed.
            LLMRejected: LangChain does not know the provider, or finds no key.
        """
        init = import_extra("langchain.chat_models", "all").init_chat_model
        options = {"api_key": key} if key else {}
        try:
            return cls(init(name, max_retries=0, **options), prices)
        except ImportError as error:
            phrase = say(
                "LangChain's package for {name} is not installed: {said}", name=name, said=str(error)[:200]
            )
            raise LLMRejected(phrase, reason="model") from None
        except Exception as error:  # noqa: BLE001 - each package has its own way to say that the key is missing
            phrase = say(
                "LangChain cannot make {name}: {said}",
                name=name,
                said=" ".join(without_keys(str(error)).split())[:200],
            )
            raise LLMRejected(phrase, reason="key" if "key" in str(error).lower() else "model") from None

    def complete(self, request: Request, /) -> Reply:
        """Answer *request*; see `LLM`."""
        self.place.refuse_pictures(request)
        outcome: list[Reply | Exception] = []

        def work() -> None:
            try:
                outcome.append(self._ask(request))
            except Exception as error:  # noqa: BLE001 - raised again by the caller
                outcome.append(error)

        thread = threading.Thread(target=work, name="smeflow-langchain", daemon=True)
        thread.start()
        thread.join(request.timeout_seconds)
        if not outcome:
            raise timed_out(request.timeout_seconds)
        if isinstance(outcome[0], Reply):
            return outcome[0]
        if isinstance(outcome[0], LLMError):
            raise outcome[0]
        place = self.place
        mapped = error_from_library(
            outcome[0], provider=place.provider, model=place.model, seconds=request.timeout_seconds
        )
        raise mapped from None

    def _ask(self, request: Request) -> Reply:
        from langsmith import tracing_context

        model, in_words = self._prepared(request)
        messages = [(m.role, m.content) for m in request.messages]
        if in_words and request.schema is not None:
            messages.insert(0, ("system", schema_instruction(request.schema)))
        with tracing_context(enabled=False):
            try:
                answer = model.invoke(messages)
            except Exception as error:
                cut = getattr(error, "completion", None)  # foreign: the openai SDK keeps a cut answer here
                if cut is None:
                    raise
                return _of_completion(cut, self.place)
        raw = answer["raw"] if isinstance(answer, dict) and "raw" in answer else answer
        return self._reply(raw, request)

    def _prepared(self, request: Request) -> tuple[Any, bool]:
        """Give the model to invoke, made once; and whether the prompt must hold the schema."""
        key = (request.schema.hash if request.schema else "", request.max_output_tokens, request.temperature)
        if key not in self._prepared_models:
            model = _with(self.model, request)
            structured = _structured(model, request.schema) if request.schema is not None else None
            in_words = structured is None and request.schema is not None
            self._prepared_models[key] = (model if structured is None else structured, in_words)
        return self._prepared_models[key]

    def _reply(self, raw: Any, request: Request) -> Reply:
        text, finish = _text(raw), _end(raw)
        refusal = raw.additional_kwargs.get("refusal")
        if refusal:
            text, finish = str(refusal), "refusal"
        usage = _usage(raw) or Usage(
            input_tokens=estimate_tokens(request), output_tokens=len(text) // 4 + 1, estimated=True
        )
        metadata = raw.response_metadata
        return Reply(
            text=text,
            model=str(metadata.get("model_name") or metadata.get("model") or self.place.model),
            usage=usage,
            finish_reason=finish,
            id=str(raw.id or ""),
            cost=self.place.cost_of(usage),
        )


def _without_retries(model: "BaseChatModel") -> "BaseChatModel":
    """Copy a model with its own retries and its cache off: a cached answer would repeat its usage."""
    changes: dict[str, Any] = {"cache": False}
    root = getattr(model, "root_client", None)  # foreign: LangChain's models of OpenAI hold the SDK's client
    if root is not None and hasattr(root, "with_options"):  # foreign: other packages' clients lack it
        root = root.with_options(max_retries=0)
        changes |= {"root_client": root, "client": root.chat.completions}
    if "max_retries" in type(model).model_fields:
        changes["max_retries"] = 0
    return model.model_copy(update=changes)


def _with(model: "BaseChatModel", request: Request) -> "BaseChatModel":
    fields = type(model).model_fields
    limit = next((name for name in _LIMITS if name in fields), None)
    changes: dict[str, Any] = {limit: request.max_output_tokens} if limit else {}
    temperature = getattr(model, "temperature", None)  # foreign: not every model has one
    if "temperature" in fields and temperature is None and request.temperature:
        changes["temperature"] = request.temperature  # a model that takes none is not told 0
    return model.model_copy(update=changes)


def _structured(model: "BaseChatModel", schema: AnswerSchema) -> Any:
    """Hold the model to the schema in the way LangChain knows for it; None where it knows no way."""
    schema_dict = {"title": schema.name, "description": "The answer.", **json.loads(schema.json)}
    for options in ({"strict": True}, {}):
        try:
            return model.with_structured_output(schema_dict, include_raw=True, **options)
        except NotImplementedError:
            return None
        except (TypeError, ValueError):
            continue
    return None


def _text(raw: Any) -> str:
    """Give the answer as the model wrote it: the arguments of the forced call, else the content."""
    written = raw.additional_kwargs.get("tool_calls")
    if isinstance(written, list) and written:
        return str(written[0].get("function", {}).get("arguments", ""))
    if raw.tool_calls:
        return json.dumps(raw.tool_calls[0]["args"], ensure_ascii=False)
    if raw.invalid_tool_calls:
        return str(raw.invalid_tool_calls[0].get("args") or "")
    if isinstance(raw.content, str):
        return raw.content
    parts = (p if isinstance(p, str) else p.get("text", "") for p in raw.content)
    return "".join(p for p in parts if isinstance(p, str))


def _end(raw: Any) -> FinishReason:
    metadata = raw.response_metadata
    reason = next(
        (metadata[k] for k in ("finish_reason", "stop_reason", "done_reason") if metadata.get(k)), "stop"
    )
    return _ENDS.get(str(reason).lower(), "stop")


def _usage(raw: Any) -> Usage | None:
    counts = raw.usage_metadata
    if not counts:
        return None
    details = counts.get("input_token_details") or {}
    return Usage(
        input_tokens=int(counts.get("input_tokens", 0)),
        output_tokens=int(counts.get("output_tokens", 0)),
        cached_input_tokens=int(details.get("cache_read") or 0),
    )


def _of_completion(cut: "ChatCompletion", place: ModelEndpoint) -> Reply:
    """Read an answer that the library refused to parse since it was cut: it was paid all the same."""
    counts = cut.usage
    usage = Usage(
        input_tokens=counts.prompt_tokens if counts else 0,
        output_tokens=counts.completion_tokens if counts else 0,
        estimated=counts is None,
    )
    return Reply(
        text="",
        model=cut.model or place.model,
        usage=usage,
        finish_reason="length",
        id=cut.id or "",
        cost=place.cost_of(usage),
    )


def _place(model: "BaseChatModel", prices: Mapping[str, Price] | None) -> ModelEndpoint:
    described = model._get_ls_params()  # noqa: SLF001 - LangChain tells the provider's name nowhere else
    provider = str(described.get("ls_provider") or "langchain")
    fallback = getattr(model, "model_name", "") or getattr(model, "model", "")  # foreign: each has its own
    name = str(described.get("ls_model_name") or fallback or type(model).__name__)
    addresses = (getattr(model, field, None) for field in ("openai_api_base", "base_url", "endpoint"))
    address = next((a for a in addresses if isinstance(a, str) and a), "")
    region = _region(provider, name, address)
    endpoint = ModelEndpoint(provider=provider, model=name, region=region, base_url=address)
    price = price_of(provider, name, prices)
    return replace(endpoint, price=price or (FREE if region == "local" else None))


def _region(provider: str, model: str, address: str) -> Region:
    if is_loopback(address) or (provider in _HERE and not address):
        return "outside" if model.lower().endswith((":cloud", "-cloud")) else "local"
    return region_of(None, address, model)
