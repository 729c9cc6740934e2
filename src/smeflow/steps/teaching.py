"""What a `Triage` step teaches: its examples, and what its labels say of themselves."""

from collections.abc import Mapping, Sequence
from typing import Literal

from smeflow.steps.embedding import has_embeddings
from smeflow.steps.label import Example
from smeflow.steps.likeness import Learned, Lesson, Text, learn
from smeflow.steps.office_words import phrases_of
from smeflow.steps.pieces import Pieces

Likened = Literal["auto", "letters", "embeddings"]


def taught(
    labels: Mapping[str, str], examples: Sequence[Example], *, right: float, by: Likened, many: bool
) -> Learned:
    """Learn from *examples*, and from the names, descriptions and known words of *labels*.

    Raises:
        MissingExtra: Embeddings are asked for by name and are not installed.
    """
    senders = any(example.sender for example in examples)
    lessons = [Lesson(of=frozenset(one.of), text=text_of_example(one, senders=senders)) for one in examples]
    embedded = by == "embeddings" or (by == "auto" and has_embeddings())
    of_labels = [lesson for label, about in labels.items() for lesson in _of_label(label, about)]
    return learn(
        labels=tuple(labels), lessons=lessons, of_labels=of_labels, right=right, embedded=embedded, many=many
    )


def text_of(pieces: Pieces, *, senders: bool) -> Text:
    """Give *pieces* as they are compared with examples."""
    subject = pieces.subject if pieces.named else ""
    rest = "\n".join(f"{name}\n{text}" for name, text in pieces.attachments)
    return _text(pieces.sender if senders else "", subject, f"{pieces.text}\n{rest}")


def text_of_example(example: Example, *, senders: bool) -> Text:
    """Give an example as it is compared."""
    return _text(example.sender if senders else "", example.subject, example.text)


def _text(sender: str, subject: str, text: str) -> Text:
    read = f"{subject}\n{text}".strip()
    return Text(whole=f"{sender}\n{read}" if sender else read, short=read)


def _of_label(label: str, about: str) -> list[Lesson]:
    name = label.replace("_", " ").replace("-", " ")
    texts = [f"{name}: {about}" if about else name, *phrases_of(label)]
    return [Lesson(of=frozenset({label}), text=Text(whole=text, short=text)) for text in texts]
