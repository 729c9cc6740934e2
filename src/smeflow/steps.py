"""The steps of recipes and scripts, and their results. A public door; the code lives in the crafts."""

from typing import TYPE_CHECKING

from smeflow._doors import open_door

if TYPE_CHECKING:
    from smeflow.core.langchain_parts import as_runnable, as_tool
    from smeflow.engine.own_steps import Choice, Rule, Ruled, split
    from smeflow.extract.result import Extraction
    from smeflow.extract.step import Extract
    from smeflow.kinds.steps import FieldReading
    from smeflow.mail.guard import Guard
    from smeflow.mail.reply import DraftReply
    from smeflow.reports.draft_step import Draft, FactFrom
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
    "as_tool",
    "split",
]

__getattr__, __dir__ = open_door(
    __name__,
    {
        "smeflow.core.langchain_parts": "as_runnable as_tool",
        "smeflow.engine.own_steps": "Choice Rule Ruled split",
        "smeflow.extract.result": "Extraction",
        "smeflow.extract.step": "Extract",
        "smeflow.kinds.steps": "FieldReading",
        "smeflow.mail.guard": "Guard",
        "smeflow.mail.reply": "DraftReply",
        "smeflow.reports.draft_step": "Draft FactFrom",
        "smeflow.triage.labels": "Example Label LabelRule",
        "smeflow.triage.step": "Triage",
        "smeflow.writing.drafts": "Drafted FactValue",
    },
    renamed={"Reply": "DraftReply"},
)
