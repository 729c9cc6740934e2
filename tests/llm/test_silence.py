"""No telemetry: with everything set that makes libraries talk, and the network closed, nobody tries to."""

import json
import os
import subprocess
import sys

CODE = """
import sys
from smeflow import Case, read, run
from smeflow.cli import main
from smeflow.llm.connect import choose_model, connect
from smeflow.llm.langchain import LangChainLLM
from smeflow.steps import Extract
from langchain.chat_models import init_chat_model
from langchain_core.language_models import FakeListChatModel

step = Extract(name="found", fields={"number": "text"}, readers=("model",))
case = Case.of("Invoice R-1")
for model in (connect(sys.argv[1]), LangChainLLM(FakeListChatModel(responses=['{"number": "R-1"}']))):
    run([step], case, model)
choose_model("auto")
raise SystemExit(main(["doctor"]))
"""
TALKATIVE = {
    "LANGSMITH_TRACING": "true", "LANGCHAIN_TRACING_V2": "true", "LANGSMITH_API_KEY": "lsv2_CANARY",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://203.0.113.7:4317", "LANGFUSE_SECRET_KEY": "x", "LANGFUSE_HOST":
    "http://203.0.113.7", "OPENAI_API_KEY": "sk-CANARY-0123456789", "MISTRAL_API_KEY": "CANARY",
    "SENTRY_DSN": "http://a@203.0.113.7/1", "HF_TOKEN": "hf_CANARY",
}  # fmt: skip


def test_nothing_is_sent_to_anybody_but_the_model_that_was_named(provider, network_attempts, tmp_path):
    """A run by each path, the choice of a model, and a look at the machine: no attempt leaves it."""
    provider.text = json.dumps({"number": "R-1"})
    environ = {**os.environ, **TALKATIVE}
    done = subprocess.run(
        [sys.executable, "-c", CODE, f"m@{provider.url}"],
        cwd=tmp_path, env=environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert provider.seen
    assert network_attempts == []
    assert "CANARY" not in done.stdout + done.stderr
