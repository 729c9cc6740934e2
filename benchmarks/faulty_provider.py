"""A provider on loopback that knows the answers to a few questions, and can go wrong in twelve ways.

It speaks OpenAI's chat completions, and answers by a tool call where only tools are offered.
"""

import asyncio
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
ANSWERS: tuple[tuple[str, dict[str, object]], ...] = (
    ("two towers", {"name": "Lyon", "people": 522250}),
    (
        "two lathes",
        {
            "customer": "Nova GmbH",
            "lines": [{"article": "lathe", "pieces": 2}, {"article": "belt", "pieces": 12}],
        },
    ),
    ("heating", {"topic": "heating", "urgent": True}),
    ("key", {"topic": "keys", "urgent": False}),
)
"""A word of the question, the first that is in it decides; and the answer."""
REFUSED_TEXT = "Flat 77:"
"""A question with it is refused with 400, whatever the fault: one case of a batch that fails."""


@dataclass(frozen=True)
class Fault:
    """One way to go wrong: in the answer's own text, in the message around it, or on the wire."""

    what: str
    """In words, for the table."""
    lasting: bool = False
    """Every call has it; else only the first."""
    text: str | None = None
    """What is said in place of the answer."""
    finish: str = "stop"
    refusal: str | None = None
    status: str = "200 OK"
    head: str = "content-type: application/json\r\n"
    body: str | None = None
    """In place of the message."""
    wire: str = "whole"
    """``whole``, ``reset`` before a byte, ``cut`` in the middle of the body, or ``drip`` by bytes."""


RIGHT = json.dumps(ANSWERS[0][1])
ERROR = '{"error": {"message": "%s", "type": "%s", "code": "%s"}}'
FAULTS = {
    "wait": Fault(
        "429, Retry-After: 1, once",
        status="429 Too Many Requests",
        head="content-type: application/json\r\nretry-after: 1\r\n",
        body=ERROR % ("Slow down", "rate_limit", "rate_limit_exceeded"),
    ),
    "down": Fault(
        "503 with a page of HTML, once",
        status="503 Service Unavailable",
        head="content-type: text/html\r\n",
        body="<html><h1>Back soon</h1></html>",
    ),
    "reset": Fault("connection reset before the answer, once", wire="reset"),
    "drip": Fault("a byte every 0.4 s for 12 s, once, at timeout=3", wire="drip"),
    "cut body": Fault("the body ends in its middle, once", wire="cut"),
    "fence": Fault(
        "a sentence and ``` around the JSON, each time",
        lasting=True,
        text=f"Of course!\n```json\n{RIGHT}\n```",
    ),
    "comma": Fault("a comma too many, each time", lasting=True, text=RIGHT.replace("}", ",}")),
    "twice": Fault(
        "a key twice, the wrong value last, once", text='{"name": "Lyon", "people": 522250, "people": 1}'
    ),
    "missing": Fault("a field is missing, once", text='{"name": "Lyon"}'),
    "limit": Fault(
        "cut at the limit of tokens, each time",
        lasting=True,
        text='{"name": "Lyon", "people": 522',
        finish="length",
    ),
    "refusal": Fault("the model refuses, each time", lasting=True, refusal="I cannot help with that."),
    "key": Fault(
        "401, the key is wrong",
        lasting=True,
        status="401 Unauthorized",
        body=ERROR % ("Incorrect API key provided", "invalid_request_error", "invalid_api_key"),
    ),
}
NONE = Fault("none")


@dataclass
class FaultyProvider:
    """What it does now, and what it was asked."""

    url: str = ""
    fault: Fault = NONE
    latency_seconds: float = 0.0
    asked: int = 0

    def begin(self, fault: Fault = NONE, latency_seconds: float = 0.0) -> None:
        """Count from nought, and go wrong in this way from now on."""
        self.fault, self.latency_seconds, self.asked = fault, latency_seconds, 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection's requests, one after the other."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                body = await reader.readexactly(int(LENGTH.search(head)[1]))
                self.asked += 1
                fault = self.fault if self.fault.lasting or self.asked == 1 else NONE
                await asyncio.sleep(self.latency_seconds)
                await self._answer(writer, json.loads(body), fault)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, writer: asyncio.StreamWriter, request: dict, fault: Fault) -> None:
        question = json.dumps(request["messages"])
        status, head, body = fault.status, fault.head, fault.body
        if REFUSED_TEXT in question:
            status, body = "400 Bad Request", ERROR % ("Not this one", "invalid_request_error", "unsupported")
        data = (message(request, question, fault) if body is None else body).encode()
        if fault.wire == "reset":
            writer.transport.abort()
            return
        writer.write(f"HTTP/1.1 {status}\r\n{head}content-length: {len(data)}\r\n\r\n".encode())
        if fault.wire == "cut":
            writer.write(data[: len(data) // 2])
            await writer.drain()
            writer.transport.abort()
        elif fault.wire == "drip":
            for at in range(30):
                writer.write(data[at : at + 1])
                await writer.drain()
                await asyncio.sleep(0.4)
            writer.write(data[30:])
        else:
            writer.write(data)


def message(request: dict, question: str, fault: Fault) -> str:
    """Write the answer as OpenAI does."""
    answer = next(answer for word, answer in ANSWERS if word in question)
    said = json.dumps(answer) if fault.text is None else fault.text
    told: dict[str, object] = {"role": "assistant", "content": said, "refusal": None}
    finish = fault.finish
    if fault.refusal is not None:
        told |= {"content": None, "refusal": fault.refusal}
    elif request.get("tools") and not request.get("response_format"):
        name = request["tools"][0]["function"]["name"]
        call = {"id": "t1", "type": "function", "function": {"name": name, "arguments": said}}
        told |= {"content": None, "tool_calls": [call]}
        finish = "tool_calls" if finish == "stop" else finish
    choice = {"index": 0, "message": told, "finish_reason": finish, "logprobs": None}
    usage = {"prompt_tokens": 40, "completion_tokens": 10, "total_tokens": 50}
    whole = {"id": "c1", "object": "chat.completion", "created": 1, "model": request["model"]}
    return json.dumps({**whole, "choices": [choice], "usage": usage})


@contextmanager
def faulty_provider() -> Iterator[FaultyProvider]:
    """Give one that runs, in a thread of its own."""
    provider = FaultyProvider()
    loop, listens, ended = asyncio.new_event_loop(), threading.Event(), asyncio.Event()

    async def listen() -> None:
        server = await asyncio.start_server(provider.serve, "127.0.0.1", 0, backlog=1024)
        provider.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        listens.set()
        await ended.wait()
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for connection in others:
            connection.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    thread = threading.Thread(target=loop.run_until_complete, args=(listen(),), daemon=True)
    thread.start()
    listens.wait()
    try:
        yield provider
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(5)
