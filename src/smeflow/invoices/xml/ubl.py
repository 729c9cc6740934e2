"""OASIS UBL 2.1 invoices and credit notes: XRechnung, Peppol BIS, EXTENDED-CTC-FR."""

from smeflow.invoices.xml.syntax import Group, TermTable, XmlSyntax, identifier_group, no_vat

_TOTALS = "cac:LegalMonetaryTotal"
_OTHER_TAX = no_vat("cac:TaxScheme/cbc:ID")
_VAT_TOTAL = f"cac:TaxTotal[not(cac:TaxSubtotal) or cac:TaxSubtotal[not(cac:TaxCategory[{_OTHER_TAX}])]]"
_IS_VAT = "[normalize-space(cac:TaxScheme/cbc:ID)='VAT']"
_IN_CURRENCY = "[normalize-space(@currencyID)=normalize-space(/*/cbc:DocumentCurrencyCode)]"
_IN_TAX_CURRENCY = (
    "[normalize-space(@currencyID)=normalize-space(/*/cbc:TaxCurrencyCode)"
    " and normalize-space(/*/cbc:TaxCurrencyCode)!=normalize-space(/*/cbc:DocumentCurrencyCode)]"
)
_SELLER = "cac:AccountingSupplierParty/cac:Party"
_BUYER = "cac:AccountingCustomerParty/cac:Party"
_MEANS = "cac:PaymentMeans"
_PRECEDING = "cac:BillingReference/cac:InvoiceDocumentReference"
_PRECEDING_TERMS: TermTable = {
    "number": "cbc:ID",
    "date": "cbc:IssueDate",
    "type_code": "cbc:DocumentTypeCode",
}
_OBJECT_TERMS: TermTable = {"id": "cbc:ID", "scheme": "cbc:ID/@schemeID"}
_STATUS = f"{_PRECEDING}/cbc:DocumentStatusCode"
_NO_SUM = f"{_STATUS}[.='GROUP' or .='INFORMATION']"


def _address(path: str) -> TermTable:
    return {
        "street": f"{path}/cbc:StreetName",
        "street2": f"{path}/cbc:AdditionalStreetName",
        "street3": f"{path}/cac:AddressLine/cbc:Line",
        "zip": f"{path}/cbc:PostalZone",
        "city": f"{path}/cbc:CityName",
        "region": f"{path}/cbc:CountrySubentity",
        "country": f"{path}/cac:Country/cbc:IdentificationCode",
    }


_PARTY: TermTable = {
    "name": ("cac:PartyLegalEntity/cbc:RegistrationName", "cac:PartyName/cbc:Name"),
    "trading_name": "cac:PartyName/cbc:Name",
    "vat_id": f"cac:PartyTaxScheme{_IS_VAT}/cbc:CompanyID",
    "legal_id": "cac:PartyLegalEntity/cbc:CompanyID",
    "legal_scheme": "cac:PartyLegalEntity/cbc:CompanyID/@schemeID",
    "legal_form": "cac:PartyLegalEntity/cbc:CompanyLegalForm",
    "tax_number": "cac:PartyTaxScheme[normalize-space(cac:TaxScheme/cbc:ID)!='VAT']/cbc:CompanyID",
    "ids": identifier_group("cac:PartyIdentification/cbc:ID[not(@schemeID='SEPA')]"),
    "endpoint": identifier_group("cbc:EndpointID"),
    **_address("cac:PostalAddress"),
    "contact": "cac:Contact/cbc:Name",
    "email": "cac:Contact/cbc:ElectronicMail",
    "phone": "cac:Contact/cbc:Telephone",
}
_NAMED: TermTable = {name: where for name, where in _PARTY.items() if name != "trading_name"}
"""Parties whose one name stands where others have their trading name."""
_DELIVERED_TO: TermTable = {
    "name": "cac:DeliveryParty/cac:PartyName/cbc:Name",
    "ids": identifier_group("cac:DeliveryLocation/cbc:ID"),
    **_address("cac:DeliveryLocation/cac:Address"),
}


def _allowances(charge: str) -> Group:
    digit = "1" if charge == "true" else "0"
    indicator = "normalize-space(cbc:ChargeIndicator)"
    return Group(
        path=f"cac:AllowanceCharge[{indicator}='{charge}' or {indicator}='{digit}']",
        terms={
            "amount": "cbc:Amount",
            "base": "cbc:BaseAmount",
            "percent": "cbc:MultiplierFactorNumeric",
            "reason": "cbc:AllowanceChargeReason",
            "reason_code": "cbc:AllowanceChargeReasonCode",
            "vat_category": "cac:TaxCategory/cbc:ID",
            "vat_rate": "cac:TaxCategory/cbc:Percent",
        },
    )


_ITEM, _PRICE = "cac:Item", "cac:Price"
_CLASS = "cbc:ItemClassificationCode"
_LINE_TERMS: TermTable = {
    "id": "cbc:ID",
    "subtype": _STATUS,
    "note": "cbc:Note",
    "name": f"{_ITEM}/cbc:Name",
    "description": f"{_ITEM}/cbc:Description",
    "seller_item_id": f"{_ITEM}/cac:SellersItemIdentification/cbc:ID",
    "buyer_item_id": f"{_ITEM}/cac:BuyersItemIdentification/cbc:ID",
    "standard_item_id": identifier_group(f"{_ITEM}/cac:StandardItemIdentification/cbc:ID"),
    "classifications": Group(
        path=f"{_ITEM}/cac:CommodityClassification",
        terms={"code": _CLASS, "list": f"{_CLASS}/@listID", "version": f"{_CLASS}/@listVersionID"},
    ),
    "attributes": Group(
        path=f"{_ITEM}/cac:AdditionalItemProperty",
        terms={
            "name": "cbc:Name",
            "value": "cbc:Value",
            "code": "cbc:NameCode",
            "measure": "cbc:ValueQuantity",
            "unit": "cbc:ValueQuantity/@unitCode",
        },
    ),
    "origin_country": f"{_ITEM}/cac:OriginCountry/cbc:IdentificationCode",
    "quantity": ("cbc:InvoicedQuantity", "cbc:CreditedQuantity"),
    "unit": ("cbc:InvoicedQuantity/@unitCode", "cbc:CreditedQuantity/@unitCode"),
    "unit_price": f"{_PRICE}/cbc:PriceAmount",
    "gross_price": f"{_PRICE}/cac:AllowanceCharge/cbc:BaseAmount",
    "price_discount": f"{_PRICE}/cac:AllowanceCharge/cbc:Amount",
    "price_quantity": f"{_PRICE}/cbc:BaseQuantity",
    "price_unit": f"{_PRICE}/cbc:BaseQuantity/@unitCode",
    "order_line": "cac:OrderLineReference/cbc:LineID",
    "order_reference": "cac:OrderLineReference/cac:OrderReference/cbc:ID",
    "sales_order": "cac:OrderLineReference/cac:OrderReference/cbc:SalesOrderID",
    "despatch_advice": "cac:DespatchLineReference/cac:DocumentReference/cbc:ID",
    "delivery_date": "cac:Delivery/cbc:ActualDeliveryDate",
    "deliver_to": Group(path="cac:Delivery", terms=_DELIVERED_TO),
    "net": "cbc:LineExtensionAmount",
    "vat_rate": f"{_ITEM}/cac:ClassifiedTaxCategory[not({_OTHER_TAX})]/cbc:Percent",
    "vat_category": f"{_ITEM}/cac:ClassifiedTaxCategory[not({_OTHER_TAX})]/cbc:ID",
    "exemption": f"{_ITEM}/cac:ClassifiedTaxCategory[not({_OTHER_TAX})]/cbc:TaxExemptionReason",
    "exemption_code": f"{_ITEM}/cac:ClassifiedTaxCategory[not({_OTHER_TAX})]/cbc:TaxExemptionReasonCode",
    "period_start": "cac:InvoicePeriod/cbc:StartDate",
    "period_end": "cac:InvoicePeriod/cbc:EndDate",
    "allowances": _allowances("false"),
    "charges": _allowances("true"),
    "object": Group(
        path="cac:DocumentReference[cbc:DocumentTypeCode='130' or not(cbc:DocumentTypeCode)]",
        terms=_OBJECT_TERMS,
    ),
    "preceding_invoice": Group(path=f"{_PRECEDING}[cbc:ID]", terms=_PRECEDING_TERMS),
    "accounting_reference": "cbc:AccountingCost",
}
_LINES = "[self::cac:InvoiceLine or self::cac:CreditNoteLine]"
_DOCUMENT = "cac:AdditionalDocumentReference"
_FILE = "cac:Attachment/cbc:EmbeddedDocumentBinaryObject"
_SEPA = "cac:PartyIdentification/cbc:ID[@schemeID='SEPA']"

UBL = XmlSyntax(
    name="UBL",
    roots=frozenset(
        f"{{urn:oasis:names:specification:ubl:schema:xsd:{name}-2}}{name}"
        for name in ("Invoice", "CreditNote")
    ),
    namespaces={
        "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
        "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
    },
    other_taxes=(
        f"cac:TaxTotal[cac:TaxSubtotal[not(cac:TaxCategory[{_OTHER_TAX}])] or count(/*/cac:TaxTotal)=1]"
        f"/cac:TaxSubtotal[cac:TaxCategory[{_OTHER_TAX}]]/cbc:TaxAmount"
    ),
    seller=Group(path=_SELLER, terms=_PARTY),
    buyer=Group(path=_BUYER, terms=_PARTY),
    notes=Group(path="cbc:Note", terms={"text": "."}),
    terms={
        "number": "cbc:ID",
        "issue_date": "cbc:IssueDate",
        "kind": ("cbc:InvoiceTypeCode", "cbc:CreditNoteTypeCode"),
        "due_date": ("cbc:DueDate", f"{_MEANS}/cbc:PaymentDueDate"),
        "currency": "cbc:DocumentCurrencyCode",
        "total_lines": f"{_TOTALS}/cbc:LineExtensionAmount",
        "total_charges": f"{_TOTALS}/cbc:ChargeTotalAmount",
        "total_allowances": f"{_TOTALS}/cbc:AllowanceTotalAmount",
        "total_net": f"{_TOTALS}/cbc:TaxExclusiveAmount",
        # A second total in the seller's tax currency (BT-111) may stand beside it.
        "total_vat": (
            f"{_VAT_TOTAL}/cbc:TaxAmount{_IN_CURRENCY}",
            "self::*[count(cac:TaxTotal)=1]/cac:TaxTotal/cbc:TaxAmount",
        ),
        "total_gross": f"{_TOTALS}/cbc:TaxInclusiveAmount",
        "prepaid": f"{_TOTALS}/cbc:PrepaidAmount",
        "rounding": f"{_TOTALS}/cbc:PayableRoundingAmount",
        "amount_due": f"{_TOTALS}/cbc:PayableAmount",
        "iban": f"{_MEANS}/cac:PayeeFinancialAccount/cbc:ID",
        "bic": f"{_MEANS}/cac:PayeeFinancialAccount/cac:FinancialInstitutionBranch/cbc:ID",
        "order_reference": "cac:OrderReference/cbc:ID",
        "preceding_invoice": f"{_PRECEDING}/cbc:ID",
        "payment_terms": "cac:PaymentTerms/cbc:Note",
        "delivery_date": "cac:Delivery/cbc:ActualDeliveryDate",
        "control.process": "cbc:ProfileID",
        "control.profile": "cbc:CustomizationID",
        "control.type_code": ("cbc:InvoiceTypeCode", "cbc:CreditNoteTypeCode"),
        "vat_accounting.currency": "cbc:TaxCurrencyCode",
        "vat_accounting.total": f"cac:TaxTotal/cbc:TaxAmount{_IN_TAX_CURRENCY}",
        "vat_accounting.date": "cbc:TaxPointDate",
        "vat_accounting.date_code": "cac:InvoicePeriod/cbc:DescriptionCode",
        "references.buyer": "cbc:BuyerReference",
        # a credit note has no project of its own in UBL
        "references.project": (
            "cac:ProjectReference/cbc:ID",
            f"self::*[local-name()='CreditNote']/{_DOCUMENT}[cbc:DocumentTypeCode='50']/cbc:ID",
        ),
        "references.contract": "cac:ContractDocumentReference/cbc:ID",
        "references.contract_kind": "cac:ContractDocumentReference/cbc:DocumentType",
        "references.contract_date": "cac:ContractDocumentReference/cbc:IssueDate",
        "references.order_date": "cac:OrderReference/cbc:IssueDate",
        "references.sales_order": "cac:OrderReference/cbc:SalesOrderID",
        "references.receiving_advice": "cac:ReceiptDocumentReference/cbc:ID",
        "references.despatch_advice": "cac:DespatchDocumentReference/cbc:ID",
        "references.despatch_date": "cac:DespatchDocumentReference/cbc:IssueDate",
        "references.tender": "cac:OriginatorDocumentReference/cbc:ID",
        "references.object": Group(path=f"{_DOCUMENT}[cbc:DocumentTypeCode='130']", terms=_OBJECT_TERMS),
        "references.accounting": "cbc:AccountingCost",
        "preceding_invoices": Group(path=_PRECEDING, terms=_PRECEDING_TERMS),
        "payee": Group(path="cac:PayeeParty", terms=_NAMED),
        "tax_representative": Group(path="cac:TaxRepresentativeParty", terms=_NAMED),
        "delivery.to": Group(path="cac:Delivery", terms=_DELIVERED_TO),
        "delivery.period_start": "cac:InvoicePeriod/cbc:StartDate",
        "delivery.period_end": "cac:InvoicePeriod/cbc:EndDate",
        "delivery.incoterms": "cac:DeliveryTerms/cbc:ID",
        "delivery.incoterms_place": "cac:DeliveryTerms/cac:DeliveryLocation/cbc:Name",
        "payment.reference": f"{_MEANS}/cbc:PaymentID",
        "payment.means": Group(
            path=_MEANS,
            terms={
                "code": "cbc:PaymentMeansCode",
                "name": "cbc:PaymentMeansCode/@name",
                "account": "cac:PayeeFinancialAccount/cbc:ID",
                "account_name": "cac:PayeeFinancialAccount/cbc:Name",
                "bic": "cac:PayeeFinancialAccount/cac:FinancialInstitutionBranch/cbc:ID",
                "card": "cac:CardAccount/cbc:PrimaryAccountNumberID",
                "card_holder": "cac:CardAccount/cbc:HolderName",
                "debited_account": "cac:PaymentMandate/cac:PayerFinancialAccount/cbc:ID",
            },
        ),
        "payment.mandate": f"{_MEANS}/cac:PaymentMandate/cbc:ID",
        "payment.creditor_id": (f"cac:PayeeParty/{_SEPA}", f"{_SELLER}/{_SEPA}"),
        "allowances": _allowances("false"),
        "charges": _allowances("true"),
        "documents": Group(
            path=f"{_DOCUMENT}[not(cbc:DocumentTypeCode) or cbc:DocumentTypeCode='916']",
            terms={
                "reference": "cbc:ID",
                "description": "cbc:DocumentDescription",
                "location": "cac:Attachment/cac:ExternalReference/cbc:URI",
                "file_name": f"{_FILE}/@filename",
                "media_type": f"{_FILE}/@mimeCode",
            },
        ),
        "agents.buyer_agent": Group(path=f"{_BUYER}/cac:AgentParty", terms=_PARTY),
        "agents.payer": Group(path=f"{_MEANS}/cac:PaymentMandate/cac:PayerParty", terms=_PARTY),
        "agents.sales_agent": Group(path=f"{_SELLER}/cac:AgentParty", terms=_PARTY),
        "agents.invoicee": Group(path=f"{_BUYER}/cac:ServiceProviderParty/cac:Party", terms=_PARTY),
        "agents.invoicer": Group(path=f"{_SELLER}/cac:ServiceProviderParty/cac:Party", terms=_PARTY),
        "vat": Group(
            path=f"cac:TaxTotal[cbc:TaxAmount{_IN_CURRENCY} or count(/*/cac:TaxTotal)=1]"
            f"/cac:TaxSubtotal[not(cac:TaxCategory[{_OTHER_TAX}])]",
            terms={
                "category": "cac:TaxCategory/cbc:ID",
                "rate": "cac:TaxCategory/cbc:Percent",
                "base": "cbc:TaxableAmount",
                "amount": "cbc:TaxAmount",
                "exemption": (
                    "cac:TaxCategory/cbc:TaxExemptionReason",
                    "cac:TaxCategory/cbc:TaxExemptionReasonCode",
                ),
                "exemption_code": "cac:TaxCategory/cbc:TaxExemptionReasonCode",
            },
        ),
        "grouping_lines": Group(path=f"*{_LINES}[{_NO_SUM}]", terms=_LINE_TERMS),
        "lines": Group(path=f"*{_LINES}[not({_NO_SUM})]", terms=_LINE_TERMS),
    },
    no_kind="380",
)
