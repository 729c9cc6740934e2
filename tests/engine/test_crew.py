"""The models of a run: a chain for all steps, another for one, and all that stands before each."""

import pytest

from smeflow.engine.run import run_to_end
from smeflow.errors import LLMUnavailable, RecipeError
from smeflow.i18n import say
from smeflow.ledger.ledger import Ledger
from smeflow.llm.interface import ModelEndpoint
from smeflow.llm.prices import FREE
from smeflow.llm.router import ModelSet
from smeflow.llm.testing import Scripted
from smeflow.recipe.load import load
from smeflow.recipe.workspace import WorkspaceSettings

AWAY = LLMUnavailable(say("away"), sent=False)


def model(name, *lines, region="local"):
    place = ModelEndpoint(provider=name, model="m", region=region, price=FREE)
    return Scripted(lines, for_ever=True, place=place)


@pytest.fixture
def made(tmp_path):
    """Give a function that writes a recipe over one row and runs it with models."""
    (tmp_path / "in.csv").write_text('id,text\n1,"Delivery for Martin, 5 boxes"\n', encoding="utf-8")

    def run(models, step="", residency="any"):
        (tmp_path / "recipe.yaml").write_text(
            f"recipe: rows\nresidency: {residency}\nsource: {{table: in.csv, key: id}}\n"
            "steps:\n  - extract: found\n    fields: {customer: text, boxes: text?}\n    readers: [model]\n"
            f"{step}sinks:\n  - {{table: out.csv, rows: found.record}}\n",
            encoding="utf-8",
        )
        recipe = load(tmp_path / "recipe.yaml")
        summary = run_to_end(
            recipe, WorkspaceSettings.find(tmp_path), state=tmp_path / ".smeflow", llm=models, workers=1
        )
        with Ledger.open(tmp_path / ".smeflow", create=False) as ledger:
            (row,) = ledger.items("rows")
            return summary, ledger.calls(row), row

    return run


MARTIN = '{"customer": "Martin", "boxes": "5"}'


@pytest.mark.slow
def test_the_next_model_answers_where_the_first_is_away(made):
    """Both attempts are in the ledger; the run knows its models."""
    first, second = model("near", AWAY), model("far", MARTIN)
    summary, calls, row = made(ModelSet(models=(first, second)))
    assert summary.open == 0
    assert {c.provider for c in calls if c.state == "answered"} == {"far"}
    assert row.state in {"done", "review"}


def test_a_step_asks_models_of_its_own(made):
    """`llm:` beside a step stands before the recipe's."""
    usual, own = model("usual", MARTIN), model("own", MARTIN)
    made(ModelSet(models=(usual,), steps={"found": ModelSet(models=(own,))}))
    assert usual.requests == []
    assert own.requests


def test_what_two_models_differ_on_is_left_out(made):
    """Both are asked and paid; the value they do not share waits for a person."""
    one, two = model("one", MARTIN), model("two", '{"customer": "Martin", "boxes": "6"}')
    summary, calls, _ = made(ModelSet(models=(one, two), agree=2))
    assert {c.provider for c in calls} == {"one", "two"}
    assert summary.calls == 2


def test_one_that_may_not_be_asked_refuses_the_whole_chain(made):
    """Not even the permitted first one is asked: the other would be, some day."""
    near, far = model("near", MARTIN), model("far", MARTIN, region="outside")
    summary, calls, _ = made(ModelSet(models=(near, far)), residency="eu")
    assert summary.stopped == "residency"
    assert calls == []
    assert near.requests == far.requests == []


@pytest.mark.slow
def test_a_second_run_replays_each_models_own_reply(made):
    """Nothing is asked twice, and no answer stands in for another model's."""
    one, two = model("one", MARTIN), model("two", MARTIN)
    made(ModelSet(models=(one, two), agree=2))
    made(ModelSet(models=(one, two), agree=2))
    assert (len(one.requests), len(two.requests)) == (1, 1)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("llm: {a: b}", "a list of them"),
        ("agree: many", "2 or 3"),
        ("llm: local\n    agree: 2", "needs 2 models"),
    ],
)
def test_a_mistake_in_a_steps_models_is_told_at_its_line(made, line, said):
    """Like every other mistake of a recipe."""
    with pytest.raises(RecipeError, match=said) as caught:
        made(None, step=f"    {line}\n")
    assert caught.value.problems[0].line >= 8


def test_a_list_of_models_is_a_chain(tmp_path, recipes):
    """In a recipe and beside a step."""
    (tmp_path / "in.csv").write_text("id,text\n1,x\n", encoding="utf-8")
    (tmp_path / "recipe.yaml").write_text(
        "recipe: rows\nllm: [local, scaleway]\nsource: {table: in.csv, key: id}\n"
        "steps:\n  - extract: found\n    fields: {customer: text}\n    "
        "llm: [mistral, scaleway]\n    agree: 2\n",
        encoding="utf-8",
    )
    recipe = load(tmp_path / "recipe.yaml")
    assert recipe.llm == "local, scaleway"
    (entry,) = recipe.entries
    assert (entry.llm, entry.agree) == ("mistral, scaleway", 2)
