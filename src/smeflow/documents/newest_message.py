"""Find the newest message in a mail's text, and name the thread it belongs to.

Mail programs are known by their own words in 14 languages (`reply_words.json`); what they have in common (a
date, an address and a colon at the end; header lines of a copied mail; a line between dashes; a line with a
date and a colon above what is quoted) catches others.
A forwarded mail is kept whole: what it forwards is its message. Threads follow RFC 5322, 3.6.4.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

_ADDRESS = r"[\w.+'-]+@[\w.-]+"
_BROKEN = re.compile(rf"^\s*[<(]{{0,2}}{_ADDRESS}[>)]{{0,2}}\s*:\s*$")
"""The end of such a line, where a program broke it before the address."""
_ADDRESS_FIRST = re.compile(rf"^\s*[<(]{{1,2}}{_ADDRESS}[>)]")
_MOST_NAMES = 4
_RULES = "-_*="
_LONGEST_TITLE = 61
_LONGEST = 800
"""No line by which a program begins what it quotes is longer; of a longer one no more is looked at."""
_MARKED_LINE = re.compile(r"^(?:>>>\s.*>>>|.{2,60} ---\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\b.{0,20}---)")
"""How GroupWise and Notes begin what they quote: ``>>> Ann <ann@x.example> 04/03/2025 11:02 >>>``."""
_TIME = re.compile(r"\d{1,2}[:.]\d{2}(?!\d|[.]\d)")
_DAY = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|\b(?:19|20)\d\d\b")
_MOST_LETTERS = 500
"""A line "On … wrote:" is no longer, however many lines it was broken into."""


@dataclass(frozen=True, slots=True)
class _ReplyWords:
    """The words of `reply_words.json` as patterns, of all languages at once."""

    wrote: re.Pattern[str]
    """A whole line "On … wrote:", from a word it opens with or up to the colon it ends with."""
    opens_wrote: re.Pattern[str]
    """The beginning of one that goes on in the next line."""
    header: re.Pattern[str]
    who: frozenset[str]
    subject: frozenset[str]
    original: re.Pattern[str]
    forwarded: re.Pattern[str]
    forward_subject: re.Pattern[str]
    device: re.Pattern[str]


@cache
def _reply_words() -> _ReplyWords:
    data = resources.files("smeflow.documents").joinpath("reply_words.json").read_text("utf-8")
    languages = [words for words in json.loads(data).values() if isinstance(words, dict)]

    def choice(*names: str) -> str:
        words = {word for language in languages for name in names for word in language[name]}
        return "|".join(
            re.escape(word).replace(r"\.", ".").replace(r"\ ", r"\s+")
            for word in sorted(words, key=lambda word: (-len(word), word))
        )

    def pattern(text: str) -> re.Pattern[str]:
        return re.compile(text, re.IGNORECASE | re.DOTALL)

    opens, wrote = choice("opens"), rf"(?<!\w)(?:{choice('wrote')})(?!\w)"
    return _ReplyWords(
        wrote=pattern(
            rf"^\s*(?:[-_*]{{2,}}\s*)?(?:(?:{opens})\b.{{0,300}}?{wrote}.{{0,300}}?:?"
            rf"|.{{0,300}}?{wrote}\s*:|.{{0,300}}?(?<!\w)(?:{choice('wrote_then')})(?!\w).{{0,300}}?:"
            rf"|(?=.*\d{{1,4}}).{{6,200}}<{_ADDRESS}>\s*:)\s*(?:[-_*]{{2,}}\s*)?$"
        ),
        opens_wrote=pattern(rf"^\s*(?:{opens})\s+\S.*(?:\d|@)"),
        header=pattern(rf"^[ >*]*\*?(?P<key>{choice('who', 'headers')})\s*\*?\s*:\s*\*?\s*\S"),
        who=frozenset(word for language in languages for word in language["who"]),
        subject=frozenset(language["headers"][-1] for language in languages) | {"oggetto"},
        original=pattern(rf"^\s*[-_*=]{{2,}}\s*(?:{choice('original')})\s*[-_*=]{{2,}}\s*$"),
        forwarded=re.compile(
            rf"^[^\S\n]*(?:[-_*=]{{2,}}\s*(?:{choice('forwarded')})\s*[-_*=]{{2,}}|(?:{choice('forwarded_line')})\s*:)",
            re.IGNORECASE | re.MULTILINE,
        ),
        forward_subject=pattern(rf"^\s*(?:{choice('forward_subject')})\s*:"),
        device=pattern(rf"^\s*(?:{choice('device')})"),
    )


_SIGNATURE = re.compile(r"^(?:--|—|__)\s?$")
_OUTLOOK = re.compile(r"^\W*(?:\w+\W+){0,4}outlook\W+(?:\w+\W+){0,4}(?:ios|android)\b.{0,20}$", re.IGNORECASE)
"""What the telephone's Outlook says of itself, whatever the language: "Get Outlook for iOS"."""
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
    r"yahoo|gmail|proton|thunderbird|mail|téléphone|portable|appareil|handy|gerät|mobil|telefon|puhelim|"
    r"cellulare|celular|móvil|telemóvel|telefoon|komórk|surface|macbook",
    re.IGNORECASE,
)


def newest_message(text: str, *, subject: str = "") -> str:
    """Give what the sender wrote this time; the whole text where that leaves nothing."""
    words = _reply_words()
    if words.forward_subject.match(subject) or words.forwarded.search(text):
        kept = _without_signature(text.split("\n"), forwarded=True)
        return "\n".join(kept).strip("\n") or text
    lines = _before_quote(text.split("\n"))
    lines = [line for line in lines if not line.lstrip().startswith(">")]
    answer = "\n".join(_without_disclaimer(_without_signature(lines))).strip()
    return answer or text.strip()


def _before_quote(lines: list[str]) -> list[str]:
    """Cut at the first sign of an older message; a reply written below its quote is kept."""
    bare = [line.strip()[:_LONGEST] for line in lines]
    for index, line in enumerate(bare):
        if not line:
            continue
        if _reply_words().original.match(line) or _headers_at(bare, index) or _ruled_headers(bare, index):
            return lines[:index]
        if _MARKED_LINE.match(line) and _dated(line):
            return lines[:index]
        length = _wrote_at(bare, index)
        if length:
            if index and _ADDRESS_FIRST.match(line) and _is_name(bare[index - 1]):
                index, length = index - 1, length + 1  # noqa: PLW2901 - the name was broken off above it
            below = lines[index + length :]
            filled = [later for later in below if later.strip()]
            marked = sum(1 for later in filled if later.lstrip().startswith(">"))
            if marked and marked < len(filled):  # marked line by line: the rest is the sender's own
                return [*lines[:index], *below]
            return lines[:index]
    return lines


def _wrote_at(lines: list[str], index: int) -> int:
    """Give how many lines "On … wrote:" takes here; 0 when it does not stand here."""
    words = _reply_words()
    if lines[index].lstrip().startswith(">"):
        return 0
    line = lines[index]
    if len(line) <= _MOST_LETTERS and _dated(line) and words.wrote.match(line):
        broken = index + 1 < len(lines) and _BROKEN.match(lines[index + 1])
        return 2 if broken else 1
    opens = words.opens_wrote.match(lines[index]) or _is_dated_line(f"{lines[index]}:")
    for length in (1, 2, 3):
        part = lines[index : index + length]
        if not all(line.strip() for line in part):
            break
        joined = " ".join(part)
        if len(joined) > _MOST_LETTERS:
            break
        wrote = length > 1 and opens and _dated(joined) and words.wrote.match(joined)
        tells_when = (length == 1 or opens) and _is_dated_line(joined)
        if wrote or (tells_when and _quoted_below(lines, index + length)):
            return length
    return 0


def _is_name(line: str) -> bool:
    return bool(line.strip()) and len(line.split()) <= _MOST_NAMES and line.strip()[-1].isalnum()


def _dated(text: str) -> bool:
    """Whether a line tells a day and a time, or an address: who writes of a day alone quotes nobody."""
    return bool(_TIME.search(text) or _DAY.search(text)) or "@" in text


def _is_dated_line(text: str) -> bool:
    """Whether a line ends with a colon and tells when, or an address, in whatever language."""
    if not text.rstrip().endswith(":"):
        return False
    return bool((_TIME.search(text) and _DAY.search(text)) or ("@" in text and re.search(_ADDRESS, text)))


def _quoted_below(lines: list[str], index: int) -> bool:
    below = next((line for line in lines[index : index + 3] if line.strip()), "")
    return below.lstrip().startswith(">")


def _headers_at(lines: list[str], index: int) -> bool:
    """True when the headers of a copied mail begin here: who, and two more within the next lines.

    Where from and to are places, no address and no subject stands among them.
    """
    words = _reply_words()
    first = words.header.match(lines[index])
    if not first:
        return False
    near = lines[index : index + 8]
    keys = [m["key"].lower() for line in near if (m := words.header.match(line))]
    if first["key"].lower() not in words.who:  # then nothing but headers stands here
        filled = [line for line in near if line.strip()][:3]
        if not all(words.header.match(line) for line in filled) or not words.who & set(keys):
            return False
    told = any("@" in line for line in near) or bool(words.subject & set(keys))
    return len(set(keys)) >= 3 and told


def _ruled_headers(lines: list[str], index: int) -> bool:
    """True for a line between dashes, or of dashes alone, with copied headers right below."""
    if not _is_ruled(lines[index]):
        return False
    below = [i for i in range(index + 1, min(index + 4, len(lines))) if lines[i].strip()]
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
    if _OUTLOOK.match(begins):
        return True
    return bool(_reply_words().device.match(begins) and _NAMED_DEVICE.search(line[:60]))


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
