"""UN/CEFACT Cross Industry Invoice (D16B, D22B): Factur-X, ZUGFeRD 2, XRechnung, EXTENDED-CTC-FR.

ZUGFeRD 1 (2014) is the same under older names, and is read by the same table.
"""

import re
from collections.abc import Mapping

from smeflow.invoices.xml.syntax import Group, Paths, TermTable, XmlSyntax, identifier_group, no_vat

_VAT = "[ram:TypeCode='VAT']"
_OTHER_TAX = no_vat("ram:TypeCode")
_ALLOWANCE, _CHARGE = "false", "true"
_ADDRESS = "ram:PostalTradeAddress"
_LEGAL = "ram:SpecifiedLegalOrganization"
_CONTACT = "ram:DefinedTradeContact"

_PARTY: TermTable = {
    "name": "ram:Name",
    "trading_name": f"{_LEGAL}/ram:TradingBusinessName",
    "vat_id": "ram:SpecifiedTaxRegistration[ram:ID/@schemeID='VA']/ram:ID",
    "legal_id": f"{_LEGAL}/ram:ID",
    "legal_scheme": f"{_LEGAL}/ram:ID/@schemeID",
    "legal_form": "ram:Description",
    "tax_number": "ram:SpecifiedTaxRegistration[ram:ID/@schemeID='FC']/ram:ID",
    "ids": identifier_group("ram:ID | ram:GlobalID"),
    "endpoint": identifier_group("ram:URIUniversalCommunication/ram:URIID"),
    "street": f"{_ADDRESS}/ram:LineOne",
    "street2": f"{_ADDRESS}/ram:LineTwo",
    "street3": f"{_ADDRESS}/ram:LineThree",
    "zip": f"{_ADDRESS}/ram:PostcodeCode",
    "city": f"{_ADDRESS}/ram:CityName",
    "region": f"{_ADDRESS}/ram:CountrySubDivisionName",
    "country": f"{_ADDRESS}/ram:CountryID",
    "contact": (f"{_CONTACT}/ram:PersonName", f"{_CONTACT}/ram:DepartmentName"),
    "email": f"{_CONTACT}/ram:EmailURIUniversalCommunication/ram:URIID",
    "phone": f"{_CONTACT}/ram:TelephoneUniversalCommunication/ram:CompleteNumber",
}
_TAX: TermTable = {
    "category": "ram:CategoryCode",
    "rate": ("ram:RateApplicablePercent", "ram:ApplicablePercent"),
    "base": "ram:BasisAmount",
    "amount": "ram:CalculatedAmount",
    "exemption": ("ram:ExemptionReason", "ram:ExemptionReasonCode"),
    "exemption_code": "ram:ExemptionReasonCode",
}
_ACCOUNT = "ram:PayeePartyCreditorFinancialAccount"
_CARD = "ram:ApplicableTradeSettlementFinancialCard"
_BIC = "ram:PayeeSpecifiedCreditorFinancialInstitution/ram:BICID"
_MEANS_TERMS: TermTable = {
    "code": "ram:TypeCode",
    "name": "ram:Information",
    "account": (f"{_ACCOUNT}/ram:IBANID", f"{_ACCOUNT}/ram:ProprietaryID"),
    "account_name": f"{_ACCOUNT}/ram:AccountName",
    "bic": _BIC,
    "card": f"{_CARD}/ram:ID",
    "card_holder": f"{_CARD}/ram:CardholderName",
    "debited_account": "ram:PayerPartyDebtorFinancialAccount/ram:IBANID",
}


def _day(path: str) -> Paths:
    """Find a day: written as 20261003, read in whatever form it stands."""
    return f"{path}/udt:DateTimeString[@format='102']", f"{path}/*"


def _formatted_day(path: str) -> Paths:
    """Find the day of a document that is referred to."""
    prefix = "" if path == "." else f"{path}/"
    return (
        f"{prefix}ram:FormattedIssueDateTime/qdt:DateTimeString[@format='102']",
        f"{prefix}ram:FormattedIssueDateTime/*",
        f"{prefix}ram:IssueDateTime/*",
        f"{prefix}ram:IssueDateTime",
    )


def _allowances(path: str, charge: str, *, also: str = "") -> Group:
    """Find the allowances or the charges among the elements at *path*."""
    digit = "1" if charge == _CHARGE else "0"
    indicator = "normalize-space(ram:ChargeIndicator)"
    selected = f"{path}[{indicator}='{charge}' or {indicator}='{digit}']"
    return Group(
        path=f"{selected} | {also}" if also else selected,
        write=f"{path}[ram:ChargeIndicator/udt:Indicator='{charge}']",
        terms={
            "amount": ("ram:ActualAmount", "ram:AppliedAmount"),
            "base": "ram:BasisAmount",
            "percent": "ram:CalculationPercent",
            "reason": ("ram:Reason", "ram:Description"),
            "reason_code": "ram:ReasonCode",
            "vat_category": (
                f"ram:CategoryTradeTax{_VAT}/ram:CategoryCode",
                "ram:CategoryTradeTax/ram:CategoryCode",
                "ram:AppliedTradeTax/ram:CategoryCode",
            ),
            "vat_rate": (
                f"ram:CategoryTradeTax{_VAT}/ram:RateApplicablePercent",
                "ram:CategoryTradeTax/ram:RateApplicablePercent",
                "ram:CategoryTradeTax/ram:ApplicablePercent",
                "ram:AppliedTradeTax/ram:RateApplicablePercent",
                "ram:AppliedTradeTax/ram:ApplicablePercent",
            ),
        },
    )


_HEAD = "rsm:ExchangedDocument"
_CONTEXT = "rsm:ExchangedDocumentContext"
_DEAL = "rsm:SupplyChainTradeTransaction"
_AGREED = f"{_DEAL}/ram:ApplicableHeaderTradeAgreement"
_DELIVERED = f"{_DEAL}/ram:ApplicableHeaderTradeDelivery"
_SETTLED = f"{_DEAL}/ram:ApplicableHeaderTradeSettlement"
_MEANS = f"{_SETTLED}/ram:SpecifiedTradeSettlementPaymentMeans"
_SUMS = f"{_SETTLED}/ram:SpecifiedTradeSettlementHeaderMonetarySummation"
_LINE = "ram:SpecifiedLineTradeSettlement"
_LINE_AGREED = "ram:SpecifiedLineTradeAgreement"
_LINE_DELIVERED = "ram:SpecifiedLineTradeDelivery"
_NET, _GROSS = (
    f"{_LINE_AGREED}/ram:NetPriceProductTradePrice",
    f"{_LINE_AGREED}/ram:GrossPriceProductTradePrice",
)
_ITEM = "ram:SpecifiedTradeProduct"
_ID = "ram:IssuerAssignedID"
_PAPER = f"{_AGREED}/ram:AdditionalReferencedDocument"
_OBJECT = "ram:AdditionalReferencedDocument[ram:TypeCode='130']"
_OBJECT_TERMS: TermTable = {"id": _ID, "scheme": "ram:ReferenceTypeCode"}
_PRECEDING = "ram:InvoiceReferencedDocument"
_PRECEDING_TERMS: TermTable = {
    "number": _ID,
    "date": _formatted_day("."),
    "type_code": "ram:TypeCode",
}
_INCOTERMS = f"{_AGREED}/ram:ApplicableTradeDeliveryTerms"
_IN_CURRENCY = f"[normalize-space(@currencyID)=normalize-space(/*/{_SETTLED}/ram:InvoiceCurrencyCode)]"
_IN_TAX_CURRENCY = f"[normalize-space(@currencyID)=normalize-space(/*/{_SETTLED}/ram:TaxCurrencyCode)]"
_TERMS = f"{_SETTLED}/ram:SpecifiedTradePaymentTerms"
_ACCOUNTING = "ram:ReceivableSpecifiedTradeAccountingAccount/ram:ID"
_NO_SUM = "ram:AssociatedDocumentLineDocument/ram:LineStatusReasonCode[.='GROUP' or .='INFORMATION']"


_TOTALS = {
    "total_lines": "LineTotalAmount",
    "total_charges": "ChargeTotalAmount",
    "total_allowances": "AllowanceTotalAmount",
    "total_net": "TaxBasisTotalAmount",
    "total_vat": "TaxTotalAmount",
    "total_gross": "GrandTotalAmount",
    "prepaid": "TotalPrepaidAmount",
    "rounding": "RoundingAmount",
    "amount_due": "DuePayableAmount",
}


def _total(name: str) -> Paths:
    """Prefer the amount in the invoice's currency; without a currency, take it only where it stands alone."""
    return f"{_SUMS}/ram:{name}{_IN_CURRENCY}", f"{_SUMS}[count(ram:{name})=1]/ram:{name}"


def _taxed(name: str) -> Paths:
    return (
        f"{_LINE}/ram:ApplicableTradeTax{_VAT}/ram:{name}",
        f"{_LINE}/ram:ApplicableTradeTax[not({_OTHER_TAX})]/ram:{name}",
    )


_LINE_TERMS: TermTable = {
    "id": "ram:AssociatedDocumentLineDocument/ram:LineID",
    "parent": "ram:AssociatedDocumentLineDocument/ram:ParentLineID",
    "subtype": "ram:AssociatedDocumentLineDocument/ram:LineStatusReasonCode",
    "note": "ram:AssociatedDocumentLineDocument/ram:IncludedNote/ram:Content",
    "name": f"{_ITEM}/ram:Name",
    "description": f"{_ITEM}/ram:Description",
    "seller_item_id": f"{_ITEM}/ram:SellerAssignedID",
    "buyer_item_id": f"{_ITEM}/ram:BuyerAssignedID",
    "standard_item_id": identifier_group(f"{_ITEM}/ram:GlobalID"),
    "classifications": Group(
        path=f"{_ITEM}/ram:DesignatedProductClassification",
        terms={
            "code": "ram:ClassCode",
            "list": "ram:ClassCode/@listID",
            "version": "ram:ClassCode/@listVersionID",
        },
    ),
    "attributes": Group(
        path=f"{_ITEM}/ram:ApplicableProductCharacteristic",
        terms={
            "name": "ram:Description",
            "value": "ram:Value",
            "code": "ram:TypeCode",
            "measure": "ram:ValueMeasure",
            "unit": "ram:ValueMeasure/@unitCode",
        },
    ),
    "origin_country": f"{_ITEM}/ram:OriginTradeCountry/ram:ID",
    "quantity": f"{_LINE_DELIVERED}/ram:BilledQuantity",
    "unit": f"{_LINE_DELIVERED}/ram:BilledQuantity/@unitCode",
    "unit_price": f"{_NET}/ram:ChargeAmount",
    "gross_price": f"{_GROSS}/ram:ChargeAmount",
    "price_discount": (
        f"{_GROSS}/ram:AppliedTradeAllowanceCharge[ram:ChargeIndicator/udt:Indicator='false']/ram:ActualAmount",
        f"{_GROSS}/ram:AppliedTradeAllowanceCharge/ram:ActualAmount",
    ),
    "price_quantity": (f"{_NET}/ram:BasisQuantity", f"{_GROSS}/ram:BasisQuantity"),
    "price_unit": (f"{_NET}/ram:BasisQuantity/@unitCode", f"{_GROSS}/ram:BasisQuantity/@unitCode"),
    "order_line": f"{_LINE_AGREED}/ram:BuyerOrderReferencedDocument/ram:LineID",
    "order_reference": f"{_LINE_AGREED}/ram:BuyerOrderReferencedDocument/ram:IssuerAssignedID",
    "sales_order": f"{_LINE_AGREED}/ram:SellerOrderReferencedDocument/ram:IssuerAssignedID",
    "despatch_advice": f"{_LINE_DELIVERED}/ram:DespatchAdviceReferencedDocument/ram:IssuerAssignedID",
    "delivery_date": _day(f"{_LINE_DELIVERED}/ram:ActualDeliverySupplyChainEvent/ram:OccurrenceDateTime"),
    "deliver_to": Group(path=f"{_LINE_DELIVERED}/ram:ShipToTradeParty", terms=_PARTY),
    "net": f"{_LINE}/ram:SpecifiedTradeSettlementLineMonetarySummation/ram:LineTotalAmount",
    "gross": f"{_LINE}/ram:SpecifiedTradeSettlementLineMonetarySummation/ram:GrandTotalAmount",
    "vat_rate": (
        *_taxed("RateApplicablePercent"),
        f"{_LINE}/ram:ApplicableTradeTax[not({_OTHER_TAX})]/ram:ApplicablePercent",
    ),
    "vat_category": _taxed("CategoryCode"),
    "exemption": _taxed("ExemptionReason"),
    "exemption_code": _taxed("ExemptionReasonCode"),
    "period_start": _day(f"{_LINE}/ram:BillingSpecifiedPeriod/ram:StartDateTime"),
    "period_end": _day(f"{_LINE}/ram:BillingSpecifiedPeriod/ram:EndDateTime"),
    "allowances": _allowances(f"{_LINE}/ram:SpecifiedTradeAllowanceCharge", _ALLOWANCE),
    "charges": _allowances(f"{_LINE}/ram:SpecifiedTradeAllowanceCharge", _CHARGE),
    "object": Group(path=f"{_LINE}/{_OBJECT}", terms=_OBJECT_TERMS),
    "preceding_invoice": Group(path=f"{_LINE}/{_PRECEDING}", terms=_PRECEDING_TERMS),
    "accounting_reference": f"{_LINE}/{_ACCOUNTING}",
}
_LINES = f"{_DEAL}/ram:IncludedSupplyChainTradeLineItem"
VAT_GROUP = Group(
    path=f"{_SETTLED}/ram:ApplicableTradeTax[not({_OTHER_TAX})]",
    terms=_TAX,
    write=f"{_SETTLED}/ram:ApplicableTradeTax{_VAT}",
)

CII = XmlSyntax(
    name="CII",
    roots=frozenset({"{urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100}CrossIndustryInvoice"}),
    namespaces={
        "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
        "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
        "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
        "qdt": "urn:un:unece:uncefact:data:standard:QualifiedDataType:100",
    },
    other_taxes=f"{_SETTLED}/ram:ApplicableTradeTax[{_OTHER_TAX}]/ram:CalculatedAmount",
    seller=Group(path=f"{_AGREED}/ram:SellerTradeParty", terms=_PARTY),
    buyer=Group(path=f"{_AGREED}/ram:BuyerTradeParty", terms=_PARTY),
    notes=Group(path=f"{_HEAD}/ram:IncludedNote", terms={"text": "ram:Content", "code": "ram:SubjectCode"}),
    terms={
        "number": f"{_HEAD}/ram:ID",
        "issue_date": _day(f"{_HEAD}/ram:IssueDateTime"),
        "kind": f"{_HEAD}/ram:TypeCode",
        "due_date": _day(f"{_TERMS}/ram:DueDateDateTime"),
        "currency": f"{_SETTLED}/ram:InvoiceCurrencyCode",
        **{field: _total(name) for field, name in _TOTALS.items()},
        "iban": f"{_MEANS}/{_ACCOUNT}/ram:IBANID",
        "bic": f"{_MEANS}/{_BIC}",
        "order_reference": f"{_AGREED}/ram:BuyerOrderReferencedDocument/ram:IssuerAssignedID",
        "preceding_invoice": f"{_SETTLED}/{_PRECEDING}/{_ID}",
        "payment_terms": f"{_TERMS}/ram:Description",
        "delivery_date": _day(f"{_DELIVERED}/ram:ActualDeliverySupplyChainEvent/ram:OccurrenceDateTime"),
        "control.process": f"{_CONTEXT}/ram:BusinessProcessSpecifiedDocumentContextParameter/ram:ID",
        "control.profile": f"{_CONTEXT}/ram:GuidelineSpecifiedDocumentContextParameter/ram:ID",
        "control.type_code": f"{_HEAD}/ram:TypeCode",
        "vat_accounting.currency": f"{_SETTLED}/ram:TaxCurrencyCode",
        "vat_accounting.total": (
            f"{_SETTLED}[normalize-space(ram:TaxCurrencyCode)!=normalize-space(ram:InvoiceCurrencyCode)]"
            f"/ram:SpecifiedTradeSettlementHeaderMonetarySummation/ram:TaxTotalAmount{_IN_TAX_CURRENCY}"
        ),
        "vat_accounting.date": (
            f"{_SETTLED}/ram:ApplicableTradeTax/ram:TaxPointDate/udt:DateString[@format='102']",
            f"{_SETTLED}/ram:ApplicableTradeTax/ram:TaxPointDate/*",
        ),
        "vat_accounting.date_code": f"{_SETTLED}/ram:ApplicableTradeTax/ram:DueDateTypeCode",
        "references.buyer": f"{_AGREED}/ram:BuyerReference",
        "references.project": f"{_AGREED}/ram:SpecifiedProcuringProject/ram:ID",
        "references.project_name": f"{_AGREED}/ram:SpecifiedProcuringProject/ram:Name",
        "references.contract": f"{_AGREED}/ram:ContractReferencedDocument/ram:IssuerAssignedID",
        "references.contract_kind": f"{_AGREED}/ram:ContractReferencedDocument/ram:ReferenceTypeCode",
        "references.contract_date": _formatted_day(f"{_AGREED}/ram:ContractReferencedDocument"),
        "references.order_date": _formatted_day(f"{_AGREED}/ram:BuyerOrderReferencedDocument"),
        "references.sales_order": f"{_AGREED}/ram:SellerOrderReferencedDocument/ram:IssuerAssignedID",
        "references.receiving_advice": f"{_DELIVERED}/ram:ReceivingAdviceReferencedDocument/{_ID}",
        "references.despatch_advice": f"{_DELIVERED}/ram:DespatchAdviceReferencedDocument/{_ID}",
        "references.despatch_date": _formatted_day(f"{_DELIVERED}/ram:DespatchAdviceReferencedDocument"),
        "references.tender": f"{_PAPER}[ram:TypeCode='50']/{_ID}",
        "references.object": Group(path=f"{_AGREED}/{_OBJECT}", terms=_OBJECT_TERMS),
        "references.accounting": f"{_SETTLED}/{_ACCOUNTING}",
        "preceding_invoices": Group(path=f"{_SETTLED}/{_PRECEDING}", terms=_PRECEDING_TERMS),
        "payee": Group(path=f"{_SETTLED}/ram:PayeeTradeParty", terms=_PARTY),
        "tax_representative": Group(path=f"{_AGREED}/ram:SellerTaxRepresentativeTradeParty", terms=_PARTY),
        "delivery.to": Group(path=f"{_DELIVERED}/ram:ShipToTradeParty", terms=_PARTY),
        "delivery.period_start": _day(f"{_SETTLED}/ram:BillingSpecifiedPeriod/ram:StartDateTime"),
        "delivery.period_end": _day(f"{_SETTLED}/ram:BillingSpecifiedPeriod/ram:EndDateTime"),
        "delivery.incoterms": f"{_INCOTERMS}/ram:DeliveryTypeCode",
        "delivery.incoterms_place": f"{_INCOTERMS}/ram:RelevantTradeLocation/ram:Name",
        "payment.reference": f"{_SETTLED}/ram:PaymentReference",
        "payment.means": Group(path=_MEANS, terms=_MEANS_TERMS),
        "payment.mandate": f"{_TERMS}/ram:DirectDebitMandateID",
        "payment.creditor_id": f"{_SETTLED}/ram:CreditorReferenceID",
        "allowances": _allowances(f"{_SETTLED}/ram:SpecifiedTradeAllowanceCharge", _ALLOWANCE),
        "charges": _allowances(
            f"{_SETTLED}/ram:SpecifiedTradeAllowanceCharge",
            _CHARGE,
            also=f"{_SETTLED}/ram:SpecifiedLogisticsServiceCharge",
        ),
        "documents": Group(
            path=f"{_PAPER}[ram:TypeCode='916']",
            terms={
                "reference": "ram:IssuerAssignedID",
                "description": "ram:Name",
                "location": "ram:URIID",
                "file_name": "ram:AttachmentBinaryObject/@filename",
                "media_type": "ram:AttachmentBinaryObject/@mimeCode",
            },
        ),
        "agents.buyer_agent": Group(path=f"{_AGREED}/ram:BuyerAgentTradeParty", terms=_PARTY),
        "agents.payer": Group(path=f"{_SETTLED}/ram:PayerTradeParty", terms=_PARTY),
        "agents.sales_agent": Group(path=f"{_AGREED}/ram:SalesAgentTradeParty", terms=_PARTY),
        "agents.invoicee": Group(path=f"{_SETTLED}/ram:InvoiceeTradeParty", terms=_PARTY),
        "agents.invoicer": Group(path=f"{_SETTLED}/ram:InvoicerTradeParty", terms=_PARTY),
        "vat": VAT_GROUP,
        "grouping_lines": Group(path=f"{_LINES}[{_NO_SUM}]", terms=_LINE_TERMS, write=_LINES),
        # A line that only groups others, or only informs, counts in no sum.
        "lines": Group(path=f"{_LINES}[not({_NO_SUM})]", terms=_LINE_TERMS, write=_LINES),
    },
)

WRITE_PATHS: dict[str, str] = {
    **{field: f"{_SUMS}/ram:{name}" for field, name in _TOTALS.items()},
    "total_vat": f"{_SUMS}/ram:TaxTotalAmount[@currencyID='{{currency}}']",
    "vat_accounting.total": f"{_SUMS}/ram:TaxTotalAmount[@currencyID='{{tax_currency}}']",
}
"""Where those terms are written that are read by a condition on the currency."""
UNNAMED_PROJECT = "Project reference"
"""What stands for the name of a project that has only a number: the syntax demands one."""
VAT_TERMS: dict[str, str] = {
    "date": "ram:TaxPointDate/udt:DateString[@format='102']",
    "date_code": "ram:DueDateTypeCode",
}
"""Terms of the whole that stand in each rate of _VAT."""


_OLDER_NAMES: Mapping[str, str] = {
    "ExchangedDocumentContext": "SpecifiedExchangedDocumentContext",
    "ExchangedDocument": "HeaderExchangedDocument",
    "SupplyChainTradeTransaction": "SpecifiedSupplyChainTradeTransaction",
    "ApplicableHeaderTradeAgreement": "ApplicableSupplyChainTradeAgreement",
    "ApplicableHeaderTradeDelivery": "ApplicableSupplyChainTradeDelivery",
    "ApplicableHeaderTradeSettlement": "ApplicableSupplyChainTradeSettlement",
    "SpecifiedLineTradeAgreement": "SpecifiedSupplyChainTradeAgreement",
    "SpecifiedLineTradeDelivery": "SpecifiedSupplyChainTradeDelivery",
    "SpecifiedLineTradeSettlement": "SpecifiedSupplyChainTradeSettlement",
    "SpecifiedTradeSettlementHeaderMonetarySummation": "SpecifiedTradeSettlementMonetarySummation",
    "SpecifiedTradeSettlementLineMonetarySummation": "SpecifiedTradeSettlementMonetarySummation",
    "IssuerAssignedID": "ID",
}
_NAME = re.compile(rf":({'|'.join(_OLDER_NAMES)})\b")


def _older_path(path: str) -> str:
    return _NAME.sub(lambda name: f":{_OLDER_NAMES[name[1]]}", path)


def _older_group(group: Group) -> Group:
    return Group(path=_older_path(group.path), terms=_older_terms(group.terms))


def _older_terms(terms: TermTable) -> TermTable:
    return {name: _older(where) for name, where in terms.items()}


def _older(where: Paths | Group) -> Paths | Group:
    if isinstance(where, Group):
        return _older_group(where)
    return _older_path(where) if isinstance(where, str) else tuple(map(_older_path, where))


_STANDARD = "urn:un:unece:uncefact:data:standard"
ZUGFERD1 = XmlSyntax(
    name="ZUGFeRD 1",
    roots=frozenset({"{urn:ferd:CrossIndustryDocument:invoice:1p0}CrossIndustryDocument"}),
    namespaces={
        "rsm": "urn:ferd:CrossIndustryDocument:invoice:1p0",
        "ram": f"{_STANDARD}:ReusableAggregateBusinessInformationEntity:12",
        "udt": f"{_STANDARD}:UnqualifiedDataType:15",
        "qdt": f"{_STANDARD}:QualifiedDataType:12",
    },
    other_taxes=_older_path(CII.other_taxes),
    seller=_older_group(CII.seller),
    buyer=_older_group(CII.buyer),
    notes=_older_group(CII.notes),
    terms=_older_terms(CII.terms),
)
