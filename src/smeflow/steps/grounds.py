"""Find what a text says that stands in none of its sources: figures, dates, names, promises, addresses.

What is looked for are words and signs, not meanings: a wrong claim in plain words is not seen. A doubt counts
against the text, since a person looks at what is marked.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from smeflow._text import folded
from smeflow.facts.base import Fact
from smeflow.facts.prose import check_prose
from smeflow.i18n import Phrase, say
from smeflow.readers.amounts import find_amounts
from smeflow.readers.dates import find_dates
from smeflow.steps.base import Result

Sort = Literal["figure", "name", "promise", "address", "time"]
_SENTENCE = re.compile(r"(?<=[.!?…])\s+|\n+")
_WORD = re.compile(r"[^\W\d_][\w'’\-]*")
_ADDRESS = re.compile(
    r"(?:https?://|www\.)\S+|[\w.+%-]+@[\w-]+(?:\.[\w-]+)+|\b[\w-]+\.(?:com|fr|net|org|de|eu|io)\b"
)
_TOKEN = re.compile(r"[\w.,'’/\-–]*\d[\w.,'’/\-–]*")
_UNIT = re.compile(
    r"(\d)[\s\u00a0\u202f]*(%|€|£|\$|eur\w*|pour cent|percent|prozent|h\b|heures?|hours?|stunden?|minutes?|"
    r"j\b|jours?|days?|tagen?|semaines?|weeks?|wochen?|mois|months?|monaten?|ans?\b|annees?|years?|jahren?)"
)
_SAME_UNIT = {
    "€": "eur", "pour cent": "%", "percent": "%", "prozent": "%", "heure": "h", "hour": "h", "stunde": "h",
    "j": "day", "jour": "day", "tage": "day", "tag": "day", "semaine": "week", "woche": "week",
    "moi": "month", "monate": "month", "annee": "year", "an": "year", "jahre": "year", "euro": "eur",
}  # fmt: skip
_NUMBER_WORDS = (
    r"deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|quinze|vingt|trente|"
    r"quarante|cinquante|soixante|"
    r"cent|mille|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty|"
    r"fifty|hundred|thousand|"
    r"zwei|drei|vier|funf|sechs|sieben|acht|neun|zehn|zwolf|zwanzig|dreissig|funfzig|"
    r"hundert|tausend|une?|an?|one|"
    r"eine?n?|quelques|plusieurs|some|several|einige"
)
_COUNTED = (
    r"heures?|jours?|semaines?|mois|ans?|annees?|euros?|pour cent|hours?|days?|weeks?|"
    r"months?|years?|dollars?|percent|"
    r"stunden?|tagen?|tage|wochen?|monaten?|jahren?|prozent"
)
_TIMES = re.compile(
    rf"(?<!\w)(?:(?:{_NUMBER_WORDS})[\s-]+(?:{_COUNTED})|(?:{_NUMBER_WORDS})[\s-]+(?:{_NUMBER_WORDS})"
    r"[\s-]+(?:"
    + _COUNTED
    + r")|demain|apres-demain|ce soir|cette semaine|la semaine prochaine|le mois prochain|"
    r"tomorrow|tonight|this week|next week|next month|morgen|ubermorgen|diese woche|nachste woche|"
    r"(?:des|avant|d'ici|before|by|until|bis|am|on|le|ce)\s+(?:lundi|mardi|mercredi|jeudi|"
    r"vendredi|samedi|dimanche|"
    r"monday|tuesday|wednesday|thursday|friday|saturday|sunday|montag|dienstag|mittwoch|"
    r"donnerstag|freitag|samstag))(?!\w)"
)
_PROMISE = re.compile(
    r"(?<!\w)(?:(?:nous|on|je|nos equipes?|notre service)\s+(?:vous\s+|l'|le\s+|la\s+|les\s+|en\s+|y\s+)*"
    r"(?:\w+erons|\w+irons|\w+drons|\w+trons|\w+rons|\w+rai|allons|vais|va|garantissons|"
    r"assurons|promettons|"
    r"engageons|offrons|remboursons|prenons en charge|acceptons|confirmons|livrons|accordons)|"
    r"(?:vous\s+)?(?:serez|sera|seront|recevrez|aurez|beneficierez|obtiendrez)|gratuit\w*|"
    r"sans frais|offert\w*|"
    r"rembours\w+|remise|geste commercial|garanti\w*|dedommag\w+|indemnis\w+|avoir de|"
    r"(?:we|i|our team)\s*(?:will|'ll|shall|can|could|are going to|guarantee|promise|offer|"
    r"refund|confirm|accept|agree)|"
    r"you(?:'ll| will)|will be|free of charge|for free|refund\w*|discount\w*|guarantee\w*|"
    r"compensat\w+|reimburs\w+|"
    r"(?:wir|ich)\s+(?:werden?|garantieren?|versprechen?|erstatten?|bieten?|bestatigen?|"
    r"akzeptieren?|ubernehmen)|"
    r"kostenlos\w*|kostenfrei\w*|erstatt\w+|rabatt\w*|gutschrift\w*|garantie\w*|entschadig\w+)(?!\w)"
)
_NOT = re.compile(
    r"(?<!\w)(?:not|no|never|n't|cannot|ne|n'\w+|pas|jamais|aucune?|sans|nicht|kein\w*|nie)(?!\w)"
)
_PLAIN_WORDS = (
    "i tva ht ttc pdf sms rib iban bic sepa vat faq cgv rgpd gdpr ok madame mesdames monsieur messieurs mme "
    "mr mrs ms dr eur usd gbp chf kg sie ihnen ihr ihre ihren ihrem ihrer herr frau"
)
_PLAIN = frozenset(_PLAIN_WORDS.split(" "))
"""Written with a capital and no name."""


class Mark(Result):
    """A passage that stands in no source."""

    text: str
    sort: Sort


@dataclass(frozen=True, kw_only=True)
class Sources:
    """What a text may rest on."""

    texts: Sequence[str] = ()
    """The firm's own words, whole: answers, templates."""
    values: Sequence[str] = ()
    """What is known, as it may be written: fields, cells of the customer's row."""
    facts: Sequence[Fact] = ()
    names: Sequence[str] = ()
    """Who may be named without being a fact: who wrote, the firm."""

    @cached_property
    def known(self) -> list[Fact]:
        """Give every figure and day the sources hold."""
        found = [*self.facts, *(Fact(name="value", value=v) for v in self.values if v)]
        for text in (*self.texts, *self.values):
            found += [Fact(name="text", value=amount.value) for amount in find_amounts(text)]
            found += [Fact(name="text", value=day.value) for day in find_dates(text)]
        return found

    @cached_property
    def folded(self) -> str:
        """Give all of it in the form words are compared in."""
        facts = [fact.shown for fact in self.facts]
        return " \n ".join(folded(text) for text in (*self.texts, *self.values, *self.names, *facts))

    @cached_property
    def sentences(self) -> list[str]:
        """Give the sentences of the firm's own words."""
        return [folded(part) for text in self.texts for part in _SENTENCE.split(text) if part.strip()]

    @cached_property
    def units(self) -> set[tuple[str, str]]:
        """Give each figure with its unit."""
        return set(_units(self.folded))


def unsupported(text: str, sources: Sources, language: str | None) -> tuple[Mark, ...]:
    """Give what *text* says that no source does, each passage once."""
    found = [*_figures(text, sources), *_addresses(text, sources)]
    for part in _SENTENCE.split(text):
        if part.strip():
            found += [*_names(part, sources, language), *_times(part, sources), *_promises(part, sources)]
    return tuple({(mark.text, mark.sort): mark for mark in found}.values())


def told(marks: Iterable[Mark]) -> tuple[Phrase, ...]:
    """Say each mark as a doubt."""
    return tuple(_SAY[mark.sort](mark.text) for mark in marks)


_SAY: Mapping[Sort, Callable[[str], Phrase]] = {
    "figure": lambda text: say("stands in no source: {text}", text=text),
    "name": lambda text: say("is named and stands in no source: {text}", text=text),
    "promise": lambda text: say("is promised and none of the firm's answers says so: {text}", text=text),
    "address": lambda text: say("is an address that stands in no source: {text}", text=text),
    "time": lambda text: say("is a time that stands in no source: {text}", text=text),
}


def _figures(text: str, sources: Sources) -> Iterator[Mark]:
    for phrase in check_prose(text, sources.known):
        yield Mark(text=str(phrase.data.get("figure", "")).rstrip(".,;:"), sort="figure")
    for number, unit in _units(folded(text)):
        others = {other for known, other in sources.units if known == number}
        if others and unit not in others:
            yield Mark(text=f"{number} {unit}", sort="figure")


def _units(folded_text: str) -> Iterator[tuple[str, str]]:
    for match in _TOKEN.finditer(folded_text):
        unit = _UNIT.match(folded_text, max(match.end() - 1, match.start()))
        glued = re.fullmatch(r"(\d+)(h|j)(?:eures?|ours?)?", match[0])
        if glued:
            yield glued[1], _SAME_UNIT.get(glued[2], glued[2])
        elif unit:
            word = unit[2].rstrip("sn") if len(unit[2]) > 2 else unit[2]
            word = "eur" if word.startswith("eur") else word
            yield match[0].strip(".,'-"), _SAME_UNIT.get(word, word)


def _addresses(text: str, sources: Sources) -> Iterator[Mark]:
    for match in _ADDRESS.finditer(text):
        bare = match[0].rstrip(".,;:)>\"'")
        if folded(bare) not in sources.folded:
            yield Mark(text=bare, sort="address")


def _names(sentence: str, sources: Sources, language: str | None) -> Iterator[Mark]:
    words = list(_WORD.finditer(_ADDRESS.sub(" ", sentence)))
    for place, match in enumerate(words):
        word = match[0]
        if not word[0].isupper() or place == 0:
            continue
        title = place > 0 and folded(words[place - 1][0]) in ("herr", "herrn", "frau", "firma")
        if language == "de" and not title:  # every noun has a capital
            continue
        plain = [p for p in re.split(r"['’]", folded(word)) if p]
        if not all(p in _PLAIN or _has_word(p, sources.folded) for p in plain):
            yield Mark(text=word, sort="name")


def _has_word(word: str, folded_text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", folded_text) is not None


def _times(sentence: str, sources: Sources) -> Iterator[Mark]:
    for match in _TIMES.finditer(folded(sentence)):
        if match[0] not in sources.folded:
            yield Mark(text=match[0], sort="time")


def _promises(sentence: str, sources: Sources) -> Iterator[Mark]:
    line = folded(sentence)
    if _PROMISE.search(line) and not any(_says_the_same(line, source) for source in sources.sentences):
        yield Mark(text=sentence.strip(), sort="promise")


def _says_the_same(line: str, source: str) -> bool:
    """Tell whether a sentence says what a source does: nearly all its longer words, the same yes or no."""
    words, known = set(re.findall(r"[a-z]{4,}", line)), set(re.findall(r"[a-z]{4,}", source))
    stems = {word[:6] for word in known}
    shared = sum(word[:6] in stems for word in words)
    return (
        bool(words) and shared >= 0.85 * len(words) and bool(_NOT.search(line)) == bool(_NOT.search(source))
    )
