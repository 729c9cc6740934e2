"""Put sorted mail where it belongs, and notice where a person put it instead."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, Self, runtime_checkable

from pydantic import BaseModel, ConfigDict, PrivateAttr, ValidationInfo, field_validator, model_validator

from smeflow._system import safe_path_part
from smeflow.expressions.language import Expression, ExpressionError
from smeflow.i18n import say
from smeflow.kinds.mailbox import Account, Effect, FolderCursor, MailLocation, MailSummary
from smeflow.kinds.recipe_context import RecipeContext
from smeflow.kinds.sinks import SinkItem
from smeflow.ledger.items import item_of
from smeflow.ledger.mail import LedgerMailIndex
from smeflow.ledger.rows import ItemRow
from smeflow.ledger.store import LedgerStore
from smeflow.mail.client import MailClient
from smeflow.mail.connect import open_mailbox
from smeflow.mail.senders import reason_not_to_answer
from smeflow.values.cells import cell_of, text_of

CURSOR_PREFIX = "\tfiled "
"""Marks how far a folder was looked through for this, apart from what a source notes of it."""


@runtime_checkable
class FilingSink(Protocol):
    """A sink that gives labels folders."""

    @property
    def account(self) -> Account | None:
        """The mailbox."""
        ...

    @property
    def filing(self) -> tuple[str, Mapping[str, str]] | None:
        """The step whose labels decide, and the label each folder stands for; None where there is no such."""
        ...


@dataclass(frozen=True, kw_only=True)
class FiledMail:
    """A mail that a person put under a label."""

    item: ItemRow
    step: str
    label: str
    folder: str


def filed_by_hand(store: LedgerStore, recipe: str, source: str, sinks: Iterable[object]) -> list[FiledMail]:
    """Look into the folders of labels; give what lies there and was not put there by smeflow, once.

    An item that is still open is told the next time. Nothing is changed in the mailbox.

    Raises:
        SourceError: The mailbox cannot be reached.
    """
    found: list[FiledMail] = []
    for sink in sinks:
        if not isinstance(sink, FilingSink) or sink.account is None or sink.filing is None:
            continue
        step, labels = sink.filing
        with open_mailbox(sink.account) as session:
            search = _FolderSearch(store, LedgerMailIndex(store, recipe, source), session, recipe, source)
            for folder, label in labels.items():
                items = search.new_in(folder.replace("/", session.separator()))
                found += [FiledMail(item=one, step=step, label=label, folder=folder) for one in items]
    return found


@dataclass
class _FolderSearch:
    store: LedgerStore
    book: LedgerMailIndex
    session: MailClient
    recipe: str
    source: str

    def new_in(self, folder: str) -> list[ItemRow]:
        """Give the items a person put into a folder since it was looked through."""
        if folder not in self.session.folders():
            return []
        there, before = self.session.open(folder), self.book.cursor(CURSOR_PREFIX + folder)
        start = before.following if before is not None and before.validity == there.validity else 1
        ours = {p.uid for p in self.book.in_folder(folder) if p.validity == there.validity and p.by}
        items: list[ItemRow] = []
        following = there.following
        for seen in self.session.look([uid for uid in self.session.from_uid(start) if uid not in ours]):
            item = self._item(seen)
            if item is not None and item.state == "open":
                following = min(following, seen.uid)
            elif item is not None:
                items += self._parts(item)
                place = MailLocation(
                    folder=folder, validity=there.validity, uid=seen.uid, mark=seen.mark, key=item.key
                )
                self.book.note([place])
        self.book.note([], CURSOR_PREFIX + folder, FolderCursor(validity=there.validity, following=following))
        return items

    def _item(self, seen: MailSummary) -> ItemRow | None:
        """Recognise a mail by what stays when it is moved; none where two mails are alike."""
        keys = {p.key for p in self.book.marked(seen.mark) if p.key}
        if len(keys) != 1:
            return None
        rows = self.store.read("item by key", recipe=self.recipe, source=self.source, key=keys.pop())
        return item_of(rows[0]) if rows else None

    def _parts(self, item: ItemRow) -> list[ItemRow]:
        """Give the item, or its parts where it was split."""
        parts = [item_of(row) for row in self.store.read("children", parent=item.id)]
        return parts if item.parts is not None else [item]


_HOLE = re.compile(r"\{([^{}]*)\}")


class MailboxActions(BaseModel):
    """Acts in the mailbox the mail came from: ``mailbox: observe`` lists what ``mailbox: act`` would do.

    Nothing is deleted. What was done can be undone with ``smeflow undo``; drafts stay.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    mailbox: Literal["observe", "act"]
    """``observe`` changes nothing and lists what would be done; ``act`` does it."""
    when: str | None = None
    """Only mails for which this holds: ``kind.label != "personal"``."""
    by: str | None = None
    """What decides the folder in ``move``: ``kind.label``."""
    move: str | dict[str, str] | None = None
    """The folder: ``Sorted/{kind.label}``, or one for each value of ``by``: ``{invoice: Factures}``."""
    keyword: str | None = None
    """A keyword that mail programs show as a tag: ``{kind.label}``."""
    flag: str | None = None
    """Which mails get a star: ``kind.urgent``."""
    read: str | None = None
    """Which mails are marked as read: ``kind.label == "newsletter"``."""
    draft: str | None = None
    """The step whose text is put into the drafts as an answer."""
    _account: Account | None = PrivateAttr(default=None)
    _conditions: dict[str, Expression] = PrivateAttr(default_factory=dict)

    @field_validator("when", "by", "flag", "read", mode="before")
    @classmethod
    def _is_expression(cls, written: object, info: ValidationInfo) -> object:
        written = str(written).lower() if isinstance(written, bool) else written
        if isinstance(written, str):
            _compile(written, RecipeContext.of(info.context))
        return written

    @field_validator("move", "keyword")
    @classmethod
    def _has_good_holes(cls, written: object, info: ValidationInfo) -> object:
        for text in written.values() if isinstance(written, dict) else [written]:
            for hole in _HOLE.finditer(str(text or "")):
                _compile(hole[1], RecipeContext.of(info.context))
        return written

    @field_validator("draft")
    @classmethod
    def _is_step(cls, written: str | None, info: ValidationInfo) -> str | None:
        if written is not None:
            _compile(f"{written}.text", RecipeContext.of(info.context))
        return written

    @field_validator("mailbox")
    @classmethod
    def _has_mailbox(cls, mode: str, info: ValidationInfo) -> str:
        if mode == "act" and _has_no_mailbox(RecipeContext.of(info.context)):
            raise ValueError(
                say("act needs a source that is a mailbox; with others only observe is possible")
            )
        return mode

    @model_validator(mode="after")
    def _by_for_folders(self) -> Self:
        if isinstance(self.move, dict) and self.by is None:
            raise ValueError(say("say what decides the folder: by: kind.label"))
        if not any((self.move, self.keyword, self.flag, self.read, self.draft)):
            raise ValueError(say("say what is done: move, keyword, flag, read or draft"))
        return self

    def model_post_init(self, context: Any, /) -> None:
        """Compile the conditions and find the mailbox."""
        recipe = RecipeContext.of(context)
        self._account = _account_of(recipe)
        written = {"when": self.when, "by": self.by, "flag": self.flag, "read": self.read}
        texts = [
            *(self.move.values() if isinstance(self.move, dict) else [self.move or ""]),
            self.keyword or "",
        ]
        for name, text in written.items():
            if text is not None:
                self._conditions[name] = _compile(text, recipe)
        for text in texts:
            for hole in _HOLE.finditer(text):
                self._conditions[f"{{{hole[1]}}}"] = _compile(hole[1], recipe)

    @property
    def name(self) -> str:
        """The mailbox, and whether anything is done there."""
        return "mailbox"

    @property
    def acting(self) -> bool:
        """Whether anything is done at all."""
        return self.mailbox == "act"

    @property
    def account(self) -> Account | None:
        """The mailbox that is acted in; None where the source is none."""
        return self._account

    @property
    def filing(self) -> tuple[str, Mapping[str, str]] | None:
        """The step whose labels decide the folder, and the label each folder stands for.

        None where something else decides; a folder of several labels stands for none.
        """
        step = re.fullmatch(r"\s*(\w+)\.label\s*", self.by or "")
        if step is None or not isinstance(self.move, dict):
            return None
        plain = [
            (label, folder.strip("/ ")) for label, folder in self.move.items() if not _HOLE.search(folder)
        ]
        folders = [folder for _, folder in plain]
        return step[1], {folder: label for label, folder in plain if folders.count(folder) == 1}

    def effects(self, item: SinkItem) -> tuple[Effect, ...]:
        """Give what this recipe wants done with a finished mail, the move last."""
        if "when" in self._conditions and self._conditions["when"].decides(item.case) is not True:
            return ()
        made: list[Effect] = []
        for name, flag in (("read", "\\Seen"), ("flag", "\\Flagged")):
            if name in self._conditions and self._conditions[name].decides(item.case) is True:
                made.append(Effect(kind=name, target=flag))
        keyword = _keyword(self._filled(self.keyword, item)) if self.keyword else ""
        made += [Effect(kind="keyword", target=keyword)] if keyword else []
        made += self._draft(item)
        folder = self._folder(item)
        return (*made, *([Effect(kind="move", target=folder)] if folder else []))

    def _draft(self, item: SinkItem) -> list[Effect]:
        drafted = item.case.results.get(self.draft) if self.draft else None
        text = getattr(drafted, "text", "")
        if not text or not item.case.documents or reason_not_to_answer(item.case.documents[0]) is not None:
            return []
        subject = str(getattr(drafted, "subject", "") or "").replace("\n", " ")
        return [Effect(kind="draft", target=str(self.draft), content=f"{subject}\n{text}")]

    def _folder(self, item: SinkItem) -> str:
        written = self.move
        if isinstance(written, dict):
            value = text_of(cell_of(self._conditions["by"](item.case)))
            written = written.get(value)
        return self._filled(written, item) if written else ""

    def _filled(self, written: str, item: SinkItem) -> str:
        """Fill the holes; a value makes one harmless part of a folder's name, and a missing one no folder."""
        missing = False

        def value(hole: re.Match[str]) -> str:
            nonlocal missing
            text = text_of(cell_of(self._conditions[f"{{{hole[1]}}}"](item.case)))
            missing = missing or not text
            return safe_path_part(text)[:60] if text else ""

        filled = _HOLE.sub(value, written)
        return "" if missing else filled.strip("/ ")


def _account_of(recipe: RecipeContext) -> Account | None:
    found = getattr(recipe.source, "account", None)
    return found if isinstance(found, Account) else None


def _has_no_mailbox(recipe: RecipeContext) -> bool:
    return recipe.is_recipe and _account_of(recipe) is None


def _compile(text: str, recipe: RecipeContext) -> Expression:
    expression = recipe.compile(text)
    if not expression.reads and text.strip().lower() not in ("true", "false"):
        raise ExpressionError(say("this reads no step: {text}", text=text[:60]))
    return expression


def _keyword(text: str) -> str:
    """Make a keyword that every server takes: letters, digits and a few signs, without accents."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9_$-]+", "_", plain).strip("_")[:50]
