"""Answers that are sent, on real servers of mail."""

import base64
import json
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from smeflow.errors import RecipeError

pytestmark = [
    pytest.mark.requires_program("dovecot"),
    pytest.mark.requires_module("imap_tools"),
    pytest.mark.requires_module("aiosmtpd"),
]


class Postbox:
    """A server that takes mails on loopback and keeps them; it can be told to answer badly."""

    def __init__(self, server):
        from aiosmtpd.controller import Controller

        self.mails, self.answers, self.logins = [], [], []
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(server.certificate, server.certificate.with_suffix(".key"))
        self.controller = Controller(
            self,
            hostname="127.0.0.1",
            port=self.port,
            server_hostname="localhost",
            ssl_context=context,
            authenticator=self.authenticate,
            auth_required=True,
            auth_require_tls=False,
        )
        self.certificate = server.certificate
        self.controller._trigger_server = self._greeted  # its own would greet itself as a server
        self.controller.start()

    def stop(self):
        """Go away, once."""
        if self.controller.server is not None:
            self.controller.stop()

    def _greeted(self):
        context = ssl.create_default_context(cafile=str(self.certificate))
        with (
            socket.create_connection(("127.0.0.1", self.port), 10) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as client,
        ):
            client.recv(100)

    def authenticate(self, _server, _session, _envelope, _mechanism, given):
        from aiosmtpd.smtp import AuthResult

        self.logins.append((given.login, given.password))
        return AuthResult(success=given.password == "pässword-for-tests".encode())

    async def handle_DATA(self, server, _session, envelope):  # noqa: N802 - aiosmtpd's own name
        answer = self.answers.pop(0) if self.answers else "250 taken"
        if answer.startswith("2") or answer == "cut":
            self.mails.append((envelope.mail_from, envelope.rcpt_tos, bytes(envelope.content)))
        if answer == "cut":
            server.transport.abort()
        return answer

    def messages(self):
        return [message_from_bytes(content, policy=policy.default) for _, _, content in self.mails]


@pytest.fixture
def postbox(server):
    made = Postbox(server)
    yield made
    made.stop()


STEPS = """\
  - extract: order
    fields: {{number: identifier}}
  - draft: reply
    template: Merci pour la commande {{order.record.number}}.
    review: "{review}"
"""
SEND = """\
  - send: reply
    host: localhost
    port: {port}
    certificate: server.pem
    mode: {mode}
    approve: {approve}
{more}
"""


@pytest.fixture
def sending(office, dovecot, postbox, mail):
    """Start a recipe that sends, let mails arrive, and run it."""

    def start(*mails, approve="order.proven", mode="act", review="false", more=""):
        office.write(
            steps=STEPS.format(review=review),
            sinks=SEND.format(port=postbox.port, mode=mode, approve=approve, more=more),
        )
        office.run()
        if mails:
            dovecot.put(*mails)
        return office.run()

    return start


@pytest.fixture
def order(mail):
    """Give a function that makes a mail with an order, as the receiving server keeps it."""

    def make(n, sender="client@example.com", **more):
        text = f"Bonjour,\n\nNumber: C-{n}\n\nMerci\n"
        return mail(n, text=text, sender=sender, **{"Return_Path": f"<{sender}>", **more})

    return make


def test_a_rule_over_proven_values_sends_one_answer(sending, office, postbox, order, dovecot):
    """To the envelope's sender, in the thread, told as automatic; kept in Sent; another run sends nothing."""
    summary = sending(order(1))
    assert "Answers sent: 1." in " ".join(map(str, summary.notes))
    [(sender, to, _)] = postbox.mails
    assert (sender, to) == (dovecot.address, ["client@example.com"])
    [message] = postbox.messages()
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["In-Reply-To"] == "<1@example.com>"
    assert "C-1" in message.get_content()
    assert postbox.logins == [(dovecot.address.encode(), "pässword-for-tests".encode())]
    assert dovecot.subjects("Sent") == ["Re: Mail 1"]
    assert "\\Answered" in dovecot.mails_in()[0][1]
    office.run()
    assert len(postbox.mails) == 1


def test_nothing_is_sent_unless_the_recipe_says_act(sending, postbox, order, capsys, office, monkeypatch):
    """It lists what it would send."""
    from smeflow.cli.app import main

    summary = sending(order(1), mode="observe")
    assert postbox.mails == []
    assert "1 answers would be sent" in " ".join(map(str, summary.notes))
    monkeypatch.chdir(office.folder)
    monkeypatch.setenv("COLUMNS", "140")
    assert main(["mailbox", "plan"]) == 0
    assert "send an answer to client@example.com" in capsys.readouterr().out


def test_what_a_person_must_approve_waits_for_the_person(sending, office, postbox, order):
    """Then it goes, and says of itself nothing automatic."""
    from smeflow.review.decisions import approve

    sending(order(1), order(2), approve="person", review="true")
    assert postbox.mails == []
    with office.ledger() as ledger:
        [first, _] = ledger.items()
        approve(ledger, first, "anne")
    office.run()
    [message] = postbox.messages()
    assert "C-1" in message.get_content()
    assert message["Auto-Submitted"] is None


def test_automatic_mail_and_our_own_is_never_answered(sending, postbox, order, dovecot):
    """Programs, lists, bounces, ourselves, and mail whose sender the server did not write down (RFC 3834)."""
    ours = dovecot.address
    sending(
        order(1, Auto_Submitted="auto-generated"),
        order(2, List_Id="<l.example.com>"),
        order(3, Precedence="bulk"),
        order(4, Return_Path="<>"),
        order(5, sender=ours),
        order(6, X_Smeflow="sent"),
        order(7, sender="no-reply@example.com"),
        order(8, Return_Path="<nobody>"),
        order(9),
    )
    assert [message["In-Reply-To"] for message in postbox.messages()] == ["<9@example.com>"]


def test_a_sender_gets_one_automatic_answer_a_day(sending, office, dovecot, postbox, order):
    """Also in a later run, and whatever the letters of the address."""
    sending(order(1), order(2, sender="Client@example.com"), order(3, sender="other@example.com"))
    dovecot.put(order(4))
    summary = office.run()
    assert sorted(to for _, [to], _ in postbox.mails) == ["client@example.com", "other@example.com"]
    assert "had an automatic answer within a day" in " ".join(map(str, summary.notes))


def test_a_recipient_may_stand_in_the_firms_table_and_never_in_the_text(sending, office, postbox, order):
    """A Reply-To and an address in the text decide nothing."""
    (office.folder / "customers.csv").write_text("number,email\nC-1,anne@client.example\n", encoding="utf-8")
    (office.folder / "smeflow.toml").write_text('[tables]\ncustomers = "customers.csv"\n', encoding="utf-8")
    to = "    to: {table: customers, where: {number: order.record.number}}"
    sending(order(1, Reply_To="thief@evil.example"), order(2), more=to)
    assert [to for _, to, _ in postbox.mails] == [["anne@client.example"]]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("451 later", (1, "")),
        ("550 unknown", (0, "the server refuses it: 550 unknown")),
        ("cut", (1, "may have been sent, and is not sent again")),
    ],
)
def test_what_the_server_says_decides_whether_it_is_tried_again(
    sending, office, postbox, order, answer, expected
):
    """Not now: again. Never: told. The line breaks behind the mail: told, and not sent a second time."""
    sent, says = expected
    postbox.answers.append(answer)
    summary = sending(order(1))
    assert says in " ".join(map(str, summary.notes))
    office.run()
    office.run()
    assert len(postbox.mails) == sent


def test_a_server_that_is_away_is_told_and_the_answer_goes_later(sending, office, postbox, order, server):
    """Nothing is lost by it."""
    from smeflow.errors import SinkError

    postbox.stop()
    with pytest.raises(SinkError, match="that should send mail does not answer"):
        sending(order(1))
    again = Postbox(server)
    recipe = office.folder / "recipe.yaml"
    text = recipe.read_text(encoding="utf-8").replace(f"port: {postbox.port}", f"port: {again.port}")
    recipe.write_text(text, encoding="utf-8")
    office.run()
    again.stop()
    assert len(again.mails) == 1


SLOW = """
import sys
from smeflow.mail import actions
from smeflow.cli import main
def stop(self, context, record, mail, message_id):
    print("handed over", flush=True)
    import time
    time.sleep(60)
actions.SendMail._keep_copy = stop
main(["run"])
"""


def test_killed_right_behind_the_hand_over_the_answer_is_not_sent_again(sending, office, postbox, order):
    """The server has it and the machine dies before that is written down: told, never doubled."""
    sending(mode="observe")
    office.server.put(order(1))
    text = (office.folder / "recipe.yaml").read_text(encoding="utf-8")
    (office.folder / "recipe.yaml").write_text(text.replace("mode: observe", "mode: act"), encoding="utf-8")
    process = subprocess.Popen([sys.executable, "-c", SLOW], cwd=office.folder, stdout=subprocess.PIPE)
    deadline = time.monotonic() + 60
    for line in process.stdout:
        if b"handed over" in line or time.monotonic() > deadline:
            break
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert len(postbox.mails) == 1
    summary = office.run()
    assert len(postbox.mails) == 1
    assert "may have been sent, and is not sent again" in " ".join(map(str, summary.notes))


@pytest.mark.parametrize(
    ("approve", "review", "says"),
    [
        ("reply.text == 'x'", "false", "reply is none of these"),
        ("person", "", "nobody would be asked"),
        ("'true'", "false", "reads no step"),
    ],
)
def test_a_rule_reads_no_text_and_a_person_is_asked(office, postbox, approve, review, says):
    """What a model wrote cannot let itself be sent."""
    steps = STEPS.format(review=review)
    steps = steps if review else steps.replace('    review: ""\n', "")
    office.write(steps=steps, sinks=SEND.format(port=postbox.port, mode="act", approve=approve, more=""))
    with pytest.raises(RecipeError, match=says):
        office.run()


class Tokens(BaseHTTPRequestHandler):
    """A login service with one token."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        body = b'{"access_token": "fresh-token", "expires_in": 3600}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


def test_a_server_without_passwords_gets_the_token_of_a_consent(server, monkeypatch):
    """The same consent that opens the mailbox; each login has a token of its own."""
    from smeflow.kinds.mailbox import Account
    from smeflow.mail.smtp import open_smtp

    tokens = ThreadingHTTPServer(("127.0.0.1", 0), Tokens)
    threading.Thread(target=tokens.serve_forever, daemon=True).start()
    grant = {
        "token_url": f"http://127.0.0.1:{tokens.server_port}/token",
        "client_id": "1",
        "scope": "s",
        "refresh_token": "r",
    }
    monkeypatch.setenv("SMEFLOW_MAILBOX_GRANT", json.dumps(grant))
    postbox = Postbox(server)
    shown = []

    async def auth_xoauth2(_server, args):
        from aiosmtpd.smtp import AuthResult

        shown.append(base64.b64decode(args[1]).decode())
        return AuthResult(success=True, auth_data="token")

    postbox.auth_XOAUTH2 = auth_xoauth2
    account = Account(
        address="contact@atelier.example", host="localhost", port=postbox.port, certificate=server.certificate
    )
    with open_smtp(account) as box:
        box.send("client@example.com", b"Subject: x\r\n\r\nBonjour\r\n", lambda: None)
    postbox.stop()
    tokens.shutdown()
    tokens.server_close()
    assert shown == ["user=contact@atelier.example\1auth=Bearer fresh-token\1\1"]
    assert len(postbox.mails) == 1


def test_the_watch_tells_its_owner_by_mail(postbox, server, tmp_path, monkeypatch):
    """Over TLS with a login, from the firm's address to the owner's; marked so that no program answers it."""
    from smeflow.engine.notify import Notifier
    from smeflow.mail.login import variable_of
    from smeflow.recipe.keys import NotifyText

    monkeypatch.setenv(variable_of("office@example.com"), "pässword-for-tests")
    settings = NotifyText(
        to="owner@example.com",
        sender="office@example.com",
        host="localhost",
        port=postbox.port,
        certificate=str(server.certificate),
    )
    notifier = Notifier(settings=settings, folder=tmp_path, state=tmp_path / "state", language="fr")
    notifier.failed("inbox", RuntimeError("a plug broke"))
    notifier.failed("inbox", RuntimeError("a plug broke"))
    [(sender, to, _)] = postbox.mails
    assert (sender, to) == ("office@example.com", ["owner@example.com"])
    [message] = postbox.messages()
    assert message["Subject"] == "smeflow s’est arrêté – inbox"
    assert message["Auto-Submitted"] == "auto-generated"
    assert "a plug broke" in message.get_content()
