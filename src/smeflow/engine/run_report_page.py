"""The report of a run as a page for people: one file that refers to nothing outside of itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal
from html import escape

from smeflow.core.events import EventValue
from smeflow.engine.run_report import UNANSWERED, USELESS, Asked, RunReport, named, percentiles
from smeflow.i18n import NO_BREAK, Language, Phrase, localized, say

STATES: Mapping[str, tuple[Phrase, str]] = {
    "done": (say("done"), "✓"),
    "review": (say("review"), "?"),
    "failed": (say("failed"), "✗"),
    "skipped": (say("skipped"), "–"),
    "open": (say("open"), "…"),
}
FAULTS: Mapping[str, Phrase] = {
    "rate": say("asked too fast"),
    "outage": say("not there"),
    "absent": say("never there"),
    "broken": say("the answer broke on its way"),
    USELESS: say("an answer of no use"),
    UNANSWERED: say("not answered"),
}
OUTCOMES: Mapping[str, Phrase] = {
    "retried": say("asked again"),
    "other_model": say("another model asked"),
    "without": say("went on without"),
    "waiting": say("waits for the next run"),
    "person": say("given to a person"),
    "failed": say("failed"),
}
STOPS: Mapping[str, Phrase] = {
    "interrupted": say("somebody stopped it"),
    "key": say("the provider refuses the key"),
    "quota": say("the provider's quota is used up"),
    "model": say("the provider does not know the model"),
    "residency": say("the model's place is not allowed"),
    "budget": say("the budget is spent"),
    "full": say("the disk is full"),
    "broken": say("it could not go on"),
}
_STYLE = """
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#59636e;--line:#d8dee4;--ground:#fff;--card:#f6f8fa;
--done:#1a7f37;--review:#9a6700;--failed:#c9252d;--skipped:#818b98;--open:#0b69c7}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9aa5b1;--line:#313840;--ground:#0f1318;
--card:#181d24;--done:#4ac26b;--review:#d9a520;--failed:#ff6b6b;--skipped:#7d8794;--open:#58a6ff}}
*{box-sizing:border-box}body{margin:0;background:var(--ground);color:var(--ink);
font:16px/1.5 system-ui,sans-serif}main{max-width:62rem;margin:0 auto;padding:2rem 1.25rem 3rem}
h1{font-size:1.6rem;margin:0 0 .25rem;overflow-wrap:anywhere}h2{font-size:1.1rem;margin:2.25rem 0 .5rem}
p{margin:.25rem 0}.soft{color:var(--soft)}.stop{color:var(--failed);font-weight:600}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr));gap:.75rem;
margin:1.5rem 0 0;padding:0}.figures div{background:var(--card);border:1px solid var(--line);
border-radius:.5rem;padding:.6rem .8rem}dt{color:var(--soft);font-size:.85rem}dd{margin:0;font-size:1.25rem;
font-variant-numeric:tabular-nums}.bar{display:flex;height:.9rem;border-radius:.45rem;overflow:hidden;
background:var(--card);margin:.5rem 0;gap:2px}.bar span{min-width:3px}.key{display:flex;flex-wrap:wrap;
gap:.25rem 1.25rem}.key b{font-variant-numeric:tabular-nums}.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:.4rem .75rem .4rem 0;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}
th{font-weight:500;color:var(--soft);font-size:.85rem}th:first-child,td:first-child,.word{text-align:left}
th:last-child,td:last-child{padding-right:0}td:first-child{white-space:normal;overflow-wrap:anywhere;min-width:9rem}code{overflow-wrap:anywhere;font-size:.85rem}
.word,th{white-space:normal}@media(max-width:36rem){th,td{padding-right:.5rem;font-size:.9rem}
th{font-size:.8rem}td:first-child{min-width:6.5rem}}
footer{margin-top:2.5rem;color:var(--soft);font-size:.85rem}@media print{main{max-width:none;padding:0}}
"""


def report_page(report: RunReport, language: Language) -> str:
    """Give *report* as a page in *language*."""
    return _Page(report, language).html()


def _cell(content: str) -> str:
    """Put words to the left and figures to the right."""
    figure = content[:1].isdigit() or content == "–"
    return f"<td>{content}</td>" if figure else f'<td class="word">{content}</td>'


@dataclass(frozen=True)
class _Page:
    """The report as a page."""

    report: RunReport
    language: Language

    def html(self) -> str:
        report, text = self.report, self.text
        title = text(say("{recipe}, run {n}", recipe=report.recipe, n=report.run))
        models = [self._row(named(model), asked) for model, asked in report.models.items()]
        steps = [self._row(name, asked) for name, asked in report.steps.items()]
        parts = (
            f"<h1>{title}</h1>",
            self._when(),
            self._figures(),
            self._states(),
            self._table(say("How long it took"), _LATENCY, self._latencies()),
            self._table(say("Calls and cost by model"), (say("model"), *_ASKED), models),
            self._table(say("Calls and cost by step"), (say("step"), *_ASKED), steps),
            self._faults(),
            self._table(say("Waits for the provider"), _WAITS, self._waits()),
            self._table(say("What was written and sent"), _DELIVERIES, self._deliveries()),
            self._audit(),
        )
        return (
            f'<!doctype html>\n<html lang="{self.language}"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width,initial-scale=1">'
            f"<title>{title}</title><style>{_STYLE}</style></head><body><main>{''.join(parts)}</main></body></html>\n"
        )

    def text(self, what: object) -> str:
        """Write a sentence or a value for a page."""
        shown = what.render(self.language) if isinstance(what, Phrase) else localized(what, self.language)
        return escape(str(shown))

    def _count(self, number: EventValue) -> str:
        return f"{int(number or 0):,}".replace(",", NO_BREAK)

    def _seconds(self, seconds: EventValue) -> str:
        if seconds is None:
            return "–"
        value = Decimal(str(seconds))
        if value >= 60:
            minutes, rest = divmod(int(value), 60)
            return self.text(say("{m} min {s} s", m=minutes, s=rest))
        digits = Decimal("0.001") if value < 1 else Decimal("0.1")
        return self.text(say("{s} s", s=value.quantize(digits)))

    def _money(self, cost: Mapping[str, Decimal]) -> str:
        cents = Decimal("0.01")
        amounts = [(amount.normalize(), currency) for currency, amount in cost.items() if amount]
        shown = [(a.quantize(cents) if a == a.quantize(cents) else a, c) for a, c in amounts]
        return " + ".join(f"{self.text(amount)} {escape(currency)}" for amount, currency in shown) or "0"

    def _when(self) -> str:
        report, end = self.report, self.report.end
        times = [f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" for at in (report.begun, report.ended) if at]
        lines = [f'<p class="soft">{" – ".join(times)}</p>']
        if end.get("error") or end.get("stopped"):
            stopped = str(end.get("stopped") or end.get("error"))
            why = STOPS.get(stopped, stopped)
            lines.append(f'<p class="stop">{self.text(say("It ended early: {why}.", why=why))}</p>')
        if end.get("problems"):
            told = say("Sources and outputs that could not be used: {n}", n=end["problems"])
            lines.append(f'<p class="stop">{self.text(told)}</p>')
        return "".join(lines)

    def _figures(self) -> str:
        end, rate = self.report.end, self.report.rate
        cost = {str(end["currency"]): Decimal(str(end["cost"]))} if end.get("cost") is not None else {}
        figures = (
            (say("items"), self._count(end.get("items"))),
            (say("worked on"), self._count(end.get("worked"))),
            (say("a minute"), "–" if rate is None else self.text(Decimal(str(rate)))),
            (say("time"), self._seconds(end.get("seconds"))),
            (say("calls"), self._count(end.get("calls"))),
            (say("cost"), self._money(cost)),
        )
        cells = [f"<div><dt>{self.text(word)}</dt><dd>{value}</dd></div>" for word, value in figures]
        return f'<dl class="figures">{"".join(cells)}</dl>'

    def _states(self) -> str:
        counts = {state: int(self.report.end.get(state) or 0) for state in STATES}
        bars = [
            f'<span style="flex:{count};background:var(--{state})"></span>'
            for state, count in counts.items()
            if count
        ]
        words = [
            f'<span><span style="color:var(--{state})">{sign}</span> '
            f"<b>{self._count(counts[state])}</b> {self.text(word)}</span>"
            for state, (word, sign) in STATES.items()
        ]
        heading = self.text(say("Items by state"))
        bar = f'<div class="bar" aria-hidden="true">{"".join(bars)}</div>' if bars else ""
        return f'<h2>{heading}</h2>{bar}<div class="key">{"".join(words)}</div>'

    def _table(self, title: Phrase, heads: Sequence[Phrase], rows: Sequence[Sequence[str]]) -> str:
        if not rows:
            return ""
        figures = [cell[:1].isdigit() or cell == "–" for cell in rows[0]]
        head = "".join(
            f"<th scope=col{'' if figure else ' class=word'}>{self.text(word)}</th>"
            for word, figure in zip(heads, figures, strict=True)
        )
        body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        return f'<h2>{self.text(title)}</h2><div class="scroll" tabindex="0">{table}</div>'

    def _latencies(self) -> list[list[str]]:
        report = self.report
        taken: list[tuple[object, list[float]]] = [(say("an item"), report.item_seconds)]
        taken += [(say("step {name}", name=name), each) for name, each in report.step_seconds.items()]
        for model, each in report.call_seconds.items():
            taken.append((say("a call to {name}", name=named(model)), each))
        rows = []
        for what, seconds in taken:
            figures = percentiles(seconds)
            count, *times = figures.values()
            if count:
                rows.append([self.text(what), self._count(count), *map(self._seconds, times)])
        return rows

    def _row(self, name: str, asked: Asked) -> list[str]:
        counts = (asked.calls, asked.failed, asked.recalled, asked.input_tokens, asked.output_tokens)
        return [self.text(name), *map(self._count, counts), self._money(asked.cost)]

    def _faults(self) -> str:
        rows = []
        for (provider, model, fault, outcome), times in sorted(self.report.faults.items()):
            words = FAULTS.get(fault) or say("refused: {why}", why=fault.removeprefix("rejected "))
            cells = (named((provider, model)), words, OUTCOMES[outcome])
            rows.append([*map(self.text, cells), self._count(times)])
        if self.report.models and not rows:
            heading = self.text(say("Faults and what became of them"))
            return f"<h2>{heading}</h2><p>{self.text(say('No call met a fault.'))}</p>"
        return self._table(say("Faults and what became of them"), _FAULT_HEADS, rows)

    def _waits(self) -> list[list[str]]:
        return [
            [
                self.text(named((provider, model))),
                self.text(FAULTS.get(fault, fault)),
                self._count(waits.times),
                self._seconds(waits.seconds),
                self._seconds(waits.longest),
                self._count(waits.put_off),
            ]
            for (provider, model, fault), waits in sorted(self.report.waits.items())
        ]

    def _deliveries(self) -> list[list[str]]:
        return [
            [
                self.text(say("{n}. {kind}", n=told["sink"], kind=told["kind"])),
                self._sign(failed=bool(told["failed"])),
                "–" if told["rows"] is None else self._count(told["rows"]),
                self._seconds(told["seconds"]),
            ]
            for told in self.report.deliveries
        ]

    def _sign(self, *, failed: bool) -> str:
        state = "failed" if failed else "done"
        word, sign = STATES[state]
        return f'<span style="color:var(--{state})">{sign}</span> {self.text(word)}'

    def _audit(self) -> str:
        head, title = self.report.end.get("audit"), self.text(say("Head of the audit chain"))
        kept = f"<h2>{title}</h2><code>{escape(str(head))}</code>" if head else ""
        what = say("This page holds nothing of what documents, people or files hold or are called.")
        version = escape(f"smeflow {self.report.begin.get('smeflow', '')}")
        return f"{kept}<footer>{version} · {self.text(what)}</footer>"


_LATENCY = (say("what"), say("times"), say("half within"), say("90 of 100"), say("99 of 100"), say("longest"))
_ASKED = (
    *(say("calls"), say("with a fault"), say("known already"), say("tokens in")),
    *(say("tokens out"), say("cost")),
)
_FAULT_HEADS = (say("model"), say("fault"), say("what became of it"), say("times"))
_WAITS = (*(say("model"), say("fault"), say("times"), say("time"), say("longest"), say("put off")),)
_DELIVERIES = (say("sink"), say("state"), say("rows"), say("time"))
