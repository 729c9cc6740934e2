"""Who a mail says it is from, and what is odd about it."""

from email.message import EmailMessage

import pytest

from smeflow.core.case import Case
from smeflow.documents.read import read
from smeflow.llm.interface import NoModel
from smeflow.mail import senders
from smeflow.mail.guard import Guard
from smeflow.mail.senders import domain_of, lookalike_of, registered_domain
from smeflow.recipe.known_tables import KnownTables

IBAN, OTHER = "FR76 3000 6000 0112 3456 7890 189", "DE89 3704 0044 0532 0130 00"


class Company:
    """A firm that has said its own domain."""

    mail_domains = ("atelier.example",)


@pytest.fixture
def look(tmp_path):
    """Give a function that looks at a mail."""
    (tmp_path / "suppliers.csv").write_text(
        f"name,email,iban\nDupont,compta@dupont-materiaux.fr,{IBAN}\nPaul,paul.martin@gmail.com,\n",
        encoding="utf-8",
    )

    def at(text="Bonjour", **headers):
        message = EmailMessage()
        given = {"From": "compta@dupont-materiaux.fr", "Subject": "Facture", **headers}
        for name, value in given.items():
            message[name.replace("_", "-")] = value
        message.set_content(text)
        case = Case.of(
            read(message.as_bytes(), name="m.eml"),
            known=KnownTables({"suppliers": tmp_path / "suppliers.csv"}),
        )
        return Guard(name="sender", constants={"company": Company()})(case, NoModel())

    return at


def test_a_known_sender_has_no_flag(look):
    """Nor has a stranger who pretends nothing."""
    assert (look().known, look().flags, look().doubts) == (True, (), ())
    assert look(From="anne@elsewhere.example").flags == ()
    assert look(From="anne@gmail.com").known is False
    assert look(From="paul.martin@gmail.com").known


@pytest.mark.requires_module("publicsuffixlist")
def test_who_shares_an_ending_with_a_supplier_is_a_stranger(look, tmp_path):
    """Everybody can have a name under or.at or com.de; nobody but the firm under its own."""
    (tmp_path / "suppliers.csv").write_text("name,email\nHolz,buero@holz.or.at\n", encoding="utf-8")
    assert look(From="rechnung@mail.holz.or.at").known
    assert not look(From="rechnung@anders.or.at").known
    assert look(From="rechnung@h0lz.or.at").flags == ("look_alike",)


@pytest.mark.parametrize(
    ("domain", "bought"),
    [
        ("mail.atelier.co.uk", "atelier.co.uk"),
        ("x.mairie.gouv.fr", "mairie.gouv.fr"),
        ("mail.dupont.fr", "dupont.fr"),
        ("localhost", "localhost"),
        ("", ""),
    ],
)
def test_the_part_of_a_domain_somebody_bought(monkeypatch, domain, bought):
    """With the list of endings, and by the few known by heart where it is not installed."""
    assert registered_domain(domain) == bought
    monkeypatch.setattr(senders, "_public_suffixes", lambda: None)
    assert registered_domain(domain) == bought


@pytest.mark.parametrize(
    ("headers", "flag"),
    [
        ({"From": "compta@dupont-rnateriaux.fr"}, "look_alike"),
        ({"From": "compta@dupont-materiaux.com"}, "look_alike"),
        ({"From": "compta@dupontmateriaux.fr"}, "look_alike"),
        ({"From": "compta@dupont-materiaux-paiement.fr"}, "look_alike"),
        ({"Reply_To": "compta@dupont-mater1aux.fr"}, "look_alike"),
        ({"From": "dupont.materiaux-factures@gmail.com"}, "look_alike"),
        ({"Reply_To": "dupont@gmail.com"}, "reply_elsewhere"),
        ({"From": '"compta@dupont-materiaux.fr" <x@evil.example>'}, "name_hides_address"),
        ({"From": "gerant@atelier.example", "Return_Path": "<x@evil.example>"}, "from_us"),
        ({"From": "a@dupont-materiaux.fr, b@evil.example"}, "several_senders"),
    ],
)
def test_tricks_with_the_sender_raise_a_flag_and_a_doubt(look, headers, flag):
    """Whatever is odd goes to a person, with a sentence that says what it is."""
    found = look(**headers)
    assert flag in found.flags
    assert len(found.doubts) == len(found.flags)


@pytest.mark.slow
def test_an_account_other_than_the_one_in_the_table_raises_a_flag(look):
    """The known one raises none."""
    assert look(f"Nouveau RIB : {OTHER}.").flags == ("account_changed",)
    same = look(f"Notre RIB : {IBAN} (inchangé)")
    assert (same.flags, same.accounts) == ((), (IBAN.replace(" ", ""),))


@pytest.mark.slow
def test_an_account_of_a_sender_in_no_table_is_compared_with_earlier_mail(look):
    """The runner compares what it claims with what was let pass before."""
    [claim] = look(f"RIB : {OTHER}", From="anne@elsewhere.example").claims(None)
    assert (claim.rule, claim.key, claim.value) == (
        "steady",
        "mail account elsewhere.example",
        OTHER.replace(" ", ""),
    )
    [personal] = look(f"RIB : {OTHER}", From="anne@gmail.com").claims(None)
    assert personal.key == "mail account anne@gmail.com"


def test_a_newsletter_may_have_its_answers_sent_elsewhere(look):
    """Nobody answers it."""
    assert look(Reply_To="x@mailer.example", List_Unsubscribe="<mailto:x@y.z>").flags == ()


@pytest.mark.parametrize(
    ("domain", "twin"),
    [
        ("xn--dupnt-materiaux-9wi.fr", "dupont-materiaux.fr"),
        ("dupont-matériaux.fr", "dupont-materiaux.fr"),
        ("dupоnt-materiaux.fr", "dupont-materiaux.fr"),  # a Cyrillic letter
        ("mail.dupont-materiaux.fr", None),
        ("dupont.fr", None),
        ("durand-materiaux.fr", None),
        ("bnp.com", "bnp.fr"),
        ("bna.fr", None),
    ],
)
def test_domains_that_look_alike_are_told_apart(domain, twin):
    """Short names are compared by looks alone, and a name that only shares a word is another's."""
    known = ["dupont-materiaux.fr", "bnp.fr"]
    assert lookalike_of(domain_of(f"x@{domain}"), known) == twin


@pytest.mark.parametrize(
    "text",
    [
        "Veuillez noter notre nouveau RIB pour vos prochains règlements.",
        "Merci d'utiliser nos nouvelles coordonnées bancaires dès ce mois.",
        "Suite à un changement de banque, nos coordonnées ont changé.",
        "Nos coordonnées bancaires ont changé.",
        "N'utilisez plus l'ancien IBAN.",
        "Nous avons procédé à une modification de notre RIB.",
        "Please note our new bank account.",
        "Our bank details have changed.",
        "We have changed our bank account.",
        "Bitte beachten Sie unsere neue Bankverbindung.",
        "Unsere Bankverbindung hat sich geändert.",
    ],
)
def test_a_mail_that_announces_another_account_is_a_persons_matter(look, text):
    """The classic fraud: no number in the text, a RIB attached, and a known sender's name."""
    found = look(text)
    assert found.flags == ("account_announced",)
    assert text[:20] in found.doubts[0].render("fr")


@pytest.mark.parametrize(
    "text",
    [
        "Ci-joint notre facture, à régler sur le compte habituel.",
        "Fraude au RIB : en cas de changement de coordonnées bancaires, appelez-nous.",
        "Nous ne vous annoncerons jamais un nouveau RIB par courriel.",
        "We will never send new bank details by mail.",
        "Voici votre relevé de banque et le nouveau catalogue.",
        "Le nouveau directeur de la banque vous salue.",
    ],
)
def test_a_warning_of_that_fraud_is_none(look, text):
    """Suppliers write it under each of their mails."""
    assert look(text).flags == ()


def test_a_warning_with_an_account_is_no_excuse(look):
    """Words of caution around a new number do not let it through."""
    text = f"Pour éviter toute fraude, voici notre nouveau RIB : {OTHER}."
    assert look(text, From="anne@elsewhere.example").flags == ("account_announced",)
