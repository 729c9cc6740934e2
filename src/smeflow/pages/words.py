"""The words that stand on every report's page, in the report's language."""

from collections.abc import Mapping

from smeflow.i18n import Language, Phrase, say
from smeflow.pages.base import Evidence, Pages

_WORDS: Mapping[str, Phrase] = {
    "summary": say("Summary"),
    "contents": say("Contents"),
    "annex": say("Where each figure comes from"),
    "about": say(
        "Every figure of this report was computed from the tables named here; none was written by hand."
    ),
    "proof": say("how it was computed"),
    "value": say("Value"),
    "source": say("Computed from"),
    "query": say("Query"),
    "remark": say("Remark"),
}
MARKS = {"up": "▲", "down": "▼"}


def words(language: Language) -> Mapping[str, str]:
    """Give the words in *language*."""
    return {name: phrase.render(language) for name, phrase in _WORDS.items()}


def rows_of(count: int, language: Language) -> str:
    """Say how many rows: ``1 row``, ``1 234 rows``."""
    shown = f"{count:,}".replace(",", "\u202f" if language == "fr" else ",")
    phrase = say("{count} row", count=shown) if count == 1 else say("{count} rows", count=shown)
    return phrase.render(language)


def page_of(language: Language) -> tuple[str, str]:
    """Give what stands before the page's number, and between it and the number of pages."""
    before, _, rest = say("Page {page} of {pages}", page="\0", pages="\1").render(language).partition("\0")
    return before, rest.rstrip("\1")


def anchors(pages: Pages) -> Mapping[str, str]:
    """Give each fact of the annex the name that is linked to."""
    return {fact.name: f"fact-{n}" for n, fact in enumerate(pages.proofs, 1)}


def proof_of(fact: Evidence, language: Language) -> tuple[tuple[str, str], ...]:
    """Tell how a fact was come by: what each line is about, and what it says."""
    word = words(language)
    lines = (("value", fact.shown), ("source", fact.source), ("query", fact.query), ("remark", fact.remark))
    return tuple((word[name], text) for name, text in lines if text)
