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
    from smeflow.invoices.xml.pdf import factur_x
    from smeflow.invoices.xml.read import read_einvoice
    from smeflow.invoices.xml.validate import check_einvoice
    from smeflow.invoices.xml.write import write_invoice
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
    "check_einvoice",
    "factur_x",
    "read_einvoice",
    "write_invoice",
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
        "smeflow.invoices.xml.pdf": "factur_x",
        "smeflow.invoices.xml.read": "read_einvoice",
        "smeflow.invoices.xml.validate": "check_einvoice",
        "smeflow.invoices.xml.write": "write_invoice",
        "smeflow.kinds.records": "Identifier Record",
    },
)
