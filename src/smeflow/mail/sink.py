"""Mail as a sink: file, flag and answer what came in, and notice where a person filed it instead.

What every sink that acts on mails shares stands here too; the one that sends is in `sending`.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, PrivateAttr, ValidationInfo, field_validator, model_validator

from smeflow._system import safe_path_part
from smeflow.expressions.language import Expression, ExpressionError
from smeflow.i18n import say
from smeflow.kinds.mailbox import Account, Effect, FolderCursor, MailboxSource, MailLocation, MailSummary
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

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


class MailSink(BaseModel):
    """What the sinks that act on mails share: the mailbox of the source, and compiled expressions."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    _account: Account | None = PrivateAttr(default=None)
    _expressions: dict[str, Expression] = PrivateAttr(default_factory=dict)

    @field_validator("mailbox", "mode", check_fields=False)
    @classmethod
    def _has_mailbox(cls, mode: str, info: ValidationInfo) -> str:
        recipe = RecipeContext.of(info.context)
        if mode == "act" and recipe.is_recipe and account_of_source(recipe) is None:
            raise ValueError(
                say("act needs a source that is a mailbox; with others only observe is possible")
            )
        return mode

    @field_validator("draft", "send", check_fields=False)
    @classmethod
    def _is_step(cls, step: str | None, info: ValidationInfo) -> str | None:
        if step is not None:
            compile_expression(f"{step}.text", RecipeContext.of(info.context))
        return step

    def model_post_init(self, context: Any, /) -> None:
        """Compile the expressions and find the mailbox."""
        recipe = RecipeContext.of(context)
        self._account = account_of_source(recipe)
        self._expressions = {
            name: compile_expression(text, recipe) for name, text in self.written_expressions().items()
        }

    def written_expressions(self) -> dict[str, str]:
        """Give the expressions of this sink, by the names they are asked for with."""
        return {}

    @property
    def account(self) -> Account | None:
        """The mailbox that is acted in; None where the source is none."""
        return self._account

    def holds(self, condition: str, item: SinkItem) -> bool:
        """Tell whether a condition is written and holds for *item*."""
        expression = self._expressions.get(condition)
        return expression is not None and expression.decides(item.case) is True

    def value_of(self, name: str, item: SinkItem) -> str:
        """Give the value of an expression for *item*, as text."""
        return text_of(cell_of(self._expressions[name](item.case)))


def account_of_source(recipe: RecipeContext) -> Account | None:
    """Give the mailbox of a recipe's source; None where that is none."""
    source = recipe.source
    return source.account if isinstance(source, MailboxSource) else None


def compile_expression(text: str, recipe: RecipeContext, *, constant: bool = True) -> Expression:
    """Compile an expression over the results of steps; *constant*: it may also be ``true`` or ``false``.

    Raises:
        ExpressionError: It is no expression, or reads no step.
    """
    expression = recipe.compile(text)
    if not expression.reads and not (constant and text.strip().lower() in ("true", "false")):
        raise ExpressionError(say("this reads no step: {text}", text=text[:60]))
    return expression


def answer_content(item: SinkItem, step: str) -> str:
    """Give the answer a step drafted: its subject on the first line, the text behind it.

    Empty where there is none, or where no program may answer the mail.
    """
    drafted = item.case.results.get(step)
    text = getattr(drafted, "text", "")  # foreign: a step of the user's may write the text
    if not text or not item.case.documents or reason_not_to_answer(item.case.documents[0]) is not None:
        return ""
    subject = str(getattr(drafted, "subject", "") or "")  # foreign: and need not give a subject
    return "\n".join((subject.replace("\n", " "), text))


class MailboxActions(MailSink):
    """Acts in the mailbox the mail came from: ``mailbox: observe`` lists what ``mailbox: act`` would do.

    Nothing is deleted. What was done can be undone with ``smeflow undo``; drafts stay.
    """

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

    @field_validator("when", "by", "flag", "read", mode="before")
    @classmethod
    def _is_expression(cls, written: object, info: ValidationInfo) -> object:
        written = str(written).lower() if isinstance(written, bool) else written
        if isinstance(written, str):
            compile_expression(written, RecipeContext.of(info.context))
        return written

    @field_validator("move", "keyword")
    @classmethod
    def _has_good_placeholders(cls, written: object, info: ValidationInfo) -> object:
        for text in written.values() if isinstance(written, dict) else [written]:
            for placeholder in _PLACEHOLDER.finditer(str(text or "")):
                compile_expression(placeholder[1], RecipeContext.of(info.context))
        return written

    @model_validator(mode="after")
    def _by_for_folders(self) -> Self:
        if isinstance(self.move, dict) and self.by is None:
            raise ValueError(say("say what decides the folder: by: kind.label"))
        if not any((self.move, self.keyword, self.flag, self.read, self.draft)):
            raise ValueError(say("say what is done: move, keyword, flag, read or draft"))
        return self

    def written_expressions(self) -> dict[str, str]:
        """Give the conditions by their keys, and what stands in braces by itself."""
        conditions = {"when": self.when, "by": self.by, "flag": self.flag, "read": self.read}
        folders = self.move.values() if isinstance(self.move, dict) else [self.move]
        placeholders = (
            placeholder
            for text in (*folders, self.keyword)
            for placeholder in _PLACEHOLDER.finditer(text or "")
        )
        return {name: text for name, text in conditions.items() if text is not None} | {
            placeholder[0]: placeholder[1] for placeholder in placeholders
        }

    @property
    def name(self) -> str:
        """What a person calls it."""
        return "mailbox"

    @property
    def acting(self) -> bool:
        """Whether anything is done at all."""
        return self.mailbox == "act"

    @property
    def filing(self) -> tuple[str, Mapping[str, str]] | None:
        """The step whose labels decide the folder, and the label each folder stands for.

        None where something else decides; a folder of several labels stands for none.
        """
        step = re.fullmatch(r"\s*(\w+)\.label\s*", self.by or "")
        if step is None or not isinstance(self.move, dict):
            return None
        fixed = {
            label: folder.strip("/ ")
            for label, folder in self.move.items()
            if not _PLACEHOLDER.search(folder)
        }
        folders = list(fixed.values())
        return step[1], {folder: label for label, folder in fixed.items() if folders.count(folder) == 1}

    def effects(self, item: SinkItem) -> tuple[Effect, ...]:
        """Give what this recipe wants done with a finished mail, the move last."""
        if self.when is not None and not self.holds("when", item):
            return ()
        keyword = _keyword(self._filled(self.keyword or "", item))
        content = answer_content(item, self.draft) if self.draft else ""
        folder = self._folder(item)
        effects = (
            Effect(kind="read", target="\\Seen") if self.holds("read", item) else None,
            Effect(kind="flag", target="\\Flagged") if self.holds("flag", item) else None,
            Effect(kind="keyword", target=keyword) if keyword else None,
            Effect(kind="draft", target=str(self.draft), content=content) if content else None,
            Effect(kind="move", target=folder) if folder else None,
        )
        return tuple(effect for effect in effects if effect is not None)

    def _folder(self, item: SinkItem) -> str:
        folder = self.move
        if isinstance(folder, dict):
            folder = folder.get(self.value_of("by", item))
        return self._filled(folder or "", item)

    def _filled(self, text: str, item: SinkItem) -> str:
        """Fill each placeholder with a harmless part of a folder's name; empty where one is unknown."""
        values = {hole[0]: self.value_of(hole[0], item) for hole in _PLACEHOLDER.finditer(text)}
        if not all(values.values()):
            return ""
        return _PLACEHOLDER.sub(lambda hole: safe_path_part(values[hole[0]])[:60], text).strip("/ ")


def _keyword(text: str) -> str:
    """Make a keyword that every server takes: letters, digits and a few signs, without accents."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9_$-]+", "_", plain).strip("_")[:50]


CURSOR_PREFIX = "\tfiled "
"""Marks how far a folder was looked through for this, apart from what a source notes of it."""


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
    filed: list[FiledMail] = []
    for sink in sinks:
        if not isinstance(sink, MailboxActions) or sink.account is None or sink.filing is None:
            continue
        step, labels = sink.filing
        with open_mailbox(sink.account) as client:
            search = _FiledSearch(store, LedgerMailIndex(store, recipe, source), client, recipe, source)
            for folder, label in labels.items():
                items = search.new_in(folder.replace("/", client.separator()))
                filed += [FiledMail(item=item, step=step, label=label, folder=folder) for item in items]
    return filed


@dataclass
class _FiledSearch:
    store: LedgerStore
    index: LedgerMailIndex
    client: MailClient
    recipe: str
    source: str

    def new_in(self, folder: str) -> list[ItemRow]:
        """Give the items a person put into a folder since it was looked through."""
        if folder not in self.client.folders():
            return []
        opened, cursor = self.client.open(folder), self.index.cursor(CURSOR_PREFIX + folder)
        start = cursor.following if cursor is not None and cursor.validity == opened.validity else 1
        filed_by_us = {p.uid for p in self.index.in_folder(folder) if p.validity == opened.validity and p.by}
        items: list[ItemRow] = []
        following = opened.following
        for mail in self.client.summaries(
            [uid for uid in self.client.from_uid(start) if uid not in filed_by_us]
        ):
            item = self._item(mail)
            if item is None:
                continue
            if item.state == "open":
                following = min(following, mail.uid)
                continue
            items += self._parts(item)
            place = MailLocation(
                folder=folder, validity=opened.validity, uid=mail.uid, mark=mail.mark, key=item.key
            )
            self.index.note([place])
        cursor = FolderCursor(validity=opened.validity, following=following)
        self.index.note([], CURSOR_PREFIX + folder, cursor)
        return items

    def _item(self, mail: MailSummary) -> ItemRow | None:
        """Recognise a mail by what stays when it is moved; none where two mails are alike."""
        keys = {p.key for p in self.index.marked(mail.mark) if p.key}
        if len(keys) != 1:
            return None
        rows = self.store.read("item by key", recipe=self.recipe, source=self.source, key=keys.pop())
        return item_of(rows[0]) if rows else None

    def _parts(self, item: ItemRow) -> list[ItemRow]:
        """Give the item, or its parts where it was split."""
        if item.parts is None:
            return [item]
        return [item_of(row) for row in self.store.read("children", parent=item.id)]
