"""Lines of the trades that have their own: hotels, energy, telephones, tills."""

import random
from decimal import Decimal

NAMES = {
    "fr": ("Chambre double|Chambre simple|Suite", "Petit déjeuner|Taxe de séjour|Parking|Minibar",
           "Consommation électricité heures pleines|Consommation heures creuses|Acheminement|Abonnement compteur",
           "Forfait mobile 20 Go|Abonnement fibre pro|Appels vers l'international|Location de box|Option roaming"),
    "de": ("Doppelzimmer|Einzelzimmer|Suite", "Frühstück|Kurtaxe|Parkplatz|Minibar",
           "Verbrauch Hochtarif|Verbrauch Niedertarif|Netzentgelt|Grundpreis Zähler",
           "Mobilfunktarif 20 GB|Glasfaseranschluss|Auslandsgespräche|Routermiete|Roaming-Option"),
    "en": ("Double room|Single room|Suite", "Breakfast|City tax|Parking|Minibar",
           "Electricity day units|Electricity night units|Network charge|Standing charge",
           "Mobile plan 20 GB|Business fibre|International calls|Router rental|Roaming option"),
    "nl": ("Tweepersoonskamer|Eenpersoonskamer|Suite", "Ontbijt|Toeristenbelasting|Parkeren|Minibar",
           "Verbruik normaaltarief|Verbruik daltarief|Netbeheerkosten|Vastrecht",
           "Mobiel abonnement 20 GB|Zakelijk glasvezel|Gesprekken buitenland|Huur modem|Roamingbundel"),
    "it": ("Camera doppia|Camera singola|Suite", "Colazione|Tassa di soggiorno|Parcheggio|Minibar",
           "Energia fascia F1|Energia fascia F2|Trasporto e gestione contatore|Quota fissa",
           "Piano mobile 20 GB|Fibra business|Chiamate internazionali|Noleggio modem|Opzione roaming"),
    "es": ("Habitación doble|Habitación individual|Suite", "Desayuno|Tasa turística|Aparcamiento|Minibar",
           "Energía punta|Energía valle|Peaje de acceso|Alquiler de contador",
           "Tarifa móvil 20 GB|Fibra empresa|Llamadas internacionales|Alquiler de router|Opción roaming"),
    "pt": ("Quarto duplo|Quarto individual|Suite", "Pequeno-almoço|Taxa turística|Estacionamento|Minibar",
           "Energia fora de vazio|Energia em vazio|Acesso às redes|Potência contratada",
           "Tarifário móvel 20 GB|Fibra empresas|Chamadas internacionais|Aluguer de router|Opção roaming"),
    "pl": ("Pokój dwuosobowy|Pokój jednoosobowy|Apartament", "Śniadanie|Opłata miejscowa|Parking|Minibar",
           "Energia strefa dzienna|Energia strefa nocna|Opłata sieciowa|Opłata stała",
           "Abonament 20 GB|Światłowód dla firm|Połączenia międzynarodowe|Dzierżawa routera|Pakiet roamingowy"),
}  # fmt: skip

Raw = tuple[str, Decimal, str, Decimal, Decimal]


def special(rng: random.Random, language: str, rates: tuple[str, str, str], sort: str) -> list[Raw]:
    """Name, quantity, unit, price and rate of each line of a trade."""
    rooms, extras, energy, phones = (one.split("|") for one in NAMES[language])
    usual, lodging = Decimal(rates[0]), Decimal(rates[1])

    def price(low: int, high: int) -> Decimal:
        return Decimal(rng.randint(low * 100, high * 100)) / 100

    if sort == "hotel":
        nights = rng.randint(1, 6)
        room, night, breakfast = rng.choice(rooms), price(64, 210), price(9, 19)
        found = []
        for day in range(nights):
            found.append((room, Decimal(1), str(day), night, lodging))
            if breakfast > 11:
                found.append((extras[0], Decimal(1), str(day), breakfast, lodging))
        found += [
            (extra, Decimal(1), str(nights - 1), price(3, 18), usual)
            for extra in rng.sample(extras[2:], rng.randint(0, 2))
        ]
        return found
    if sort == "energy":
        found = []
        for name in energy[:2]:
            found.append(
                (name, Decimal(rng.randint(180, 9000)), "kWh", Decimal(rng.randint(900, 3200)) / 10000, usual)
            )
        found.append(
            (energy[2], Decimal(rng.randint(180, 9000)), "kWh", Decimal(rng.randint(300, 900)) / 10000, usual)
        )
        found.append((energy[3], Decimal(rng.randint(1, 3)), "", price(8, 30), usual))
        return found
    chosen = rng.sample(phones, rng.randint(3, 5))
    return [(name, Decimal(rng.choice([1, 1, 1, 2, 5])), "", price(2, 59), usual) for name in chosen]
