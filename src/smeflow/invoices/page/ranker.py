"""Rank candidates by learned weights: for each field a softmax over its candidates and "not on the page".

The weights are `ranker.bin`, made by ``scripts/train_ranker.py``: a line of JSON, then signed bytes for each
field. A feature weighs the byte in its bucket times the field's scale; features share buckets by their hash.
"""

import json
import math
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from zlib import crc32

from smeflow.invoices.page.candidates import Candidate
from smeflow.invoices.page.features import (
    FIELDS,
    CandidateContext,
    say_amounts,
    say_currencies,
    say_dates,
    say_numbers,
)
from smeflow.invoices.page.firm_features import say_firms

WEIGHTS = "ranker.bin"
_SAY: Mapping[str, Callable[[CandidateContext], Iterator[list[str]]]] = {
    "dates": say_dates,
    "amounts": say_amounts,
    "numbers": say_numbers,
    "currencies": say_currencies,
    "firms": say_firms,
}


@dataclass
class Featured(CandidateContext):
    """The candidates of a document and what is said of each."""

    _said: dict[str, list[list[str]]] = field(default_factory=dict)

    def of_kind(self, kind: str) -> list[list[str]]:
        """Give the features of each candidate of a kind: ``dates``, ``amounts`` and so on."""
        if kind not in self._said:
            self._said[kind] = self._say(kind)
        return self._said[kind]

    def _say(self, kind: str) -> list[list[str]]:
        texts = [list(said) for said in _SAY[kind](self)]
        rules = [(name, self.chosen_by_rules.get(name)) for name, of in FIELDS.items() if of == kind]
        for candidate, said in zip(getattr(self.candidates, kind), texts, strict=True):
            said += [f"R{name}" if candidate.key == key else f"R-{name}" for name, key in rules if key]
        return texts

    def of_absence(self, name: str) -> list[str]:
        """Give the features of a field's absence from the page."""
        labels = self.view.labels_of(name)
        said = [
            "absent",
            f"l{'none' if not labels else 'weak' if all(x.hit.weak for x in labels) else 'strong'}",
        ]
        keys = {c.key for c in getattr(self.candidates, FIELDS[name])}
        said.append(f"keys{min(4, len(keys))}")
        said.append(f"R{'none' if name not in self.chosen_by_rules else 'chosen'}")
        return said


@dataclass(frozen=True)
class RankerWeights:
    """The learned weights of every field, by bucket."""

    buckets: int
    tables: Mapping[str, Sequence[float]]

    def score(self, name: str, buckets: Sequence[int]) -> float:
        """Add up the weights of a field in some buckets."""
        return sum(map(self.tables[name].__getitem__, buckets))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A value of a field with its probability; None is "not on the page"."""

    key: str | None
    probability: float
    best: Candidate | None
    """The most likely of the places where it is printed."""


def hashed(features: Sequence[str], buckets: int) -> list[int]:
    """Give the buckets of some features."""
    return list(map(_bucket_among(buckets), features))


@lru_cache(maxsize=2)
def _bucket_among(buckets: int) -> Callable[[str], int]:
    """Give the function that tells a feature's bucket, and remembers many: most are said again and again."""
    return lru_cache(maxsize=1 << 15)(lambda text: crc32(text.encode()) % buckets)


def pack(
    buckets: int, tables: Mapping[str, tuple[float, Sequence[int]]], about: Mapping[str, object]
) -> bytes:
    """Write tables of signed bytes, each with its scale, and what is to be known *about* them."""
    head = {"buckets": buckets, "scales": {name: scale for name, (scale, _) in tables.items()}, **about}
    body = b"".join(array("b", table).tobytes() for _, table in tables.values())
    return json.dumps(head, sort_keys=False).encode() + b"\n" + body


def unpack(data: bytes) -> RankerWeights:
    """Read what `pack` wrote."""
    line, _, body = data.partition(b"\n")
    head = json.loads(line)
    buckets = head["buckets"]
    tables = {}
    for place, (name, scale) in enumerate(head["scales"].items()):
        table = array("b", body[place * buckets : (place + 1) * buckets])
        tables[name] = tuple(value * scale for value in table)
    return RankerWeights(buckets=buckets, tables=tables)


@lru_cache(maxsize=1)
def weights() -> RankerWeights:
    """Load the weights of the package."""
    return unpack((resources.files("smeflow.invoices.page") / WEIGHTS).read_bytes())


def rank(featured: Featured, learned: RankerWeights | None = None) -> dict[str, list[Ranked]]:
    """Rank the values of each field, the likeliest first; "not on the page" is one of them."""
    learned = learned or weights()
    ranked = {}
    for kind in dict.fromkeys(FIELDS.values()):
        candidates = getattr(featured.candidates, kind)
        said = [hashed(features, learned.buckets) for features in featured.of_kind(kind)]
        for name in (name for name, of in FIELDS.items() if of == kind):
            scores = [learned.score(name, buckets) for buckets in said]
            absence = learned.score(name, hashed(featured.of_absence(name), learned.buckets))
            ranked[name] = _softmax(candidates, scores, absence)
    return ranked


def _softmax(candidates: Sequence[Candidate], scores: Sequence[float], absence: float) -> list[Ranked]:
    """Turn scores of places into probabilities of values."""
    most = max([absence, *scores])
    whole = math.exp(absence - most) + sum(math.exp(score - most) for score in scores)
    best: dict[str, tuple[float, Candidate]] = {}
    mass: dict[str, float] = {}
    for candidate, score in zip(candidates, scores, strict=True):
        mass[candidate.key] = mass.get(candidate.key, 0.0) + math.exp(score - most) / whole
        if candidate.key not in best or best[candidate.key][0] < score:
            best[candidate.key] = score, candidate
    ranked = [Ranked(key=key, probability=p, best=best[key][1]) for key, p in mass.items()]
    ranked.append(Ranked(key=None, probability=math.exp(absence - most) / whole, best=None))
    return sorted(ranked, key=lambda r: -r.probability)
