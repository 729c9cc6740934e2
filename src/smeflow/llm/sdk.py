"""Make our errors of the errors that providers' libraries raise."""

import os
import re
from collections.abc import Mapping
from typing import Any, Literal

from smeflow.errors import LLMError, LLMRefused, LLMRejected, LLMUnavailable
from smeflow.i18n import say
from smeflow.llm.faults import clipped, error_of

Meaning = Literal["by status", "slow", "not reached", "broken", "key", "cut", "filtered", "mistake"]

OPENAI: Mapping[str, Meaning] = {
    "OpenAIError": "key",  # raised bare when no key is found
    "APIError": "broken",
    "APIStatusError": "by status",
    "APIConnectionError": "not reached",
    "APITimeoutError": "slow",
    "APIResponseValidationError": "broken",
    "BadRequestError": "by status",
    "AuthenticationError": "by status",
    "OAuthError": "key",
    "SubjectTokenProviderError": "key",
    "PermissionDeniedError": "by status",
    "NotFoundError": "by status",
    "ConflictError": "by status",
    "UnprocessableEntityError": "by status",
    "RateLimitError": "by status",
    "InternalServerError": "by status",
    "LengthFinishReasonError": "cut",
    "ContentFilterFinishReasonError": "filtered",
    "InvalidWebhookSignatureError": "mistake",
    "WebSocketConnectionClosedError": "broken",
    "WebSocketQueueFullError": "broken",
    "APIRemovedInV1": "mistake",
    "MutuallyExclusiveAuthError": "key",
    "StreamAlreadyConsumed": "broken",
    "_AmbiguousModuleClientUsageError": "mistake",
}
"""Every exception class of the openai SDK; a test compares it with the installed one."""
_OTHERS: Mapping[str, Meaning] = {
    "TimeoutException": "slow",
    "TimeoutError": "slow",
    "ConnectError": "not reached",
    "ConnectionError": "not reached",
    "TransportError": "broken",
    "APIStatusError": "by status",
    "JSONDecodeError": "broken",
    "UnicodeDecodeError": "broken",
    "RemoteProtocolError": "broken",
    "AttributeError": "broken",  # a library stumbles over an answer that is none
    "TypeError": "broken",
    "LookupError": "broken",
    "OSError": "not reached",
}
"""What other libraries raise, by the name of the class or of one it is made from."""


def meaning_of(error: BaseException) -> Meaning:
    """Say what *error* means, by its class or the nearest one it is made from."""
    if isinstance(getattr(error, "status_code", None), int):
        return "by status"
    for kind in type(error).__mro__:
        known = OPENAI.get(kind.__name__) or _OTHERS.get(kind.__name__)
        if known:
            return known
    return "mistake"


def from_library(error: Exception, *, provider: str, model: str, seconds: float = 0.0) -> LLMError:
    """Make our error of a library's; no key of the environment gets into it."""
    shown = clipped(without_keys(_message(error)))
    match meaning_of(error):
        case "by status":
            headers, body = _answer(error)
            told = body if isinstance(body, dict) else {"error": {"message": shown}}
            status = int(getattr(error, "status_code", 0))
            return error_of(status, headers, _without_keys_in(told), server=provider, model=model, key="")
        case "slow":
            phrase = say("The model server gave no whole answer within {seconds} s.", seconds=f"{seconds:g}")
            return LLMUnavailable(phrase, kind="broken")
        case "not reached":
            phrase = say(
                "{provider} cannot be reached ({what}).", provider=provider, what=type(error).__name__
            )
            return LLMUnavailable(phrase, kind="outage", sent=False)
        case "broken" | "cut":
            phrase = say("The model server's answer cannot be used ({what}).", what=type(error).__name__)
            return LLMUnavailable(phrase, kind="broken")
        case "key":
            phrase = say(
                "{provider} does not accept the key or finds none: {said}",
                provider=provider,
                said=shown or "-",
            )
            return LLMRejected(phrase, reason="key")
        case "filtered":
            return LLMRefused(say("The provider's filter stopped the answer."))
        case "mistake":
            phrase = say(
                "{provider} refuses this request: {said}",
                provider=provider,
                said=shown or type(error).__name__,
            )
            return LLMRejected(phrase, reason="request")


def _message(error: Exception) -> str:
    return str(getattr(error, "message", "") or error)


def _answer(error: Exception) -> tuple[Mapping[str, str], object]:
    response = getattr(error, "response", None)
    headers = getattr(response, "headers", None) or {}
    return {str(k).lower(): str(v) for k, v in dict(headers).items()}, getattr(error, "body", None)


def _without_keys_in(told: Any) -> Any:
    if isinstance(told, dict):
        return {k: _without_keys_in(v) for k, v in told.items()}
    if isinstance(told, list):
        return [_without_keys_in(v) for v in told]
    return without_keys(told) if isinstance(told, str) else told


_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASSWORD", re.IGNORECASE)


def without_keys(text: str, environ: Mapping[str, str] = os.environ) -> str:
    """Take the values of variables that hold secrets out of *text*."""
    for name, value in environ.items():
        if len(value) >= 8 and _SECRET.search(name):
            text = text.replace(value, "***")
    return text
