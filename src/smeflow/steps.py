"""What a recipe or a script is made of: the steps and what they give. A public door; the code stands in the crafts."""

from typing import TYPE_CHECKING

from smeflow._doors import open_door

if TYPE_CHECKING:
    from smeflow.core.run import as_runnable
    from smeflow.engine.own_steps import Choice, Rule, Ruled, split
    from smeflow.extract.result import Extraction
    from smeflow.extract.step import Extract
    from smeflow.kinds.steps import FieldReading
    from smeflow.mail.guard import Guard
    from smeflow.mail.reply import DraftReply
    from smeflow.reports.draft import Draft, FactFrom
    from smeflow.triage.labels import Example, Label, LabelRule
    from smeflow.triage.step import Triage
    from smeflow.writing.drafts import Drafted, FactValue

__all__ = [
    "Choice",
    "Draft",
    "DraftReply",
    "Drafted",
    "Example",
    "Extract",
    "Extraction",
    "FactFrom",
    "FactValue",
    "FieldReading",
    "Guard",
    "Label",
    "LabelRule",
    "Rule",
    "Ruled",
    "Triage",
    "as_runnable",
    "split",
]

__getattr__, __dir__ = open_door(
    __name__,
    {
        "Choice": "smeflow.engine.own_steps",
        "Draft": "smeflow.reports.draft",
        "DraftReply": "smeflow.mail.reply",
        "Drafted": "smeflow.writing.drafts",
        "Example": "smeflow.triage.labels",
        "Extract": "smeflow.extract.step",
        "Extraction": "smeflow.extract.result",
        "FactFrom": "smeflow.reports.draft",
        "FactValue": "smeflow.writing.drafts",
        "FieldReading": "smeflow.kinds.steps",
        "Guard": "smeflow.mail.guard",
        "Label": "smeflow.triage.labels",
        "LabelRule": "smeflow.triage.labels",
        "Rule": "smeflow.engine.own_steps",
        "Ruled": "smeflow.engine.own_steps",
        "Triage": "smeflow.triage.step",
        "as_runnable": "smeflow.core.run",
        "split": "smeflow.engine.own_steps",
    },
    renamed={"Reply": "DraftReply"},
)
