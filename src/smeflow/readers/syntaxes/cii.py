"""UN/CEFACT Cross Industry Invoice (D16B, D22B): Factur-X, ZUGFeRD 2, XRechnung, EXTENDED-CTC-FR."""

from smeflow.readers.syntaxes.base import Group, Paths, Syntax

_HEAD = "rsm:ExchangedDocument"
_DEAL = "rsm:SupplyChainTradeTransaction"
_AGREED = f"{_DEAL}/ram:ApplicableHeaderTradeAgreement"
_SETTLED = f"{_DEAL}/ram:ApplicableHeaderTradeSettlement"
_SUMS = f"{_SETTLED}/ram:SpecifiedTradeSettlementHeaderMonetarySummation"
_MEANS = f"{_SETTLED}/ram:SpecifiedTradeSettlementPaymentMeans"
_HAPPENED = "ram:ActualDeliverySupplyChainEvent/ram:OccurrenceDateTime/*"
_LINE = "ram:SpecifiedLineTradeSettlement"
_IN_CURRENCY = f"[normalize-space(@currencyID)=normalize-space(/*/{_SETTLED}/ram:InvoiceCurrencyCode)]"


def _total(name: str) -> tuple[str, str]:
    """Prefer the amount in the invoice's currency; without a currency, take it only where it stands alone."""
    return f"{_SUMS}/ram:{name}{_IN_CURRENCY}", f"{_SUMS}[count(ram:{name})=1]/ram:{name}"


PARTY: dict[str, Paths] = {
    "name": "ram:Name",
    "trading_name": "ram:SpecifiedLegalOrganization/ram:TradingBusinessName",
    "vat_id": "ram:SpecifiedTaxRegistration/ram:ID[@schemeID='VA']",
    "legal_id": "ram:SpecifiedLegalOrganization/ram:ID",
    "tax_number": "ram:SpecifiedTaxRegistration/ram:ID[@schemeID='FC']",
    "street": "ram:PostalTradeAddress/ram:LineOne",
    "zip": "ram:PostalTradeAddress/ram:PostcodeCode",
    "city": "ram:PostalTradeAddress/ram:CityName",
    "country": "ram:PostalTradeAddress/ram:CountryID",
    "email": "ram:DefinedTradeContact/ram:EmailURIUniversalCommunication/ram:URIID",
    "phone": "ram:DefinedTradeContact/ram:TelephoneUniversalCommunication/ram:CompleteNumber",
}
TAX: dict[str, Paths] = {
    "category": "ram:CategoryCode",
    "rate": ("ram:RateApplicablePercent", "ram:ApplicablePercent"),
    "base": "ram:BasisAmount",
    "amount": "ram:CalculatedAmount",
    "exemption": ("ram:ExemptionReason", "ram:ExemptionReasonCode"),
}

CII = Syntax(
    name="CII",
    roots=frozenset({"{urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100}CrossIndustryInvoice"}),
    namespaces={
        "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
        "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
        "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
        "qdt": "urn:un:unece:uncefact:data:standard:QualifiedDataType:100",
    },
    guideline="rsm:ExchangedDocumentContext/ram:GuidelineSpecifiedDocumentContextParameter/ram:ID",
    seller=f"{_AGREED}/ram:SellerTradeParty",
    buyer=f"{_AGREED}/ram:BuyerTradeParty",
    party=PARTY,
    terms={
        "number": f"{_HEAD}/ram:ID",
        "issue_date": f"{_HEAD}/ram:IssueDateTime/*",
        "kind": f"{_HEAD}/ram:TypeCode",
        "due_date": f"{_SETTLED}/ram:SpecifiedTradePaymentTerms/ram:DueDateDateTime/*",
        "currency": f"{_SETTLED}/ram:InvoiceCurrencyCode",
        "total_lines": _total("LineTotalAmount"),
        "total_charges": _total("ChargeTotalAmount"),
        "total_allowances": _total("AllowanceTotalAmount"),
        "total_net": _total("TaxBasisTotalAmount"),
        "total_vat": _total("TaxTotalAmount"),
        "total_gross": _total("GrandTotalAmount"),
        "prepaid": _total("TotalPrepaidAmount"),
        "rounding": _total("RoundingAmount"),
        "amount_due": _total("DuePayableAmount"),
        "iban": f"{_MEANS}/ram:PayeePartyCreditorFinancialAccount/ram:IBANID",
        "bic": f"{_MEANS}/ram:PayeeSpecifiedCreditorFinancialInstitution/ram:BICID",
        "order_reference": f"{_AGREED}/ram:BuyerOrderReferencedDocument/ram:IssuerAssignedID",
        "preceding_invoice": f"{_SETTLED}/ram:InvoiceReferencedDocument/ram:IssuerAssignedID",
        "payment_terms": f"{_SETTLED}/ram:SpecifiedTradePaymentTerms/ram:Description",
        "delivery_date": f"{_DEAL}/ram:ApplicableHeaderTradeDelivery/{_HAPPENED}",
    },
    vat=Group(path=f"{_SETTLED}/ram:ApplicableTradeTax", terms=TAX),
    # A line that only groups others, or only informs, counts in no sum.
    lines=Group(
        path=f"{_DEAL}/ram:IncludedSupplyChainTradeLineItem"
        "[not(ram:AssociatedDocumentLineDocument/ram:LineStatusReasonCode[.='GROUP' or .='INFORMATION'])]",
        terms={
            "id": "ram:AssociatedDocumentLineDocument/ram:LineID",
            "name": "ram:SpecifiedTradeProduct/ram:Name",
            "quantity": "ram:SpecifiedLineTradeDelivery/ram:BilledQuantity",
            "unit": "ram:SpecifiedLineTradeDelivery/ram:BilledQuantity/@unitCode",
            "unit_price": "ram:SpecifiedLineTradeAgreement/ram:NetPriceProductTradePrice/ram:ChargeAmount",
            "net": f"{_LINE}/ram:SpecifiedTradeSettlementLineMonetarySummation/ram:LineTotalAmount",
            "vat_rate": (
                f"{_LINE}/ram:ApplicableTradeTax/ram:RateApplicablePercent",
                f"{_LINE}/ram:ApplicableTradeTax/ram:ApplicablePercent",
            ),
        },
    ),
    notes=f"{_HEAD}/ram:IncludedNote/ram:Content",
)
