"""The one task every library is measured on: an invoice's text in, a validated record out."""

from datetime import date
from decimal import Decimal

from pydantic import BaseModel

SYSTEM = "Read the invoice. Give every field as printed, dates as ISO 8601, amounts with two decimals."


class Line(BaseModel):
    description: str
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal


class Invoice(BaseModel):
    number: str
    date: date
    supplier: str
    currency: str
    total_net: Decimal
    total_vat: Decimal
    total_gross: Decimal
    lines: list[Line]


def cents(amount: int) -> str:
    """Write an amount in cents with a point."""
    return f"{amount // 100}.{amount % 100:02d}"


def fields(n: int) -> dict[str, object]:
    """Give the truth of the *n*-th invoice."""
    lines = []
    for i in range(3):
        quantity, price = 1 + (n * 5 + i * 2) % 7, 700 + (n * 41 + i * 613) % 15000
        lines.append((f"Article {'XYZ'[i]} for job {n}", quantity, price))
    net = sum(q * p for _, q, p in lines)
    vat = net * 20 // 100
    return {
        "number": f"INV-{n:06d}",
        "date": f"2026-{1 + n % 12:02d}-{1 + n % 27:02d}",
        "supplier": f"Fournisseur {n % 89} SARL",
        "currency": "EUR",
        "total_net": cents(net),
        "total_vat": cents(vat),
        "total_gross": cents(net + vat),
        "lines": [
            {"description": d, "quantity": str(q), "unit_price": cents(p), "amount": cents(q * p)}
            for d, q, p in lines
        ],
    }


def text(n: int) -> str:
    """Print the *n*-th invoice."""
    f = fields(n)
    rows = "\n".join(
        f"{r['description']:<30}{r['quantity']:>4} x {r['unit_price']:>9} = {r['amount']:>10}"
        for r in f["lines"]
    )
    return (
        f"{f['supplier']}\n{n % 200} rue du Moulin, 69001 Lyon\n\nINVOICE {f['number']}\n"
        f"Date: {f['date']}\nCurrency: {f['currency']}\n\n{rows}\n\n"
        f"Total HT: {f['total_net']}\nTVA 20 %: {f['total_vat']}\nTotal TTC: {f['total_gross']}\n\n"
        "Payable within 30 days. IBAN FR76 3000 6000 0112 3456 7890 189. Thank you for your order.\n"
    )


TOLD = ("number", "date", "supplier", "total_net", "total_gross")


def right(n: int, read: object) -> bool:
    """Tell whether *read* is the *n*-th invoice."""
    f = fields(n)
    same = all(str(getattr(read, k)) == f[k] for k in TOLD)
    return same and [str(line.amount) for line in read.lines] == [line["amount"] for line in f["lines"]]
