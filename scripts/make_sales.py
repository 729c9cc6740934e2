"""Make the tables of the sales and receivables recipes from the Chinook tables.

``python scripts/make_sales.py FOLDER`` reads ``invoices.csv`` and ``invoice_lines.csv`` of FOLDER. A sale's
lines get the day and country of their invoice. What is owed is made up: an invoice is due after 30 days, and
the day it was paid, if it was, follows from its number, so that the same table comes out each time.
"""

import csv
import sys
from datetime import date, timedelta
from pathlib import Path

RECIPES = Path(__file__).parents[1] / "recipes"
DAYS_TO_PAY = 30
LAST = date(2011, 12, 31)


def main(folder: Path) -> None:
    """Write the three tables."""
    invoices = _read(folder / "invoices.csv")
    lines = _read(folder / "invoice_lines.csv")
    customers = {row["customer_id"]: row for row in _read(folder / "customers.csv")}
    by_number = {row["invoice_id"]: row for row in invoices}
    _write(
        RECIPES / "monthly-sales" / "sales.csv",
        ["invoice_id", "customer_id", "invoice_date", "city", "country", "total"],
        invoices,
    )
    for line in lines:
        invoice = by_number[line["invoice_id"]]
        line |= {"invoice_date": invoice["invoice_date"], "country": invoice["country"]}
    columns = ["line_id", "invoice_id", "invoice_date", "country", "genre", "unit_price", "quantity"]
    _write(RECIPES / "monthly-sales" / "sales_lines.csv", columns, lines)
    owed = [_owed(row, customers[row["customer_id"]]) for row in invoices if row["invoice_date"] >= "2010-07"]
    _write(
        RECIPES / "receivables" / "invoices.csv",
        ["invoice_id", "customer", "country", "invoice_date", "due_date", "paid_date", "amount"],
        owed,
    )


def _owed(invoice: dict[str, str], customer: dict[str, str]) -> dict[str, str]:
    """Give an invoice with the day it is due and the day it was paid; about one in nine is not."""
    number = int(invoice["invoice_id"])
    day = date.fromisoformat(invoice["invoice_date"])
    late = (number * 37 % 61) - 22
    paid = day + timedelta(days=DAYS_TO_PAY + late)
    open_still = number % 9 == 4 or paid > LAST
    name = customer["company"] or f"{customer['firstname']} {customer['lastname']}"
    return {
        "invoice_id": invoice["invoice_id"],
        "customer": name,
        "country": invoice["country"],
        "invoice_date": invoice["invoice_date"],
        "due_date": (day + timedelta(days=DAYS_TO_PAY)).isoformat(),
        "paid_date": "" if open_still else paid.isoformat(),
        "amount": invoice["total"],
    }


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _write(path: Path, columns: list[str], rows: list[dict[str, str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
