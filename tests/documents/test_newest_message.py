import pytest

from smeflow.documents.newest_message import newest_message

ANSWER = "Bonjour,\n\nLe montant est bon.\nOn 3 May we deliver.\n\nMerci\nAnne"


@pytest.mark.parametrize(
    "quote",
    [
        "Le lun. 3 mars 2025 à 10:12, Paul Durand <paul@x.fr> a écrit :\n> Votre facture\n> est là",
        "Le 03/03/2025 à 10:12, Paul Durand\n<paul@x.fr> a écrit :\n\nVotre facture",
        "On Tue, 4 Mar 2025 at 11:02, Paul <paul@x.fr> wrote:\n> hello",
        "Am 04.03.2025 um 11:02 schrieb Paul Durand:\n> hallo",
        "-----Message d'origine-----\nDe : Paul\nEnvoyé : lundi\n\nancien texte",
        "De : Paul Durand <paul@x.fr>\nEnvoyé : lundi 3 mars 2025 10:12\nÀ : Anne\nObjet : facture\n\nancien",
        "________________________________\nFrom: Paul <p@x.fr>\nSent: Monday\nTo: Anne\nSubject: x\n\nold",
        "Von: Paul <p@x.de>\nGesendet: Montag\nAn: Anne\nBetreff: x\n\nalt",
        "*De :* Paul <p@x.fr>\n*Date :* 3 mars\n*À :* Anne\n*Objet :* x",
        "-- \nAnne Martin\nComptable\n01 02 03 04 05",
        "Envoyé de mon iPhone",
        "Von meinem iPhone gesendet",
        "Sent from my Galaxy",
        ">>> Paul Durand <paul@x.fr> 04/03/2025 11:02 >>>\nold text",
        "Paul Durand ---03/04/2025 11:02:33 AM---old text",
    ],
)
def test_quotes_and_signatures_are_left_out(quote):
    """The words of every usual mail program mark where the newest message ends."""
    assert newest_message(f"{ANSWER}\n\n{quote}\n") == ANSWER


@pytest.mark.parametrize(
    "name", ["email_fr_multiline", "email_french_dash_separator", "email_german", "email_german_outlook"]
)
def test_real_clients_are_known(documents, name):
    """What real clients wrote below a reply is cut; the reply of these samples ends with the same words."""
    text = (documents / "replies" / f"{name}.txt").read_text(encoding="utf-8")
    reply = newest_message(text)
    assert reply.startswith("Fusce bibendum")
    assert reply.endswith("aliquet nec nec nibh.")


def test_an_answer_between_the_lines_is_kept():
    """A reply below its quote, or between quoted lines, is the sender's own."""
    text = "Le 3 mars 2025, Paul <p@x.fr> a écrit :\n> Combien ?\nDouze.\n> Quand ?\nDemain."
    assert newest_message(text) == "Douze.\nDemain."


def test_a_forwarded_mail_is_kept_whole():
    """Who forwards an invoice says little: what is forwarded is the message."""
    head = "---------- Forwarded message ---------\nFrom: Paul <p@x.fr>\nDate: x\nSubject: y"
    text = f"Pour info\n\n{head}\n\nTotal 12 €"
    assert newest_message(text) == text
    copied = "FYI\n\nDe : Paul <p@x.fr>\nEnvoyé : lundi\nÀ : Anne\nObjet : facture\n\nTotal 12 €"
    assert newest_message(copied, subject="TR: facture") == copied
    assert newest_message(copied, subject="RE: facture") == "FYI"


@pytest.mark.parametrize(
    "text",
    [
        "De : la part de Paul, voici la facture.\nMerci",
        "Le total est de 12 €.\nJ'ai écrit à Paul.",
        "Date: 3 mai\nTotal: 12 €",
        "- un\n- deux\n--- \nfin",
        "> tout est cité",
    ],
)
def test_ordinary_sentences_are_not_taken_for_quotes(text):
    """What only looks a little like a quote is the message; a mail of quotes alone is kept as it is."""
    assert newest_message(text) == text.strip()


def test_a_line_broken_before_the_address_goes_as_a_whole():
    """Programs break "On … wrote:" wherever a line is full."""
    text = "Passt.\n\nAm Mo., 15. Jan. 2025, 17:03 schrieb Anna A. <\nanna@example.com>:\n\n> Hallo\n"
    assert newest_message(text) == "Passt."


def test_a_sentence_that_begins_like_a_telephones_signature_is_kept():
    """Only a device, or a short line, is left out."""
    text = "Here is another mail.\n\nSent from my desk, which is much easier than from the train."
    assert newest_message(text) == text
    assert (
        newest_message("Bonjour.\n\nSent from my iPhone, please excuse typos and the brevity of it all")
        == "Bonjour."
    )


@pytest.mark.parametrize(
    "quote",
    [
        "W dniu 4.03.2025 o 11:02, Anna Berg pisze:\n> stare",
        "Anna Berg kirjoitti 4.3.2025 klo 11.02:\n> vanhaa",
        "Il giorno 4 mar 2025, alle ore 11:02, Anna\n<anna@x.it> ha scritto:\n\nvecchio",
        "Anna Berg skrev den 2025-03-04 11:02:\n> gammelt",
        "Anna Berg\n<anna@x.pt> escreveu (terça, 4/03/2025 à(s) 11:02):\n\n> velho",
        "Gesendet: Dienstag, 4. März 2025 um 11:02 Uhr\nVon: Anna <a@x.de>\nAn: t@x.de\nBetreff: x\n\nalt",
        "---- On Tue, 04 Mar 2025 11:02:33 +0100 Anna<a@x.com> wrote ----\n\nold",
        "Anna Berg, 4.3.2025, 11:02 vala:\n> vana",
        "Hanki Outlook for iOS",
    ],
)
def test_other_languages_and_webmails_are_known(quote):
    """By the words of the table; where none fits, by a date and a colon above what is quoted."""
    assert newest_message(f"{ANSWER}\n\n{quote}\n") == ANSWER


@pytest.mark.parametrize(
    "text",
    [
        "Hello,\n\nas Anna wrote on 3 May 2025 at 10:30:\nthe price is 12 EUR.\n\nTom",
        "Ciao,\n\nDa: Milano\nA: Roma\nData: 4 maggio\nPallet: 3\n\nTom",
        "Hej,\n\nSendt fra vores lager i går.\n\nTom",
        "Hei,\n\nLähetetty tänään.\n\nTom",
        "Hi,\n\nMeeting on 3 May 2025 at 10:30:\n\nagenda\n\nTom",
        "Please get Outlook working on my Android.\n\nTom",
    ],
)
def test_words_of_programs_in_a_message_are_its_own(text):
    """From and to are places as well, goods are sent from somewhere, and people quote each other."""
    assert newest_message(text) == text
