"""What is done with each mail in its mailbox: sort it into folders, mark it, draft an answer."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, PrivateAttr, ValidationInfo, field_validator, model_validator

from smeflow._paths import safe_part
from smeflow.documents.answering import answerable
from smeflow.expression import Expression, ExpressionError, parse
from smeflow.i18n import say
from smeflow.mailboxes.base import Account, Effect
from smeflow.sinks.base import SinkItem
from smeflow.sinks.cells import cell_of, text_of

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
            _compile(written, info.context)
        return written

    @field_validator("move", "keyword")
    @classmethod
    def _has_good_holes(cls, written: object, info: ValidationInfo) -> object:
        for text in written.values() if isinstance(written, dict) else [written]:
            for hole in _HOLE.finditer(str(text or "")):
                _compile(hole[1], info.context)
        return written

    @field_validator("draft")
    @classmethod
    def _is_step(cls, written: str | None, info: ValidationInfo) -> str | None:
        if written is not None:
            _compile(f"{written}.text", info.context)
        return written

    @field_validator("mailbox")
    @classmethod
    def _has_mailbox(cls, mode: str, info: ValidationInfo) -> str:
        if mode == "act" and info.context and _account_of(info.context) is None:
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
        self._account = _account_of(context or {})
        written = {"when": self.when, "by": self.by, "flag": self.flag, "read": self.read}
        texts = [
            *(self.move.values() if isinstance(self.move, dict) else [self.move or ""]),
            self.keyword or "",
        ]
        for name, text in written.items():
            if text is not None:
                self._conditions[name] = _compile(text, context)
        for text in texts:
            for hole in _HOLE.finditer(text):
                self._conditions[f"{{{hole[1]}}}"] = _compile(hole[1], context)

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
        if not text or not item.case.documents or answerable(item.case.documents[0]) is not None:
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
            return safe_part(text)[:60] if text else ""

        filled = _HOLE.sub(value, written)
        return "" if missing else filled.strip("/ ")


def _account_of(context: Mapping[str, Any]) -> Account | None:
    found = getattr(context.get("source"), "account", None)
    return found if isinstance(found, Account) else None


def _compile(text: str, context: Mapping[str, Any] | None) -> Expression:
    expression: Expression = (context or {}).get("compile", parse)(text)
    if not expression.reads and text.strip().lower() not in ("true", "false"):
        raise ExpressionError(say("this reads no step: {text}", text=text[:60]))
    return expression


def _keyword(text: str) -> str:
    """Make a keyword that every server takes: letters, digits and a few signs, without accents."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9_$-]+", "_", plain).strip("_")[:50]
