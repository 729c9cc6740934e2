"""``smeflow rerun``: number and cost first, then the items that are meant and no others."""

import pytest


@pytest.fixture
def ran(smeflow, workspace):
    """Run the recipe once."""
    smeflow("run", "recipe.yaml")
    return smeflow


def change(workspace):
    """Make the recipe's step another one."""
    text = (workspace / "recipe.yaml").read_text(encoding="utf-8")
    (workspace / "recipe.yaml").write_text(text.replace("into: Invoice", "into: Invoice\n    ask: always"))


def test_with_nothing_changed_there_is_nothing_to_redo(ran):
    """And nothing is run."""
    told = ran("rerun", "recipe.yaml", "--yes")
    assert told.code == 0
    assert "Nothing to redo" in told.out


def test_a_dry_run_tells_which_steps_changed_and_changes_nothing(ran, workspace):
    """A person sees number, steps and cost before paying."""
    change(workspace)
    (told,) = ran("rerun", "recipe.yaml", "--dry-run", "--json").lines
    assert told["items"] == 3
    assert told["steps"] == {"invoice": 3}
    assert (told["calls"], told["cost"]) == (0, "0")
    (after,) = ran("rerun", "recipe.yaml", "--dry-run", "--json").lines
    assert after == told


@pytest.mark.slow
def test_the_estimate_is_of_the_answers_that_stand_and_does_not_grow(smeflow, tmp_path, provider):
    """Each redo is told what one round takes, whatever earlier ones cost; run --redo asks as rerun does."""
    (tmp_path / "a.jsonl").write_text('{"id": "1", "text": "Some words."}\n', encoding="utf-8")
    recipe = tmp_path / "recipe.yaml"
    text = (
        f"recipe: r\nllm: {provider.name}\nsource: {{lines: a.jsonl}}\nsteps:\n"
        "  - {extract: found, fields: {NAME: text}}\n"
    )
    estimates = []
    for n in range(3):
        recipe.write_text(text.replace("NAME", f"colour{n}"), encoding="utf-8")
        if n:
            (told,) = smeflow("rerun", recipe, "--dry-run", "--json").lines
            estimates.append((told["items"], told["calls"]))
            asked = smeflow("run", recipe, "--redo", "changed")
            assert "redoing them makes about" in asked.out
            assert "--yes" in asked.err
        before = provider.asked
        smeflow("run", recipe, "--redo", "changed", "--yes")
        made = provider.asked - before
    assert estimates == [(1, made), (1, made)]
    assert made


def test_without_a_yes_nothing_is_redone(ran, workspace):
    """Where nobody can be asked, silence is no consent."""
    change(workspace)
    told = ran("rerun", "recipe.yaml")
    assert "--yes" in told.err
    (again,) = ran("rerun", "recipe.yaml", "--dry-run", "--json").lines
    assert again["items"] == 3


@pytest.mark.slow
def test_items_of_an_older_recipe_are_redone_and_a_decision_stays(ran, workspace):
    """What a person approved is not asked again."""
    ran("review", "approve", "lieferant-471113")
    ran("run", "recipe.yaml")
    change(workspace)
    told = ran("rerun", "recipe.yaml", "--yes", "--json")
    assert told.code == 0, told.err
    assert (told.lines[-1]["items"], told.lines[-1]["done"]) == (4, 2)
    assert "Nothing to redo" in ran("rerun", "recipe.yaml").out


def test_one_item_can_be_meant(ran):
    """By its name, as `show` takes it."""
    (told,) = ran("rerun", "recipe.yaml", "--where", "my-supplier-018304", "--dry-run", "--json").lines
    assert told["keys"] == ["my-supplier-018304.xml"]


def test_redo_takes_only_words_it_knows(ran):
    """A mistyped word is refused before anything runs."""
    told = ran("run", "recipe.yaml", "--redo", "chnaged")
    assert told.code == 2
    assert "changed" in told.err
