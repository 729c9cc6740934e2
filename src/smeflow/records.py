"""What documents are read into, shaped like EN 16931. A public door; the code lives in the crafts."""

from typing import TYPE_CHECKING

from smeflow._doors import open_door

if TYPE_CHECKING:
    from smeflow.invoices.receipt import PaymentWay, Receipt, ReceiptLine
    from smeflow.invoices.record import (
        REQUIRED,
        Classification,
        Control,
        Invoice,
        InvoiceKind,
        InvoiceLine,
        ItemAttribute,
    )
    from smeflow.invoices.record_parts import (
        Agents,
        AllowanceCharge,
        Delivery,
        Party,
        Payment,
        PaymentMeans,
        PrecedingInvoice,
        References,
        SupportingDocument,
        VatAccounting,
        VatBreakdown,
    )
    from smeflow.kinds.records import Identifier, Record

__all__ = [
    "REQUIRED",
    "Agents",
    "AllowanceCharge",
    "Classification",
    "Control",
    "Delivery",
    "Identifier",
    "Invoice",
    "InvoiceKind",
    "InvoiceLine",
    "ItemAttribute",
    "Party",
    "Payment",
    "PaymentMeans",
    "PaymentWay",
    "PrecedingInvoice",
    "Receipt",
    "ReceiptLine",
    "Record",
    "References",
    "SupportingDocument",
    "VatAccounting",
    "VatBreakdown",
]

__getattr__, __dir__ = open_door(
    __name__,
    {
        "smeflow.invoices.receipt": "PaymentWay Receipt ReceiptLine",
        "smeflow.invoices.record": (
            "Classification Control Invoice InvoiceKind InvoiceLine ItemAttribute REQUIRED"
        ),
        "smeflow.invoices.record_parts": (
            "Agents AllowanceCharge Delivery Party Payment PaymentMeans PrecedingInvoice References "
            "SupportingDocument VatAccounting VatBreakdown"
        ),
        "smeflow.kinds.records": "Identifier Record",
    },
)
