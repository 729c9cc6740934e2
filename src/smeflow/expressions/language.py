"""The small language of conditions: names, comparisons, arithmetic, a few functions. Never code.

An expression is parsed by Python's own grammar, checked against a list of what is allowed, and turned into
closures; nothing is ever handed to ``eval``. It reads the results of steps (``invoice.record.total_gross``),
the first document's named values (``fields["Total"]``) and table, and constants such as ``company``.

A value that is missing, or that cannot be compared, makes the expression *unknown* (None), by Kleene's
three-valued logic: ``unknown or true`` is true. What reads a skipped step is false, unless the rest decides.
An amount of a record that names its currency compares only with amounts of that currency; a bare number means
the firm's own. There is no clock: two days are compared with each other.
"""

import ast
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from smeflow.core.case import Case, Skipped
from smeflow.expressions import operations
from smeflow.expressions.operations import SkippedRead
from smeflow.i18n import Phrase, say
from smeflow.money import Money

Compiled = Callable[[Case], Any]
MAX_LENGTH, MAX_DEPTH, MAX_PARTS = 1000, 25, 250
RESERVED = frozenset({"fields", "table", "case", "company", "true", "false", "null", "None", "True", "False"})
"""Names with a meaning of their own: no step may be called so."""
_ONE_LINE = str.maketrans("\r\n\f\v\t", "     ")
_NUMBER = re.compile(r"[0-9_]{1,30}(\.[0-9_]{0,30})?|\.[0-9]{1,30}")


class ExpressionError(ValueError):
    """An expression cannot be used. ``offset`` counts characters from 0, to the place in its text."""

    def __init__(self, phrase: Phrase, offset: int = 0) -> None:
        super().__init__(phrase)
        self.phrase, self.offset = phrase, offset

    def __str__(self) -> str:
        return str(self.phrase)


@dataclass(frozen=True, slots=True)
class NameRead:
    """One name an expression reads: ``("invoice", "record", "number")``, and where it stands in the text."""

    path: tuple[str, ...]
    offset: int


@dataclass(frozen=True, kw_only=True)
class Expression:
    """A checked expression, ready to be asked."""

    text: str
    reads: tuple[NameRead, ...] = ()
    compiled: Compiled = field(repr=False, compare=False)
    currency: str = "EUR"
    """What a bare number beside an amount of money means."""

    def __call__(self, case: Case) -> Any:
        """Give the value for *case*; None where it is unknown or a step it reads was skipped."""
        try:
            return self.compiled(case)
        except SkippedRead:
            return None

    def decides(self, case: Case) -> bool | None:
        """Give true, false or None (cannot be decided); false where it reads a skipped step."""
        try:
            return operations.truth(self.compiled(case))
        except SkippedRead:
            return False

    def undecided(self, case: Case) -> Phrase | None:
        """Say why it could not be decided: the first value that is missing or in another currency."""
        for read in self.reads:
            value = case.results.get(read.path[0])
            if read.path[0] in RESERVED or isinstance(value, Skipped):
                continue
            for part in read.path[1:]:
                value = operations.attribute(value, part)
            path = ".".join(read.path)
            if value is None:
                return say("{path} is not known", path=path)
            if isinstance(value, Money) and value.currency != self.currency:
                return say(
                    "{path} is in {currency}, and the condition counts in {ours}",
                    path=path,
                    currency=value.currency,
                    ours=self.currency,
                )
        return None


def parse_expression(
    text: str, *, constants: Mapping[str, Any] | None = None, currency: str = "EUR"
) -> Expression:
    """Parse and check *text*. A bare number beside an amount of money is taken as *currency*.

    Raises:
        ExpressionError: It is no expression of this language.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(say("the condition is longer than {limit} characters", limit=MAX_LENGTH))
    refused = say(
        "this is no condition: {text}; write it such as total_gross >= 5000 or not proven", text=text[:60]
    )
    flat = text.translate(_ONE_LINE)
    try:
        with warnings.catch_warnings():  # Python remarks on odd but harmless text, such as "\d"
            warnings.simplefilter("ignore")
            tree = ast.parse(flat.strip(), mode="eval").body
    except SyntaxError as error:
        raise ExpressionError(refused, max((error.offset or 1) - 1, 0)) from None
    except (ValueError, RecursionError, MemoryError):
        raise ExpressionError(refused) from None
    shift = len(flat) - len(flat.lstrip())
    if isinstance(tree, ast.Tuple) and not flat.strip().startswith("("):
        comma = say("write decimals with a point (0.5): a comma is no part of a condition")
        raise ExpressionError(comma, shift + flat.strip().find(","))
    maker = _Maker(flat.strip(), shift, constants or {}, currency)
    compiled = maker.make(tree, 0)
    return Expression(text=text, reads=tuple(maker.reads), compiled=compiled, currency=currency)


@dataclass
class _Maker:
    """Turn a tree into closures, one method a kind of node."""

    text: str
    shift: int
    constants: Mapping[str, Any]
    currency: str
    reads: list[NameRead] = field(default_factory=list)
    parts: int = 0

    def make(self, node: ast.expr, depth: int) -> Compiled:
        self.parts += 1
        if depth > MAX_DEPTH or self.parts > MAX_PARTS:
            raise self._problem(node, say("the condition is nested too deeply or has too many parts"))
        maker = _MAKERS.get(type(node))
        if maker is None:
            raise self._refused(node)
        return maker(self, node, depth + 1)

    def _problem(self, node: ast.expr, phrase: Phrase) -> ExpressionError:
        return ExpressionError(phrase, self._offset(node))

    def _refused(self, node: ast.expr) -> ExpressionError:
        return self._problem(node, say("{part} is not allowed in a condition", part=self._source(node)))

    def _offset(self, node: ast.expr) -> int:
        return self.shift + len(self.text.encode()[: node.col_offset].decode(errors="ignore"))

    def _source(self, node: ast.expr) -> str:
        return (ast.get_source_segment(self.text, node) or self.text)[:60]

    def constant(self, node: ast.Constant, _depth: int) -> Compiled:
        value: object = node.value
        if isinstance(value, int | float) and not isinstance(value, bool):
            written = ast.get_source_segment(self.text, node) or ""
            if not _NUMBER.fullmatch(written):
                raise self._problem(node, say("{part} is not a number", part=written[:60]))
            value = Decimal(written.replace("_", ""))
        elif not isinstance(value, bool | str | None):
            raise self._refused(node)
        return lambda _case: value

    def name(self, node: ast.Name, _depth: int) -> Compiled:
        word = node.id
        if word.startswith("_"):
            raise self._problem(node, say("{part} is not allowed in a condition", part=word))
        if word in _LITERALS:
            literal = _LITERALS[word]
            return lambda _case: literal
        self.reads.append(NameRead((word,), self._offset(node)))
        if word in self.constants:
            value = self.constants[word]
            return lambda _case: value
        return _ROOTS.get(word) or (lambda case: _result(case, word))

    def attribute(self, node: ast.Attribute, depth: int) -> Compiled:
        name = node.attr
        if name.startswith("_"):
            raise self._problem(node, say("{part} is not allowed in a condition", part=name))
        known = len(self.reads)
        inner = self.make(node.value, depth)
        if len(self.reads) == known + 1 and _is_path(node.value):
            last = self.reads[-1]
            self.reads[-1] = NameRead((*last.path, name), last.offset)
        return lambda case: operations.attribute(inner(case), name)

    def subscript(self, node: ast.Subscript, depth: int) -> Compiled:
        inner = self.make(node.value, depth)
        key = node.slice
        if not isinstance(key, ast.Constant) or not isinstance(key.value, str | int):
            part = self._source(node)
            raise self._problem(
                node, say("write a column's name or a number in the brackets: {part}", part=part)
            )
        wanted = key.value
        return lambda case: operations.item(inner(case), wanted)

    def unary(self, node: ast.UnaryOp, depth: int) -> Compiled:
        inner = self.make(node.operand, depth)
        if isinstance(node.op, ast.Not):
            return lambda case: operations.negated(inner(case))
        if isinstance(node.op, ast.USub):
            return lambda case: operations.arithmetic("-", Decimal(0), inner(case), self.currency)
        raise self._refused(node)

    def boolean(self, node: ast.BoolOp, depth: int) -> Compiled:
        operands = [self.make(value, depth) for value in node.values]
        deciding = isinstance(node.op, ast.Or)
        return lambda case: _kleene(operands, case, deciding=deciding)

    def arithmetic(self, node: ast.BinOp, depth: int) -> Compiled:
        sign = _SIGNS.get(type(node.op))
        if sign is None:
            raise self._problem(node, say("only + - * / are allowed: {part}", part=self._source(node)))
        left, right = self.make(node.left, depth), self.make(node.right, depth)
        return lambda case: operations.arithmetic(sign, left(case), right(case), self.currency)

    def compare(self, node: ast.Compare, depth: int) -> Compiled:
        sides = [self.make(side, depth) for side in (node.left, *node.comparators)]
        words = [_COMPARISONS.get(type(op), "") for op in node.ops]
        part = self._source(node)
        for word, right in zip(words, node.comparators, strict=True):
            is_none = isinstance(right, ast.Constant) and right.value is None
            if word in {"is", "is not"} and not is_none:
                raise self._problem(node, say("write == instead of is: {part}", part=part))
            if word in {"==", "!="} and is_none:
                raise self._problem(node, say("write is None instead of == None: {part}", part=part))
        pairs = [self._pair(*pair) for pair in zip(words, sides, sides[1:], strict=False)]
        if len(pairs) == 1:
            return pairs[0]
        return lambda case: _kleene(pairs, case, deciding=False)

    def _pair(self, word: str, left: Compiled, right: Compiled) -> Compiled:
        return lambda case: operations.compare(word, left(case), right(case), self.currency)

    def call(self, node: ast.Call, depth: int) -> Compiled:
        function = operations.FUNCTIONS.get(node.func.id) if isinstance(node.func, ast.Name) else None
        word = self._source(node.func)
        if function is None:
            raise self._problem(node, _no_function(word))
        run, least, most = function
        if node.keywords or not least <= len(node.args) <= most:
            phrase = say("{name} takes {least} to {most} values", name=word, least=least, most=most)
            raise self._problem(node, phrase)
        arguments = [self.make(argument, depth) for argument in node.args]
        return lambda case: operations.call(run, [argument(case) for argument in arguments])

    def sequence(self, node: ast.List | ast.Tuple, depth: int) -> Compiled:
        members = [self.make(member, depth) for member in node.elts]
        return lambda case: tuple(member(case) for member in members)


def _kleene(operands: list[Compiled], case: Case, *, deciding: bool) -> bool | None:
    """``or`` is decided by one true, ``and`` (and a chain of comparisons) by one false."""
    unknown = skipped = False
    for operand in operands:
        try:
            verdict = operations.truth(operand(case))
        except SkippedRead:
            skipped = True
            continue
        if verdict is deciding:
            return deciding
        unknown = unknown or verdict is None
    if skipped:
        raise SkippedRead
    return None if unknown else not deciding


def _no_function(word: str) -> Phrase:
    near = get_close_matches(word, operations.FUNCTIONS, 1)
    if near:
        return say("there is no function {name}; did you mean {near}?", name=word, near=near[0])
    return say(
        "there is no function {name}; there are: {names}", name=word, names=", ".join(operations.FUNCTIONS)
    )


def _result(case: Case, name: str) -> Any:
    value = case.results.get(name)
    if isinstance(value, Skipped):
        raise SkippedRead
    return value


def _is_path(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) or (isinstance(node, ast.Attribute) and _is_path(node.value))


_LITERALS: Mapping[str, bool | None] = {"true": True, "false": False, "null": None}
_ROOTS: Mapping[str, Compiled] = {
    "fields": lambda case: case.documents[0].fields if case.documents else None,
    "table": lambda case: next((d.table for d in case.documents if d.table), None),
    "case": lambda case: {"id": case.id, "text": case.text, "documents": case.documents},
}
_SIGNS: Mapping[type, str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_COMPARISONS: Mapping[type, str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
    ast.In: "in", ast.NotIn: "not in", ast.Is: "is", ast.IsNot: "is not",
}  # fmt: skip
_MAKERS: Mapping[type, Callable[[_Maker, Any, int], Compiled]] = {
    ast.Constant: _Maker.constant,
    ast.Name: _Maker.name,
    ast.Attribute: _Maker.attribute,
    ast.Subscript: _Maker.subscript,
    ast.UnaryOp: _Maker.unary,
    ast.BoolOp: _Maker.boolean,
    ast.BinOp: _Maker.arithmetic,
    ast.Compare: _Maker.compare,
    ast.Call: _Maker.call,
    ast.List: _Maker.sequence,
    ast.Tuple: _Maker.sequence,
}
