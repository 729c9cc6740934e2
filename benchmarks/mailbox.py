"""Kill a run, restart the mail server and number the folder anew; count what was lost or done twice.

``python benchmarks/mailbox.py --mails 5000 --kills 20 --restarts 5``. Needs Debian's ``dovecot-imapd``
and starts its own on loopback. Prints one line of JSON.
"""

import argparse
import csv
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from support.dovecot import PASSWORD, Dovecot, make_mail  # noqa: E402 - what the tests use too

RECIPE = """\
recipe: killed
llm: none
source: {{mailbox: "{address}", host: localhost, port: {port}, certificate: server.pem, since: {since}}}
steps:
  - rule: kind
    choose: [{{when: 'contains(fields["subject"], "facture")', value: invoice}}]
    otherwise: other
  - draft: reply
    when: kind.value == "other"
    template: reply.md
    facts: {{kind: kind.value}}
sinks:
  - {{mailbox: act, by: kind.value, move: {{invoice: Factures, other: Demandes}}, draft: reply}}
  - {{table: out.csv, item: key, columns: {{Subject: 'fields["subject"]', Kind: kind.value}}}}
"""
FOLDERS = ("INBOX", "Factures", "Demandes")


def subject(n: int) -> str:
    """Name a mail: every third is an invoice."""
    return f"facture {n}" if n % 3 == 0 else f"demande {n}"


class Trial:
    """One firm, one server, one seed."""

    def __init__(self, folder: Path, mails: int, seed: int) -> None:
        self.folder, self.mails, self.rng = folder, mails, random.Random(seed)
        self.server = Dovecot()
        self.server.start()
        shutil.copy(self.server.certificate, folder / "server.pem")
        since = datetime.now(UTC).date() - timedelta(days=1)
        (folder / "recipe.yaml").write_text(
            RECIPE.format(address=self.server.address, port=self.server.port, since=since), encoding="utf-8"
        )
        (folder / "reply.md").write_text("Bonjour,\n\nNous avons reçu votre demande.\n", encoding="utf-8")
        self.sent = 0
        self.kills = 0

    def arrive(self, count: int) -> None:
        """Let mails arrive."""
        numbers = range(self.sent, min(self.sent + count, self.mails))
        self.server.put(*(make_mail(n, subject=subject(n)) for n in numbers))
        self.sent = numbers.stop

    def start(self) -> subprocess.Popen[bytes]:
        """Start a run in a process of its own."""
        environ = {**os.environ, "SMEFLOW_MAILBOX_PASSWORD": PASSWORD}
        return subprocess.Popen(
            [sys.executable, "-m", "smeflow.cli", "run", "recipe.yaml"],
            cwd=self.folder,
            env=environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def kill_somewhere(self, seconds: float) -> None:
        """Start a run and kill it within *seconds*, wherever it is."""
        process = self.start()
        time.sleep(self.rng.uniform(0.6, seconds))
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            self.kills += 1
        process.wait()

    def restart_under(self) -> None:
        """Restart the server while a run is on."""
        process = self.start()
        time.sleep(self.rng.uniform(0.8, 3.0))
        self.server.restart()
        process.wait()

    def to_the_end(self) -> int:
        """Run until nothing is left; give the last exit code."""
        code = 1
        for _ in range(5):
            code = self.start().wait()
            if code == 0:
                break
        return code

    def counted(self) -> dict[str, int]:
        """Count what was lost and what was done twice."""
        from smeflow.ledger.ledger import Ledger

        lying = Counter(name for folder in FOLDERS for name in self.server.subjects(folder))
        drafts = Counter(self.server.subjects("Drafts"))
        wanted = {subject(n) for n in range(self.mails)}
        answered = {f"Re: {name}" for name in wanted if name.startswith("demande")}
        with Ledger.open(self.folder / ".smeflow", create=False) as ledger:
            done = Counter(item.name[11:].removesuffix(".eml") for item in ledger.items("killed", "done"))
            others = sum(1 for item in ledger.items("killed") if item.state != "done")
        with (self.folder / "out.csv").open(newline="", encoding="utf-8-sig") as file:
            rows = sum(1 for _ in csv.DictReader(file))
        return {
            "items": sum(done.values()),
            "rows": rows,
            "left in the inbox": len(self.server.subjects("INBOX")),
            "mails lost": len(wanted - lying.keys()),
            "mails doubled": sum(n - 1 for n in lying.values()),
            "not handled": len(wanted - done.keys()) + others,
            "handled twice": sum(n - 1 for n in done.values()),
            "drafts missing": len(answered - drafts.keys()),
            "drafts doubled": sum(n - 1 for n in drafts.values()) + len(drafts.keys() - answered),
        }


def trial(
    folder: Path, *, mails: int, kills: int, restarts: int, seed: int, seconds: float
) -> dict[str, Any]:
    """Do all of it in a random order, once."""
    began = time.monotonic()
    one = Trial(folder, mails, seed)
    try:
        one.arrive(mails // 3)
        todo = ["kill"] * kills + ["restart"] * restarts + ["anew"]
        one.rng.shuffle(todo)
        each = mails // len(todo) + 1
        for what in todo:
            arriving = threading.Thread(target=one.arrive, args=(each,)) if what == "kill" else None
            if arriving is not None:
                arriving.start()
            if what == "kill":
                one.kill_somewhere(seconds)
            elif what == "restart":
                one.restart_under()
            else:
                one.server.number_anew()
            if arriving is not None:
                arriving.join()
        while one.sent < mails:
            one.arrive(500)
        while one.kills < kills:  # some runs ended before their kill
            one.kill_somewhere(seconds / 2)
        code = one.to_the_end()
        counted = one.counted()
    finally:
        one.server.close()
    return {"kills": one.kills, "last code": code, **counted, "seconds": round(time.monotonic() - began, 1)}


def main() -> None:
    """Run one trial and print what it counted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=5000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--restarts", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=6.0, help="the latest moment of a kill")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="smeflow-mailbox-") as folder:
        print(json.dumps(trial(Path(folder), **vars(given))))


if __name__ == "__main__":
    main()
