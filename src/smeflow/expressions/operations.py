"""How the values of an expression are read, compared and computed with; what cannot be done is None."""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import is_dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from pydantic import BaseModel

from smeflow._text import folded
from smeflow.documents.document import Table
from smeflow.money import Money

MAX_LIST = 1_000_000
_PLAIN = re.compile(r"[+-]?\d{1,30}(\.\d{1,30})?")


class SkippedRead(LookupError):
    """An expression reads the result of a skipped step; it never leaves `Expression`."""


def truth(value: object) -> bool | None:
    """Take a value as a condition: only yes and no are; all else is unknown."""
    return value if isinstance(value, bool) else None


def negated(value: object) -> bool | None:
    """Say not; unknown stays unknown."""
    verdict = truth(value)
    return None if verdict is None else not verdict


def attribute(value: object, name: str) -> Any:
    """Read a field or property of plain data; methods and everything else are unknown.

    An amount of a record that has a ``currency`` becomes `Money`; where it has none, it stays a bare number
    if the record says that such amounts are in the firm's own currency.
    """
    if value is None or name.startswith("_"):
        return None
    if isinstance(value, Table):
        return item(value, name) if name in value.columns else None
    if isinstance(value, Mapping):
        return value.get(name)
    if isinstance(value, BaseModel):
        if name not in type(value).model_fields and not _own_property(type(value), name):
            return None
        member = getattr(value, name)
        if isinstance(member, Decimal) and "currency" in type(value).model_fields:
            currency = getattr(value, "currency", None)  # foreign: a record of the user's own
            bare = getattr(type(value), "bare_amounts", False)  # foreign: the same
            return Money(member, currency) if currency else member if bare else None
        return member
    if is_dataclass(value) and (name in value.__dataclass_fields__ or _own_property(type(value), name)):
        return getattr(value, name)
    return None


def _own_property(owner: type, name: str) -> bool:
    for base in owner.__mro__:
        if base in {BaseModel, object}:
            return False
        if name in vars(base):
            return isinstance(vars(base)[name], property)
    return False


def item(value: object, key: str | int) -> Any:
    """Read a column, a key or the n-th member (from 0); None where there is none."""
    if isinstance(value, Table) and isinstance(key, str):
        if key not in value.columns:
            return None
        index = value.columns.index(key)
        return tuple(row[index] for row in value.rows)
    if isinstance(value, Mapping):
        return value.get(key)
    if isinstance(value, tuple | list) and isinstance(key, int) and -len(value) <= key < len(value):
        return value[key]
    return None


def number(value: object) -> Decimal | None:
    """Take a value as a number; text as a machine (``-1234.50``) or a person writes it (``1 234,50 €``).

    Text that may mean two numbers, such as ``1,234``, is none.
    """
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, Decimal | int):
        return Decimal(value)
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, Money):
        return value.amount
    if isinstance(value, str):
        return _written_number(value.strip())
    return None


def _written_number(text: str) -> Decimal | None:
    if _PLAIN.fullmatch(text):
        return Decimal(text)
    from smeflow.values.amounts import parse_amount

    amount = parse_amount(text)
    return amount.value if amount and amount.other is None else None


def day(value: object) -> date | None:
    """Take a value as a day; text as ISO or as printed in Europe, the day first."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        try:
            return date.fromisoformat(value.strip()[:10])
        except ValueError:
            from smeflow.values.dates import parse_date

            return parse_date(value)
    return None


def _comparable_pair(left: object, right: object, currency: str) -> tuple[Any, Any] | None:
    """Bring two values to one type in which they can be compared, or None."""
    if isinstance(left, Money) or isinstance(right, Money):
        return _amounts(left, right, currency)
    if isinstance(left, bool) or isinstance(right, bool):
        return (left, right) if isinstance(left, bool) and isinstance(right, bool) else None
    if isinstance(left, str) and isinstance(right, str):
        return left, right
    for convert, kinds in ((number, (int, float, Decimal)), (day, (date,))):
        if isinstance(left, kinds) or isinstance(right, kinds):
            pair = convert(left), convert(right)
            return None if pair[0] is None or pair[1] is None else pair
    return (left, right) if type(left) is type(right) else None


def _amounts(left: object, right: object, currency: str) -> tuple[Decimal, Decimal] | None:
    pair = number(left), number(right)
    if pair[0] is None or pair[1] is None:
        return None
    sides = list(zip((left, right), pair, strict=True))
    of = {value.currency if isinstance(value, Money) else currency for value, _ in sides}
    nothing = any(not isinstance(value, Money) and not amount for value, amount in sides)
    return (pair[0], pair[1]) if len(of) == 1 or nothing else None


_ORDER: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ARITHMETIC: Mapping[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


def compare(word: str, left: object, right: object, currency: str) -> bool | None:
    """Compare two values; None where one is missing or they are of different kinds or currencies."""
    if word in {"is", "is not"}:
        return (left is None) == (word == "is")
    if left is None or right is None:
        return None
    if word in {"in", "not in"}:
        contained = _is_member(left, right, currency)
        return contained if word == "in" or contained is None else not contained
    pair = _comparable_pair(left, right, currency)
    if pair is None:
        return None
    try:
        return bool(_ORDER[word](*pair))
    except TypeError:
        return None


def _is_member(left: object, right: object, currency: str) -> bool | None:
    if isinstance(right, str | Mapping):
        return left in right if isinstance(left, str) else None
    if isinstance(right, tuple | list | set | frozenset):
        verdicts = [compare("==", left, member, currency) for member in right]
        return True if True in verdicts else (None if None in verdicts else False)
    return None


def arithmetic(sign: str, left: object, right: object, currency: str) -> Decimal | Money | int | str | None:
    """Compute with numbers and amounts; two currencies, a missing value or a division by zero are unknown."""
    if isinstance(left, date) and isinstance(right, date) and sign == "-":
        return (left - right).days
    if isinstance(left, str) and isinstance(right, str) and sign == "+":
        return left + right if len(left) + len(right) <= MAX_LIST else None
    a, b = number(left), number(right)
    if a is None or b is None:
        return None
    monies = isinstance(left, Money) + isinstance(right, Money)
    if monies and sign in "+-" and _amounts(left, right, currency) is None:
        return None
    if monies == 2 and (sign == "*" or (sign == "/" and _amounts(left, right, currency) is None)):
        return None
    try:
        result = _ARITHMETIC[sign](a, b)
    except ArithmeticError:
        return None
    if not monies or (sign == "/" and isinstance(right, Money)):
        return result
    money = left if isinstance(left, Money) else right
    return Money(result, money.currency) if isinstance(money, Money) else None


def call(function: Callable[..., Any], arguments: list[Any]) -> Any:
    """Call a function of the language; a missing argument makes the answer unknown."""
    if any(argument is None for argument in arguments):
        return None
    try:
        return function(*arguments)
    except (TypeError, ValueError, ArithmeticError):
        return None


def _members(value: object) -> Sequence[Any]:
    if isinstance(value, Table):
        return value.rows
    if isinstance(value, tuple | list):
        return value
    raise TypeError


def _numbers(value: object) -> list[Decimal]:
    """Take every member as a number; empty cells do not count, any other text that is none is a mistake."""
    filled = (m for m in _members(value) if not (isinstance(m, str) and not m.strip()))
    return [_number(member) for member in filled]


def _number(value: object) -> Decimal:
    amount = number(value)
    if amount is None:
        raise TypeError
    return amount


def _money_sum(value: object) -> Decimal | Money:
    monies = [m for m in _members(value) if isinstance(m, Money)]
    if monies and {m.currency for m in monies} != {monies[0].currency}:
        raise TypeError
    total = sum(_numbers(value), Decimal(0))
    return Money(total, monies[0].currency) if monies else total


def _length(value: object) -> int:
    return len(value) if isinstance(value, str | Mapping) else len(_members(value))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _round(value: object, digits: object = Decimal(0)) -> Decimal | Money:
    places = int(number(digits) or 0)
    if not 0 <= places <= 12:
        raise TypeError
    rounded = _number(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return Money(rounded, value.currency) if isinstance(value, Money) else rounded


def _days_since(earlier: object, later: object) -> int:
    a, b = day(earlier), day(later)
    if a is None or b is None:
        raise TypeError
    return (b - a).days


def _absolute(value: object) -> Decimal | Money:
    amount = abs(_number(value))
    return Money(amount, value.currency) if isinstance(value, Money) else amount


FUNCTIONS: Mapping[str, tuple[Callable[..., Any], int, int]] = {
    "len": (_length, 1, 1),
    "lower": (lambda text: _text(text).lower(), 1, 1),
    "upper": (lambda text: _text(text).upper(), 1, 1),
    "strip": (lambda text: _text(text).strip(), 1, 1),
    "contains": (lambda text, part: folded(_text(part)) in folded(_text(text)), 2, 2),
    "starts_with": (lambda text, part: folded(_text(text)).startswith(folded(_text(part))), 2, 2),
    "ends_with": (lambda text, part: folded(_text(text)).endswith(folded(_text(part))), 2, 2),
    "number": (number, 1, 1),
    "date": (day, 1, 1),
    "days_since": (_days_since, 2, 2),
    "abs": (_absolute, 1, 1),
    "round": (_round, 1, 2),
    "sum": (_money_sum, 1, 1),
    "min": (lambda value: min(_numbers(value)), 1, 1),
    "max": (lambda value: max(_numbers(value)), 1, 1),
}
"""What may be called, with how many values at least and at most."""
