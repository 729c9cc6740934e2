"""Where invented firms and people live, and what they are called."""

CITIES: dict[str, tuple[tuple[str, str], ...]] = {
    "FR": (("69003", "Lyon"), ("44100", "Nantes"), ("31200", "Toulouse"), ("59800", "Lille"), ("35700", "Rennes"),
           ("13006", "Marseille"), ("67100", "Strasbourg"), ("33800", "Bordeaux"), ("29200", "Brest"),
           ("74000", "Annecy"), ("86000", "Poitiers"), ("01000", "Bourg-en-Bresse"), ("38300", "Bourgoin-Jallieu")),
    "DE": (("20457", "Hamburg"), ("04109", "Leipzig"), ("50667", "Köln"), ("70178", "Stuttgart"),
           ("28195", "Bremen"), ("97070", "Würzburg"), ("87435", "Kempten"), ("99084", "Erfurt"), ("48143", "Münster")),
    "AT": (("1070", "Wien"), ("4020", "Linz"), ("6020", "Innsbruck"), ("8010", "Graz"), ("5020", "Salzburg")),
    "CH": (("8004", "Zürich"), ("3011", "Bern"), ("1204", "Genève"), ("4051", "Basel"), ("6900", "Lugano"),
           ("9000", "St. Gallen"), ("1003", "Lausanne")),
    "BE": (("1050", "Ixelles"), ("9000", "Gent"), ("4000", "Liège"), ("2018", "Antwerpen"), ("5000", "Namur"),
           ("3000", "Leuven")),
    "NL": (("1013 AP", "Amsterdam"), ("3511 BK", "Utrecht"), ("5611 EM", "Eindhoven"), ("9712 HV", "Groningen"),
           ("6211 LE", "Maastricht"), ("2312 KD", "Leiden")),
    "IT": (("20124", "Milano"), ("10121", "Torino"), ("40126", "Bologna"), ("35121", "Padova"), ("70122", "Bari"),
           ("16121", "Genova"), ("38122", "Trento")),
    "ES": (("28013", "Madrid"), ("08025", "Barcelona"), ("46003", "Valencia"), ("41001", "Sevilla"),
           ("48009", "Bilbao"), ("50003", "Zaragoza")),
    "PT": (("1200-192", "Lisboa"), ("4050-366", "Porto"), ("3000-138", "Coimbra"), ("4700-314", "Braga"),
           ("8000-269", "Faro")),
    "PL": (("00-513", "Warszawa"), ("31-019", "Kraków"), ("50-109", "Wrocław"), ("61-770", "Poznań"),
           ("80-831", "Gdańsk"), ("20-950", "Lublin")),
    "GB": (("LS1 4AP", "Leeds"), ("BS1 5TR", "Bristol"), ("EH3 9DQ", "Edinburgh"), ("M4 1HN", "Manchester"),
           ("CF10 2EN", "Cardiff"), ("NR3 1AB", "Norwich")),
    "IE": (("D08 X2Y4", "Dublin 8"), ("T12 W8KR", "Cork"), ("H91 P2Q6", "Galway"), ("V94 K3N7", "Limerick")),
    "US": (("78702", "Austin"), ("78209", "San Antonio"), ("75207", "Dallas")),
}

STREETS: dict[str, tuple[str, ...]] = {
    "FR": ("{n} rue des Tilleuls", "{n} bis, avenue du Vieux Moulin", "{n}, quai de la Fosse-aux-Loups",
           "{n} chemin des Grands Prés", "ZA Les Ormeaux, lot {n}", "{n} impasse Camille-Rostagne", "{n} place du Four",
           "{n}, bd des Remparts"),
    "DE": ("Lindenstr. {n}", "Am Alten Hafen {n}", "Hopfengasse {n}", "Gewerbepark Nord {n}", "Rosenweg {n} a",
           "Friedhofsallee {n}", "Schmiedestraße {n}"),
    "AT": ("Mühlgasse {n}/4", "Kirchenplatz {n}", "Donaulände {n}", "Feldgasse {n}/2/11", "Ahornweg {n}"),
    "CH": ("Seestrasse {n}", "Rue du Marché {n}", "Via al Colle {n}", "Bahnhofweg {n}", "Chemin des Vignes {n}",
           "Industriestrasse {n}"),
    "BE": ("Molenstraat {n}", "Rue du Beffroi {n}", "Kerklaan {n} bus 3", "Chaussée de Fontigny {n}", "Havenkaai {n}"),
    "NL": ("Oude Gracht {n}", "Korenmolenweg {n}", "Parallelweg {n}-B", "Wilgenlaan {n}", "Sluisplein {n}"),
    "IT": ("Via dei Mille {n}", "Corso Santa Lucia {n}/B", "Viale delle Acacie {n}", "Piazza del Mulino {n}",
           "Strada Vicinale del Pozzo {n}"),
    "ES": ("C/ del Olivar, {n}, 2.º B", "Avda. de la Estación, {n}", "Calle Fuente Nueva {n}", "Pol. Ind. El Pinar, nave {n}",
           "Plaza del Molino, {n}"),
    "PT": ("Rua da Oliveira, {n}, 3.º Esq.", "Av. das Descobertas, {n}", "Travessa do Forno, {n}", "Largo da Fonte, {n}"),
    "PL": ("ul. Lipowa {n}", "ul. Młyńska {n}/7", "al. Kasztanowa {n}", "pl. Targowy {n}", "ul. Graniczna {n} lok. 4"),
    "GB": ("{n} Mill Lane", "Unit {n}, Canal Yard", "{n}a Priory Road", "The Old Dairy, {n} Church Row", "{n} Quayside"),
    "IE": ("{n} Weavers' Row", "Unit {n}, Barrow Business Park", "{n} Chapel Street", "{n} Harbour View"),
    "US": ("{n} Pecan Street, Suite 210", "{n}00 Riverside Dr", "{n}12 Oak Hill Ave", "{n}40 Commerce Way, Fl. 3"),
}

ROOTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "FR": (("Tal", "Cour", "Ver", "Mont", "Bré", "Gar", "Plu", "Sau", "Ker", "Aub", "Fon", "Lavi"),
           ("vennec", "driane", "belloux", "tavel", "rignac", "mesnil", "ssigny", "gouard", "zille", "thenay")),
    "DE": (("Wend", "Krum", "Oster", "Hasel", "Brink", "Lind", "Feld", "Gross", "Stein", "Tann"),
           ("rath", "becker", "lohe", "hagen", "brügg", "wieser", "möller", "fährt", "kamp", "nitz")),
    "AT": (("Aich", "Grub", "Hinter", "Moos", "Pichl", "Stadl", "Wald"),
           ("berghofer", "leitinger", "bauerl", "egger", "hubner", "moser")),
    "CH": (("Aesch", "Brun", "Gyr", "Zum", "Rapp", "Hofst", "Mer"), ("mann", "oltinger", "steg", "isberg", "lochet")),
    "BE": (("Van Oos", "De Wael", "Del", "Ver", "Mar", "Lam"), ("terlinck", "hoeven", "court", "strepen", "chiels")),
    "NL": (("Van Steen", "Rij", "Hoog", "De Win", "Brou", "Schip"), ("vliet", "kerkhof", "dorp", "zaal", "meijden")),
    "IT": (("Bel", "Cast", "Mor", "Tra", "Ros", "Gal", "Pel"), ("tramonti", "ellazzi", "andini", "vignoni", "esato")),
    "ES": (("Alba", "Val", "Monte", "Torre", "Riba", "Cal"), ("rreda", "cuesta", "nzana", "derrama", "lloso")),
    "PT": (("Mar", "Cas", "Fon", "Lou", "Ser", "Val"), ("teiga", "valhão", "tareda", "minhal", "rosende")),
    "PL": (("Grab", "Kowal", "Lip", "Sos", "Wierz", "Dęb"), ("owicz", "niewski", "ińczak", "eczko", "kiewicz")),
    "GB": (("Hather", "Pem", "Wick", "Thorn", "Els", "Marl"), ("combe", "stead", "wright", "bury", "leigh")),
    "IE": (("Kil", "Bally", "Dun", "Car", "Ros"), ("taggan", "mirren", "laoghan", "fennel", "conlow")),
    "US": (("Red", "Blue", "Cedar", "North", "Iron", "Lake"), ("quill", "harrow", "stead", "loft", "marrow")),
}

FIRST_NAMES: dict[str, tuple[str, ...]] = {
    "FR": ("Camille", "Hélène", "Yannick", "Odile", "Bastien", "Nora"), "DE": ("Jutta", "Henning", "Anke", "Falk"),
    "AT": ("Leopold", "Resi", "Gernot", "Ilse"), "CH": ("Reto", "Ursina", "Nadège", "Beat"),
    "BE": ("Joris", "Amandine", "Wout", "Griet"), "NL": ("Sjoerd", "Marloes", "Teun", "Fenna"),
    "IT": ("Tiziana", "Ettore", "Loredana", "Ivano"), "ES": ("Íñigo", "Rocío", "Álvaro", "Nuria"),
    "PT": ("Inês", "Duarte", "Filipa", "Nuno"), "PL": ("Zofia", "Marek", "Halina", "Wojciech"),
    "GB": ("Imogen", "Rhys", "Fiona", "Callum"), "IE": ("Aoife", "Declan", "Niamh", "Oisín"),
    "US": ("Dana", "Marcus", "Jolene", "Tyler"),
}

TRADES: dict[str, tuple[str, ...]] = {
    "FR": ("Comptoir", "Ateliers", "Établissements", "Groupe", "Maison", "Société"),
    "DE": ("Werkstatt", "Handelshaus", "Technik", "Kontor", "Studio"), "AT": ("Werkstätte", "Handel", "Büro"),
    "CH": ("Atelier", "Garage", "Büro", "Handel"), "BE": ("Atelier", "Groep", "Studio"),
    "NL": ("Handelsonderneming", "Bureau", "Technisch Bureau", "Studio"), "IT": ("Officine", "Studio", "Ditta", "F.lli"),
    "ES": ("Talleres", "Suministros", "Comercial", "Hermanos"), "PT": ("Oficinas", "Comercial", "Irmãos"),
    "PL": ("Zakład", "Hurtownia", "Biuro", "P.H.U."), "GB": ("Studio", "Supplies", "& Partners", "Works"),
    "IE": ("Supplies", "Services", "& Sons"), "US": ("Labs", "Supply", "Partners", "Works"),
}

FORMS: dict[str, tuple[str, ...]] = {
    "FR": ("SARL", "SAS", "SASU", "EURL"), "DE": ("GmbH", "GmbH & Co. KG", "UG (haftungsbeschränkt)", "OHG", "e. K."),
    "AT": ("GmbH", "KG", "OG"), "CH": ("AG", "GmbH", "SA", "Sàrl"), "BE": ("BV", "SRL", "NV", "SA"),
    "NL": ("B.V.", "V.O.F.", ""), "IT": ("S.r.l.", "S.n.c.", "S.p.A."), "ES": ("S.L.", "S.L.U."),
    "PT": ("Lda.", "Unipessoal Lda.", "S.A."), "PL": ("sp. z o.o.", "s.c.", "sp.j."), "GB": ("Ltd", "LLP", "Limited"),
    "IE": ("Ltd", "DAC"), "US": ("LLC", "Inc."),
}

COUNTRY_NAMES: dict[str, dict[str, str]] = {
    "fr": {"FR": "France", "DE": "Allemagne", "BE": "Belgique", "CH": "Suisse", "IT": "Italie", "ES": "Espagne",
           "NL": "Pays-Bas", "GB": "Royaume-Uni", "AT": "Autriche", "PT": "Portugal", "PL": "Pologne", "IE": "Irlande"},
    "de": {"FR": "Frankreich", "DE": "Deutschland", "BE": "Belgien", "CH": "Schweiz", "IT": "Italien", "ES": "Spanien",
           "NL": "Niederlande", "AT": "Österreich", "PL": "Polen", "GB": "Vereinigtes Königreich", "IE": "Irland"},
    "en": {"FR": "France", "DE": "Germany", "BE": "Belgium", "CH": "Switzerland", "IT": "Italy", "ES": "Spain",
           "NL": "Netherlands", "GB": "United Kingdom", "IE": "Ireland", "US": "United States", "AT": "Austria",
           "PT": "Portugal", "PL": "Poland"},
    "nl": {"NL": "Nederland", "BE": "België", "DE": "Duitsland", "FR": "Frankrijk"},
    "it": {"IT": "Italia", "FR": "Francia", "DE": "Germania", "CH": "Svizzera"},
    "es": {"ES": "España", "FR": "Francia", "PT": "Portugal", "DE": "Alemania"},
    "pt": {"PT": "Portugal", "ES": "Espanha", "FR": "França"},
    "pl": {"PL": "Polska", "DE": "Niemcy", "FR": "Francja"},
}
