"""Watching a mailbox for as long as it takes."""

import os
import signal
import subprocess
import sys
import time

import pytest

pytestmark = [
    pytest.mark.requires_program("dovecot"),
    pytest.mark.requires_module("imap_tools"),
    pytest.mark.skipif(os.name == "nt", reason="sends a signal as only Unix can"),
]


class Watching:
    """``smeflow watch`` in a process of its own, its words in a file."""

    def __init__(self, folder, *options):
        self.log = folder / "watch.log"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "smeflow.cli", "watch", "recipe.yaml", *options],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=self.log.open("wb"),
        )

    def said(self, words, seconds=30.0):
        """Wait until it says *words*."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if words in self.log.read_text(encoding="utf-8"):
                return True
            assert self.process.poll() is None, self.log.read_text(encoding="utf-8")
            time.sleep(0.05)
        return False

    def stop(self):
        """Ask it to end; give the code and the seconds it took."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(10), time.monotonic() - began


@pytest.fixture
def watching(office):
    """Start watching; whatever happens it ends with the test."""
    started = []

    def start(*options):
        started.append(Watching(office.folder, *options))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.wait()


def test_mail_is_handled_when_it_comes_also_after_the_server_was_away(watching, office, dovecot, mail):
    """The server says so itself: nobody waits for the next look. SIGTERM ends it within five seconds."""
    office.run()
    watch = watching()
    assert watch.said("watching")
    time.sleep(3)
    dovecot.put(mail(1))
    assert watch.said("1 worked on; 1 done", 10)
    dovecot.stop()
    assert watch.said("localhost")
    dovecot.start()
    dovecot.put(mail(2))
    assert watch.said("answers again")
    assert watch.said("1 worked on; 2 done")
    code, seconds = watch.stop()
    assert code == 143
    assert seconds < 5
    assert len(office.items()) == 2


def test_a_recipe_with_a_schedule_waits_for_its_time(watching, office):
    """It says when that is, and does nothing until then."""
    text = (office.folder / "recipe.yaml").read_text(encoding="utf-8")
    (office.folder / "recipe.yaml").write_text(f'{text}\nschedule: "0 7 1 1 *"\n', encoding="utf-8")
    watch = watching()
    assert watch.said("next run at")
    time.sleep(1)
    assert not (office.folder / ".smeflow" / "ledger.db").exists()
    assert watch.stop()[0] == 143


def test_files_that_come_into_a_folder_are_found(watching, office, mail):
    """What cannot say that something came is looked at every few seconds."""
    (office.folder / "inbox").mkdir()
    (office.folder / "recipe.yaml").write_text(
        "recipe: files\nllm: none\nsource: {folder: inbox}\n"
        "steps: [{rule: kind, choose: [{when: 'contains(case.text, \"x\")', value: a}], otherwise: b}]\n",
        encoding="utf-8",
    )
    watch = watching("--every", "1")
    assert watch.said("watching")
    (office.folder / "inbox" / "a.eml").write_bytes(mail(1))
    assert watch.said("1 worked on; 1 done")
    assert watch.stop()[0] == 143
