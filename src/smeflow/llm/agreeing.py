"""A second opinion: what models do not agree on is left out."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from smeflow._text import folded
from smeflow.errors import AnswerInvalid
from smeflow.i18n import say
from smeflow.llm.base import LLM, Reply, Request, Usage
from smeflow.llm.repair import Unclear, loaded


@dataclass(frozen=True, kw_only=True)
class Agreeing:
    """An LLM that asks several and answers what all of them say.

    A named value they differ on becomes ``null`` where the schema has room for it, so that a person is
    asked; where it has none, or the answers are no JSON, a difference makes the answer invalid. An
    answer that has not the form is given as it is, and asked for again like any other.
    """

    models: Sequence[LLM]

    def complete(self, request: Request, /) -> Reply:
        """Answer *request*; see `LLM`.

        Raises:
            AnswerInvalid: They differ, and nothing can be left out.
        """
        replies = [model.complete(request) for model in self.models]
        told = [_object(reply) for reply in replies]
        if any(reply.finish_reason != "stop" for reply in replies):
            return next(reply for reply in replies if reply.finish_reason != "stop")
        if request.schema is None or any(one is None for one in told):
            return _same_text(replies, told, request)
        objects = [one for one in told if one is not None]
        agreed, without = _agreed(objects, _nullable(request))
        if without:
            raise _differ(replies, without)
        return _joined(replies, json.dumps(agreed, ensure_ascii=False))


def _same_text(replies: list[Reply], told: list[dict[str, Any] | None], request: Request) -> Reply:
    if request.schema is not None:  # whoever answered out of form is told so, and asked again
        return replies[next(place for place, one in enumerate(told) if one is None)]
    if len({folded(reply.text).strip() for reply in replies}) > 1:
        raise _differ(replies, ["-"])
    return _joined(replies, replies[0].text)


def _object(reply: Reply) -> dict[str, Any] | None:
    try:
        told = loaded(reply.text)
    except (Unclear, ValueError):
        return None
    return told if isinstance(told, dict) else None


def _agreed(objects: list[dict[str, Any]], nullable: frozenset[str]) -> tuple[dict[str, Any], list[str]]:
    """Give what all say, ``null`` where they differ, and the names that cannot be ``null``."""
    agreed: dict[str, Any] = {}
    without = []
    for name in dict.fromkeys(name for one in objects for name in one):
        values = [one.get(name) for one in objects]
        if all(_like(value) == _like(values[0]) for value in values):
            agreed[name] = values[0]
        elif name in nullable:
            agreed[name] = None
        else:
            without.append(name)
    return agreed, without


def _like(value: Any) -> Any:
    """Give what two spellings of one value have in common."""
    if isinstance(value, str):
        return " ".join(folded(value).split())
    if isinstance(value, list):
        return [_like(one) for one in value]
    return {name: _like(one) for name, one in value.items()} if isinstance(value, dict) else value


def _nullable(request: Request) -> frozenset[str]:
    schema: Mapping[str, Any] = json.loads(request.schema.json) if request.schema else {}
    named = schema.get("properties") or {}
    return frozenset(name for name, one in named.items() if {"type": "null"} in one.get("anyOf", ()))


def _joined(replies: list[Reply], text: str) -> Reply:
    names = " + ".join(dict.fromkeys(reply.model for reply in replies))
    usage = Usage(
        input_tokens=sum(reply.usage.input_tokens for reply in replies),
        output_tokens=sum(reply.usage.output_tokens for reply in replies),
        cached_input_tokens=sum(reply.usage.cached_input_tokens for reply in replies),
        estimated=any(reply.usage.estimated for reply in replies),
    )
    every = all(reply.replayed for reply in replies)
    # What it cost was settled by each model's own budget; of two currencies there is no sum here.
    return replace(
        replies[0], text=text, model=names, usage=usage, cost=None, probabilities=None, replayed=every
    )


def _differ(replies: list[Reply], names: list[str]) -> AnswerInvalid:
    models = ", ".join(dict.fromkeys(reply.model for reply in replies))
    phrase = say("{models} do not agree: {names}.", models=models, names=", ".join(names))
    return AnswerInvalid(phrase, reply=replies[0].text[:4000], problems=[str(phrase)])
