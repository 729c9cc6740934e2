"""FatturaPA 1.2, the Italian invoice. A file may hold several invoices of one seller to one buyer."""

from smeflow.invoices.xml.syntax import Group, TermTable, XmlSyntax

_HEADER = "../FatturaElettronicaHeader"
_GENERAL = "DatiGenerali"
_HEAD = f"{_GENERAL}/DatiGeneraliDocumento"
_SUMMARY = "DatiBeniServizi/DatiRiepilogo"
_PAYMENT = "DatiPagamento/DettaglioPagamento"
_FULL_NAME = "normalize-space(concat({0}/Nome, ' ', {0}/Cognome))"


def _discounts(path: str, kind: str) -> Group:
    return Group(
        path=f"{path}[Tipo='{kind}'][Importo]", terms={"amount": "Importo", "percent": "Percentuale"}
    )


_PARTY: TermTable = {
    "name": ("DatiAnagrafici/Anagrafica/Denominazione", _FULL_NAME.format("DatiAnagrafici/Anagrafica")),
    "vat_id": "concat(DatiAnagrafici/IdFiscaleIVA/IdPaese, DatiAnagrafici/IdFiscaleIVA/IdCodice)",
    "tax_number": "DatiAnagrafici/CodiceFiscale",
    "legal_id": "IscrizioneREA/NumeroREA",
    "legal_scheme": "IscrizioneREA/Ufficio",
    "legal_form": "DatiAnagrafici/RegimeFiscale",
    "ids": Group(path="DatiAnagrafici/Anagrafica/CodEORI", terms={"id": "."}),
    "endpoint": Group(
        path="self::CessionarioCommittente/../DatiTrasmissione[CodiceDestinatario]",
        terms={"id": "CodiceDestinatario"},
    ),
    "street": "Sede/Indirizzo",
    "street2": "Sede/NumeroCivico",
    "zip": "Sede/CAP",
    "city": "Sede/Comune",
    "region": "Sede/Provincia",
    "country": "Sede/Nazione",
    "contact": "RiferimentoAmministrazione",
    "email": "Contatti/Email",
    "phone": "Contatti/Telefono",
}

FATTURAPA = XmlSyntax(
    name="FatturaPA",
    roots=frozenset({"{*}FatturaElettronica"}),
    namespaces={},
    body="FatturaElettronicaBody",
    seller=Group(path=f"{_HEADER}/CedentePrestatore", terms=_PARTY),
    buyer=Group(path=f"{_HEADER}/CessionarioCommittente", terms=_PARTY),
    notes=Group(path=f"{_HEAD}/Causale", terms={"text": "."}),
    terms={
        "number": f"{_HEAD}/Numero",
        "issue_date": f"{_HEAD}/Data",
        "kind": f"{_HEAD}/TipoDocumento",
        "due_date": f"{_PAYMENT}/DataScadenzaPagamento",
        "currency": f"{_HEAD}/Divisa",
        "total_gross": f"{_HEAD}/ImportoTotaleDocumento",
        "iban": f"{_PAYMENT}/IBAN",
        "bic": f"{_PAYMENT}/BIC",
        "order_reference": f"{_GENERAL}/DatiOrdineAcquisto/IdDocumento",
        "preceding_invoice": f"{_GENERAL}/DatiFattureCollegate/IdDocumento",
        "delivery_date": f"{_GENERAL}/DatiTrasporto/DataOraConsegna",
        "control.profile": "../@versione",
        "control.type_code": f"{_HEAD}/TipoDocumento",
        "vat_accounting.date_code": f"{_SUMMARY}/EsigibilitaIVA",
        "references.project": f"{_GENERAL}/*/CodiceCUP",
        "references.tender": f"{_GENERAL}/*/CodiceCIG",
        "references.contract": f"{_GENERAL}/DatiContratto/IdDocumento",
        "references.contract_date": f"{_GENERAL}/DatiContratto/Data",
        "references.order_date": f"{_GENERAL}/DatiOrdineAcquisto/Data",
        "references.receiving_advice": f"{_GENERAL}/DatiRicezione/IdDocumento",
        "references.despatch_advice": f"{_GENERAL}/DatiDDT/NumeroDDT",
        "references.despatch_date": f"{_GENERAL}/DatiDDT/DataDDT",
        "references.accounting": f"{_GENERAL}/DatiOrdineAcquisto/CodiceCommessaConvenzione",
        "preceding_invoices": Group(
            path=f"{_GENERAL}/DatiFattureCollegate", terms={"number": "IdDocumento", "date": "Data"}
        ),
        "payee": Group(path=f"{_PAYMENT}[Beneficiario]", terms={"name": "Beneficiario"}),
        "tax_representative": Group(path=f"{_HEADER}/RappresentanteFiscale", terms=_PARTY),
        "delivery.to": Group(
            path=f"{_GENERAL}/DatiTrasporto/IndirizzoResa",
            terms={
                "street": "Indirizzo",
                "street2": "NumeroCivico",
                "zip": "CAP",
                "city": "Comune",
                "region": "Provincia",
                "country": "Nazione",
            },
        ),
        "delivery.incoterms": f"{_GENERAL}/DatiTrasporto/TipoResa",
        "payment.reference": f"{_PAYMENT}/CodicePagamento",
        "payment.means": Group(
            path=_PAYMENT, terms={"code": "ModalitaPagamento", "account": "IBAN", "bic": "BIC"}
        ),
        "allowances": _discounts(f"{_HEAD}/ScontoMaggiorazione", "SC"),
        "charges": _discounts(f"{_HEAD}/ScontoMaggiorazione", "MG"),
        "documents": Group(
            path="Allegati",
            terms={
                "reference": "NomeAttachment",
                "description": "DescrizioneAttachment",
                "file_name": "NomeAttachment",
                "media_type": "FormatoAttachment",
            },
        ),
        "vat": Group(
            path=_SUMMARY,
            terms={
                "rate": "AliquotaIVA",
                "base": "ImponibileImporto",
                "amount": "Imposta",
                "exemption": ("RiferimentoNormativo", "Natura"),
                "exemption_code": "Natura",
            },
        ),
        "lines": Group(
            path="DatiBeniServizi/DettaglioLinee",
            terms={
                "id": "NumeroLinea",
                "name": "Descrizione",
                "quantity": "Quantita",
                "unit": "UnitaMisura",
                "unit_price": "PrezzoUnitario",
                "net": "PrezzoTotale",
                "vat_rate": "AliquotaIVA",
                "exemption_code": "Natura",
                "classifications": Group(
                    path="CodiceArticolo", terms={"code": "CodiceValore", "list": "CodiceTipo"}
                ),
                "attributes": Group(
                    path="AltriDatiGestionali",
                    terms={"name": "TipoDato", "value": ("RiferimentoTesto", "RiferimentoData")},
                ),
                "allowances": _discounts("ScontoMaggiorazione", "SC"),
                "charges": _discounts("ScontoMaggiorazione", "MG"),
                "accounting_reference": "RiferimentoAmministrazione",
                "period_start": "DataInizioPeriodo",
                "period_end": "DataFinePeriodo",
            },
        ),
    },
    sums={"total_net": f"{_SUMMARY}/ImponibileImporto", "total_vat": f"{_SUMMARY}/Imposta"},
)
