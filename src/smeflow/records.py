"""What documents are read into, shaped like EN 16931. A public door; the code stands in the crafts."""

from typing import TYPE_CHECKING

from smeflow._doors import open_door

if TYPE_CHECKING:
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
    "PrecedingInvoice",
    "Record",
    "References",
    "SupportingDocument",
    "VatAccounting",
    "VatBreakdown",
]

__getattr__, __dir__ = open_door(
    __name__,
    {
        "Agents": "smeflow.invoices.record_parts",
        "AllowanceCharge": "smeflow.invoices.record_parts",
        "Classification": "smeflow.invoices.record",
        "Control": "smeflow.invoices.record",
        "Delivery": "smeflow.invoices.record_parts",
        "Identifier": "smeflow.kinds.records",
        "Invoice": "smeflow.invoices.record",
        "InvoiceKind": "smeflow.invoices.record",
        "InvoiceLine": "smeflow.invoices.record",
        "ItemAttribute": "smeflow.invoices.record",
        "Party": "smeflow.invoices.record_parts",
        "Payment": "smeflow.invoices.record_parts",
        "PaymentMeans": "smeflow.invoices.record_parts",
        "PrecedingInvoice": "smeflow.invoices.record_parts",
        "REQUIRED": "smeflow.invoices.record",
        "Record": "smeflow.kinds.records",
        "References": "smeflow.invoices.record_parts",
        "SupportingDocument": "smeflow.invoices.record_parts",
        "VatAccounting": "smeflow.invoices.record_parts",
        "VatBreakdown": "smeflow.invoices.record_parts",
    },
)
