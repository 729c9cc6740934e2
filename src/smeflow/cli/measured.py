"""How an evaluation is told on the screen."""

from typing import TYPE_CHECKING

from smeflow.cli.screen import Column, Screen
from smeflow.i18n import Phrase, say

if TYPE_CHECKING:
    from smeflow.evaluate.evaluation import Evaluation
    from smeflow.evaluate.rates import Rate
    from smeflow.evaluate.tables import Proposal

SHOWN = 15
INTERVAL = say("95 % interval")
VERDICTS = (
    ("right", say("right")),
    ("wrong", say("wrong")),
    ("missing", say("missing")),
    ("invented", say("invented")),
)


def tell(screen: Screen, found: "Evaluation") -> None:
    """Say how right it is: as a whole, by field, reader, supplier and language, and what is wrong."""
    from smeflow.evaluate.evaluation import GROUPS
    from smeflow.evaluate.tables import by_field, by_reader, calibration, calibration_error, exact_by

    screen.fact(say("Cases with a known truth"), len(found.cases))
    if found.unmatched:
        more = " …" if len(found.unmatched) > 5 else ""
        screen.fact(say("Not in the ledger, or nothing found"), ", ".join(found.unmatched[:5]) + more)
    screen.fact(say("Right in every field"), _rate(screen, found.exact))
    screen.fact(say("Fields right"), _rate(screen, found.fields))
    screen.fact(say("Passed without a person and wrong"), _rate(screen, found.silent))
    screen.fact(say("Told as proven and wrong"), _rate(screen, found.proven_wrong))
    bins = calibration(found.cases)
    if bins:
        screen.fact(say("Confidence is off by"), _percent(screen, calibration_error(bins)))
    screen.print()
    _verdicts(screen, say("field"), by_field(found.cases))
    _verdicts(screen, say("reader"), by_reader(found.cases))
    headings = {"supplier": say("supplier"), "reader": say("reader"), "language": say("language")}
    for group in GROUPS:
        if group != "reader":
            _groups(screen, headings[group], exact_by(found.cases, group))
    wrong = [(case.name, one) for case in found.cases for one in case.fields if one.verdict != "right"]
    if wrong:
        columns = [Column(heading=h) for h in (say("case"), say("field"), say("expected"), say("found"))]
        rows = [(name, one.name, one.expected, one.found) for name, one in wrong[:SHOWN]]
        screen.print(screen.table(columns, rows))
        if len(wrong) > SHOWN:
            screen.print(say("… and {n} more; all with --json", n=len(wrong) - SHOWN), style="bright_black")


def _verdicts(screen: Screen, what: Phrase, counts: dict[str, dict[str, int]]) -> None:
    from smeflow.evaluate.rates import Rate

    columns = [
        Column(heading=what),
        *(Column(heading=heading, right=True) for _, heading in VERDICTS),
        Column(heading=say("share right"), right=True),
        Column(heading=INTERVAL),
    ]
    rows = []
    for name, found in counts.items():
        rate = Rate(found["right"], sum(found.values()))
        rows.append((name, *(str(found[v]) for v, _ in VERDICTS), *_share(screen, rate)))
    screen.print(screen.table(columns, rows))
    screen.print()


def _groups(screen: Screen, what: Phrase, rates: "dict[str, Rate]") -> None:
    if not rates:
        return
    worst = sorted(rates.items(), key=lambda pair: (pair[1].value, pair[0]))
    columns = [
        Column(heading=what),
        Column(heading=say("cases"), right=True),
        Column(heading=say("right in every field"), right=True),
        Column(heading=INTERVAL),
    ]
    rows = [(name, str(rate.total), *_share(screen, rate)) for name, rate in worst[:SHOWN]]
    screen.print(screen.table(columns, rows))
    screen.print()


def tell_proposal(screen: Screen, found: "Evaluation", made: "Proposal") -> None:
    """Say which threshold keeps the errors as low as was asked, or why none can be promised."""
    wanted, n = _percent(screen, made.wanted), len(found.cases)
    if made.point is None:
        told = say(
            "No threshold can promise at most {wanted} errors on {n} labelled cases: even the surest may "
            "be wrong in {bound}. It takes {needed} cases without an error; until then, keep all in review.",
            wanted=wanted,
            n=n,
            bound=_percent(screen, made.bound),
            needed=made.labels_needed,
        )
        screen.print(told, style="yellow")
        return
    told = say(
        "For at most {wanted} errors: review: {step}.confidence < {threshold}. It lets {share} pass "
        "without a person; at most {bound} of these are wrong, at 95 % confidence, by {n} labelled cases.",
        wanted=wanted,
        step=found.step,
        threshold=made.point.threshold,
        share=_percent(screen, made.point.coverage.value),
        bound=_percent(screen, made.bound),
        n=n,
    )
    screen.print(told, style="green")


def _rate(screen: Screen, rate: "Rate") -> str:
    low, high = rate.interval
    told = say(
        "{share} ({count} of {total}; {low} to {high} at 95 %)",
        share=_percent(screen, rate.value),
        count=rate.count,
        total=rate.total,
        low=_percent(screen, low),
        high=_percent(screen, high),
    )
    return screen.text(told)


def _share(screen: Screen, rate: "Rate") -> tuple[str, str]:
    low, high = rate.interval
    return _percent(screen, rate.value), f"{_percent(screen, low)} – {_percent(screen, high)}"


def _percent(screen: Screen, share: float) -> str:
    text = f"{share:.1%}"
    return text.replace(".", ",").replace("%", "\u202f%") if screen.language == "fr" else text
