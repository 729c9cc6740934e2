"""A report as a mail that is ready to be sent: a draft, or a file that mail programs open as one."""

from collections.abc import Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from smeflow._text import hash_of
from smeflow.facts.report import Report
from smeflow.i18n import language_of, say
from smeflow.sinks.base import SinkItem

MEDIA = {
    "html": ("text", "html"),
    "pdf": ("application", "pdf"),
    "docx": ("application", "vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "md": ("text", "markdown"),
    "xlsx": ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


def letter(
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
    mail.set_content(_text(report))
    for ending, data in files.items():
        kind, sub = MEDIA[ending]
        mail.add_attachment(data, maintype=kind, subtype=sub, filename=f"{name}.{ending}")
    _steady(mail, identity)
    return mail.as_bytes()


def _steady(mail: EmailMessage, identity: str) -> None:
    """Set the boundary, which would be another each time."""
    if mail.is_multipart():
        mail.set_boundary(f"=_smeflow_{identity}")


def _text(report: Report) -> str:
    """Say what stands at the top of the report."""
    told = [f"- {each.text}" if each.kind == "item" else each.text for each in report.summary]
    told += [phrase.render(language_of(report.locale)) for phrase in report.missing]
    closing = say("The report is attached.").render(language_of(report.locale))
    return "\n".join([*told, "", closing]) + "\n"


def report_in(item: SinkItem) -> Report | None:
    """Give the report an item has; None where it has none."""
    return next((value for value in item.case.results.values() if isinstance(value, Report)), None)


def addresses(written: Any) -> tuple[str, ...]:
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
