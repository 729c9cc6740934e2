"""Wrong inputs of a first-time user: each answer names the place and the remedy, in the language spoken."""

from pathlib import Path

import pytest
import typer

from smeflow.cli.exits import INTERRUPTED, code_of, translate_usage

ENGLISH = (
    "No such",
    "Invalid",
    "Missing",
    "Did you mean",
    "Input should",
    "Expected",
    "found character",
    "Possible",
)
"""What a parser or a validator says, and no sentence of ours."""
WRONG: tuple[tuple[str, str], ...] = (
    ("runn .", "Vouliez-vous dire run, rerun"),
    ("run . --wrokers 3", "Vouliez-vous dire --workers"),
    ("run . --workers zero", "écrivez un nombre entier"),
    ("run . --workers 0", "à partir de 1"),
    ("run smeflow.toml", "Nommez un fichier .yaml"),
    ("run . --set table", "CLÉ=VALEUR"),
    ("run . --set source.tabel=x", "clé inconnue tabel"),
    ("run nulle-part", "smeflow init"),
    ("run . --llm gpt-9", "gpt-9"),
    ("check onglet.yaml", "une tabulation"),
    ("check crochet.yaml", "un crochet ou une liste"),
    ("check deux-points.yaml", "entre guillemets"),
    ("check vide.yaml", "vide"),
    ("check toml", "le crochet ]"),
    ("status --where rangé", "choisissez parmi"),
    ("status --recipe x", "--report"),
    ("show 999", "smeflow status --all"),
    ("review correct 1", "--set"),
    ("review correct 1 --set total_gross", "CHAMP=VALEUR"),
    ("review correct 1 --set totall=3", "total TTC"),
    ("review correct 1 --set total_ttc=douze", "écrivez un montant"),
    ("review correct 1 --set échéance=hier", "écrivez un jour"),
    ("review approve 1 --answer peut-être", "yes"),
    ("review approve 999", "smeflow status --all"),
    ("review reject 1", "--reason"),
    ("facts photo.jpg", "ce n’est pas une table"),
    ("facts recipe.yaml", "ce n’est pas une table"),
    ("facts vide.csv", "vide"),
    ("extract parti.pdf", "parti.pdf"),
    ("extract photo.jpg --into facture", "Invoice"),
    ("init x --work compta", "choisissez parmi invoices"),
    ("init . --yes", "recipe.yaml"),
    ("restore rien.zip", "rien.zip"),
    ("model add rien.gguf", "rien.gguf"),
    ("audit rien", "rien"),
    ("books export", "--period"),
    ("undo 5", "smeflow undo"),
    ("einvoice check photo.jpg", "photo.jpg"),
    ("draft rien.txt", "smeflow draft --help"),
    ("learn rien.yaml", "rien.yaml"),
    ("watch rien.yaml", "rien.yaml"),
    ("mailbox login", "ADDRESS"),
    ("mailbox login marie.orange.fr", "écrivez-la en entier"),
    ("run photo.jpg", "smeflow extract"),
    ("check tiret.yaml", "commence par un tiret"),
    ("check guillemet.yaml", "guillemet.yaml:2:8: ce n'est pas du YAML : un guillemet est ouvert ici"),
    ("books export --format excel --period 2026-10", "choisissez parmi fec"),
)


@pytest.fixture(scope="module")
def firm(tmp_path_factory):
    """Make a French firm's folder with an item that waits, and files that are no recipes."""
    from smeflow.cli.app import main

    folder = tmp_path_factory.mktemp("firm")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        main(["--lang", "fr", "init", ".", "--yes", "--company", "Roux"])
        page = "<html><body><p>Facture F-1</p></body></html>"
        (folder / "inbox" / "f.pdf").write_text(page, encoding="utf-8")
        main(["run", "."])
    for name, text in {
        "onglet.yaml": "recipe: a\n\tsource: x\n",
        "crochet.yaml": "recipe: a\nsource: [",
        "deux-points.yaml": "recipe: a\nabout: lire: trier\n",
        "vide.yaml": "",
        "tiret.yaml": "recipe: a\nsteps:\n  extract: x\n    into: Invoice\n",
        "guillemet.yaml": 'recipe: a\nabout: "Lire\nsource: {folder: x, match: ["*.eml"]}\n',
        "vide.csv": "",
    }.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0" + b"a;b\n" * 50)
    (folder / "toml").mkdir()
    (folder / "toml" / "smeflow.toml").write_text('[company\nlocale = "fr-FR"\n', encoding="utf-8")
    (folder / "toml" / "recipe.yaml").write_text("recipe: a\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize(("command", "remedy"), WRONG, ids=[command for command, _ in WRONG])
def test_a_wrong_input_is_answered_in_french_with_the_remedy(smeflow, monkeypatch, firm, command, remedy):
    """No word of a parser, no crash file, and what to do."""
    monkeypatch.chdir(firm)
    told = smeflow(*command.split(), "--lang", "fr")
    words = " ".join((told.out + told.err).split())
    assert remedy in words
    assert [each for each in ENGLISH if each in words] == []
    assert not list(Path(firm).rglob("smeflow-crash-*"))


def test_an_empty_inbox_is_told_with_the_place_to_put_documents(smeflow):
    """“0 items” alone leaves a person where they were."""
    smeflow("init", ".", "--yes", "--company", "Roux")
    told = smeflow("run", ".")
    assert "Put something in" in told.err
    assert "inbox" in told.err


def test_the_status_of_a_folder_is_told_from_outside_of_it(smeflow, workspace, monkeypatch, tmp_path_factory):
    """`run FOLDER` and `status FOLDER` are about the same folder."""
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    smeflow("run", workspace)
    for named in (workspace, workspace / "recipe.yaml"):
        told = smeflow("status", named, "--json")
        assert told.code == 0, told.err
        assert [line["recipe"] for line in told.lines] == ["invoices"]


def test_a_table_without_rows_is_a_table(smeflow, tmp_path):
    """A file of one line broke the command."""
    (tmp_path / "x.txt").write_text("hello world\n", encoding="utf-8")
    assert smeflow("facts", "x.txt").code in (0, 1)


def test_what_typer_says_of_a_value_is_said_in_our_words():
    """In English too: a validator's sentence is no help."""
    said = "Invalid value for '--workers': Input should be greater than or equal to 1"
    assert str(translate_usage(said)) == "The value of --workers is not usable: write a number from 1 on"


def test_a_cell_that_is_no_day_is_told_with_its_column(smeflow):
    """One such cell makes the column text; comparing it with days broke the run."""
    smeflow("init", ".", "--work", "report", "--yes", "--company", "Roux")
    table = "date,customer,product,quantity,net\n2026-08-02,Ada,Chair,1,2.00\nsoon,Ada,Chair,1,12.00\n"
    Path("sales.csv").write_text(table, encoding="utf-8")
    told = smeflow("run", ".")
    assert told.code == 1
    assert "sales.csv: the column date holds 'soon'" in " ".join(told.err.split())


def test_no_at_a_question_is_no_mistake_of_ours():
    """Typer raises Abort for it, and for Ctrl-C while it asks."""
    assert code_of(typer.Abort()) == INTERRUPTED


def test_what_a_correction_set_is_told_in_the_readers_words(smeflow, monkeypatch, firm):
    """A word may mean more than one field: who typed it sees which was taken."""
    monkeypatch.chdir(firm)
    told = smeflow("--lang", "fr", "review", "correct", "1", "--set", "total_ttc=12,00")
    assert told.code == 0, told.err
    assert "total TTC\u00a0: 12,00" in told.out
