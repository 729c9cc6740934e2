"""Kill, restart, renumber: nothing lost, nothing twice."""

import json
import os
import subprocess
import sys

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.requires_program("dovecot"),
    pytest.mark.requires_module("imap_tools"),
    pytest.mark.skipif(os.name == "nt", reason="kills a process as only Unix can"),
]
FAULTS = ("mails lost", "mails doubled", "not handled", "handled twice", "drafts missing", "drafts doubled")


def test_killed_restarted_and_numbered_anew_no_mail_is_lost_or_handled_twice(root):
    """200 mails, 4 kills, the server restarted and the folder numbered anew; drafts and moves once each."""
    command = [sys.executable, str(root / "benchmarks" / "mailbox.py"), "--mails", "200", "--kills", "4"]
    told = subprocess.run(
        [*command, "--restarts", "1", "--seconds", "3"],
        capture_output=True,
        text=True,
        check=True,
        timeout=280,
    )
    counted = json.loads(told.stdout)
    assert counted["kills"] == 4
    assert counted["items"] == counted["rows"] == 200
    assert counted["left in the inbox"] == 0
    assert {name: counted[name] for name in FAULTS} == dict.fromkeys(FAULTS, 0)
