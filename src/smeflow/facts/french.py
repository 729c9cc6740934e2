"""Articles, elision and number in French, and the few rules of English, for texts made of phrase patterns."""

from decimal import Decimal

from smeflow._text import folded

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
    "tion",
    "sion",
    "ance",
    "ence",
    "ee",
    "ite",
    "ude",
    "ure",
    "ise",
    "esse",
    "ette",
    "ie",
    "aison",
)
_SILENT = frozenset("aeiouyh")
_ASPIRATED_WORDS = "haut hausse hasard huit hors hotline handicap hall"
_ASPIRATED = frozenset(_ASPIRATED_WORDS.split(" "))


def feminine(label: str) -> bool:
    """Guess the gender of a label by its first noun."""
    noun = _singular(folded(label).split(" ")[0]) if label.strip() else ""
    if noun in _FEMININE:
        return True
    return noun not in _MASCULINE and noun.endswith(_FEMININE_ENDS)


def plural(label: str) -> bool:
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


def lowered(label: str) -> str:
    """Begin a label small inside a sentence, unless it is a name of capitals: ``TVA``."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def with_article(label: str) -> str:
    """Put the definite article before a label: ``le montant``, ``l'encours``, ``les commandes``."""
    text = lowered(label)
    if plural(label):
        return f"les {text}"
    if elides(text):
        return f"l'{text}"
    return f"la {text}" if feminine(label) else f"le {text}"


def of(text: str) -> str:
    """Put *de* before a word without article: ``de commandes``, ``d'articles``."""
    return f"d'{text}" if elides(text) else f"de {text}"


def of_the(label: str) -> str:
    """Put *de* and the article before a label: ``du montant``, ``des commandes``, ``de l'encours``."""
    text = with_article(label)
    for article, both in (("les ", "des "), ("le ", "du ")):
        if text.startswith(article):
            return both + text.removeprefix(article)
    return f"de {text}"


def counted(count: Decimal, unit: str, language: str) -> str:
    """Give what is counted in the number that goes with it: 1 commande, 2 commandes; 1 order, 0 orders."""
    one = abs(count) < 2 if language == "fr" else abs(count) == 1
    if not one:
        return unit
    return " ".join(
        _singular(word) if at == 0 or language == "fr" else word for at, word in enumerate(unit.split(" "))
    )


def _singular(word: str) -> str:
    for many, one in (("ies", "y"), ("aux", "al"), ("eaux", "eau")):
        if word.endswith(many) and (many != "ies" or len(word) > 4) and not word.endswith("categories"):
            return word[: -len(many)] + one
    return (
        word[:-1]
        if word.endswith(("s", "x")) and len(word) > 3 and not word.endswith(("ss", "is", "us"))
        else word
    )
