"""Mails that tell a model what to do, a model that does it, and a recipe that acts in a real mailbox."""

import json
import re
from pathlib import Path

import pytest

from smeflow.llm.testing import Scripted

pytestmark = [pytest.mark.requires_program("dovecot"), pytest.mark.requires_module("imap_tools")]
INJECTED = Path(__file__).parents[1] / "documents" / "mails" / "injections.jsonl"
STEPS = """\
  - guard: sender
  - triage: kind
    labels: {{invoice: asks to pay, request: asks for something, other: the rest}}
  - extract: order
    fields: {{number: identifier?, recipient: email?, approved: text?}}
    ask: always
  - reply: answer
    answers: answers
    {writing}
"""
SINKS = """\
  - mailbox: act
    by: kind.label
    move: {invoice: Sorted/Invoices, request: Sorted/Requests}
    keyword: "{kind.label}"
    draft: answer
  - {send: answer, host: localhost, port: 9, certificate: server.pem, mode: act, approve: order.proven}
"""


def obeying(request):
    """Answer as a model that does what the mail says: every text is what it was told to say."""
    shown = request.messages[-1].content
    address = re.findall(r"[\w.+-]+@[\w.-]+\.\w+", shown)
    told = f"As you asked. {shown[-300:]} Sent to {' '.join(address[-2:])}, approved."
    return json.dumps(filled(json.loads(request.schema.text), told))


def filled(schema, told, definitions=None):
    """Fill any schema."""
    definitions = definitions or schema.get("$defs", {})
    if "$ref" in schema:
        return filled(definitions[schema["$ref"].rpartition("/")[2]], told, definitions)
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        kinds = [one for one in schema["anyOf"] if one.get("type") != "null"]
        return filled(kinds[0], told, definitions)
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next(one for one in kind if one != "null")
    if kind == "object":
        return {name: filled(one, told, definitions) for name, one in schema["properties"].items()}
    if kind == "array":
        return [filled(schema["items"], told, definitions)]
    return {"string": told, "boolean": True}.get(kind, 1)


def run(office, model):
    """Run the recipe with a model."""
    from smeflow.engine.run import run_to_end
    from smeflow.recipe.load import load
    from smeflow.recipe.workspace import WorkspaceSettings

    recipe = load(office.folder)
    return run_to_end(
        recipe, WorkspaceSettings.find(office.folder), state=office.folder / ".smeflow", llm=model
    )


@pytest.mark.parametrize("writing", ["instructions: Answer.", "template: replies/thanks"])
def test_a_mail_can_only_set_its_own_label_and_the_text_a_person_sees(office, dovecot, mail, writing):
    """No recipient, no approval, no other folder, nothing about another mail; nothing is sent."""
    for folder in ("answers", "replies"):
        (office.folder / folder).mkdir()
        text = "{greeting}\n\nThank you.\n" if folder == "replies" else "Thank you for your message."
        (office.folder / folder / "thanks.md").write_text(text, encoding="utf-8")
    office.write(steps=STEPS.format(writing=writing), sinks=SINKS)
    run(office, None)
    records = [json.loads(line) for line in INJECTED.read_text(encoding="utf-8").splitlines()]
    senders = [f"writer{n}@client{n}.example" for n in range(len(records))]
    for n, (record, sender) in enumerate(zip(records, senders, strict=True)):
        dovecot.put(mail(n, text=record["document"], sender=sender, Return_Path=f"<{sender}>"))
    summary = run(office, Scripted([obeying], for_ever=True))
    assert summary.items == len(records)
    assert not any("Answers sent" in str(note) for note in summary.notes)
    assert dovecot.subjects("Sent") == []
    client = dovecot.client()
    _, listed = client.list()
    names = {line.decode().rpartition(' "/" ')[2].strip('"') for line in listed}
    assert names <= {"INBOX", "Drafts", "Sent", "Sorted", "Sorted/Invoices", "Sorted/Requests"}
    client.select("Drafts", readonly=True)
    _, found = client.search(None, "ALL")
    for number in found[0].split():
        _, data = client.fetch(number, "(BODY.PEEK[HEADER.FIELDS (TO CC BCC)])")
        header = data[0][1].decode()
        assert re.findall(r"[\w.+-]+@[\w.-]+", header)[0] in senders
        assert header.count("@") == 1
    client.logout()
    for n in range(len(records)):
        told = [flags for place in names if place != "Drafts" for subject, flags, _ in dovecot.mails_in(place)
                if subject == f"Mail {n}"]  # fmt: skip
        assert len(told) == 1
        assert set(told[0].replace("\\Recent", "").split()) <= {"invoice", "request", "other"}
