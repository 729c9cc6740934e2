"""Propose figures for an unknown table, without any model: each is a measure that can be run."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from smeflow._text import folded
from smeflow.facts.book import Book, Held, literal, quoted
from smeflow.facts.measures.base import Measure
from smeflow.facts.measures.kinds import measure_of
from smeflow.facts.roles import Profile, main_amount, main_day, profiles, words_of
from smeflow.facts.window import Coverage, Grain, Window, windows
from smeflow.i18n import Language, Phrase, language_of, say

Written = dict[str, object]
_MANY, _FEW = 20, 12
_SHORT, _LONG, _YEAR, _ENOUGH = 3, 8, 12, 30
_CREDIT_NOTE = re.compile(r"\b(avoirs?|credit notes?|credits?|refunds?|remboursements?|returns?|retours?)\b")
_PRICE = re.compile(r"\b(price|prix|pu|tarif|unit|unitaire)\b")


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What an unknown table can tell."""

    held: Held
    columns: tuple[Profile, ...]
    day: str | None
    """The column that says when a row happened."""
    grain: Grain | None
    """The period its rows suit: months, or longer ones for few rows; None without days."""
    window: Window | None
    """The newest period whose rows are all there."""
    written: Mapping[str, Written] = field(default_factory=dict)
    """The figures by name, each as a recipe writes it."""

    @property
    def measures(self) -> dict[str, Measure]:
        """The same as measures."""
        return {name: measure_of(each) for name, each in self.written.items()}


def propose(
    book: Book, held: Held, *, day: str | None = None, grain: Grain | None = None, locale: str = "en"
) -> Proposal:
    """Look at a table and propose figures for it, their labels in the language of *locale*."""
    found = profiles(book, held)
    chosen = next((p for p in found if day and p.name == held.column(day)), None) or main_day(found)
    column = chosen.name if chosen and chosen.how.kind == "date" else None
    coverage = _coverage(book, held, column)
    grain = grain or _grain(coverage, held.rows)
    window = _newest_whole(coverage, grain) if grain else None
    credits_where = _credits(book, held, found)
    facts = _Facts(held, found, column, grain, _periods(coverage, grain), language_of(locale))
    facts.told_of_amounts = credits_where | _net_or_gross(facts.amount)
    return Proposal(
        held=held,
        columns=tuple(found),
        day=column,
        grain=grain,
        window=window,
        written=dict(facts.all()),
    )


def _coverage(book: Book, held: Held, column: str | None) -> Coverage:
    if column is None:
        return Coverage(())
    day = quoted(column)
    sql = f"SELECT DISTINCT {day} FROM {quoted(held.name)} WHERE {day} IS NOT NULL ORDER BY 1"
    return Coverage(tuple(row[0] for row in book.select(sql)[1]))


def _grain(coverage: Coverage, rows: int) -> Grain | None:
    """Choose months, or longer periods where most months have no row."""
    if not coverage.days:
        return None
    first, last = coverage.days[0], coverage.days[-1]
    months = len(windows(first, last, "month"))
    filled = len({(d.year, d.month) for d in coverage.days})
    if months == 1 and rows > 1:
        return "week" if (last - first).days >= 13 else "month"
    if filled >= 0.6 * months:
        return "month"
    quarters = {(d.year, (d.month - 1) // 3) for d in coverage.days}
    return "quarter" if len(quarters) >= 0.6 * len(windows(first, last, "quarter")) else "year"


def _newest_whole(coverage: Coverage, grain: Grain) -> Window:
    newest = Window.around(coverage.days[-1], grain)
    before = newest.back()
    whole = coverage.lacks(newest) is None or before.last < coverage.days[0]
    return newest if whole else before


def _periods(coverage: Coverage, grain: Grain | None) -> int:
    return len(windows(coverage.days[0], coverage.days[-1], grain)) if grain and coverage.days else 0


class _Facts:
    def __init__(
        self,
        held: Held,
        found: list[Profile],
        day: str | None,
        grain: Grain | None,
        periods: int,
        language: Language,
    ) -> None:
        self.held, self.found, self.day, self.periods = held, found, day, periods
        self.grain, self.language = grain, language
        self.amount, self.value = self._main()
        self.told_of_amounts: Written = {}
        """What every figure of amounts declares: net or gross, the rows that are credit notes."""
        self.names: set[str] = set()
        names = [
            p
            for p in found
            if p.role == "dimension"
            and p.how.kind == "text"
            and p.distinct * 2 <= p.filled
            and not _is_mail(p)
        ]
        self.groups = sorted(names, key=_usefulness)[:3]

    def _main(self) -> tuple[str, str]:
        """Give what the report is about: its name, and its column or, of lines, price times quantity."""
        amount = main_amount(self.found)
        price = next((p for p in self.found if p.role == "rate" and _PRICE.search(p.words)), None)
        if amount and amount.role == "quantity" and price:
            return "amount", f"{_in_sql(price.name)} * {_in_sql(amount.name)}"
        return (amount.name, amount.name) if amount else ("", "")

    @property
    def _by(self) -> Written:
        return {"by": self.value} if self.value else {}

    @property
    def _every(self) -> Written:
        return {"every": self.grain} if self.grain else {}

    def all(self) -> Iterator[tuple[str, Written]]:
        levels = [p for p in self.found if p.role == "level"]
        if levels:
            yield from self._levels(levels[:4])
            return
        yield self._fact("rows", say("Rows"), {"count": "rows"})
        yield from self._totals()
        yield from self._groups()
        yield from self._over_time()
        yield from self._due()
        yield from self._odd()

    def _totals(self) -> Iterator[tuple[str, Written]]:
        amount, value = self.amount, self.value
        if value:
            yield self._fact(amount, _called(amount), {"sum": value})
        summed = [p for p in self.found if p.role in {"amount", "quantity"} and p.name != amount]
        for each in summed[:3]:
            yield self._fact(each.name, _called(each.name), {"sum": each.name})
        if value:
            about = {"column": _called(amount)}
            yield self._fact(f"average {amount}", say("Average of {column}", **about), {"mean": value})
            yield self._fact(f"median {amount}", say("Median of {column}", **about), {"median": value})
        for each in [p for p in self.found if p.role == "rate"][:2]:
            said = say("Average of {column}", column=_called(each.name))
            yield self._fact(f"average {each.name}", said, {"mean": each.name})
        for each in [p for p in self.found if p.role == "dimension" and p.distinct > _MANY][:2]:
            said = say("{column}, how many different", column=_called(each.name))
            yield self._fact(f"different {each.name}", said, {"count": each.name})

    def _groups(self) -> Iterator[tuple[str, Written]]:
        for each in self.groups:
            said = say("{value} by {column}", value=self._about, column=_called(each.name))
            yield self._fact(f"by {each.name}", said, {"top": each.name, **self._by})
        many = [p for p in self.groups if p.distinct > _MANY]
        if many and self.value:
            said = say("{column} by weight", column=_called(many[0].name))
            yield self._fact(f"classes {many[0].name}", said, {"pareto": many[0].name, **self._by})

    @property
    def _about(self) -> Phrase:
        return _called(self.amount) if self.amount else say("Rows")

    def _over_time(self) -> Iterator[tuple[str, Written]]:
        if not self.day or self.periods < _SHORT:
            return
        what, about = self.value or "rows", {"value": self._about}
        name = self.amount or "rows"
        yield self._fact(
            f"{name} over time", say("{value} over time", **about), {"series": what, **self._every}
        )
        if self.periods >= _LONG:
            said = say("{value}, moving average", **about)
            yield self._fact(f"{name} moving", said, {"moving": what, "over": 3, **self._every})
            said = say("{value}, change from one period to the next", **about)
            yield self._fact(f"{name} trend", said, {"trend": what, **self._every})
        if self.periods >= _YEAR:
            said = say("{value}, forecast", **about)
            yield self._fact(f"{name} forecast", said, {"forecast": what, "ahead": 3, **self._every})
        few = [p for p in self.groups if p.distinct <= _FEW]
        if few:
            said = say("{value} over time by {column}", column=_called(few[0].name), **about)
            written: Written = {"cross": few[0].name, **self._by, **self._every}
            yield self._fact(f"{name} by {few[0].name} over time", said, written)
        who = [p for p in self.found if p.role == "dimension" and p.distinct >= _MANY and _is_somebody(p)]
        if who and self.grain == "month":
            said = say("{column}: who came again", column=_called(who[0].name))
            yield self._fact(f"{who[0].name} again", said, {"cohort": who[0].name})

    def _due(self) -> Iterator[tuple[str, Written]]:
        due = next((p for p in self.found if p.role == "due"), None)
        paid = next((p for p in self.found if p.role == "paid" and p.how.kind == "date"), None)
        if due and due.how.kind == "date" and self.value and self.day and self.day != due.name:
            more: Written = {"paid": paid.name} if paid else {}
            written = {"ageing": self.value, "due": due.name, **more}
            yield self._fact("overdue", say("{value} by days overdue", value=self._about), written)

    def _odd(self) -> Iterator[tuple[str, Written]]:
        if self.value and self.held.rows >= _ENOUGH:
            show = [p.name for p in self.found if p.role in {"identifier", "dimension"}][:2]
            written: Written = {"outliers": self.value, "show": show}
            yield self._fact(
                f"unusual {self.amount}", say("{value}, unusual rows", value=self._about), written
            )

    def _levels(self, levels: list[Profile]) -> Iterator[tuple[str, Written]]:
        """Of what stands at a time, such as a stock: its course, and no sum over time."""
        for each in levels:
            said = _called(each.name)
            yield self._fact(each.name, said, {"series": each.name, "take": "last", **self._every})
        first, about = levels[0], {"value": _called(levels[0].name)}
        for word, said in (
            ("mean", say("{value}, mean", **about)),
            ("minimum", say("{value}, lowest", **about)),
            ("maximum", say("{value}, highest", **about)),
        ):
            yield self._fact(f"{first.name} {word}", said, {word: first.name, "period": "all"})
        taken: Written = {"take": "last", **self._every}
        if self.periods >= _LONG:
            said = say("{value}, change from one period to the next", **about)
            yield self._fact(f"{first.name} trend", said, {"trend": first.name, **taken})
        if self.periods >= _YEAR:
            yield self._fact(
                f"{first.name} forecast", say("{value}, forecast", **about), {"forecast": first.name, **taken}
            )

    def _fact(self, called: str, label: Phrase, written: Written) -> tuple[str, Written]:
        name = base = name_of(called)
        n = 2
        while name in self.names:
            name, n = f"{base}_{n}", n + 1
        self.names.add(name)
        declared = self.told_of_amounts if self.value and self.value in written.values() else {}
        tenths = [c for c in written.values() if isinstance(c, str) and self.held.scales.get(c) == 1]
        if tenths and {"sum", "mean", "top", "series", "moving", "cross"} & written.keys():
            declared = {**declared, "digits": 2}  # a program wrote 12.5 for 12.50
        return name, {**written, **declared, "label": label.render(self.language)}


def propose_books(locale: str) -> dict[str, Written]:
    """Propose what a firm's own books tell."""
    language = language_of(locale)
    labels: Mapping[str, tuple[Phrase, Written]] = {
        "revenue": (say("Revenue"), {"accounts": "revenue", "good": "up"}),
        "expenses": (say("Expenses"), {"accounts": "expenses", "good": "down"}),
        "result": (say("Result"), {"accounts": "result", "good": "up"}),
        "vat_due": (say("VAT due"), {"accounts": "vat_due"}),
        "cash": (say("Cash"), {"accounts": "cash", "good": "up"}),
        "expenses_by_account": (
            say("Expenses by account"),
            {"top": "CompteLib", "by": "Solde", "where": "starts_with(CompteNum, '6')", "n": 8},
        ),
        "revenue_over_time": (
            say("Revenue over time"), {"series": "-Solde", "where": "starts_with(CompteNum, '70')"},
        ),
        "receivables": (say("What customers owe"), {"receivables": "411", "terms": 30}),
        "payables": (say("What we owe suppliers"), {"payables": "401", "terms": 30}),
    }  # fmt: skip
    return {name: {**written, "label": phrase.render(language)} for name, (phrase, written) in labels.items()}


def name_of(text: str) -> str:
    """Make a fact's name of any text."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    name = re.sub(r"\W+", "_", folded(spaced)).strip("_")[:50] or "fact"
    return f"n_{name}" if name[0].isdigit() else name


def _credits(book: Book, held: Held, found: list[Profile]) -> Written:
    """Find rows of credit notes that are written without a minus: added up, they would count twice."""
    amount = main_amount(found)
    for each in found:
        if amount is None or each.role != "dimension" or each.how.kind != "text" or each.distinct > _FEW:
            continue
        column, money = quoted(each.name), quoted(amount.name)
        names = book.select(
            f"SELECT {column}, min({money}) FROM {quoted(held.name)} WHERE {column} IS NOT NULL "
            "GROUP BY 1 ORDER BY 1"
        )[1]
        notes = [(name, least) for name, least in names if _CREDIT_NOTE.search(words_of(name))]
        if len(notes) == 1 and len(names) > 1 and notes[0][1] is not None and notes[0][1] >= 0:
            return {"credits": f"{_in_sql(each.name)} = {literal(notes[0][0])}"}
    return {}


def _net_or_gross(column: str) -> Written:
    """Tell from its name whether a column's amounts are net or gross of tax."""
    words = words_of(column)
    if re.search(r"\b(ht|hors taxes?|net|excl)\b", words):
        return {"amounts": "net"}
    return {"amounts": "gross"} if re.search(r"\b(ttc|gross|brut|incl)\b", words) else {}


def _called(column: str) -> Phrase:
    """Write a column's name as a label."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_+", " ", column).strip()
    return say("{text}", text=words[:1].upper() + words[1:])


def _in_sql(column: str) -> str:
    return column if re.fullmatch(r"[A-Za-z_]\w*", column) else quoted(column)


def _usefulness(profile: Profile) -> tuple[bool, float]:
    """Prefer columns with a handful to a few hundred names."""
    return profile.distinct < 3, abs(profile.distinct - 15) / (profile.distinct + 15)


def _is_mail(profile: Profile) -> bool:
    return "@" in profile.example


def _is_somebody(profile: Profile) -> bool:
    words = r"\b(customer|client|buyer|patient|member|user|account|supplier|fournisseur|adherent|kunde)"
    return bool(re.search(words, profile.words))


__all__ = ["Proposal", "Written", "name_of", "propose", "propose_books"]
