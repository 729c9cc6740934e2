"""Going through what waits, in a real terminal."""

import os
import shutil
import subprocess
import sys
import time

import pytest

pty = pytest.importorskip("pty", reason="Windows has no pseudo-terminals")


def in_terminal(place, answers):
    """Run ``smeflow review`` on a terminal; type each answer when it is asked for."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "smeflow.cli", "review", "--by", "Ada"],
        cwd=place,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "COLUMNS": "120", "TERM": "dumb"},
    )
    os.close(theirs)
    seen, deadline = b"", time.monotonic() + 60
    for awaited, answer in answers:
        start = len(seen)
        while awaited not in seen[start:]:
            assert time.monotonic() < deadline, seen.decode()
            seen += os.read(ours, 65536)
        os.write(ours, answer + b"\n")
    code = process.wait(timeout=60)
    os.close(ours)
    return code, seen.decode()


@pytest.mark.slow
def test_a_person_approves_corrects_and_leaves(smeflow, workspace):
    """One item after another: what was found is shown, and each decision is kept at once."""
    shutil.rmtree(workspace / ".smeflow", ignore_errors=True)
    smeflow("run", "recipe.yaml")
    code, seen = in_terminal(
        workspace,
        [
            (b"\n> ", b"a"),  # bei-spiel: approve
            (b"check it?: ", b"called them"),  # its account is new
            (b"\n> ", b"s"),  # cut-off: later
            (b"\n> ", b"c"),  # lieferant: correct
            (b"(empty: done): ", b"number=R 1"),
            (b"(empty: done): ", b""),
        ],
    )
    assert code == 0
    assert "RE-20171118/506" in seen
    assert "Traceback" not in seen
    states = {
        r.split(",")[1]: r.split(",")[3] for r in smeflow("review", "list", "--csv").out.splitlines()[1:]
    }
    assert states == {"cut-off.pdf": "failed"}
    smeflow("run", "recipe.yaml")
    (shown,) = smeflow("show", "lieferant-471113", "--json").lines
    assert shown["results"]["invoice"]["record"]["number"] == "R 1"
