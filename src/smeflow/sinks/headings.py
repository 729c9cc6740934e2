"""What the columns of a table are called, for people."""

from collections.abc import Mapping

from smeflow.i18n import Language, Phrase, say

_HEADINGS: Mapping[str, Phrase] = {
    "item": say("Item"),
    "number": say("Number"),
    "issue_date": say("Issue date"),
    "due_date": say("Due date"),
    "kind": say("Kind"),
    "seller": say("Seller"),
    "buyer": say("Buyer"),
    "currency": say("Currency"),
    "total_net": say("Total without VAT"),
    "total_vat": say("VAT"),
    "total_gross": say("Total with VAT"),
    "prepaid": say("Paid in advance"),
    "rounding": say("Rounding"),
    "amount_due": say("Amount due"),
    "total_lines": say("Total of the lines"),
    "total_allowances": say("Allowances"),
    "total_charges": say("Charges"),
    "iban": say("IBAN"),
    "bic": say("BIC"),
    "order_reference": say("Order reference"),
    "preceding_invoice": say("Preceding invoice"),
    "payment_terms": say("Payment terms"),
    "delivery_date": say("Delivery date"),
    "label": say("Label"),
    "confidence": say("Confidence"),
    "subject": say("Subject"),
    "text": say("Text"),
    "name": say("Name"),
    "value": say("Value"),
    "quantity": say("Quantity"),
    "unit": say("Unit"),
    "unit_price": say("Unit price"),
    "net": say("Net amount"),
    "vat_rate": say("VAT rate"),
    "date": say("Date"),
    "amount": say("Amount"),
    "category": say("Category"),
}


def heading(field: str, language: Language) -> str:
    """Give a column's heading; a field nobody has named keeps its name."""
    phrase = _HEADINGS.get(field)
    return phrase.render(language) if phrase else field.replace("_", " ").capitalize()
