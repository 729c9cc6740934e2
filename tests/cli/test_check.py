"""``smeflow check`` tells what a run would be refused for, all at once, at its line."""

import pytest


def _with(workspace, *lines):
    text = (workspace / "recipe.yaml").read_text(encoding="utf-8")
    (workspace / "recipe.yaml").write_text(text.replace("llm: none", "\n".join(lines)), encoding="utf-8")


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch):
    for name in ("OPENAI_API_KEY", "MISTRAL_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.slow
def test_where_data_would_go_is_refused_without_a_key_too(smeflow, workspace):
    """Residency is known from the name; where nothing is written, the message says what to write."""
    _with(workspace, "llm: openai/gpt-4o-mini")
    told = smeflow("check")
    assert told.code == 2
    assert "add the line residency: any to recipe.yaml" in told.err.replace("\n", " ")
    assert "recipe.yaml:1" not in told.err
    french = smeflow("--lang", "fr", "check").err.replace("\n", " ")
    assert "ajoutez la ligne residency: any à recipe.yaml" in french


def test_a_missing_key_alone_is_no_mistake_of_the_recipe(smeflow, workspace):
    """The model may be asked; this machine has no key for it yet."""
    _with(workspace, "llm: mistral/mistral-small-latest")
    told = smeflow("check")
    assert told.code == 0
    assert "MISTRAL_API_KEY" in told.err


def test_every_model_of_a_chain_is_checked(smeflow, workspace):
    """Of several names the one that may not be asked is told, and so is the one nobody has."""
    _with(workspace, "llm: mistral, openai/gpt-4o-mini")
    assert "gpt-4o-mini at openai is not asked" in smeflow("check").err.replace("\n", " ")
    _with(workspace)
    (workspace / "recipe.yaml").write_text(
        "recipe: r\nsource: {folder: inbox}\nsteps:\n"
        "  - {extract: a, into: Invoice, llm: [mistral, opnai/x]}\n"
    )
    assert 'recipe.yaml:4:38: There is no provider "opnai"' in smeflow("check").err


def test_auto_says_why_an_allowed_provider_is_not_taken(smeflow, workspace, monkeypatch):
    """It is allowed and its key is set: what keeps it out is the residency."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-12345678")
    _with(workspace, "llm: auto", "allow: [openai]")
    assert "residency: eu keeps it out" in smeflow("check").out


def test_auto_names_the_model_it_would_ask(smeflow, workspace, monkeypatch):
    """Who allows a provider learns which of its models is asked."""
    monkeypatch.setenv("MISTRAL_API_KEY", "canary-5f3759df")
    _with(workspace, "llm: auto", "allow: mistral")
    assert "mistral/mistral-small-latest is asked" in smeflow("check").out


def test_names_of_models_are_checked_with_everything_else(smeflow, workspace):
    """A wrong provider, a key given twice and an unknown key are told together, in file order."""
    _with(workspace, "llm: mistrall/foo", "allow: [mistrale]", "workers: 3", "workers: 4", "wrokers: 5")
    told = smeflow("check")
    found = [line for line in told.err.splitlines() if line.startswith("recipe.yaml:")]
    words = ["mistral", "mistral", "given twice", "did you mean workers"]
    assert all(word in line for word, line in zip(words, found, strict=True)), found
    (workspace / "smeflow.toml").write_text('allow = ["mistrale"]\n', encoding="utf-8")
    told = " ".join(smeflow("check").err.split())  # where a line is cut hangs on the folder's length
    assert 'smeflow.toml:1:1: There is no provider "mistrale"; did you mean "mistral"' in told


def test_problems_are_whole_sentences_in_french(smeflow, workspace):
    """Lists of words carry no English "or", and what the system refuses is said in French."""
    _with(workspace, "llm: none", "residency: europe")
    assert "residency doit être l'un de : local, eu, any" in smeflow("--lang", "fr", "check").err
    (workspace / "recipe.yaml").write_text("recipe: r\nsource: {folder: inbox}\nsteps: []\n")
    assert "au moins une étape" in smeflow("--lang", "fr", "check").err
    assert "needs at least one step" in smeflow("--lang", "en", "check").err


def test_a_folder_that_is_not_there_is_told(smeflow, workspace):
    """It may come later; a person learns of it before the run does."""
    text = (workspace / "recipe.yaml").read_text(encoding="utf-8")
    (workspace / "recipe.yaml").write_text(text.replace("folder: inbox/", "folder: inbx/"), encoding="utf-8")
    told = smeflow("check")
    assert told.code == 0
    assert "inbx" in told.err


def test_a_label_the_step_never_gives_is_told_at_its_place(smeflow, workspace):
    """In a condition of a step as in one of a rule; labels of the step pass."""
    (workspace / "recipe.yaml").write_text(
        "recipe: r\nllm: none\nsource: {folder: inbox}\nsteps:\n"
        "  - triage: kind\n    labels: {invoice: asks us to pay, other: the rest}\n"
        "  - extract: a\n    when: kind.label == 'invoce'\n    into: Invoice\n"
        "  - extract: b\n    when: kind.label in ['invoice', 'other'] and 'invoice' in kind.labels\n"
        "    into: Invoice\n"
    )
    told = smeflow("check")
    assert "recipe.yaml:8:25: kind has no label invoce; did you mean invoice?" in told.err
    assert "Problems found: 1." in told.err


def test_what_a_setting_brought_is_told_as_set(smeflow, workspace):
    """A key that stands in no file came from the command line."""
    told = smeflow("check", "--set", "x.y=3")
    assert "unknown key x" in told.err
    assert "(set by --set x.y)" in told.err


def test_usage_errors_speak_one_language_and_lang_may_stand_anywhere(smeflow, workspace):
    """What the parser of the command line says is said in the person's language too."""
    assert "L'option --foo n'existe pas." in smeflow("--lang", "fr", "check", "--foo").err
    told = smeflow("check", "--lang", "fr")
    assert told.code == 0
    assert "les données peuvent aller vers" in told.out


def test_no_password_in_an_address_is_shown(smeflow, workspace):
    """Neither of a model's address nor in a sentence about it; where it is stays readable."""
    _with(workspace, 'llm: "m@http://ann:canary-one@127.0.0.1:9/v1?api_key=canary-two"')
    told = smeflow("check")
    assert "canary" not in told.out + told.err
    assert "***@127.0.0.1:9/v1" in told.out


def test_a_folder_that_others_could_read_is_closed_and_told_once(smeflow, workspace):
    """Ledgers of before lay open: the folder, and with it all that is in it."""
    assert smeflow("run").code in (0, 1)
    state = workspace / ".smeflow"
    assert state.stat().st_mode & 0o777 == 0o700
    for path in (state, *state.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    assert "Other users of this machine could read" in smeflow("status").err.replace("\n", " ")
    assert not [p for p in (state, *state.rglob("*")) if p.stat().st_mode & 0o077]
    assert "Other users" not in smeflow("status").err
