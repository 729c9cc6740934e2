"""Traces and metrics by the names of OpenTelemetry's conventions, and nothing where it is not installed."""

import subprocess
import sys
from datetime import UTC, datetime

import pytest

from smeflow.core.case import Case
from smeflow.core.events import EVENTS, RunEvent
from smeflow.core.plan import Entry
from smeflow.core.step import step
from smeflow.engine import run as engine_run
from smeflow.engine.run import run_recipe
from smeflow.engine.telemetry import Telemetry
from smeflow.errors import LLMUnavailable
from smeflow.i18n import say
from smeflow.kinds.sources import make_arrival
from smeflow.llm.interface import LLM, Message, Request
from smeflow.llm.testing import Scripted
from smeflow.recipe.load import Recipe
from smeflow.recipe.workspace import WorkspaceSettings

pytestmark = pytest.mark.slow
needs_sdk = pytest.mark.requires_module("opentelemetry")


class Letters:
    """A source of two letters."""

    name = "letters"
    complete = True

    def cases(self):
        """Give them."""
        for n in (1, 2):
            yield make_arrival(f"LETTER-{n}", f"Zacharias {n}", "text/plain", f"Whitmoor {n}".encode())


@step
def kind(case: Case, llm: LLM) -> str:
    """Ask."""
    return llm.complete(Request(messages=(Message("user", case.text),))).text


def run(folder, answers, observers=()):
    """Run a recipe of one step over two letters."""
    recipe = Recipe(
        name="letters", path=folder / "r.yaml", text_hash="t", source=Letters(), steps=(Entry(step=kind),)
    )
    model = Scripted(answers, for_ever=True)
    return run_recipe(
        recipe,
        WorkspaceSettings.find(folder),
        state=folder / ".smeflow",
        llm=model,
        workers=1,
        observers=observers,
    )


@pytest.fixture
def traced(monkeypatch):
    """Set up OpenTelemetry's SDK with exporters in memory; give the spans and the metrics."""
    from opentelemetry import metrics, trace
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    spans, reader = InMemorySpanExporter(), InMemoryMetricReader()
    tracing = TracerProvider()
    tracing.add_span_processor(SimpleSpanProcessor(spans))
    metering = MeterProvider(metric_readers=[reader])
    monkeypatch.setattr(trace, "get_tracer", tracing.get_tracer)
    monkeypatch.setattr(metrics, "get_meter", metering.get_meter)

    def points():
        data = reader.get_metrics_data()
        found = data.resource_metrics[0].scope_metrics[0].metrics
        return {metric.name: (metric.unit, metric.data.data_points) for metric in found}

    return spans.get_finished_spans, points


@needs_sdk
def test_a_run_is_a_trace_of_items_steps_and_calls(tmp_path, traced):
    """Each span hangs under the one it happened in, with the conventions' names and no word of a letter."""
    spans, points = traced
    run(tmp_path, ["answer"])
    finished = spans()
    by_id = {span.context.span_id: span for span in finished}

    def above(span):
        return by_id[span.parent.span_id].name if span.parent else None

    assert sorted({(span.name, above(span)) for span in finished}, key=str) == [
        ("chat scripted", "step kind"),
        ("invoke_workflow letters", None),
        ("item", "invoke_workflow letters"),
        ("step kind", "item"),
    ]
    assert len({span.context.trace_id for span in finished}) == 1
    call = next(span for span in finished if span.name == "chat scripted")
    assert call.kind.name == "CLIENT"
    expected = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "scripted"}
    assert expected.items() <= dict(call.attributes).items()
    names = {"gen_ai.provider.name", "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"}
    assert names <= set(call.attributes)
    parent = by_id[call.parent.span_id]
    assert parent.start_time <= call.start_time <= call.end_time <= parent.end_time
    told = "".join(span.to_json() for span in finished)
    assert not [word for word in ("Zacharias", "Whitmoor", "LETTER", "answer") if word in told]
    unit, durations = points()["gen_ai.client.operation.duration"]
    assert (unit, durations[0].count) == ("s", 2)


@needs_sdk
def test_a_fault_is_an_error_of_its_own_kind(tmp_path, traced):
    """The attempt that failed is a span with ``error.type``; the one that answered stands beside it."""
    spans, points = traced
    broken = LLMUnavailable(say("Whitmoor's answer broke"), kind="broken")
    run(tmp_path, [broken, "answer"])
    calls = [span for span in spans() if span.name == "chat scripted"]
    failed = [span for span in calls if span.status.status_code.name == "ERROR"]
    assert [span.attributes["error.type"] for span in failed] == ["broken"]
    assert len(calls) == 3
    assert "Whitmoor" not in "".join(span.to_json() for span in calls)
    _, durations = points()["gen_ai.client.operation.duration"]
    assert {point.attributes.get("error.type") for point in durations} == {None, "broken"}


@needs_sdk
def test_tokens_are_measured_by_type_and_only_where_somebody_counted_them(traced):
    """An estimate is no measure; what was recalled is no call."""
    spans, points = traced
    observe = Telemetry()
    fields = dict.fromkeys(EVENTS["call.ended"]) | {"item": 1, "step": "kind", "attempt": 1, "seconds": 0.5}
    fields |= {"provider": "mistral_ai", "model": "small", "answered_by": "small-2506", "state": "answered"}
    fields |= {"input_tokens": 900, "output_tokens": 40, "cost": "0.0002", "currency": "EUR"}
    for change in ({}, {"estimated": True}, {"state": "recalled"}):
        told = fields | change
        observe(RunEvent(name="call.ended", at=datetime.now(UTC), recipe="r", run=1, fields=told))
    unit, tokens = points()["gen_ai.client.token.usage"]
    assert unit == "{token}"
    found = {point.attributes["gen_ai.token.type"]: (point.count, point.sum) for point in tokens}
    assert found == {"input": (1, 900), "output": (1, 40)}
    assert tokens[0].explicit_bounds[:3] == (1, 4, 16)
    assert [span.name for span in spans()] == ["chat small", "chat small"]
    assert spans()[0].attributes["gen_ai.provider.name"] == "mistral_ai"
    assert spans()[0].end_time - spans()[0].start_time == 500_000_000


def test_without_opentelemetry_nothing_is_loaded_and_nothing_changes(tmp_path, monkeypatch):
    """Installed or not: unless somebody set it up, a run neither imports it nor makes a span."""
    code = "import sys; from smeflow.engine.telemetry import telemetry; assert telemetry() == []; "
    code += "sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    monkeypatch.setattr(engine_run, "telemetry", list)
    assert run(tmp_path, ["answer"]).done == 2


def test_an_observer_that_fails_ends_no_run(tmp_path):
    """It is told nothing more; the others are told all, in order, in one thread."""
    told, failing = [], []

    def fails(event):
        failing.append(event.name)
        raise RuntimeError

    summary = run(tmp_path, ["answer"], observers=[fails, lambda event: told.append(event.name)])
    assert summary.done == 2
    assert failing == ["run.begun"]
    assert (told[0], told[-1], told.count("item.ended")) == ("run.begun", "run.ended", 2)
