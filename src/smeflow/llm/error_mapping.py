"""Make our errors of a server's refusals and of the errors that providers' libraries raise.

Each says whom to blame and whether asking again may help.
"""

import math
import os
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Literal

from smeflow._text import shortened, strip_invisible
from smeflow.errors import LLMError, LLMRefused, LLMRejected, LLMUnavailable, Rejection
from smeflow.i18n import say

_TOO_LONG = re.compile(
    r"context.{0,12}(length|window|size)|maximum context|too many tokens|too long|exceeds? .{0,40}tokens",
    re.IGNORECASE,
)
_QUOTA = re.compile(r"insufficient_quota|billing|exceeded your current quota|credit balance", re.IGNORECASE)
_MODEL = re.compile(
    r"model_not_found|unknown_model|invalid_model|does not exist|model .{0,80}not found", re.IGNORECASE
)
_KEY = re.compile(r"invalid_api_key|api key not valid|incorrect api key|api_key_invalid", re.IGNORECASE)
_BUSY = frozenset({408, 409, 425})


def broken_answer(what: str = "") -> LLMUnavailable:
    """Say that the server answered, and not with an answer; it may have been paid."""
    return LLMUnavailable(
        say("The model server's answer cannot be used ({what}).", what=what or "?"), kind="broken", sent=True
    )


def timed_out(seconds: float) -> LLMUnavailable:
    """Say that no whole answer came in time; it may have been paid."""
    phrase = say("The model server gave no whole answer within {seconds} s.", seconds=f"{seconds:g}")
    return LLMUnavailable(phrase, kind="broken", sent=True)


def error_from_response(
    status: int, headers: Mapping[str, str], body: object, *, server: str, model: str, key: str
) -> LLMError:
    """Make our error of a status that is not 200, or of an error object in a 200.

    *body* is what came, as JSON where it is JSON. No part of *key* gets into the error.
    """
    code, message = _code_and_message(body)
    reported = one_line(message, key)
    both = f"{code} {message}"
    if status == 429 and not _QUOTA.search(both):
        phrase = say(
            "The model server wants fewer requests ({status}: {said}).", status=status, said=reported or "-"
        )
        wait = retry_after(headers)
        return LLMUnavailable(phrase, kind="rate", retry_after_seconds=wait, sent=False)
    if status >= 500 or status in _BUSY:
        phrase = say(
            "The model server is out of order ({status}: {said}).", status=status, said=reported or "-"
        )
        wait = retry_after(headers)
        return LLMUnavailable(phrase, kind="outage", retry_after_seconds=wait, sent=False)
    return _rejected(_reason(status, both), status, reported, server=server, model=model)


def _reason(status: int, words: str) -> Rejection:
    """Read the reason off the status, and off the words where the status says too little."""
    by_status: dict[int, Rejection] = {401: "key", 402: "quota", 403: "key", 413: "too_long", 429: "quota"}
    if status in by_status:
        return by_status[status]
    if status < 400 or status == 404:
        return "model"
    by_words: list[tuple[re.Pattern[str], Rejection]] = [
        (_KEY, "key"), (_QUOTA, "quota"), (_TOO_LONG, "too_long"), (_MODEL, "model")
    ]  # fmt: skip
    return next((reason for pattern, reason in by_words if pattern.search(words)), "request")


def _rejected(reason: Rejection, status: int, reported: str, *, server: str, model: str) -> LLMRejected:
    data = {"server": server, "status": status, "said": reported or "-"}
    phrases = {
        "key": say(
            "{server} does not accept the key ({status}: {said}). Check the key and what it may do.", **data
        ),
        "quota": say(
            "The account at {server} has no credit left ({status}: {said}). Check its plan and billing.",
            **data,
        ),
        "too_long": say("The document is too long for {model} ({status}: {said}).", model=model, **data),
        "model": say(
            "{server} does not have the model {model} at this address ({status}: {said}). "
            "Check llm: and the address.",
            model=model,
            **data,
        ),
        "request": say("{server} refuses this request ({status}: {said}).", **data),
    }
    return LLMRejected(phrases[reason], reason=reason)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Read how many seconds the server asks us to wait; None where it says nothing that can be understood.

    A date is measured against the response's own ``Date``, so that our clock may be wrong.
    """
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        text = headers.get(name, "").strip()
        try:
            seconds = float(text) * scale
        except ValueError:
            continue
        if math.isfinite(seconds) and seconds >= 0:
            return seconds
    until, now = _date(headers.get("retry-after", "")), _date(headers.get("date", ""))
    if until is None:
        return None
    return max(0.0, until - (time.time() if now is None else now))


def _date(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _code_and_message(body: object) -> tuple[str, str]:
    """Find the code and the message in the shapes servers use for an error."""
    if isinstance(body, list) and body:  # some wrap the object in a list
        body = body[0]
    error = body.get("error", body) if isinstance(body, dict) else body
    if isinstance(error, dict):
        codes = " ".join(str(error[k]) for k in ("code", "type", "param") if error.get(k) is not None)
        return codes, str(error.get("message") or error.get("detail") or "")
    return "", error if isinstance(error, str) else ""


def one_line(text: str, key: str = "") -> str:
    """Shorten what a server said to one line a person can read, without the key."""
    text = " ".join(strip_invisible(text).split())
    if key:
        text = text.replace(key, "***")
    return shortened(text, 200)


ErrorMeaning = Literal["by status", "slow", "not reached", "broken", "key", "cut", "filtered", "mistake"]

OPENAI_ERRORS: Mapping[str, ErrorMeaning] = {
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
_OTHERS: Mapping[str, ErrorMeaning] = {
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


def meaning_of(error: BaseException) -> ErrorMeaning:
    """Say what *error* means, by its class or the nearest one it is made from."""
    if isinstance(getattr(error, "status_code", None), int):  # foreign: many libraries name a status so
        return "by status"
    names = (kind.__name__ for kind in type(error).__mro__)
    meanings = (OPENAI_ERRORS.get(name) or _OTHERS.get(name) for name in names)
    return next(filter(None, meanings), "mistake")


def error_from_library(error: Exception, *, provider: str, model: str, seconds: float = 0.0) -> LLMError:
    """Make our error of a library's; no key of the environment gets into it."""
    message = str(getattr(error, "message", "") or error)  # foreign: the openai SDK's errors have one
    reported = one_line(without_keys(message))
    match meaning_of(error):
        case "by status":
            headers, body = _answer(error)
            answer = body if isinstance(body, dict) else {"error": {"message": reported}}
            status = int(getattr(error, "status_code", 0))  # foreign: as above
            return error_from_response(
                status, headers, _without_keys_in(answer), server=provider, model=model, key=""
            )
        case "slow":
            return timed_out(seconds)
        case "not reached":
            phrase = say(
                "{provider} cannot be reached ({what}).", provider=provider, what=type(error).__name__
            )
            return LLMUnavailable(phrase, kind="outage", sent=False, reached=False)
        case "broken" | "cut":
            return broken_answer(type(error).__name__)
        case "key":
            phrase = say(
                "{provider} does not accept the key or finds none: {said}",
                provider=provider,
                said=reported or "-",
            )
            return LLMRejected(phrase, reason="key")
        case "filtered":
            return LLMRefused(say("The provider's filter stopped the answer."))
        case "mistake":
            phrase = say(
                "{provider} refuses this request: {said}",
                provider=provider,
                said=reported or type(error).__name__,
            )
            return LLMRejected(phrase, reason="request")


def _answer(error: Exception) -> tuple[Mapping[str, str], object]:
    """Give the headers and the body of the answer that made a library raise."""
    response = getattr(error, "response", None)  # foreign: as httpx, and who builds on it, keep it
    headers = getattr(response, "headers", None) or {}  # foreign: the same
    body = getattr(error, "body", None)  # foreign: the openai SDK's errors have one
    return {str(k).lower(): str(v) for k, v in dict(headers).items()}, body


def _without_keys_in(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_keys_in(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_without_keys_in(v) for v in value]
    return without_keys(value) if isinstance(value, str) else value


_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASSWORD", re.IGNORECASE)


def without_keys(text: str, environ: Mapping[str, str] | None = None) -> str:
    """Take the values of variables that hold secrets out of *text*."""
    for name, value in (os.environ if environ is None else environ).items():
        if len(value) >= 8 and _SECRET.search(name):
            text = text.replace(value, "***")
    return text
