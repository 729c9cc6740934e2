"""FatturaPA 1.2, the Italian invoice. A file may hold several invoices of one seller to one buyer."""

from smeflow.readers.syntaxes.base import Group, Syntax

_HEAD = "DatiGenerali/DatiGeneraliDocumento"
_SUMMARY = "DatiBeniServizi/DatiRiepilogo"
_PAYMENT = "DatiPagamento/DettaglioPagamento"

FATTURAPA = Syntax(
    name="FatturaPA",
    roots=frozenset({"{*}FatturaElettronica"}),
    namespaces={},
    body="FatturaElettronicaBody",
    seller="../FatturaElettronicaHeader/CedentePrestatore",
    buyer="../FatturaElettronicaHeader/CessionarioCommittente",
    party={
        "name": (
            "DatiAnagrafici/Anagrafica/Denominazione",
            "normalize-space(concat(DatiAnagrafici/Anagrafica/Nome, ' ', DatiAnagrafici/Anagrafica/Cognome))",
        ),
        "vat_id": "concat(DatiAnagrafici/IdFiscaleIVA/IdPaese, DatiAnagrafici/IdFiscaleIVA/IdCodice)",
        "tax_number": "DatiAnagrafici/CodiceFiscale",
        "street": "Sede/Indirizzo",
        "zip": "Sede/CAP",
        "city": "Sede/Comune",
        "country": "Sede/Nazione",
        "email": "Contatti/Email",
        "phone": "Contatti/Telefono",
    },
    terms={
        "number": f"{_HEAD}/Numero",
        "issue_date": f"{_HEAD}/Data",
        "kind": f"{_HEAD}/TipoDocumento",
        "due_date": f"{_PAYMENT}/DataScadenzaPagamento",
        "currency": f"{_HEAD}/Divisa",
        "total_gross": f"{_HEAD}/ImportoTotaleDocumento",
        "iban": f"{_PAYMENT}/IBAN",
        "bic": f"{_PAYMENT}/BIC",
        "order_reference": "DatiGenerali/DatiOrdineAcquisto/IdDocumento",
        "preceding_invoice": "DatiGenerali/DatiFattureCollegate/IdDocumento",
        "delivery_date": "DatiGenerali/DatiTrasporto/DataOraConsegna",
    },
    sums={"total_net": f"{_SUMMARY}/ImponibileImporto", "total_vat": f"{_SUMMARY}/Imposta"},
    vat=Group(
        path=_SUMMARY,
        terms={
            "rate": "AliquotaIVA",
            "base": "ImponibileImporto",
            "amount": "Imposta",
            "exemption": ("RiferimentoNormativo", "Natura"),
        },
    ),
    lines=Group(
        path="DatiBeniServizi/DettaglioLinee",
        terms={
            "id": "NumeroLinea",
            "name": "Descrizione",
            "quantity": "Quantita",
            "unit": "UnitaMisura",
            "unit_price": "PrezzoUnitario",
            "net": "PrezzoTotale",
            "vat_rate": "AliquotaIVA",
        },
    ),
    notes=f"{_HEAD}/Causale",
)
