"""Answers to mails: from what is known alone, in the language and register of the mail."""

import json
from dataclasses import replace
from email.message import EmailMessage

import pytest

from smeflow.core.case import Case
from smeflow.documents.read import read
from smeflow.llm.interface import NoModel
from smeflow.llm.testing import Scripted
from smeflow.recipe.known_tables import KnownTables
from smeflow.steps import DraftReply, Extract
from smeflow.writing.check import SourceEvidence, check_prose

FRENCH = "Bonjour,\n\nOù en est ma commande ?\nNumber: C-12\n\nMerci de votre réponse.\n"
ENGLISH = "Hello,\n\nWhere is my order, please?\nNumber: C-12\n\nThank you for your answer.\n"


@pytest.fixture
def firm(tmp_path):
    """Give a folder with the firm's words and its customers."""
    (tmp_path / "answers").mkdir()
    (tmp_path / "replies").mkdir()
    answers = {
        "livraison.fr.md": "Les commandes partent sous 48 h. Vous recevrez un numéro de suivi par e-mail.",
        "delivery.en.md": "Orders leave within 48 hours. You will get a tracking number by e-mail.",
        "retour.fr.md": "Un article se retourne dans les 30 jours, dans son emballage.",
    }
    for name, text in answers.items():
        (tmp_path / "answers" / name).write_text(text, encoding="utf-8")
    (tmp_path / "replies" / "order.fr.md").write_text(
        "{greeting}\n\nVotre commande {number} : {answer}\n\n{closing}\n{company}\n", encoding="utf-8"
    )
    (tmp_path / "replies" / "order.en.md.j2").write_text(
        "{{ greeting }}\n\nYour order {{ number }}, {{ customer.city }}.\n{% if familiar %}Hi{% endif %}"
        "{{ answer }}\n\n{{ closing }}\n",
        encoding="utf-8",
    )
    (tmp_path / "customers.csv").write_text(
        "email,name,city\nanne@client.example,Anne Roy,Lyon\nbob@client.example,Bob,\n", encoding="utf-8"
    )
    return tmp_path


class Company:
    """A firm with a name."""

    names = ("Atelier Berthier",)


def mail(text, sender="Anne Roy <anne@client.example>", **headers):
    """Write a mail."""
    message = EmailMessage()
    message["From"], message["Subject"] = sender, "Commande"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return read(message.as_bytes(), name="m.eml")


@pytest.fixture
def answer(firm):
    """Give a function that answers a mail."""

    def make(document, llm=None, **keys):
        order = Extract(name="order", fields={"number": "identifier?"})
        given = {
            "template": str(firm / "replies" / "order"),
            "answers": str(firm / "answers"),
            "customer": {"table": "customers", "where": {"email": "sender"}},
            "facts": {"number": "order.record.number"},
            "constants": {"company": Company()},
            **keys,
        }
        reply = DraftReply(name="reply", **{key: value for key, value in given.items() if value is not None})
        case = Case.of(document, known=KnownTables({"customers": firm / "customers.csv"}))
        case = case.with_result("order", order(case, NoModel()))
        return reply(case, llm or NoModel())

    return make


def test_an_answer_is_written_in_the_language_of_the_mail(answer):
    """The template and the firm's answer are those of its language; all of it stands in a source."""
    made = answer(mail(FRENCH))
    assert made.text == (
        "Bonjour Anne Roy,\n\nVotre commande C-12 : Les commandes partent sous 48 h. Vous recevrez un numéro "
        "de suivi par e-mail.\n\nCordialement,\nAtelier Berthier"
    )
    assert (made.language, made.doubts, made.reader) == ("fr", (), "template")


def test_a_template_of_jinja_reads_and_chooses(answer):
    """``.j2`` is filled in a sandbox; the customer's row is at hand."""
    made = answer(mail(ENGLISH))
    assert made.text.startswith("Dear Anne Roy,\n\nYour order C-12, Lyon.\nOrders leave within 48 hours.")
    assert made.doubts == ()


@pytest.mark.parametrize(
    "template",
    ["{{ ''.__class__.__mro__ }}", "{% for i in range(10**9) %}x{% endfor %}", "{{ number", "{{ 1 / 0 }}"],
)
def test_a_template_of_jinja_can_do_nothing_else(answer, firm, template):
    """What reaches out of the sandbox, runs on or is broken gives no text but a reason."""
    (firm / "replies" / "order.en.md.j2").write_text(template, encoding="utf-8")
    made = answer(mail(ENGLISH))
    assert "cannot be filled" in str(made.doubts) or made.text.strip("…") == ""
    assert made.doubts


def test_what_is_filled_in_is_never_run(answer):
    """A customer called ``{{ 7*7 }}`` stays what it is."""
    made = answer(mail(ENGLISH, sender='"{{ 7*7 }} {number}" <x@y.example>'))
    assert "49" not in made.text


def test_a_missing_fact_is_a_doubt(answer):
    """A gap in the text is shown, and a person asked."""
    made = answer(mail("Bonjour,\n\nOù en est ma commande ? Merci de votre réponse.\n"))
    assert "Votre commande … :" in made.text
    assert [str(doubt) for doubt in made.doubts] == ["The fact number is not known."]


def test_who_says_tu_is_answered_so(answer, firm):
    """There is a text for each; politeness is the rule in doubt."""
    (firm / "replies" / "order.fr.tu.md").write_text("{greeting}\nTa commande {number}.\n{closing}\n")
    made = answer(mail("Salut,\n\nTu as des nouvelles de ma commande ?\nNumber: C-12\n\nMerci à toi.\n"))
    assert made.text == "Bonjour Anne Roy,\nTa commande C-12.\nBien à toi,"
    assert "Votre commande" in answer(mail("Salut, vous avez des nouvelles ?\nNumber: C-12\nMerci.")).text


def test_a_mail_in_a_language_without_template_goes_to_a_person(answer):
    """Nobody is answered in a language the firm did not write."""
    made = answer(mail("Guten Tag, wo ist meine Bestellung? Number: C-12\nVielen Dank für die Antwort."))
    assert made.text == ""
    assert "no template in the language of the mail (de)" in str(made.doubts[0])


def test_automatic_mail_gets_no_text(answer):
    """And nobody is asked about it."""
    made = answer(mail(FRENCH, Auto_Submitted="auto-generated"))
    assert (made.text, made.doubts) == ("", ())
    assert "sent by a program" in str(made.problems[0])


def test_a_forged_sender_is_told_before_the_customers_data_go_out(answer):
    """The row of one customer must not reach another."""
    made = answer(mail(FRENCH, Return_Path="<thief@evil.example>"))
    assert "came from thief@evil.example" in str(made.doubts[0])
    assert answer(mail(FRENCH, Return_Path="<bounce@mail.client.example>")).doubts == ()


def said(text, subject=""):
    return json.dumps({"subject": subject, "text": text})


def test_a_model_writes_from_the_sources_alone(answer):
    """What it says beyond them is told to it once, and then marked: the item goes to a person."""
    good = "Bonjour Anne Roy,\n\nVotre commande C-12 part sous 48 h.\n\nCordialement"
    bad = "Bonjour,\n\nVotre commande C-12 arrive demain et Paul vous rembourse 50 €."
    model = Scripted([said(bad), said(good)])
    made = answer(mail(FRENCH), model, instructions="Answer what is asked.", template=None)
    assert (made.text, made.marked, made.reader, made.doubts) == (good, (), "model", ())
    told = model.requests[1].messages[-1].content
    assert '"50 €"' in told
    stubborn = answer(mail(FRENCH), Scripted([said(bad), said(bad)]), instructions="Answer.", template=None)
    assert {"50", "Paul", "demain"} <= {word for mark in stubborn.marked for word in mark.split()}
    assert len(stubborn.doubts) >= 3


def test_what_the_mail_says_is_no_source(answer):
    """A sum somebody claims in a mail is not made true by repeating it."""
    text = FRENCH + "Vous m'avez promis 500 €.\n"
    made = answer(mail(text), Scripted([said("Nous avons noté 500 €.")] * 2), instructions="x", template=None)
    assert "500" in made.marked[0]


def test_without_a_model_the_template_stands_in(answer):
    """And it is known that a model would have been better."""
    made = answer(mail(FRENCH), instructions="Answer.")
    assert made.text.startswith("Bonjour Anne Roy,")
    assert made.wanted_model


SOURCES = SourceEvidence(
    texts=(
        "Les commandes partent sous 48 h.",
        "Nous remboursons les frais de port si le retard dépasse dix jours.",
        "We will send a new invoice. Contact: aide@atelier.example",
        "Nous ne remboursons pas les acomptes.",
        "Les arrhes sont non remboursables.",
    ),
    values=("C-12", "Lyon", "12 rue des Fabriques", "1 234,50 €"),
    names=("Anne Roy",),
)


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("Bonjour Anne, la commande C-12 part sous 48 heures à Lyon.", []),
        ("Le total est de 1234,50 EUR.", []),
        ("Le total est de 1235 EUR.", ["1235 EUR"]),
        ("La commande part sous 48 jours.", ["48 day"]),
        ("Elle arrive demain.", ["demain"]),
        ("Elle arrive dans deux semaines.", ["deux semaines"]),
        ("Si le retard dépasse dix jours, nous remboursons les frais de port.", []),
        ("Nous vous rembourserons la commande.", ["Nous vous rembourserons la commande."]),
        ("Nous remboursons les acomptes.", ["Nous remboursons les acomptes."]),
        ("Les arrhes sont remboursables.", ["Les arrhes sont remboursables."]),
        ("We will send a new invoice.", []),
        ("We will send a new printer.", ["We will send a new printer."]),
        ("Write to aide@atelier.example.", []),
        ("Write to aide@atelier-example.com.", ["aide@atelier-example.com"]),
        ("La facture de Dupont est payée.", ["Dupont"]),
        ("Der Betrag wird Herrn Meier genannt.", ["Meier"]),
    ],
)
def test_what_stands_in_no_source_is_found(text, marks):
    """Figures with their unit, times in words, names, promises, addresses; what a source says is left."""
    language = "de" if text.startswith("Der") else "fr"
    found = check_prose(text, replace(SOURCES, language=language)).findings
    assert [each.text for each in found] == marks
