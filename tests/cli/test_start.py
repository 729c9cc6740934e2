"""Where a new user begins: version, help, init, check, doctor, schema."""

import json
import re
import shutil
import subprocess
import sys
from unittest.mock import ANY

import pytest

from smeflow.cli.app import COMMANDS, build_commands
from smeflow.i18n import french_templates


@pytest.mark.slow
def test_the_version_is_told_without_loading_much():
    """A bug report begins with it; nothing that parses documents or talks to models is loaded."""
    code = (
        "import sys; from smeflow.cli import main; main(['--version']);"
        "print([m for m in ('pydantic', 'openai', 'rich', 'sqlalchemy', 'lxml') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert re.match(r"smeflow \d+\.\d+\.\d+\n\[\]\n", done.stdout)


def test_help_names_every_command(smeflow):
    """Without a command the help is shown, and that is no mistake."""
    told = smeflow()
    assert told.code == 0
    assert all(f"  {name} " in told.out for name, _, _ in COMMANDS)


def test_a_mistyped_command_is_a_usage_error_with_a_hint(smeflow):
    """One line that says what was meant, and where to look."""
    told = smeflow("stauts")
    assert told.code == 2
    assert "status" in told.err
    assert "--help" in told.err


def every_help(command):
    yield command.help
    yield from (getattr(p, "help", None) for p in command.params)
    for below in getattr(command, "commands", {}).values():
        yield from every_help(below)


def test_all_help_is_there_in_french():
    """Every command and every option."""
    said = {text for text in every_help(build_commands("en")) if text}
    assert sorted(said - french_templates().keys() - {"Show this message and exit."}) == []
    assert "Exécuter une recette" in build_commands("fr").commands["run"].help


@pytest.mark.slow
@pytest.mark.parametrize("work", ["invoices", "mail", "table", "report"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_init_makes_a_recipe_that_passes_check_and_runs(smeflow, tmp_path, work, language):
    """An empty folder becomes a firm's folder, in its language."""
    made = smeflow("--lang", language, "init", "firm", "--work", work, "--company", "Us & Co", "--yes")
    assert made.code == 0
    assert smeflow("check", "firm").code == 0
    ran = smeflow("run", "firm", "--json")
    assert ran.code == 0, ran.err
    assert ran.lines[-1]["items"] == (1 if work in {"table", "report"} else 0)
    assert ran.lines[-1]["review" if work == "report" else "done"] == ran.lines[-1]["items"]
    assert 'names = ["Us & Co"]' in (tmp_path / "firm" / "smeflow.toml").read_text(encoding="utf-8")


def test_init_overwrites_nothing(smeflow, tmp_path):
    """A recipe that is there stays as it is."""
    (tmp_path / "recipe.yaml").write_text("mine", encoding="utf-8")
    told = smeflow("init", "--yes")
    assert told.code == 2
    assert (tmp_path / "recipe.yaml").read_text(encoding="utf-8") == "mine"


def test_a_french_firm_is_spoken_to_in_french_from_then_on(smeflow, tmp_path):
    """The locale that init wrote decides, without any flag."""
    smeflow("--lang", "fr", "init", "--yes")
    told = smeflow("check")
    assert "les données peuvent aller vers" in told.out


def test_check_refuses_a_model_the_recipe_does_not_allow(smeflow, workspace, monkeypatch):
    """Before the first byte: the message names the line that says so."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-12345678")
    text = (workspace / "recipe.yaml").read_text(encoding="utf-8")
    (workspace / "recipe.yaml").write_text(text.replace("llm: none", "llm: openai/gpt-4o\nresidency: eu"))
    told = smeflow("check")
    assert told.code == 2
    assert "recipe.yaml:4" in told.err
    assert "canary" not in told.out + told.err


def test_doctor_names_keys_and_never_their_values(smeflow, monkeypatch):
    """A key that lies in the environment sends nothing anywhere, and doctor says so."""
    monkeypatch.setenv("MISTRAL_API_KEY", "canary-5f3759df")
    told = smeflow("doctor", "--json")
    (found,) = told.lines
    assert found["keys"] == ["MISTRAL_API_KEY"]
    assert found["model"] is None
    assert "canary" not in told.out + told.err
    assert "MISTRAL_API_KEY" in smeflow("doctor").out


def test_doctor_warns_of_a_model_that_a_recipe_names_and_its_provider_shuts_down(smeflow, tmp_path):
    """The day and what is recommended, as the table of providers says; in French too."""
    (tmp_path / "recipe.yaml").write_text("recipe: r\nllm: [local, openai/gpt-4o]\n", encoding="utf-8")
    (found,) = smeflow("doctor", "--json").lines
    assert found["ending"] == [{"model": "openai/gpt-4o", "on": "2027-01-14", "instead": "gpt-6-luna"}]
    said = " ".join(smeflow("doctor").out.split())
    assert "openai/gpt-4o" in said
    assert "gpt-6-luna" in said


@pytest.mark.slow
def test_schema_is_json_and_can_be_written_to_a_file(smeflow, tmp_path):
    """An editor can use it as it is."""
    printed = json.loads(smeflow("schema").out)
    smeflow("schema", "--out", "recipe.schema.json")
    assert json.loads((tmp_path / "recipe.schema.json").read_text(encoding="utf-8")) == printed
    assert "steps" in printed["properties"]


def test_a_firm_without_a_name_is_told_what_is_missing_and_proves_nothing(smeflow, tmp_path, inbox):
    """Who does not say who they are cannot have it proven that an invoice is to them; the name mends it."""
    made = smeflow("init", ".", "--yes")
    assert "Missing: who the firm is" in " ".join(made.err.split())
    shutil.copy(inbox / "my-supplier-018304.xml", tmp_path / "inbox")
    assert smeflow("run", ".", "--json").lines[-1]["review"] == 1
    (before,) = smeflow("show", "my-supplier-018304", "--json").lines
    assert not before["results"]["invoice"]["proven"]
    assert "does not say who we are" in " ".join(smeflow("show", "my-supplier-018304").out.split())
    settings = tmp_path / "smeflow.toml"
    settings.write_text(settings.read_text("utf-8").replace("[]", '["My Customer Company"]'), "utf-8")
    again = smeflow("run", ".", "--json")
    assert "1 items were read again" in " ".join(again.err.split())
    assert "does not say who we are" not in " ".join(smeflow("show", "my-supplier-018304").out.split())
    quiet = smeflow("run", ".", "--json")
    assert "read again" not in quiet.err


def test_a_firm_that_is_somebody_else_is_read_again_but_not_what_a_person_decided(smeflow, workspace):
    """Names filled in late: what rests on them is looked at, and a decision holds."""
    smeflow("run", "recipe.yaml")
    smeflow("review", "approve", "lieferant-471113", "--note", "seen")
    done = smeflow("run", "recipe.yaml", "--json").lines[-1]["done"]
    settings = workspace / "smeflow.toml"
    settings.write_text(settings.read_text("utf-8") + '[company]\nnames = ["Nobody Else Ltd"]\n', "utf-8")
    told = smeflow("run", "recipe.yaml", "--json")
    assert told.lines[-1]["done"] < done
    (held,) = smeflow("show", "lieferant-471113", "--json").lines
    assert held["state"] == "done"
    assert smeflow("run", "recipe.yaml", "--json").lines[-1] == {**told.lines[-1], "audit": ANY}
