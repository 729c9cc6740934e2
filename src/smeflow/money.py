"""Amounts with their currency. Never a float."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in one currency (ISO 4217 code). Adding two currencies is a mistake and raises."""

    amount: Decimal
    currency: str

    @classmethod
    def of(cls, text: str) -> "Money":
        """Read an amount with its currency, such as ``0.50 USD``.

        Raises:
            ValueError: It is none; the message says how to write one.
        """
        amount, _, currency = text.strip().partition(" ")
        code = currency.strip().upper()
        try:
            value = Decimal(amount)
        except InvalidOperation:
            value = Decimal("NaN")
        if not value.is_finite() or len(code) != 3 or not code.isalpha():
            raise ValueError(f"{text!r} is no amount: write it with a dot and its currency, such as 0.50 USD")
        return cls(value, code)

    def __add__(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise ValueError(f"cannot add {other.currency} to {self.currency}")
        return Money(self.amount + other.amount, self.currency)

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"
