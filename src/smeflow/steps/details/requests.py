"""Find what is asked of us, how urgently, and for whose attention: in French, English and German."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from smeflow.steps.details.base import LONGEST, Due, Said

SOON = timedelta(days=2)
MOST_ASKED = 3
_REQUEST = re.compile(
    r"\b(?:pourriez[\s-]vous|pouvez[\s-]vous|pourrais[\s-]tu|peux[\s-]tu|merci\s+de\s+(?!votre|vos|ton|tes|nous\s+avoir)|"
    r"veuillez|pri[èe]re\s+de|je\s+(?:souhaite|souhaiterais|voudrais|d[ée]sire)|nous\s+(?:souhaitons|souhaiterions|voudrions)|"
    r"j['’]aimerais|nous\s+aimerions|serait[\s-]il\s+possible|est[\s-]il\s+possible|j['’]ai\s+besoin|nous\s+avons\s+besoin|"
    r"(?:confirmez|envoyez|renvoyez|transmettez|r[ée]pondez|signez|r[ée]gularisez|dites)(?:[\s-](?:nous|moi))?|"
    r"signature\s+requise|r[ée]ponse\s+(?:souhait[ée]e|attendue|avant|pour)|j['’]aurais\s+besoin|[àa]\s+(?:signer|retourner|valider)|souhaitez[\s-]vous|avez[\s-]vous|"
    r"could\s+you|can\s+you|would\s+you|will\s+you|please|kindly|(?:i|we)(?:['’]d|\s+would)\s+like|(?:i|we)\s+need|"
    r"let\s+(?:me|us)\s+know|is\s+it\s+possible|"
    r"k[öo]nnten\s+sie|k[öo]nnen\s+sie|w[üu]rden\s+sie|bitte|wir\s+bitten|ich\s+(?:m[öo]chte|ben[öo]tige)|"
    r"wir\s+(?:m[öo]chten|ben[öo]tigen))\b",
    re.IGNORECASE,
)
_POLITE = re.compile(
    r"veuillez\s+(?:trouver|agr[ée]er|recevoir|accepter|ne\s+pas\s+r[ée]pondre|consid[ée]rer|croire)|"
    r"please\s+(?:find|do\s+not\s+reply|don['’]t\s+reply|consider\s+the\s+environment|accept|note\s+that)|"
    r"merci\s+de\s+ne\s+pas\s+r[ée]pondre|bitte\s+(?:antworten\s+sie\s+nicht|nicht\s+antworten|finden\s+sie)|"
    r"d[ée]sabonn|d[ée]sinscri|unsubscribe|abmelden|view\s+(?:it\s+)?in\s+(?:your\s+)?browser",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[^\n.!?…]*(?:\.(?=\w)[^\n.!?…]*)*[.!?…]*", re.DOTALL)
_HIGH = re.compile(
    r"\b(?:urgente?s?|urgence|urgemment|asap|a\.s\.a\.p\.?|au\s+plus\s+(?:vite|t[ôo]t)|plus\s+brefs\s+d[ée]lais|"
    r"imm[ée]diatement|imm[ée]diate?|d[èe]s\s+que\s+possible|rapidement|sans\s+d[ée]lai|as\s+soon\s+as\s+possible|"
    r"immediately|urgently|time[\s-]sensitive|right\s+away|dringend|eilig|umgehend|schnellstm[öo]glich|"
    r"so\s+schnell\s+wie\s+m[öo]glich|unverz[üu]glich)\b",
    re.IGNORECASE,
)
_LOW = re.compile(
    r"\b(?:(?:pas|rien|non|nullement)\s+(?:d['’]|tr[èe]s\s+)?urgent|sans\s+urgence|pas\s+press[ée]|[àa]\s+titre\s+d['’]information|"
    r"pour\s+(?:votre\s+)?info(?:rmation)?|quand\s+vous\s+(?:aurez\s+le\s+temps|pourrez)|not\s+urgent|no(?:thing)?\s+(?:rush|hurry|urgent)|"
    r"for\s+your\s+information|fyi|when\s+you\s+have\s+(?:the\s+)?time|at\s+your\s+convenience|no\s+reply\s+needed|"
    r"nicht\s+(?:dringend|eilig)|keine\s+eile|zur\s+(?:kenntnis|information))\b",
    re.IGNORECASE,
)
_ATTENTION = re.compile(
    r"(?i:[àa]\s+l['’]attention\s+d(?:e\s+|['’])|(?:for\s+the\s+)?attention(?:\s+of)?\s*:?\s+|attn\.?\s*:?\s*|z\.?\s?hd\.?\s+(?:von\s+)?|zu\s+h[äa]nden\s+(?:von\s+)?)"
    r"(?P<who>(?:(?:M\.|Mme|Mlle|Mr\.?|Mrs\.?|Ms\.?|Herrn?|Frau|Dr\.?|Ma[îi]tre|la|le|the)\s+)*[A-ZÀ-Ý][\w'’-]*(?:\s+(?:de\s+|von\s+)?[A-ZÀ-Ý][\w'’-]*){0,3})",
)


def asked(text: str) -> list[Said]:
    """Find the sentences that ask for something, the first few."""
    found: list[Said] = []
    for sentence, start in _sentences(text[:LONGEST]):
        wanted = _REQUEST.search(sentence) or sentence.endswith("?")
        if wanted and len(sentence) > 8 and not _POLITE.search(sentence):
            found.append(Said(value=" ".join(sentence.split()), quote=sentence, start=start))
            if len(found) == MOST_ASKED:
                break
    return found


def urgency(text: str, due: Due | None, written: date | None) -> Said | None:
    """Say how urgent a text makes itself: by its words, or since its deadline is near."""
    text = text[:LONGEST]
    low = _LOW.search(text)
    high = next(
        (hit for hit in _HIGH.finditer(text) if not low or not low.start() <= hit.start() < low.end()), None
    )
    if high:
        return Said(value="high", quote=high[0], start=high.start())
    if due and written and due.day <= written + SOON:
        return Said(value="high", quote=due.quote, start=due.start)
    return Said(value="low", quote=low[0], start=low.start()) if low else None


def attention(text: str) -> Said | None:
    """Find the person or service a text is addressed to by name."""
    hit = _ATTENTION.search(text[:LONGEST])
    return Said(value=" ".join(hit["who"].split()), quote=hit[0], start=hit.start()) if hit else None


_SHORTENED = re.compile(
    r"\b(?:n[or]?|num|r[ée]f|mme|mr?|mrs|ms|dr|prof|art|p|t[ée]l|ste?|z\.\s?b|ca)\.(?=\s)|\b\d{1,2}\.(?=\s\w)",
    re.IGNORECASE,
)


def _sentences(text: str) -> Iterator[tuple[str, int]]:
    """Give each sentence and where it starts; the dot of an abbreviation ends none."""
    whole = _SHORTENED.sub(lambda hit: hit[0][:-1] + "\u2024", text)
    for hit in _SENTENCE.finditer(whole):
        start, end = hit.span()
        sentence = text[start:end].strip()
        if sentence:
            yield sentence[:300], start + text[start:end].index(sentence[0])
