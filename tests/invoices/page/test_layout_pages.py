"""Pages drawn as text, each with a trap, and what may be read from it."""

from decimal import Decimal

import pytest

from smeflow.invoices.checks import check_sums
from smeflow.invoices.page.read import read_invoice

MAY_BE_MISSING = {"cloud": ("seller",)}
PAGES = {
    "telephone": (
        """
Fibre - 75371 Paris Cedex 08                                  M. Bob JEAN
                                                             12 rue des Lilas
                                                             75010 PARIS
Facture n°562044300 du 02 juillet 2015
Votre abonnement                                  Montant HT      TVA 20%     Montant TTC
Forfait box                                      24,99          5,00         29,99
Total de la facture                                  24,99          5,00         29,99
Total facture TTC                                                               29,99 €
Prélèvement le 05/07/2015
Fibre SAS au capital de 40 000 € - RCS PARIS 732 829 320 - TVA FR44732829320 - 8 rue Haute 75008 Paris
""",
        {
            "number": "562044300",
            "issue_date": "2015-07-02",
            "total_net": "24.99",
            "total_vat": "5.00",
            "total_gross": "29.99",
            "seller": "Fibre",
            "currency": "EUR",
        },
    ),
    "cloud": (
        """
Nimbus Web Services, Inc. Invoice
Email or talk to us about your Nimbus account or bill, visit nimbus.example/contact
Account number:                                              Invoice Summary
123456789012                                                 Invoice Number:      42180000
Address:                                                     Invoice Date:        August 3 , 2014
Acme Corp                                                    TOTAL AMOUNT DUE ON August 3 , 2014      $4.11
ATTN: Joe
12 Main Street
Springfield, IL 62701, US
This invoice is for the billing period July 1 - July 31, 2014
Summary
Nimbus Service Charges                                                          $4.11
Charges                                                                      $4.11
Credits                                                                      $0.00
Tax                                                                          $0.00
Total for this invoice                                                       $4.11
""",
        {
            "number": "42180000",
            "issue_date": "2014-08-03",
            "total_net": "4.11",
            "total_vat": "0.00",
            "total_gross": "4.11",
            "currency": "USD",
            "seller": "Nimbus Web Services, Inc.",
        },
    ),
    "table-head": (
        """
SARL Dupont Plomberie                                FACTURE
8 rue du Port - 44000 Nantes
SIRET 732 829 320 00074
                                                     Société Martin
                                                     4 place Royale
                                                     44000 Nantes
N° Facture       Date           N° Client      Échéance        Mode de règlement
F2024-118        12/03/2024     C0045          11/04/2024      Virement

Désignation                 Qté      PU HT      TVA      Montant HT
Remplacement robinet          2      85,00      10 %      170,00
Main d'oeuvre                 3      45,00      20 %      135,00

Base HT       Taux       Montant TVA                Total HT              305,00
170,00        10 %       17,00                      Total TVA              44,00
135,00        20 %       27,00                      Total TTC             349,00
                                                    Acompte versé         100,00
                                                    Net à payer           249,00 €
SARL au capital de 8 000 € - RCS Nantes 732 829 320 - TVA FR44732829320
""",
        {
            "number": "F2024-118",
            "issue_date": "2024-03-12",
            "due_date": "2024-04-11",
            "total_net": "305.00",
            "total_vat": "44.00",
            "total_gross": "349.00",
            "amount_due": "249.00",
            "prepaid": "100.00",
            "seller": "SARL Dupont Plomberie",
            "buyer": "Société Martin",
            "currency": "EUR",
        },
    ),
    "franchise": (
        """
Julie Moreau - Graphiste
12 chemin des Vignes
33000 Bordeaux
SIRET : 732 829 320 00074
                                          Client :
                                          Agence Lune SAS
                                          5 cours Victor Hugo
                                          33000 Bordeaux
Facture n° 2024-07
Date : 05/02/2024
Création de logo                                    800,00 €
TVA non applicable, art. 293 B du CGI
Total                                               800,00 €
""",
        {
            "number": "2024-07",
            "issue_date": "2024-02-05",
            "total_gross": "800.00",
            "total_vat": "0",
            "currency": "EUR",
            "buyer": "Agence Lune SAS",
        },
    ),
    "po-trap": (
        """
Acme Tools Ltd                                       INVOICE
12 High Street, Leeds LS1 4AB                        Order No: PO-99871
VAT No GB 123 4567 82                                Customer No: 5531
                                                     Invoice No: 20117
Bill to: Widget Makers Ltd                           Order Date: 02/01/2024
7 Mill Lane                                          Invoice Date: 15/01/2024
Leeds LS2 8BB                                        Delivery Date: 10/01/2024
                                                     Due Date: 14/02/2024
Description             Qty     Unit     Net
Hammer                   10     9.50    95.00
Saw                       5    12.00    60.00
                        Subtotal       155.00
                        VAT @ 20%       31.00
                        Total          £186.00
""",
        {
            "number": "20117",
            "issue_date": "2024-01-15",
            "due_date": "2024-02-14",
            "total_net": "155.00",
            "total_vat": "31.00",
            "total_gross": "186.00",
            "seller": "Acme Tools Ltd",
            "buyer": "Widget Makers Ltd",
            "currency": "GBP",
        },
    ),
    "de-letter": (
        """
Müller Elektro GmbH · Hauptstr. 5 · 70173 Stuttgart

Bauer KG
Herr Klaus Bauer
Lindenweg 3
70180 Stuttgart
                                              Kundennummer: 10023
                                              Rechnungsdatum: 03.05.2024
                                              Lieferdatum: 28.04.2024
Rechnung Nr. RE-2024/0815
Pos  Bezeichnung          Menge   Einzelpreis   Gesamtpreis
1    Steckdose             4        12,50          50,00
2    Montage               1       150,00         150,00
                        Nettobetrag               200,00 €
                        zzgl. 19 % MwSt.           38,00 €
                        Gesamtbetrag              238,00 €
Zahlbar innerhalb von 14 Tagen ohne Abzug.
Müller Elektro GmbH    GF: Hans Müller    Amtsgericht Stuttgart HRB 12345    USt-IdNr. DE136695976
Bank: Sparkasse    IBAN: DE89 3704 0044 0532 0130 00    BIC: COBADEFFXXX
""",
        {
            "number": "RE-2024/0815",
            "issue_date": "2024-05-03",
            "due_date": "2024-05-17",
            "delivery_date": "2024-04-28",
            "total_net": "200.00",
            "total_vat": "38.00",
            "total_gross": "238.00",
            "seller": "Müller Elektro GmbH",
            "buyer": "Bauer KG",
            "currency": "EUR",
            "iban": "DE89370400440532013000",
        },
    ),
    "it": (
        """
Rossi S.r.l.                               FATTURA n. 45/2024 del 12/02/2024
Via Roma 10, 20121 Milano
P.IVA 00743110157
Spett.le Bianchi S.p.A.
Via Verdi 2, 10121 Torino
Descrizione            Q.tà     Prezzo    Importo
Consulenza              10      100,00   1.000,00
                       Imponibile        1.000,00
                       IVA 22%             220,00
                       Totale fattura € 1.220,00
Scadenza: 12/03/2024
""",
        {
            "number": "45/2024",
            "issue_date": "2024-02-12",
            "due_date": "2024-03-12",
            "total_net": "1000.00",
            "total_vat": "220.00",
            "total_gross": "1220.00",
            "seller": "Rossi S.r.l.",
            "buyer": "Bianchi S.p.A.",
            "currency": "EUR",
        },
    ),
    "es": (
        """
Construcciones Pérez S.L.
C/ Mayor 12, 28013 Madrid        NIF: B12345674
Factura nº: A-2024-33            Fecha: 20/06/2024
Cliente: Hotel Sol S.A.
Base imponible          500,00 €
IVA 21%                 105,00 €
Total factura           605,00 €
Forma de pago: transferencia  Vencimiento: 20/07/2024
""",
        {
            "number": "A-2024-33",
            "issue_date": "2024-06-20",
            "due_date": "2024-07-20",
            "total_net": "500.00",
            "total_vat": "105.00",
            "total_gross": "605.00",
            "seller": "Construcciones Pérez S.L.",
            "buyer": "Hotel Sol S.A.",
            "currency": "EUR",
        },
    ),
    "nl-credit": (
        """
Bakker Techniek B.V.                       CREDITNOTA
Kade 1                                     Factuurnummer: CN-1001
3011 AB Rotterdam                          Factuurdatum: 04-11-2023
                                           Betreft factuur: 2023-777
De Vries Bouw
Dorpsstraat 8
3512 AA Utrecht
Retour materiaal                    -100,00
Subtotaal excl. btw                 € -100,00
BTW 21%                             € -21,00
Totaal incl. btw                    € -121,00
KvK 12345678  BTW NL123456789B01
""",
        {
            "number": "CN-1001",
            "kind": "credit_note",
            "issue_date": "2023-11-04",
            "total_net": "100.00",
            "total_vat": "21.00",
            "total_gross": "121.00",
            "seller": "Bakker Techniek B.V.",
            "currency": "EUR",
        },
    ),
    "discount": (
        """
Meubles Durand SA                          Facture N° 8842
                                           du 17 avril 2023
Adressée à : Mairie de Tours
Table chêne             1     900,00     900,00
Chaises                 4      75,00     300,00
Total brut HT                  1 200,00
Remise 10 %                     -120,00
Total net HT                   1 080,00
TVA 20,00 %                      216,00
Total TTC                      1 296,00 EUR
Escompte pour paiement anticipé : 2 % soit 25,92
A régler avant le 17/05/2023
Meubles Durand SA - capital 50 000 € - RCS Tours B 552 100 554
""",
        {
            "number": "8842",
            "issue_date": "2023-04-17",
            "due_date": "2023-05-17",
            "total_net": "1080.00",
            "total_vat": "216.00",
            "total_gross": "1296.00",
            "seller": "Meubles Durand SA",
            "currency": "EUR",
        },
    ),
    "ch": (
        """
Alpen AG
Bahnhofstrasse 1
8001 Zürich
                               Kunde AG
                               Seestrasse 4
                               8002 Zürich
Rechnung Nr.  2024-0099
Datum         14. Februar 2024
Beratung                               1'500.00
Total exkl. MWST             CHF       1'500.00
MWST 8.1%                    CHF         121.50
Rechnungsbetrag              CHF       1'621.50
Zahlbar bis 15. März 2024
CHE-116.281.710 MWST   IBAN CH93 0076 2011 6238 5295 7
""",
        {
            "number": "2024-0099",
            "issue_date": "2024-02-14",
            "due_date": "2024-03-15",
            "total_net": "1500.00",
            "total_vat": "121.50",
            "total_gross": "1621.50",
            "currency": "CHF",
        },
    ),
    "theme": (
        """
Pixelmart Pty Ltd                                              Invoice No: 12420000
PO Box 16122                                                Date: 28 Mar 2016
Collins St West VIC 8007
Australia
ABN 51 824 753 556
Invoice to:
John Doe
Somewhere
Description                                   Price
Theme                                        $44.00
Handling fee                                  $2.00
Invoice Total: USD                            $46.00
""",
        {
            "number": "12420000",
            "issue_date": "2016-03-28",
            "total_gross": "46.00",
            "currency": "USD",
            "seller": "Pixelmart Pty Ltd",
        },
    ),
    "multi-rate-de": (
        """
Hotel Krone                         Rechnung
Marktplatz 2                        Rechnungs-Nr.: 55512
97070 Würzburg                      Rechnungsdatum: 11.09.2023
Firma Schulze AG
Ring 4
60311 Frankfurt
Übernachtung         2   90,00   180,00
Frühstück            2   15,00    30,00
Summe brutto EUR                 210,00
Enthaltene MwSt:
7 %   Netto 168,22   MwSt 11,78   Brutto 180,00
19 %  Netto  25,21   MwSt  4,79   Brutto  30,00
Nettosumme    193,43
MwSt gesamt    16,57
""",
        {
            "number": "55512",
            "issue_date": "2023-09-11",
            "total_net": "193.43",
            "total_vat": "16.57",
            "total_gross": "210.00",
            "currency": "EUR",
        },
    ),
    "order-ref-below": (
        """
Lumière & Co SAS
Facture
Numéro : FAC00123
Date d'émission : 30/09/2024
Votre commande n° : CMD-5567 du 01/09/2024
Livré le 20/09/2024
Adresse de facturation                 Adresse de livraison
Garage Petit SARL                      Garage Petit SARL - Dépôt
9 av. de la Gare                       2 rue Basse
31000 Toulouse                         31200 Toulouse
Montant HT    TVA 20%    Montant TTC
250,00 €      50,00 €    300,00 €
""",
        {
            "number": "FAC00123",
            "issue_date": "2024-09-30",
            "total_net": "250.00",
            "total_vat": "50.00",
            "total_gross": "300.00",
            "currency": "EUR",
            "seller": "Lumière & Co SAS",
            "buyer": "Garage Petit SARL",
        },
    ),
    "solde": (
        """
Menuiserie Leroux EURL                         Facture de solde
3 rue des Artisans                             N° FS-2024-12
35000 Rennes                                   Date : 22/06/2024
Tél : 02 99 11 22 33
                                               Mme Claire Petit
                                               8 allée des Pins
                                               35200 Rennes
Fenêtres PVC           4      250,00    1 000,00
Total HT                                1 000,00
TVA 10 %                                  100,00
Total TTC                               1 100,00
Acompte du 02/05/2024                    -330,00
Reste à payer                             770,00 €
SIRET 732 829 320 00074 - APE 4332A
""",
        {
            "number": "FS-2024-12",
            "issue_date": "2024-06-22",
            "total_net": "1000.00",
            "total_vat": "100.00",
            "total_gross": "1100.00",
            "prepaid": "330.00",
            "amount_due": "770.00",
            "seller": "Menuiserie Leroux EURL",
        },
    ),
    "irpf": (
        """
Ana García López                          Factura Nº 2024/15
NIF 12345678Z                             Fecha: 10/04/2024
C/ Luna 4, 28004 Madrid
Cliente: Editorial Norte S.L.
Base imponible        1.000,00 €
IVA 21%                 210,00 €
Retención IRPF 15%     -150,00 €
Total a pagar         1.060,00 €
""",
        {"number": "2024/15", "issue_date": "2024-04-10"},
    ),
    "shipping": (
        """
Webshop Ltd                 Invoice
Invoice number: WS-889      VAT reg no GB123456782
Invoice date: 3 May 2024
Bill to: John Smith
Subtotal      £100.00
Shipping       £10.00
VAT (20%)      £22.00
Total         £132.00
""",
        {"number": "WS-889", "issue_date": "2024-05-03", "total_gross": "132.00"},
    ),
    "dont-tva": (
        """
Librairie Page SARL            FACTURE N° 5567
Le 12 mars 2024
Livres                          60,00
Total TTC                       60,00 €
dont TVA 5,5 %                   3,13 €
""",
        {"number": "5567", "issue_date": "2024-03-12", "total_gross": "60.00"},
    ),
    "stripe": (
        """
Invoice                                                       Hosting Inc.
Invoice number    A1B2C3D4-0007
Date of issue     March 3, 2024
Date due          March 17, 2024
Hosting Inc.                         Bill to
548 Market Street                    Petite Boutique SARL
San Francisco, California 94104      12 rue Basse
United States                        69001 Lyon
billing@hosting.com                  France
$20.00 USD due March 17, 2024
Description               Qty     Unit price     Amount
Pro plan                    1        $20.00      $20.00
                                     Subtotal    $20.00
                                     Total       $20.00
                                     Amount due  $20.00 USD
""",
        {
            "number": "A1B2C3D4-0007",
            "issue_date": "2024-03-03",
            "due_date": "2024-03-17",
            "total_gross": "20.00",
            "currency": "USD",
            "seller": "Hosting Inc.",
            "buyer": "Petite Boutique SARL",
            "amount_due": "20.00",
        },
    ),
    "reverse": (
        """
Sous-traitance BTP SAS                      FACTURE N° ST-044
SIRET 732 829 320 00074                     Date de facture : 28/02/2024
Client : Grand Constructeur SA              Bon de commande : BC-2024-9
TVA client : FR44732829320                  Échéance : 31/03/2024
Travaux de gros oeuvre                      15 000,00
Total HT                                    15 000,00 €
TVA                                              0,00 €
Total TTC                                   15 000,00 €
Autoliquidation - article 283-2 nonies du CGI
""",
        {
            "number": "ST-044",
            "issue_date": "2024-02-28",
            "due_date": "2024-03-31",
            "total_net": "15000.00",
            "total_vat": "0.00",
            "total_gross": "15000.00",
            "seller": "Sous-traitance BTP SAS",
            "buyer": "Grand Constructeur SA",
        },
    ),
    "stack": (
        """
Atelier Vert SAS
FACTURE

Numéro de facture
AV-00077
Date de facture
15 janvier 2024
Numéro de client
C-8841
Date d'échéance
14 février 2024

Sous-total HT
TVA (20 %)
Total TTC
""",
        {"number": "AV-00077", "issue_date": "2024-01-15", "due_date": "2024-02-14"},
    ),
    "space-number": (
        """
Transports Blanc SAS                         Facture No : FA 2024 00311
Lyon, le 3 mars 2024                         Référence dossier : 77812
Total H.T. :  500,00    T.V.A. 20 % :  100,00    Total T.T.C. :  600,00 Euros
Date de livraison : 28/02/2024
""",
        {
            "number": "FA 2024 00311",
            "issue_date": "2024-03-03",
            "total_net": "500.00",
            "total_vat": "100.00",
            "total_gross": "600.00",
            "currency": "EUR",
            "delivery_date": "2024-02-28",
        },
    ),
    "prev-balance": (
        """
Energie Plus SA                      Facture n° 10 445 887 221
Facture du 05/03/2024                N° client : 5 555 123
Période du 01/02/2024 au 29/02/2024
Solde précédent                          45,00 €
Montant hors taxes                       80,00 €
TVA à 20 %                               16,00 €
Montant TTC de la période                96,00 €
Montant total à payer                   141,00 €
Prélèvement le 20/03/2024
""",
        {"issue_date": "2024-03-05", "total_net": "80.00", "total_vat": "16.00", "total_gross": "96.00"},
    ),
    "de-kleinunternehmer": (
        """
Anna Schmidt Fotografie
Gartenweg 9
50667 Köln
Steuernummer 214/5678/1234
Café Rosa GmbH
Domstr. 1
50668 Köln
Rechnung 2024-018                          Köln, den 09.07.2024
Fotoshooting                    350,00 €
Gesamtbetrag                    350,00 €
Gemäß § 19 UStG wird keine Umsatzsteuer berechnet.
""",
        {
            "number": "2024-018",
            "issue_date": "2024-07-09",
            "total_gross": "350.00",
            "total_vat": "0",
            "total_net": "350.00",
        },
    ),
    "two-rate-summary": (
        """
Traiteur Bon SARL                 FACTURE : 2024-0456
                                  DATE : 01.12.2023
CLIENT : Mairie de Vannes
Code TVA   Taux    Base HT    TVA      TTC
1          5,50     200,00   11,00    211,00
2         20,00     100,00   20,00    120,00
Totaux              300,00   31,00    331,00
                    NET A PAYER :     331,00 EUR
""",
        {
            "number": "2024-0456",
            "issue_date": "2023-12-01",
            "total_net": "300.00",
            "total_vat": "31.00",
            "total_gross": "331.00",
            "currency": "EUR",
            "amount_due": "331.00",
            "buyer": "Mairie de Vannes",
            "seller": "Traiteur Bon SARL",
        },
    ),
    "qty-trap": (
        """
Office Supply BV                     Factuur
Factuurnummer 2024.0098              Factuurdatum 2 februari 2024
Debiteurnummer 100200
Papier A4      20    19,00    380,00
Pennen        380     1,00    380,00
Totaal excl. BTW              760,00
21% BTW                       159,60
Te betalen                    919,60
""",
        {
            "number": "2024.0098",
            "issue_date": "2024-02-02",
            "total_net": "760.00",
            "total_vat": "159.60",
            "total_gross": "919.60",
            "seller": "Office Supply BV",
        },
    ),
    "avoir-ref": (
        """
Papeterie du Centre SARL                       AVOIR N° AV-0031
10 rue Carnot 86000 Poitiers                   Date : 18/01/2024
Annule la facture n° FA-0987 du 12/12/2023
Ramettes                 -10      5,00      -50,00
Total HT                                    -50,00
TVA 20 %                                    -10,00
Total TTC                                   -60,00 €
""",
        {
            "number": "AV-0031",
            "kind": "credit_note",
            "issue_date": "2024-01-18",
            "total_net": "50.00",
            "total_vat": "10.00",
            "total_gross": "60.00",
        },
    ),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_read_without_a_model(name, paper):
    """Every field that is read is right; what is not sure stays empty."""
    text, expected = PAGES[name]
    reading = read_invoice([paper(text)])
    assert reading is not None
    for field, value in expected.items():
        found = getattr(reading.record, field)
        if found is None and field in MAY_BE_MISSING.get(name, ()):
            continue
        assert found == Decimal(value) if isinstance(found, Decimal) else str(found) == value, field
    assert [check.passed for check in check_sums(reading.record) if check.name == "net+vat=gross"] in (
        [True],
        [None],
    )


@pytest.mark.parametrize("name", PAGES)
def test_every_value_is_quoted_from_the_page(name, paper):
    """The quote is the page's own text and has a box."""
    document = paper(PAGES[name][0])
    reading = read_invoice([document])
    assert reading is not None
    for field, finding in reading.findings.items():
        if field == "vat":
            continue
        assert finding.quote is not None, field
        assert finding.quote.box is not None
        assert document.text[finding.quote.start : finding.quote.end] == finding.quote.text
