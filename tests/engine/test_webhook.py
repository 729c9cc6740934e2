"""Calls to another program: signed, tried again under the same id, and never to the own network."""

import base64
import hashlib
import hmac
import json
import socket
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pydantic import ValidationError

from smeflow import Case
from smeflow.engine import webhook
from smeflow.engine.webhook import Endpoint, Webhook, checked_address, is_public
from smeflow.errors import SinkError
from smeflow.kinds.sinks import SinkItem


@pytest.fixture
def receiver():
    """Take calls on loopback, answering with the statuses it is told, then with 200."""
    calls, answers = [], []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            calls.append((self.path, dict(self.headers.items()), body))
            status, headers = answers.pop(0) if answers else (200, {})
            if status == 0:  # taken, and the line breaks before the answer
                self.connection.close()
                return
            self.send_response(status)
            for name, value in {**headers, "content-length": "0"}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    server.calls, server.answers = calls, answers
    server.url = f"http://127.0.0.1:{server.server_port}/hook?token=hush"
    yield server
    server.shutdown()
    server.server_close()


def hook(url, **more):
    return Webhook.model_validate({"webhook": url, "allow": ["127.0.0.1"], **more})


def item(value="A-1", key="a.pdf"):
    case = Case(id=key).with_result("number", value)
    return SinkItem(recipe="r", key=key, name=key, version="v1", case=case)


def test_a_delivery_is_signed_as_the_standard_says(receiver, monkeypatch):
    """HMAC-SHA256 over id, second and body, with the secret's bytes; checked here by hand."""
    key = bytes(range(24))
    monkeypatch.setenv("SMEFLOW_WEBHOOK_SECRET", f"whsec_{base64.b64encode(key).decode()}")
    sink = hook(receiver.url)
    assert sink.deliver(sink.parcel(item()), "", 1_700_000_000).took
    ((path, headers, body),) = receiver.calls
    signed = f"{headers['webhook-id']}.1700000000.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert headers["Idempotency-Key"] == headers["webhook-id"]
    assert path == "/hook?token=hush"
    assert json.loads(body)["data"]["results"] == {"number": "A-1"}


def test_the_id_stays_for_the_same_content_and_no_other(receiver):
    """A delivery tried again has its id; a corrected one has another, and names the one it corrects."""
    sink = hook(receiver.url, sign=False)
    assert sink.parcel(item()) == sink.parcel(item())
    assert len({sink.parcel(one).id for one in (item(), item("A-2"), item(key="b.pdf"))}) == 3
    sink.deliver(sink.parcel(item("A-2")), "msg_old", 1)
    assert json.loads(receiver.calls[0][2])["corrects"] == "msg_old"


def test_without_a_secret_nothing_is_sent(receiver, monkeypatch):
    """What should be signed is never sent unsigned."""
    monkeypatch.delenv("SMEFLOW_WEBHOOK_SECRET", raising=False)
    sink = hook(receiver.url)
    with pytest.raises(SinkError, match="SMEFLOW_WEBHOOK_SECRET"):
        sink.deliver(sink.parcel(item()), "", 1)
    assert receiver.calls == []


def test_while_secrets_change_both_sign(receiver, monkeypatch):
    """The receiver takes whichever it knows; each is a signature of its own."""
    monkeypatch.setenv("NEW_SECRET", "whsec_" + base64.b64encode(b"n" * 24).decode())
    monkeypatch.setenv("OLD_SECRET", "whsec_" + base64.b64encode(b"o" * 24).decode())
    sink = hook(receiver.url, secret=["NEW_SECRET", "OLD_SECRET"])
    assert sink.deliver(sink.parcel(item()), "", 1).took
    ((_, headers, body),) = receiver.calls
    expected = [webhook.signature(key * 24, headers["webhook-id"], 1, body) for key in (b"n", b"o")]
    assert headers["webhook-signature"].split(" ") == expected


@pytest.mark.parametrize(
    ("start", "status"), [(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n", 200), (b"HTTP/1.1 2", 0)]
)
def test_whoever_answers_a_byte_at_a_time_holds_nobody_up(monkeypatch, start, status):
    """The whole of a delivery has an end; a status that came counts, whatever becomes of the rest."""
    monkeypatch.setattr(webhook, "DEADLINE_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip():
            line, _ = server.accept()
            with line, suppress(OSError):
                line.recv(65_536)
                line.sendall(start)
                while True:
                    line.sendall(b"x")
                    time.sleep(0.05)

        threading.Thread(target=drip, daemon=True).start()
        sink = hook(f"http://127.0.0.1:{server.getsockname()[1]}/hook", sign=False)
        began = time.monotonic()
        answer = sink.deliver(sink.parcel(item()), "", 1)
    assert (answer.status, answer.final) == (status, False)
    assert time.monotonic() - began < 5


def test_a_redirect_is_not_followed(receiver):
    """Whoever answers does not choose where the data goes."""
    receiver.answers.append((307, {"location": f"http://127.0.0.1:{receiver.server_port}/elsewhere"}))
    sink = hook(receiver.url, sign=False)
    said = sink.deliver(sink.parcel(item()), "", 1)
    assert (said.took, said.final, len(receiver.calls)) == (False, True, 1)


PRIVATE = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "192.0.0.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "::1", "::", "fe80::1", "fc00::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "ff02::1", "nonsense",
]  # fmt: skip


@pytest.mark.parametrize("found", PRIVATE)
def test_private_addresses_are_refused(found):
    """Every kind of address that is not of the public net."""
    assert not is_public(found)
    with pytest.raises(SinkError, match=r"allow: \[intern.example\]"):
        checked_address(Endpoint.of("https://intern.example/x"), (), lambda *_: [found])


def test_a_host_with_one_private_address_among_others_is_refused():
    """An answer that mixes them is not asked which one it means."""
    endpoint = Endpoint.of("https://mixed.example/x")
    assert checked_address(endpoint, (), lambda *_: ["93.184.216.34"]) == "93.184.216.34"
    with pytest.raises(SinkError):
        checked_address(endpoint, (), lambda *_: ["93.184.216.34", "10.0.0.1"])


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_this_machine_is_refused_by_whatever_name(host):
    """What is judged is the address a name leads to."""
    with pytest.raises(SinkError):
        checked_address(Endpoint.of(f"https://{host}/"), ())


def test_a_name_that_changes_its_address_is_asked_once(receiver, monkeypatch):
    """The address that was judged is the one that is connected to, whatever the name says a moment later."""
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    monkeypatch.setattr(webhook.checked_address, "__defaults__", (lambda *_: next(answers),))
    url = f"http://turning.example:{receiver.server_port}/hook"
    sink = Webhook.model_validate({"webhook": url, "allow": ["turning.example"], "sign": False})
    assert sink.deliver(sink.parcel(item()), "", 1).took
    assert receiver.calls[0][1]["Host"] == f"turning.example:{receiver.server_port}"
    assert next(answers) == ["10.0.0.1"]


@pytest.mark.parametrize(
    "url",
    ["http://example.com/x", "ftp://example.com", "https://user:secret@example.com/", "https:///x", "hook",
     "https://exa mple.com/", "https://example.com/\r\nX: 1", "https://example.com:99999/"],
)  # fmt: skip
def test_only_encrypted_addresses_without_user_are_taken(url):
    """A mistake is told when the recipe is read, without its secret."""
    with pytest.raises(ValidationError) as told:
        Webhook.model_validate({"webhook": url})
    assert "secret" not in str(told.value.errors()[0]["msg"])


def test_its_name_holds_nothing_secret(receiver):
    """A token in the query stands in no message and no ledger."""
    assert "hush" not in hook(receiver.url).name
