"""The Swiss payment slip at a page's foot."""

import random

from families.look import code

WORDS = {
    "fr": (
        "Récépissé",
        "Section paiement",
        "Compte / Payable à",
        "Référence",
        "Payable par",
        "Monnaie",
        "Montant",
        "Point de dépôt",
    ),
    "de": (
        "Empfangsschein",
        "Zahlteil",
        "Konto / Zahlbar an",
        "Referenz",
        "Zahlbar durch",
        "Währung",
        "Betrag",
        "Annahmestelle",
    ),
}


def slip(rng: random.Random, language: str) -> str:
    """The template of a slip: facts are ``iban``, ``ref``, ``total_gross`` and the parties."""
    receipt, title, to, reference, by, currency, amount, point = WORDS[language]
    payee = "{iban}<br>{seller.name}<br>{seller.street}<br>{seller.zip} {seller.city}"
    payer = "{buyer.name}<br>{buyer.street}<br>{buyer.zip} {buyer.city}"
    money = f"<table style='width:auto'><tr><td style='padding-left:0'><b>{currency}</b><br>{{currency}}</td><td><b>{amount}</b><br>{{total_gross:n}}</td></tr></table>"
    return (
        '<div style="position:fixed;bottom:0;left:0;right:0;height:105mm;border-top:1px dashed #000;display:flex;font-size:8pt;background:#fff">'
        f'<div style="width:57mm;padding:5mm;border-right:1px dashed #000;box-sizing:border-box;font-size:7pt"><b style="font-size:10pt">{receipt}</b><p><b>{to}</b><br>{payee}</p><p><b>{reference}</b><br>{{ref}}</p><p><b>{by}</b><br>{payer}</p>{money}<p style="text-align:right"><b>{point}</b></p></div>'
        f'<div style="padding:5mm"><b style="font-size:10pt">{title}</b><br><br>{code(rng, 160)}<br><br>{money}</div><div style="padding:5mm"><p style="margin-top:0"><b>{to}</b><br>{payee}</p><p><b>{reference}</b><br>{{ref}}</p><p><b>{by}</b><br>{payer}</p></div></div>'
    )
