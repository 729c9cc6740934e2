"""Tell what each column of an unknown table is for: something measured, something counted by, a day."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from smeflow._text import folded
from smeflow.facts.book import LINE, Book, Held, quoted
from smeflow.facts.kinds import ReadAs

Role = Literal[
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
    r"rating|average|avg|moyen\w*|margin|marge|temperature|latitude|longitude|lat|lon|lng)\b"
)
_QUANTITY = re.compile(
    r"\b(quantity|quantities|quantite|quantites|qty|qte|units|pieces|count|nombre|nb|heures|hours)\b"
)
_AMOUNT = re.compile(
    r"\b(amount|total|revenue|sales|turnover|montant|ca|chiffre|vente|ventes|ht|ttc|net|gross|cost|cout|"
    r"depense\w*|expense\w*|paye|solde|balance|debit|credit|price|prix|valeur|value)\b"
)
_YEARLIKE = re.compile(r"\b(year|annee|an|month|mois|week|semaine|quarter|trimestre)\b")
MAX_NAMES = 2_000


@dataclass(frozen=True, kw_only=True)
class Profile:
    """One column: how it is read, what is in it, and what it is for."""

    name: str
    how: ReadAs
    role: Role
    filled: int
    distinct: int
    example: str = ""
    least: str | None = None
    greatest: str | None = None

    @property
    def words(self) -> str:
        """The name as words, folded."""
        return words_of(self.name)


def words_of(name: str) -> str:
    """Write a column's name as words: ``InvoiceDate`` and ``invoice_date`` become ``invoice date``."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_\-./]+", " ", name)
    return " ".join(folded(spaced).split())


def happened(column: str) -> bool:
    """Whether a column with days says, by its name, neither when something is due nor when it was paid."""
    words = words_of(column)
    return not _DUE.search(words) and not _PAID.search(words)


def profiles(book: Book, held: Held) -> list[Profile]:
    """Look at every column of a table."""
    found = list(_profiles(book, held))
    return list(_levels(book, held, found))


def _profiles(book: Book, held: Held) -> Iterator[Profile]:
    table = quoted(held.name)
    for name, how in held.columns.items():
        column = quoted(name)
        ends = (
            f"min({column})::VARCHAR, max({column})::VARCHAR"
            if how.kind in {"number", "date"}
            else "NULL, NULL"
        )
        filled, distinct, least, greatest, example, negative = book.select(
            f"SELECT count({column}), count(DISTINCT {column}), {ends}, "
            f"any_value({column})::VARCHAR, "
            + (f"count(*) FILTER ({column} < 0)" if how.kind == "number" else "0")
            + f" FROM (SELECT {column} FROM {table} ORDER BY {LINE})"
        )[1][0]
        seen = _Seen(name, how, held.rows, filled, distinct, bool(negative), held.scales.get(name, 0))
        yield Profile(
            name=name, how=how, role=seen.role, filled=filled, distinct=distinct,
            example=(example or "")[:40], least=least, greatest=greatest,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Seen:
    name: str
    how: ReadAs
    rows: int
    filled: int
    distinct: int
    negative: bool
    scale: int

    @property
    def role(self) -> Role:
        words = words_of(self.name)
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

    def _of_number(self, words: str) -> Role:
        whole = self.scale == 0
        if self.how.unit == "%" or (_RATE.search(words) and not self.how.unit):
            return "rate"
        if whole and not self.negative and _IDENTIFIER.search(words):
            return "identifier" if self.distinct == self.filled else "dimension"
        if whole and _YEARLIKE.search(words):
            return "dimension"
        if self.how.unit or _AMOUNT.search(words):
            return "rate" if _RATE.search(words) and _QUANTITY.search(words) is None else "amount"
        if _QUANTITY.search(words):
            return "quantity"
        if whole and self.rows >= 20 and self.distinct <= 5:
            return "dimension"
        return "amount"


def _levels(book: Book, held: Held, found: list[Profile]) -> Iterator[Profile]:
    """Tell levels from flows: with one row a day and several numbers, they are read off, not added up."""
    from dataclasses import replace

    days = [p for p in found if p.role == "date"]
    single = len(days) == 1 and days[0].distinct == days[0].filled == held.rows and held.rows > 1
    numbers = [p for p in found if p.role in {"amount", "quantity"}]
    names = [p for p in found if p.role == "dimension"]
    for each in found:
        plain = each in numbers and not each.how.unit and not _AMOUNT.search(each.words)
        yield replace(each, role="level") if single and not names and len(numbers) > 2 and plain else each


def main_day(found: list[Profile]) -> Profile | None:
    """Choose the column that says when a row happened."""
    days = [p for p in found if p.role == "date"] or [p for p in found if p.role in {"due", "paid"}]
    return max(days, key=lambda p: (p.filled, bool(_EVENT.search(p.words))), default=None)


def main_amount(found: list[Profile]) -> Profile | None:
    """Choose the number a report is about: an amount by its name and currency, the last of several."""
    order = {"amount": 2, "quantity": 1}
    listed = [(n, p) for n, p in enumerate(found) if p.role in order]

    def weight(each: tuple[int, Profile]) -> tuple[int, int, int, int]:
        n, p = each
        named = re.search(r"\b(total|amount|montant|revenue|sales|ca|ventes?)\b", p.words)
        tax = re.search(r"\b(tva|vat|tax|taxe|discount|remise|paid|paye)\b", p.words)
        return order[p.role] - 3 * bool(tax), bool(named), bool(p.how.unit), n

    return max(listed, key=weight)[1] if listed else None


def spread(profile: Profile) -> Decimal | None:
    """Give how far the values of a column lie apart."""
    if profile.least is None or profile.greatest is None or profile.how.kind != "number":
        return None
    return Decimal(profile.greatest) - Decimal(profile.least)
