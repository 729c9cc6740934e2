"""Find the newest message in a mail's text, and name the thread it belongs to.

The clients of French, English and German offices are known by their own words; what they have in common (a
date, an address and a colon at the end; header lines of a copied mail; a line between dashes) catches others.
A forwarded mail is kept whole: what it forwards is its message. Threads follow RFC 5322, 3.6.4.
"""

import re
from collections.abc import Mapping

_ADDRESS = r"[\w.+'-]+@[\w.-]+"
_WROTE = re.compile(
    r"^\s*(?:"
    r"(?:le|el|il|em|den|op|on|am)\b.{0,300}?"
    r"\b(?:a\s+écrit|a\s+ecrit|wrote|schrieb|escribió|ha\s+scritto|schreef|skrev)"
    r"\b.{0,300}?:?"
    r"|.{0,200}\bschrieb\b.{0,200}:"
    r"|.{0,200}\b(?:wrote|a\s+écrit)\s*:"
    rf"|(?=.*\d{{1,4}}).{{6,200}}<{_ADDRESS}>\s*:"
    r")\s*$",
    re.IGNORECASE | re.DOTALL,
)
_OPENS_WROTE = re.compile(r"^\s*(?:le|on|am|el|il|op|den)\s+\S.*(?:\d|@)", re.IGNORECASE)
_BROKEN = re.compile(rf"^\s*<?{_ADDRESS}>?\s*:\s*$")
"""The end of such a line, where a program broke it before the address."""
_RULES = "-_*="
_LONGEST_TITLE = 61
_LONGEST = 800
"""No line by which a program begins what it quotes is longer; of a longer one no more is looked at."""
_ORIGINAL = re.compile(
    r"^\s*[-_*=]{2,}\s*(?:message d.origine|message original|original message|original appointment|"
    r"ursprüngliche nachricht|originalnachricht|mensaje original|messaggio originale|oprindelig besked|"
    r"oorspronkelijk bericht|mensagem original)\s*[-_*=]{2,}\s*$",
    re.IGNORECASE,
)
_HEADER = re.compile(
    r"^[ >*]*(?P<key>de|from|von|van|fra|da|från|"  # who
    r"envoyé|envoyé le|sent|date|datum|gesendet|verzonden|dato|enviado|inviato|"  # when
    r"à|a|to|an|aan|til|para|destinataire|cc|"  # to whom
    r"objet|subject|betreff|onderwerp|emne|asunto|oggetto)\s*(?:\*\s*)?:\s*(?:\*\s*)?\S",
    re.IGNORECASE,
)
_WHO = frozenset({"de", "from", "von", "van", "fra", "da", "från"})
_FORWARDED = re.compile(
    r"^[^\S\n]*(?:[-_*=]{2,}\s*(?:forwarded message|message transféré|message transmis|message réexpédié|"
    r"weitergeleitete nachricht|mensaje reenviado|messaggio inoltrato)\s*[-_*=]{2,}"
    r"|begin forwarded message\s*:|début du message (?:réexpédié|transféré)\s*:"
    r"|anfang der weitergeleiteten nachricht\s*:)",
    re.IGNORECASE | re.MULTILINE,
)
_FORWARD_SUBJECT = re.compile(r"^\s*(?:fwd?|tr|wg|i|rv|doorst)\s*:", re.IGNORECASE)
_SIGNATURE = re.compile(r"^(?:--|—|__)\s?$")
_DEVICE = re.compile(
    r"^\s*(?:sent (?:from|with) (?:my |outlook|yahoo|mail\b|gmail|proton)|get outlook for|"
    r"envoyé (?:de|depuis|à partir de|avec) (?:mon |ma |l.|outlook|yahoo|un )|"
    r"obtenez outlook|télécharger outlook|"
    r"(?:von meinem|gesendet (?:von|mit)|diese nachricht wurde von meinem)\b|"
    r"inviato da|enviado desde|verzonden (?:vanaf|met))",
    re.IGNORECASE,
)
_DISCLAIMER = re.compile(
    r"^[*_\-–—]*[ \t]*(?:"
    r"(?:ce (?:message|courriel|courrier [ée]lectronique|mail|mél)|cet e-?mail|"
    r"le pr[ée]sent (?:message|courriel))\b"
    r"[^.]{0,160}\b(?:confidentiel|destin[ée]|exclusi)"
    r"|(?:avis|clause|mention) (?:de |légale de )?confidentialit|avant d.imprimer\b"
    r"|pensez [àa] l.environnement"
    r"|(?:this|the information contained in this|the contents of this) "
    r"(?:e-?mail|message|communication|transmission)\b"
    r"[^.]{0,160}\b(?:confidential|intended|privileged|proprietary)"
    r"|(?:confidentiality|legal|privacy) (?:notice|note|disclaimer)|disclaimer\b *:?|caution *: this e-?mail"
    r"|(?:please )?(?:consider|think (?:of|about)) the environment\b|please don.t print"
    r"|(?:diese|die in dieser) (?:e-?mail|nachricht)\b[^.]{0,160}\b(?:vertraulich|bestimmt|geschützt)"
    r"|(?:vertraulichkeitshinweis|rechtlicher hinweis|haftungsausschluss)\b"
    r"|bitte (?:denken sie an die umwelt|prüfen sie,? ob)"
    r")",
    re.IGNORECASE,
)
_LATE = 3
"""A disclaimer stands at the end: at most so many paragraphs follow its first line."""

_NAMED_DEVICE = re.compile(
    r"iphone|ipad|ipod|android|samsung|galaxy|huawei|xiaomi|pixel|blackberry|phone|mobile|smartphone|tablet|outlook|"
    r"yahoo|gmail|proton|thunderbird|mail|téléphone|portable|appareil|handy|gerät",
    re.IGNORECASE,
)


def newest_message(text: str, *, subject: str = "") -> str:
    """Give what the sender wrote this time; the whole text where that leaves nothing."""
    if _FORWARD_SUBJECT.match(subject) or _FORWARDED.search(text):
        kept = _without_signature(text.split("\n"), forwarded=True)
        return "\n".join(kept).strip("\n") or text
    lines = _before_quote(text.split("\n"))
    lines = [line for line in lines if not line.lstrip().startswith(">")]
    answer = "\n".join(_without_disclaimer(_without_signature(lines))).strip()
    return answer or text.strip()


def _before_quote(lines: list[str]) -> list[str]:
    """Cut at the first sign of an older message; a reply written below its quote is kept."""
    bare = [line.strip() for line in lines]
    for index, line in enumerate(bare):
        if not line:
            continue
        if (
            (len(line) <= _LONGEST and _ORIGINAL.match(line))
            or _headers_at(bare, index)
            or _ruled_headers(bare, index)
        ):
            return lines[:index]
        length = _wrote_at(bare, index)
        if length:
            below = lines[index + length :]
            filled = [later for later in below if later.strip()]
            marked = sum(1 for later in filled if later.lstrip().startswith(">"))
            if marked and marked < len(filled):  # marked line by line: the rest is the sender's own
                return [*lines[:index], *below]
            return lines[:index]
    return lines


def _wrote_at(lines: list[str], index: int) -> int:
    """Give how many lines "On … wrote:" takes here; 0 when it does not stand here."""
    line = lines[index]
    if line.startswith(">"):
        return 0
    if len(line) <= _LONGEST and _WROTE.match(line) and _dated(line):
        broken = index + 1 < len(lines) and _BROKEN.match(lines[index + 1][:_LONGEST])
        return 2 if broken else 1
    if not _OPENS_WROTE.match(line[:_LONGEST]):
        return 0
    for length in (2, 3):
        joined = " ".join(lines[index : index + length]).strip()
        if len(joined) <= 500 and _WROTE.match(joined) and _dated(joined):
            return length
    return 0


def _dated(text: str) -> bool:
    return any(c.isdigit() for c in text) or "@" in text


def _headers_at(lines: list[str], index: int) -> bool:
    """True when the headers of a copied mail begin here: who, and two more within the next lines."""
    first = _HEADER.match(lines[index][:_LONGEST])
    if not first or first["key"].lower() not in _WHO:
        return False
    below = (line[:_LONGEST] for line in lines[index : index + 8])
    keys = {match["key"].lower() for line in below if (match := _HEADER.match(line))}
    return len(keys) >= 3


def _ruled_headers(lines: list[str], index: int) -> bool:
    """True for a line between dashes, or of dashes alone, with copied headers right below."""
    if not _is_ruled(lines[index]):
        return False
    below = [i for i in range(index + 1, min(index + 4, len(lines))) if lines[i]]
    return bool(below) and _headers_at(lines, below[0])


def _is_ruled(line: str) -> bool:
    """Tell whether a line is five dashes or more, or a short title between two and two."""
    title = line.strip(_RULES)
    if not title:
        return len(line) >= 5
    before = len(line) - len(line.lstrip(_RULES))
    behind = len(line) - len(line.rstrip(_RULES))
    return min(before, behind) >= 2 and len(title.strip()) <= _LONGEST_TITLE


def _without_signature(lines: list[str], *, forwarded: bool = False) -> list[str]:
    for index, line in enumerate(lines):
        if index == 0 or forwarded:
            if forwarded and _is_device(line):
                return [*lines[:index], *lines[index + 1 :]]
            continue
        if _SIGNATURE.match(line) or _is_device(line):
            return lines[:index]
    return lines


def _without_disclaimer(lines: list[str]) -> list[str]:
    """Cut at the paragraph a firm's server puts under every mail; one at the top stays."""
    filled = (index for index, line in enumerate(lines) if line.strip())
    top = next(filled, len(lines))
    for index in range(max(top + 1, _last_paragraphs(lines)), len(lines)):
        if not lines[index - 1].strip():
            begins = " ".join(line[:_LONGEST] for line in lines[index : index + 3])
            if _DISCLAIMER.match(begins.lstrip()):
                return lines[:index]
    return lines


def _last_paragraphs(lines: list[str]) -> int:
    """Give the first line from which at most so many paragraphs follow as stand below a disclaimer."""
    paragraphs = 0
    for index in range(len(lines) - 1, -1, -1):
        ends = bool(lines[index].strip()) and (index + 1 == len(lines) or not lines[index + 1].strip())
        paragraphs += ends
        if paragraphs > _LATE:
            return index + 1
    return 0


def _is_device(line: str) -> bool:
    """True for what a telephone writes beneath a mail; a sentence that only begins so names no device."""
    begins = line.lstrip()[:_LONGEST]
    return bool(_DEVICE.match(begins)) and (len(line.strip()) <= 45 or bool(_NAMED_DEVICE.search(line[:45])))


_ID = re.compile(r"<[^<>\s]{1,250}>")


def ids_in(text: str) -> list[str]:
    """Give the Message-IDs that stand in a header, in order."""
    return _ID.findall(text)


def thread_of(fields: Mapping[str, str]) -> str:
    """Name the thread a mail belongs to: the Message-ID it began with; empty where nothing tells.

    A sender can write any reference: a thread is a help for the eye and never a proof of who wrote.
    """
    for name in ("references", "in-reply-to", "message-id"):
        ids = ids_in(fields.get(name, ""))
        if ids:
            return ids[0]
    return ""
