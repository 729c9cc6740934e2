"""OASIS UBL 2.1 invoices and credit notes: XRechnung, Peppol BIS, EXTENDED-CTC-FR."""

from smeflow.readers.syntaxes.base import Group, Syntax

_TOTALS = "cac:LegalMonetaryTotal"
_IS_VAT = "[normalize-space(cac:TaxScheme/cbc:ID)='VAT']"
_IN_CURRENCY = "[normalize-space(@currencyID)=normalize-space(/*/cbc:DocumentCurrencyCode)]"

UBL = Syntax(
    name="UBL",
    roots=frozenset(
        f"{{urn:oasis:names:specification:ubl:schema:xsd:{name}-2}}{name}"
        for name in ("Invoice", "CreditNote")
    ),
    namespaces={
        "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
        "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
    },
    guideline="cbc:CustomizationID",
    seller="cac:AccountingSupplierParty/cac:Party",
    buyer="cac:AccountingCustomerParty/cac:Party",
    party={
        "name": ("cac:PartyLegalEntity/cbc:RegistrationName", "cac:PartyName/cbc:Name"),
        "trading_name": "cac:PartyName/cbc:Name",
        "vat_id": f"cac:PartyTaxScheme{_IS_VAT}/cbc:CompanyID",
        "legal_id": "cac:PartyLegalEntity/cbc:CompanyID",
        "tax_number": "cac:PartyTaxScheme[normalize-space(cac:TaxScheme/cbc:ID)!='VAT']/cbc:CompanyID",
        "street": "cac:PostalAddress/cbc:StreetName",
        "zip": "cac:PostalAddress/cbc:PostalZone",
        "city": "cac:PostalAddress/cbc:CityName",
        "country": "cac:PostalAddress/cac:Country/cbc:IdentificationCode",
        "email": "cac:Contact/cbc:ElectronicMail",
        "phone": "cac:Contact/cbc:Telephone",
    },
    terms={
        "number": "cbc:ID",
        "issue_date": "cbc:IssueDate",
        "kind": ("cbc:InvoiceTypeCode", "cbc:CreditNoteTypeCode"),
        "due_date": ("cbc:DueDate", "cac:PaymentMeans/cbc:PaymentDueDate"),
        "currency": "cbc:DocumentCurrencyCode",
        "total_lines": f"{_TOTALS}/cbc:LineExtensionAmount",
        "total_charges": f"{_TOTALS}/cbc:ChargeTotalAmount",
        "total_allowances": f"{_TOTALS}/cbc:AllowanceTotalAmount",
        "total_net": f"{_TOTALS}/cbc:TaxExclusiveAmount",
        # A second total in the seller's tax currency (BT-111) may stand beside it.
        "total_vat": (
            f"cac:TaxTotal/cbc:TaxAmount{_IN_CURRENCY}",
            "self::*[count(cac:TaxTotal)=1]/cac:TaxTotal/cbc:TaxAmount",
        ),
        "total_gross": f"{_TOTALS}/cbc:TaxInclusiveAmount",
        "prepaid": f"{_TOTALS}/cbc:PrepaidAmount",
        "rounding": f"{_TOTALS}/cbc:PayableRoundingAmount",
        "amount_due": f"{_TOTALS}/cbc:PayableAmount",
        "iban": "cac:PaymentMeans/cac:PayeeFinancialAccount/cbc:ID",
        "bic": "cac:PaymentMeans/cac:PayeeFinancialAccount/cac:FinancialInstitutionBranch/cbc:ID",
        "order_reference": "cac:OrderReference/cbc:ID",
        "preceding_invoice": "cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID",
        "payment_terms": "cac:PaymentTerms/cbc:Note",
        "delivery_date": "cac:Delivery/cbc:ActualDeliveryDate",
    },
    vat=Group(
        path=f"cac:TaxTotal[cbc:TaxAmount{_IN_CURRENCY} or count(/*/cac:TaxTotal)=1]/cac:TaxSubtotal",
        terms={
            "category": "cac:TaxCategory/cbc:ID",
            "rate": "cac:TaxCategory/cbc:Percent",
            "base": "cbc:TaxableAmount",
            "amount": "cbc:TaxAmount",
            "exemption": (
                "cac:TaxCategory/cbc:TaxExemptionReason",
                "cac:TaxCategory/cbc:TaxExemptionReasonCode",
            ),
        },
    ),
    lines=Group(
        path="cac:InvoiceLine | cac:CreditNoteLine",
        terms={
            "id": "cbc:ID",
            "name": "cac:Item/cbc:Name",
            "quantity": ("cbc:InvoicedQuantity", "cbc:CreditedQuantity"),
            "unit": ("cbc:InvoicedQuantity/@unitCode", "cbc:CreditedQuantity/@unitCode"),
            "unit_price": "cac:Price/cbc:PriceAmount",
            "net": "cbc:LineExtensionAmount",
            "vat_rate": "cac:Item/cac:ClassifiedTaxCategory/cbc:Percent",
        },
    ),
    notes="cbc:Note",
    no_kind="380",
)
