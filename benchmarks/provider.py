"""A cheap OpenAI-compatible provider on loopback, in a process of its own: what it costs is not measured.

``python benchmarks/provider.py PORT_FILE [LATENCY_MS]`` answers the invoice whose number
stands in the prompt. It ends with its parent, or after ten minutes. ``GET /asked`` tells how many
questions have come so far.
"""

import asyncio
import json
import os
import re
import sys
from pathlib import Path

from task import fields

NUMBER = re.compile(rb"INVOICE INV-(\d{6})")
LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
asked = 0
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"


def answer(request: bytes) -> bytes:
    """Answer chat.completions, by a tool call where only tools are offered."""
    content = json.dumps(fields(int(NUMBER.search(request)[1])))
    message = {"role": "assistant", "content": content}
    if b'"tools"' in request and b'"response_format"' not in request:
        name = json.loads(request)["tools"][0]["function"]["name"]
        call = {"id": "t1", "type": "function", "function": {"name": name, "arguments": content}}
        message = {"role": "assistant", "content": None, "tool_calls": [call]}
    usage = {"prompt_tokens": 420, "completion_tokens": 160, "total_tokens": 580}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    told = {
        "id": "c1",
        "object": "chat.completion",
        "created": 1,
        "model": "oracle",
        "choices": [choice],
        "usage": usage,
    }
    return json.dumps(told).encode()


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, latency_seconds: float) -> None:
    """Answer one connection's requests, one after the other."""
    global asked  # noqa: PLW0603 - one number for the whole process
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            if head.startswith(b"GET /asked "):
                told = str(asked).encode()
                writer.write(HEAD % len(told) + told)
                continue
            asked += 1
            body = await reader.readexactly(int(LENGTH.search(head)[1]))
            if latency_seconds:
                await asyncio.sleep(latency_seconds)
            reply = answer(body)
            writer.write(HEAD % len(reply) + reply)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main(port_file: Path, latency_seconds: float) -> None:
    """Listen on a free port of loopback and write it down."""
    server = await asyncio.start_server(
        lambda r, w: serve(r, w, latency_seconds), "127.0.0.1", 0, backlog=1024
    )
    port_file.write_text(str(server.sockets[0].getsockname()[1]))  # noqa: ASYNC240 - before anybody calls
    parent = os.getppid()
    for _ in range(600):
        await asyncio.sleep(1)
        if os.getppid() != parent:
            break


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), float(sys.argv[2]) / 1000 if len(sys.argv) > 2 else 0.0))
