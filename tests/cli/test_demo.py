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
