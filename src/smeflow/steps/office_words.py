"""What common office labels are known by, in French, English and German: useful before there are examples."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from smeflow._text import folded
from smeflow.steps.pieces import Pieces, quote_of

DECISIVE, STRONG, WEAK = 12.0, 3.0, 1.0
ENOUGH = 4.0
"""What words must weigh together before they decide: a strong phrase and a weak word, say."""
_WORD = re.compile(r"[^\W\d_]{5,}")
_STEM = 6
"""Words of a label's description count by their first letters, so that inflection does not matter."""


@dataclass(frozen=True, slots=True)
class Term:
    """One phrase and what it weighs."""

    text: str
    weight: float
    data: bool = False
    """Not words but the root element of an e-invoice: what the file is, whatever it says."""


@dataclass(frozen=True, kw_only=True)
class WordScores:
    """How much of each label's words a case has."""

    scores: dict[str, float]
    leader: str | None
    """The label with at least twice the weight of any other."""
    best: str | None
    """The leader, where its words weigh enough to decide alone."""
    quote: str | None = None
    """The leader's weightiest words, as they stand in the text."""


def terms_of(labels: Mapping[str, str]) -> dict[str, tuple[Term, ...]]:
    """Collect the phrases each label is known by: its topic's or its description's."""
    found = {}
    for label, about in labels.items():
        name = folded(label.replace("_", " ").replace("-", " "))
        known = _topics().get(name, ())
        stems = dict.fromkeys(word[:_STEM] for word in _WORD.findall(folded(about)))
        described = () if known else tuple(Term(stem, WEAK) for stem in stems if stem not in _COMMON)
        found[label] = known + described
    return found


def phrases_of(label: str) -> tuple[str, ...]:
    """Give what every office knows *label* by, as two lists in words: the weak words, the strong phrases."""
    known = _topics().get(folded(label.replace("_", " ").replace("-", " ")), ())
    lists = [[t.text for t in known if not t.data and t.weight == weight] for weight in (WEAK, STRONG)]
    return tuple(", ".join(phrases) for phrases in lists if phrases)


def weigh(pieces: Pieces, terms: Mapping[str, tuple[Term, ...]]) -> WordScores:
    """Weigh the phrases of each label that *pieces* hold; in the subject a phrase counts double."""
    subject, text = f" {folded(pieces.subject)}", f" {pieces.folded}"
    scores, quotes = {}, {}
    for label, known in terms.items():
        hits = [(_weight(term, subject), term) for term in known if _met(term, text, pieces.data)]
        scores[label] = sum(weight for weight, _ in hits)
        if hits:
            quotes[label] = max(hits, key=lambda hit: (hit[0], len(hit[1].text)))[1].text
    ranked = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
    total = sum(scores.values()) + ENOUGH
    shares = {label: score / total for label, score in scores.items()}
    leads = ranked[0][1] > 0 and (len(ranked) < 2 or ranked[0][1] >= 2 * ranked[1][1])
    leader = ranked[0][0] if leads else None
    best = leader if ranked[0][1] >= ENOUGH else None
    quote = quote_of(quotes[leader], pieces.everything) if leader else None
    return WordScores(scores=shares, leader=leader, best=best, quote=quote)


def _met(term: Term, text: str, data: str) -> bool:
    return term.text == data if term.data else _stands(term.text, text)


def _weight(term: Term, subject: str) -> float:
    return term.weight * (2 if not term.data and _stands(term.text, subject) else 1)


def _stands(phrase: str, text: str) -> bool:
    """Tell whether *phrase* begins at a word's beginning in *text*."""
    at = text.find(phrase)
    while at > 0:
        if not text[at - 1].isalnum():
            return True
        at = text.find(phrase, at + 1)
    return False


_COMMON = frozenset(
    {"about", "other", "their", "which", "there", "toute", "toutes", "autre", "autres", "avec", "andere"}
)


@cache
def _topics() -> Mapping[str, tuple[Term, ...]]:
    """Read the phrases of every topic, by each name the topic goes by."""
    topics = json.loads(
        resources.files("smeflow.steps").joinpath("label_words.json").read_text(encoding="utf-8")
    )
    found: dict[str, tuple[Term, ...]] = {}
    for topic in topics.values():
        strong = tuple(Term(folded(phrase), STRONG) for phrase in topic["strong"])
        weak = tuple(Term(folded(phrase), WEAK) for phrase in topic["weak"])
        data = tuple(Term(root, DECISIVE, data=True) for root in topic.get("data", ()))
        # a credit note is an invoice where no label is nearer
        too = tuple(Term(root, ENOUGH, data=True) for root in topic.get("data_too", ()))
        found.update(dict.fromkeys((folded(name) for name in topic["names"]), strong + weak + data + too))
    return found
