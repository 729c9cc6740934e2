"""ZUGFeRD 1 (2014): the same idea as the Cross Industry Invoice under other names."""

from smeflow.invoices.xml.cii import ALLOWANCE, CHARGE, MEANS, PARTY, TAX, allowance_group, day_path
from smeflow.invoices.xml.syntax import Group, Paths, TermTable, XmlSyntax

_CONTEXT = "rsm:SpecifiedExchangedDocumentContext"
_HEAD = "rsm:HeaderExchangedDocument"
_DEAL = "rsm:SpecifiedSupplyChainTradeTransaction"
_AGREED = f"{_DEAL}/ram:ApplicableSupplyChainTradeAgreement"
_DELIVERED = f"{_DEAL}/ram:ApplicableSupplyChainTradeDelivery"
_SETTLED = f"{_DEAL}/ram:ApplicableSupplyChainTradeSettlement"
_SUMS = f"{_SETTLED}/ram:SpecifiedTradeSettlementMonetarySummation"
_TERMS = f"{_SETTLED}/ram:SpecifiedTradePaymentTerms"
_LINES = f"{_DEAL}/ram:IncludedSupplyChainTradeLineItem"
_LINE = "ram:SpecifiedSupplyChainTrade"
_ITEM = "ram:SpecifiedTradeProduct"
_PRICE = f"{_LINE}Agreement/ram:GrossPriceProductTradePrice"


def _dated(path: str) -> Paths:
    return f"{path}/ram:IssueDateTime/*", f"{path}/ram:IssueDateTime"


_LINE_TERMS: TermTable = {
    "id": "ram:AssociatedDocumentLineDocument/ram:LineID",
    "note": "ram:AssociatedDocumentLineDocument/ram:IncludedNote/ram:Content",
    "name": f"{_ITEM}/ram:Name",
    "description": f"{_ITEM}/ram:Description",
    "seller_item_id": f"{_ITEM}/ram:SellerAssignedID",
    "buyer_item_id": f"{_ITEM}/ram:BuyerAssignedID",
    "standard_item_id": Group(path=f"{_ITEM}/ram:GlobalID", terms={"id": ".", "scheme": "@schemeID"}),
    "classifications": Group(
        path=f"{_ITEM}/ram:DesignatedProductClassification",
        terms={"code": "ram:ClassCode", "list": "ram:ClassCode/@listID"},
    ),
    "attributes": Group(
        path=f"{_ITEM}/ram:ApplicableProductCharacteristic",
        terms={"name": "ram:Description", "value": "ram:Value", "code": "ram:TypeCode"},
    ),
    "origin_country": f"{_ITEM}/ram:OriginTradeCountry/ram:ID",
    "quantity": f"{_LINE}Delivery/ram:BilledQuantity",
    "unit": f"{_LINE}Delivery/ram:BilledQuantity/@unitCode",
    "unit_price": f"{_LINE}Agreement/ram:NetPriceProductTradePrice/ram:ChargeAmount",
    "gross_price": f"{_PRICE}/ram:ChargeAmount",
    "price_discount": f"{_PRICE}/ram:AppliedTradeAllowanceCharge/ram:ActualAmount",
    "price_quantity": f"{_LINE}Agreement/ram:NetPriceProductTradePrice/ram:BasisQuantity",
    "price_unit": f"{_LINE}Agreement/ram:NetPriceProductTradePrice/ram:BasisQuantity/@unitCode",
    "order_line": f"{_LINE}Agreement/ram:BuyerOrderReferencedDocument/ram:LineID",
    "order_reference": f"{_LINE}Agreement/ram:BuyerOrderReferencedDocument/ram:ID",
    "despatch_advice": f"{_LINE}Delivery/ram:DespatchAdviceReferencedDocument/ram:ID",
    "delivery_date": day_path(f"{_LINE}Delivery/ram:ActualDeliverySupplyChainEvent/ram:OccurrenceDateTime"),
    "net": f"{_LINE}Settlement/ram:SpecifiedTradeSettlementMonetarySummation/ram:LineTotalAmount",
    "vat_rate": f"{_LINE}Settlement/ram:ApplicableTradeTax/ram:ApplicablePercent",
    "vat_category": f"{_LINE}Settlement/ram:ApplicableTradeTax/ram:CategoryCode",
    "exemption": f"{_LINE}Settlement/ram:ApplicableTradeTax/ram:ExemptionReason",
    "period_start": day_path(f"{_LINE}Settlement/ram:BillingSpecifiedPeriod/ram:StartDateTime"),
    "period_end": day_path(f"{_LINE}Settlement/ram:BillingSpecifiedPeriod/ram:EndDateTime"),
    "accounting_reference": f"{_LINE}Settlement/ram:ReceivableSpecifiedTradeAccountingAccount/ram:ID",
}

ZUGFERD1 = XmlSyntax(
    name="ZUGFeRD 1",
    roots=frozenset({"{urn:ferd:CrossIndustryDocument:invoice:1p0}CrossIndustryDocument"}),
    namespaces={
        "rsm": "urn:ferd:CrossIndustryDocument:invoice:1p0",
        "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:12",
        "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:15",
    },
    seller=Group(path=f"{_AGREED}/ram:SellerTradeParty", terms=PARTY),
    buyer=Group(path=f"{_AGREED}/ram:BuyerTradeParty", terms=PARTY),
    notes=Group(path=f"{_HEAD}/ram:IncludedNote", terms={"text": "ram:Content", "code": "ram:SubjectCode"}),
    terms={
        "number": f"{_HEAD}/ram:ID",
        "issue_date": f"{_HEAD}/ram:IssueDateTime/*",
        "kind": f"{_HEAD}/ram:TypeCode",
        "due_date": f"{_TERMS}/ram:DueDateDateTime/*",
        "currency": f"{_SETTLED}/ram:InvoiceCurrencyCode",
        "total_lines": f"{_SUMS}/ram:LineTotalAmount",
        "total_charges": f"{_SUMS}/ram:ChargeTotalAmount",
        "total_allowances": f"{_SUMS}/ram:AllowanceTotalAmount",
        "total_net": f"{_SUMS}/ram:TaxBasisTotalAmount",
        "total_vat": f"{_SUMS}/ram:TaxTotalAmount",
        "total_gross": f"{_SUMS}/ram:GrandTotalAmount",
        "prepaid": f"{_SUMS}/ram:TotalPrepaidAmount",
        "amount_due": f"{_SUMS}/ram:DuePayableAmount",
        "iban": f"{_SETTLED}/ram:SpecifiedTradeSettlementPaymentMeans/"
        "ram:PayeePartyCreditorFinancialAccount/ram:IBANID",
        "bic": f"{_SETTLED}/ram:SpecifiedTradeSettlementPaymentMeans/"
        "ram:PayeeSpecifiedCreditorFinancialInstitution/ram:BICID",
        "order_reference": f"{_AGREED}/ram:BuyerOrderReferencedDocument/ram:ID",
        "payment_terms": f"{_TERMS}/ram:Description",
        "delivery_date": f"{_DELIVERED}/ram:ActualDeliverySupplyChainEvent/ram:OccurrenceDateTime/*",
        "control.profile": f"{_CONTEXT}/ram:GuidelineSpecifiedDocumentContextParameter/ram:ID",
        "control.process": f"{_CONTEXT}/ram:BusinessProcessSpecifiedDocumentContextParameter/ram:ID",
        "control.type_code": f"{_HEAD}/ram:TypeCode",
        "references.buyer": f"{_AGREED}/ram:BuyerReference",
        "references.contract": f"{_AGREED}/ram:ContractReferencedDocument/ram:ID",
        "references.contract_date": _dated(f"{_AGREED}/ram:ContractReferencedDocument"),
        "references.order_date": _dated(f"{_AGREED}/ram:BuyerOrderReferencedDocument"),
        "references.despatch_advice": f"{_DELIVERED}/ram:DespatchAdviceReferencedDocument/ram:ID",
        "references.despatch_date": _dated(f"{_DELIVERED}/ram:DespatchAdviceReferencedDocument"),
        "references.accounting": f"{_SETTLED}/ram:ReceivableSpecifiedTradeAccountingAccount/ram:ID",
        "payee": Group(path=f"{_SETTLED}/ram:PayeeTradeParty", terms=PARTY),
        "delivery.to": Group(path=f"{_DELIVERED}/ram:ShipToTradeParty", terms=PARTY),
        "delivery.period_start": f"{_SETTLED}/ram:BillingSpecifiedPeriod/ram:StartDateTime/*",
        "delivery.period_end": f"{_SETTLED}/ram:BillingSpecifiedPeriod/ram:EndDateTime/*",
        "payment.reference": f"{_SETTLED}/ram:PaymentReference",
        "payment.means": Group(path=f"{_SETTLED}/ram:SpecifiedTradeSettlementPaymentMeans", terms=MEANS),
        "allowances": allowance_group(f"{_SETTLED}/ram:SpecifiedTradeAllowanceCharge", ALLOWANCE),
        "charges": allowance_group(
            f"{_SETTLED}/ram:SpecifiedTradeAllowanceCharge",
            CHARGE,
            also=f"{_SETTLED}/ram:SpecifiedLogisticsServiceCharge",
        ),
        "agents.invoicee": Group(path=f"{_SETTLED}/ram:InvoiceeTradeParty", terms=PARTY),
        "vat": Group(path=f"{_SETTLED}/ram:ApplicableTradeTax", terms=TAX),
        "lines": Group(path=_LINES, terms=_LINE_TERMS),
    },
)
