"""Tell a person that the watch needs one: by mail or by a command, each matter at most once a day.

What is told: a recipe stopped, a key or password is not taken, a source is silent, items wait; once a week
how the week went. A matter is written down before it is sent, in ``notify.json`` beside the ledger, so that a
process that dies on the way tells it tomorrow and not twice today. One whose sending failed is tried again at
the next look. With several machines on one ledger each keeps its own book.
"""

import json
import subprocess
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Literal

from smeflow.engine.run import RunSummary
from smeflow.errors import LLMRejected, SinkError, SmeflowError, os_error_reason
from smeflow.i18n import Language, Phrase, say
from smeflow.kinds.mailbox import Account
from smeflow.ledger.ledger import Ledger
from smeflow.ledger.rows import ItemRow
from smeflow.mail.connect import login_refused
from smeflow.mail.smtp import DeliveryUnknown, MailDeferred, MailRefused, message_id_for, open_smtp
from smeflow.recipe.keys import NotifyText

Matter = Literal["stopped", "rejected", "silent", "waiting", "digest"]
BOOK = "notify.json"
COMMAND_SECONDS = 60
MOST_LISTED = 10
DIGEST_HOUR = 7
"""The week is told from this hour on, by the clock of this machine."""
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
REJECTED = frozenset({"key", "quota", "model", "residency"})
_LOGIN_REFUSED = login_refused(Account(address="", host="")).template
_SUBJECTS: Mapping[Matter, Phrase] = {
    "stopped": say("smeflow stopped"),
    "rejected": say("smeflow: a key or a password is not taken"),
    "silent": say("smeflow: nothing comes any more"),
    "waiting": say("smeflow: items wait for you"),
    "digest": say("smeflow: your week"),
}


@dataclass(eq=False, kw_only=True)
class Notifier:
    """Tells what happens in the watch of one firm's folder."""

    settings: NotifyText
    folder: Path
    """The firm's folder; a certificate is meant from there."""
    state: Path
    """Where the book is kept: beside the ledger."""
    language: Language = "en"
    log: Callable[[Phrase], None] = lambda _: None
    """What is said where a message could not be sent."""
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    _told: dict[str, str] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        try:
            book = json.loads((self.state / BOOK).read_text(encoding="utf-8"))
        except (OSError, ValueError):  # never written, or cut off: a message too many is better than none
            book = {}
        self._told = {str(key): str(day) for key, day in book.items()} if isinstance(book, dict) else {}

    def ended(self, recipe: str, summary: RunSummary) -> None:
        """Tell of a run that ended early, or whose source or target failed."""
        for failure in summary.failures:
            self.failed(recipe, failure)
        if summary.stopped in REJECTED:
            self._tell("rejected", recipe, [_run_stopped(recipe, summary), *summary.notes])
        elif summary.stopped not in (None, "interrupted"):
            self._tell("stopped", recipe, [_run_stopped(recipe, summary), *summary.notes])

    def failed(self, recipe: str, error: Exception) -> None:
        """Tell of what ended a run, or kept its source or target away."""
        reason = error.phrase if isinstance(error, SmeflowError) else Phrase("{error}", {"error": error})
        refused = isinstance(error, LLMRejected) or reason.template == _LOGIN_REFUSED
        self._tell(
            "rejected" if refused else "stopped",
            recipe,
            [say("The recipe {recipe} cannot go on:", recipe=recipe), reason],
        )

    def silent(self, source: str, reason: Phrase) -> None:
        """Tell that a server has not answered for long."""
        self._tell("silent", source, [reason])

    def look(self, ledger: Ledger) -> None:
        """Look into the ledger for what waits, what is silent, and whether the week is to be told."""
        now = self.clock()
        items = {name: list(ledger.items(name)) for name in ledger.recipes()}
        waiting = [row for rows in items.values() for row in rows if row.state in ("review", "failed")]
        if self.settings.waiting and len(waiting) >= self.settings.waiting:
            self._tell("waiting", "", _of_waiting(waiting))
        for name, rows in items.items():
            last = max((row.created_at for row in rows), default=None)
            days = (now - last).days if last else 0
            if self.settings.silent_days and days >= self.settings.silent_days:
                self._tell("silent", name, [
                    say(
                        "Nothing new has come to the recipe {recipe} for {days} days.",
                        recipe=name,
                        days=days,
                    )
                ])  # fmt: skip
        here = now.astimezone()
        if self.settings.digest == DAYS[here.weekday()] and here.hour >= DIGEST_HOUR:
            self._tell("digest", "", _of_week(items, waiting, now - timedelta(days=7)))

    def _tell(self, matter: Matter, about: str, lines: list[Phrase]) -> None:
        """Send a message unless that matter was told today."""
        key, today = f"{matter} {about}".strip(), self.clock().astimezone().date().isoformat()
        before = self._told.get(key)
        if before == today:
            return
        self._note(key, today)
        subject = _SUBJECTS[matter].render(self.language)
        text = "\n".join(line.render(self.language) for line in lines) + "\n"
        try:
            self._send(key, today, f"{subject} – {about}" if about else subject, text)
        except SmeflowError as error:
            self._note(key, before)
            reason = error.phrase
            self.log(say("Not told to you: {subject}. {reason}", subject=subject, reason=reason))

    def _note(self, key: str, day: str | None) -> None:
        if day is None:
            self._told.pop(key, None)
        else:
            self._told[key] = day
        try:
            self.state.mkdir(parents=True, exist_ok=True)
            (self.state / BOOK).write_text(json.dumps(self._told, indent=1) + "\n", encoding="utf-8")
        except OSError as error:  # kept in memory: told once a day for as long as the watch runs
            reason = os_error_reason(error)
            self.log(say("{path} cannot be written: {reason}", path=self.state / BOOK, reason=reason))

    def _send(self, key: str, day: str, subject: str, text: str) -> None:
        if self.settings.command:
            run_command(self.settings.command, subject, text)
        if self.settings.to:
            self._mail(key, day, subject, text)

    def _mail(self, key: str, day: str, subject: str, text: str) -> None:
        set_up = self.settings
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = set_up.sender, set_up.to, subject
        message["Date"] = format_datetime(self.clock())
        message["Message-ID"] = message_id_for(key, day, set_up.sender)
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text)
        account = Account(
            address=set_up.sender,
            host=set_up.host,
            port=set_up.port,
            user=set_up.user,
            security=set_up.security,
            certificate=self.folder / set_up.certificate if set_up.certificate else None,
        )
        try:
            with open_smtp(account) as server:
                server.send(
                    set_up.to, message.as_bytes(policy=message.policy.clone(linesep="\r\n")), lambda: None
                )
        except DeliveryUnknown:
            return  # it may be there: rather once than twice
        except MailDeferred as error:
            raise SinkError(say("the server refuses it: {reason}", reason=str(error))) from error
        except MailRefused as error:
            raise SinkError(error.phrase) from error


def run_command(command: tuple[str, ...], subject: str, text: str) -> None:
    """Start the firm's own program with a message.

    Raises:
        SinkError: It is not there, fails, or takes more than a minute.
    """
    try:
        done = subprocess.run(
            [*command, subject],
            input=text,
            capture_output=True,
            text=True,
            check=False,
            timeout=COMMAND_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        reason = os_error_reason(error) if isinstance(error, OSError) else str(error)
        raise SinkError(
            say("The command {command} of [notify] failed: {reason}", command=command[0], reason=reason)
        ) from error
    if done.returncode:
        reason = " ".join(done.stderr.split())[:200] or str(done.returncode)
        raise SinkError(
            say("The command {command} of [notify] failed: {reason}", command=command[0], reason=reason)
        )


def _run_stopped(recipe: str, summary: RunSummary) -> Phrase:
    return say(
        "The run of {recipe} stopped: {reason}. {open} items are left open; nothing is lost.",
        recipe=recipe,
        reason=summary.stopped,
        open=summary.open,
    )


def _of_waiting(rows: list[ItemRow]) -> list[Phrase]:
    lines = [say("{n} items wait for you:", n=len(rows)), Phrase("")]
    for row in rows[:MOST_LISTED]:
        reason = row.reason.phrases[0] if row.reason.phrases else Phrase("")
        lines.append(Phrase("  {name}: {reason}", {"name": row.name or row.key, "reason": reason}))
    if len(rows) > MOST_LISTED:
        lines.append(say("  … and {n} more", n=len(rows) - MOST_LISTED))
    return [*lines, Phrase(""), say("Look at them with: smeflow desk")]


def _of_week(items: Mapping[str, list[ItemRow]], waiting: list[ItemRow], since: datetime) -> list[Phrase]:
    lines = [say("In the last seven days:"), Phrase("")]
    for name, rows in items.items():
        came = sum(row.created_at >= since for row in rows)
        ended = Counter(row.state for row in rows if row.ended_at and row.ended_at >= since)
        lines.append(
            say("  {recipe}: {came} came, {done} done, {failed} failed",
                recipe=name, came=came, done=ended["done"], failed=ended["failed"])
        )  # fmt: skip
    return [*lines, Phrase(""), say("{n} items wait for you.", n=len(waiting))]
