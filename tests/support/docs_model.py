"""A provider on loopback that knows the answers to the questions in the documentation, and no others."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ANSWERS: tuple[tuple[str, object], ...] = (
    ("city_of found", {"look_up": None, "answer": {"name": "Nova", "city": "Lyon"}}),
    ("city is Nova", {"look_up": {"look_up": "city_of", "supplier": "Nova"}, "answer": None}),
    ("two towers", {"name": "Lyon", "people": 522250}),
    ("deux tours", {"name": "Lyon", "people": 522250}),
    ("must be 300", {"labour": "200", "parts": "100"}),
    ("rest of 300", {"labour": "200", "parts": "300"}),
    ("doivent faire 300", {"travail": "200", "pièces": "100"}),
    ("reste de 300", {"travail": "200", "pièces": "300"}),
    (
        "deux presses",
        {
            "client": "Nova SARL",
            "lignes": [{"article": "presse", "pièces": 2}, {"article": "courroie", "pièces": 12}],
        },
    ),
    (
        "two lathes",
        {
            "customer": "Nova GmbH",
            "lines": [{"article": "lathe", "pieces": 2}, {"article": "belt", "pieces": 12}],
        },
    ),
    ("Translate", {"answer": "The heating is broken."}),
    ("Traduis", {"answer": "The heating is broken."}),
    ("heating", {"topic": "heating", "urgent": True}),
    ("chauffage", {"topic": "chauffage", "urgent": True}),
    ("key", {"topic": "keys", "urgent": False}),
    ("clé", {"topic": "clés", "urgent": False}),
)
"""A word of the question, the first that is in it decides; and what is said."""


def answer_to(question: str) -> object:
    """Find the answer; a question nobody knows is a mistake of the page."""
    return next(answer for word, answer in ANSWERS if word in question)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        said = json.dumps(answer_to(body["messages"][-1]["content"]), ensure_ascii=False)
        choice = {"message": {"role": "assistant", "content": said}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 40, "completion_tokens": 10}
        told = json.dumps({"id": "c-1", "model": "gpt-5-mini", "choices": [choice], "usage": usage}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@contextmanager
def docs_provider() -> Iterator[str]:
    """Give the address of one that runs."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()
