"""``smeflow watch`` over several recipes: what becomes of one is no fault of the others."""

from decimal import Decimal

import pytest

from smeflow.cli import running
from smeflow.engine.run import RunSummary
from smeflow.engine.watch import failure_phrase
from smeflow.errors import LedgerDamaged, SourceError
from smeflow.i18n import say
from smeflow.money import Money

RECIPE = """\
recipe: {name}
llm: none
source: {{folder: inbox/}}
steps: [{{triage: kind, labels: {{a: one, b: two}}}}]
"""
DAMAGED = LedgerDamaged(say("The ledger is damaged."), where="page 3", repair="restore")


@pytest.fixture
def watched(tmp_path, monkeypatch):
    """Watch two recipes, of which `bad` ends as told; `good` runs twice, then all stops. Gives the runs."""
    (tmp_path / "inbox").mkdir()
    for name in ("bad", "good"):
        (tmp_path / f"{name}.yaml").write_text(RECIPE.format(name=name), encoding="utf-8")

    def watch(smeflow, error):
        runs = []

        def run_recipe_file(_screen, file, **_options):
            runs.append(file.stem)
            if file.stem == "bad":
                raise error
            counts = dict.fromkeys(("items", "done", "review", "failed", "skipped", "open", "calls"), 0)
            summary = RunSummary(**counts, cost=Money(Decimal(0), "EUR"))
            stopped = 130 if runs.count("good") >= 2 else 0
            return running.load_recipe(file, ()), summary, stopped

        monkeypatch.setattr(running, "run_recipe_file", run_recipe_file)
        return smeflow("watch", "bad.yaml", "good.yaml", "--every", "1"), runs

    return watch


@pytest.mark.parametrize("error", [RuntimeError("a plug broke"), OSError(5, "I/O error"), MemoryError()])
def test_a_recipe_that_dies_is_tried_again_and_the_others_go_on(watched, smeflow, error):
    """Only errors of smeflow's own were caught: any other ended the watch of all."""
    told, runs = watched(smeflow, error)
    assert told.code == 130
    assert runs.count("good") == 2
    assert str(failure_phrase(error)).split(":")[0] in " ".join(told.err.split())


def test_a_damaged_ledger_ends_the_watch_of_its_recipe_alone(watched, smeflow):
    """It stays damaged until a person mends it: that is said, and the others are watched."""
    told, runs = watched(smeflow, DAMAGED)
    assert (told.code, runs.count("bad"), runs.count("good")) == (130, 1, 2)
    assert "The ledger is damaged." in told.err
    assert "bad is watched no more" in told.err


def test_the_last_recipe_with_a_damaged_ledger_ends_the_watch(tmp_path, smeflow, monkeypatch):
    """There is nothing left to watch; the code says why."""
    (tmp_path / "inbox").mkdir()
    (tmp_path / "bad.yaml").write_text(RECIPE.format(name="bad"), encoding="utf-8")

    def run_recipe_file(*_arguments, **_options):
        raise DAMAGED

    monkeypatch.setattr(running, "run_recipe_file", run_recipe_file)
    assert smeflow("watch", "bad.yaml").code == 4


def test_what_failed_is_said_in_words_of_its_own():
    """A phrase of smeflow's stays as it is."""
    phrase = say("The table {path} is not there.", path="a.csv")
    assert failure_phrase(SourceError(phrase)) == phrase
    assert str(failure_phrase(ValueError("x"))) == "it failed and is tried again: ValueError: x"
