"""Plain text, rows and facts as documents: decoding, tidying, and the language a text is written in."""

import codecs
import json
import re
import unicodedata
from functools import lru_cache
from typing import Any

from smeflow._text import strip_invisible, with_marks_bounded
from smeflow.documents.document import Document, Page
from smeflow.documents.file import File, bounded_text, check_limit
from smeflow.errors import UnreadableDocument
from smeflow.i18n import Phrase, say

_MANY_INVISIBLE = 8

BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins with the same two bytes
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def decode_text(data: bytes, charset: str | None = None) -> str:
    """Turn bytes into text: by a byte order mark, else *charset* if it fits, else UTF-8, else Windows-1252.

    Never fails: where even Windows-1252 has no letter, the byte's Latin-1 character stands.
    """
    for mark, encoding in BOMS:
        if data.startswith(mark):
            return normalize_text(data[len(mark) :].decode(encoding, errors="replace"))
    for encoding in (charset or "utf-8", "utf-8", "cp1252"):
        try:
            return normalize_text(data.decode(encoding))
        except (UnicodeError, LookupError, ValueError):
            continue
    return normalize_text(data.decode("latin-1"))


def normalize_text(text: str) -> str:
    """Put *text* in the form all documents have: NFC, line feeds alone, no NUL."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        text = text.replace("\0", "")
    return text if text.isascii() else unicodedata.normalize("NFC", with_marks_bounded(text))


def drop_hidden_characters(text: str, name: str) -> tuple[str, tuple[Phrase, ...]]:
    """Drop the characters nobody sees, and tell where there are so many that they could be a message."""
    if text.isascii():
        return text, ()
    visible = strip_invisible(text)
    if len(text) - len(visible) < _MANY_INVISIBLE:
        return visible, ()
    return visible, (say("{name} holds characters nobody can see; they were not read.", name=name),)


def read_text(file: File) -> Document:
    """Read plain text as one page."""
    text, problems = drop_hidden_characters(bounded_text(decode_text(file.data), file), file.name)
    return file.document(pages=(Page(number=1, text=text),), problems=problems)


def read_row(file: File) -> Document:
    """Read one row: its cells as fields, and as text a line ``column: value`` for each that is not empty.

    A column called ``text`` is the text itself: its cell stands without a label.
    """
    cells = _json_object(file)
    if cells is None:
        raise UnreadableDocument(say("{name} is not a row: a row is a JSON object of cells.", name=file.name))
    check_limit("columns", file.limits.columns, len(cells), file.name)
    fields = {column: _cell(value) for column, value in cells.items()}
    filled = [(column, value) for column, value in fields.items() if value.strip()]
    lines = [value if column == "text" else f"{column}: {value}" for column, value in filled]
    text, problems = drop_hidden_characters(bounded_text("\n".join(lines), file), file.name)
    return file.document(pages=(Page(number=1, text=text),), fields=fields, problems=problems)


def read_message(file: File) -> Document:
    """Read a message that is no mail: its ``text``, and everything else it says as fields."""
    message = _json_object(file)
    if message is None or not isinstance(message.get("text"), str):
        raise UnreadableDocument(
            say("{name} is not a message: a message is a JSON object with a text.", name=file.name)
        )
    check_limit("columns", file.limits.columns, len(message), file.name)
    fields = {name: _cell(value) for name, value in message.items() if name != "text"}
    text, problems = drop_hidden_characters(bounded_text(normalize_text(message["text"]), file), file.name)
    return file.document(pages=(Page(number=1, text=text),), fields=fields, problems=problems)


def _json_object(file: File) -> dict[str, Any] | None:
    try:
        value = json.loads(file.data)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _cell(value: object) -> str:
    if isinstance(value, str):
        return normalize_text(value)
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def read_facts(file: File) -> Document:
    """Read the computed facts of a period: single figures as text and fields, the rest stays in the bytes."""
    facts = _json_object(file)
    if facts is None or not isinstance(facts.get("fields"), dict):
        raise UnreadableDocument(say("{name} holds no computed facts.", name=file.name))
    fields = {name: _cell(value) for name, value in facts["fields"].items()}
    return file.document(pages=(Page(number=1, text=str(facts.get("text", ""))),), fields=fields)


_WORDS: dict[str, str] = {
    "fr": "le la les des du de et est un une vous nous je ne pas pour dans avec sur votre vos notre "
    "nos que qui ce cette bonjour merci cordialement au aux en il elle sont ont avez avons "
    "suis être fait plus salut madame monsieur ci-joint voici bien très mon ma mes ou où si "
    "comme mais veuillez sans",
    "en": "the and of to is are you we i for with your our this that in on it be have has not "
    "please hello dear thank thanks regards hi from at as would will can could if but was "
    "were my me an by or any attached best",
    "de": "der die das und ist sind sie wir ich für mit ihr ihre ihren unser nicht ein eine einen "
    "den dem des zu im in auf von bitte guten tag hallo danke vielen dank freundlichen grüßen "
    "mit anbei sehr geehrte geehrter auch als wie bei oder aber haben hat wird werden uns "
    "ihnen zum zur",
    "es": "el la los las de y es un una usted nosotros para con su sus que en por no se hola "
    "gracias saludos adjunto del al como pero más este esta muy buenos días estimado",
    "it": "il lo la gli le di e è un una per con che non si del della nel sono grazie buongiorno "
    "saluti cordiali allegato gentile vostra nostra questo questa anche come ma più",
    "nl": "de het een en is zijn u wij ik voor met uw ons niet op van te dat die dit bij ook als "
    "naar graag bedankt groet vriendelijke geachte hallo bijlage wordt worden kan kunt",
    "pt": "o a os as de e é um uma para com que não se do da no na obrigado bom dia cumprimentos "
    "anexo seu sua por mais como mas este esta são",
}
_WORDS_OF = {language: frozenset(words.split()) for language, words in _WORDS.items()}
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)?")
_MOST_CHARACTERS = 20_000
_LIKELY = 0.5
"""Less likely than this, a language is not clear."""


def detect_language(text: str) -> str | None:
    """Give the language in two letters: fr, en, de, es, it, nl or pt; None where it is not clear.

    A short text, a list of figures or a text in another language has none.
    """
    words = _WORD.findall(text[:_MOST_CHARACTERS])
    if len(words) < 2:
        return None
    model = language_model()
    if model is None:
        return _by_small_words([word.casefold() for word in words])
    language, likely = model.classify(" ".join(words))
    return language if likely >= _LIKELY and language in _WORDS_OF else None


@lru_cache(maxsize=1)
def language_model() -> Any:
    """Give py3langid's model where it is installed; its file is part of the package, read once a process."""
    try:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier
    except ImportError:
        return None
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def _by_small_words(words: list[str]) -> str | None:
    hits = {language: sum(word in known for word in words) for language, known in _WORDS_OF.items()}
    ranked = sorted(hits, key=lambda language: -hits[language])
    best, second = ranked[0], ranked[1]
    enough = hits[best] >= max(2, 0.12 * len(words))
    return best if enough and hits[best] >= 1.2 * hits[second] + 0.5 else None
