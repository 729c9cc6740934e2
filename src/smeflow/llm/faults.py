"""Say what an answer that is no answer means: whom to blame and whether to ask again."""

import math
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from smeflow._text import visible
from smeflow.errors import LLMError, LLMRejected, LLMUnavailable, Rejection
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
_AT_WORK = {"408", "409", "425"}


def broken(what: str = "") -> LLMUnavailable:
    """Say that the server answered, and not with an answer; it may have been paid."""
    return LLMUnavailable(
        say("The model server's answer cannot be used ({what}).", what=what or "?"), kind="broken", sent=True
    )


def error_of(
    status: int, headers: Mapping[str, str], told: object, *, server: str, model: str, key: str
) -> LLMError:
    """Make our error of a status that is not 200, or of an error object in a 200.

    *told* is the body as JSON where it is JSON. No part of *key* gets into the error.
    """
    code, message = _said(told)
    shown = clipped(message, key)
    both = f"{code} {message}"
    if status == 429 and not _QUOTA.search(both):
        return _unavailable(status, "rate", headers, shown)
    if status >= 500 or str(status) in _AT_WORK:
        return _unavailable(status, "outage", headers, shown)
    return _rejected(_reason(status, both), status, shown, server=server, model=model)


def _reason(status: int, said: str) -> Rejection:
    """Read the reason off the status, and off the words where the status says too little."""
    by_status: dict[int, Rejection] = {401: "key", 402: "quota", 403: "key", 413: "too_long", 429: "quota"}
    if status in by_status:
        return by_status[status]
    if status < 400 or status == 404:
        return "model"
    by_words: list[tuple[re.Pattern[str], Rejection]] = [
        (_KEY, "key"), (_QUOTA, "quota"), (_TOO_LONG, "too_long"), (_MODEL, "model")
    ]  # fmt: skip
    return next((reason for words, reason in by_words if words.search(said)), "request")


def _rejected(reason: Rejection, status: int, shown: str, *, server: str, model: str) -> LLMRejected:
    told = {"server": server, "status": status, "said": shown or "-"}
    phrases = {
        "key": say(
            "{server} does not accept the key ({status}: {said}). Check the key and what it may do.", **told
        ),
        "quota": say(
            "The account at {server} has no credit left ({status}: {said}). Check its plan and billing.",
            **told,
        ),
        "too_long": say("The document is too long for {model} ({status}: {said}).", model=model, **told),
        "model": say(
            "{server} does not have the model {model} at this address ({status}: {said}). "
            "Check llm: and the address.",
            model=model,
            **told,
        ),
        "request": say("{server} refuses this request ({status}: {said}).", **told),
    }
    return LLMRejected(phrases[reason], reason=reason)


def _unavailable(status: int, kind: str, headers: Mapping[str, str], shown: str) -> LLMUnavailable:
    wait = retry_after(headers)
    if kind == "rate":
        phrase = say(
            "The model server wants fewer requests ({status}: {said}).", status=status, said=shown or "-"
        )
        return LLMUnavailable(phrase, kind="rate", retry_after_seconds=wait, sent=False)
    phrase = say("The model server is out of order ({status}: {said}).", status=status, said=shown or "-")
    return LLMUnavailable(phrase, kind="outage", retry_after_seconds=wait, sent=False)


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


def _said(told: object) -> tuple[str, str]:
    """Find the code and the message in the shapes servers use for an error."""
    if isinstance(told, list) and told:  # some wrap the object in a list
        told = told[0]
    error = told.get("error", told) if isinstance(told, dict) else told
    if isinstance(error, dict):
        codes = " ".join(str(error[k]) for k in ("code", "type", "param") if error.get(k) is not None)
        return codes, str(error.get("message") or error.get("detail") or "")
    return "", error if isinstance(error, str) else ""


def clipped(text: str, key: str = "") -> str:
    """Shorten what a server said to one line a person can read, without the key."""
    text = " ".join(visible(text).split())
    if key:
        text = text.replace(key, "***")
    return text if len(text) <= 200 else text[:199] + "…"
