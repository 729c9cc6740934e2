"""The words of a case, and which labels they speak for.

Useful before there are examples, in French, English and German.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources

from smeflow._text import folded, folded_map
from smeflow.core.case import Case
from smeflow.documents.document import Document
from smeflow.documents.xml import OTHER_ROOTS

TEXT_CHARACTERS = 20_000
"""Characters of a text that count for its label."""
QUOTE_CHARACTERS = 200_000
"""Characters that are searched for a quote."""
HEAD_CHARACTERS = 1_500
"""Characters of each attachment that count: what a paper is stands at its top."""


@dataclass(frozen=True, kw_only=True)
class CaseText:
    """A case as a person sorting post looks at it."""

    subject: str
    sender: str
    text: str
    attachments: tuple[tuple[str, str], ...] = ()
    """Each attachment's name and the beginning of its text."""
    named: bool = True
    """The subject is one, and not a file's name."""
    data: str = ""
    """The root element of the e-invoice among the files, or inside one; empty where there is none."""

    @classmethod
    def of(cls, case: Case) -> "CaseText":
        """Take the pieces of *case*; a file's name stands in for a subject."""
        first = case.documents[0] if case.documents else None
        named = dict(first.fields) if first else {}
        mail = first is not None and first.media_type == "message/rfc822"
        rest = case.documents[1:] if mail else ()
        fallback = first.name if first and not first.media_type.endswith("row+json") else ""
        subject = named.get("subject", "") or ("" if mail else named.get("title", ""))
        return cls(
            subject=subject or ("" if mail else fallback),
            named=bool(subject),
            sender=named.get("from", ""),
            text=(first.text if first and first.text.strip() else case.text),
            attachments=tuple((d.name, d.text[:HEAD_CHARACTERS]) for d in rest),
            data=next((d.fields["root"] for d in _inside(case) if _is_invoice(d)), ""),
        )

    @cached_property
    def everything(self) -> str:
        """The text of subject, body and attachments, in this order."""
        text = self.text[:TEXT_CHARACTERS]
        parts = [self.subject, text, *(f"{name}\n{text}" for name, text in self.attachments)]
        return "\n".join(part for part in parts if part)

    @cached_property
    def folded(self) -> str:
        """Everything, in the form words are compared in."""
        return folded(self.everything)


def _is_invoice(document: Document) -> bool:
    return bool(document.fields.get("syntax")) or document.fields.get("root") in OTHER_ROOTS


def _inside(case: Case) -> Iterator[Document]:
    for document in case.documents:
        yield from document.walk()


def quote_of(words: str, text: str) -> str | None:
    """Find *words* in *text* as they stand there, whatever their case and accents; None where they do not."""
    wanted = folded(words)
    if not wanted:
        return None
    flat, places = folded_map(text[:QUOTE_CHARACTERS])
    at = flat.find(wanted)
    return text[places[at] : places[at + len(wanted) - 1] + 1] if at >= 0 else None


DECISIVE, STRONG, WEAK = 12.0, 3.0, 1.0
ENOUGH_WEIGHT = 4.0
"""What words must weigh together before they decide: a strong phrase and a weak word, say."""
_WORD = re.compile(r"[^\W\d_]{5,}")
_STEM = 6
"""Words of a label's description count by their first letters, so that inflection does not matter."""


@dataclass(frozen=True, slots=True)
class LabelTerm:
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


def label_terms(labels: Mapping[str, str]) -> dict[str, tuple[LabelTerm, ...]]:
    """Collect the phrases each label is known by: its topic's or its description's."""
    found = {}
    for label, about in labels.items():
        name = folded(label.replace("_", " ").replace("-", " "))
        known = _topics().get(name, ())
        stems = dict.fromkeys(word[:_STEM] for word in _WORD.findall(folded(about)))
        described = () if known else tuple(LabelTerm(stem, WEAK) for stem in stems if stem not in _COMMON)
        found[label] = known + described
    return found


def label_phrases(label: str) -> tuple[str, ...]:
    """Give what every office knows *label* by, as two lists in words: the weak words, the strong phrases."""
    known = _topics().get(folded(label.replace("_", " ").replace("-", " ")), ())
    lists = [[t.text for t in known if not t.data and t.weight == weight] for weight in (WEAK, STRONG)]
    return tuple(", ".join(phrases) for phrases in lists if phrases)


def weigh_words(pieces: CaseText, terms: Mapping[str, tuple[LabelTerm, ...]]) -> WordScores:
    """Weigh the phrases of each label that *pieces* hold; in the subject a phrase counts double."""
    subject, text = f" {folded(pieces.subject)}", f" {pieces.folded}"
    scores, quotes = {}, {}
    for label, known in terms.items():
        hits = [(_weight(term, subject), term) for term in known if _met(term, text, pieces.data)]
        scores[label] = sum(weight for weight, _ in hits)
        if hits:
            quotes[label] = max(hits, key=lambda hit: (hit[0], len(hit[1].text)))[1].text
    ranked = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
    total = sum(scores.values()) + ENOUGH_WEIGHT
    shares = {label: score / total for label, score in scores.items()}
    leads = ranked[0][1] > 0 and (len(ranked) < 2 or ranked[0][1] >= 2 * ranked[1][1])
    leader = ranked[0][0] if leads else None
    best = leader if ranked[0][1] >= ENOUGH_WEIGHT else None
    quote = quote_of(quotes[leader], pieces.everything) if leader else None
    return WordScores(scores=shares, leader=leader, best=best, quote=quote)


def _met(term: LabelTerm, text: str, data: str) -> bool:
    return term.text == data if term.data else _stands(term.text, text)


def _weight(term: LabelTerm, subject: str) -> float:
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
def _topics() -> Mapping[str, tuple[LabelTerm, ...]]:
    """Read the phrases of every topic, by each name the topic goes by."""
    topics = json.loads(
        resources.files("smeflow.triage").joinpath("label_words.json").read_text(encoding="utf-8")
    )
    found: dict[str, tuple[LabelTerm, ...]] = {}
    for topic in topics.values():
        strong = tuple(LabelTerm(folded(phrase), STRONG) for phrase in topic["strong"])
        weak = tuple(LabelTerm(folded(phrase), WEAK) for phrase in topic["weak"])
        data = tuple(LabelTerm(root, DECISIVE, data=True) for root in topic.get("data", ()))
        # a credit note is an invoice where no label is nearer
        too = tuple(LabelTerm(root, ENOUGH_WEIGHT, data=True) for root in topic.get("data_too", ()))
        found.update(dict.fromkeys((folded(name) for name in topic["names"]), strong + weak + data + too))
    return found
