"""The words of a case, and which labels they speak for.

Useful before there are examples, in French, English and German.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources

from smeflow._text import folded, folded_map
from smeflow.core.case import Case
from smeflow.documents.document import MAIL, ROW, Document
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
        fields = first.fields if first else {}
        is_mail = first is not None and first.media_type == MAIL
        name = first.name if first and first.media_type != ROW else ""
        subject = fields.get("subject", "") or ("" if is_mail else fields.get("title", ""))
        every = (inner for document in case.documents for inner in document.walk())
        return cls(
            subject=subject or ("" if is_mail else name),
            named=bool(subject),
            sender=fields.get("from", ""),
            text=(first.text if first and first.text.strip() else case.text),
            attachments=tuple(
                (document.name, document.text[:HEAD_CHARACTERS])
                for document in (case.documents[1:] if is_mail else ())
            ),
            data=next((document.fields["root"] for document in every if _is_invoice(document)), ""),
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


def quote_of(words: str, text: str) -> str | None:
    """Find *words* in *text* as they stand there, whatever their case and accents; None where they do not."""
    needle = folded(words)
    if not needle:
        return None
    flat, places = folded_map(text[:QUOTE_CHARACTERS])
    start = flat.find(needle)
    return text[places[start] : places[start + len(needle) - 1] + 1] if start >= 0 else None


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
    terms = {}
    for label, about in labels.items():
        known = _topics().get(folded(label_name(label)), ())
        stems = dict.fromkeys(word[:_STEM] for word in _WORD.findall(folded(about)))
        described = () if known else tuple(LabelTerm(stem, WEAK) for stem in stems if stem not in _COMMON)
        terms[label] = known + described
    return terms


def label_phrases(label: str) -> tuple[str, ...]:
    """Give what every office knows *label* by, as two lists in words: the weak words, the strong phrases."""
    known = _topics().get(folded(label_name(label)), ())
    lists = [[t.text for t in known if not t.data and t.weight == weight] for weight in (WEAK, STRONG)]
    return tuple(", ".join(phrases) for phrases in lists if phrases)


def label_name(label: str) -> str:
    """Give a label as words."""
    return label.replace("_", " ").replace("-", " ")


_DEGREES = frozenset(
    re.findall(
        r"\w+",
        """
        urgent urgente dringend eilig important importante wichtig prioritaire priority priorite normal
        normale low high medium middle basse haute moyenne faible fort niedrig hoch mittel yes no oui non ja
        nein true false vrai faux other others autre autres rest reste sonstige sonstiges andere misc divers
        positive negative neutral new nouveau neu done open closed ouvert ferme a b c d
        """,
    )
)
"""Words that say how much, or nothing of the matter: any text may hold them."""


def is_degree(label: str) -> bool:
    """Tell whether a label's name is such a word or a number: what resembles it says nothing of the label."""
    words = folded(label_name(label)).split()
    return all(word in _DEGREES or word.isdigit() for word in words)


def weigh_words(pieces: CaseText, terms: Mapping[str, tuple[LabelTerm, ...]]) -> WordScores:
    """Weigh the phrases of each label that *pieces* hold; in the subject a phrase counts double."""
    subject, text = f" {folded(pieces.subject)}", f" {pieces.folded}"
    scores, quotes = {}, {}
    for label, known in terms.items():
        matches = [(_weight(term, subject), term) for term in known if _matches(term, text, pieces.data)]
        scores[label] = sum(weight for weight, _ in matches)
        if matches:
            quotes[label] = max(matches, key=lambda match: (match[0], len(match[1].text)))[1].text
    ranked = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
    total = sum(scores.values()) + ENOUGH_WEIGHT
    shares = {label: score / total for label, score in scores.items()}
    leads = ranked[0][1] > 0 and (len(ranked) < 2 or ranked[0][1] >= 2 * ranked[1][1])
    leader = ranked[0][0] if leads else None
    best = leader if ranked[0][1] >= ENOUGH_WEIGHT else None
    quote = quote_of(quotes[leader], pieces.everything) if leader else None
    return WordScores(scores=shares, leader=leader, best=best, quote=quote)


def _matches(term: LabelTerm, text: str, data: str) -> bool:
    return term.text == data if term.data else _begins_word(term.text, text)


def _weight(term: LabelTerm, subject: str) -> float:
    return term.weight * (2 if not term.data and _begins_word(term.text, subject) else 1)


def _begins_word(phrase: str, text: str) -> bool:
    """Tell whether *phrase* begins at a word's beginning in *text*."""
    start = text.find(phrase)
    while start > 0:
        if not text[start - 1].isalnum():
            return True
        start = text.find(phrase, start + 1)
    return False


_COMMON = frozenset(
    {"about", "other", "their", "which", "there", "toute", "toutes", "autre", "autres", "avec", "andere"}
)


@cache
def _topics() -> Mapping[str, tuple[LabelTerm, ...]]:
    """Read the phrases of every topic, by each name the topic goes by."""
    file = resources.files("smeflow.triage").joinpath("label_words.json")
    terms: dict[str, tuple[LabelTerm, ...]] = {}
    for topic in json.loads(file.read_text(encoding="utf-8")).values():
        strong = tuple(LabelTerm(folded(phrase), STRONG) for phrase in topic["strong"])
        weak = tuple(LabelTerm(folded(phrase), WEAK) for phrase in topic["weak"])
        data = tuple(LabelTerm(root, DECISIVE, data=True) for root in topic.get("data", ()))
        # a credit note is an invoice where no label is nearer
        fallback = tuple(LabelTerm(root, ENOUGH_WEIGHT, data=True) for root in topic.get("data_too", ()))
        names = (folded(name) for name in topic["names"])
        terms |= dict.fromkeys(names, strong + weak + data + fallback)
    return terms
