"""Nothing leaves by accident: a provider is asked for the first time only when a person agreed."""

import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from python_calamine import CalamineWorkbook

from smeflow.cli.commands.doctor import listed_end
from smeflow.llm.connect import connect
from smeflow.llm.providers import PROVIDERS
from smeflow.llm.wire import AioWire


@dataclass
class Rerouted(AioWire):
    """Leads what is meant for a provider of the table to the server of the test."""

    here: str = ""

    def post(self, url, headers, body, timeout_seconds):
        own = PROVIDERS["scaleway"].base_url
        assert url.startswith(own)
        return super().post(self.here + url.removeprefix(own), headers, body, timeout_seconds)


@pytest.fixture
def firm(tmp_path, monkeypatch, provider):
    """Make a recipe over one row that only a model reads, at a provider in Europe."""
    monkeypatch.setenv("SCW_SECRET_KEY", "sk-CANARY-0123456789")
    (tmp_path / "in.csv").write_text("id,text\n1,Delivery for Martin\n", encoding="utf-8")
    price = "input_per_million = 1\noutput_per_million = 1\nas_of = 2026-11-01\n"
    model = PROVIDERS["scaleway"].usual_model
    (tmp_path / "smeflow.toml").write_text(f'[prices."scaleway/{model}"]\n{price}', encoding="utf-8")
    provider.text = '{"customer": "Martin"}'
    (tmp_path / "recipe.yaml").write_text(
        "recipe: rows\nllm: scaleway\nsource: {table: in.csv, key: id}\n"
        "steps:\n  - extract: found\n    fields: {customer: text}\n    readers: [model]\n",
        encoding="utf-8",
    )
    monkeypatch.setattr("smeflow.llm.connect.AioWire", lambda: Rerouted(here=provider.name.partition("@")[2]))
    return tmp_path


def test_without_a_yes_nothing_is_sent_and_what_would_be_is_told(smeflow, firm, provider):
    """The sentence names the provider, where it computes, and what it would get."""
    told = smeflow("run", ".")
    assert told.code == 5
    assert provider.asked == 0
    assert "scaleway" in told.err
    assert "European data centres" in told.err
    assert "text of the documents" in told.err
    assert "--yes" in told.err
    assert not (firm / ".smeflow" / "providers.json").exists()


def test_a_yes_is_remembered_with_name_and_time(smeflow, firm, provider):
    """The second run asks nobody."""
    assert smeflow("run", ".", "--yes").code == 0
    assert provider.asked > 0
    (kept,) = json.loads((firm / ".smeflow" / "providers.json").read_text(encoding="utf-8")).values()
    assert kept["by"] == "Ada"
    (firm / "in.csv").write_text("id,text\n1,Delivery for Martin\n2,For Dupont\n", encoding="utf-8")
    assert smeflow("run", ".").code == 0


def test_another_region_of_the_same_provider_is_asked_about_anew(smeflow, firm):
    """Who agreed to Europe did not agree to anywhere."""
    from smeflow.cli.console import Screen
    from smeflow.cli.models import ask_consent_once
    from smeflow.errors import LLMRejected
    from smeflow.llm.interface import ModelEndpoint
    from smeflow.llm.testing import Scripted

    state = firm / ".smeflow"
    europe = Scripted(
        [], place=ModelEndpoint(provider="p", model="m", region="eu", base_url="https://eu.p.example/v1")
    )
    other = Scripted(
        [], place=ModelEndpoint(provider="p", model="m", region="outside", base_url="https://p.example/v1")
    )
    ask_consent_once(Screen(), [europe], state, yes=True)
    ask_consent_once(Screen(), [europe], state)
    with pytest.raises(LLMRejected):
        ask_consent_once(Screen(), [europe, other], state)


def test_doctor_tries_the_model_with_one_token_when_asked_to(smeflow, firm, provider):
    """It says how long the answer took; without --try nothing is asked."""
    assert smeflow("doctor").code == 0
    assert provider.asked == 0
    told = smeflow("doctor", "--try", "--llm", "scaleway", "--yes")
    assert told.code == 0
    assert "answered in" in told.out
    assert provider.asked == 1
    assert provider.bodies[-1]["max_tokens"] == 1
    assert "Martin" not in json.dumps(provider.bodies)


def test_doctor_says_when_there_is_nothing_to_try(smeflow, firm):
    """No model is no error."""
    told = smeflow("doctor", "--try")
    assert told.code == 0
    assert "there is no model to ask" in told.out


@pytest.mark.slow
def test_region_eu_lets_auto_use_a_key_of_a_provider_there(smeflow, firm, monkeypatch):
    """A key alone sends nothing; `region: eu` or `allow:` is a person's word."""
    text = (firm / "recipe.yaml").read_text(encoding="utf-8").replace("llm: scaleway\n", "")
    (firm / "recipe.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-CANARY")
    told = smeflow("check", ".")
    assert "scaleway" not in told.out
    (firm / "recipe.yaml").write_text("region: eu\n" + text, encoding="utf-8")
    monkeypatch.delenv("OPENAI_API_KEY")
    told = smeflow("check", ".")
    assert "scaleway" in told.out


@pytest.mark.slow
def test_the_day_a_model_ends_is_asked_of_openais_own_list():
    """The field is a day or null; a redirect is not followed, and whatever else comes is no day."""
    answers = {
        "/v1/models/old": (200, {"shutdown_date": "2027-03-01"}),
        "/v1/models/new": (200, {"shutdown_date": None}),
        "/v1/models/odd": (200, ["soon"]),
        "/v1/models/moved": (302, {}),
    }
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.path, self.headers["authorization"]))
            status, body = answers[self.path]
            self.send_response(status)
            self.send_header("location", "/v1/models/old")
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    environ = {"OPENAI_API_KEY": "sk-1", "OPENAI_BASE_URL": f"http://127.0.0.1:{server.server_port}/v1"}
    try:
        ends = [listed_end(connect(f"openai/{m}", environ=environ)) for m in ("old", "new", "odd", "moved")]
    finally:
        server.shutdown()
        server.server_close()
    assert ends == ["2027-03-01", None, None, None]
    assert asked[0] == ("/v1/models/old", "Bearer sk-1")
    assert len(asked) == 4


def test_the_register_tells_which_model_saw_what_and_where(smeflow, firm):
    """Recipe, purpose, data, models, region, who agreed: as it was, not as planned."""
    smeflow("run", ".", "--yes")
    told = smeflow("govern", "--out", "register.md", "--out", "register.xlsx")
    assert told.code == 0, told.err
    page = (firm / "register.md").read_text(encoding="utf-8")
    (asked,) = [line for line in page.splitlines() if line.startswith("| rows ")]
    cells = [cell.strip() for cell in asked.strip("|").split("|")]
    assert cells[:4] == ["rows", "scaleway", PROVIDERS["scaleway"].usual_model, "European Union"]
    assert "European data centres" in cells[4]
    assert cells[5].startswith("Ada, ")
    assert cells[6:9] == ["1", "100", "10"]
    assert "**where data comes from**: table: in.csv" in page
    assert "**what people decided**: nothing yet" in page
    sheets = CalamineWorkbook.from_path(firm / "register.xlsx")
    assert sheets.sheet_names == ["recipes", "models", "to fill in"]
    assert sheets.get_sheet_by_name("models").to_python()[1][1] == "scaleway"


def test_the_register_is_french_and_counts_decisions(smeflow, workspace):
    """A recipe whose file is gone stands in it too: the ledger remembers what was done."""
    smeflow("run", "recipe.yaml")
    smeflow("review", "reject", "cut-off.pdf", "--reason", "sent again", "--by", "Grace")
    (workspace / "recipe.yaml").rename(workspace / "recipe.txt")
    page = smeflow("--lang", "fr", "govern").out
    assert page.startswith("# Registre des traitements, ")
    assert "**ce que des personnes ont décidé**: 1 × rejeté (personnes : 1)" in page
    assert "son fichier n’est pas ici" in page
    assert "Grace" not in page


def test_a_register_has_two_formats(smeflow, workspace):
    """Another is refused before anything is written."""
    smeflow("run", "recipe.yaml")
    told = smeflow("govern", "--out", "register.md", "--out", "register.pdf")
    assert (told.code, (workspace / "register.md").exists()) == (2, False)
