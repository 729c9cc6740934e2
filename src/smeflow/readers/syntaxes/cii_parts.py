"""What the Cross Industry Invoice and ZUGFeRD 1 have in common: parties, tax, allowances, dates."""

from smeflow.readers.syntaxes.base import Group, Paths, Terms

VAT = "[ram:TypeCode='VAT']"
ALLOWANCE, CHARGE = "false", "true"
_ADDRESS = "ram:PostalTradeAddress"
_LEGAL = "ram:SpecifiedLegalOrganization"
_CONTACT = "ram:DefinedTradeContact"
IDS = Group(path="ram:ID | ram:GlobalID", terms={"id": ".", "scheme": "@schemeID"})

PARTY: Terms = {
    "name": "ram:Name",
    "trading_name": f"{_LEGAL}/ram:TradingBusinessName",
    "vat_id": "ram:SpecifiedTaxRegistration[ram:ID/@schemeID='VA']/ram:ID",
    "legal_id": f"{_LEGAL}/ram:ID",
    "legal_scheme": f"{_LEGAL}/ram:ID/@schemeID",
    "legal_form": "ram:Description",
    "tax_number": "ram:SpecifiedTaxRegistration[ram:ID/@schemeID='FC']/ram:ID",
    "ids": IDS,
    "endpoint": Group(
        path="ram:URIUniversalCommunication/ram:URIID", terms={"id": ".", "scheme": "@schemeID"}
    ),
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
TAX: Terms = {
    "category": "ram:CategoryCode",
    "rate": ("ram:RateApplicablePercent", "ram:ApplicablePercent"),
    "base": "ram:BasisAmount",
    "amount": "ram:CalculatedAmount",
    "exemption": ("ram:ExemptionReason", "ram:ExemptionReasonCode"),
    "exemption_code": "ram:ExemptionReasonCode",
}
_ACCOUNT = "ram:PayeePartyCreditorFinancialAccount"
_CARD = "ram:ApplicableTradeSettlementFinancialCard"
MEANS: Terms = {
    "code": "ram:TypeCode",
    "name": "ram:Information",
    "account": (f"{_ACCOUNT}/ram:IBANID", f"{_ACCOUNT}/ram:ProprietaryID"),
    "account_name": f"{_ACCOUNT}/ram:AccountName",
    "bic": "ram:PayeeSpecifiedCreditorFinancialInstitution/ram:BICID",
    "card": f"{_CARD}/ram:ID",
    "card_holder": f"{_CARD}/ram:CardholderName",
    "debited_account": "ram:PayerPartyDebtorFinancialAccount/ram:IBANID",
}


def day(path: str) -> Paths:
    """Find a day: written as 20261003, read in whatever form it stands."""
    return f"{path}/udt:DateTimeString[@format='102']", f"{path}/*"


def formatted_day(path: str) -> Paths:
    """Find the day of a document that is referred to."""
    own = "" if path == "." else f"{path}/"
    return (
        f"{own}ram:FormattedIssueDateTime/qdt:DateTimeString[@format='102']",
        f"{own}ram:FormattedIssueDateTime/*",
        f"{own}ram:IssueDateTime/*",
        f"{own}ram:IssueDateTime",
    )


def allowances(path: str, charge: str, *, also: str = "") -> Group:
    """Find the allowances or the charges among the elements at *path*."""
    yes = "1" if charge == CHARGE else "0"
    told = "normalize-space(ram:ChargeIndicator)"
    where = f"{path}[{told}='{charge}' or {told}='{yes}']"
    return Group(
        path=f"{where} | {also}" if also else where,
        write=f"{path}[ram:ChargeIndicator/udt:Indicator='{charge}']",
        terms={
            "amount": ("ram:ActualAmount", "ram:AppliedAmount"),
            "base": "ram:BasisAmount",
            "percent": "ram:CalculationPercent",
            "reason": ("ram:Reason", "ram:Description"),
            "reason_code": "ram:ReasonCode",
            "vat_category": (
                f"ram:CategoryTradeTax{VAT}/ram:CategoryCode",
                "ram:CategoryTradeTax/ram:CategoryCode",
                "ram:AppliedTradeTax/ram:CategoryCode",
            ),
            "vat_rate": (
                f"ram:CategoryTradeTax{VAT}/ram:RateApplicablePercent",
                "ram:CategoryTradeTax/ram:RateApplicablePercent",
                "ram:CategoryTradeTax/ram:ApplicablePercent",
                "ram:AppliedTradeTax/ram:RateApplicablePercent",
                "ram:AppliedTradeTax/ram:ApplicablePercent",
            ),
        },
    )
