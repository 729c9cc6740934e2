"""Reports as drafts: in a mailbox, or as files a mail program opens. Nothing is sent by itself."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationInfo, field_validator

from smeflow._paths import resolve
from smeflow._text import hash_of
from smeflow.errors import SourceError
from smeflow.mailboxes.base import Account
from smeflow.mailboxes.connect import opened
from smeflow.sinks.base import Parcel, Put, SinkItem, SinkMemory
from smeflow.sinks.files import plain
from smeflow.sinks.letter import addresses, letter, report_in
from smeflow.sinks.post import Answered
from smeflow.sinks.report import Format, report_files
from smeflow.sinks.target import Target, put_files

_DRAFTS = ("Drafts", "Brouillons", "Entwürfe", "Draft", "INBOX.Drafts")


class DraftFiles(BaseModel):
    """A mail of each report, as a file that mail programs open as a draft: ``eml: outbox/{key}.eml``."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    eml: str
    """The path of each file; ``{name}``, ``{stem}`` or ``{key}`` are filled in."""
    to: tuple[str, ...] = Field(min_length=1)
    """Whom it is to go to: one address, or several."""
    attach: tuple[Format, ...] = ("pdf",)
    """The formats that are attached: ``[pdf, xlsx]``."""
    company: str = ""
    """The firm's name above the title."""
    _target: Target = PrivateAttr()

    _to = field_validator("to", mode="before")(addresses)

    @field_validator("eml")
    @classmethod
    def _usable(cls, eml: str, info: ValidationInfo) -> str:
        Target.of(eml, info.context)
        return eml

    @field_validator("attach", mode="before")
    @classmethod
    def _one_or_many(cls, attach: object) -> object:
        return [attach] if isinstance(attach, str) else attach

    def model_post_init(self, context: Any, /) -> None:
        """Find the folder."""
        self._target = Target.of(self.eml, context)

    @property
    def name(self) -> str:
        """The path as the recipe names it."""
        return self._target.name

    @property
    def path(self) -> Path:
        """The folder the files lie in."""
        return self._target.base

    def put(self, items: Iterable[SinkItem], memory: SinkMemory) -> Put:
        """Write a mail for each report."""
        made = []
        for item in items:
            report = report_in(item)
            if report is None or report.missing:
                continue
            files = report_files(report, self.attach, self.company)
            mail = letter(report, files, sender="", to=self.to, name=item.key, unsent=True)
            made.append((item, mail))
        return put_files(self._target, made, memory, "eml")


class DraftsInMailbox(BaseModel):
    """Puts a mail of each report into the drafts of a mailbox, once: ``draft: contact@atelier.fr``.

    A person reads and sends it. A report whose figures changed is another draft, once it was approved.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    draft: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    """Whose drafts: the mailbox's address."""
    host: str
    """The mail server: ``imap.gmail.com``, ``outlook.office365.com``, ``ssl0.ovh.net``."""
    port: int = Field(default=993, ge=1, le=65535)
    """Its port."""
    user: str = ""
    """What to log in as, where it is not the address."""
    security: Literal["tls", "starttls"] = "tls"
    """How the connection is encrypted; there is none without."""
    certificate: str | None = None
    """The certificate of a server of the firm's own, a file relative to the recipe."""
    to: tuple[str, ...] = Field(min_length=1)
    """Whom it is to go to: one address, or several."""
    attach: tuple[Format, ...] = ("pdf",)
    """The formats that are attached: ``[pdf, xlsx]``."""
    company: str = ""
    """The firm's name above the title."""
    _account: Account = PrivateAttr()

    _to = field_validator("to", mode="before")(addresses)

    @field_validator("attach", mode="before")
    @classmethod
    def _one_or_many(cls, attach: object) -> object:
        return [attach] if isinstance(attach, str) else attach

    def model_post_init(self, context: Any, /) -> None:
        """Take down whose mailbox it is."""
        self._account = Account(
            address=self.draft,
            host=self.host,
            port=self.port,
            user=self.user,
            security=self.security,
            certificate=resolve(self.certificate, context) if self.certificate else None,
        )

    @property
    def name(self) -> str:
        """The mailbox."""
        return f"drafts of {self.draft}"

    def parcel(self, item: SinkItem) -> Parcel | None:
        """Give the mail of an item that has a report."""
        report = report_in(item)
        if report is None or report.missing:
            return None
        mark = hash_of([self.draft, list(self.to), list(self.attach), item.key, item.version, plain(report)])
        return Parcel(id=f"draft_{mark[:32]}", content={"report": report, "name": item.key}, to=self.name)

    def deliver(self, parcel: Parcel, corrects: str, at: int) -> Answered:
        """Append it to the drafts, unless it is there already."""
        report = parcel.content["report"]
        files = report_files(report, self.attach, self.company)
        mail = letter(
            report, files, sender=self.draft, to=self.to, name=str(parcel.content["name"]), unsent=False
        )
        identity = mail.partition(b"Message-ID: ")[2].partition(b"\r\n")[0].decode()
        try:
            with opened(self._account) as session:
                folder = session.special("\\Drafts", _DRAFTS) or "Drafts"
                session.ensure(folder)
                session.open(folder)
                if not session.with_message_id(identity):
                    session.append(folder, mail, "(\\Draft)")
        except SourceError as error:
            return Answered(status=0, reason=str(error.phrase))
        return Answered(status=250)
