"""Deliveries from a recipe: each item once, tried until it is taken, the same id whatever happens."""

import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from smeflow.engine import outputs
from smeflow.engine.run import run_to_end
from smeflow.errors import SourceError
from smeflow.kinds.mailbox import Effect
from smeflow.ledger.ledger import Ledger
from smeflow.ledger.mail import EffectLog, EffectRow
from smeflow.recipe.load import load
from smeflow.recipe.workspace import WorkspaceSettings
from smeflow.review.decisions import reject

RECIPE = """
recipe: told
llm: none
source: {{table: in.csv, key: id}}
steps:
  - rule: double
    value: fields.amount
sinks:
  - webhook: http://127.0.0.1:{port}/hook
    allow: [127.0.0.1]
    sign: false
    fields: {{id: fields.id, amount: double.value}}
"""


@pytest.fixture
def told(tmp_path, monkeypatch):
    """Give a folder with the recipe, and what was received; faults are answered in their turn."""
    calls, faults = [], []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            fault = faults.pop(0) if faults else ""
            calls.append((self.headers["webhook-id"], body, fault))
            if fault == "reset":
                self.connection.close()
                return
            self.send_response(503 if fault == "503" else 404 if fault == "404" else 200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setattr(outputs, "FIRST_WAIT_SECONDS", 0.0)
    (tmp_path / "recipe.yaml").write_text(RECIPE.format(port=server.server_port))
    (tmp_path / "in.csv").write_text("id,amount\na,1\nb,2\nc,3\n")

    def run(**options):
        return run_to_end(
            load(tmp_path), WorkspaceSettings.find(tmp_path), state=tmp_path / "state", **options
        )

    yield run, calls, faults, tmp_path
    server.shutdown()
    server.server_close()


def ids(calls):
    found = {}
    for identity, body, _ in calls:
        found.setdefault(body["data"]["key"], set()).add(identity)
    return found


def test_each_finished_item_is_delivered_once(told):
    """A second run delivers nothing."""
    run, calls, _, _ = told
    run()
    assert sorted(body["data"]["results"]["id"] for _, body, _ in calls) == ["a", "b", "c"]
    assert run().failures == ()
    assert len(calls) == 3


def test_a_delivery_is_tried_again_under_its_id(told):
    """Taken and then cut off, or not taken: the same id until it is answered."""
    run, calls, faults, _ = told
    faults += ["reset", "503", "reset", "503"]
    assert run().failures == ()
    assert len(calls) == 7
    assert all(len(identities) == 1 for identities in ids(calls).values())


def test_a_recipe_under_another_name_delivers_nothing_again_unless_told(told):
    """All of it has left under the old name; who wants both recipes says so."""
    run, calls, _, folder = told
    run()
    recipe = folder / "recipe.yaml"
    recipe.write_text(recipe.read_text().replace("recipe: told", "recipe: renamed"))
    with pytest.raises(SourceError, match="renamed reads what told reads") as refused:
        run()
    assert "--accept-loss" in str(refused.value)
    assert len(calls) == 3
    assert run(accept_loss=True).failures == run().failures == ()
    assert len(calls) == 6


def test_a_recipe_under_another_name_with_other_steps_delivers_nothing_again(told):
    """Unless the one of the old name still stands beside it: then both are to send."""
    run, calls, _, folder = told
    run()
    recipe = folder / "recipe.yaml"
    before = recipe.read_text()
    other = before.replace("recipe: told", "recipe: renamed")
    recipe.write_text(other.replace("sinks:", "  - {rule: same, value: fields.id}\nsinks:"))
    with pytest.raises(SourceError, match="renamed reads what told reads"):
        run()
    assert len(calls) == 3
    (folder / "old.yaml").write_text(before)
    run()
    assert len(calls) == 6


def test_what_nobody_takes_waits_for_the_next_run(told):
    """A refusal is told as a failure of the output, the items stay done, and the next run delivers."""
    run, calls, faults, _ = told
    faults += ["404"] * 3
    first = run()
    assert "3 deliveries were not taken: 404" in str(first.failures[0])
    assert first.done == 3
    assert run().failures == ()
    assert all(len(identities) == 1 for identities in ids(calls).values())


def test_a_changed_item_is_delivered_as_a_correction(told):
    """Its new delivery names the one it takes the place of; the others are not told again."""
    run, calls, _, folder = told
    run()
    (folder / "in.csv").write_text("id,amount\na,1\nb,20\nc,3\n")
    run()
    (first,) = ids(calls[:3])["b"]
    assert len(calls) == 4
    assert calls[3][1]["corrects"] == first
    assert calls[3][1]["data"]["results"]["amount"] == "20"


def decide(folder, key, decision, *more):
    with Ledger.open(folder / "state") as ledger:
        decision(ledger, ledger.item("told", key), "Anne", *more)


def test_what_is_rejected_is_taken_back_once(told):
    """The receiver is told which delivery no longer holds."""
    run, calls, faults, folder = told
    run()
    (first,) = ids(calls)["b"]
    decide(folder, "b", reject, "not ours")
    faults += ["404"]
    assert "1 deliveries were not taken: 404" in str(run().failures[0])
    assert run().failures == ()
    assert run().failures == ()
    assert len(calls) == 5
    (identity, body, _) = calls[-1]
    assert (body["type"], body["corrects"], body["data"]["key"]) == ("item.retracted", first, "b")
    assert identity == calls[-2][0] != first


def test_what_comes_again_after_it_was_taken_back_has_an_id_of_its_own(told):
    """Under the old one the receiver would leave it out."""
    run, calls, _, folder = told
    run()
    (first,) = ids(calls)["b"]
    decide(folder, "b", reject, "not ours")
    run()
    with Ledger.open(folder / "state") as ledger:
        ledger.reopen([item.id for item in ledger.items("told") if item.key == "b"])
    run()
    run()
    assert len(calls) == 5
    (identity, body, _) = calls[-1]
    assert (body["type"], "corrects" in body, identity) == ("item.done", False, f"{first}_2")


def test_what_is_again_what_it_once_was_is_delivered_again(told):
    """Corrected and corrected back: under its first id the receiver would leave it out."""
    run, calls, _, folder = told
    for amount in ("2", "20", "2", "20", "2"):
        (folder / "in.csv").write_text(f"id,amount\na,1\nb,{amount}\nc,3\n")
        run()
        run()
    of_b = [(identity, body) for identity, body, _ in calls if body["data"]["key"] == "b"]
    assert [body["data"]["results"]["amount"] for _, body in of_b] == ["2", "20", "2", "20", "2"]
    (first, _), (second, _), *again = of_b
    assert [identity for identity, _ in again] == [f"{first}_2", f"{second}_2", f"{first}_3"]
    assert [body["corrects"] for _, body in again] == [second, f"{first}_2", f"{second}_2"]
    assert len(calls) == 7


def test_what_may_have_been_taken_is_taken_back_when_it_is_rejected(told):
    """It was taken, the answer was lost, and a person rejected it before it was tried again."""
    run, calls, faults, folder = told
    faults += ["reset"] * 3 * outputs.ATTEMPTS
    assert "3 deliveries were not taken" in str(run().failures[0])
    (first,) = ids(calls)["b"]
    decide(folder, "b", reject, "not ours")
    del calls[:]
    assert run().failures == ()
    assert run().failures == ()
    assert sorted((body["data"]["key"], body["type"]) for _, body, _ in calls) == [
        ("a", "item.done"), ("b", "item.retracted"), ("c", "item.done"),
    ]  # fmt: skip
    assert [body["corrects"] for _, body, _ in calls if body["data"]["key"] == "b"] == [first]


def test_each_delivery_carries_the_hash_of_the_results(told):
    """Equal results give equal ones."""
    run, calls, _, folder = told
    (folder / "in.csv").write_text("id,amount\na,1\nb,1\nc,3\n")
    run()
    hashes = {body["data"]["key"]: body["hash"] for _, body, _ in calls}
    assert hashes["a"] == hashes["b"] != hashes["c"]


def test_a_sink_that_cannot_take_back_tells_it_once(told, monkeypatch):
    """It is no success: whoever got it must be told by a person."""
    run, calls, _, folder = told
    monkeypatch.setattr(outputs, "RetractingSink", int)  # what no sink is
    run()
    decide(folder, "b", reject, "not ours")
    (failure,) = run().failures
    assert "row 3 went out and was rejected since" in str(failure)
    assert run().failures == ()
    assert len(calls) == 3


def test_what_the_condition_no_longer_lets_out_is_taken_back(told):
    """A correction may be that it was not meant for the receiver at all."""
    run, calls, _, folder = told
    recipe = folder / "recipe.yaml"
    text = recipe.read_text().replace("    sign: false\n", "    sign: false\n    when: double.value != '2'\n")
    (folder / "in.csv").write_text("id,amount\na,1\nb,3\nc,3\n")
    recipe.write_text(text)
    run()
    (folder / "in.csv").write_text("id,amount\na,1\nb,2\nc,3\n")
    run()
    run()
    assert [(body["type"], body["data"]["key"]) for _, body, _ in calls[3:]] == [("item.retracted", "b")]
    (folder / "in.csv").write_text("id,amount\na,1\nb,3\nc,3\n")
    run()
    of_b = [(identity, body["type"]) for identity, body, _ in calls if body["data"]["key"] == "b"]
    assert of_b[-1] == (f"{of_b[0][0]}_2", "item.done")


@dataclass
class Sender:
    """Stands for a sink that sends answers."""

    name = "answers"
    acting, account = True, None

    def effects(self, item):
        return ()


def test_an_answer_that_was_sent_for_what_is_rejected_is_told_once(told):
    """Nobody can unsend it."""
    run, _, _, folder = told
    run()
    sent = Effect(kind="send", target="client@example.org")
    with Ledger.open(folder / "state") as ledger:
        item = ledger.item("told", "b")
        EffectLog(ledger.store, "told", "answers").write([EffectRow(item=item.id, effect=sent, state="done")])
        reject(ledger, item, "Anne", "not ours")
        (error,) = outputs.told_of_rejected(ledger.store, Sender(), "told")
        assert "answers: row 3 went out and was rejected since" in str(error)
        assert outputs.told_of_rejected(ledger.store, Sender(), "told") == []
