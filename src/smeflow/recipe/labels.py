"""Find labels in a condition that its step never gives: ``kind.label == "invoce"``."""

import ast
from collections.abc import Iterator, Mapping

from smeflow.expression import ExpressionError
from smeflow.i18n import say
from smeflow.recipe.problems import unknown


def check_labels(text: str, labels: Mapping[str, tuple[str, ...]]) -> None:
    """Check the words that are compared with a step's label; *text* was parsed already.

    Raises:
        ExpressionError: One is none of the step's labels, with its place in the text.
    """
    flat = text.replace("\n", " ").replace("\r", " ")
    body = flat.strip()
    for node in ast.walk(ast.parse(body, mode="eval")):
        if not isinstance(node, ast.Compare):
            continue
        sides = [node.left, *node.comparators]
        step = next((name for side in sides if (name := _labelled(side)) in labels), None)
        for word in _words(sides) if step else ():
            if word.value not in labels[step or ""]:
                what = say("{step} has no label {label}", step=step, label=str(word.value))
                offset = len(flat) - len(flat.lstrip())
                offset += len(body.encode()[: word.col_offset].decode(errors="ignore"))
                raise ExpressionError(unknown(what, str(word.value), labels[step or ""]), offset)


def _labelled(side: ast.expr) -> str:
    """Give the step whose label a side of a comparison is."""
    if (
        isinstance(side, ast.Attribute)
        and side.attr in {"label", "labels"}
        and isinstance(side.value, ast.Name)
    ):
        return side.value.id
    return ""


def _words(sides: list[ast.expr]) -> Iterator[ast.Constant]:
    for side in sides:
        for one in side.elts if isinstance(side, ast.List | ast.Tuple | ast.Set) else [side]:
            if isinstance(one, ast.Constant) and isinstance(one.value, str):
                yield one
