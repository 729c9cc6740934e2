"""Who may speak to the desk: its own page in the browser that was let in, and nobody else."""

import pytest

pytestmark = [
    pytest.mark.slow,
    *(pytest.mark.requires_module(name) for name in ("starlette", "uvicorn", "python_multipart")),
]
FORM = "token={form}&hash=-&action=reject&reason=hostile"
FOREIGN = "http://evil.example"


def hostile(served, item):
    """Give each hostile request: what it tries, and how it is sent."""
    form = FORM.format(form=served.keys.form)
    post, port = ("POST", f"/item/{item}"), served.port
    upload = {"Content_Type": "multipart/form-data; boundary=x"}
    return {
        "no cookie": ("GET", "/", None, {"Cookie": None}),
        "a guessed cookie": ("GET", "/", None, {"Cookie": f"smeflow_desk_{port}={'A' * 43}"}),
        "the cookie of another port": ("GET", "/", None, {"Cookie": f"smeflow_desk_1={served.keys.cookie}"}),
        "a guessed address": ("GET", f"/open?token={'A' * 43}", None, {"Cookie": None}),
        "two tokens": ("GET", f"/open?token=x&token={served.keys.address}", None, {"Cookie": None}),
        "a rebound name": ("GET", "/", None, {"Host": f"evil.example:{port}"}),
        "another port": ("GET", "/", None, {"Host": "127.0.0.1:1"}),
        "two hosts": ("GET", "/", None, {"Host": (f"127.0.0.1:{port}", "evil.example")}),
        "another site's picture": ("GET", f"/item/{item}", None, {"Sec_Fetch_Site": "cross-site"}),
        "another site's form": (*post, form, {"Origin": FOREIGN}),
        "a hidden origin": (*post, form, {"Origin": "null"}),
        "no origin": (*post, form, {"Origin": None}),
        "no token": (*post, form.replace(served.keys.form, ""), {}),
        "the address's token in a form": (*post, form.replace(served.keys.form, served.keys.address), {}),
        "a body without end": (*post, None, {"Content_Length": "99999999999"}),
        "a body without length": (*post, None, {"Transfer_Encoding": "chunked"}),
        "another method": ("DELETE", f"/item/{item}", None, {}),
        "a way out of the files": ("GET", "/static/..%2f..%2fledger%2fstore.py", None, {}),
        "a page there is not": ("GET", f"/item/{item}/page/0-99999.png", None, {}),
        "another site's undo": ("POST", f"/item/{item}/undo", form + "&decision=1", {"Origin": FOREIGN}),
        "an undo without a token": ("POST", f"/item/{item}/undo", "decision=1", {}),
        "an undo of no number": ("POST", f"/item/{item}/undo", form + "&decision=1e9", {}),
        "a split without a token": ("POST", f"/item/{item}/split", "starts=2", {}),
        "a split at no page": ("POST", f"/item/{item}/split", form + "&starts=-2", {}),
        "a check without a token": ("POST", f"/item/{item}/check", "field:invoice.number=1", {}),
        "a number without end": ("GET", f"/item/{'9' * 40}", None, {}),
        "a supplier without end": ("GET", f"/supplier/{'9' * 40}", None, {}),
        "a note of another site": (*post, form.replace("reject", "note"), {"Origin": FOREIGN}),
        "a file without a token": ("POST", "/upload", "--x--\r\n", upload),
    }


def test_hostile_requests_are_refused(served):
    """Each of twenty-nine is refused, changes nothing and learns nothing of an item."""
    item = served.numbered("lieferant-471113.xml")
    before = served.desk.workspace.item(item)
    for what, (method, path, body, headers) in hostile(served, item).items():
        answer = served.ask(method, path, body, **headers)
        assert answer.status in (400, 403, 404, 405, 409, 413), what
        assert "Lieferant" not in answer.text, what
        assert served.keys.cookie not in answer.text + str(answer.headers), what
    assert served.desk.workspace.item(item) == before


def test_its_own_page_is_answered(served):
    """What the hostile requests lack is all that is missing: with it they are answered."""
    item = served.numbered("lieferant-471113.xml")
    assert "Lieferant" in served.ask("GET", f"/item/{item}").text
    shown = served.desk.state(item).hash
    form = f"token={served.keys.form}&hash={shown}&action=reject&reason=private"
    answer = served.ask("POST", f"/item/{item}", form)
    assert (answer.status, served.desk.workspace.item(item).state) == (303, "skipped")


@pytest.mark.parametrize("path", ["/", "/static/desk.js", "/nowhere", "/item/1/paper"])
def test_every_answer_forbids_what_the_desk_does_not_need(served, path):
    """No script but its own, no frame, no cache, no address told to others."""
    answer = served.ask("GET", path)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    kept = path.startswith("/static/")  # these say nothing of the firm
    assert answer.headers["cache-control"] == ("private, max-age=3600" if kept else "no-store")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["server"] is None


def test_the_printed_address_gives_a_cookie_that_only_this_page_sends(served):
    """No script reads it, no other site's request brings it."""
    answer = served.ask("GET", f"/open?token={served.keys.address}", Cookie=None)
    cookie = answer.headers["set-cookie"].lower()
    assert (answer.status, answer.headers["location"]) == (303, "/")
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert served.keys.address.lower() not in cookie


def test_secrets_are_long_and_new_each_time(served):
    """At least 192 bits, in urlsafe base64 of six bits a letter."""
    from smeflow.web.guard import Keys

    for name in ("address", "cookie", "form"):
        first, second = getattr(Keys(), name), getattr(Keys(), name)
        assert len(first) * 6 >= 192
        assert first != second
    assert served.keys.form not in repr(served.keys)
