"""Labels and sentences in eight languages, many for each thing; they lie in ``words/*.txt``."""

import random
from functools import cache
from pathlib import Path

VAT_LABELS = {
    "fr": "N° TVA|TVA intracommunautaire|N° TVA intracom.|TVA Intra|Id. TVA|N° de TVA|Identifiant TVA|TVA",
    "de": "USt-IdNr.|USt-ID|Ust.-Id.-Nr.|UID|Umsatzsteuer-ID|USt.-IdNr.|VAT-ID",
    "en": "VAT no.|VAT number|VAT Reg No|VAT ID|VAT registration number|VAT|Tax ID",
    "nl": "Btw-nr.|BTW-nummer|Btw-id|BTW nr.|Btw-identificatienummer|BTW|OB-nummer",
    "it": "P. IVA|Partita IVA|P.IVA|P.I.|Partita Iva n.|Cod. IVA|P.IVA / C.F.",
    "es": "NIF|CIF|N.I.F.|C.I.F.|NIF/CIF|NIF IVA|N.I.F. / IVA",
    "pt": "NIF|NIPC|Contribuinte n.º|N.º contribuinte|NIF/NIPC|Contribuinte|N.º de contribuinte",
    "pl": "NIP|NIP UE|Nr NIP|N.I.P.|Numer NIP|NIP/VAT",
}
LEGAL_LABELS = {
    "FR": "SIRET|N° SIRET|Siret|SIREN|RCS|N° SIREN",
    "DE": "HRB|Handelsregister HRB|Registergericht, HRB|HR-Nr.",
    "AT": "FN|Firmenbuchnummer|Firmenbuch-Nr.",
    "CH": "UID|IDE|N° IDE|UID-Nr.",
    "GB": "Company No.|Registered in England no.|Reg. no.|Company number|Co. Reg.",
    "IE": "Company No.|CRO|Registered no.",
    "NL": "KvK|KvK-nummer|K.v.K. nr.|Handelsregister|KVK",
    "BE": "RPM|RPR|N° d'entreprise|Ondernemingsnr.|BCE|KBO",
    "IT": "C.F.|Codice fiscale|Cod. Fisc.",
    "ES": "Registro Mercantil, hoja|R.M. hoja",
    "PT": "Matrícula CRC|C.R.C. n.º",
    "PL": "REGON|Regon",
}
SMALL_TRADER = {
    "FR": "TVA non applicable, art. 293 B du CGI|TVA non applicable - article 293 B du code général des impôts"
    "|Exonération de TVA, article 293 B du CGI",
    "DE": "Gemäß § 19 UStG wird keine Umsatzsteuer berechnet.|Kein Ausweis von Umsatzsteuer, Kleinunternehmer "
    "gemäß § 19 UStG|Umsatzsteuerfrei aufgrund der Kleinunternehmerregelung (§ 19 UStG)",
    "AT": "Umsatzsteuerbefreit – Kleinunternehmer gem. § 6 Abs. 1 Z 27 UStG",
    "CH": "Nicht mehrwertsteuerpflichtig / non assujetti à la TVA",
    "GB": "Not VAT registered.|No VAT charged: below the registration threshold",
    "IE": "Not registered for VAT.",
    "NL": "Vrijgesteld van btw op grond van artikel 25 Wet OB (KOR)|Factuur vrijgesteld van OB, KOR",
    "BE": "Régime particulier de franchise des petites entreprises / Bijzondere vrijstellingsregeling kleine "
    "ondernemingen",
    "IT": "Operazione effettuata ai sensi dell'art. 1, commi 54-89, L. 190/2014 – regime forfettario",
    "ES": "Operación exenta de IVA según art. 20 de la Ley 37/1992",
    "PT": "IVA – regime de isenção, art. 53.º do CIVA|Isento nos termos do artigo 53.º do CIVA",
    "PL": "Zwolnienie z VAT na podstawie art. 113 ust. 1 ustawy o VAT|Podstawa zwolnienia: art. 113 ust. 1 i 9",
}
REVERSE = {
    "fr": "Autoliquidation de la TVA|Autoliquidation – article 283-2 du CGI|Exonération de TVA, art. 262 ter I du CGI",
    "de": "Steuerschuldnerschaft des Leistungsempfängers|Steuerfreie innergemeinschaftliche Lieferung"
    "|Reverse Charge – Steuerschuldnerschaft des Leistungsempfängers",
    "en": "Reverse charge: VAT to be accounted for by the recipient|Intra-Community supply, VAT exempt"
    "|Reverse charge, article 196 Directive 2006/112/EC",
    "nl": "Btw verlegd|Btw verlegd naar afnemer, art. 196|Intracommunautaire levering, 0% btw",
    "it": "Inversione contabile – operazione non imponibile art. 41 D.L. 331/93|Reverse charge, art. 7-ter DPR 633/72",
    "es": "Inversión del sujeto pasivo|Entrega intracomunitaria exenta, art. 25 LIVA",
    "pt": "IVA – autoliquidação|Isento artigo 14.º do RITI",
    "pl": "Odwrotne obciążenie|Wewnątrzwspólnotowa dostawa towarów, stawka 0%",
}


@cache
def book(language: str) -> dict[str, list[str]]:
    """All the words of a language: a list for each thing."""
    lines = (Path(__file__).parent / "words" / f"{language}.txt").read_text(encoding="utf-8").splitlines()
    found: dict[str, list[str]] = {}
    for line in lines:
        key, _, values = line.partition(" = ")
        found.setdefault(key, []).extend([values] if key == "product" else values.split(" | "))
    return found


class Words:
    """The words of one document: what was chosen once stays."""

    def __init__(self, rng: random.Random, language: str, second: str = "") -> None:
        self.language, self.second = language, second
        self._rng = rng
        self._chosen: dict[str, str] = {}

    def __call__(self, key: str, **values: str) -> str:
        """The document's word for a thing, filled with values."""
        if key not in self._chosen:
            told = self._rng.choice(book(self.language)[key])
            if self.second and key in book(self.second) and "{" not in told and len(told) < 30:
                other = self._rng.choice(book(self.second)[key])
                told += f" / {other}" if "{" not in other and other != told else ""
            self._chosen[key] = told
        chosen = self._chosen[key]
        return chosen.format(**values) if values else chosen

    def choose(self, key: str, choices: str) -> str:
        """The document's word out of a list given here."""
        return self._chosen.setdefault(key, self._rng.choice(choices.split("|")))
