"""Every provider row against a loopback provider that speaks its dialect; LangChain's way too.

``python benchmarks/conformance.py`` prints, for each row, how many kinds of answers it treats as it must:
values that are right come through, and whatever is no answer is a failure.
"""

import importlib.util
import threading
from decimal import Decimal
from pathlib import Path
from typing import Literal

from pydantic import BaseModel

from smeflow.errors import LLMError
from smeflow.llm.ask import AnswerForm, Prompt, ask
from smeflow.llm.connect import connect
from smeflow.llm.langchain import LangChainLLM
from smeflow.llm.providers import PROVIDERS
from smeflow.llm.wire import AioWire

TESTS = Path(__file__).parent.parent / "tests" / "llm" / "conftest.py"
RIGHT = ("good", "no usage", "fenced", "prose", "bom inside", "extra", "length", "empty")
"""What comes through with the right value, some of it at the second asking."""
BROKEN = (
    "refusal", "content filter", "429", "500", "503", "408", "401", "402", "403", "404", "quota", "400",
    "400ctx",
    "cut json", "short body", "html", "empty body", "not utf-8", "no choices", "null message", "error200",
    "quota200", "list", "redirect", "reset mid", "two answers", "missing", "wrong enum", "duplicate", "nan",
)  # fmt: skip
"""What must never come through as a value."""


class Invoice(BaseModel):
    number: str
    total: Decimal
    category: Literal["invoice", "other"]
    note: str | None


ANSWER = AnswerForm.of(Invoice)


class Rerouted(AioWire):
    """Leads what is meant for a provider's own address here."""

    own = here = ""

    def post(self, url, headers, body, timeout_seconds):
        """Send it here."""
        return super().post(self.here + url.removeprefix(self.own), headers, body, timeout_seconds)


def outcome(llm, provider, mode: str) -> bool:
    """Tell whether an answer of this kind is treated as it must be; a broken one is given again and again."""
    provider.seen.clear()
    provider.script = [mode] if mode in RIGHT else [mode] * 9
    try:
        got = ask(llm, Prompt("Copy values.", "Invoice R-1 of 1234.56"), ANSWER, timeout_seconds=20).value
    except LLMError:
        return mode in BROKEN
    return mode in RIGHT and got.total == Decimal("1234.56")


def main() -> None:
    """Print a line for each row."""
    spec = importlib.util.spec_from_file_location("loopback", TESTS)
    loopback = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loopback)
    provider = loopback.Provider()
    server = loopback.Server(("127.0.0.1", 0), type("Bound", (loopback.Handler,), {"provider": provider}))
    provider.url = f"http://127.0.0.1:{server.server_port}/v1"
    provider.elsewhere = f"http://localhost:{server.server_port}/trap"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    azure = "https://firm.openai.azure.com/openai/v1"
    environ = {row.key_variable: "sk-0123456789" for row in PROVIDERS.values() if row.key_variable}
    environ["AZURE_OPENAI_BASE_URL"] = azure
    modes = (*RIGHT, *BROKEN)
    print(f"{len(modes)} kinds of answers: {len(RIGHT)} that are right, {len(BROKEN)} that are none")
    for name, row in PROVIDERS.items():
        wire = Rerouted()
        wire.own, wire.here = row.base_url or azure, provider.url
        llm = connect(f"{name}/some-model", environ=environ, wire=wire)
        wrong = [mode for mode in modes if not outcome(llm, provider, mode)]
        llm.close()
        print(f"  {name:16}{len(modes) - len(wrong):3} of {len(modes)}  {', '.join(wrong)}")
    from langchain.chat_models import init_chat_model

    model = init_chat_model("m", model_provider="openai", base_url=provider.url, api_key="sk-x",
                            use_responses_api=False)  # fmt: skip
    wrong = [mode for mode in modes if not outcome(LangChainLLM(model), provider, mode)]
    print(f"  {'langchain:openai':16}{len(modes) - len(wrong):3} of {len(modes)}  {', '.join(wrong)}")
    bare = [mode for mode in BROKEN if lets_through(model, provider, mode)]
    print(f"  LangChain alone, with_structured_output: a value for {len(bare)} of {len(BROKEN)} broken: "
          f"{', '.join(bare)}")  # fmt: skip
    server.shutdown()


def lets_through(model, provider, mode: str) -> bool:
    """Tell whether LangChain alone gives a value, or nothing without saying so, for a broken answer."""
    provider.script = [mode] * 9
    try:
        model.with_structured_output(Invoice).invoke("Invoice R-1 of 1234.56")
    except Exception:  # noqa: BLE001 - any error is a failure told
        return False
    return True


if __name__ == "__main__":
    main()
