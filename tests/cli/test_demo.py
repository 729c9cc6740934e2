"""``smeflow demo``: what a new user sees first."""

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """Run the demo once, in a folder inside another firm's folder."""
    import subprocess
    import sys

    place = tmp_path_factory.mktemp("firm")
    (place / "smeflow.toml").write_text('[company]\nnames = ["Another"]\n', encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "smeflow.cli", "demo"], cwd=place, capture_output=True, text=True, check=False
    )
    return place, done


def counts(text):
    lines = [line.split() for line in text.splitlines()]
    return [
        [int(n) for n in line[1:]] for line in lines if len(line) == 7 and all(n.isdigit() for n in line[1:])
    ]


def test_it_ends_well_and_complains_of_nothing(shown):
    """What a new user sees first has no warning in it."""
    _, done = shown
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_at_least_half_of_the_items_end_done_and_the_counts_add_up(shown):
    """Every recipe: items, done, review, failed, skipped, open."""
    _, done = shown
    rows = counts(done.stdout)
    assert len(rows) >= 4
    assert all(row[0] == sum(row[1:]) for row in rows)
    assert 2 * sum(row[1] for row in rows) >= sum(row[0] for row in rows)
    assert sum(row[5] for row in rows) == 0


def test_every_item_that_is_not_done_says_why(shown):
    """No line of the second table ends without a reason, and none is a mistake of ours."""
    _, done = shown
    waiting = [
        line for line in done.stdout.splitlines() if any(sign in line for sign in ("? review", "✗ failed"))
    ]
    assert waiting
    assert all(line.rstrip()[-1] not in "w?d" or len(line.split()) > 3 for line in waiting)
    assert "Error" not in done.stdout


def test_it_says_where_the_outputs_lie_and_they_do(shown):
    """Each path it names is there and holds something."""
    place, done = shown
    paths = [line.split("→")[1].rsplit("(", 1)[0].strip() for line in done.stdout.splitlines() if "→" in line]
    assert len(paths) >= 4
    for path in paths:
        file = place / path
        assert file.stat().st_size > 0
        assert file.is_file() or any(file.iterdir())


def test_the_month_of_the_small_firm_is_a_story(shown):
    """Most of it is done; what waits is one strange account, one wrong sum, one complaint; one came twice."""
    from smeflow.workspace import Workspace

    place, _ = shown
    items = Workspace(place / "demo-out" / "month-en").items()
    assert [item.state for item in items].count("done") == 17
    waiting = {item.name: " ".join(map(str, item.reasons)) for item in items if item.state == "review"}
    assert sorted(waiting) == ["04-school-road.eml", "garage-PM2026-0305.pdf", "varnish-TC-2026-0205.pdf"]
    assert "another account than before" in waiting["varnish-TC-2026-0205.pdf"]
    assert "make 1186.95, but the total is 1276.95" in waiting["garage-PM2026-0305.pdf"]
    assert "complaint" in waiting["04-school-road.eml"]
    assert [str(item.reasons[0]) for item in items if item.state == "skipped"] == [
        "duplicate of timber-AT-2026-0120.pdf"
    ]
    assert len(items) == 21


def test_a_reader_of_french_gets_a_french_firm(tmp_path, recipes):
    """The same story, and the bundled recipes in French in the place of the English ones."""
    from smeflow.cli.commands.demo import copy_recipes
    from smeflow.cli.console import Screen
    from smeflow.workspace import Workspace

    copied = copy_recipes(Screen(language="fr", log_json=False), tmp_path / "out")
    assert {file.parent.name for file in copied if file.parent.name.startswith("month-")} == {"month-fr"}
    french = (recipes / "supplier-mail" / "recipe.fr.yaml").read_bytes()
    assert (tmp_path / "out" / "supplier-mail" / "recipe.yaml").read_bytes() == french
    month = Workspace(tmp_path / "out" / "month-fr")
    for recipe in ("factures.yaml", "courrier.yaml", "tickets.yaml"):
        month.run(recipe, llm="none")
    states = [item.state for item in month.items()]
    assert {state: states.count(state) for state in states} == {"done": 16, "review": 3, "skipped": 1}


@pytest.mark.parametrize(
    ("seated", "ci", "opens"), [(True, "", True), (False, "", False), (True, "1", False)]
)
def test_the_desk_opens_only_where_a_person_sits(monkeypatch, seated, ci, opens):
    """Never in a pipe, and never where ``CI`` is set."""
    import sys

    from smeflow.cli.commands import desk

    for stream in (sys.stdin, sys.stdout):
        monkeypatch.setattr(stream, "isatty", lambda: seated, raising=False)
    monkeypatch.setenv("CI", ci)
    assert desk.can_open_desk() is opens


def test_what_wanted_a_model_is_told(shown):
    """The seam for a second act: the items a model would help with are named."""
    _, done = shown
    assert "wanted a model and had none" in done.stdout
    assert any(" * " in line for line in done.stdout.splitlines())


def test_the_firm_around_it_gets_none_of_its_items(shown):
    """The demo has a firm's folder and a ledger of its own."""
    place, _ = shown
    assert not (place / ".smeflow").exists()
    assert (place / "demo-out" / ".smeflow").is_dir()


def test_reports_are_left_out_by_name_where_their_extra_is_missing(monkeypatch, recipes):
    """With the core alone the demo says what to install, and runs the rest."""
    from smeflow.cli.commands import demo

    assert demo._without_extras(recipes / "monthly-sales") == ""
    monkeypatch.setattr(demo, "find_spec", lambda name: None if name == "duckdb" else object())
    assert demo._without_extras(recipes / "monthly-sales") == "monthly-sales"
    assert demo._without_extras(recipes / "supplier-mail") == ""
