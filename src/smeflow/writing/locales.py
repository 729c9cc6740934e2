"""Write numbers, dates, labels and articles as a language and its country do.

Nothing depends on the machine's settings.
"""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from smeflow._text import folded
from smeflow.money import Money

_THIN = "\u202f"
_MARKS = {
    "en": (",", "."),
    "fr": (_THIN, ","),
    "de": (".", ","),
    "it": (".", ","),
    "es": (".", ","),
    "nl": (".", ","),
}
_MONTHS = {
    "en": "January February March April May June July August September October November December",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
}
_SIGNS = {"EUR": "€", "GBP": "£"}
_PARTS = {
    "en": ("Q{part} {year}", "week {part} of {year}"),
    "fr": ("{part}e trimestre {year}", "semaine {part} de {year}"),
}


@dataclass(frozen=True, slots=True)
class LocaleFormat:
    """How one locale writes."""

    locale: str

    @property
    def language(self) -> str:
        """The locale's language, two letters; English for one we do not know."""
        language = self.locale.lower()[:2]
        return language if language in _MARKS else "en"

    def write(self, value: object, digits: int | None = None) -> str:
        """Write *value* for a reader: ``1 234,50 €``, ``23 novembre 2026``."""
        if isinstance(value, Money):
            return self._money(value, digits)
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, Decimal | int):
            return self._number(Decimal(value), digits)
        return self._day(value) if isinstance(value, date) else str(value)

    def measure(self, value: Decimal, *, unit: str = "", digits: int | None = None) -> str:
        """Write a measured *value* with its unit: a currency code, ``%``, or what is counted."""
        if unit == "%":
            return self._number(value, 1 if digits is None else digits) + self._percent
        if len(unit) == 3 and unit.isupper():
            return self._money(Money(value, unit), digits)
        number = self._number(value, digits)
        return f"{number}\u00a0{unit}" if unit else number

    def period(self, key: str) -> str:
        """Write a period's key for a reader: ``octobre 2026``, ``Q3 2026``, ``week 48 of 2026``."""
        year, _, part = key.partition("-")
        quarter, week = _PARTS.get(self.language, _PARTS["en"])
        if not part:
            return year
        if part[0] in "QW":
            number = "1er" if (part, self.language) == ("Q1", "fr") else part[1:].lstrip("0")
            form = quarter if part[0] == "Q" else week
            return form.format(part=number, year=year).replace("1ere", "1er")
        if part.isdigit() and len(part) == 2:
            months = _MONTHS.get(self.language, _MONTHS["en"]).split()
            return f"{months[int(part) - 1]} {year}"
        return self._day(date.fromisoformat(key)) if part[2:3] == "-" else key

    @property
    def _percent(self) -> str:
        return "%" if self.language == "en" else f"{_THIN}%" if self.language == "fr" else "\u00a0%"

    def _number(self, value: Decimal, digits: int | None) -> str:
        group, mark = _MARKS[self.language]
        if digits is not None:  # as offices round: a half goes up
            value = value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
            value = value or abs(value)  # no minus before nothing
        shown = f"{value:,f}" if digits is None else f"{value:,.{digits}f}"
        return shown.replace(",", "\0").replace(".", mark).replace("\0", group)

    def _money(self, value: Money, digits: int | None) -> str:
        number = self._number(value.amount, 2 if digits is None else digits)
        sign = _SIGNS.get(value.currency)
        if self.language == "en" and sign:
            return f"-{sign}{number[1:]}" if number.startswith("-") else f"{sign}{number}"
        return f"{number}\u00a0{sign or value.currency}"

    def _day(self, value: date) -> str:
        months = _MONTHS.get(self.language)
        if months is None:
            return value.strftime("%d.%m.%Y")
        month = months.split()[value.month - 1]
        number = "1er" if self.language == "fr" and value.day == 1 else str(value.day)
        return f"{number}{'.' if self.language == 'de' else ''} {month} {value.year}"


_FEMININE_WORDS = (
    "vente commande facture marge remise creance dette charge depense recette valeur part somme moyenne "
    "mediane annee semaine journee date duree ligne page region ville categorie classe famille marque "
    "gamme tva taxe cliente personne equipe heure demande reponse reclamation boite piece livraison "
    "quantite main heures perte hausse baisse difference evolution prevision tendance banque caisse "
    "tresorerie matiere"
)
_FEMININE = frozenset(_FEMININE_WORDS.split(" "))
_MASCULINE_WORDS = (
    "montant chiffre nombre total panier client pays produit article mois jour trimestre delai stock "
    "cout prix taux resultat benefice avoir reglement encours solde retard message courriel compte "
    "fournisseur dossier rapport mode genre titre age volume poids effectif emploi secteur groupe musee "
    "lycee"
)
_MASCULINE = frozenset(_MASCULINE_WORDS.split(" "))
_FEMININE_ENDS = (
    "tion", "sion", "ance", "ence", "ee", "ite", "ude", "ure", "ise", "esse", "ette", "ie", "aison",
)  # fmt: skip
_SILENT = frozenset("aeiouyh")
_ASPIRATED_WORDS = "haut hausse hasard huit hors hotline handicap hall"
_ASPIRATED = frozenset(_ASPIRATED_WORDS.split(" "))


def is_feminine(label: str) -> bool:
    """Guess the gender of a label by its first noun."""
    noun = _singular(folded(label).split(" ")[0]) if label.strip() else ""
    if noun in _FEMININE:
        return True
    return noun not in _MASCULINE and noun.endswith(_FEMININE_ENDS)


def is_plural(label: str) -> bool:
    """Tell whether a label is in the plural: "Commandes", but not "Mois" or "Prix"."""
    noun = folded(label).split(" ")[0] if label.strip() else ""
    return noun.endswith(("s", "x")) and noun not in _MASCULINE and noun not in _FEMININE and len(noun) > 3


def elides(text: str) -> bool:
    """Tell whether an article before *text* loses its vowel."""
    first = folded(text).split(" ")[0].split("'")[0] if text.strip() else ""
    return (
        bool(first)
        and first[0] in _SILENT
        and first not in _ASPIRATED
        and first[0] != "y"
        and first != "onze"
    )


def lower_first(label: str) -> str:
    """Begin a label small inside a sentence, unless it is a name of capitals: ``TVA``."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def with_article(label: str) -> str:
    """Put the definite article before a label: ``le montant``, ``l'encours``, ``les commandes``."""
    text = lower_first(label)
    if is_plural(label):
        return f"les {text}"
    if elides(text):
        return f"l'{text}"
    return f"la {text}" if is_feminine(label) else f"le {text}"


def with_de(text: str) -> str:
    """Put *de* before a word without article: ``de commandes``, ``d'articles``."""
    return f"d'{text}" if elides(text) else f"de {text}"


def with_de_and_article(label: str) -> str:
    """Put *de* and the article before a label: ``du montant``, ``des commandes``, ``de l'encours``."""
    text = with_article(label)
    for article, both in (("les ", "des "), ("le ", "du ")):
        if text.startswith(article):
            return both + text.removeprefix(article)
    return f"de {text}"


def counted(count: Decimal, unit: str, language: str) -> str:
    """Give what is counted in the number that goes with it: 1 commande, 2 commandes; 1 order, 0 orders."""
    singular = abs(count) < 2 if language == "fr" else abs(count) == 1
    if not singular:
        return unit
    return " ".join(
        _singular(word) if at == 0 or language == "fr" else word for at, word in enumerate(unit.split(" "))
    )


def _singular(word: str) -> str:
    for plural, singular in (("ies", "y"), ("aux", "al"), ("eaux", "eau")):
        if word.endswith(plural) and (plural != "ies" or len(word) > 4) and not word.endswith("categories"):
            return word[: -len(plural)] + singular
    return (
        word[:-1]
        if word.endswith(("s", "x")) and len(word) > 3 and not word.endswith(("ss", "is", "us"))
        else word
    )
