"""Which code an error ends the process with, and what a person reads."""

import errno
import re
import sqlite3
from decimal import Decimal

import pytest
import typer

from smeflow.cli.console import Screen
from smeflow.cli.exits import ProcessEnded, UsageProblem, code_of, tell_error, without_secrets
from smeflow.errors import (
    BudgetSpent,
    LedgerBusy,
    LedgerDamaged,
    LLMRejected,
    Problem,
    RecipeError,
    SourceError,
    StepFailed,
)
from smeflow.i18n import say

SAID = say("What happened.")


def caused(error, cause):
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SourceError(SAID), 1),
        (RecipeError("r.yaml", [Problem(1, 1, SAID)]), 2),
        (UsageProblem(SAID), 2),
        (typer.BadParameter("what"), 2),
        (LedgerBusy(SAID, pid=7), 3),
        (LedgerDamaged(SAID, where="page 3", repair="restore"), 4),
        (LLMRejected(SAID, reason="key"), 5),
        (BudgetSpent(SAID, limit=Decimal(5), spent=Decimal(5), currency="EUR"), 6),
        (OSError(errno.ENOSPC, "No space left on device", "out.csv"), 28),
        (sqlite3.OperationalError("database or disk is full"), 28),
        (FileNotFoundError(errno.ENOENT, "No such file", "t.txt"), 2),
        (PermissionError(errno.EACCES, "Permission denied", "out"), 1),
        (KeyboardInterrupt(), 130),
        (ProcessEnded(143), 143),
        (ZeroDivisionError("1/0"), 70),
    ],
)
def test_every_kind_of_error_has_its_code(error, code):
    """The codes are a contract with whoever starts smeflow from a script."""
    assert code_of(error) == code


def test_a_cause_counts_before_what_it_caused():
    """A step that failed since the provider rejects us ends as the rejection does."""
    assert code_of(caused(StepFailed(SAID, step="a", case_id="b"), LLMRejected(SAID, reason="quota"))) == 5


def test_all_problems_of_a_recipe_are_told_with_their_places_in_french(tmp_path, capsys):
    """One line a problem: file, line, column, sentence."""
    problems = [Problem(3, 5, say("step {name} has not run", name="a")), Problem(1, 1, say("done"))]
    assert tell_error(RecipeError("r.yaml", problems), Screen(language="fr"), tmp_path) == 2
    told = capsys.readouterr().err
    assert "r.yaml:1:1: terminé" in told
    assert "r.yaml:3:5: l'étape a n'a pas encore eu lieu" in told


def test_a_full_disk_names_the_path_and_says_what_to_do(tmp_path, capsys):
    """A person learns where room is needed, and that nothing is lost."""
    tell_error(OSError(errno.ENOSPC, "No space left on device", "/data/out.csv"), Screen(), tmp_path)
    told = capsys.readouterr().err
    assert "/data/out.csv" in told
    assert "nothing is lost" in told


def test_a_mistake_of_ours_keeps_the_details_in_a_private_file_without_secrets(tmp_path, capsys, monkeypatch):
    """No traceback on the screen; the file has it, and neither has the key."""
    monkeypatch.setenv("MISTRAL_API_KEY", "canary-5f3759df")
    with pytest.raises(ZeroDivisionError) as caught:
        raise ZeroDivisionError("while sending canary-5f3759df")
    assert tell_error(caught.value, Screen(), tmp_path) == 70
    told = capsys.readouterr().err
    (file,) = tmp_path.glob("smeflow-crash-*.txt")
    kept = file.read_text(encoding="utf-8")
    assert "Traceback" not in told
    assert re.sub(r"\s", "", str(file)) in re.sub(r"\s", "", told)
    assert "test_a_mistake_of_ours" in kept
    assert "canary" not in kept + told
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "secret", ["sk-abcdef123456", "Authorization: Bearer abc.def.ghi", "https://user:hunter2@example.org/v1"]
)
def test_what_looks_like_a_secret_is_hidden_whatever_its_source(secret):
    """A key that stands in no variable is known by its form."""
    assert secret.rpartition(" ")[2].rpartition("//")[2][:8] not in without_secrets(f"failed: {secret}", {})
