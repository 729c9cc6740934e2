"""What is done with mails, on a real server."""

import pytest

pytestmark = [pytest.mark.requires_program("dovecot"), pytest.mark.requires_module("imap_tools")]
SORT = """\
  - mailbox: {mode}
    by: kind.value
    move: {{invoice: Factures/2026}}
    keyword: '{{kind.value}}'
"""


def sorted_by(mode):
    return SORT.format(mode=mode)


@pytest.fixture
def started(office, dovecot, mail):
    """Start a recipe that sorts, then let an invoice and something else arrive."""

    def start(mode, sinks=sorted_by, **more):
        office.write(sinks=sinks(mode), **more)
        office.run()
        dovecot.put(mail(1, subject="facture 1"), mail(2, subject="bonjour"))
        return office.run()

    return start


def plain(mails):
    """Take away what servers add to flags."""
    return [(subject, flags.replace("\\Recent", "").strip()) for subject, flags, _ in mails]


def test_observing_changes_nothing_and_says_what_would_be_done(started, dovecot):
    """A new recipe may be watched for a while before it may touch anything."""
    summary = started("observe")
    assert plain(dovecot.mails_in()) == [("facture 1", ""), ("bonjour", "")]
    assert "1 mails would be moved" in " ".join(map(str, summary.notes))


def test_acting_moves_and_marks_once(started, office, dovecot):
    """The mail lies where the recipe says, with its tag; another run does nothing more."""
    started("act")
    assert plain(dovecot.mails_in()) == [("bonjour", "other")]
    assert plain(dovecot.mails_in("Factures/2026")) == [("facture 1", "invoice")]
    assert not office.run().notes


def test_from_observing_to_acting_does_what_was_listed(started, office, dovecot):
    """What was listed is done once the recipe says act."""
    started("observe")
    office.write(sinks=sorted_by("act"))
    office.run()
    assert dovecot.subjects("Factures/2026") == ["facture 1"]


def test_a_mail_that_a_person_moved_first_is_left_alone(started, office, dovecot):
    """Who files a mail by hand is right."""
    started("observe")
    client = dovecot.client()
    client.create("Mine")
    client.select("INBOX")
    client.uid("MOVE", "1", "Mine")
    client.logout()
    office.write(sinks=sorted_by("act"))
    summary = office.run()
    assert dovecot.subjects("Mine") == ["facture 1"]
    assert dovecot.subjects("Factures/2026") == []
    assert "left alone" in " ".join(map(str, summary.notes))


STEPS = """\
  - rule: kind
    choose: [{when: 'contains(fields["subject"], "facture")', value: invoice}]
    otherwise: other
  - draft: reply
    template: reply.md
    facts: {kind: kind.value}
"""


def drafting(mode):
    return f"  - {{mailbox: {mode}, draft: reply}}\n"


def test_an_answer_is_put_into_the_drafts_once(started, office, dovecot):
    """In the thread of the mail, to who wrote it; one a person deleted does not come back."""
    (office.folder / "reply.md").write_text("Bonjour,\n\nBien reçu.\n", encoding="utf-8")
    started("act", sinks=drafting, steps=STEPS)
    assert sorted(dovecot.subjects("Drafts")) == ["Re: bonjour", "Re: facture 1"]
    client = dovecot.client()
    client.select("Drafts")
    _, data = client.fetch("1", "(BODY.PEEK[])")
    text = data[0][1].decode()
    assert "To: client@example.com" in text
    assert "In-Reply-To: <1@example.com>" in text
    client.store("1:*", "+FLAGS", r"(\Deleted)")
    client.expunge()
    client.logout()
    office.run()
    assert dovecot.subjects("Drafts") == []


def test_automatic_mail_gets_no_answer(office, dovecot, mail):
    """A program that answers a program starts a loop."""
    (office.folder / "reply.md").write_text("Bonjour,\n\nBien reçu.\n", encoding="utf-8")
    office.write(sinks=drafting("act"), steps=STEPS)
    office.run()
    dovecot.put(
        mail(1, Auto_Submitted="auto-replied"),
        mail(2, List_Id="<news.example.com>"),
        mail(3, Precedence="bulk"),
        mail(4, Return_Path="<>"),
        mail(5, sender="no-reply@example.com"),
        mail(6, X_Smeflow="draft"),
        mail(7),
    )
    office.run()
    assert dovecot.subjects("Drafts") == ["Re: Mail 7"]


def test_act_needs_a_mailbox(office):
    """A recipe that reads a folder has nothing to act on, and says so when it is read."""
    from smeflow.errors import RecipeError

    (office.folder / "inbox").mkdir()
    (office.folder / "recipe.yaml").write_text(
        "recipe: mail\nllm: none\nsource: {folder: inbox}\nsteps:\n  - {rule: kind, value: 'true'}\n"
        "sinks:\n  - {mailbox: act, move: Sorted}\n",
        encoding="utf-8",
    )
    with pytest.raises(RecipeError, match="act needs a source that is a mailbox"):
        office.run()


def test_undo_moves_back_what_a_run_did_and_leaves_what_a_person_changed(
    started, office, dovecot, capsys, monkeypatch
):
    """And the next run does not do it again."""
    from smeflow.cli.app import main

    started("act")
    monkeypatch.chdir(office.folder)
    assert main(["undo"]) == 0
    assert "Factures/2026" in capsys.readouterr().out
    client = dovecot.client()
    client.select("INBOX")
    client.store("1", "-FLAGS", "(other)")
    client.logout()
    assert main(["undo", "2"]) == 0
    assert sorted(plain(dovecot.mails_in())) == [("bonjour", ""), ("facture 1", "")]
    assert dovecot.subjects("Factures/2026") == []
    office.run()
    assert sorted(dovecot.subjects()) == ["bonjour", "facture 1"]
    assert len(office.items()) == 2
    assert main(["undo", "2"]) == 2


def test_what_would_be_done_is_listed_mail_by_mail(started, office, capsys, monkeypatch):
    """Before anything may be touched, a person reads what it would be."""
    from smeflow.cli.app import main

    started("observe")
    monkeypatch.chdir(office.folder)
    monkeypatch.setenv("COLUMNS", "120")
    assert main(["mailbox", "plan"]) == 0
    said = capsys.readouterr().out
    assert "facture 1.eml" in said
    assert "move to Factures/2026" in said
    assert main(["mailbox", "look"]) == 0
    assert "INBOX: 2 mails, 0 of them to be read" in capsys.readouterr().out
