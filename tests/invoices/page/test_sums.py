"""Totals with terms between them: retention, withheld tax, works in progress, VAT by rate alone."""

from decimal import Decimal

import pytest

from smeflow.invoices.page.read import read_invoice

FIELDS = ("total_net", "total_vat", "total_gross", "prepaid", "amount_due")
HEADS = {
    "fr": "Bâtir Ouest SARL\nSIRET 732 829 320 00074  TVA FR44 732829320\n\n"
    "FACTURE\nFacture n° : F-26-118\nDate de facture : 12/03/2026\nClient : Martin SAS\n",
    "de": "Bauhof Lindner GmbH\nUSt-IdNr. DE136695976\n\nRechnung\nRechnungsnummer: R-26-118\n"
    "Rechnungsdatum: 12.03.2026\nAn: Martin Holz GmbH\n",
    "en": "Harbour Works Ltd\nVAT GB 980 7806 84\n\nINVOICE\nInvoice number: F-26-118\n"
    "Invoice date: 12 March 2026\nBill to: Martin Ltd\n",
    "it": "Costruzioni Vela S.r.l.\nP.IVA IT00743110157\n\nFATTURA\nNumero fattura: F-26-118\n"
    "Data fattura: 12/03/2026\nCliente: Martini S.p.A.\n",
    "es": "Obras del Norte S.L.\nNIF ESB58378431\n\nFACTURA\nNúmero de factura: F-26-118\n"
    "Fecha de factura: 12/03/2026\nCliente: Martín S.A.\n",
    "pt": "Obras do Norte Lda\nNIF PT501964843\n\nFATURA\nFatura n.º: F-26-118\n"
    "Data da fatura: 12/03/2026\nCliente: Martins Lda\n",
    "pl": "Budowa Polska Sp. z o.o.\nNIP PL8567346215\n\nFAKTURA\nNumer faktury: F-26-118\n"
    "Data wystawienia: 12.03.2026\nNabywca: Marcin S.A.\n",
    "nl": "Bouwbedrijf Noord B.V.\nBTW NL004495445B01\n\nFACTUUR\nFactuurnummer: F-26-118\n"
    "Factuurdatum: 12-03-2026\nKlant: Martens N.V.\n",
}
CASES = {
    "retention kept back": (
        "fr",
        """
Gros œuvre               1   10 000,00      10 000,00
Total HT                                    10 000,00 €
TVA 20 %                                     2 000,00 €
Total TTC                                   12 000,00 €
Retenue de garantie 5 %                       -600,00 €
Net à payer                                 11 400,00 €
""",
        "10000 2000 12000 600 11400",
    ),
    "works in progress": (
        "fr",
        """
Situation n° 3
Montant cumulé des travaux HT               30 000,00 €
Situations précédentes HT                   18 000,00 €
Montant de la présente situation HT         12 000,00 €
TVA 20 %                                     2 400,00 €
Montant TTC                                 14 400,00 €
Retenue de garantie 5 %                       -720,00 €
Net à payer                                 13 680,00 €
""",
        "12000 2400 14400 720 13680",
    ),
    "works in progress in columns": (
        "fr",
        """
Désignation            Marché HT      Cumul      Précédent       Ce mois
Gros œuvre             40 000,00   30 000,00     18 000,00     12 000,00
Charpente              10 000,00    5 000,00      2 000,00      3 000,00
Totaux HT              50 000,00   35 000,00     20 000,00     15 000,00
TVA 20 %                                                        3 000,00
Total TTC de la situation                                      18 000,00
""",
        "15000 3000 18000 - 18000",
    ),
    "cumulative with VAT, and what was invoiced before": (
        "fr",
        """
Travaux exécutés à ce jour HT               30 000,00 €
À déduire : situations antérieures         -18 000,00 €
Total HT                                    12 000,00 €
TVA 10 %                                     1 200,00 €
Total TTC                                   13 200,00 €
""",
        "12000 1200 13200 - 13200",
    ),
    "shipping and a discount between the sums": (
        "fr",
        """
Chaises                  4      100,00         400,00
Tables                   2      300,00         600,00
Total des articles                           1 000,00 €
Remise 10 %                                   -100,00 €
Frais de port                                   50,00 €
Total HT                                       950,00 €
TVA 20 %                                       190,00 €
Total TTC                                    1 140,00 €
""",
        "950 190 1140 - 1140",
    ),
    "an order between private hands: shipping behind the net": (
        "en",
        """
Chairs                   4      100.00         400.00
Subtotal                                       400.00
Shipping                                        50.00
VAT 20%                                         90.00
Grand total                                GBP 540.00
""",
        "450 90 540 - 540",
    ),
    "VAT by rate alone": (
        "de",
        """
Bücher                  10       30,00         300,00
Regale                   2      250,00         500,00
Netto                                          800,00 €
zzgl. 7 % USt. auf 300,00                       21,00 €
zzgl. 19 % USt. auf 500,00                      95,00 €
Gesamtbetrag                                   916,00 €
""",
        "800 116 916 - 916",
    ),
    "bases and VAT by rate alone": (
        "nl",
        """
Boeken                  10       30,00         300,00
Kasten                   2      250,00         500,00
Btw       Grondslag     Bedrag
9 %          300,00      27,00
21 %         500,00     105,00
Te betalen                                 €   932,00
""",
        "800 132 932 - 932",
    ),
    "withheld income tax and stamp duty": (
        "it",
        """
Progettazione            1    1.000,00       1.000,00
Imponibile                                 € 1.000,00
IVA 22%                                    €   220,00
Totale fattura                             € 1.220,00
Ritenuta d'acconto 20%                     €  -200,00
Netto a pagare                             € 1.020,00
""",
        "1000 220 1220 200 1020",
    ),
    "withheld IRPF": (
        "es",
        """
Diseño                   1    1.000,00       1.000,00
Base imponible                               1.000,00 €
IVA 21%                                        210,00 €
Retención IRPF 15%                            -150,00 €
Total a pagar                                1.060,00 €
""",
        "1000 210 1210 150 1060",
    ),
    "withheld IRPF, the total before it": (
        "es",
        """
Diseño                   1    1.000,00       1.000,00
Base imponible                               1.000,00 €
IVA 21%                                        210,00 €
Total factura                                1.210,00 €
IRPF -15%                                     -150,00 €
Líquido a percibir                           1.060,00 €
""",
        "1000 210 1210 150 1060",
    ),
    "withheld IRS": (
        "pt",
        """
Consultoria              1    1 000,00       1 000,00
Total ilíquido                               1 000,00 €
IVA 23%                                        230,00 €
Total                                        1 230,00 €
Retenção na fonte IRS 25%                     -250,00 €
Total a pagar                                  980,00 €
""",
        "1000 230 1230 250 980",
    ),
    "a Portuguese summary": (
        "pt",
        """
Consultoria              1    1 000,00       1 000,00
Mercadoria/Serviços                          1 000,00
Descontos                                        0,00
IVA                                            230,00
Total (EUR)                                  1 230,00
""",
        "1000 230 1230 - 1230",
    ),
    "a Polish invoice": (
        "pl",
        """
Usługa     1 szt.   1 000,00   1 000,00   23%   230,00   1 230,00
                    Stawka     Netto      VAT      Brutto
                    23%     1 000,00   230,00    1 230,00
          Razem:            1 000,00   230,00    1 230,00
Do zapłaty:                                  1 230,00 zł
""",
        "1000 230 1230 - 1230",
    ),
    "a Polish invoice partly paid": (
        "pl",
        """
Usługa     1 szt.   1 000,00   1 000,00   23%   230,00   1 230,00
Wartość netto                              1 000,00 zł
Kwota VAT                                    230,00 zł
Wartość brutto                             1 230,00 zł
Zapłacono                                    500,00 zł
Pozostaje do zapłaty                         730,00 zł
""",
        "1000 230 1230 500 730",
    ),
    "a deposit deducted": (
        "de",
        """
Montage                  1    1.000,00       1.000,00
Nettobetrag                                  1.000,00 €
19 % MwSt.                                     190,00 €
Bruttobetrag                                 1.190,00 €
abzgl. Anzahlung vom 01.02.2026                500,00 €
Zahlbetrag                                     690,00 €
""",
        "1000 190 1190 500 690",
    ),
    "retention and a deposit": (
        "de",
        """
Montage                  1    1.000,00       1.000,00
Summe netto                                  1.000,00 €
19 % USt.                                      190,00 €
Summe brutto                                 1.190,00 €
Sicherheitseinbehalt 5 %                       -59,50 €
abzgl. Abschlagszahlung                       -500,00 €
Zu zahlen                                      630,50 €
""",
        "1000 190 1190 559.50 630.50",
    ),
    "a debt from before that is no part of it": (
        "nl",
        """
Advies                   1    1.000,00       1.000,00
Totaal excl. btw                             1.000,00 €
Btw 21 %                                       210,00 €
Totaal incl. btw                             1.210,00 €
Openstaand saldo vorige maanden: A-09257, 02-02-2026, 691,11 €
""",
        "1000 210 1210 - 1210",
    ),
    "paid before, and nothing says what is left": (
        "pt",
        """
Consultoria              1    1 000,00       1 000,00
Total sem IVA                                1 000,00 €
IVA 23%                                        230,00 €
Total com IVA                                1 230,00 €
Já pago por cheque                             200,00 €
""",
        "1000 230 1230 200 -",
    ),
    "VAT by rate, and nothing says on what": (
        "pl",
        """
Konsultacje              1      255,90         255,90
Sok jabłkowy             1       14,43          14,43
Netto razem                                    270,33
VAT 5%                                           0,72
VAT 23%                                         58,86
Ogółem brutto                                  329,91 zł
Zaliczka                                       164,96
Razem do zapłaty                               164,95 zł
""",
        "270.33 59.58 329.91 164.96 164.95",
    ),
    "works in three columns, each of which closes": (
        "fr",
        """
                         Cumul      Situation      Situation
                                   précédente      du mois
Total HT             35 000,00      20 000,00     15 000,00
TVA 20 %              7 000,00       4 000,00      3 000,00
Total TTC            42 000,00      24 000,00     18 000,00
Retenue de garantie   2 100,00       1 200,00        900,00
Net à payer          39 900,00      22 800,00     17 100,00
""",
        "15000 3000 18000 900 17100",
    ),
    "works up to now, less what was invoiced": (
        "de",
        """
Leistungsstand kumuliert netto             30.000,00 €
abzgl. bisher abgerechnet netto           -18.000,00 €
Nettobetrag                                12.000,00 €
19 % MwSt.                                  2.280,00 €
Bruttobetrag                               14.280,00 €
Sicherheitseinbehalt 5 %                     -714,00 €
Zahlbetrag                                 13.566,00 €
""",
        "12000 2280 14280 714 13566",
    ),
    "works with VAT from the beginning": (
        "it",
        """
Importo lavori a tutto il SAL n. 3         30.000,00
SAL precedenti                             18.000,00
Imponibile                                 12.000,00
IVA 10%                                     1.200,00
Totale fattura                             13.200,00
Ritenuta a garanzia 5%                       -600,00
Netto a pagare                             12.600,00
""",
        "12000 1200 13200 600 12600",
    ),
    "a Portuguese fee with IRS": (
        "pt",
        """
Honorários               1      800,00         800,00
Incidência                                     800,00
IVA 23%                                        184,00
Retenção IRS 25%                              -200,00
Total a receber                                784,00
""",
        "800 184 984 200 784",
    ),
    "three rates and no bases": (
        "fr",
        """
Livres                   1      100,00         100,00
Repas                    1      200,00         200,00
Chaises                  1      300,00         300,00
Total HT                                       600,00 €
TVA 5,5 %                                        5,50 €
TVA 10 %                                        20,00 €
TVA 20 %                                        60,00 €
Total TTC                                      685,50 €
""",
        "600 85.50 685.50 - 685.50",
    ),
}


def amounts(record):
    """Write the totals of a record as the cases do."""
    return {name: getattr(record, name) for name in FIELDS}


@pytest.mark.parametrize("name", CASES)
def test_a_total_is_what_the_standard_means_by_it(name, paper):
    """The total is with VAT, whatever is paid, kept back or withheld before something is due."""
    language, sums, expected = CASES[name]
    found = amounts(read_invoice([paper(HEADS[language] + sums)]).record)
    wanted = dict(zip(FIELDS, expected.split(), strict=True))
    assert found == {n: None if v == "-" else Decimal(v) for n, v in wanted.items()}


@pytest.mark.parametrize(
    ("language", "rows"),
    [
        ("de", "Nettobeitrag  100,00\n19 % Versicherungsteuer  19,00\nGesamtbetrag  119,00 EUR"),
        ("fr", "Prime HT  100,00\nTaxe sur les conventions d'assurance 9 %  9,00\nTotal TTC  109,00 EUR"),
    ],
)
def test_a_tax_on_insurance_is_no_vat(paper, language, rows):
    """What insurers charge is exempt of VAT: their tax looks like it, and must not be deducted."""
    reading = read_invoice((paper(HEADS[language] + rows),))
    failed = [check for check in reading.checks if check.passed is False and check.name == "other_tax"]
    assert [check.fields for check in failed] == [("total_vat",)]
    same_with_vat = read_invoice(
        (paper(HEADS["de"] + "Netto  100,00\nUSt. 19 %  19,00\nGesamt  119,00 EUR"),)
    )
    assert "other_tax" not in {check.name for check in same_with_vat.checks}
