"""The report of a run: how fast it was, what it cost, which faults it met and what became of them.

Made of the run's events, so it holds nothing of what documents, people or files hold or are called. As JSON
it is for programs; `run_report_page` makes a page of it for people.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from smeflow.core.events import EVENTS, EventValue, RunEvent
from smeflow.ledger.ledger import Ledger
from smeflow.ledger.rows import RunRow
from smeflow.ledger.writer import Row

USELESS = "answer"
"""The fault of an answer that came and could not be used."""
UNANSWERED = "LLMUnavailable"
"""The fault of a call that was not answered, where nothing more of it is known."""
_BY_STATE = {"open": "waiting", "review": "person", "failed": "failed"}
_PER_CENT = (50, 90, 99)


def percentiles(seconds: Sequence[float]) -> dict[str, float | int | None]:
    """Give how many there are, the 50th, 90th and 99th of a hundred in order, and the longest."""
    ordered, count = sorted(seconds), len(seconds)
    if not count:
        return {"count": 0, **{f"p{part}": None for part in _PER_CENT}, "longest": None}
    ranks = {f"p{part}": ordered[-(-part * count // 100) - 1] for part in _PER_CENT}
    return {"count": count, **ranks, "longest": ordered[-1]}


@dataclass
class Asked:
    """What was asked of one model, or by one step."""

    calls: int = 0
    failed: int = 0
    recalled: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def add(self, told: Mapping[str, EventValue]) -> None:
        """Count one call."""
        if told["state"] == "recalled":
            self.recalled += 1
            return
        self.calls += 1
        self.failed += told["state"] == "failed"
        self.input_tokens += int(told["input_tokens"] or 0)
        self.output_tokens += int(told["output_tokens"] or 0)
        if told["cost"] is not None:
            self.cost[str(told["currency"])] += Decimal(str(told["cost"]))

    def as_json(self) -> dict[str, Any]:
        """Give it as plain values."""
        return {**vars(self), "cost": {currency: f"{cost:f}" for currency, cost in self.cost.items()}}


_Key = tuple[EventValue, EventValue]
"""An item and a step."""
Model = tuple[str, str]
"""A provider and its model."""


@dataclass
class Waits:
    """The waits of one model for one fault."""

    times: int = 0
    seconds: float = 0.0
    longest: float = 0.0
    put_off: int = 0
    """How often a question was put off instead: to another model, or to the next run."""

    def add(self, told: Mapping[str, EventValue]) -> None:
        """Count one wait."""
        seconds = float(told["seconds"] or 0)
        self.times += seconds > 0
        self.put_off += told["put_off"] is not None
        self.seconds, self.longest = round(self.seconds + seconds, 3), max(self.longest, seconds)


@dataclass(eq=False)
class RunReport:
    """Takes note of the events of one run; give it as an observer, then ask for `as_json`."""

    recipe: str = ""
    run: int = 0
    begun: datetime | None = None
    ended: datetime | None = None
    begin: Mapping[str, EventValue] = field(default_factory=dict)
    end: Mapping[str, EventValue] = field(default_factory=dict)
    ends: Counter[str] = field(default_factory=Counter)
    """How many items were left in each state in this run."""
    item_seconds: list[float] = field(default_factory=list)
    step_seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    call_seconds: dict[Model, list[float]] = field(default_factory=lambda: defaultdict(list))
    models: dict[Model, Asked] = field(default_factory=lambda: defaultdict(Asked))
    steps: dict[str, Asked] = field(default_factory=lambda: defaultdict(Asked))
    faults: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    """By provider, model, fault and what became of it."""
    waits: dict[tuple[str, str, str], Waits] = field(default_factory=lambda: defaultdict(Waits))
    """By provider, model and fault."""
    deliveries: list[Mapping[str, EventValue]] = field(default_factory=list)
    _pending: dict[_Key, tuple[Model, str]] = field(default_factory=dict)
    """The last fault of each step of each item, until it is known what became of it."""
    _answered: dict[_Key, Model] = field(default_factory=dict)

    def __call__(self, event: RunEvent, /) -> None:
        """Take note of *event*."""
        told = event.fields
        match event.name:
            case "run.begun":
                self.recipe, self.run, self.begun, self.begin = event.recipe, event.run, event.at, told
            case "call.ended":
                self._call(told)
            case "step.ended":
                self.step_seconds[str(told["step"])].append(float(told["seconds"] or 0))
            case "item.ended":
                self._item(told)
            case "wait.ended":
                self.waits[str(told["provider"]), str(told["model"]), str(told["fault"])].add(told)
            case "delivery.ended":
                self.deliveries.append(told)
            case "run.ended":
                self.end, self.ended = told, event.at
                self._settle(self._pending, "waiting")

    def _call(self, told: Mapping[str, EventValue]) -> None:
        model = (str(told["provider"]), str(told["model"]))
        key = (told["item"], told["step"])
        self.models[model].add(told)
        self.steps[str(told["step"])].add(told)
        if told["state"] != "recalled":
            self.call_seconds[model].append(float(told["seconds"] or 0))
        before = self._answered.pop(key, None)
        if told["again"] and before is not None:
            self.faults[*before, USELESS, _next(before, model)] += 1
        if key in self._pending:
            failed, fault = self._pending.pop(key)
            self.faults[*failed, fault, _next(failed, model)] += 1
        if told["state"] == "failed":
            self._pending[key] = (model, str(told["fault"]))
        else:
            self._answered[key] = model

    def _item(self, told: Mapping[str, EventValue]) -> None:
        item, state = told["item"], str(told["state"])
        self.ends[state] += 1
        self.item_seconds.append(float(told["seconds"] or 0))
        last = self._answered.get((item, told["step"]))
        if last is not None and told["reason"] == USELESS:
            self.faults[*last, USELESS, _BY_STATE.get(state, "without")] += 1
        for key in [key for key in self._answered if key[0] == item]:
            del self._answered[key]
        self.settle_item(item, state)

    @property
    def unsettled(self) -> list[EventValue]:
        """The items of whose last fault nobody knows yet what became."""
        return list({key[0]: None for key in self._pending})

    def settle_item(self, item: EventValue, state: str) -> None:
        """Note what became of the last faults of an item: it was left in *state*."""
        self._settle([key for key in self._pending if key[0] == item], _BY_STATE.get(state, "without"))

    def _settle(self, keys: Iterable[_Key], outcome: str) -> None:
        for key in list(keys):
            failed, fault = self._pending.pop(key)
            self.faults[*failed, fault, outcome] += 1

    @property
    def rate(self) -> float | None:
        """Items a minute that were brought to an end or to a person; None where it is not known."""
        worked, seconds = self.end.get("worked"), float(self.end.get("seconds") or 0)
        return round(60 * int(worked) / seconds, 1) if worked and seconds else None

    def as_json(self) -> dict[str, Any]:
        """Give the report as plain values; money is a decimal string by its currency, times are seconds."""
        return {
            "recipe": self.recipe,
            "run": self.run,
            "begun": self.begun.isoformat() if self.begun else None,
            "ended": self.ended.isoformat() if self.ended else None,
            **self.begin,
            **self.end,
            "rate_per_minute": self.rate,
            "ends": dict(self.ends),
            "latency": {
                "items": percentiles(self.item_seconds),
                "steps": {name: percentiles(seconds) for name, seconds in self.step_seconds.items()},
                "calls": {named(m): percentiles(seconds) for m, seconds in self.call_seconds.items()},
            },
            "models": {named(model): asked.as_json() for model, asked in self.models.items()},
            "steps": {name: asked.as_json() for name, asked in self.steps.items()},
            "faults": [
                {"model": named((provider, model)), "fault": fault, "outcome": outcome, "times": times}
                for (provider, model, fault, outcome), times in sorted(self.faults.items())
            ],
            "waits": [
                {"model": named((provider, model)), "fault": fault, **vars(waits)}
                for (provider, model, fault), waits in sorted(self.waits.items())
            ],
            "deliveries": [dict(told) for told in self.deliveries],
        }


def _next(before: Model, now: Model) -> str:
    return "retried" if before == now else "other_model"


def named(model: Model) -> str:
    """Write a provider and its model."""
    return "/".join(model)


def report_of_run(ledger: Ledger, run: RunRow) -> RunReport:
    """Make the report of a run again from what the ledger keeps.

    How long items and steps took, waits, what was delivered and whether a fault was a rate limit or an outage
    are known only while a run goes on: these are not in it.
    """
    report = RunReport()

    def tell(name: str, at: datetime, fields: Mapping[str, EventValue]) -> None:
        known = {field: fields.get(field) for field in EVENTS[name]}
        report(RunEvent(name=name, at=at, recipe=run.recipe, run=run.id, fields=known))

    tell("run.begun", run.started_at, {"model": run.llm, "smeflow": run.smeflow})
    for row in ledger.store.read("calls of run", run=run.id):
        tell("call.ended", run.started_at, {**row, **_end_of_call(row)})
    for item in report.unsettled:
        row = ledger.store.read("get items", id_=item)[0]
        left = datetime.fromisoformat(row["ended_at"]) if row["ended_at"] else None
        in_run = left is not None and run.ended_at is not None and left <= run.ended_at
        report.settle_item(item, row["state"] if in_run else "open")
    if run.summary is not None and run.ended_at is not None:
        told = json.loads(run.summary)
        cost, _, currency = str(told["cost"]).partition(" ")
        tell("run.ended", run.ended_at, {**told, "stopped": run.stopped, "cost": cost, "currency": currency})
    return report


def _end_of_call(row: Row) -> dict[str, EventValue]:
    """Give how a call ended, as far as its row says; one without an end was cut off."""
    failed = row["state"] not in ("answered", "recalled")
    begun, ended = (datetime.fromisoformat(at) if at else None for at in (row["begun_at"], row["ended_at"]))
    return {
        "again": 0,
        "state": "failed" if failed else row["state"],
        "fault": (row["error"] or UNANSWERED).partition(":")[0] if failed else None,
        "seconds": (ended - begun).total_seconds() if begun and ended else None,
    }
