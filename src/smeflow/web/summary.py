"""One item of the desk in one line: who it is of, what is at stake, why a person is asked, what finds it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Any

from pydantic import ValidationError

from smeflow._text import folded
from smeflow.documents.document import MAIL
from smeflow.documents.mail import headers_of
from smeflow.engine.cases import ResultCodec, values_of
from smeflow.i18n import Phrase, phrase_from_json, say
from smeflow.invoices.claims import registered_number
from smeflow.invoices.record_parts import Party
from smeflow.ledger.ledger import Ledger
from smeflow.ledger.rows import ItemRow
from smeflow.review.decisions import WAITING_STATES

SOON = timedelta(days=7)
MOST_QUESTIONS = 12
"""Of so many reasons each is shown."""
MOST_SHOWN = 160
"""Of so many characters the beginning of an answer is shown."""


@dataclass(frozen=True, kw_only=True)
class DeskItem:
    """One item in one line."""

    row: ItemRow
    title: str
    """Who sent it, or what it is called."""
    questions: tuple[Phrase, ...] = ()
    """Why a person is asked, what matters most first."""
    number: str = ""
    amount: Decimal | None = None
    currency: str = ""
    due: date | None = None
    is_alarm: bool = False
    """Money would go to an account nobody has confirmed."""
    words: str = ""
    """What a search looks in, in small letters."""
    decided: bool = False
    """A person had a hand in it."""
    seller_ids: tuple[str, ...] = ()
    """What the supplier is known by, the surest first; empty where it is no invoice."""
    account: str = ""
    """The account it asks to pay to."""
    issued: date | None = None
    label: str = ""
    """What a mail was sorted as."""
    reply: str = ""
    """The beginning of the answer that is prepared."""
    report: str = ""
    """The title, where it is a report."""
    total: Decimal | None = None
    """What it is over; a credit note takes away."""
    sender: str = ""
    """Who wrote, of a mail."""
    named: str = ""
    """What its file is called, where its title is another."""

    @property
    def is_mail(self) -> bool:
        """Whether it is listed among the mails."""
        return self.row.media_type == MAIL

    @property
    def waits(self) -> bool:
        """Whether a person is asked."""
        return self.row.state in WAITING_STATES

    def rank(self, today: date) -> tuple[int, Decimal, date, int]:
        """Order what waits: accounts to confirm, what is due, the most money, then as it came."""
        urgent = self.due is not None and self.due <= today + SOON
        group = 0 if self.is_alarm else 1 if urgent else 2 if self.amount else 3
        return (group, -abs(self.amount or Decimal(0)), self.due or date.max, self.row.id)


def summed_up(ledger: Ledger, row: ItemRow) -> DeskItem:
    """Say in one line what an item is and why it is where it is."""
    values = values_of(ledger.store, row, (), ResultCodec()) if row.outcome else {}
    plain = [value for step, value in values.items() if isinstance(row.outcome[step], str)]
    extraction = next((v for v in plain if isinstance(v, dict) and isinstance(v.get("record"), dict)), {})
    record = extraction.get("record") or {}
    results = [each for each in plain if isinstance(each, dict)]
    report = next((str(each["title"]) for each in results if "sections" in each and "title" in each), "")
    headers = headers_of(ledger.data(row)) if row.media_type == MAIL else {}
    title = str(record.get("seller") or "") or report or headers.get("subject", "")
    gross = _decimal(record.get("total_gross"))
    ended = row.state in ("done", "skipped")
    decided = any(review.action != "note" for review in ledger.reviews(row)) if ended else False
    return DeskItem(
        row=row,
        title=title or row.name or row.key,
        questions=tuple(islice(_questions(row, values.get(row.reason.step)), MOST_QUESTIONS)),
        number=str(record.get("number") or ""),
        amount=_decimal(record.get("amount_due")) or gross,
        currency=str(record.get("currency") or ""),
        due=_iso_day(record.get("due_date")),
        is_alarm=any({"iban", "seller"} <= phrase.data.keys() for phrase in row.reason.phrases),
        words=_words_of(row, [*plain, *headers.values()]),
        decided=decided,
        seller_ids=_seller_ids(record),
        account=str(record.get("iban") or ""),
        issued=_iso_day(record.get("issue_date")),
        label=next((str(r["label"] or "") for r in results if "label" in r and "scores" in r), ""),
        reply=next((_beginning(r["text"]) for r in results if "text" in r and "marked" in r), ""),
        report=report,
        total=-gross if gross and record.get("kind") == "credit_note" else gross,
        sender=headers.get("from", ""),
        named=(row.name or row.key) if title and not record.get("seller") else "",
    )


def _seller_ids(record: Mapping[str, Any]) -> tuple[str, ...]:
    """Give the seller's registered number and its name, as invoices are compared by them."""
    if not record.get("seller"):
        return ()
    try:
        registered = registered_number(Party.model_validate(record.get("seller_details") or {}))
    except ValidationError:  # written by an older smeflow, or by a record of somebody's own
        registered = ""
    name = folded(str(record["seller"])).replace(" ", "")
    return (*((registered,) if registered else ()), f"name {name}")


def _beginning(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " ".join(lines)[:MOST_SHOWN]


def _questions(row: ItemRow, value: object) -> Iterator[Phrase]:
    """Say why a person is asked; that the recipe asks for it comes last, and only where nothing else does."""
    found = [phrase for phrase in row.reason.phrases if "condition" not in phrase.data]
    found.sort(key=lambda phrase: not {"iban", "seller"} <= phrase.data.keys())
    if not found and isinstance(value, dict):
        found = [phrase_from_json(each) for each in value.get("doubts", ())]
    if not found and isinstance(value, dict) and value.get("proven") is False:
        found = [say("Nothing on the page confirms all of this. Compare it with the picture.")]
    if not found and isinstance(value, dict) and "scores" in value and value.get("label"):
        found = [
            say("It was sorted as “{label}”: the recipe asks you to look at these.", label=value["label"])
        ]
    yield from found or row.reason.phrases


def _words_of(row: ItemRow, values: Sequence[Any]) -> str:
    """Gather what a person may look for: names, values in both forms, quotes as printed."""
    parts = [row.name, row.key, *map(str, row.fields.values())]
    for value in values:
        if isinstance(value, dict) and isinstance(value.get("record"), dict):
            parts.extend(_leaves(value["record"]))
            parts.extend(str(each.get("quote") or "") for each in value.get("fields", {}).values())
        else:
            parts.extend(_leaves(value))
    return " ".join(search_words(" ".join(parts)))


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for member in value.values():
            yield from _leaves(member)
    elif isinstance(value, list):
        for member in value:
            yield from _leaves(member)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def search_words(written: str) -> list[str]:
    """Take a text apart for a search: small letters, and amounts with a point, whoever wrote them."""
    return [_plain_amount(word) for word in written.casefold().replace("\u202f", "").split()]


def _plain_amount(word: str) -> str:
    amount = word.replace("\u00a0", "").replace(",", ".")
    return amount if amount.replace(".", "", 1).isdecimal() else word


def _decimal(value: object) -> Decimal | None:
    try:
        return Decimal(str(value)) if value is not None else None
    except InvalidOperation:
        return None


def _iso_day(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value)) if value else None
    except ValueError:
        return None
