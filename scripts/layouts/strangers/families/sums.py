"""Lines of an invoice and what they add up to."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from .goods import GOODS

CENT = Decimal("0.01")
ZERO = Decimal("0.00")


def cents(value: Decimal) -> Decimal:
    """Rounded half up to two decimals."""
    return value.quantize(CENT, rounding=ROUND_HALF_UP)


def percent(value: Decimal, rate: Decimal) -> Decimal:
    """A share of a value, in cents."""
    return cents(value * rate / 100)


def random_amount(rng: random.Random, low: float, high: float) -> Decimal:
    """An amount between two bounds, often a round one."""
    amount = Decimal(str(rng.uniform(low, high)))
    if rng.random() < 0.35 and low > 15:
        return Decimal(int(amount)).quantize(CENT)
    return cents(amount)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line: what, how many, at what price without tax."""

    name: str
    quantity: Decimal
    price: Decimal
    rate: Decimal
    unit: str = ""
    code: str = ""
    discount: Decimal = ZERO

    @property
    def net(self) -> Decimal:
        """Quantity times price less the line's discount."""
        return cents(self.quantity * self.price * (100 - self.discount) / 100)


@dataclass(frozen=True, kw_only=True)
class Share:
    """What one rate has to bear."""

    rate: Decimal
    base: Decimal
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class Totals:
    """The sums of a document."""

    shares: tuple[Share, ...]

    @property
    def net(self) -> Decimal:
        """All bases."""
        return sum((share.base for share in self.shares), ZERO)

    @property
    def vat(self) -> Decimal:
        """All taxes."""
        return sum((share.amount for share in self.shares), ZERO)

    @property
    def gross(self) -> Decimal:
        """Bases and taxes."""
        return self.net + self.vat


def totals(parts: Iterable[tuple[Decimal, Decimal]]) -> Totals:
    """Totals from pairs of rate and base, rounded half up for each rate."""
    bases: dict[Decimal, Decimal] = {}
    for rate, base in parts:
        bases[rate] = bases.get(rate, ZERO) + base
    ordered = sorted(bases.items(), key=lambda pair: -pair[0])
    return Totals(shares=tuple(Share(rate=r, base=b, amount=percent(b, r)) for r, b in ordered))


def of_lines(lines: Sequence[Line]) -> Totals:
    """Totals of lines alone."""
    return totals((line.rate, line.net) for line in lines)


def draw_lines(rng: random.Random, trade: str, count: int, rates: Sequence[str], *, discounts: bool = False) -> list[Line]:
    """Some lines of a trade; every rate is used when there are lines enough."""
    pool = list(GOODS[trade])
    chosen = [good for _ in range(1 + count // len(pool)) for good in rng.sample(pool, len(pool))][:count]
    lines = []
    for place, (name, unit, low, high) in enumerate(chosen):
        quantity = Decimal(rng.choice((1, 1, 2, 3, 4, 6, 10, 12)))
        if unit in {"h", "hr", "Std", "uur", "m", "m²", "ml", "ore", "mq", "godz.", "m2"}:
            quantity = Decimal(rng.randint(2, 90)) / 2
        rate = Decimal(rates[place] if place < len(rates) else rng.choice(rates))
        cut = Decimal(rng.choice((0, 0, 5, 10))) if discounts else ZERO
        code = f"{rng.choice('ABKLMX')}{rng.randint(10, 99)}-{rng.randint(100, 999)}"
        price = random_amount(rng, low, high)
        lines.append(Line(name=name, quantity=quantity, price=price, rate=rate, unit=unit, code=code, discount=cut))
    return lines
