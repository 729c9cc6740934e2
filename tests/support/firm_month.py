"""A small building firm's purchases as e-invoices, written to be closed, booked, filed and looked at."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

RECIPE = """\
recipe: achats
llm: none
source: {folder: inbox/}
steps: [{extract: invoice, into: Invoice}]
sinks: [{purchases: out/achats.xlsx, rows: invoice.record}]
"""
SETTINGS = """\
[company]
names = ["Toitures Lebrun"]
siren = "788611093"
locale = "fr_FR"
"""


@dataclass(frozen=True, kw_only=True)
class PurchaseInvoice:
    """What is printed in an e-invoice."""

    seller: str
    number: str
    day: str
    net: str
    siren: str = "552100554"
    rate: str = "20"
    category: str = "S"
    kind: str = "380"
    due: str = ""
    line: str = "Fournitures"

    @property
    def vat(self) -> Decimal:
        """The VAT charged."""
        rate = Decimal(self.rate) if self.category == "S" else Decimal(0)
        return (Decimal(self.net) * rate / 100).quantize(Decimal("0.01"))

    def cii(self) -> bytes:
        """Write it as a Cross Industry Invoice (EN 16931)."""
        rate = self.rate if self.category == "S" else "0"
        total, vat = Decimal(self.net) + self.vat, self.vat
        exempt = "" if self.category == "S" else "<ram:ExemptionReason>Autoliquidation</ram:ExemptionReason>"
        due = (
            '<ram:SpecifiedTradePaymentTerms><ram:DueDateDateTime><udt:DateTimeString format="102">'
            f"{self.due.replace('-', '')}</udt:DateTimeString></ram:DueDateDateTime>"
            "</ram:SpecifiedTradePaymentTerms>"
            if self.due
            else ""
        )
        tax = (
            f"<ram:TypeCode>VAT</ram:TypeCode>{{exempt}}{{base}}<ram:CategoryCode>{self.category}"
            f"</ram:CategoryCode><ram:RateApplicablePercent>{rate}</ram:RateApplicablePercent>"
        )
        whole_tax = f"<ram:CalculatedAmount>{vat}</ram:CalculatedAmount>" + tax.format(
            exempt=exempt, base=f"<ram:BasisAmount>{self.net}</ram:BasisAmount>"
        )
        return f"""<?xml version="1.0" encoding="UTF-8"?>
<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100" \
xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100" \
xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100">
<rsm:ExchangedDocumentContext><ram:GuidelineSpecifiedDocumentContextParameter>\
<ram:ID>urn:cen.eu:en16931:2017</ram:ID></ram:GuidelineSpecifiedDocumentContextParameter>\
</rsm:ExchangedDocumentContext>
<rsm:ExchangedDocument><ram:ID>{self.number}</ram:ID><ram:TypeCode>{self.kind}</ram:TypeCode>\
<ram:IssueDateTime><udt:DateTimeString format="102">{self.day.replace("-", "")}</udt:DateTimeString>\
</ram:IssueDateTime></rsm:ExchangedDocument>
<rsm:SupplyChainTradeTransaction>
<ram:IncludedSupplyChainTradeLineItem><ram:AssociatedDocumentLineDocument><ram:LineID>1</ram:LineID>\
</ram:AssociatedDocumentLineDocument><ram:SpecifiedTradeProduct><ram:Name>{self.line}</ram:Name>\
</ram:SpecifiedTradeProduct><ram:SpecifiedLineTradeAgreement><ram:NetPriceProductTradePrice>\
<ram:ChargeAmount>{self.net}</ram:ChargeAmount></ram:NetPriceProductTradePrice>\
</ram:SpecifiedLineTradeAgreement><ram:SpecifiedLineTradeDelivery><ram:BilledQuantity unitCode="C62">1\
</ram:BilledQuantity></ram:SpecifiedLineTradeDelivery><ram:SpecifiedLineTradeSettlement>\
<ram:ApplicableTradeTax>{tax.format(exempt="", base="")}</ram:ApplicableTradeTax>\
<ram:SpecifiedTradeSettlementLineMonetarySummation><ram:LineTotalAmount>{self.net}</ram:LineTotalAmount>\
</ram:SpecifiedTradeSettlementLineMonetarySummation></ram:SpecifiedLineTradeSettlement>\
</ram:IncludedSupplyChainTradeLineItem>
<ram:ApplicableHeaderTradeAgreement><ram:SellerTradeParty><ram:Name>{self.seller}</ram:Name>\
<ram:SpecifiedLegalOrganization><ram:ID schemeID="0002">{self.siren}</ram:ID>\
</ram:SpecifiedLegalOrganization><ram:PostalTradeAddress><ram:PostcodeCode>35000</ram:PostcodeCode>\
<ram:LineOne>1 rue du Port</ram:LineOne><ram:CityName>Rennes</ram:CityName><ram:CountryID>FR\
</ram:CountryID></ram:PostalTradeAddress></ram:SellerTradeParty><ram:BuyerTradeParty>\
<ram:Name>Toitures Lebrun</ram:Name></ram:BuyerTradeParty></ram:ApplicableHeaderTradeAgreement>
<ram:ApplicableHeaderTradeDelivery/>
<ram:ApplicableHeaderTradeSettlement><ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode>\
<ram:ApplicableTradeTax>{whole_tax}</ram:ApplicableTradeTax>{due}\
<ram:SpecifiedTradeSettlementHeaderMonetarySummation><ram:LineTotalAmount>{self.net}</ram:LineTotalAmount>\
<ram:TaxBasisTotalAmount>{self.net}</ram:TaxBasisTotalAmount><ram:TaxTotalAmount currencyID="EUR">{vat}\
</ram:TaxTotalAmount><ram:GrandTotalAmount>{total}</ram:GrandTotalAmount><ram:DuePayableAmount>{total}\
</ram:DuePayableAmount></ram:SpecifiedTradeSettlementHeaderMonetarySummation>\
</ram:ApplicableHeaderTradeSettlement></rsm:SupplyChainTradeTransaction></rsm:CrossIndustryInvoice>
""".encode()


def autumn() -> list[PurchaseInvoice]:
    """Give the purchases of a building firm from August to November 2026.

    The telephone's invoice of November is missing; a subcontractor charges no VAT, and a roofing shop takes
    something back.
    """
    papers = []
    for month in ("08", "09", "10", "11"):
        papers.append(
            PurchaseInvoice(
                seller="EDF",
                number=f"E{month}",
                day=f"2026-{month}-12",
                net="180.00",
                siren="552081317",
                due=f"2026-{month}-28",
                line="Électricité",
            )
        )
        if month != "11":
            papers.append(
                PurchaseInvoice(
                    seller="Orange SA",
                    number=f"O-{month}",
                    day=f"2026-{month}-03",
                    net="49.90",
                    siren="380129866",
                    line="Abonnement mobile",
                )
            )
    papers += [
        PurchaseInvoice(
            seller="Rénovation Kerbrat SARL",
            number="2026-77",
            day="2026-11-20",
            net="3200.00",
            siren="732829320",
            category="AE",
            due="2026-12-20",
            line="Pose de couverture",
        ),
        PurchaseInvoice(
            seller="Ardoises du Trégor",
            number="AT 1204",
            day="2026-11-06",
            net="860.00",
            siren="404833048",
            due="2026-12-06",
            line="Ardoises 32x22",
        ),
        PurchaseInvoice(
            seller="Ardoises du Trégor",
            number="AV 88",
            day="2026-11-18",
            net="86.00",
            siren="404833048",
            kind="381",
            line="Retour ardoises",
        ),
        PurchaseInvoice(
            seller="Restaurant Le Goëland",
            number="77/3",
            day="2026-11-24",
            net="100.00",
            siren="443061841",
            rate="10",
            line="Repas",
        ),
    ]
    return papers


def write_firm(folder: Path, papers: Sequence[PurchaseInvoice] | None = None) -> None:
    """Write the firm's folder: settings, recipe and inbox."""
    (folder / "inbox").mkdir(parents=True)
    (folder / "smeflow.toml").write_text(SETTINGS, encoding="utf-8")
    (folder / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    for paper in papers if papers is not None else autumn():
        name = f"{paper.seller.split()[0].lower()}-{paper.number}.xml".replace("/", "_").replace(" ", "_")
        (folder / "inbox" / name).write_bytes(paper.cii())
