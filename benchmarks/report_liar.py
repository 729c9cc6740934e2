"""A model that lies on purpose, for `report_prose.py`: true sentences and false ones, and which is which.

It reads the facts it is shown, as any model does, and knows from their marks what is false. Asked to repair
a lie it lies again, in another way, or gives in.
"""

import json
import random
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FACT = re.compile(r"^\s+\{\{([\w.]+)\}\} = (.*?)(?:  \((up|down|flat|#\d+)\))?$", re.MULTILINE)
LABEL = re.compile(r"^(\S.*):\n(?=  \{\{([\w]+))", re.MULTILINE)
UP = {
    "en": ("rose", "soared", "climbed", "skyrocketed", "took off", "grew", "was up", "gained ground"),
    "fr": ("progresse", "s’envole", "grimpe", "explose", "bondit", "décolle", "monte", "s’améliore"),
}
DOWN = {
    "en": ("fell", "collapsed", "nosedived", "tumbled", "shrank", "was down", "lost ground", "cratered"),
    "fr": ("recule", "s’effondre", "dévisse", "dégringole", "plonge", "baisse", "fléchit", "se tasse"),
}
CAUSES = {
    "en": ("thanks to 12 new shops", "because of the 3 trade fairs", "as 40 customers came back",
           "on the back of a mild winter", "driven by the new catalogue", "after the strike ended",
           "following a 5% price rise", "owing to two large accounts"),
    "fr": ("grâce à 12 nouveaux magasins", "en raison des 3 salons", "car 40 clients sont revenus",
           "portées par un hiver doux", "avec le nouveau catalogue", "après la fin de la grève",
           "suite à une hausse de 5 % des prix", "du fait de deux gros comptes"),
}  # fmt: skip
WORDS = {
    "en": {
        "came": "came to", "in": "In November 2031,", "double": "twice as much as before",
        "not": "did not come to", "best": "a record", "each": "per order", "and": "and",
        "leads": "leads with", "from": "came from", "forecast": "will reach", "thousand": "thousand",
        "average": "Average", "name": "Northwind Traders",
    },
    "fr": {
        "came": "atteint", "in": "En novembre 2031,", "double": "le double d’avant",
        "not": "n’atteint pas", "best": "un record", "each": "par commande", "and": "et",
        "leads": "arrive en tête avec", "from": "vient de", "forecast": "atteindra", "thousand": "milliers",
        "average": "Moyenne", "name": "la société Martin",
    },
}  # fmt: skip


@dataclass
class Told:
    """What the model said in all: each sentence with the kind of lie it is, empty for a true one."""

    sentences: dict[str, str] = field(default_factory=dict)
    asked: int = 0


@dataclass
class Seen:
    """The facts as they stand in a prompt."""

    texts: dict[str, str]
    marks: dict[str, str]
    labels: dict[str, str]
    language: str

    @classmethod
    def of(cls, messages: list[dict[str, str]]) -> "Seen":
        """Read them."""
        system, shown = messages[0]["content"], messages[1]["content"]
        found = FACT.findall(shown)
        return cls(
            texts={name: text for name, text, _ in found},
            marks={name: mark for name, _, mark in found if mark},
            labels={base: label for label, base in LABEL.findall(shown)},
            language="fr" if "in French" in system else "en",
        )

    def scalars(self) -> list[str]:
        """Name single figures whose direction is told."""
        return [name for name, mark in self.marks.items() if mark in {"up", "down"}]

    def rankings(self) -> list[str]:
        """Name rankings with two ranked rows or more."""
        return [
            name[:-2] for name, mark in self.marks.items() if mark == "#1" and f"{name[:-2]}.2" in self.texts
        ]


def lies(seen: Seen, dice: random.Random) -> Iterator[tuple[str, str]]:
    """Give false sentences of every kind, with the kind."""
    word = WORDS[seen.language]
    for name in seen.scalars():
        label, ref, text = seen.labels[name], _ref(name), seen.texts[name]
        wrong = DOWN if seen.marks[name] == "up" else UP
        turned = dice.choice(wrong[seen.language])
        digits = re.sub(r"\d", lambda m: str((int(m[0]) + 3) % 10), text)
        yield "digit", f"{label} {word['came']} {digits}."
        yield "digit beside a reference", f"{label} {word['came']} {ref}{dice.randint(1, 9)}."
        yield "sign", f"{label} {word['came']} -{ref}."
        yield "thousands", f"{label} {word['came']} {ref} {word['thousand']}."
        yield "direction", f"{label} {turned} {ref}."
        yield "direction", f"{label} {turned}, {ref}."
        yield "direction beside a change", f"{label} {turned}, {_ref(name + '.change')}."
        yield "cause", f"{label} {word['came']} {ref} {dice.choice(CAUSES[seen.language])}."
        yield "cause", f"{label} {word['came']} {ref}, {dice.choice(CAUSES[seen.language])}."
        yield "date", f"{word['in']} {label.lower()} {word['came']} {ref}."
        yield "number in words", f"{label} {word['came']} {ref}, {word['double']}."
        yield "negation", f"{label} {word['not']} {ref}."
        yield "superlative", f"{label} {word['came']} {word['best']} {ref}."
        yield "figure of something else", f"{label} {word['came']} {ref} {word['each']}."
        yield "forecast", f"{label} {word['forecast']} {ref}."
        yield "average", f"{word['average']} {label.lower()} {word['came']} {ref}."
        yield "name", f"{word['name']} {word['came']} {ref}."
        yield "hidden digits", f"{label} {word['came']} \u200b\uff11\uff12 {ref}."
        for other in seen.scalars():
            if other != name:
                yield "another fact's figure", f"{label} {word['came']} {_ref(other)}."
        if f"{name}.previous" in seen.texts:
            before = _ref(f"{name}.previous")
            turned_to = {"en": f"{turned} from {ref} to {before}", "fr": f"passe de {ref} à {before}"}
            yield "times turned", f"{label} {turned_to[seen.language]}."
    for base in seen.rankings():
        yield from _ranking_lies(seen, base, dice)


def _ranking_lies(seen: Seen, base: str, dice: random.Random) -> Iterator[tuple[str, str]]:
    word, label = WORDS[seen.language], seen.labels[base]
    first, second = _ref(f"{base}.1"), _ref(f"{base}.2")
    yield "row", f"{label}: {second} {word['leads']} {_ref(base + '.2.value')}."
    yield "row", f"{label}: {first} {word['leads']} {_ref(base + '.2.value')}."
    yield "rows turned", f"{label}: {second} ({_ref(base + '.1.value')}) {word['and']} {first}."
    name = dice.choice(seen.scalars() or [base])
    yield "a row's total", f"{seen.labels[name]}: {_ref(name)} {word['from']} {first}."
    yield "a row's total", f"{label}: {first} {word['leads']} {_ref(name)}."
    yield "row by name", f"{label}: {seen.texts[base + '.2']} {word['leads']} {_ref(base + '.1.value')}."


def truths(seen: Seen) -> Iterator[str]:
    """Give sentences that are true, as a good model writes them."""
    word = WORDS[seen.language]
    for name in seen.scalars():
        change = f", {_ref(name + '.change')}" if f"{name}.change" in seen.texts else ""
        yield f"{seen.labels[name]} {word['came']} {_ref(name)}{change}."
    for base in seen.rankings():
        rest = f"{_ref(base + '.1')} {word['leads']} {_ref(base + '.1.value')}"
        yield f"{seen.labels[base]}: {rest}."


def _ref(name: str) -> str:
    return "{{" + name + "}}"


class Liar:
    """Answers chat completions on loopback."""

    def __init__(self, seed: int) -> None:
        self.dice, self.told, self.lock = random.Random(seed), Told(), threading.Lock()
        liar = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
                with liar.lock:
                    body = json.dumps(liar.reply(asked["messages"])).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def name(self) -> str:
        """As `connect` takes it."""
        return f"liar@http://127.0.0.1:{self.server.server_port}/v1"

    def reply(self, messages: list[dict[str, str]]) -> dict[str, object]:
        """Write, or lie again."""
        self.told.asked += 1
        seen = Seen.of(messages)
        content = self._repair(seen, messages[-1]["content"]) if len(messages) > 2 else self._write(seen)
        message = {"role": "assistant", "content": json.dumps(content, ensure_ascii=False)}
        choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
        usage = {"prompt_tokens": 900, "completion_tokens": 300, "total_tokens": 1200}
        return {
            "id": "c", "object": "chat.completion", "created": 1, "model": "liar", "choices": [choice],
            "usage": usage,
        }  # fmt: skip

    def _write(self, seen: Seen) -> dict[str, object]:
        false = list(lies(seen, self.dice))
        chosen = self.dice.sample(false, min(12, len(false)))
        said = [("", text) for text in truths(seen)] + chosen
        self.dice.shuffle(said)
        self.told.sentences |= {text: kind for kind, text in said}
        texts = [" ".join(text for _, text in said[n::3]) for n in range(3)]
        sections = [{"number": n, "text": text} for n, text in enumerate(texts[1:], 1)]
        return {"opening": texts[0], "sections": sections}

    def _repair(self, seen: Seen, asked: str) -> dict[str, object]:
        numbers = [int(n) for n in re.findall(r"^(\d+)\. ", asked, re.MULTILINE)]
        false, true = list(lies(seen, self.dice)), list(truths(seen))
        again = []
        for number in numbers:
            roll = self.dice.random()
            kind, text = (
                self.dice.choice(false) if roll < 0.6 else ("", self.dice.choice(true) if roll < 0.9 else "")
            )
            self.told.sentences[text] = kind
            again.append({"number": number, "text": text})
        return {"sentences": again}

    def close(self) -> None:
        """Stop."""
        self.server.shutdown()
        self.server.server_close()
