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
    "vat": say("VAT by rate"),
    "lines": say("lines"),
    "notes": say("notes"),
}
"""What people call the fields of an invoice; a field of a firm's own keeps its name."""
PARTY: Mapping[str, Phrase] = {
    "name": say("name"),
    "trading_name": say("trading name"),
    "vat_id": say("VAT id"),
    "legal_id": say("register no."),
    "tax_number": say("tax no."),
    "street": say("street"),
    "zip": say("postcode"),
    "city": say("town"),
    "country": say("country"),
    "email": say("e-mail"),
    "phone": say("telephone"),
}
"""What people call the details of a seller or buyer."""
READERS: Mapping[str, Phrase] = {
    "einvoice": say("e-invoice"),
    "layout": say("layout"),
    "labels": say("labels"),
    "model": say("model"),
    "person": say("person"),
    "rules": say("rules"),
    "examples": say("examples"),
    "words": say("words"),
    "template": say("template"),
}
"""Who read a value."""
MEMBERS: Mapping[str, Phrase] = {
    "id": say("no."),
    "name": say("name"),
    "quantity": say("quantity"),
    "unit": say("unit"),
    "unit_price": say("unit price"),
    "net": say("net"),
    "vat_rate": say("VAT rate"),
    "category": say("category"),
    "rate": say("rate"),
    "base": say("base"),
    "amount": say("amount"),
    "exemption": say("why no VAT"),
}
"""The columns of an invoice's lines and of its rates of VAT."""


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


def field_label(name: str) -> tuple[Phrase | str, ...]:
    """Name a field; of a seller's or buyer's details both words: whose, and what."""
    whose, dot, what = name.partition("_details.")
    if dot and whose in FIELDS:
        return FIELDS[whose], PARTY.get(what, what)
    return (FIELDS.get(name, name),)


def member_label(name: str) -> Phrase | str:
    """Name a column of a field that is a table itself."""
    return MEMBERS.get(name, name.replace("_", " "))


def reader_word(name: str | None) -> Phrase | str | None:
    """Give what people call a reader."""
    return READERS.get(name, name) if name else None
