"""What is sold: lines, their rates, and sums that close."""

import random
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def cents(value: Decimal) -> Decimal:
    """Round to cents."""
    return value.quantize(CENT, ROUND_HALF_UP)


@dataclass
class Line:
    """One line; prices are without tax, unless the bill says that they hold it."""

    name: str
    unit: str
    quantity: Decimal
    price: Decimal
    rate: Decimal
    cut: Decimal = Decimal(0)
    code: str = ""
    note: str = ""
    day: str = ""

    @property
    def net(self) -> Decimal:
        """The line's amount, as its price is given."""
        return cents(self.quantity * self.price * (100 - self.cut) / 100)

    @property
    def taxed(self) -> Decimal:
        """The line's amount with tax."""
        return cents(self.net * (100 + self.rate) / 100)


@dataclass(frozen=True)
class Part:
    """What one rate has."""

    rate: Decimal
    base: Decimal
    vat: Decimal


@dataclass
class Bill:
    """Lines with their sums; ``with_tax`` says that prices hold the tax."""

    lines: list[Line]
    with_tax: bool = False
    discount: Decimal = Decimal(0)
    """Per cent that the whole is lowered by."""
    shipping: Decimal = Decimal(0)
    shipping_rate: Decimal = Decimal(0)

    def _by_rate(self) -> dict[Decimal, Decimal]:
        sums: dict[Decimal, Decimal] = {}
        for line in self.lines:
            sums[line.rate] = sums.get(line.rate, Decimal(0)) + line.net
        return sums

    def parts(self) -> list[Part]:
        """Base and tax of each rate, the highest first."""
        sums = {rate: total - cents(total * self.discount / 100) for rate, total in self._by_rate().items()}
        if self.shipping:
            sums[self.shipping_rate] = sums.get(self.shipping_rate, Decimal(0)) + self.shipping
        parts = []
        for rate, total in sorted(sums.items(), reverse=True):
            vat = cents(total * rate / (100 + rate)) if self.with_tax else cents(total * rate / 100)
            parts.append(Part(rate, total - vat if self.with_tax else total, vat))
        return parts

    @property
    def subtotal(self) -> Decimal:
        """The lines alone."""
        return sum((line.net for line in self.lines), Decimal(0))

    @property
    def reduction(self) -> Decimal:
        """What the discount takes away."""
        return sum((cents(total * self.discount / 100) for total in self._by_rate().values()), Decimal(0))

    def deposit(self, rng: random.Random) -> Decimal:
        """A part that was paid before, in whole units."""
        return Decimal(int(self.gross * rng.randint(15, 45) / 100))

    @property
    def net(self) -> Decimal:
        """All bases."""
        return sum((part.base for part in self.parts()), Decimal(0))

    @property
    def vat(self) -> Decimal:
        """All tax."""
        return sum((part.vat for part in self.parts()), Decimal(0))

    @property
    def gross(self) -> Decimal:
        """With tax."""
        return self.net + self.vat


def lines(
    rng: random.Random,
    goods: str,
    rates: str,
    *,
    count: tuple[int, int] = (2, 5),
    cuts: str = "0",
    every: bool = False,
) -> list[Line]:
    """Choose lines of ``name;unit;least price;highest price;most of it[;rate]``, parted by ``|``.

    ``rates`` are for goods that name none; ``cuts`` are discounts of a line, one of which is taken for each;
    ``every`` takes the goods in their order, all of them.
    """
    offered = goods.split("|")
    chosen = offered if every else rng.sample(offered, min(len(offered), rng.randint(*count)))
    result = []
    for good in chosen:
        name, unit, low, high, most, *own = good.split(";")
        if most.startswith("~"):
            quantity = Decimal(rng.randint(4, 4 * int(most[1:]))) / 4
        else:
            quantity = Decimal(rng.randint(1, int(most)))
        price = Decimal(rng.randint(int(Decimal(low) * 20), int(Decimal(high) * 20))) / 20
        rate = Decimal(own[0] if own else rng.choice(rates.split()))
        code = f"{rng.choice('ABHKRT')}{rng.randint(100, 999)}-{rng.randint(10, 99)}"
        result.append(Line(name, unit, quantity, cents(price), rate, Decimal(rng.choice(cuts.split())), code))
    return result


def bill(
    rng: random.Random,
    goods: str,
    rates: str,
    *,
    count: tuple[int, int] = (2, 5),
    cuts: str = "0",
    every: bool = False,
    **more: object,
) -> Bill:
    """Choose lines and close them into a bill."""
    return Bill(lines(rng, goods, rates, count=count, cuts=cuts, every=every), **more)  # type: ignore[arg-type]
