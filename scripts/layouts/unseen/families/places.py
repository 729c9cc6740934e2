"""Streets, towns, people and buyers of each country, and the firms that are made of them."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field

from families import numbers

STREETS = {
    "FR": "{n} rue des Tanneurs|{n} avenue Gambetta|{n} bis, rue Pasteur|{n} chemin de la Garenne|ZA des Quatre Vents, {n} allée des Métiers|{n} boulevard Carnot|{n} quai de la Fosse|{n} impasse du Moulin|{n} place du Marché",
    "DE": "Lindenstraße {n}|Am Stadtgraben {n}|Hauptstr. {n}a|Gewerbepark Süd {n}|Kirchgasse {n}|Bahnhofstraße {n}|Rosenweg {n}|An der Alten Ziegelei {n}|Schillerplatz {n}",
    "AT": "Mariahilfer Straße {n}|Linzer Gasse {n}/2|Sparkassenplatz {n}|Grazer Straße {n}",
    "CH": "Seestrasse {n}|Dorfstrasse {n}|Industriestrasse {n}b|Bahnhofplatz {n}",
    "CR": "Rue du Lac {n}|Avenue de la Gare {n}|Chemin des Vignes {n}|Route de Berne {n}",
    "BE": "Rue de la Station {n}|Chaussée de Namur {n}|Avenue Louise {n}|Rue Haute {n}",
    "VL": "Stationsstraat {n}|Kortrijksesteenweg {n}|Grote Markt {n}|Meensesteenweg {n}",
    "NL": "Keizersgracht {n}|Molenweg {n}|Stationsplein {n}|Dorpsstraat {n}A|Havenkade {n}",
    "IT": "Via Garibaldi {n}|Corso Matteotti, {n}|Via dell'Artigianato {n}|Piazza Cavour, {n}|Viale Europa {n}",
    "ES": "C/ Mayor, {n}|Avda. de la Constitución, {n}|Pol. Ind. La Vega, nave {n}|Calle Alcalá, {n}|Paseo del Prado {n}",
    "PT": "Rua da Boavista, {n}|Avenida da Liberdade {n}|Rua de Santa Catarina, {n}|Largo do Carmo {n}",
    "PL": "ul. Kościuszki {n}|ul. Długa {n}/3|al. Niepodległości {n}|ul. Polna {n}",
    "GB": "{n} Mill Lane|{n} Church Street|Unit {n}, Brookfield Trading Estate|{n} Station Road|{n} Victoria Terrace",
    "IE": "{n} Eyre Square|{n} Dame Street|Unit {n}, Ballymount Park|{n} Patrick Street",
    "US": "{n} Maple Avenue|{n} Commerce Street",
}
TOWNS = {
    "FR": "44000 Nantes|69003 Lyon|33000 Bordeaux|35000 Rennes|59800 Lille|31000 Toulouse|74000 Annecy|21000 Dijon|86000 Poitiers|56100 Lorient|63000 Clermont-Ferrand|07200 Aubenas",
    "DE": "50667 Köln|80331 München|20095 Hamburg|70173 Stuttgart|04109 Leipzig|90402 Nürnberg|48143 Münster|79098 Freiburg|97070 Würzburg|26122 Oldenburg|01067 Dresden|34117 Kassel",
    "AT": "1060 Wien|5020 Salzburg|6020 Innsbruck|4020 Linz|8010 Graz",
    "CH": "8001 Zürich|3011 Bern|6003 Luzern|9000 St. Gallen|8400 Winterthur",
    "CR": "1003 Lausanne|1204 Genève|1700 Fribourg|2000 Neuchâtel",
    "BE": "5000 Namur|4000 Liège|1000 Bruxelles|7000 Mons",
    "VL": "9000 Gent|2000 Antwerpen|8500 Kortrijk|3000 Leuven",
    "NL": "1016 DV Amsterdam|3511 CE Utrecht|5611 EM Eindhoven|9712 HX Groningen|6811 KM Arnhem",
    "IT": "20121 Milano|40121 Bologna|10121 Torino|37121 Verona|50122 Firenze",
    "ES": "28013 Madrid|46002 Valencia|50001 Zaragoza|41001 Sevilla|48009 Bilbao",
    "PT": "4050-253 Porto|1200-012 Lisboa|3000-213 Coimbra|4700-327 Braga",
    "PL": "00-950 Warszawa|31-042 Kraków|80-831 Gdańsk|50-106 Wrocław|61-809 Poznań",
    "GB": "LS1 4AP Leeds|BS1 5TR Bristol|M2 7LB Manchester|NR2 1TF Norwich|EH3 6QN Edinburgh",
    "IE": "D02 X285 Dublin|T12 W8KP Cork|H91 E9XK Galway",
    "US": "19103 Philadelphia, PA|43215 Columbus, OH|60606 Chicago, IL",
}
PEOPLE = {
    "FR": "Élodie Marchand|Baptiste Lemoine|Nadia Ferhat|Gaël Le Bihan|Sophie Delorme|Thierry Vasseur|Camille Roussel|Hugo Perrault",
    "DE": "Annika Brandt|Jörg Feldmann|Meike Hansen|Tobias Krüger|Sabine Löffler|Dieter Ostermann|Katrin Vogelsang|Florian Weiß",
    "AT": "Johanna Pichler|Markus Ebner|Theresa Gruber",
    "CH": "Reto Zumstein|Ursina Caduff|Beat Aeschlimann",
    "CR": "Anne-Lise Rochat|Yves Pittet|Corinne Monney",
    "BE": "Benoît Lambert|Aurélie Dubuisson|Marc Stassart",
    "VL": "Wim Verstraete|Lies Claes|Jan Vandenberghe",
    "NL": "Sanne de Vries|Joost van der Meer|Femke Bakker|Ruben Kuiper",
    "IT": "Giulia Ferrante|Marco Bellini|Chiara Zanetti|Paolo Rinaldi",
    "ES": "Marta Ibáñez Soler|Javier Ortega Ruiz|Lucía Campos Gil|Andrés Molina Vega",
    "PT": "Inês Carvalho|Rui Tavares|Marta Figueiredo",
    "PL": "Agnieszka Wrona|Piotr Zieliński|Magdalena Sowa|Tomasz Lis",
    "GB": "Harriet Ashworth|Callum Doyle|Priya Nair|Owen Pritchard",
    "IE": "Aoife Brennan|Declan Foley|Niamh Keane",
    "US": "Dana Whitfield|Carl Jensen",
}
CLIENTS = {
    "FR": "Coopérative du Pays d'Auge|SAS Ferronnerie Lacombe|Mairie de Saint-Aubin|Laboratoires Vernay|Éditions du Canal|SARL Transports Gaillard|Lycée Jean-Moulin|Clinique des Ormeaux",
    "DE": "Feinkost Albrecht GmbH|Stadtwerke Neuental AöR|Lohmann Maschinenbau GmbH & Co. KG|Praxis Dr. Sommer|Buchhandlung am Dom e.K.|Ruhrtal Logistik GmbH|Gemeinde Oberwinden|Kanzlei Thoma und Partner",
    "AT": "Alpenquell Getränke GmbH|Tischlerei Hollersbach KG|Donaukanal Medien GmbH",
    "CH": "Bergblick Treuhand AG|Genossenschaft Sonnenhof|Aareufer Immobilien AG",
    "CR": "Fondation du Jorat|Horlogerie Vallon SA|Régie Bellerive SA",
    "BE": "Brasserie du Viaduc SRL|Imprimerie Wauters SA|Commune de Gesves",
    "VL": "Houthandel De Clerck BV|Drukkerij Scheldezicht NV|Bakkerij Mertens BV",
    "NL": "Bouwbedrijf Hoekstra B.V.|Kwekerij De Linde VOF|Gemeente Waterland|Museum aan de Vecht",
    "IT": "Officine Brenta S.r.l.|Cantina San Vito Soc. Agr.|Comune di Borgosesia|Edilcasa Lombarda S.p.A.",
    "ES": "Conservas del Ebro, S.A.|Talleres Arganda, S.L.|Ayuntamiento de Cercedilla|Hotel Puerta Sur, S.L.",
    "PT": "Cerâmica do Mondego, Lda.|Hotel Miradouro, S.A.|Câmara Municipal de Tomar",
    "PL": "Browar Nadodrze Sp. z o.o.|Zakład Mleczarski Polana S.A.|Meble Kaszuby Sp. j.",
    "GB": "Thornbury Fabrications Ltd|Wharfside Dental Practice|Moorland Outdoor Co Ltd|Kestrel Analytics LLP",
    "IE": "Shannonside Foods DAC|Corrib Marine Ltd|Liffey Print Ltd",
    "US": "Allegheny Tooling Inc.|Lakeshore Instruments LLC",
}
COUNTRY = {
    "FR": "France", "DE": "Deutschland", "AT": "Österreich", "CH": "Schweiz", "CR": "Suisse", "BE": "Belgique",
    "VL": "België", "NL": "Nederland", "IT": "Italia", "ES": "España", "PT": "Portugal", "PL": "Polska",
    "GB": "United Kingdom", "IE": "Ireland", "US": "USA",
}  # fmt: skip
ALIKE = {"CR": "CH", "VL": "BE"}


@dataclass
class Firm:
    """A firm or a person with all that a page may print of it; ``more`` holds what is no truth."""

    name: str
    street: str
    zip: str
    city: str
    country: str
    vat_id: str = ""
    legal_id: str = ""
    more: dict[str, str] = field(default_factory=dict)


def pick(rng: random.Random, table: Mapping[str, str], key: str) -> str:
    """One of the words that a table has for a country."""
    return rng.choice(table[key].split("|"))


def _ids(rng: random.Random, country: str) -> tuple[str, str, dict[str, str]]:
    """VAT number, number of the register, and what else stands near them."""
    if country == "FR":
        firm = numbers.siren(rng)
        seat = numbers.siret(rng, firm)
        return numbers.fr_vat(firm), seat, {"siren": firm, "siret": seat}
    if country == "DE":
        register = str(rng.randint(1200, 98000))
        tax = f"{rng.randint(10, 298)}/{rng.randint(100, 999)}/{rng.randint(10000, 99999)}"
        return numbers.de_vat(rng), register, {"tax": tax}
    if country in {"CH", "CR"}:
        number = numbers.ch_number(rng)
        return number, number, {}
    makers = {
        "AT": numbers.at_vat, "BE": numbers.be_vat, "VL": numbers.be_vat, "NL": numbers.nl_vat,
        "IT": numbers.it_vat, "ES": numbers.es_firm, "PT": numbers.pt_vat, "PL": numbers.pl_vat,
        "GB": numbers.gb_vat, "IE": numbers.ie_number, "US": lambda _: "",
    }  # fmt: skip
    register = numbers.digits(rng, 9 if country == "PL" else 6 if country in {"AT", "IE"} else 8)
    return makers[country](rng), register, {}


def firm(rng: random.Random, country: str, names: str = "") -> Firm:
    """A seller with one of these names, in which {p} is a person and {s} a surname; without names a buyer."""
    code = ALIKE.get(country, country)
    person = pick(rng, PEOPLE, country)
    name = rng.choice(names.split("|")) if names else pick(rng, CLIENTS, country)
    name = name.replace("{p}", person).replace("{s}", person.split(" ", 1)[1])
    cut = 2 if country in {"NL", "GB", "IE"} else 1
    parts = pick(rng, TOWNS, country).split(" ")
    vat_id, legal_id, more = _ids(rng, country)
    site = "".join(letter for letter in name.lower() if letter.isascii() and letter.isalnum())[:14]
    ending = {"GB": "co.uk", "US": "com"}.get(code, code.lower())
    account = numbers.iban(rng, code) if code != "US" else ""
    more |= {
        "person": person,
        "tel": _phone(rng, code),
        "mail": f"info@{site}.{ending}",
        "web": f"www.{site}.{ending}",
        "iban": account,
        "bic": rng.choice(numbers.BICS.get(code, ("CHASUS33",))),
        "country_name": COUNTRY[country],
    }
    street = pick(rng, STREETS, country).replace("{n}", str(rng.randint(2, 118)))
    town, code_of_town = " ".join(parts[cut:]), " ".join(parts[:cut])
    return Firm(name, street, code_of_town, town, code, vat_id, legal_id, more)


def _phone(rng: random.Random, country: str) -> str:
    rest = "".join(str(rng.randint(0, 9)) for _ in range(8))
    return {
        "FR": f"0{rng.randint(1, 5)} {numbers.grouped(rest, 2)}",
        "DE": f"0{rng.randint(211, 981)} / {rest[:6]}",
        "GB": f"01{rng.randint(10, 99)} {rest[:3]} {rest[3:7]}",
    }.get(country, f"+{rng.randint(31, 48)} {numbers.grouped(rest, 3)}")
