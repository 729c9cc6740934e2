"""How likely a value is right: a probability fitted on labelled cases, never the model's own word.

A field's signals are which reader read it, whether it is quoted, which checks it failed and how near its
rivals are; a record's are its proof, its doubts and the same. The weights that ship with smeflow were fitted
on third-party and drawn invoices (``scripts/fit_confidence.py``); a firm's own take their place with
``calibration: FILE`` in the step. What was not near enough to the truth on issuers left out has no
confidence.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from math import exp
from typing import TYPE_CHECKING, Any

from pydantic import Field

from smeflow.i18n import say
from smeflow.kinds.recipe_context import RecipeContext
from smeflow.kinds.steps import FieldReading, StepResult

if TYPE_CHECKING:
    from smeflow.extract.result import Extraction


class Weights(StepResult):
    """A logistic regression."""

    bias: float
    weights: dict[str, float] = Field(default_factory=dict)
    cases: int
    """How many labelled cases it rests on."""

    def probability(self, signals: Mapping[str, float]) -> float:
        """Give the probability of being right, never quite 0 or 1."""
        total = self.bias + sum(self.weights.get(name, 0.0) * value for name, value in signals.items())
        estimate = 1 / (1 + exp(-max(-30.0, min(30.0, total))))
        return round(min(max(estimate, 0.001), 1 - 1 / (self.cases + 2)), 4)


class Calibration(StepResult):
    """The weights for fields and for whole records, and the readers they were fitted on."""

    fields: Weights | None
    """None: on cases left out they were not near enough to the truth, so nothing has a confidence."""
    records: Weights | None
    readers: tuple[str, ...]
    """Of what another reader read, nothing is known: it has no confidence."""


@cache
def default_calibration() -> Calibration:
    """Read the weights that ship with smeflow."""
    text = resources.files("smeflow.extract").joinpath("confidence.json").read_text(encoding="utf-8")
    return Calibration.model_validate(json.loads(text))


def read_calibration(path: str, recipe: RecipeContext) -> Calibration:
    """Read the weights in the file at *path*, relative to the recipe.

    Raises:
        ValueError: It cannot be read, or holds something else; the phrase says so.
    """
    file = recipe.path(path)
    try:
        return Calibration.model_validate_json(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(
            say("{path} holds no calibration; make one with: smeflow evaluate RECIPE --fit {path}", path=path)
        ) from error


FAR = 5.0
"""A rival so far behind, as the logarithm of odds, speaks against nothing."""


def field_signals(name: str, reading: FieldReading, extraction: "Extraction[Any]") -> dict[str, float]:
    """Give what speaks for and against one value.

    Besides its reader and quote: the checks it failed by name, whether a rival leaves it open, and how near
    the nearest is; a label says more of a total than of a seller, so some are told for each field apart.
    """
    failed = sum(passed is False for passed in reading.checks.values())
    near = min((rival.behind for rival in reading.rivals if rival.behind is not None), default=FAR)
    is_open = any(rival.why is None for rival in reading.rivals)
    return {
        **{f"failed {check}": 1.0 for check, passed in reading.checks.items() if passed is False},
        f"field {name}": 1.0,
        "open": float(is_open),
        f"open {name}": float(is_open),
        "near": 1 - min(near, FAR) / FAR,
        f"untied {name}": float(reading.checks.get("tied") is False),
        f"reader {reading.reader}": 1.0,
        "quoted": float(reading.quote is not None),
        "failed": float(min(failed, 3)),
        "record proven": float(extraction.proven),
        "record in doubt": float(bool(extraction.doubts)),
    }


def record_signals(extraction: "Extraction[Any]") -> dict[str, float]:
    """Give what speaks for and against a whole record."""
    failed = sum(check.passed is False for check in extraction.checks)
    names = {check.name for check in extraction.checks if check.passed is False}
    opened = sum(any(rival.why is None for rival in field.rivals) for field in extraction.fields.values())
    near = [r.behind for field in extraction.fields.values() for r in field.rivals if r.behind is not None]
    return {
        **{f"failed {name}": 1.0 for name in names},
        "open": float(min(opened, 3)),
        "near": 1 - min([*near, FAR]) / FAR,
        "told": min(len(near), 12) / 12,
        f"reader {extraction.reader}": 1.0,
        "proven": float(extraction.proven),
        "doubts": float(min(len(extraction.doubts), 4)),
        "failed": float(min(failed, 4)),
        "several": float(extraction.several > 1),
    }


def with_confidence(extraction: "Extraction[Any]", calibration: Calibration) -> dict[str, Any]:
    """Give the confidences of *extraction* as changes to make to it: of each field, and of the record."""
    readers, fields = calibration.readers, dict(extraction.fields)
    for name, reading in fields.items():
        if calibration.fields and reading.reader in readers and reading.value is not None:
            confidence = calibration.fields.probability(field_signals(name, reading, extraction))
            fields[name] = reading.model_copy(update={"confidence": confidence})
    all_known = extraction.reader in readers and all(reading.reader in readers for reading in fields.values())
    weights = calibration.records if all_known else None
    record_confidence = weights.probability(record_signals(extraction)) if weights else None
    return {"fields": fields, "confidence": record_confidence}
