"""Any server that speaks OpenAI's protocol: OpenAI itself, Mistral, Ollama, llama.cpp and the rest."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import from_json

from smeflow.errors import LLMRejected, LLMUnavailable
from smeflow.llm.dialects import CHAT, Dialect, Dropped, ParsedAnswer
from smeflow.llm.error_mapping import broken_answer, error_from_response
from smeflow.llm.interface import Closable, ModelEndpoint, Reply, Request, Usage
from smeflow.llm.wire import AioWire, HttpResponse, Wire

_UNKNOWN = re.compile(
    r"unsupported|not support|unknown|unrecogni[sz]ed|not permitted|extra_forbidden|not allowed",
    re.IGNORECASE,
)
_NAMED = {
    "max_tokens": "max_tokens",
    "temperature": "temperature",
    "response_format": "schema",
    "json_schema": "schema",
    "logprobs": "logprobs",
}
LOG_PROBABILITIES: Mapping[str, object] = {"logprobs": True, "top_logprobs": 1}
"""Asks for how likely each token was, and for no other token."""
_CODES = {"rate_limit_exceeded": 429, "server_error": 500, "insufficient_quota": 429, "overloaded_error": 529}


@dataclass(eq=False, kw_only=True)
class OpenAICompatible:
    """A model behind an OpenAI-compatible server. Asks once: who wants retries wraps it in `Retrying`.

    What the server says it does not know (a temperature, a schema) is left out from then on, without a retry
    being counted: a refusal of that kind is neither paid nor processed.
    """

    place: ModelEndpoint
    dialect: Dialect = CHAT
    title: str = ""
    """The provider's name in messages."""
    key: str = field(default="", repr=False)
    wire: Wire = field(default_factory=AioWire, repr=False)
    dropped: Dropped = frozenset()
    """What this server is known not to take."""
    extras: Mapping[str, object] = field(default_factory=dict)
    """What else is asked for in every request."""
    key_header: str = "authorization"
    """Where the key goes: as a bearer's, or bare under a name of the provider's own."""

    def __post_init__(self) -> None:
        """Write the headers once."""
        self._url = self.place.base_url.rstrip("/") + self.dialect.path
        self._headers = {
            "content-type": "application/json",
            "accept": "application/json",
            "accept-encoding": "identity",
            "user-agent": "smeflow",
        }
        if self.key:
            bearer = self.key_header == "authorization"
            self._headers[self.key_header] = f"Bearer {self.key}" if bearer else self.key
        extras = json.dumps(dict(self.extras), separators=(",", ":")) if self.extras else ""
        self._more = f",{extras[1:-1]}}}" if extras else "}"
        self._less = "}"

    def complete(self, request: Request, /) -> Reply:
        """Answer *request*; see `LLM`."""
        self.place.refuse_pictures(request)
        for _ in range(len(set(_NAMED.values()))):
            response = self._post(request)
            unknown = self._unknown_parts(response) - self.dropped
            if not unknown:
                break
            self.dropped |= unknown
        else:
            response = self._post(request)
        return self.read(request, response)

    def close(self) -> None:
        """Let go of the connections; what is under way ends as unavailable."""
        if isinstance(self.wire, Closable):
            self.wire.close()

    def request_body(self, request: Request) -> str:
        """Give what is sent for *request*, as JSON."""
        body = self.dialect.body(request, self.place.model, self.dropped)[:-1]
        return body + (self._less if "logprobs" in self.dropped or request.schema is None else self._more)

    def _post(self, request: Request) -> HttpResponse:
        body = self.request_body(request).encode("utf-8", "replace")
        return self.wire.post(self._url, self._headers, body, request.timeout_seconds)

    def _unknown_parts(self, response: HttpResponse) -> Dropped:
        """Give what a refusal says the server does not know."""
        text = response.body[:4000].decode("utf-8", "replace")
        if response.status not in {400, 422} or not _UNKNOWN.search(text):
            return frozenset()
        return frozenset(dropped for name, dropped in _NAMED.items() if name in text)

    def read(self, request: Request, response: HttpResponse) -> Reply:
        """Read what the server answered to *request*.

        Raises:
            LLMError: It is no answer.
        """
        if response.status != 200:
            raise self._error(response.status, response, _maybe_json(response.body))
        if response.too_long:  # it was paid in full, and asking the same again would only pay it again
            usage = Usage(
                input_tokens=estimate_tokens(request),
                output_tokens=request.max_output_tokens,
                estimated=True,
            )
            return self._as_reply(
                ParsedAnswer(text="", finish_reason="length", model="", id="", usage=usage), request
            )
        body = self._json_body(response)
        if body.get("error"):
            raise self._error_in_answer(body, response)
        return self._as_reply(self.dialect.read(body), request)

    def _json_body(self, response: HttpResponse) -> dict[str, Any]:
        if "html" in response.headers.get("content-type", "").lower():
            raise broken_answer("HTML")
        try:
            body = from_json(response.body.removeprefix(b"\xef\xbb\xbf"), cache_strings="keys")
        except ValueError:
            raise broken_answer("no JSON" if response.body else "empty") from None
        if not isinstance(body, dict):
            raise broken_answer("no JSON object")
        return body

    def _error_in_answer(self, body: dict[str, Any], response: HttpResponse) -> LLMRejected | LLMUnavailable:
        """Make an error of an error object in a 200: by its code, else it is taken to pass."""
        error = body["error"]
        code = error.get("code") if isinstance(error, dict) else None
        status = code if type(code) is int and 300 <= code < 600 else _CODES.get(str(code), 502)
        return self._error(status, response, body)

    def _error(self, status: int, response: HttpResponse, body: object) -> LLMRejected | LLMUnavailable:
        error = error_from_response(
            status,
            response.headers,
            body,
            server=self.title or self.place.provider,
            model=self.place.model,
            key=self.key,
        )
        assert isinstance(error, LLMRejected | LLMUnavailable)  # noqa: S101 - the only two it makes
        return error

    def _as_reply(self, parsed: ParsedAnswer, request: Request) -> Reply:
        usage = parsed.usage or Usage(
            input_tokens=estimate_tokens(request), output_tokens=_tokens(parsed.text), estimated=True
        )
        return Reply(
            text=parsed.text,
            model=parsed.model or self.place.model,
            usage=usage,
            finish_reason=parsed.finish_reason,
            id=parsed.id,
            cost=self.place.cost_of(usage),
            probabilities=parsed.probabilities,
        )


def estimate_tokens(request: Request) -> int:
    """Count roughly the tokens of a request, where the provider did not."""
    schema = len(request.schema.json) if request.schema else 0
    return sum(_tokens(m.content) + 4 for m in request.messages) + schema // 4


def _tokens(text: str) -> int:
    return len(text.encode("utf-8", "replace")) // 4 + 1


def _maybe_json(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
