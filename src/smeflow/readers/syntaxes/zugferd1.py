"""ZUGFeRD 1 (2014): the same idea as the Cross Industry Invoice under other names."""

from smeflow.readers.syntaxes.base import Group, Syntax
from smeflow.readers.syntaxes.cii import PARTY, TAX

_HEAD = "rsm:HeaderExchangedDocument"
_DEAL = "rsm:SpecifiedSupplyChainTradeTransaction"
_AGREED = f"{_DEAL}/ram:ApplicableSupplyChainTradeAgreement"
_SETTLED = f"{_DEAL}/ram:ApplicableSupplyChainTradeSettlement"
_SUMS = f"{_SETTLED}/ram:SpecifiedTradeSettlementMonetarySummation"
_MEANS = f"{_SETTLED}/ram:SpecifiedTradeSettlementPaymentMeans"
_HAPPENED = "ram:ActualDeliverySupplyChainEvent/ram:OccurrenceDateTime/*"
_LINE = "ram:SpecifiedSupplyChainTrade"

ZUGFERD1 = Syntax(
    name="ZUGFeRD 1",
    roots=frozenset({"{urn:ferd:CrossIndustryDocument:invoice:1p0}CrossIndustryDocument"}),
    namespaces={
        "rsm": "urn:ferd:CrossIndustryDocument:invoice:1p0",
        "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:12",
        "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:15",
    },
    guideline="rsm:SpecifiedExchangedDocumentContext/ram:GuidelineSpecifiedDocumentContextParameter/ram:ID",
    seller=f"{_AGREED}/ram:SellerTradeParty",
    buyer=f"{_AGREED}/ram:BuyerTradeParty",
    party=PARTY,
    terms={
        "number": f"{_HEAD}/ram:ID",
        "issue_date": f"{_HEAD}/ram:IssueDateTime/*",
        "kind": f"{_HEAD}/ram:TypeCode",
        "due_date": f"{_SETTLED}/ram:SpecifiedTradePaymentTerms/ram:DueDateDateTime/*",
        "currency": f"{_SETTLED}/ram:InvoiceCurrencyCode",
        "total_lines": f"{_SUMS}/ram:LineTotalAmount",
        "total_charges": f"{_SUMS}/ram:ChargeTotalAmount",
        "total_allowances": f"{_SUMS}/ram:AllowanceTotalAmount",
        "total_net": f"{_SUMS}/ram:TaxBasisTotalAmount",
        "total_vat": f"{_SUMS}/ram:TaxTotalAmount",
        "total_gross": f"{_SUMS}/ram:GrandTotalAmount",
        "prepaid": f"{_SUMS}/ram:TotalPrepaidAmount",
        "amount_due": f"{_SUMS}/ram:DuePayableAmount",
        "iban": f"{_MEANS}/ram:PayeePartyCreditorFinancialAccount/ram:IBANID",
        "bic": f"{_MEANS}/ram:PayeeSpecifiedCreditorFinancialInstitution/ram:BICID",
        "order_reference": f"{_AGREED}/ram:BuyerOrderReferencedDocument/ram:ID",
        "payment_terms": f"{_SETTLED}/ram:SpecifiedTradePaymentTerms/ram:Description",
        "delivery_date": f"{_DEAL}/ram:ApplicableSupplyChainTradeDelivery/{_HAPPENED}",
    },
    vat=Group(path=f"{_SETTLED}/ram:ApplicableTradeTax", terms=TAX),
    lines=Group(
        path=f"{_DEAL}/ram:IncludedSupplyChainTradeLineItem",
        terms={
            "id": "ram:AssociatedDocumentLineDocument/ram:LineID",
            "name": "ram:SpecifiedTradeProduct/ram:Name",
            "quantity": f"{_LINE}Delivery/ram:BilledQuantity",
            "unit": f"{_LINE}Delivery/ram:BilledQuantity/@unitCode",
            "unit_price": f"{_LINE}Agreement/ram:NetPriceProductTradePrice/ram:ChargeAmount",
            "net": f"{_LINE}Settlement/ram:SpecifiedTradeSettlementMonetarySummation/ram:LineTotalAmount",
            "vat_rate": f"{_LINE}Settlement/ram:ApplicableTradeTax/ram:ApplicablePercent",
        },
    ),
    notes=f"{_HEAD}/ram:IncludedNote/ram:Content",
)
