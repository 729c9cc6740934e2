"""What the fields of a record are called in a sentence, and above the column of a table."""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches

from smeflow.i18n import LANGUAGES, Language, Phrase, localized_text, say

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
    "legal_scheme": say("register"),
    "legal_form": say("legal form"),
    "endpoint.id": say("address for e-invoices"),
    "endpoint.scheme": say("kind of address"),
    "street2": say("street, line 2"),
    "street3": say("street, line 3"),
    "region": say("region"),
    "contact": say("contact"),
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
GROUPS: Mapping[str, Phrase] = {
    "seller_details": say("seller"),
    "buyer_details": say("buyer"),
    "payee": say("payee"),
    "tax_representative": say("tax representative"),
    "delivery": say("delivery"),
    "payment": say("payment"),
    "references": say("reference"),
    "vat_accounting": say("VAT"),
    "control": say("file"),
    "agents": say("agent"),
    "vat": say("VAT rate"),
    "lines": say("line"),
    "grouping_lines": say("text line"),
    "notes": say("note"),
    "note_codes": say("subject of note"),
    "preceding_invoices": say("earlier invoice"),
    "allowances": say("allowance"),
    "charges": say("charge"),
    "documents": say("paper"),
    "means": say("way to pay"),
    "ids": say("identifier"),
    "to": say("delivered to"),
    "object": say("object"),
}
"""What people call the groups of an invoice."""
TERMS: Mapping[str, Phrase] = {
    **PARTY,
    "process": say("business process"),
    "profile": say("profile"),
    "type_code": say("type code"),
    "total": say("total"),
    "date": say("date"),
    "date_code": say("VAT due by"),
    "buyer": say("of the buyer"),
    "project": say("project"),
    "contract": say("contract"),
    "contract_date": say("date of contract"),
    "order_date": say("date of order"),
    "sales_order": say("seller's order"),
    "receiving_advice": say("receiving advice"),
    "despatch_advice": say("despatch advice"),
    "tender": say("tender"),
    "accounting": say("booked under"),
    "period_start": say("period from"),
    "period_end": say("period to"),
    "incoterms": say("Incoterms"),
    "reference": say("reference"),
    "mandate": say("mandate"),
    "creditor_id": say("creditor identifier"),
    "code": say("code"),
    "account": say("account"),
    "account_name": say("name of account"),
    "card": say("card"),
    "amount": say("amount"),
    "base": say("base"),
    "percent": say("per cent"),
    "rate": say("rate"),
    "category": say("category"),
    "reason": say("reason"),
    "exemption": say("why no VAT"),
    "quantity": say("quantity"),
    "unit": say("unit"),
    "unit_price": say("price"),
    "net": say("net"),
    "gross": say("gross"),
    "vat_rate": say("VAT rate"),
    "vat_category": say("VAT category"),
    "description": say("description"),
    "note": say("note"),
    "order_line": say("line of order"),
    "order_reference": say("order"),
    "origin_country": say("origin"),
    "file_name": say("file"),
    "id": say("number"),
    "scheme": say("scheme"),
}
"""What people call the terms inside them; any other keeps its name."""
_SAME_WORD = "name quantity unit net vat_rate category rate base amount exemption"
MEMBERS: Mapping[str, Phrase] = {
    "id": say("no."),
    "unit_price": say("unit price"),
    **{name: TERMS[name] for name in _SAME_WORD.split()},
}
"""The columns of an invoice's lines and of its rates of VAT."""
COMMON_CHECKS: Mapping[str, Phrase] = {
    "readers_agree": say("readers agree"),
    "quoted": say("quoted"),
    "law": say("the record's own rules hold"),
}
"""What people call the checks of every kind of record; a kind's own are in its row."""
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
    "quote": say("Quote"),
    "reader": say("Reader"),
    "urgency": say("Urgency"),
    "due": say("Due"),
    "owner": say("Owner"),
    "attention": say("For the attention of"),
    "wanted_model": say("A model was wanted"),
    "accepted_by": say("Accepted by"),
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
"""What stands above the column of a table; a field nobody has named keeps its name."""
_AS_WRITTEN = frozenset(
    {*PARTY, "number", "id", "order_reference", "preceding_invoice", "reference", "account", "profile"}
    | {"iban", "bic", "seller", "buyer", "version", "contract", "project", "order", "code", "note"}
)
"""Fields whose values are words or numbers of somebody's, never amounts."""


def localized_field(name: str, value: object, language: Language) -> str:
    """Write the value of the field *name* as its readers do: amounts and days in their form."""
    text = "" if value is None else str(value)
    return text if name.rpartition(".")[2] in _AS_WRITTEN else localized_text(text, language)


def field_name(name: str) -> Phrase | str:
    """Name a field of an invoice in the reader's language; any other keeps its name."""
    return FIELDS.get(name, name)


ALSO_CALLED: Mapping[str, str] = {
    "fournisseur": "seller",
    "supplier": "seller",
    "vendor": "seller",
    "émetteur": "seller",
    "client": "buyer",
    "customer": "buyer",
    "date": "issue_date",
    "date de facture": "issue_date",
    "ht": "total_net",
    "net": "total_net",
    "ttc": "total_gross",
    "total": "total_gross",
    "montant ttc": "total_gross",
    "montant ht": "total_net",
    "montant tva": "total_vat",
    "date d'échéance": "due_date",
    "no": "number",
    "numéro de facture": "number",
    "rib": "iban",
    "étiquette": "label",
    "urgence": "urgency",
    "responsable": "owner",
    "objet": "subject",
    "texte": "text",
    "valeur": "value",
}
"""What else people call fields, in either language."""
_NO_LETTER = re.compile(r"[^a-z0-9]+")


def _folded(word: str) -> str:
    """Give *word* without case, accents and signs: ``Total_TTC`` is ``total ttc``."""
    bare = unicodedata.normalize("NFKD", word.casefold())
    return _NO_LETTER.sub(" ", "".join(c for c in bare if not unicodedata.combining(c))).strip()


def _words_of_fields(known: Collection[str]) -> dict[str, str]:
    """Give every way to write a field of *known*, folded, with the field; its own words come first."""
    words: dict[str, str] = {}
    for names in (FIELDS, _HEADINGS):
        for name in known:
            for language in LANGUAGES if name in names else ():
                words.setdefault(_folded(names[name].render(language)), name)
    for word, name in ALSO_CALLED.items():
        if name in known:
            words.setdefault(_folded(word), name)
    for name in known:
        words.setdefault(_folded(name), name)
    return words


def field_called(written: str, known: Collection[str]) -> str | None:
    """Find the field of *known* that a person calls so, by its name or its word in either language."""
    return written if written in known else _words_of_fields(known).get(_folded(written))


def near_field(written: str, known: Collection[str]) -> str | None:
    """Find the field of *known* whose name or word is most like *written*."""
    words = _words_of_fields(known)
    near = get_close_matches(_folded(written), words, 1)
    return words[near[0]] if near else None


def list_fields(fields: Sequence[str], words: Mapping[str, Phrase] = FIELDS) -> Phrase | str:
    """Name *fields* one after another: those with a word in the reader's language, others as written."""
    *before, last = [words.get(field, field) for field in fields]
    listed: Phrase | str = last
    for name in reversed(before):
        listed = say("{first}, {rest}", first=name, rest=listed)
    return listed


def field_label(name: str) -> tuple[Phrase | str, ...]:
    """Name a field, with the groups it stands in: whose, and what; ``lines 2.net`` is the second line's."""
    *outer, last = name.split(".")
    if not outer:
        return (_numbered(name, GROUPS) if " " in name else FIELDS.get(name, name),)
    if len(outer) > 1 and f"{outer[-1]}.{last}" in TERMS:
        *outer, last = *outer[:-1], f"{outer[-1]}.{last}"
    inner = _numbered(last, GROUPS if " " in last else TERMS)
    return (*(_numbered(part, GROUPS) for part in outer), inner)


def _numbered(part: str, words: Mapping[str, Phrase]) -> Phrase | str:
    word, _, number = part.partition(" ")
    named = words.get(word, word)
    return say("{word} {n}", word=named, n=number) if number else named


def member_label(name: str) -> Phrase | str:
    """Name a column of a field that is a table itself."""
    return MEMBERS.get(name, name.replace("_", " "))


def reader_word(name: str | None) -> Phrase | str | None:
    """Give what people call a reader."""
    return READERS.get(name, name) if name else None


def heading(field: str, language: Language) -> str:
    """Give a column's heading; a field nobody has named keeps its name."""
    phrase = _HEADINGS.get(field)
    return phrase.render(language) if phrase else field.replace("_", " ").capitalize()
