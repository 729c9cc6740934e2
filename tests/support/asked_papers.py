"""A question about a paper, and a good answer to it as a library's wire gives it."""

import json
from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel

from smeflow.llm.ask import AnswerForm, Prompt, ask
from smeflow.llm.call_log import MemoryCallLog, Scope
from smeflow.llm.interface import ConnectedLLM
from smeflow.llm.wrappers.patience import Patience
from smeflow.llm.wrappers.stack import WrapperStack

BASE = "https://api.openai.com/v1"
GOOD = {"number": "R-1", "total": 12.5, "category": "invoice"}
COMPLETION = {
    "id": "c-1",
    "object": "chat.completion",
    "created": 1,
    "model": "gpt-4o-mini",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": json.dumps(GOOD)}, "finish_reason": "stop"}
    ],
    "usage": {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100},
}
KEY = "sk-CANARY-0123456789"
SCOPE = Scope(recipe="r", item="i", version="1", step="s", fingerprint="f")


class Paper(BaseModel):
    number: str
    total: Decimal
    category: Literal["invoice", "order"]


def asked(llm: ConnectedLLM) -> Any:
    stack = WrapperStack(
        llm=llm, log=MemoryCallLog(), patience=Patience(waiting_seconds=5, first_wait_seconds=0.01)
    )
    return ask(stack.bind(SCOPE), Prompt("Read it.", "A paper."), AnswerForm.of(Paper), timeout_seconds=5)
