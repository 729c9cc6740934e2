"""A provider on loopback that answers well or badly, as it is told."""

import gzip
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

GOOD = {"number": "R-1", "total": 1234.56, "category": "invoice", "note": None}
TEXT = json.dumps(GOOD)
RESET = struct.pack("ii", 1, 0)


@dataclass
class Seen:
    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    at: float


@dataclass
class Provider:
    """Answers with the modes of `script` first, then well for ever."""

    script: list[str] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    text: str = TEXT
    url: str = ""
    elsewhere: str = ""
    hang_seconds: float = 4.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next_mode(self) -> str:
        with self.lock:
            return self.script.pop(0) if self.script else "good"


def envelope(
    provider: Provider, path: str, text: str | None, finish: str = "stop", **message: Any
) -> dict[str, Any]:
    if path.endswith("/responses"):
        refusal = message.get("refusal")
        part = (
            {"type": "refusal", "refusal": refusal}
            if refusal
            else {"type": "output_text", "text": text or ""}
        )
        reason = {"length": "max_output_tokens", "content_filter": "content_filter"}.get(finish)
        return {
            "id": "resp_1", "model": "m-2026", "error": None,
            "status": "incomplete" if reason else "completed",
            "incomplete_details": {"reason": reason} if reason else None,
            "output": [{"type": "reasoning"}, {"type": "message", "content": [part]}],
            "usage": {
                "input_tokens": 100, "output_tokens": 20, "input_tokens_details": {"cached_tokens": 60},
            },
        }  # fmt: skip
    return {
        "id": "c-1", "model": "m-2026",
        "choices": [
            {"message": {"role": "assistant", "content": text, **message}, "finish_reason": finish}
        ],
        "usage": {
            "prompt_tokens": 100, "completion_tokens": 20, "prompt_tokens_details": {"cached_tokens": 60},
        },
    }  # fmt: skip


def error(kind: str, code: object = None, text: str = "injected") -> bytes:
    return json.dumps({"error": {"message": text, "type": kind, "param": None, "code": code}}).encode()


STATUSES: dict[str, tuple[int, bytes, dict[str, str]]] = {
    "429": (429, error("requests", "rate_limit_exceeded"), {"retry-after": "1"}),
    "429ms": (429, error("requests"), {"retry-after-ms": "300"}),
    "429garbage": (429, error("requests"), {"retry-after": "soon"}),
    "429negative": (429, error("requests"), {"retry-after": "-5"}),
    "429huge": (429, error("requests"), {"retry-after": "86400"}),
    "quota": (429, error("insufficient_quota", "insufficient_quota"), {}),
    "408": (408, error("timeout"), {}),
    "409": (409, error("conflict"), {}),
    "500": (500, error("server_error"), {}),
    "502": (502, b"<html>Bad Gateway {not json}</html>", {"content-type": "text/html"}),
    "503": (503, error("server_error"), {"retry-after": "0"}),
    "504": (504, b"", {}),
    "529": (529, error("overloaded_error"), {}),
    "400": (400, error("invalid_request_error"), {}),
    "400ctx": (400, error("invalid_request_error", "context_length_exceeded"), {}),
    "413": (413, b"", {}),
    "401": (
        401,
        error("invalid_request_error", "invalid_api_key", "Incorrect API key: sk-CANARY-0123456789"),
        {},
    ),
    "402": (402, error("billing"), {}),
    "403": (403, error("forbidden"), {}),
    "404": (404, error("invalid_request_error", "model_not_found"), {}),
    "no temperature": (
        400,
        error("invalid_request_error", "unsupported_value", "Unsupported value: 'temperature'"),
        {},
    ),
    "no schema": (
        400,
        error("invalid_request_error", None, "response_format json_schema is not supported"),
        {},
    ),
}
ENVELOPES: dict[str, Callable[[dict[str, Any]], object]] = {
    "error200": lambda _: {"error": {"message": "Provider returned error", "code": 502}},
    "quota200": lambda _: {"error": {"message": "no credit", "code": "insufficient_quota"}},
    "no choices": lambda e: {**e, "choices": [], "output": []},
    "null message": lambda e: {**e, "choices": [{"message": None}], "output": [], "incomplete_details": None},
    "no usage": lambda e: {k: v for k, v in e.items() if k != "usage"},
    "list": lambda e: [e],
}
MESSAGES: dict[str, dict[str, Any]] = {
    "empty": {"text": ""},
    "null": {"text": None},
    "refusal": {"text": None, "refusal": "I can't help with that."},
    "length": {"text": TEXT[:20], "finish": "length"},
    "content filter": {"text": TEXT[:5], "finish": "content_filter"},
    "fenced": {"text": f"```json\n{json.dumps(GOOD, indent=1)}\n```"},
    "prose": {"text": f"Sure! Here it is:\n\n{TEXT}\n\nLet me know if {{anything}} else is needed."},
    "think": {"text": f'<think>They want {{"total": 0}}?</think>\n{TEXT}'},
    "trailing comma": {"text": TEXT[:-1] + ",}"},
    "bom inside": {"text": "\ufeff" + TEXT},
    "malformed": {"text": TEXT[:-1].replace(":", " ", 1) + ",,"},
    "duplicate": {"text": TEXT[:-1] + ', "total": 1235.56}'},
    "same twice": {"text": TEXT[:-1] + ', "total": 1234.56}'},
    "nan": {"text": TEXT.replace("1234.56", "NaN")},
    "endless": {"text": TEXT.replace("1234.56", "1e999")},
    "missing": {"text": json.dumps({k: v for k, v in GOOD.items() if k != "note"})},
    "wrong type": {"text": json.dumps({**GOOD, "number": {"unexpected": ["object"]}})},
    "wrong enum": {"text": json.dumps({**GOOD, "category": "INVOICE_X"})},
    "extra": {"text": json.dumps({**GOOD, "__proto__": {"polluted": True}, "approved": True})},
    "locale": {"text": json.dumps({**GOOD, "total": "1.234,56"})},
    "ambiguous": {"text": json.dumps({**GOOD, "total": "1,234"})},
    "two answers": {"text": f"{TEXT} or {json.dumps({**GOOD, 'number': 'R-2'})}"},
    "long": {"text": json.dumps({**GOOD, "number": "A" * 1_000_000})},
    "invisible": {"text": json.dumps({**GOOD, "number": "R\u200b-\u202e1"}, ensure_ascii=False)},
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    provider: Provider

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""

    def do_GET(self) -> None:
        self._send(
            200,
            json.dumps(
                {"data": [{"id": "nomic-embed-text"}, {"id": "gemma:cloud"}, {"id": "small"}]}
            ).encode(),
        )

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {k.lower(): v for k, v in self.headers.items()}
        self.provider.seen.append(Seen(self.path, headers, json.loads(raw), time.monotonic()))
        mode = self.provider.next_mode()
        if mode in STATUSES:
            status, body, more = STATUSES[mode]
            self._send(status, body, **{"content-type": "application/json", **more})
            return
        if mode == "429date":
            now = time.time() + 40_000  # a server whose clock is wrong
            more = {"date": formatdate(now, usegmt=True), "retry-after": formatdate(now + 2, usegmt=True)}
            self._send(429, error("requests"), **more)
            return
        said = MESSAGES.get(mode, {"text": self.provider.text})
        made: object = envelope(self.provider, self.path, **said)
        made = ENVELOPES.get(mode, lambda e: e)(made)  # type: ignore[arg-type, return-value]
        self._transport(mode, json.dumps(made, ensure_ascii=False).encode())

    def _transport(self, mode: str, body: bytes) -> None:
        if mode == "redirect":
            self._send(302, b"", location=self.provider.elsewhere)
        elif mode == "html":
            self._send(200, b"<html>Please log in</html>", **{"content-type": "text/html"})
        elif mode == "empty body":
            self._send(200, b"")
        elif mode == "cut json":
            self._send(200, body[: len(body) * 2 // 3])
        elif mode == "not utf-8":
            self._send(200, body.replace(b"R-1", b"R\xff\xfe\xc3"))
        elif mode == "bom":
            self._send(200, b"\xef\xbb\xbf" + body)
        elif mode == "gzip":
            self._send(200, gzip.compress(body), **{"content-encoding": "gzip"})
        elif mode == "bomb":
            self._send(
                200, gzip.compress(body[:-1] + b" " * (40 << 20) + b"}"), **{"content-encoding": "gzip"}
            )
        elif mode == "brotli":
            self._send(200, body, **{"content-encoding": "br"})
        elif mode == "huge":
            self._send(200, body[:-1] + b" " * (12 << 20) + b"}")
        elif mode in {
            "reset",
            "reset headers",
            "reset mid",
            "short body",
            "drip",
            "hang headers",
            "hang",
            "not http",
        }:
            self._break(mode, body)
        else:
            self._send(200, body)

    def _break(self, mode: str, body: bytes) -> None:
        self.close_connection = True
        told = f"content-type: application/json\r\ncontent-length: {len(body)}"
        head = f"HTTP/1.1 200 OK\r\n{told}\r\n\r\n".encode()
        sent = {"reset headers": head, "reset mid": head + body[:50], "short body": head + body[:50]}
        sent |= {"drip": head, "hang headers": head, "not http": b"\x16\x03\x01 not http at all\r\n\r\n"}
        self.wfile.write(sent.get(mode, b""))
        self.wfile.flush()
        until = time.monotonic() + self.provider.hang_seconds
        try:
            while mode in {"drip", "hang", "hang headers"} and time.monotonic() < until:
                time.sleep(0.1)
                if mode == "drip":
                    self.wfile.write(body[:1])
                    self.wfile.flush()
        except OSError:
            return
        if mode.startswith("reset"):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            self.connection.close()

    def _send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response_only(status)
        for name, value in {"content-type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            self.close_connection = True


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that went away."""


@pytest.fixture
def provider() -> Iterator[Provider]:
    """Give a provider that answers well unless its script says otherwise."""
    made = Provider()
    server = Server(("127.0.0.1", 0), type("Bound", (Handler,), {"provider": made}))
    made.url = f"http://127.0.0.1:{server.server_port}/v1"
    made.elsewhere = f"http://localhost:{server.server_port}/trap"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
