"""Names, places, keys, and what `auto` chooses."""

from datetime import date
from decimal import Decimal

import pytest

from smeflow.errors import LLMRejected
from smeflow.llm.connect import choose_model, connect, models_at
from smeflow.llm.interface import Message, MessageImage, NoModel, Price, Request
from smeflow.llm.langchain import LangChainLLM
from smeflow.llm.openai_compatible import OpenAICompatible
from smeflow.llm.providers import PROVIDERS, Provider, allowed_in, ending_models, is_loopback, region_of

KEYS = {row.key_variable: f"sk-CANARY-{row.name}" for row in PROVIDERS.values() if row.key_variable}
TRACING = {
    "LANGSMITH_TRACING": "true", "LANGCHAIN_TRACING_V2": "true", "LANGSMITH_API_KEY": "lsv2_CANARY",
    "ANTHROPIC_API_KEY": "sk-ant-CANARY", "GOOGLE_API_KEY": "CANARY", "AZURE_OPENAI_API_KEY": "CANARY",
    "LANGFUSE_SECRET_KEY": "CANARY", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://203.0.113.7:4317",
}  # fmt: skip


@pytest.fixture(autouse=True)
def no_model_of_this_user(monkeypatch, tmp_path):
    """Keep what the user of this machine has fetched out of these tests."""
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.mark.parametrize(
    ("name", "provider", "region", "path"),
    [
        ("openai/gpt-5-mini", "openai", "outside", "/responses"),
        ("openai-eu/gpt-5-mini", "openai", "eu", "/responses"),
        ("mistral/mistral-small-latest", "mistral_ai", "eu", "/chat/completions"),
        ("mistral", "mistral_ai", "eu", "/chat/completions"),
        ("ollama/gemma3:4b", "ollama", "local", "/chat/completions"),
        ("ollama/gpt-oss:120b-cloud", "ollama", "outside", "/chat/completions"),
        ("ollama/kimi:cloud", "ollama", "outside", "/chat/completions"),
        ("m@http://127.0.0.1:8901/v1", "127.0.0.1", "local", "/chat/completions"),
        ("m:1b@http://[::1]:8901/v1", "::1", "local", "/chat/completions"),
        ("m@https://models.example.org/v1", "models.example.org", "unknown", "/chat/completions"),
        ("x-cloud@http://localhost:11434/v1", "localhost", "outside", "/chat/completions"),
    ],
)
def test_a_name_says_where_it_goes(name, provider, region, path):
    """Known before the first byte is sent."""
    llm = connect(name, environ=KEYS)
    assert isinstance(llm, OpenAICompatible)
    assert (llm.place.provider, llm.place.region, llm.dialect.path) == (provider, region, path)


def test_another_address_is_another_place():
    """OPENAI_BASE_URL moves openai/…, to this machine or to a place nobody knows; in the common form."""
    here = connect("openai/m", environ={"OPENAI_BASE_URL": "http://127.0.0.1:1/v1"})
    there = connect("openai/m", environ={**KEYS, "OPENAI_BASE_URL": "https://proxy.example.org/v1"})
    assert isinstance(here, OpenAICompatible)
    assert (here.place.region, there.place.region) == ("local", "unknown")
    assert here.dialect.name == "chat"
    assert connect("openai-eu/m", environ={**KEYS, "OPENAI_BASE_URL": "http://x/v1"}).place.region == "eu"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("mistrl/x", 'did you mean "mistral"'),
        ("openai/x", "OPENAI_API_KEY"),
        ("zzz/x", "Known:"),
        ("ollama", "ollama/MODEL"),
    ],
)
def test_a_name_that_cannot_be_used_says_what_to_write(name, says):
    """A typo, a key that is not set, a model that is left out."""
    with pytest.raises(LLMRejected, match=says):
        connect(name, environ={})


def test_a_model_on_this_machine_is_free_and_a_listed_one_has_its_price():
    """What nobody knows the price of has none."""
    own = {
        "mistral_ai/mine": Price(
            input_per_million=Decimal(1), output_per_million=Decimal(2), currency="EUR", as_of=""
        )
    }
    free = connect("m@http://127.0.0.1:1/v1").place.price
    listed = connect("openai/gpt-4o-mini", environ=KEYS).place.price
    told = connect("mistral/mine", environ=KEYS, prices=own).place.price
    assert free is not None
    assert free.of(10, 10).amount == 0
    assert listed is not None
    assert listed.of(1_000_000, 0).amount == Decimal("0.15")
    assert told is not None
    assert told.of(0, 1_000_000).amount == 2
    assert connect("mistral/nobody-knows", environ=KEYS).place.price is None


@pytest.mark.slow
def test_langchain_is_reached_by_name(monkeypatch):
    """With its own way to find keys."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-CANARY-0123456789")
    llm = connect("langchain:openai:gpt-4o-mini")
    assert isinstance(llm, LangChainLLM)
    assert (llm.place.provider, llm.place.model) == ("openai", "gpt-4o-mini")
    assert llm.model.max_retries == 0  # type: ignore[attr-defined]
    with pytest.raises(LLMRejected, match="gpt-4o-mini at openai sees none: nothing was sent"):
        llm.complete(Request(messages=(Message("user", "Hi", (MessageImage.of("image/png", b"one"),)),)))
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(LLMRejected) as caught:
        connect("langchain:openai:gpt-4o-mini")
    assert caught.value.reason == "key"
    with pytest.raises(LLMRejected) as caught:
        connect("langchain:nosuchprovider:m")
    assert caught.value.reason == "model"


def test_none_is_a_model_that_says_there_is_none():
    """The readers work alone."""
    llm = connect("none")
    with pytest.raises(LLMRejected) as caught:
        llm.complete(Request(messages=(Message("user", "Hi"),)))
    assert caught.value.reason == "no_model"


def nobody(row: Provider) -> None:
    """No server answers."""


def test_a_key_that_lies_about_sends_nothing_anywhere(monkeypatch, network_attempts):
    """Under `auto` with every key and tracing variable set: no model, and no attempt to leave the machine."""
    for name, value in {**KEYS, **TRACING}.items():
        monkeypatch.setenv(name, value)
    choice = choose_model("auto", servers=nobody)
    assert choice.llm is None
    assert any("OPENAI_API_KEY" in str(c) and "not used" in str(c) for c in choice.considered)
    assert "CANARY" not in " ".join(map(str, (choice.why, *choice.considered)))
    assert network_attempts == []


def test_auto_looks_at_this_machine_first(monkeypatch, network_attempts):
    """Really looks: the ports are on loopback, and whatever answers there may be taken."""
    for name, value in {**KEYS, **TRACING}.items():
        monkeypatch.setenv(name, value)
    choice = choose_model("auto")
    assert choice.llm is None or choice.llm.place.region == "local"
    assert network_attempts == []


def test_auto_takes_the_first_language_model_of_a_local_server():
    """Not one that makes embeddings, nor one that a cloud answers for."""
    served = {"ollama": ["nomic-embed-text", "gpt-oss:120b-cloud", "gemma3:4b"]}
    choice = choose_model("auto", environ=KEYS, servers=lambda row: served.get(row.name))
    assert choice.llm is not None
    assert choice.llm.place.model == "gemma3:4b"
    assert "gemma3:4b" in str(choice.why)
    only_cloud = choose_model(
        "auto", environ={}, servers=lambda row: ["x:cloud"] if row.name == "ollama" else None
    )
    assert only_cloud.llm is None


def test_auto_takes_an_allowed_provider_whose_key_is_set_and_whose_place_is_permitted():
    """In the order in which they are allowed; what is passed over is told."""
    choice = choose_model(
        "auto",
        allowed=["scaleway", "openai/gpt-5-mini", "mistral"],
        residency="eu",
        environ={k: v for k, v in KEYS.items() if k != "SCW_SECRET_KEY"},
        servers=nobody,
    )
    assert choice.llm is not None
    assert choice.llm.place.provider == "mistral_ai"
    told = [str(c) for c in choice.considered]
    assert any("SCW_SECRET_KEY" in c for c in told)
    assert any("openai/gpt-5-mini" in c and "residency: eu" in c for c in told)


def test_a_local_server_tells_its_models(provider):
    """By the common list; what is no model server tells nothing."""
    row = Provider(name="x", title="X", base_url=provider.url, region="local", known_as="x", kind="server")
    assert models_at(row) == ["nomic-embed-text", "gemma:cloud", "small"]
    away = Provider(name="x", title="X", base_url="http://127.0.0.1:9/v1", region="local", known_as="x")
    assert models_at(away) is None
    far = Provider(name="x", title="X", base_url="http://203.0.113.7/v1", region="local", known_as="x")
    assert models_at(far) is None


@pytest.mark.parametrize(
    "host", ["localhost.example.org", "127.0.0.1.example.org", "10.0.0.1", "0.0.0.0", "[fe80::1]", ""]
)
def test_what_only_looks_like_this_machine_is_elsewhere(host):
    """A name that begins with localhost, or an address of the office's network."""
    assert not is_loopback(f"http://{host}/v1")
    assert region_of(None, f"http://{host}/v1", "m") == "unknown"


def test_unknown_counts_as_outside():
    """Only residency "any" lets data go where nobody knows."""
    place = connect("m@https://models.example.org/v1", environ={}).place
    assert [allowed_in(place, r) for r in ("local", "eu", "any")] == [False, False, True]  # type: ignore[arg-type]


def test_no_model_is_told_why():
    """`NoModel` repeats the choice's reason."""
    why = choose_model("auto", environ={}, servers=nobody).why
    with pytest.raises(LLMRejected, match="none is on this machine"):
        NoModel(why=why).complete(Request(messages=()))


def test_the_help_shows_nothing_of_the_environment():
    """A default that is the environment would be printed with every key in it."""
    import inspect

    from smeflow.llm import connect as module
    from smeflow.llm.error_mapping import without_keys
    from smeflow.llm.local.llama import local_llm, model_in_use
    from smeflow.llm.local.models import ModelStore, cache_folder

    functions = (module.connect, module.choose_model, without_keys, local_llm, model_in_use)
    for function in (*functions, ModelStore.of, cache_folder):
        assert inspect.signature(function).parameters["environ"].default is None


def test_the_usual_model_is_another_one_a_fortnight_before_it_ends():
    """A default never breaks on the day its provider shuts it down, and changes on no other day."""
    row = PROVIDERS["openai"]
    assert row.usual_model_on(date(2026, 11, 26)) == "gpt-5-mini"
    assert row.usual_model_on(date(2026, 11, 27)) == "gpt-6.1-terra"
    assert row.usual_model_on(date(2030, 1, 1)) == "gpt-6.1-terra"
    assert row.shutdown_of("gpt-5-mini-2025-08-07") == row.shutdown_of("gpt-5-mini")
    assert row.shutdown_of("gpt-6.1-terra") is None


@pytest.mark.parametrize("row", PROVIDERS.values(), ids=lambda row: row.name)
def test_what_stands_in_for_a_model_outlives_it(row):
    """Otherwise the table goes in a circle, and what it recommends is gone sooner."""
    for end in row.shutdowns.values():
        later = row.shutdown_of(end.instead)
        assert later is None or later.on > end.on


def test_models_that_end_are_found_in_a_text_by_their_whole_name():
    """A recipe, a list, a file of settings; a path or an address is no model."""
    text = 'llm: openai/gpt-4o\nallow = ["openai/gpt-6-luna", "gemini/gemini-2.5-flash"]\nx: https://openai/gpt-5'
    assert [name for name, _ in ending_models(text)] == ["openai/gpt-4o", "gemini/gemini-2.5-flash"]
