"""smeflow.toml, the firm's tables, and the recipes and schema that come with smeflow."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from smeflow.errors import RecipeError, SourceError
from smeflow.money import Money
from smeflow.recipe.known_tables import KnownTables, letter_trigrams
from smeflow.recipe.load import load
from smeflow.recipe.schema import recipe_schema
from smeflow.recipe.workspace import WorkspaceSettings

RECIPES = Path(__file__).parents[2] / "recipes"
TOML = """\
allow = ["mistral"]
residency = "local"

[company]
names = ["Dupont SARL"]
siren = "732 829 320"
vat_ids = ["FR 44 732829320"]
ibans = ["FR76 3000 6000 0112 3456 7890 189"]
locale = "fr-FR"
fiscal_year_start = "07-01"

[tables]
suppliers = "suppliers.csv"

[budgets]
run = "2 EUR"
month = "none"

[rates]
as_of = 2026-11-01
USD = 0.91
"""


def write(folder: Path, text: str = TOML) -> Path:
    (folder / "smeflow.toml").write_text(text, encoding="utf-8")
    (folder / "suppliers.csv").write_text(
        "name,city,iban\nMüller GmbH,Köln,DE1\nMartin SARL,Lyon,FR1\n", encoding="utf-8"
    )
    return folder


def problems(folder: Path) -> list[str]:
    with pytest.raises(RecipeError) as caught:
        WorkspaceSettings.find(folder)
    return [f"{p.line}: {p.phrase}" for p in caught.value.problems]


def test_without_a_file_defaults_hold(tmp_path: Path) -> None:
    """Nothing is allowed, documents stay in the EU, and a cap stands."""
    workspace = WorkspaceSettings.find(tmp_path)
    assert (workspace.root, workspace.allow, workspace.residency) == (tmp_path, (), "eu")
    assert workspace.budgets.run == Money(Decimal(5), "EUR")
    assert workspace.budgets.month == Money(Decimal(20), "EUR")


def test_a_file_is_found_above(tmp_path: Path) -> None:
    """The recipes of a firm share one."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    workspace = WorkspaceSettings.find(write(tmp_path) / "a" / "b")
    assert workspace.root == tmp_path
    assert (workspace.language, workspace.residency, workspace.residency_line) == ("fr", "local", 2)
    assert workspace.company.siren == "732829320"
    assert workspace.company.ibans == ("FR7630006000011234567890189",)
    assert (workspace.budgets.run, workspace.budgets.month) == (Money(Decimal(2), "EUR"), None)
    assert workspace.rates.as_of == date(2026, 11, 1)
    assert workspace.rates.convert(Money(Decimal(2), "USD")) == Money(Decimal("1.82"), "EUR")
    assert workspace.rates.convert(Money(Decimal(2), "JPY")) is None


def test_the_language_is_the_firm_s_and_never_the_machine_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A German computer in a French firm speaks French."""
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    assert WorkspaceSettings.find(write(tmp_path)).language == "fr"


def test_every_mistake_is_told_with_its_line(tmp_path: Path) -> None:
    """All at once, with what was probably meant."""
    text = (
        TOML.replace('"local"', '"europe"').replace("names =", "nams =").replace("732 829 320", "732 829 321")
    )
    text = (
        text.replace("suppliers.csv", "supplier.csv")
        .replace("month =", "mnth =")
        .replace("as_of = 2026-11-01\n", "")
    )
    text = text.replace('"07-01"', '"13-01"').replace("0189", "0188").replace("7890 189", "7890 188")
    told = problems(write(tmp_path, text))
    for line, words in [
        (2, "residency must be one of"),
        (5, "unknown key nams; did you mean names?"),
        (6, "is no valid SIREN"),
        (8, "is no valid IBAN"),
        (10, "is no month and day"),
        (13, "the table suppliers is not there: supplier.csv"),
        (17, "unknown key mnth; did you mean month?"),
        (19, "rates need the day"),
    ]:
        assert any(t.startswith(f"{line}: ") and words in t for t in told), (line, words, told)


@pytest.mark.parametrize(
    ("content", "line"),
    [(b"a = \n", 1), (b"[company]\nnames = [\n", 3), (b"a = 1\na = 2\n", 2), (b"x\n\xff", 2)],
)
def test_a_file_that_is_no_toml_is_told_with_its_line(tmp_path: Path, content: bytes, line: int) -> None:
    """A missing quote is found where it is."""
    (tmp_path / "smeflow.toml").write_bytes(content)
    assert problems(tmp_path)[0].startswith(f"{line}: ")


def test_rows_are_found_whatever_their_accents(tmp_path: Path) -> None:
    """Case, accents and spaces are left aside; a table nobody named has no rows."""
    known = WorkspaceSettings.find(write(tmp_path)).known()
    assert [row["iban"] for row in known.rows("suppliers", name="MULLER gmbh")] == ["DE1"]
    assert known.rows("suppliers", name="Müller GmbH", city="Lyon") == []
    assert len(known.rows("suppliers")) == 2
    assert known.rows("customers", name="x") == ()


def test_the_nearest_row_comes_first(tmp_path: Path) -> None:
    """A name with mistakes in it is still recognised, and nothing alike is nothing."""
    known = WorkspaceSettings.find(write(tmp_path)).known()
    assert known.nearest("suppliers", "Martin S.A.R.L.", 1)[0]["iban"] == "FR1"
    assert known.nearest("suppliers", "Mueler Gmbh Koeln", 2)[0]["iban"] == "DE1"
    assert known.nearest("suppliers", "zzz") == []
    assert known.nearest("customers", "x") == ()
    assert letter_trigrams("ab")[" ab"] == 1


def test_a_table_that_went_away_is_told_when_it_is_asked_for(tmp_path: Path) -> None:
    """Not before: a recipe that does not need it runs."""
    known = KnownTables({"suppliers": tmp_path / "gone.csv"})
    with pytest.raises(SourceError, match="is not there"):
        known.rows("suppliers")


@pytest.mark.parametrize(
    "path", sorted(RECIPES.glob("*/recipe*.yaml")), ids=lambda p: f"{p.parent.name}/{p.name}"
)
def test_the_recipes_that_come_along_are_right(path: Path) -> None:
    """In English and in French."""
    recipe = load(path, environ={})
    assert recipe.name == path.parent.name
    assert recipe.sinks


@pytest.mark.slow
def test_the_schema_says_what_a_recipe_may_hold() -> None:
    """The recipes that come along fit it; a mistyped key or kind does not."""
    jsonschema = pytest.importorskip("jsonschema")
    from smeflow.recipe.yaml import read_yaml

    schema = recipe_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(json.loads(json.dumps(schema)))
    for path in RECIPES.glob("*/recipe*.yaml"):
        data = read_yaml(path.read_bytes(), str(path)).data
        assert not list(validator.iter_errors(data)), path
        data["steps"][-1]["thresold"] = 1
        assert list(validator.iter_errors(data)), path
    assert list(validator.iter_errors({"recipe": "x", "source": {"foldr": "y"}, "steps": [{"rule": "r"}]}))
    assert "constants" not in json.dumps(schema["properties"]["steps"])


@pytest.mark.slow
def test_the_schema_beside_the_recipes_is_today_s() -> None:
    """Editors read it from the file; ``smeflow schema`` writes it anew."""
    assert json.loads((RECIPES / "recipe.schema.json").read_text(encoding="utf-8")) == recipe_schema()


def test_rates_nobody_gave_are_told_as_estimates_in_euros_and_are_none_elsewhere(tmp_path: Path) -> None:
    """A firm that counts in pounds must not have its dollars converted at a rate for the euro."""
    toml = tmp_path / "smeflow.toml"
    toml.write_text('[company]\ncurrency = "GBP"\n', "utf-8")
    pounds = WorkspaceSettings.find(tmp_path)
    assert pounds.rates.convert(Money(Decimal(1), "USD")) is None
    assert pounds.budgets.run == Money(Decimal(5), "GBP")
    toml.write_text("", "utf-8")
    assert WorkspaceSettings.find(tmp_path).rates.estimated
    toml.write_text("[rates]\nas_of = 2026-11-20\nUSD = 0.87\n", "utf-8")
    assert not WorkspaceSettings.find(tmp_path).rates.estimated
