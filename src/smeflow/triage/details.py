"""What a mail asks of us.

Requests, urgency, deadline, attention and references, each with the place it was read from.
"""

import contextlib
import re
from collections.abc import Iterator
from datetime import date, timedelta
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import Any

from smeflow.core.case import Case
from smeflow.documents.document import Document
from smeflow.kinds.steps import FieldReading
from smeflow.triage.deadlines import SEARCHED_CHARACTERS, Deadline, QuotedValue, find_deadlines
from smeflow.triage.labels import QuotedReference
from smeflow.values.dates import parse_date

RULES = "rules"
NEAR_DEADLINE = timedelta(days=2)
"""A deadline so near makes a text urgent."""
MOST_REQUESTS = 3
_IMPORTANT = ("high", "urgent", "1")


def read_details(case: Case) -> dict[str, Any]:
    """Give urgency, deadline, requests, attention and references of *case*, as fields of a `Label`."""
    first = case.documents[0] if case.documents else None
    text = _searched_text(case, first)
    if not text.strip():
        return {}
    written = date_written(first)
    due = next(iter(find_deadlines(text, written)), None)
    urgency = find_urgency(text, due, written) or _marked_importance(first)
    attention = find_attention(text)
    readings = {
        "urgency": (urgency.value, urgency.quote) if urgency else None,
        "due": (due.day.isoformat(), due.quote) if due else None,
        "attention": (attention.value, attention.quote) if attention else None,
    }
    references = tuple(_quoted_references(text, case, first))
    return {
        "urgency": urgency.value if urgency else "normal",
        "due": due.day if due else None,
        "asked": tuple(dict.fromkeys(request.value for request in find_requests(text))),
        "attention": attention.value if attention else None,
        "references": references,
        "numbers": {reference.kind: reference.value for reference in reversed(references)},
        "fields": {name: _reading(*read, first) for name, read in readings.items() if read},
    }


def date_written(document: Document | None) -> date | None:
    """Give the day a mail was written, by its header."""
    header = document.fields.get("date", "") if document else ""
    if not header:
        return None
    with contextlib.suppress(ValueError):
        return date.fromisoformat(header[:10])
    with contextlib.suppress(ValueError, TypeError, IndexError):
        return parsedate_to_datetime(header).date()
    return parse_date(header)


def _searched_text(case: Case, first: Document | None) -> str:
    subject = first.fields.get("subject", "") if first else ""
    return f"{subject}\n{case.text}" if subject else case.text


def _marked_importance(first: Document | None) -> QuotedValue | None:
    """Take a mail's own mark of importance where its words say nothing."""
    for name in ("importance", "x-priority", "priority"):
        value = first.fields.get(name, "") if first else ""
        if value.strip().lower().startswith(_IMPORTANT):
            return QuotedValue(value="high", quote=value, start=0)
    return None


def _reading(value: str, quote: str, first: Document | None) -> FieldReading:
    document, page = _place(quote, first)
    return FieldReading(value=value, quote=quote, document=document, page=page, reader=RULES)


def _place(quote: str, first: Document | None) -> tuple[str | None, int | None]:
    if first is None:
        return None, None
    return first.name, next((page.number for page in first.pages if quote in page.text), None)


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


def find_requests(text: str) -> list[QuotedValue]:
    """Find the sentences that ask for something, the first few."""
    requests = (
        QuotedValue(value=" ".join(sentence.split()), quote=sentence, start=start)
        for sentence, start in _sentences(text[:SEARCHED_CHARACTERS])
        if (_REQUEST.search(sentence) or sentence.endswith("?"))
        and len(sentence) > 8
        and not _POLITE.search(sentence)
    )
    return list(islice(requests, MOST_REQUESTS))


def find_urgency(text: str, due: Deadline | None, written: date | None) -> QuotedValue | None:
    """Say how urgent a text makes itself: by its words, or since its deadline is near."""
    text = text[:SEARCHED_CHARACTERS]
    low = _LOW.search(text)
    high = next(
        (match for match in _HIGH.finditer(text) if not low or not low.start() <= match.start() < low.end()),
        None,
    )
    if high:
        return QuotedValue(value="high", quote=high[0], start=high.start())
    if due and written and due.day <= written + NEAR_DEADLINE:
        return QuotedValue(value="high", quote=due.quote, start=due.start)
    return QuotedValue(value="low", quote=low[0], start=low.start()) if low else None


def find_attention(text: str) -> QuotedValue | None:
    """Find the person or service a text is addressed to by name."""
    match = _ATTENTION.search(text[:SEARCHED_CHARACTERS])
    if match is None:
        return None
    return QuotedValue(value=" ".join(match["who"].split()), quote=match[0], start=match.start())


_SHORTENED = re.compile(
    r"\b(?:n[or]?|num|r[ée]f|mme|mr?|mrs|ms|dr|prof|art|p|t[ée]l|ste?|z\.\s?b|ca)\.(?=\s)|\b\d{1,2}\.(?=\s\w)",
    re.IGNORECASE,
)


def _sentences(text: str) -> Iterator[tuple[str, int]]:
    """Give each sentence and where it starts; the dot of an abbreviation ends none."""
    masked = _SHORTENED.sub(lambda match: match[0][:-1] + "\u2024", text)
    for match in _SENTENCE.finditer(masked):
        start, end = match.span()
        sentence = text[start:end].strip()
        if sentence:
            yield sentence[:300], start + text[start:end].index(sentence[0])


_NAMES = {
    "invoice": r"factures?|invoices?|rechnung(?:snummer|s-?nr\.?)?",
    "credit_note": r"avoirs?|credit\s+notes?|gutschrift",
    "order": (
        r"(?:bon\s+de\s+)?commandes?|(?:purchase\s+)?orders?|P\.?O\.?|"
        r"bestell(?:ung|nummer|-?nr\.?)|auftrag(?:snummer|s-?nr\.?)?"
    ),
    "customer": (
        r"(?:compte\s+)?clients?|code\s+client|customer(?:\s+(?:id|account))?|kunden(?:nummer|-?nr\.?)"
    ),
    "quote": r"devis|quot(?:e|ation)s?|estimate|angebot(?:snummer|s-?nr\.?)?",
    "delivery": (
        r"(?:bon\s+de\s+)?livraison|B\.?L\.?|delivery(?:\s+note)?|lieferschein(?:nummer)?|"
        r"tracking|suivi|colis|parcel|sendung(?:snummer)?"
    ),
    "contract": r"contrats?|contract|police|policy|vertrag(?:snummer|s-?nr\.?)?",
    "file": (
        r"dossiers?|tickets?|incidents?|case|file|r[ée]f(?:[ée]rence)?s?\.?|reference|"
        r"vorgang(?:snummer)?|aktenzeichen"
    ),
}
_NUMBER_MARK = r"(?:n\s?[°º]\.?|num[ée]ro|number|num\.?|no\.|nr\.?|#|id|r[ée]f\.?|ref\.?|:)"
_TOKEN = r"(?P<token>[A-Za-z0-9][A-Za-z0-9./_\-]{1,29})"  # noqa: S105 - no password
_PATTERNS = {
    kind: re.compile(
        rf"(?<![\w])(?P<name>{names})\s*(?P<mark>(?:{_NUMBER_MARK}\s*){{0,3}}){_TOKEN}", re.IGNORECASE
    )
    for kind, names in _NAMES.items()
}
_DATE = re.compile(r"\d{1,2}[./-]\d{1,2}(?:[./-]\d{2,4})?|\d{4}-\d{2}-\d{2}")
_MONEY = re.compile(r"\s?(?:[€$£%]|eur\b|euros?\b|usd\b|chf\b|,\d{2}\b|\s\d{3}\b)", re.IGNORECASE)


def find_references(text: str) -> list[QuotedValue]:
    """Find the references in *text*, in order, each value of a kind once."""
    text = text[:SEARCHED_CHARACTERS]
    first: dict[tuple[str, str], QuotedValue] = {}
    for reference in sorted(_all_references(text), key=lambda reference: reference.start):
        first.setdefault((reference.kind, reference.value.casefold()), reference)
    by_end: dict[int, QuotedValue] = {}
    for reference in sorted(
        first.values(), key=lambda reference: (reference.start, reference.kind == "file")
    ):
        # "réf. commande 4711" is the order's number, named twice
        by_end.setdefault(reference.start + len(reference.quote), reference)
    return list(by_end.values())


def _all_references(text: str) -> Iterator[QuotedValue]:
    for kind, pattern in _PATTERNS.items():
        for match in pattern.finditer(text):
            token = match["token"].rstrip("./-_")
            start, end = match.start(), match.start("token") + len(token)
            if _is_number(token, marked=bool(match["mark"].strip())) and not _MONEY.match(text, end):
                yield QuotedValue(kind=kind, value=token, quote=text[start:end], start=start)


def _is_number(token: str, *, marked: bool) -> bool:
    """Tell a reference from a date, a year or a plain word."""
    digits = sum(char.isdigit() for char in token)
    if not digits or _DATE.fullmatch(token):
        return False
    if token.isdigit():
        year = len(token) == 4 and token[:2] in {"19", "20"}
        return marked if year or len(token) < 4 else True
    return digits >= 2 or (marked and len(token) >= 3)


def _quoted_references(text: str, case: Case, first: Document | None) -> Iterator[QuotedReference]:
    """Find references in the message, then in the heads of what is attached to it."""
    seen = set()
    attachments = [(document.text[:1_500], document) for document in case.documents[1:]]
    for part, document in ((text, first), *attachments):
        for reference in find_references(part):
            if (reference.kind, reference.value) not in seen:
                seen.add((reference.kind, reference.value))
                name, page = _place(reference.quote, document)
                yield QuotedReference(
                    kind=reference.kind,
                    value=reference.value,
                    quote=reference.quote,
                    document=name,
                    page=page,
                )
