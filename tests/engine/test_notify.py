"""Telling a person that the watch needs one: by a real mail server, by a real command, once a day each."""

import json
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from smeflow.engine.notify import BOOK, Notifier
from smeflow.engine.run import RunSummary
from smeflow.errors import LedgerDamaged, LLMRejected, RecipeError, SourceError
from smeflow.i18n import Phrase, say
from smeflow.kinds.mailbox import Account
from smeflow.mail.connect import login_refused
from smeflow.money import Money
from smeflow.recipe.keys import NotifyText
from smeflow.recipe.workspace import WorkspaceSettings

KEEP = "import pathlib, sys; open({file!r}, 'a').write(sys.argv[1] + '\\n' + sys.stdin.read() + '---\\n')"
MONDAY = datetime(2026, 11, 30, 9, 0).astimezone()
COUNTS = dict.fromkeys(("items", "done", "review", "failed", "skipped", "open", "calls"), 0)
ENDED = RunSummary(**COUNTS, cost=Money(Decimal(0), "EUR"))
RECIPE = """\
recipe: inbox
llm: none
source: {folder: inbox/}
steps: [{extract: invoice, into: Invoice}]
"""


@pytest.fixture
def notifying(tmp_path):
    """Make a notifier whose command keeps what it is told; give it, its clock, and what was told."""
    kept, now = tmp_path / "told.txt", [MONDAY]

    def make(**settings):
        command = (sys.executable, "-c", KEEP.format(file=str(kept)))
        settings = {"command": command, "digest": "", **settings}
        logged = []
        made = Notifier(
            settings=NotifyText(**settings),
            folder=tmp_path,
            state=tmp_path / "state",
            clock=lambda: now[0].astimezone(UTC),
            log=logged.append,
        )
        return made, logged

    def told():
        return kept.read_text(encoding="utf-8").split("---\n")[:-1] if kept.exists() else []

    return make, now, told


def test_a_matter_is_told_once_a_day_and_again_the_next(notifying):
    """Also by another process the same day: the book is on the disk."""
    make, now, told = notifying
    error = LedgerDamaged(say("The ledger is damaged."), where="page 3", repair="restore")
    make()[0].failed("inbox", error)
    make()[0].failed("inbox", error)
    assert [text.splitlines()[0] for text in told()] == ["smeflow stopped – inbox"]
    assert "The ledger is damaged." in told()[0]
    make()[0].failed("another", error)
    now[0] += timedelta(days=1)
    make()[0].failed("inbox", error)
    assert len(told()) == 3


@pytest.mark.parametrize(
    ("error", "subject"),
    [
        (SourceError(login_refused(Account(address="a@b.example", host="imap.example"))), "not taken"),
        (LLMRejected(say("The key was rejected."), reason="key"), "not taken"),
        (SourceError(say("{path} does not exist", path="inbox")), "smeflow stopped"),
        (RuntimeError("a plug broke"), "smeflow stopped"),
    ],
)
def test_a_refused_key_or_password_is_told_as_such(notifying, error, subject):
    """What a person must do differs: a new password, or a look at what broke."""
    make, _, told = notifying
    make()[0].failed("inbox", error)
    assert subject in told()[0].splitlines()[0]
    assert str(error) in told()[0]


@pytest.mark.parametrize(
    ("stopped", "subject"), [("key", "not taken"), ("full", "stopped"), ("interrupted", ""), (None, "")]
)
def test_a_run_that_ended_early_is_told(notifying, stopped, subject):
    """A person's own Ctrl-C is no news, and neither is a run that did all it could."""
    make, _, told = notifying
    make()[0].ended("inbox", replace(ENDED, stopped=stopped))
    assert len(told()) == bool(subject)
    assert all(subject in text for text in told())


@pytest.fixture
def ledger(tmp_path):
    """A ledger with a file nobody can read, which waits for a person."""
    from smeflow.ledger.ledger import Ledger
    from smeflow.workspace import Workspace

    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "cut.pdf").write_bytes(b"%PDF-1.4 cut")
    (tmp_path / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    Workspace(tmp_path).run("recipe.yaml", llm="none")
    with Ledger.open(tmp_path / ".smeflow", create=False) as opened:
        yield opened


def test_what_waits_is_told_with_its_reason(notifying, ledger):
    """From the number on that the firm chose."""
    make, _, told = notifying
    make(waiting=2)[0].look(ledger)
    assert told() == []
    make()[0].look(ledger)
    assert told()[0].splitlines()[0] == "smeflow: items wait for you"
    assert "  cut.pdf: " in told()[0]


def test_a_silent_source_is_told_after_its_days(notifying, ledger):
    """Counted from the last item that came."""
    make, now, told = notifying
    (row,) = ledger.items("inbox")
    now[0] = row.created_at + timedelta(days=4)
    make(waiting=0, silent_days=5)[0].look(ledger)
    assert told() == []
    now[0] = row.created_at + timedelta(days=5, minutes=1)
    make(waiting=0, silent_days=5)[0].look(ledger)
    assert "Nothing new has come to the recipe inbox for 5 days." in told()[0]


def test_the_week_is_told_on_its_day(notifying, ledger):
    """On Monday from seven on, once; not on Sunday, not at six."""
    make, now, told = notifying
    for moment in (
        MONDAY - timedelta(days=1),
        MONDAY - timedelta(hours=3),
        MONDAY,
        MONDAY + timedelta(hours=2),
    ):
        now[0] = moment
        make(waiting=0, digest="monday")[0].look(ledger)
    assert [text.splitlines()[0] for text in told()] == ["smeflow: your week"]
    assert "1 items wait for you." in told()[0]


def test_a_message_that_could_not_be_sent_is_tried_again(notifying, tmp_path):
    """It is said why; the day is not counted as told."""
    make, _, told = notifying
    broken, logged = make(command=(sys.executable, "-c", "import sys; sys.exit('no bell')"))
    broken.failed("inbox", RuntimeError("a plug broke"))
    assert "no bell" in str(logged[0])
    assert json.loads((tmp_path / "state" / BOOK).read_text(encoding="utf-8")) == {}
    make()[0].failed("inbox", RuntimeError("a plug broke"))
    assert len(told()) == 1


def test_a_firm_says_whom_to_tell(tmp_path):
    """`[notify]` of smeflow.toml; without a way to tell it, the mistake is told with its line."""
    file = tmp_path / "smeflow.toml"
    file.write_text('[notify]\ncommand = ["notify-send"]\nwaiting = 3\n', encoding="utf-8")
    assert WorkspaceSettings.find(tmp_path).notify == NotifyText(command=("notify-send",), waiting=3)
    for text, missing in (
        ("waiting = 3", "needs a way"),
        ('to = "a@b.example"', "needs sender and host too"),
    ):
        file.write_text(f"[notify]\n{text}\n", encoding="utf-8")
        with pytest.raises(RecipeError, match=missing):
            WorkspaceSettings.find(tmp_path)


def test_the_message_is_in_the_firms_language(notifying):
    """Subject and text, the reason too."""
    make, _, told = notifying
    notifier, _ = make()
    notifier.language = "fr"
    notifier.silent("a@b.example", Phrase("x"))
    assert told()[0].startswith("smeflow : plus rien n’arrive")
