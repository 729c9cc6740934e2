"""What the firm knows, from its own tables: rows by value, and rows by likeness."""

import math
import threading
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from smeflow._text import folded
from smeflow.tables.rows import read_table

KnownRow = Mapping[str, str]


class KnownTables:
    """Named tables, each read when it is first asked for. Safe to share between threads."""

    def __init__(self, paths: Mapping[str, Path]) -> None:
        self.paths = dict(paths)
        self._tables: dict[str, _IndexedTable] = {}
        self._lock = threading.Lock()

    def rows(self, table: str, **where: str) -> Sequence[KnownRow]:
        """Give the rows of *table* whose columns equal *where*, case, accents and spaces left aside.

        Raises:
            SourceError: The table's file cannot be read.
        """
        indexed = self._table(table)
        return indexed.where(where) if indexed else ()

    def nearest(self, table: str, text: str, k: int = 3) -> Sequence[KnownRow]:
        """Give the *k* rows of *table* most like *text* by their runs of three letters, the nearest first.

        Raises:
            SourceError: The table's file cannot be read.
        """
        indexed = self._table(table)
        return indexed.like(text, k) if indexed else ()

    def _table(self, name: str) -> "_IndexedTable | None":
        if name not in self.paths:
            return None
        with self._lock:
            if name not in self._tables:
                self._tables[name] = _IndexedTable([row for _, row in read_table(self.paths[name]).rows()])
            return self._tables[name]


class _IndexedTable:
    """Rows with two indexes, each made once it is needed."""

    def __init__(self, rows: list[dict[str, str]]) -> None:
        self.rows = rows
        self._equal: dict[str, dict[str, list[int]]] = {}
        self._grams: dict[str, list[tuple[int, float]]] | None = None
        self._weights: dict[str, float] = {}
        self._lock = threading.Lock()

    def where(self, where: Mapping[str, str]) -> Sequence[KnownRow]:
        if not where:
            return self.rows
        sets = [set(self._index(column).get(_compact(value), ())) for column, value in where.items()]
        return [self.rows[n] for n in sorted(set.intersection(*sets))]

    def _index(self, column: str) -> dict[str, list[int]]:
        with self._lock:
            if column not in self._equal:
                index: dict[str, list[int]] = defaultdict(list)
                for n, row in enumerate(self.rows):
                    if row.get(column):
                        index[_compact(row[column])].append(n)
                self._equal[column] = index
            return self._equal[column]

    def like(self, text: str, k: int) -> Sequence[KnownRow]:
        """Rank by the cosine of the weighted runs of letters; a tie keeps the order of the rows."""
        postings = self._postings()
        scores: dict[int, float] = defaultdict(float)
        for gram, times in letter_trigrams(text).items():
            for n, weight in postings.get(gram, ()):
                scores[n] += times * self._weights[gram] * weight
        ranked = sorted(scores, key=lambda n: (-round(scores[n], 12), n))
        return [self.rows[n] for n in ranked[:k]]

    def _postings(self) -> dict[str, list[tuple[int, float]]]:
        with self._lock:
            if self._grams is None:
                counted = [letter_trigrams(" ".join(row.values())) for row in self.rows]
                spread = Counter(gram for each in counted for gram in each)
                total = len(self.rows)
                self._weights = {gram: math.log((1 + total) / (0.5 + n)) for gram, n in spread.items()}
                postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
                for n, each in enumerate(counted):
                    length = math.sqrt(sum((c * self._weights[g]) ** 2 for g, c in each.items())) or 1.0
                    for gram, count in each.items():
                        postings[gram].append((n, count * self._weights[gram] / length))
                self._grams = dict(postings)
            return self._grams


def letter_trigrams(text: str) -> Counter[str]:
    """Count the runs of three letters of a text, words set apart by spaces."""
    padded = f" {folded(text)} "
    return Counter(padded[i : i + 3] for i in range(len(padded) - 2))


def _compact(value: str) -> str:
    return folded(value).replace(" ", "")
