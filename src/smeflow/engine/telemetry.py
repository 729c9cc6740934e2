"""Traces and metrics of OpenTelemetry, made of a run's events: run, item, step and call, and what calls took.

Names are those of the semantic conventions for generative AI (OpenTelemetry 1.41, in development there). Only
the interface of OpenTelemetry is used (extra ``otel``): without it, or without an SDK that somebody set up,
nothing is made and nothing is sent. No prompt, answer or name of a document is ever among the attributes.
"""

import os
import sys
from dataclasses import dataclass, field
from functools import cached_property
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from smeflow import __version__
from smeflow.core.events import EventValue, RunEvent, RunObserver

if TYPE_CHECKING:
    from opentelemetry.trace import Span

NAME = "smeflow"
TOKEN_BUCKETS = tuple(4.0**n for n in range(14))
SECOND_BUCKETS = tuple(round(0.01 * 2**n, 2) for n in range(14))
PROVIDER_VARIABLES = frozenset({"OTEL_PYTHON_TRACER_PROVIDER", "OTEL_PYTHON_METER_PROVIDER"})
Attributes = dict[str, str | int | float | bool]


def telemetry() -> list[RunObserver]:
    """Give the observer that traces runs; none where nobody set OpenTelemetry up in this process.

    Whoever does so has imported it, or names a provider for it to load; without either a run pays nothing.
    """
    named = not PROVIDER_VARIABLES.isdisjoint(os.environ) and find_spec("opentelemetry") is not None
    return [Telemetry()] if named or "opentelemetry.trace" in sys.modules else []


@dataclass(eq=False)
class Telemetry:
    """Makes spans and measures of the events of one run."""

    _run: "Span | None" = None
    _items: "dict[EventValue, Span]" = field(default_factory=dict)
    _steps: "dict[tuple[EventValue, EventValue], Span]" = field(default_factory=dict)

    @cached_property
    def _tracer(self) -> Any:
        from opentelemetry import trace

        return trace.get_tracer(NAME, __version__)

    @cached_property
    def _tokens(self) -> Any:
        from opentelemetry import metrics

        return metrics.get_meter(NAME, __version__).create_histogram(
            "gen_ai.client.token.usage",
            unit="{token}",
            description="Number of input and output tokens used.",
            explicit_bucket_boundaries_advisory=TOKEN_BUCKETS,
        )

    @cached_property
    def _durations(self) -> Any:
        from opentelemetry import metrics

        return metrics.get_meter(NAME, __version__).create_histogram(
            "gen_ai.client.operation.duration",
            unit="s",
            description="GenAI operation duration.",
            explicit_bucket_boundaries_advisory=SECOND_BUCKETS,
        )

    def __call__(self, event: RunEvent, /) -> None:
        """Take note of *event*."""
        told = event.fields
        match event.name:
            case "run.begun":
                self._run = self._begin(f"invoke_workflow {event.recipe}", None, event, _of_run(event))
            case "item.taken":
                item: Attributes = {"smeflow.item": _whole(told["item"])}
                self._items[told["item"]] = self._begin("item", self._run, event, item)
            case "step.begun":
                parent = self._items.get(told["item"], self._run)
                named: Attributes = {"smeflow.item": _whole(told["item"]), "smeflow.step": str(told["step"])}
                key = (told["item"], told["step"])
                self._steps[key] = self._begin(f"step {told['step']}", parent, event, named)
            case "call.ended":
                if told["state"] != "recalled":  # what was answered before is no call
                    self._call(event)
            case "wait.ended":
                self._wait(event)
            case "step.ended":
                step = self._steps.pop((told["item"], told["step"]), None)
                self._end(step, event, {}, told["error"])
            case "item.ended":
                self._item_ended(event)
            case "delivery.ended":
                self._delivery(event)
            case "run.ended":
                self._run_ended(event)

    def _begin(
        self, name: str, parent: "Span | None", event: RunEvent, attributes: Attributes, seconds: float = 0.0
    ) -> "Span":
        """Begin a span, *seconds* before the event."""
        from opentelemetry import trace

        context = trace.set_span_in_context(parent) if parent is not None else None
        start = _nanoseconds(event) - round(seconds * 1e9)
        span: Span = self._tracer.start_span(name, context=context, attributes=attributes, start_time=start)
        return span

    def _end(
        self, span: "Span | None", event: RunEvent, attributes: Attributes, error: EventValue = None
    ) -> None:
        from opentelemetry.trace import Status, StatusCode

        if span is None:
            return
        if error:
            span.set_attribute("error.type", str(error))
            span.set_status(Status(StatusCode.ERROR))
        for name, value in attributes.items():
            span.set_attribute(name, value)
        span.end(_nanoseconds(event))

    def _call(self, event: RunEvent) -> None:
        from opentelemetry.trace import SpanKind, set_span_in_context

        told = event.fields
        model = str(told["model"])
        common: Attributes = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": str(told["provider"]),
            "gen_ai.request.model": model,
        }
        if told["answered_by"]:
            common["gen_ai.response.model"] = str(told["answered_by"])
        used = {name: _whole(told[f"{name}_tokens"]) for name in ("input", "output")}
        seconds = float(told["seconds"] or 0)
        parent = self._steps.get((told["item"], told["step"])) or self._items.get(told["item"]) or self._run
        span = self._tracer.start_span(
            f"chat {model}",
            context=set_span_in_context(parent) if parent is not None else None,
            kind=SpanKind.CLIENT,
            attributes={**common, "smeflow.attempt": _whole(told["attempt"])},
            start_time=_nanoseconds(event) - round(seconds * 1e9),
        )
        counts: Attributes = {f"gen_ai.usage.{name}_tokens": count for name, count in used.items()}
        counts["gen_ai.usage.cache_read.input_tokens"] = _whole(told["cached_tokens"])
        if told["cost"] is not None:
            counts |= {"smeflow.cost": float(told["cost"]), "smeflow.currency": str(told["currency"])}
        self._end(span, event, counts if told["state"] == "answered" else {}, told["fault"])
        fault: Attributes = {"error.type": str(told["fault"])} if told["fault"] else {}
        self._durations.record(seconds, common | fault)
        if told["state"] == "answered" and not told["estimated"]:
            for name, count in used.items():
                self._tokens.record(count, {**common, "gen_ai.token.type": name})

    def _wait(self, event: RunEvent) -> None:
        told, seconds = event.fields, float(event.fields["seconds"] or 0)
        parent = self._steps.get((told["item"], told["step"])) or self._items.get(told["item"]) or self._run
        why: Attributes = {
            "gen_ai.provider.name": str(told["provider"]),
            "gen_ai.request.model": str(told["model"]),
            "smeflow.fault": str(told["fault"]),
        }
        if told["put_off"] is not None:
            why["smeflow.put_off_seconds"] = float(told["put_off"])
        self._end(self._begin("wait", parent, event, why, seconds), event, {})

    def _item_ended(self, event: RunEvent) -> None:
        told = event.fields
        for key in [key for key in self._steps if key[0] == told["item"]]:
            self._end(self._steps.pop(key), event, {})
        state: Attributes = {"smeflow.state": str(told["state"]), "smeflow.reason": str(told["reason"] or "")}
        error = told["reason"] if told["state"] == "failed" else None
        self._end(self._items.pop(told["item"], None), event, state, error)

    def _delivery(self, event: RunEvent) -> None:
        told = event.fields
        sink: Attributes = {"smeflow.sink": _whole(told["sink"]), "smeflow.kind": str(told["kind"])}
        span = self._begin(f"deliver {told['kind']}", self._run, event, sink, float(told["seconds"] or 0))
        self._end(span, event, {}, "SinkError" if told["failed"] else None)

    def _run_ended(self, event: RunEvent) -> None:
        for span in (*self._steps.values(), *self._items.values()):
            self._end(span, event, {})
        self._steps.clear()
        self._items.clear()
        names = ("items", "done", "review", "failed", "skipped", "open", "calls")
        counts: Attributes = {f"smeflow.{n}": _whole(event.fields[n]) for n in names if event.fields[n]}
        self._end(self._run, event, counts, event.fields["error"] or event.fields["stopped"])
        self._run = None


def _of_run(event: RunEvent) -> Attributes:
    return {
        "gen_ai.operation.name": "invoke_workflow",
        "gen_ai.workflow.name": event.recipe,
        "smeflow.run": event.run,
        "smeflow.model": str(event.fields["model"]),
    }


def _whole(value: EventValue) -> int:
    return int(value or 0)


def _nanoseconds(event: RunEvent) -> int:
    return round(event.at.timestamp() * 1e6) * 1000
