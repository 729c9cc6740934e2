"""The mailbox as a source, on a real server."""

from datetime import UTC, datetime, timedelta

import pytest

from smeflow.documents.mail import parse_head
from smeflow.engine.run import run_recipe
from smeflow.errors import RecipeError
from smeflow.mail.source import MailRule
from smeflow.recipe.load import load
from smeflow.recipe.workspace import WorkspaceSettings

pytestmark = [pytest.mark.requires_program("dovecot"), pytest.mark.requires_module("imap_tools")]


def test_a_new_recipe_starts_with_the_mail_from_now_on(office, dovecot, mail):
    """What lay there before is nobody's business unless ``since`` says so."""
    dovecot.put(mail(1), mail(2))
    assert office.run().items == 0
    dovecot.put(mail(3, subject="facture 3"))
    assert office.run().done == 1
    assert office.run().items == 1
    (item,) = office.items()
    assert item.name.endswith("facture 3.eml")


def test_since_also_takes_older_mail(office, dovecot, mail):
    """Mail from that day on is taken once, however often the recipe runs."""
    dovecot.put(mail(1), mail(2))
    office.write(source=f"  since: {datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}")
    assert office.run().done == 2
    dovecot.put(mail(3))
    assert office.run().done == 3
    assert office.run().items == 3


def test_looking_changes_nothing(office, dovecot, mail):
    """A mail that was read by smeflow is still unread for everybody."""
    office.run()
    dovecot.put(mail(1))
    before = dovecot.mails_in()
    office.run()
    assert [flags.replace("\\Recent", "").strip() for _, flags, _ in before] == [""]
    assert [(s, f.replace("\\Recent", "").strip()) for s, f, _ in dovecot.mails_in()] == [("Mail 1", "")]


def test_a_folder_numbered_anew_gives_no_mail_twice_and_hides_none(office, dovecot, mail):
    """Old mail stays old, known mail known, and what came in between is taken."""
    dovecot.put(mail(1), mail(2))
    office.run()
    dovecot.put(mail(3), mail(4))
    assert office.run().done == 2
    dovecot.put(mail(5))
    dovecot.number_anew()
    assert office.run().done == 3
    assert office.run().items == 3
    names = sorted(item.name[11:] for item in office.items())
    assert names == ["Mail 3.eml", "Mail 4.eml", "Mail 5.eml"]


def test_a_mail_that_comes_back_from_another_folder_is_the_same_item(office, dovecot, mail):
    """Moved away and back it has a new number, and is not handled again."""
    office.run()
    dovecot.put(mail(1))
    assert office.run().done == 1
    client = dovecot.client()
    client.create("Away")
    for source, target in (("INBOX", "Away"), ("Away", "INBOX")):
        client.select(source)
        assert client.uid("MOVE", "1:*", target)[0] == "OK"
    client.logout()
    dovecot.put(mail(2))
    assert office.run().done == 2
    assert office.run().items == 2


def test_two_mails_with_one_message_id_are_two_items(office, dovecot, mail):
    """A Message-ID is the sender's word: nobody can hide a mail behind another."""
    office.run()
    dovecot.put(mail(1, text="first\n"), mail(1, text="second\n"))
    assert office.run().items == 2


def test_a_server_that_is_away_is_told_in_one_sentence(office, dovecot, mail):
    """What came in before is worked on; the error names the server."""
    from smeflow.errors import SourceError

    office.run()
    dovecot.stop()
    with pytest.raises(SourceError, match="localhost"):
        office.run()
    dovecot.start()
    assert office.run().items == 0


def test_a_wrong_password_is_told_without_it(office, monkeypatch):
    """The sentence names server and user, never the password."""
    from smeflow.errors import SourceError

    monkeypatch.setenv("SMEFLOW_MAILBOX_PASSWORD", "wrong-password")
    with pytest.raises(SourceError) as told:
        office.run()
    assert "refuses the login" in str(told.value)
    assert "wrong-password" not in str(told.value)


def test_a_certificate_nobody_knows_is_refused(office):
    """Without the firm's own certificate the server is a stranger: no password is sent."""
    from smeflow.errors import SourceError

    text = (office.folder / "recipe.yaml").read_text()
    (office.folder / "recipe.yaml").write_text(text.replace("  certificate: server.pem\n", ""))
    with pytest.raises(SourceError, match="certificate"):
        office.run()


def test_older_mail_is_counted_with_its_cost_before_it_is_read(office, dovecot, mail, capsys, monkeypatch):
    """With ``since`` a first run says how much it is; what a paid model would take is told at most."""
    from smeflow.cli.app import main

    office.write(source="  since: 2020-01-01")
    dovecot.put(mail(1), mail(2))
    monkeypatch.chdir(office.folder)
    monkeypatch.setenv("COLUMNS", "200")
    assert main(["mailbox", "look"]) == 0
    assert "They cost nothing" in capsys.readouterr().out
    recipe = office.folder / "recipe.yaml"
    text = recipe.read_text(encoding="utf-8").replace("llm: none", "llm: mistral/mistral-small-latest")
    draft = "  - {draft: note, instructions: x, template: x}\nsinks:"
    recipe.write_text(text.replace("sinks:", draft), encoding="utf-8")
    monkeypatch.setenv("MISTRAL_API_KEY", "k")
    assert main(["mailbox", "look"]) == 0
    assert "mistral-small-latest they cost at most about 0." in capsys.readouterr().out
    assert main(["run", "--llm", "none"]) in (0, 1)
    assert "2 mails have arrived since" in capsys.readouterr().err
    main(["run", "--llm", "none"])
    assert "have arrived since" not in capsys.readouterr().err


def test_recipes_over_one_mailbox_take_what_is_theirs_and_one_takes_the_rest(office, dovecot, mail):
    """Each mail is an item once, also when it comes later and when the mailbox is numbered anew."""
    office.write(source="  only: {subject: facture}")
    (office.folder / "recipe.yaml").rename(office.folder / "invoices.yaml")
    office.write(source="  rest_of: invoices.yaml")
    rest = office.folder / "recipe.yaml"
    rest.write_text(rest.read_text("utf-8").replace("recipe: mail", "recipe: rest"), "utf-8")

    def run(name):
        recipe = load(office.folder / name)
        return run_recipe(recipe, WorkspaceSettings.find(office.folder), state=office.folder / ".smeflow")

    def names(recipe):
        with office.ledger() as ledger:
            return sorted(item.name[11:] for item in ledger.items(recipe))

    run("invoices.yaml"), run("recipe.yaml")
    dovecot.put(mail(1, subject="Facture 1"), mail(2, subject="Bonjour"), mail(3, subject="facture 3"))
    told = [str(note) for note in run("invoices.yaml").notes]
    assert any("1 mails fit nothing in only:" in note and "Bonjour.eml" in note for note in told)
    assert any("2 mails are left to invoices.yaml" in str(note) for note in run("recipe.yaml").notes)
    assert names("mail") == ["Facture 1.eml", "facture 3.eml"]
    assert names("rest") == ["Bonjour.eml"]
    dovecot.number_anew()
    dovecot.put(mail(4, subject="Avis"))
    run("invoices.yaml"), run("recipe.yaml")
    assert names("mail") == ["Facture 1.eml", "facture 3.eml"]
    assert names("rest") == ["Avis.eml", "Bonjour.eml"]


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("  only: {}", "from, to or subject"),
        ("  rest_of: nowhere.yaml", "there is no file"),
        ("  rest_of: other.yaml", "takes every mail"),
    ],
)
def test_a_division_that_cannot_be_is_told_in_the_recipe(office, source, why):
    """Before any mail is looked at."""
    office.write()
    (office.folder / "recipe.yaml").rename(office.folder / "other.yaml")
    office.write(source=source)
    with pytest.raises(RecipeError, match=why):
        load(office.folder)


@pytest.mark.parametrize(
    ("rule", "fits"),
    [
        ({"from": "@client.example"}, True),
        ({"from": "@client.example", "subject": "devis"}, False),
        ({"to": ["factures@", "compta@"]}, True),
        ({"subject": ["devis", "RELEVE"]}, True),
    ],
)
def test_a_rule_asks_for_all_of_its_keys_and_one_word_of_each(rule, fits):
    """Case and accents do not count; a copy counts as addressed."""
    head = parse_head(
        b"From: Anne <anne@CLIENT.example>\r\nTo: nous@atelier.example\r\nCc: compta@atelier.example\r\n"
        b"Subject: =?utf-8?q?Relev=C3=A9?=\r\n\r\nBonjour"
    )
    assert MailRule.model_validate(rule).fits(head) is fits


def test_check_tells_of_mail_that_no_recipe_takes(office, capsys, monkeypatch):
    """And of recipes that take the same mails."""
    from smeflow.cli.app import main

    monkeypatch.chdir(office.folder)
    office.write(source="  only: {subject: facture}")
    main(["check"])
    assert "is taken by no recipe (mail)" in " ".join(capsys.readouterr().err.split())
    (office.folder / "recipe.yaml").rename(office.folder / "a.yaml")
    office.write()
    text = (office.folder / "recipe.yaml").read_text("utf-8")
    (office.folder / "recipe.yaml").rename(office.folder / "b.yaml")
    (office.folder / "b.yaml").write_text(text.replace("recipe: mail", "recipe: all"), "utf-8")
    main(["check"])
    assert "all take every mail" in " ".join(capsys.readouterr().err.split())
