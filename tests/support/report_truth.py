"""Tables drawn at random, what a report says of them, and a reading of it that knows only their rows.

Drawn are the cases in which a sentence goes wrong: equal values, months without rows, rates beside amounts,
more names than are told, a sum that was zero. The reading takes each fixed sentence and each sentence that
stands for a picture apart and reckons anew, with fractions, what it says.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from smeflow.i18n import language_of
from smeflow.pages.axes import period_tick
from smeflow.pages.figures import figure_of
from smeflow.reports.facts import FactSet, compute_facts
from smeflow.reports.measures.measure import MeasureContext
from smeflow.reports.measures.registry import measure_of
from smeflow.reports.sections import most_changed, opening_sentence, plan_sections, write_by_patterns
from smeflow.tables.book import TableBook
from smeflow.tables.load import load_rows
from smeflow.writing.periods import Window
from smeflow.writing.references import reference_table

MONTHS = {
    "en": [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
        "November", "December",
    ],
    "fr": [
        "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
        "novembre", "décembre",
    ],
}  # fmt: skip
LABELS = {
    "sales": "Sales", "orders": "Orders", "average": "Mean order", "yield": "Yield", "part": "Part of Ada",
    "top": "Sales by name", "least": "Least by name", "own": "Own ranking", "course": "Sales over time",
    "moving": "Moving sales",
}  # fmt: skip
NAMES = ("Ada", "Bob", "Cyd", "Dee", "Eve", "Fay", "Gil")
Row = tuple[date, str, Decimal, Decimal]


@dataclass(frozen=True)
class DrawnReport:
    """What is said of one table."""

    rows: Sequence[Row]
    window: Window
    locale: str
    sentences: Sequence[str]
    pictures: Sequence[tuple[str, str]]
    """The name of a fact and the sentence that stands for its picture."""
    top: int
    over: int


def draw_report(seed: int, locale: str) -> DrawnReport:
    """Draw a table and say of its newest month what reports say."""
    chance = random.Random(seed)
    rows = sorted(_rows(chance))
    window = Window.around(rows[-1][0], "month")
    top, over = chance.randint(1, 5), chance.randint(2, 4)
    digits = chance.choice((0, 1, 2))
    asked = {
        "sales": {"sum": "amount", "unit": "EUR", "compare": ("previous", "last_year", "year_to_date")},
        "orders": {"count": "rows", "unit": "orders"},
        "average": {"mean": "amount", "unit": "EUR", "compare": ("previous", "year_to_date")},
        "yield": {"mean": "rate", "unit": "%", "digits": digits},
        "part": {"share": "amount", "of": "name = 'Ada'"},
        "top": {"top": "name", "by": "amount", "n": top, "unit": "EUR"},
        "least": {"top": "name", "by": "amount", "n": top, "least": True},
        "own": {
            "sql": "select name, sum(amount) from t group by 1 order by 1",
            "shape": "ranking",
        },
        "course": {"series": "amount", "unit": "EUR"},
        "moving": {"moving": "amount", "over": over, "unit": "EUR"},
    }
    with TableBook() as book:
        written = ([f"{day}", name, f"{amount}", f"{rate}"] for day, name, amount, rate in rows)
        load_rows(book, "t", ("day", "name", "amount", "rate"), written, source="t.csv")
        context = MeasureContext(book=book, window=window, locale=locale)
        measures = {name: measure_of({**each, "label": LABELS[name]}) for name, each in asked.items()}
        facts = compute_facts(measures, context)
    sentences, pictures = _said(facts, window, locale)
    return DrawnReport(rows, window, locale, sentences, pictures, top, over)


def _rows(chance: random.Random) -> Iterator[Row]:
    amounts = [Decimal(n) for n in chance.choice(((10, 20), (0, 5, 10), (-10, 10, 30), range(1, 5_000)))]
    rates = [Decimal(n) / 10 for n in chance.choice(((50, 100, 200), range(1_000), (0, 160)))]
    first, count = chance.randint(1, 12), chance.randint(2, 18)
    names = NAMES[: chance.randint(1, len(NAMES))]
    for n in range(count):
        month = first - 1 + n
        for _ in range(chance.choice((0, 1, 1, 2, 3, 6)) or int(n == count - 1)):
            day = date(2024 + month // 12, month % 12 + 1, chance.randint(1, 28))
            yield day, chance.choice(names), chance.choice(amounts), chance.choice(rates)
    yield (
        date(2024 + (first + count - 2) // 12, (first + count - 2) % 12 + 1, 28),
        names[0],
        amounts[0],
        rates[0],
    )


def _said(facts: FactSet, window: Window, locale: str) -> tuple[list[str], list[tuple[str, str]]]:
    about = reference_table(facts.facts, locale, window=window)
    said = [*opening_sentence(facts.facts, about), *most_changed(facts.facts, about)]
    for part in plan_sections(facts.facts, (), locale):
        said += write_by_patterns(part, about)
    figures = ((fact.name, figure_of(fact, locale)) for fact in facts.facts)
    sentences = [each for paragraph in said for each in re.split(r"(?<=[.!?]) (?=[A-ZÀÉL])", paragraph.text)]
    return sentences, [(name, figure.alt) for name, figure in figures if figure]


class Reading:
    """What is false in what was said; reckoned from the rows alone."""

    def __init__(self, drawn: DrawnReport) -> None:
        self.drawn, self.language = drawn, language_of(drawn.locale)
        self.read = 0
        """How many claims were held against the rows."""

    def false_sentences(self) -> list[str]:
        """Give each false sentence with what is wrong."""
        wrong = []
        for text in self.drawn.sentences:
            spoken_of = [key for key in LABELS if LABELS[key].casefold() in text.casefold()]
            label = max(spoken_of, key=lambda key: len(LABELS[key]), default=None)
            why = self._scalar(text, label) or self._ranking(text, label) or self._extremes(text, label)
            wrong += [f"{text} ({why})"] if why else []
        for name, text in self.drawn.pictures:
            why = self._picture(name, text)
            wrong += [f"{text} ({why})"] if why else []
        return wrong

    # What the rows say.

    def _of(self, window: Window) -> list[Row]:
        return [row for row in self.drawn.rows if window.first <= row[0] <= window.last]

    def _value(self, key: str, window: Window) -> Fraction | None:
        rows = self._of(window)
        whole = Fraction(sum(row[2] for row in rows))
        if key == "sales":
            return whole
        if key == "orders":
            return Fraction(len(rows))
        if key == "average":
            return whole / len(rows) if rows else None
        if key == "yield":
            return Fraction(sum(row[3] for row in rows)) / len(rows) if rows else None
        return Fraction(sum(row[2] for row in rows if row[1] == "Ada")) * 100 / whole if whole else None

    def _sums(self, rows: Sequence[Row]) -> dict[str, Fraction]:
        sums: dict[str, Fraction] = {}
        for _, name, amount, _ in rows:
            sums[name] = sums.get(name, Fraction(0)) + Fraction(amount)
        return sums

    def _course(self, *, moving: bool) -> dict[str, Fraction]:
        window, months = Window.around(self.drawn.rows[0][0], "month"), []
        while window.first <= self.drawn.window.first:
            rows = self._of(window)
            months.append((window.key, Fraction(sum(row[2] for row in rows)) if rows else None))
            window = window.next
        shown = dict(months[-13:])
        if not moving:
            return {key: value for key, value in shown.items() if value is not None}
        means = {}
        for at, (key, _) in enumerate(months):
            last = [value for _, value in months[max(0, at + 1 - self.drawn.over) : at + 1]]
            if len(last) == self.drawn.over and None not in last and key in shown:
                means[key] = sum(last) / self.drawn.over
        return means

    # What a sentence says.

    def _number(self, text: str) -> Fraction:
        bare = re.sub(r"[^\d.,−-]", "", text).strip(".,").replace("−", "-")
        return Fraction(bare.replace(",", ".") if self.language == "fr" else bare.replace(",", ""))

    def _month(self, text: str) -> Window:
        word, year = text.split()
        return Window.around(date(int(year), MONTHS[self.language].index(word) + 1, 1), "month")

    def _equal(self, text: str, value: Fraction | None) -> bool:
        """Whether a printed number is *value*, as far as its digits go."""
        self.read += 1
        mark = "," if self.language == "fr" else "."
        digits = re.sub(r"[^\d.,]", "", text).strip(".,").partition(mark)[2] if mark in text else ""
        reach = Fraction(1, 2 * 10 ** len(digits))
        return value is not None and abs(self._number(text) - value) <= reach

    _N = r"[−-]?€?[−-]?\d{1,3}(?:[,\u202f\u00a0]\d{3}(?!\d))*(?:[.,]\d+)?"

    def _scalar(self, text: str, key: str | None) -> str:
        if key not in {"sales", "orders", "average", "yield", "part"}:
            return ""
        window = self.drawn.window
        to_date = re.search(r"since the beginning|depuis le début", text)
        if to_date:
            if key in {"average", "yield", "part"} and re.search(r"running total|cumul", text, re.IGNORECASE):
                return "an average is no running total"
            window = window.year_to_date
        value = re.search(rf"{self._N}", re.sub(r"^(?:In|En|Au|À) [^,]*, ", "", text))
        if value and not self._equal(value[0], self._value(key, window)):
            return f"the value is {self._value(key, window)}"
        for clause in () if to_date else re.findall(self._clauses, text):
            if why := self._clause(clause, key):
                return why
        return ""

    @property
    def _clauses(self) -> str:
        month = rf"(?:{'|'.join(MONTHS[self.language])}) \d{{4}}"
        if self.language == "fr":
            compared = rf"(?:en )?(?:hausse|baisse|stable|niveau|même)|{self._N}[^,.]*? de (?:plus|moins)"
            return rf"((?:{compared})[^.]*?{month})"
        return rf"((?:up|down|level with|{self._N}[^,.]*? (?:more|less) than)[^.]*?{month})"

    def _clause(self, clause: str, key: str) -> str:
        month = re.search(rf"({'|'.join(MONTHS[self.language])}) \d{{4}}", clause)
        now, then = self._value(key, self.drawn.window), self._value(key, self._month(month[0]))
        if now is None or then is None:
            return "there is nothing to compare with"
        rate, rest = key in {"yield", "part"}, clause.replace(month[0], "")
        self.read += 1
        if re.search(r"level|stable|même|niveau", rest):
            change = now - then if rate or not then else (now / then - 1) * 100
            return "" if abs(change) <= Fraction(1, 2 if rate else 20) else f"it was {then} and is {now}"
        up = bool(re.search(r"\bup\b|more|hausse|plus", rest))
        if up != (now > then):
            return f"it was {then} and is {now}"
        size = re.search(self._N, rest)[0]
        if "%" in rest and rate:
            return "a rate changes by points"
        change = abs(now / then - 1) * 100 if "%" in rest and then else abs(now - then)
        return "" if self._equal(size, change) else f"it changed by {float(change)}"

    def _ranking(self, text: str, key: str | None) -> str:
        if key not in {"top", "least", "own"}:
            return ""
        rows = self.drawn.rows if key == "own" else self._of(self.drawn.window)
        sums = self._sums(rows)
        first = re.search(r"(\w+) (?:comes first|arrive en tête)", text)
        if first:
            self.read += 1
            rest = [value for name, value in sums.items() if name != first[1]]
            if any(value >= sums[first[1]] for value in rest):
                return f"others are as great: {sums}"
        for name, shown in re.findall(
            rf"\b({'|'.join(NAMES)})\b (?:\(|[a-zê ]+ (?:with|avec) )({self._N})", text
        ):
            if not self._equal(shown, sums[name]):
                return f"{name} has {sums[name]}"
        return ""

    def _extremes(self, text: str, key: str | None) -> str:
        if key not in {"course", "moving"}:
            return ""
        course = self._course(moving=key == "moving")
        months = "|".join(MONTHS[self.language])
        said = re.findall(rf"(?:with|avec) ({self._N}).*?((?:{months}) \d{{4}})", text)
        for (shown, month), best in zip(said, (max, min), strict=True):
            value, when = best(course.values()), self._month(month).key
            if not self._equal(shown, value) or [k for k, v in course.items() if v == value] != [when]:
                return f"the course is { {k: float(v) for k, v in course.items()} }"
        return ""

    def _picture(self, fact: str, text: str) -> str:
        highest, lowest = (
            (r"highest is", r"the lowest(?: is)?")
            if self.language == "en"
            else (r"plus hau(?:te?) est", r"(?:le plus bas|la plus basse)(?: est)?")
        )
        values = self._values_of(fact)
        for words, best in ((highest, max), (lowest, min)):
            match = re.search(rf"{words} ([^()]*?) \(({self._N})", text)
            if not match:
                continue
            self.read += 1
            extreme = best(values.values())
            true = {name for name, value in values.items() if value == extreme}
            count = re.search(r"^\d+", match[1])
            told = {match[1]} if match[1] in values else set(re.split(r", | and | et ", match[1]))
            if not self._equal(match[2], extreme) or (
                len(true) != int(count[0]) if count and match[1] not in values else told != true
            ):
                return f"it is {true}"
        if re.search(r"level throughout|none higher|sans variation|même hauteur", text):
            self.read += 1
            shown = sorted(values.values(), reverse=fact == "top")[
                : self.drawn.top if fact in {"top", "least"} else None
            ]
            return "" if len(set(shown)) == 1 else f"they are {values}"
        return ""

    def _values_of(self, fact: str) -> dict[str, Fraction]:
        if fact in {"course", "moving"}:
            course = self._course(moving=fact == "moving")
            return {period_tick(k, self.language).replace("|", " "): v for k, v in course.items()}
        return self._sums(self.drawn.rows if fact == "own" else self._of(self.drawn.window))
