"""Logging in with a consent instead of a password, against a login service and a Dovecot on loopback."""

import json
import threading
import time
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

pytestmark = [pytest.mark.requires_program("dovecot"), pytest.mark.requires_module("imap_tools")]
ADDRESS = "shared@atelier.example"
OAUTH = """\
introspection_mode = post
introspection_url = http://127.0.0.1:{port}/introspect
username_attribute = username
active_attribute = active
active_value = true
"""


class Authority(ThreadingHTTPServer):
    """A login service: hands out tokens that hold for a while, and says whether one still does."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Pages)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.tokens, self.asked = {}, []
        self.lasts, self.pending, self.revoked = 3600.0, 1, False
        self.refresh, self.turns = "refresh-1", 1

    def new_token(self):
        """Make a token that holds from now on."""
        token = f"token-{len(self.tokens) + 1}"
        self.tokens[token] = time.monotonic() + self.lasts
        return token


class Pages(BaseHTTPRequestHandler):
    """What a program asks a login service."""

    def do_POST(self):
        form = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["content-length"])).decode()))
        self.server.asked.append((self.path, form))
        status, told = getattr(self, "_" + self.path.rpartition("/")[2])(form)
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _devicecode(self, form):
        page = {
            "device_code": "d1",
            "user_code": "ABCD-EFGH",
            "verification_uri": "https://example.com/device",
        }
        return 200, {**page, "interval": 0.01, "expires_in": 60}

    def _token(self, form):
        server = self.server
        if form["grant_type"].endswith("device_code") and server.pending:
            server.pending -= 1
            return 400, {"error": "authorization_pending"}
        if form["grant_type"] == "refresh_token":
            if server.revoked or form["refresh_token"] != server.refresh:
                return 400, {"error": "invalid_grant", "error_description": "consent was taken back"}
            server.turns += 1
            server.refresh = f"refresh-{server.turns}"
        return 200, {"access_token": server.new_token(), "refresh_token": server.refresh, "expires_in": 3600}

    def _introspect(self, form):
        good = self.server.tokens.get(form.get("token"), 0.0) > time.monotonic()
        return 200, {"active": good, "username": ADDRESS}

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def authority():
    """Start a login service."""
    server = Authority()
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def keyring():
    """Give a keyring of our own for the length of a test."""
    keyring = pytest.importorskip("keyring")

    class Pocket(keyring.backend.KeyringBackend):
        """Keeps secrets in memory."""

        priority = 1

        def __init__(self):
            super().__init__()
            self.kept = {}

        def get_password(self, service, username):
            return self.kept.get((service, username))

        def set_password(self, service, username, password):
            self.kept[service, username] = password

        def delete_password(self, service, username):
            del self.kept[service, username]

    before, pocket = keyring.get_keyring(), Pocket()
    keyring.set_keyring(pocket)
    yield pocket
    keyring.set_keyring(before)


@pytest.fixture
def served(make_dovecot, authority, monkeypatch):
    """Start a mail server that takes tokens of that service."""
    monkeypatch.delenv("SMEFLOW_MAILBOX_PASSWORD", raising=False)
    server = make_dovecot(
        passdb="passdb {\ndriver = oauth2\nmechanisms = xoauth2 oauthbearer\nargs = {home}/oauth2.conf\n}\n"
        "passdb {\n driver = static\n args = password=pässword-for-tests\n}",
        mechanisms=" xoauth2 oauthbearer",
        files={"oauth2.conf": OAUTH.format(port=authority.server_port)},
    )
    server.address = ADDRESS
    return server


def test_a_person_consents_on_another_device_and_the_mailbox_opens(
    served, authority, keyring, make_office, mail, capsys
):
    """The code is shown, the consent kept in the keyring, and each login gets a token of its own."""
    from smeflow.cli.app import main

    command = ["mailbox", "login", ADDRESS, "--with", "microsoft", "--client-id", "c1", "--authority"]
    assert main([*command, authority.url, "--tenant", "t1"]) == 0
    assert "ABCD-EFGH" in capsys.readouterr().out
    office = make_office(served)
    office.run()
    served.put(mail(1))
    assert office.run().done == 1
    grants = [form["grant_type"] for path, form in authority.asked if path.endswith("/token")]
    assert grants.count("refresh_token") == 2
    assert authority.refresh in "".join(keyring.kept.values())
    assert not any(
        secret in (office.folder / ".smeflow" / "ledger.db").read_bytes()
        for secret in [b"refresh-", b"token-"]
    )


def test_a_program_logs_in_as_itself_to_a_shared_mailbox(
    served, authority, keyring, make_office, mail, monkeypatch
):
    """Client credentials: nobody's password, nobody's consent."""
    from smeflow.cli.app import main

    monkeypatch.setenv("SMEFLOW_MAILBOX_CLIENT_SECRET", "client-secret")
    command = ["mailbox", "login", ADDRESS, "--with", "microsoft-app", "--client-id", "c1", "--authority"]
    assert main([*command, authority.url, "--tenant", "t1"]) == 0
    office = make_office(served)
    assert office.run().items == 0
    path, form = next((p, f) for p, f in authority.asked if p.endswith("/token"))
    assert (path, form["grant_type"]) == ("/t1/oauth2/v2.0/token", "client_credentials")
    assert form["client_secret"] == "client-secret"


def test_a_person_consents_in_the_browser(authority):
    """The code comes back to this machine, with the proof that it was asked for here."""
    from smeflow.mail.login import consent_in_browser

    def visit(page):
        asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(page).query))
        answer = urllib.parse.urlencode({"code": "c", "state": asked["state"]})
        url = f"{asked['redirect_uri']}/?{answer}"
        threading.Thread(target=lambda: urllib.request.urlopen(url).read(), daemon=True).start()

    grant = consent_in_browser(
        "c1", "s1", visit, consent=f"{authority.url}/auth", token_url=f"{authority.url}/token"
    )
    assert authority.asked[-1][1]["code_verifier"]
    assert grant.refresh_token == "refresh-1"


def test_a_consent_taken_back_is_told_with_what_to_do(served, authority, keyring, make_office):
    """The provider's own words, and the command that helps."""
    from smeflow.errors import SourceError
    from smeflow.mail.login import Grant, store_grant

    grant = Grant(token_url=f"{authority.url}/token", client_id="c", scope="s", refresh_token="refresh-1")
    store_grant(ADDRESS, grant)
    authority.revoked = True
    with pytest.raises(SourceError, match=r"consent was taken back.*smeflow mailbox login"):
        make_office(served).run()


def test_a_token_that_expires_while_waiting_for_mail_is_replaced(
    served, authority, keyring, make_office, mail
):
    """The server ends the session in the middle of a wait; the next one has a fresh token."""
    from smeflow.engine.watch import MailboxWatcher
    from smeflow.mail.login import Grant, store_grant
    from smeflow.recipe.load import load

    grant = Grant(token_url=f"{authority.url}/token", client_id="c", scope="s", refresh_token="refresh-1")
    store_grant(ADDRESS, grant)
    authority.lasts = 3.0
    source, stop, woken, said = (
        load(make_office(served).folder).source,
        threading.Event(),
        threading.Event(),
        [],
    )
    watch = MailboxWatcher(source, woken.set, said.append, stop)
    watch.start()
    assert woken.wait(10)
    woken.clear()
    time.sleep(4)  # the token is no good any more, and the wait goes on
    used = len(authority.tokens)
    served.restart()
    assert woken.wait(20)
    assert len(authority.tokens) > used
    woken.clear()
    time.sleep(1)
    served.put(mail(1))
    assert woken.wait(20)
    stop.set()
    watch.join(5)
    assert not watch.is_alive()


def test_no_secret_is_sent_without_protection():
    """Only this machine itself may be spoken to without TLS."""
    from smeflow.errors import SourceError
    from smeflow.mail.login import post_form

    with pytest.raises(SourceError, match="not protected"):
        post_form("http://login.example.com/token", {"client_secret": "s"})
