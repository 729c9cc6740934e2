"""Records shaped like EN 16931, the European e-invoice: one field a term, with its BT or BG number."""

from smeflow.records.base import Identifier, Record
from smeflow.records.deal import Agents, Delivery, PrecedingInvoice, References, SupportingDocument
from smeflow.records.invoice import REQUIRED, Control, Invoice, InvoiceKind
from smeflow.records.lines import Classification, InvoiceLine, ItemAttribute
from smeflow.records.money import AllowanceCharge, Payment, PaymentMeans, VatAccounting, VatBreakdown
from smeflow.records.party import Party

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
