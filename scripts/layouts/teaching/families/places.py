"""Invented firms and people, at addresses that look real, country by country."""

import random
from dataclasses import dataclass, field

LEGAL_FORMS = {
    "FR": "SARL|SAS|SASU|EURL|SA|SCOP",
    "DE": "GmbH|UG (haftungsbeschränkt)|OHG|KG|GmbH & Co. KG|e.K.|AG",
    "AT": "GmbH|OG|KG|e.U.",
    "CH": "AG|GmbH|Sàrl|SA",
    "GB": "Ltd|Limited|LLP|plc|& Co",
    "IE": "Ltd|DAC|Limited",
    "NL": "B.V.|BV|V.O.F.|N.V.",
    "BE": "BV|SRL|NV|SA|SComm",
    "IT": "S.r.l.|S.p.A.|S.n.c.|S.a.s.|Srl",
    "ES": "S.L.|S.A.|S.L.U.|SL|S.Coop.",
    "PT": "Lda.|Unipessoal Lda|S.A.|Lda",
    "PL": "Sp. z o.o.|S.A.|Sp. j.|S.C.",
}
TRADES = {
    "fr": "Menuiserie|Plomberie|Imprimerie|Conseil|Informatique|Traiteur|Garage|Électricité|Jardins|Bâtiment"
    "|Atelier|Fournitures|Transports|Nettoyage|Studio",
    "de": "Tischlerei|Haustechnik|Druckerei|Beratung|Systemhaus|Feinkost|Autohaus|Elektrotechnik|Gartenbau"
    "|Bau|Werkstatt|Bürobedarf|Spedition|Reinigung|Medien",
    "en": "Joinery|Plumbing|Print|Consulting|Systems|Provisions|Motors|Electrical|Landscapes|Builders"
    "|Workshop|Office Supplies|Logistics|Cleaning|Studio",
    "nl": "Timmerwerken|Installaties|Drukkerij|Advies|Automatisering|Delicatessen|Autobedrijf|Elektro|Tuinen"
    "|Bouw|Atelier|Kantoor|Transport|Schoonmaak|Studio",
    "it": "Falegnameria|Idraulica|Tipografia|Consulenze|Informatica|Alimentari|Autofficina|Impianti|Giardini"
    "|Costruzioni|Laboratorio|Forniture|Trasporti|Servizi|Grafica",
    "es": "Carpintería|Fontanería|Imprenta|Asesores|Informática|Alimentación|Talleres|Electricidad|Jardines"
    "|Construcciones|Taller|Suministros|Transportes|Limpiezas|Estudio",
    "pt": "Carpintaria|Canalizações|Gráfica|Consultores|Informática|Alimentar|Oficina|Eletricidade|Jardins"
    "|Construções|Atelier|Material|Transportes|Limpezas|Estúdio",
    "pl": "Stolarstwo|Instalacje|Drukarnia|Doradztwo|Informatyka|Delikatesy|Serwis|Elektro|Ogrody"
    "|Budownictwo|Pracownia|Biuro|Transport|Porządki|Studio",
}
SYLLABLES = {
    "fr": ("Val|Mor|Bel|Char|Lan|Cor|Ter|Ver|Gal|Bri|Sau|Peu", "be|ti|go|na|vi|lu|da|mou|ra|sa", "rel|ncy|lon|vet|dac|tier|ssin|rand|mont|quet"),
    "de": ("Hol|Wer|Bran|Stein|Kal|Mer|Lin|Grau|Ros|Tan|Ul|Eg", "de|ken|te|ber|ger|ler|ma|ro", "mann|hoff|bach|rath|wald|kamp|stedt|rich|ling|feld"),
    "en": ("Ash|Hol|Bram|Thorn|Wex|Mar|Cal|Pen|Stan|Wil|Har|Quin", "ber|ding|der|ling|mer|ta|wen|ris", "ton|field|worth|ley|ham|by|more|stead|wick|well"),
    "nl": ("Ver|Hoog|Bos|Kuij|Dijk|Mol|Ter|Zand|Wes|Brou|Kloos|Roos", "en|er|el|mer|ke|de|te", "huis|veld|stra|beek|horst|man|ink|brink|dam|berg"),
    "it": ("Bel|Mon|Ros|Cal|Fer|Gam|Tor|Vi|Sal|Pel|Bran|Zan", "la|ta|ve|ra|ba|di|ti|do", "rini|gna|letti|nello|rossi|sano|zzi|velli|ghini|tore"),
    "es": ("Al|Mon|Val|Ser|Cas|Guz|Ro|Zam|Ar|Ber|Tor|Lo", "ca|te|ri|ba|ga|na|de|lu", "raz|dera|llano|mero|jada|riz|vera|lano|sar|quera"),
    "pt": ("Al|Fer|Mon|Ca|Se|Va|Lou|Ri|Bra|Pe|Tei|Mou", "ve|na|ra|ti|ba|ca|lo|de", "reira|lho|ndes|beiro|çal|zinho|rães|meida|gueira|des"),
    "pl": ("Kow|Woj|Zie|Bor|Mal|Gra|Wis|Lip|Sob|Kra|Nie|Tar", "a|o|e|i|u", "lski|niak|czyk|wicz|rek|dziński|mski|bel|sik|nowicz"),
}  # fmt: skip
FIRST_NAMES = {
    "fr": "Claire|Julien|Inès|Marc|Élodie|Bastien|Nadia|Hugo",
    "de": "Anke|Jürgen|Miriam|Lukas|Sabine|Thorsten|Petra|Jonas",
    "en": "Emma|Oliver|Grace|Harry|Priya|Daniel|Sophie|Ewan",
    "nl": "Sanne|Joris|Femke|Bram|Lotte|Daan|Marieke|Koen",
    "it": "Giulia|Marco|Chiara|Luca|Elena|Paolo|Sara|Matteo",
    "es": "Lucía|Javier|Marta|Pablo|Carmen|Diego|Elena|Sergio",
    "pt": "Inês|João|Rita|Tiago|Ana|Pedro|Catarina|Rui",
    "pl": "Anna|Piotr|Katarzyna|Marek|Ewa|Tomasz|Zofia|Jakub",
}
CITIES = {
    "FR": "69007 Lyon|44000 Nantes|59000 Lille|33800 Bordeaux|31400 Toulouse|35000 Rennes|67000 Strasbourg"
    "|13006 Marseille|21000 Dijon|63100 Clermont-Ferrand|75011 Paris|29200 Brest|38100 Grenoble|86000 Poitiers",
    "DE": "20357 Hamburg|50667 Köln|01099 Dresden|70173 Stuttgart|10437 Berlin|80331 München|90402 Nürnberg"
    "|04109 Leipzig|28195 Bremen|37073 Göttingen|79098 Freiburg im Breisgau|99084 Erfurt",
    "AT": "1070 Wien|8010 Graz|4020 Linz|5020 Salzburg|6020 Innsbruck|9020 Klagenfurt|6850 Dornbirn",
    "CH": "8004 Zürich|3011 Bern|4051 Basel|1003 Lausanne|1204 Genève|9000 St. Gallen|6003 Luzern|2000 Neuchâtel",
    "GB": "LS2 8JT Leeds|BS1 4QA Bristol|M4 1HQ Manchester|NE1 6UF Newcastle|EH6 5NP Edinburgh|NR2 1TF Norwich"
    "|CF10 2AF Cardiff|SE1 3XF London|YO1 7HZ York",
    "IE": "D08 XY21 Dublin 8|T12 R5CF Cork|H91 KX0P Galway|V94 T2XN Limerick",
    "NL": "1012 AB Amsterdam|3511 CE Utrecht|3011 WG Rotterdam|5611 EM Eindhoven|9711 LM Groningen|6811 KM Arnhem"
    "|8011 PK Zwolle|2312 BX Leiden",
    "BE": "1000 Bruxelles|2000 Antwerpen|9000 Gent|4000 Liège|5000 Namur|8000 Brugge|3000 Leuven|7000 Mons",
    "IT": "20131 Milano (MI)|10121 Torino (TO)|40122 Bologna (BO)|50123 Firenze (FI)|35131 Padova (PD)"
    "|00184 Roma (RM)|24121 Bergamo (BG)|70121 Bari (BA)",
    "ES": "28013 Madrid|08010 Barcelona|46002 Valencia|41003 Sevilla|50001 Zaragoza|48009 Bilbao|29001 Málaga"
    "|15001 A Coruña",
    "PT": "1200-109 Lisboa|4050-253 Porto|4700-319 Braga|3000-213 Coimbra|8000-151 Faro|3810-164 Aveiro",
    "PL": "00-375 Warszawa|30-002 Kraków|50-101 Wrocław|80-831 Gdańsk|61-725 Poznań|90-430 Łódź|20-076 Lublin",
}
STREETS = {
    "fr": "{n} rue des Tilleuls|{n}, rue du Moulin|{n} avenue de la Gare|{n} bis chemin des Vignes"
    "|{n}, boulevard des Acacias|ZA des Prés, {n} allée des Ormes|{n} place du Marché|{n} quai des Lavoirs",
    "de": "Lindenweg {n}|Am Mühlbach {n}|Bahnhofstraße {n}|Gartenstr. {n}a|Industriestraße {n}|Kirchgasse {n}"
    "|An der Alten Ziegelei {n}|Ahornallee {n}",
    "en": "{n} Lime Grove|{n} Station Road|Unit {n}, Mill Lane Trading Estate|{n} Orchard Street|{n}a High Street"
    "|The Old Dairy, {n} Church Lane|{n} Victoria Park",
    "nl": "Lindelaan {n}|Molenstraat {n}|Stationsweg {n}|Kerkplein {n}|Handelskade {n}|Dorpsstraat {n}A"
    "|Industrieweg {n}|Oude Gracht {n}",
    "it": "Via dei Tigli, {n}|Via del Mulino {n}|Viale Stazione, {n}|Corso Acacie {n}|Piazza Mercato, {n}"
    "|Via dell'Artigianato, {n}/A|Via Olmi {n}",
    "es": "Calle Olmo, {n}|C/ Molino {n}|Avda. de la Estación, {n}|Plaza del Mercado {n}|Polígono El Prado, nave {n}"
    "|Paseo de las Acacias, {n}|Calle Mayor, {n}, 2º B",
    "pt": "Rua das Flores, {n}|Rua do Moinho {n}|Avenida da Estação, {n}|Praça do Mercado, {n}|Travessa do Olmo {n}"
    "|Rua da Fonte, {n}, 3.º Dto.|Largo do Rossio {n}",
    "pl": "ul. Lipowa {n}|ul. Młyńska {n}/2|al. Kolejowa {n}|pl. Rynek {n}|ul. Ogrodowa {n}|ul. Przemysłowa {n}B",
}
NAMES = {
    "fr": "FR=France|DE=Allemagne|BE=Belgique|CH=Suisse|AT=Autriche|IT=Italie|ES=Espagne|NL=Pays-Bas|LU=Luxembourg"
    "|GB=Royaume-Uni|IE=Irlande|PT=Portugal|PL=Pologne",
    "de": "FR=Frankreich|DE=Deutschland|BE=Belgien|CH=Schweiz|AT=Österreich|IT=Italien|ES=Spanien|NL=Niederlande"
    "|GB=Großbritannien|IE=Irland|PT=Portugal|PL=Polen",
    "en": "FR=France|DE=Germany|BE=Belgium|CH=Switzerland|AT=Austria|IT=Italy|ES=Spain|NL=The Netherlands"
    "|GB=United Kingdom|IE=Ireland|PT=Portugal|PL=Poland",
    "nl": "FR=Frankrijk|DE=Duitsland|BE=België|CH=Zwitserland|AT=Oostenrijk|IT=Italië|ES=Spanje|NL=Nederland"
    "|GB=Verenigd Koninkrijk|IE=Ierland|PT=Portugal|PL=Polen",
    "it": "FR=Francia|DE=Germania|BE=Belgio|CH=Svizzera|AT=Austria|IT=Italia|ES=Spagna|NL=Paesi Bassi"
    "|GB=Regno Unito|IE=Irlanda|PT=Portogallo|PL=Polonia",
    "es": "FR=Francia|DE=Alemania|BE=Bélgica|CH=Suiza|AT=Austria|IT=Italia|ES=España|NL=Países Bajos"
    "|GB=Reino Unido|IE=Irlanda|PT=Portugal|PL=Polonia",
    "pt": "FR=França|DE=Alemanha|BE=Bélgica|CH=Suíça|AT=Áustria|IT=Itália|ES=Espanha|NL=Países Baixos"
    "|GB=Reino Unido|IE=Irlanda|PT=Portugal|PL=Polónia",
    "pl": "FR=Francja|DE=Niemcy|BE=Belgia|CH=Szwajcaria|AT=Austria|IT=Włochy|ES=Hiszpania|NL=Holandia"
    "|GB=Wielka Brytania|IE=Irlandia|PT=Portugalia|PL=Polska",
}
HOME = {"FR": "fr", "DE": "de", "AT": "de", "GB": "en", "IE": "en", "NL": "nl", "IT": "it", "ES": "es", "PT": "pt", "PL": "pl"}  # fmt: skip
PHONES = {"FR": "+33 {}", "DE": "+49 {}", "AT": "+43 {}", "CH": "+41 {}", "GB": "+44 {}", "IE": "+353 {}", "NL": "+31 {}", "BE": "+32 {}", "IT": "+39 {}", "ES": "+34 {}", "PT": "+351 {}", "PL": "+48 {}"}  # fmt: skip


def one(rng: random.Random, choices: str) -> str:
    """One of a list."""
    return rng.choice(choices.split("|"))


@dataclass(kw_only=True)
class Party:
    """A firm or a person, and where it is."""

    name: str
    street: str
    zip: str
    city: str
    country: str
    tongue: str
    stem: str
    phone: str = ""
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def domain(self) -> str:
        """A domain nobody can own."""
        plain = self.stem.lower().translate(str.maketrans("éèêçàäöüßńśźżłóąęíãõ'", "eeecaaousnszzloaeiao-"))
        return plain.replace(" ", "-") + ".example"


def surname(rng: random.Random, tongue: str) -> str:
    """A name nobody bears, by syllables."""
    head, middle, tail = SYLLABLES[tongue]
    middles = one(rng, middle) if rng.random() < 0.6 else ""
    return one(rng, head) + middles + one(rng, tail)


def person(rng: random.Random, tongue: str) -> str:
    """A first name and a surname."""
    return f"{one(rng, FIRST_NAMES[tongue])} {surname(rng, tongue)}"


def split_city(country: str, whole: str) -> tuple[str, str]:
    """Postcode and town of one entry."""
    words = whole.split(" ")
    count = 2 if country in {"GB", "IE", "NL"} else 1
    return " ".join(words[:count]), " ".join(words[count:])


def party(rng: random.Random, country: str, language: str, *, private: bool = False) -> Party:
    """A firm (or a person) of a country."""
    tongue = HOME.get(country, language if language in {"fr", "de", "nl"} else "fr")
    stem = surname(rng, tongue)
    trade, form = one(rng, TRADES[tongue]), one(rng, LEGAL_FORMS[country])
    other = {"de": "& Söhne", "en": "& Sons", "fr": "& Fils", "nl": "& Zonen", "it": "& Figli"}.get(
        tongue, ""
    )
    shapes = [
        f"{stem} {trade} {form}",
        f"{trade} {stem} {form}",
        f"{stem} {form}",
        f"{stem} {other or trade} {form}",
        f"{stem}-{surname(rng, tongue)} {form}",
        f"{trade} {stem}",
        f"{stem.upper()} {form}",
    ]
    name = person(rng, tongue) if private else rng.choice(shapes)
    post, city = split_city(country, one(rng, CITIES[country]))
    numbers = f"{rng.randint(1, 9)} {rng.randint(10, 99)} {rng.randint(10, 99)} {rng.randint(10, 99)} {rng.randint(10, 99)}"
    return Party(
        name=name,
        street=one(rng, STREETS[tongue]).format(n=rng.randint(1, 148)),
        zip=post,
        city=city,
        country=country,
        tongue=tongue,
        stem=stem,
        phone=PHONES[country].format(numbers),
    )
