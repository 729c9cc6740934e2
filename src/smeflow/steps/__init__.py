from smeflow.steps.base import FieldReading
from smeflow.steps.draft import Draft
from smeflow.steps.drafted import Drafted, FactValue
from smeflow.steps.extract import Extract
from smeflow.steps.extraction import Extraction
from smeflow.steps.guard import Guard
from smeflow.steps.label import Example, Label, LabelRule
from smeflow.steps.measured import FactFrom
from smeflow.steps.parts import split
from smeflow.steps.reply import Reply
from smeflow.steps.rule import Choice, Rule, Ruled
from smeflow.steps.runnable import as_runnable
from smeflow.steps.triage import Triage

__all__ = [
    "Choice",
    "Draft",
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
    "Reply",
    "Rule",
    "Ruled",
    "Triage",
    "as_runnable",
    "split",
]
