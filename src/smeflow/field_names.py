"""What the fields of a record are called in a sentence."""

from collections.abc import Mapping, Sequence

from smeflow.i18n import Phrase, say

FIELDS: Mapping[str, Phrase] = {
    "number": say("number"),
    "issue_date": say("issue date"),
    "due_date": say("due date"),
    "kind": say("kind"),
    "seller": say("seller"),
    "buyer": say("buyer"),
    "currency": say("currency"),
    "total_lines": say("sum of lines"),
    "total_allowances": say("allowances"),
    "total_charges": say("charges"),
    "total_net": say("total without VAT"),
    "total_vat": say("VAT"),
    "total_gross": say("total with VAT"),
    "prepaid": say("paid before"),
    "rounding": say("rounding"),
    "amount_due": say("amount due"),
    "iban": say("IBAN"),
    "bic": say("BIC"),
    "order_reference": say("order"),
    "preceding_invoice": say("earlier invoice"),
    "payment_terms": say("terms of payment"),
    "delivery_date": say("delivery date"),
}
"""What people call the fields of an invoice; a field of a firm's own keeps its name."""


def field_name(name: str) -> Phrase | str:
    """Name a field of an invoice in the reader's language; any other keeps its name."""
    return FIELDS.get(name, name)


def listed(fields: Sequence[str], *, office: bool) -> Phrase | str:
    """Name *fields* one after another: an invoice's in the reader's language, a user's own as written.

    *office* says that they are an invoice's.
    """
    *before, last = [FIELDS.get(field, field) if office else field for field in fields]
    said: Phrase | str = last
    for name in reversed(before):
        said = say("{first}, {rest}", first=name, rest=said)
    return said
