"""Reports and prepared answers as mails that are ready to be sent.

In the drafts of a mailbox, or as files a mail program opens. None is sent.
"""

from collections.abc import Iterable, Iterator, Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Annotated, Any, ClassVar, Self

from pydantic import BeforeValidator, Field, PrivateAttr, ValidationInfo, field_validator, model_validator

from smeflow._text import hash_of
from smeflow.errors import SourceError
from smeflow.files.results import to_json_value
from smeflow.files.sink import FileSink, TargetText
from smeflow.i18n import language_of, say
from smeflow.kinds.mailbox import Account
from smeflow.kinds.recipe_context import RecipeContext
from smeflow.kinds.sinks import DeliveryAnswer, Parcel, SinkItem
from smeflow.mail.connect import MailboxServer, open_mailbox
from smeflow.mail.sink import account_of_source, answer_content, compile_expression
from smeflow.mail.smtp import compose_answer, message_id_for
from smeflow.reports.sink import Formats, report_files
from smeflow.writing.report import Report

MEDIA_TYPES = {
    "html": ("text", "html"),
    "pdf": ("application", "pdf"),
    "docx": ("application", "vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "md": ("text", "markdown"),
    "xlsx": ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


def compose_mail(
    report: Report, files: Mapping[Any, bytes], *, sender: str, to: tuple[str, ...], name: str, unsent: bool
) -> bytes:
    """Write the mail. Equal reports give equal bytes: it has no date, the mail program gives it one."""
    mail = EmailMessage(policy=SMTP)
    if unsent:
        mail["X-Unsent"] = "1"  # what opens it shows it as a draft
    if sender:
        mail["From"] = Address(addr_spec=sender)
    mail["To"] = tuple(Address(addr_spec=each) for each in to)
    mail["Subject"] = " ".join(f"{report.title} – {report.subtitle}".strip(" –").split())
    identity = hash_of([sender, to, name, report.title, {k: hash_of(v.hex()) for k, v in files.items()}])[:32]
    mail["Message-ID"] = f"<smeflow-{identity}@{(sender or to[0]).rpartition('@')[2]}>"
    mail.set_content(_mail_text(report))
    for ending, data in files.items():
        kind, sub = MEDIA_TYPES[ending]
        mail.add_attachment(data, maintype=kind, subtype=sub, filename=f"{name}.{ending}")
    if mail.is_multipart():
        mail.set_boundary(f"=_smeflow_{identity}")  # it would be another each time
    return mail.as_bytes()


def _mail_text(report: Report) -> str:
    """Say what stands at the top of the report."""
    language = language_of(report.locale)
    lines = [f"- {each.text}" if each.kind == "item" else each.text for each in report.summary]
    lines += [phrase.render(language) for phrase in report.missing]
    return "\n".join([*lines, "", say("The report is attached.").render(language)]) + "\n"


def report_of_item(item: SinkItem) -> Report | None:
    """Give the report an item has; None where it has none, or one in which everything is missing."""
    reports = (value for value in item.case.results.values() if isinstance(value, Report))
    report = next(reports, None)
    return None if report is None or report.missing else report


def parse_addresses(written: Any) -> tuple[str, ...]:
    """Take one address or a list of them; each is a plain one, never read from data.

    Raises:
        ValueError: One is none.
    """
    listed = [written] if isinstance(written, str) else list(written or ())
    for each in listed:
        try:
            Address(addr_spec=str(each))
        except Exception as error:
            raise ValueError(say("{text} is no mail address", text=str(each)[:80])) from error
        if "@" not in str(each).strip("@") or any(ord(c) < 33 for c in str(each)):
            raise ValueError(say("{text} is no mail address", text=str(each)[:80]))
    return tuple(str(each) for each in listed)


Addresses = Annotated[tuple[str, ...], BeforeValidator(parse_addresses)]
"""Whom a mail is to go to: one address, or several."""

_DRAFT_FOLDERS = ("Drafts", "Brouillons", "Entwürfe", "Draft", "INBOX.Drafts")


class DraftFiles(FileSink):
    """A mail of each report or answer, as a file to open as a draft: ``eml: outbox/{key}.eml``."""

    place: ClassVar[str] = "eml"

    eml: TargetText
    """The path of each file; ``{name}``, ``{stem}`` or ``{key}`` are filled in."""
    to: Addresses = ()
    """Whom a report is to go to: one address, or several. An answer goes to who wrote."""
    answer: str = ""
    """The step whose text answers the mail; without it, the report is sent."""
    signature: str = ""
    """The lines under each answer: the firm's name, its telephone."""
    attach: Formats = ("pdf",)
    """The formats that are attached: ``[pdf, xlsx]``."""
    company: str = ""
    """The firm's name above the title."""

    _address: str = PrivateAttr(default="")

    @field_validator("answer")
    @classmethod
    def _is_step(cls, step: str, info: ValidationInfo) -> str:
        if step:
            compile_expression(f"{step}.text", RecipeContext.of(info.context))
        return step

    @model_validator(mode="after")
    def _is_addressed(self) -> Self:
        if not self.to and not self.answer:
            raise ValueError(
                say("say whom the report goes to (to: …), or which step answers the mail (answer: …)")
            )
        return self

    def model_post_init(self, context: Any, /) -> None:
        """Find the folder, and whose mailbox is answered from."""
        super().model_post_init(context)
        account = account_of_source(RecipeContext.of(context))
        self._address = account.address if account is not None else ""

    def files_of(self, items: Iterable[SinkItem], /) -> Iterator[tuple[SinkItem, bytes]]:
        """Give a mail for each report, or for each answer that may be given."""
        for item in items:
            if self.answer:
                if content := answer_content(item, self.answer):
                    yield item, self._answer(item, content)
                continue
            report = report_of_item(item)
            if report is None:
                continue
            files = report_files(report, self.attach, self.company)
            yield item, compose_mail(report, files, sender="", to=self.to, name=item.key, unsent=True)

    def _answer(self, item: SinkItem, content: str) -> bytes:
        content = content.rstrip()
        if self.signature and not content.endswith(self.signature.strip()):
            content = f"{content}\n\n-- \n{self.signature.strip()}"
        identity = message_id_for(f"eml {self.eml}", item.key, self._address)
        original = item.case.documents[0].data
        return compose_answer(original, content, self._address, identity, None, unsent=True)


class DraftsInMailbox(MailboxServer):
    """Puts a mail of each report into the drafts of a mailbox, once: ``draft: contact@atelier.fr``.

    A person reads and sends it. A report whose figures changed is another draft, once it was approved.
    """

    draft: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    """Whose drafts: the mailbox's address."""
    to: Addresses = Field(min_length=1)
    """Whom it is to go to: one address, or several."""
    attach: Formats = ("pdf",)
    """The formats that are attached: ``[pdf, xlsx]``."""
    company: str = ""
    """The firm's name above the title."""
    _account: Account = PrivateAttr()

    def model_post_init(self, context: Any, /) -> None:
        """Take down whose mailbox it is."""
        self._account = self.account_of(self.draft, RecipeContext.of(context))

    @property
    def name(self) -> str:
        """The mailbox."""
        return f"drafts of {self.draft}"

    def parcel(self, item: SinkItem) -> Parcel | None:
        """Give the mail of an item that has a report."""
        report = report_of_item(item)
        if report is None:
            return None
        mark = hash_of(
            [self.draft, list(self.to), list(self.attach), item.key, item.version, to_json_value(report)]
        )
        return Parcel(id=f"draft_{mark[:32]}", content={"report": report, "name": item.key}, to=self.name)

    def deliver(self, parcel: Parcel, corrects: str, at: int) -> DeliveryAnswer:
        """Append it to the drafts, unless it is there already."""
        report = parcel.content["report"]
        files = report_files(report, self.attach, self.company)
        mail = compose_mail(
            report, files, sender=self.draft, to=self.to, name=str(parcel.content["name"]), unsent=False
        )
        identity = mail.partition(b"Message-ID: ")[2].partition(b"\r\n")[0].decode()
        try:
            with open_mailbox(self._account) as session:
                folder = session.special_folder("\\Drafts", _DRAFT_FOLDERS) or "Drafts"
                session.ensure_folder(folder)
                session.open(folder)
                if not session.with_message_id(identity):
                    session.append(folder, mail, "(\\Draft)")
        except SourceError as error:
            return DeliveryAnswer(status=0, reason=str(error.phrase))
        return DeliveryAnswer(status=250)
