"""Tell what an unknown table holds: what each column is for, and which periods its rows fill."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from smeflow._text import folded
from smeflow.i18n import Phrase, say
from smeflow.tables.book import LINE, LoadedTable, TableBook, literal, quoted
from smeflow.tables.column_types import ColumnType
from smeflow.writing.periods import Coverage, Grain, Window, windows

ColumnUse = Literal[
    "amount", "quantity", "rate", "level", "dimension", "identifier", "date", "due", "paid", "text"
]
_DUE = re.compile(r"\b(due|echeance|deadline|fallig|exigib\w+|a payer le)\b")
_PAID = re.compile(r"\b(paid|paye|payee|regle|reglee|reglement|paiement|payment|settled|encaisse\w*)\b")
_EVENT = re.compile(r"\b(date|day|jour|invoice|facture|emission|vente|sale|order|commande|ecriture)\b")
_IDENTIFIER = re.compile(
    r"\b(id|ids|n|no|num|numero|number|nr|code|ref|reference|key|cle|uuid|sku|index|line|ligne)\b"
)
_RATE = re.compile(
    r"\b(rate|taux|pct|percent|pourcent\w*|ratio|price|prix|unit|unitaire|unitaires|pu|tarif|age|score|note|"
    r"rating|average|avg|moyen\w*|margin|marge|temperature|latitude|longitude|lat|lon|lng|"
    r"percentage|proportion|part de|yield|rendement|conversion|occupancy|occupation|indice|"
    r"coefficient|coef|factor|facteur|exchange|cours|fx|median\w*|density|densite|speed|vitesse|"
    r"humidity|humidite|pressure|pression|satisfaction|nps|satz|steuersatz|preis|anteil)\b"
)
_TAX_RATE = re.compile(r"\b(tva|vat|tax|taxe|mwst|ust|iva|gst|btw|remise|discount|rabatt|skonto)\b")
_LEVEL = re.compile(
    r"\b(stocks?|inventory|inventaire|on hand|en stock|headcount|effectifs?|employees|salaries|population|"
    r"inhabitants|habitants|niveau|level|bestand|lagerbestand|compteur|meter|reading|odometer|kilometrage|"
    r"mileage|cumul\w*|running|to date|ytd|closing|opening|cloture|ouverture|members|adherents|subscribers|"
    r"abonnes|followers|capacity|capacite)\b"
)
_MONEY_FLOW = re.compile(
    r"\b(value|valeur|cost|cout|sales|ventes?|amount|montant|sold|vendu\w*|new|nouve\w*|added)\b"
)
_QUANTITY = re.compile(
    r"\b(quantity|quantities|quantite|quantites|qty|qte|units|pieces|count|nombre|nb|heures|hours)\b"
)
_AMOUNT = re.compile(
    r"\b(amount|total|revenue|sales|turnover|montant|ca|chiffre|vente|ventes|ht|ttc|net|gross|cost|cout|"
    r"depense\w*|expense\w*|paye|solde|balance|debit|credit|price|prix|valeur|value)\b"
)
_YEARLIKE = re.compile(
    r"\b(years?|annees?|an|month|mois|week|semaine|quarter|trimestre|exercice|fy|fiscal|millesime|vintage|jahr|"
    r"monat|woche|quartal|geschaftsjahr|season|saison|period|periode|born|naissance|founded)\b"
)
_YEARS = (1900, 2100)
_LEAST_FRACTIONS = 3
_LEAST_ROWS, _MOST_STEPS = 6, 0.8
"""Of so many rows, this part must go from one to the next by another column for it to be a balance."""
_MOST_TAX_RATES, _HIGHEST_TAX_RATE = 6, 30
MAX_NAMES = 2_000


@dataclass(frozen=True, kw_only=True)
class ColumnProfile:
    """One column: how it is read, what is in it, and what it is for."""

    name: str
    how: ColumnType
    role: ColumnUse
    filled: int
    distinct: int
    example: str = ""
    least: str | None = None
    greatest: str | None = None

    @property
    def words(self) -> str:
        """The name as words, folded."""
        return name_as_words(self.name)


def name_as_words(name: str) -> str:
    """Write a column's name as words: ``InvoiceDate`` and ``invoice_date`` become ``invoice date``."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_\-./]+", " ", name)
    return " ".join(folded(spaced).split())


def is_event_date(column: str) -> bool:
    """Whether a column with days says, by its name, neither when something is due nor when it was paid."""
    words = name_as_words(column)
    return not _DUE.search(words) and not _PAID.search(words)


def profile_columns(book: TableBook, table: LoadedTable) -> list[ColumnProfile]:
    """Look at every column of a table."""
    profiles = list(_first_profiles(book, table))
    return list(_tell_levels(book, table, profiles))


def _first_profiles(book: TableBook, table: LoadedTable) -> Iterator[ColumnProfile]:
    source = quoted(table.name)
    for name, how in table.columns.items():
        column = quoted(name)
        least_and_greatest = (
            f"min({column})::VARCHAR, max({column})::VARCHAR"
            if how.kind in {"number", "date"}
            else "NULL, NULL"
        )
        filled, distinct, least, greatest, example, negative = book.select(
            f"SELECT count({column}), count(DISTINCT {column}), {least_and_greatest}, "
            f"any_value({column})::VARCHAR, "
            + (f"count(*) FILTER ({column} < 0)" if how.kind == "number" else "0")
            + f" FROM (SELECT {column} FROM {source} ORDER BY {LINE})"
        )[1][0]
        ends = None if how.kind != "number" or least is None else (Decimal(least), Decimal(greatest))
        content = _ColumnContent(
            name, how, table.rows, filled, distinct, bool(negative), table.scales.get(name, 0), ends
        )
        yield ColumnProfile(
            name=name, how=how, role=content.role, filled=filled, distinct=distinct,
            example=(example or "")[:40], least=least, greatest=greatest,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _ColumnContent:
    name: str
    how: ColumnType
    rows: int
    filled: int
    distinct: int
    negative: bool
    scale: int
    ends: tuple[Decimal, Decimal] | None
    """The least and the greatest of its numbers."""

    @property
    def role(self) -> ColumnUse:
        words = name_as_words(self.name)
        if self.how.kind == "date":
            return "due" if _DUE.search(words) else "paid" if _PAID.search(words) else "date"
        if self.how.kind == "number":
            return self._of_number(words)
        if _IDENTIFIER.search(words) and self.distinct > 0.9 * self.filled:
            return "identifier"
        if 2 <= self.distinct <= min(MAX_NAMES, self.filled / 1.3) or (
            2 <= self.distinct < self.filled and self.distinct <= 60
        ):
            return "dimension"
        return "identifier" if self.distinct == self.filled and self.filled > 1 else "text"

    def _of_number(self, words: str) -> ColumnUse:
        whole = self.scale == 0
        if self._is_rate(words):
            return "rate"
        if whole and not self.negative and _IDENTIFIER.search(words):
            return "identifier" if self.distinct == self.filled else "dimension"
        if whole and not self.how.unit and (_YEARLIKE.search(words) or self._holds_years(words)):
            return "dimension"
        if _LEVEL.search(words) and not _MONEY_FLOW.search(words):
            return "level"
        if self.how.unit or _AMOUNT.search(words):
            return "rate" if _RATE.search(words) and _QUANTITY.search(words) is None else "amount"
        if _QUANTITY.search(words):
            return "quantity"
        if whole and self.rows >= 20 and self.distinct <= 5:
            return "dimension"
        return "amount"

    def _is_rate(self, words: str) -> bool:
        if self.how.unit:
            return self.how.unit == "%"
        named = "%" in self.name or bool(_RATE.search(words))
        return named or self._holds_tax_rates(words) or self._holds_fractions(words)

    def _holds_years(self, words: str) -> bool:
        """Whether all are whole numbers such as 2026 and come again, in a column that names no amount."""
        if self.ends is None or self.distinct > self.filled / 2 or _AMOUNT.search(words):
            return False
        return _YEARS[0] <= self.ends[0] and self.ends[1] <= _YEARS[1]

    def _holds_tax_rates(self, words: str) -> bool:
        """Whether a column named as a tax or discount has a handful of values as rates have: 5.5, 10, 20."""
        return (
            bool(_TAX_RATE.search(words) and self.ends)
            and self.ends is not None
            and self.ends[0] >= 0
            and self.ends[1] <= _HIGHEST_TAX_RATE
            and self.distinct <= min(_MOST_TAX_RATES, self.filled / 2)
        )

    def _holds_fractions(self, words: str) -> bool:
        """Whether all lie between 0 and 1 with digits behind the mark, and none is named as an amount."""
        if self.ends is None or _AMOUNT.search(words) or self.distinct < _LEAST_FRACTIONS:
            return False
        return self.scale > 1 and self.ends[0] >= 0 and self.ends[1] <= 1


def _tell_levels(
    book: TableBook, table: LoadedTable, profiles: list[ColumnProfile]
) -> Iterator[ColumnProfile]:
    """Tell levels from flows: with one row a day and several numbers, they are read off, not added up."""
    days = [p for p in profiles if p.role == "date"]
    single = len(days) == 1 and days[0].distinct == days[0].filled == table.rows and table.rows > 1
    numbers = [p for p in profiles if p.role in {"amount", "quantity"}]
    measured = [p for p in profiles if p.role in {"amount", "quantity", "level"}]
    names = [p for p in profiles if p.role == "dimension"]
    for each in profiles:
        plain = each in numbers and not each.how.unit and not _AMOUNT.search(each.words)
        read_off = single and not names and len(measured) > 2 and plain
        running = each in numbers and _is_running_total(book, table, each, numbers)
        yield replace(each, role="level") if read_off or running else each


def _is_running_total(
    book: TableBook, table: LoadedTable, column: ColumnProfile, numbers: list[ColumnProfile]
) -> bool:
    """Whether a column grows from row to row by what another says: the balance of a bank's statement."""
    level = quoted(column.name)
    for other in numbers:
        if other is column or table.rows < _LEAST_ROWS:
            continue
        step = quoted(other.name)
        down, up, rows = book.select(
            f"SELECT count(*) FILTER (l - before = s), count(*) FILTER (before - l = b), count(*) "
            f"FROM (SELECT {level} AS l, {step} AS s, lag({level}) OVER (ORDER BY {LINE}) AS before, "
            f"lag({step}) OVER (ORDER BY {LINE}) AS b FROM {quoted(table.name)}) "
            "WHERE l IS NOT NULL AND before IS NOT NULL AND s <> 0 AND b <> 0"
        )[1][0]
        if rows >= _LEAST_ROWS - 1 and max(down, up) >= _MOST_STEPS * rows:
            return True
    return False


def main_day(profiles: list[ColumnProfile]) -> ColumnProfile | None:
    """Choose the column that says when a row happened."""
    days = [p for p in profiles if p.role == "date"] or [p for p in profiles if p.role in {"due", "paid"}]
    return max(days, key=lambda p: (p.filled, bool(_EVENT.search(p.words))), default=None)


def main_amount(profiles: list[ColumnProfile]) -> ColumnProfile | None:
    """Choose the number a report is about: an amount by its name and currency, the last of several."""
    order = {"amount": 2, "quantity": 1}
    listed = [(n, p) for n, p in enumerate(profiles) if p.role in order]

    def weight(each: tuple[int, ColumnProfile]) -> tuple[int, int, int, int]:
        n, p = each
        named = re.search(r"\b(total|amount|montant|revenue|sales|ca|ventes?)\b", p.words)
        tax = re.search(r"\b(tva|vat|tax|taxe|discount|remise|paid|paye)\b", p.words)
        return order[p.role] - 3 * bool(tax), bool(named), bool(p.how.unit), n

    return max(listed, key=weight)[1] if listed else None


FactDefinition = dict[str, object]
MANY_NAMES, FEW_NAMES = 20, 12
_CREDIT_NOTE = re.compile(r"\b(avoirs?|credit notes?|credits?|refunds?|remboursements?|returns?|retours?)\b")


def coverage_of_column(book: TableBook, table: LoadedTable, column: str | None) -> Coverage:
    """Tell on which days a table has rows, by one of its columns."""
    if column is None:
        return Coverage(())
    day = quoted(column)
    sql = f"SELECT DISTINCT {day} FROM {quoted(table.name)} WHERE {day} IS NOT NULL ORDER BY 1"
    return Coverage(tuple(row[0] for row in book.select(sql)[1]))


def choose_grain(coverage: Coverage, rows: int) -> Grain | None:
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


def newest_whole_period(coverage: Coverage, grain: Grain) -> Window:
    """Give the newest period whose rows are all there; the newest of all where it is the only one."""
    newest = Window.around(coverage.days[-1], grain)
    before = newest.previous
    whole = coverage.gap_in(newest) is None or before.last < coverage.days[0]
    return newest if whole else before


def count_periods(coverage: Coverage, grain: Grain | None) -> int:
    """Count the periods the rows reach over."""
    return len(windows(coverage.days[0], coverage.days[-1], grain)) if grain and coverage.days else 0


def find_credit_notes(book: TableBook, table: LoadedTable, profiles: list[ColumnProfile]) -> FactDefinition:
    """Find rows of credit notes that are written without a minus: added up, they would count twice."""
    amount = main_amount(profiles)
    for each in profiles:
        if amount is None or each.role != "dimension" or each.how.kind != "text" or each.distinct > FEW_NAMES:
            continue
        column, money = quoted(each.name), quoted(amount.name)
        names = book.select(
            f"SELECT {column}, min({money}) FROM {quoted(table.name)} WHERE {column} IS NOT NULL "
            "GROUP BY 1 ORDER BY 1"
        )[1]
        notes = [(name, least) for name, least in names if _CREDIT_NOTE.search(name_as_words(name))]
        if len(notes) == 1 and len(names) > 1 and notes[0][1] is not None and notes[0][1] >= 0:
            return {"credits": f"{sql_name(each.name)} = {literal(notes[0][0])}"}
    return {}


def net_or_gross(column: str) -> FactDefinition:
    """Tell from its name whether a column's amounts are net or gross of tax."""
    words = name_as_words(column)
    if re.search(r"\b(ht|hors taxes?|net|excl)\b", words):
        return {"amounts": "net"}
    return {"amounts": "gross"} if re.search(r"\b(ttc|gross|brut|incl)\b", words) else {}


def label_of_column(column: str) -> Phrase:
    """Write a column's name as a label."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_+", " ", column).strip()
    return say("{text}", text=words[:1].upper() + words[1:])


def sql_name(column: str) -> str:
    """Write a column's name as a person writes it in SQL: quoted only where that is needed."""
    return column if re.fullmatch(r"[A-Za-z_]\w*", column) else quoted(column)


def usefulness(profile: ColumnProfile) -> tuple[bool, float]:
    """Prefer columns with a handful to a few hundred names."""
    return profile.distinct < 3, abs(profile.distinct - 15) / (profile.distinct + 15)


def holds_addresses(profile: ColumnProfile) -> bool:
    """Whether a column holds mail addresses."""
    return "@" in profile.example


def names_people(profile: ColumnProfile) -> bool:
    """Whether a column, by its name, says who: customers, members, suppliers."""
    words = r"\b(customer|client|buyer|patient|member|user|account|supplier|fournisseur|adherent|kunde)"
    return bool(re.search(words, profile.words))
