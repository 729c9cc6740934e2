"""Who decides which language is spoken."""

import pytest

from smeflow.cli.arguments import language_for


@pytest.fixture
def french_firm(tmp_path):
    """Make the folder of a firm that speaks French, with a recipe in a folder below."""
    (tmp_path / "smeflow.toml").write_text('[company]\nlocale = "fr-FR"\n', encoding="utf-8")
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "recipe.yaml").touch()
    return tmp_path


def test_the_firms_locale_decides_from_anywhere_in_its_folder(french_firm):
    """The nearest smeflow.toml speaks, above the folder a person is in."""
    assert language_for(["status"], french_firm / "below", {}) == "fr"


def test_the_recipe_that_is_named_counts_before_the_folder_a_person_is_in(french_firm, tmp_path_factory):
    """Running a French firm's recipe from elsewhere speaks French."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    assert language_for(["run", str(french_firm / "below" / "recipe.yaml")], elsewhere, {}) == "fr"


@pytest.mark.parametrize("name", ["LC_ALL", "LC_MESSAGES", "LANG"])
def test_the_machines_locale_speaks_until_there_is_a_firm(tmp_path, french_firm, name):
    """The first command is `init` or `demo`: nobody has said yet who the firm is."""
    assert language_for(["init"], tmp_path.parent, {name: "fr_FR.UTF-8"}) == "fr"
    assert language_for(["init"], tmp_path.parent, {name: "C.UTF-8"}) == "en"
    assert language_for(["status"], french_firm, {name: "en_GB.UTF-8"}) == "fr"


def test_smeflows_own_variable_counts_before_the_machines(tmp_path):
    """Of POSIX's variables the first that is set counts."""
    both = {"LC_ALL": "en_GB.UTF-8", "LANG": "fr_FR.UTF-8"}
    assert language_for(["init"], tmp_path, both) == "en"
    assert language_for(["init"], tmp_path, {**both, "SMEFLOW_LANG": "fr"}) == "fr"


@pytest.mark.parametrize("arguments", [["--lang", "de", "status"], ["status", "--lang=klingon"]])
def test_a_language_nobody_speaks_here_is_refused(smeflow, arguments):
    """German asked for was English without a word."""
    told = smeflow(*arguments)
    assert (told.code, told.err.strip().split(": ")[-1]) == (2, "choose from en, fr")


@pytest.mark.parametrize("arguments", [["--lang", "en", "status"], ["--lang=en", "status"]])
def test_a_language_asked_for_wins(arguments, french_firm):
    """What a person asks for now is stronger than what the firm wrote down."""
    assert language_for(arguments, french_firm, {"SMEFLOW_LANG": "fr"}) == "en"


def test_smeflows_own_variable_speaks_where_there_is_no_firm(tmp_path):
    """Before there is a smeflow.toml, SMEFLOW_LANG can tell."""
    assert language_for(["init"], tmp_path, {"SMEFLOW_LANG": "fr"}) == "fr"


def test_a_broken_toml_does_not_stop_the_choice(tmp_path):
    """The command itself tells what is wrong with the file; here English stands in."""
    (tmp_path / "smeflow.toml").write_text("[company\n", encoding="utf-8")
    assert language_for(["check"], tmp_path, {}) == "en"
