"""The words of English and French that claim something, and those that claim nothing.

Prose may use the first only where a fact says the same, and the second freely. The lists of the first are
wide on purpose: a true sentence that is cut costs a sentence, a false one that is kept costs the report. A
list of what may be said catches what no list of what may not be said can: a direction in a word nobody
thought of, a cause, praise. A word that is missing costs a sentence, and the model is told which it was.
"""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class WordList:
    """A list of words as a pattern over folded text."""

    pattern: re.Pattern[str]

    @classmethod
    def of(cls, listed: str) -> "WordList":
        """Compile the list."""
        return cls(re.compile(rf"(?<![\w'])(?:[a-z]{{1,2}}')?(?:{listed})(?![\w])"))

    @classmethod
    def whole(cls, listed: str) -> "WordList":
        """Compile the list without what is elided before a word."""
        return cls(re.compile(rf"(?<!\w)(?:{listed})(?!\w)"))

    def find(self, folded_text: str) -> str:
        """Give the first of the words that is there; empty where none is."""
        match = self.pattern.search(folded_text)
        return match[0] if match else ""


UP_WORDS = WordList.of(
    r"up|rise[sn]?|rose|rising|risen|grow(?:s|n|ing|th)?|grew|increas\w*|gain(?:s|ed|ing)?|improv\w*|"
    r"climb\w*|higher|surg\w*|soar\w*|jump\w*|advanc\w*|recover\w*|rebound\w*|strengthen\w*|better|"
    r"upward\w*|hausse|augment\w*|progress\w*|croissan\w*|croi(?:t|ssent)|crut|cru|grimp\w*|bondi\w*|"
    r"bond|amelior\w*|redress\w*|remont\w*|mont(?:e|ent|ait|ee|ees)|s'envol\w*|envol\w*|meilleure?s?|"
    r"superieure?s?|gagn\w*"
)
DOWN_WORDS = WordList.of(
    r"down|fall(?:s|en|ing)?|fell|declin\w*|decreas\w*|drop\w*|lower(?:ed)?|los(?:t|s|ses|es|ing)|"
    r"shrink\w*|shr[au]nk|worse\w*|slip\w*|plung\w*|plummet\w*|sank|sunk|sink\w*|slump\w*|weaken\w*|"
    r"weaker|reduc\w*|downward\w*|dip\w*|slow(?:s|ed|ing|down)?|baiss\w*|recul\w*|diminu\w*|chut\w*|"
    r"repli\w*|perd(?:u|re|ent|ons)?|perte?s?|regress\w*|degrad\w*|effondr\w*|flechi\w*|ralenti\w*|"
    r"tomb\w*|inferieure?s?|decroi\w*|moindres?"
)
FLAT_WORDS = WordList.of(
    r"flat|stable|unchanged|steady|constant|stagnat\w*|stagn\w*|inchange\w*|identiques?|maintien\w*|"
    r"maintenue?s?"
)
STRONG_WORDS = WordList.of(
    r"surg\w*|soar\w*|jump\w*|plung\w*|plummet\w*|slump\w*|sharp(?:ly)?|strong(?:ly)?|significant\w*|"
    r"marked(?:ly)?|considerabl\w*|dramatic\w*|steep(?:ly)?|bondi\w*|envol\w*|effondr\w*|chut\w*|net|"
    r"nettement|forte?s?|fortement|sensible(?:ment)?|considerable(?:ment)?|spectaculaire\w*|"
    r"massive?(?:ment)?|vive?(?:ment)?"
)
SLIGHT_WORDS = WordList.of(
    r"slight(?:ly)?|marginal\w*|modest\w*|barely|leger(?:e|s|es)?|legerement|faiblement|a peine|"
    r"quasi\w*|moderee?s?"
)
HIGH_WORDS = WordList.of(
    r"highest|best|top|largest|biggest|greatest|strongest|leading|leads?|leader|first|most|main|maximum|"
    r"peak\w*|record|premiere?s?|principale?s?|principaux|meilleure?s?|maximale?s?|en tete|tete|record|"
    r"sommet|pic|l[ea]s? plus(?: (?:eleve|haut|grand|gros)\w*| importante?s?)?|domine\w*|culmin\w*"
)
LOW_WORDS = WordList.of(
    r"lowest|worst|smallest|weakest|least|minimum|bottom|minimale?s?|pires?|l[ea]s? moins|plus bas|"
    r"l[ea]s? plus (?:basse?|faible|petite?)s?|plus basse|plus faibles?|plus petite?s?|derniere?s?|creux"
)
NUMBER_WORDS = WordList.of(
    r"zero|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|"
    r"seventy|eighty|ninety|trillions?|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|hundreds?|thousands?|"
    r"millions?|billions?|half|halves|halved|double[sd]?|doubling|triple[sd]?|tripling|twice|thrice|"
    r"quarters?|thirds?|fifths?|tenths?|percent|majority|minority|all|every|each|none|never|always|only|"
    r"both|several|many|few|nobody|everyone|entire\w*|twofold|fold|one|single|exactly|about|almost|"
    r"nearly|around|over|under|more than|less than|at least|at most|roughly|approximately|exceed\w*|"
    r"deux|trois|quatre|cinq|sept|huit|neuf|dix|onze|douze|quinze|vingt|treize|quatorze|seize|trente|quarante|cinquante|"
    r"soixante|cent|cents|mille|milliers?|milliards?|dizaines?|centaines?|douzaines?|demie?s?|moitie|"
    r"tiers|quarts?|doubl\w*|tripl\w*|quadrupl\w*|pour cent|pourcent\w*|majorite|minorite|"
    r"majoritaire\w*|toute?s?|tous|aucune?s?|jamais|toujours|seule?s?|seulement|uniquement|chaque|"
    r"plusieurs|quelques|nombreu\w*|peu|plus de|plus d'|moins de|moins d'|environ|presque|pres de|"
    r"quasiment|exactement|depass\w*|excede\w*|au moins|au plus|la plupart|ensemble des"
)
TIME_WORDS = WordList.of(
    r"january|february|march|april|june|july|august|september|october|november|december|monday|tuesday|"
    r"wednesday|thursday|friday|saturday|sunday|yesterday|today|tomorrow|spring|summer|autumn|winter|"
    r"christmas|easter|weekend\w*|years?|yearly|annual\w*|weeks?|weekly|days?|daily|months?|monthly|"
    r"last|previous\w*|earlier|later|next|since|until|ago|recent\w*|soon|janvier|fevrier|mars|avril|mai|"
    r"juin|juillet|aout|septembre|octobre|novembre|decembre|lundi|mardi|mercredi|jeudi|vendredi|samedi|"
    r"dimanche|hier|aujourd'hui|demain|printemps|ete|automne|hiver|noel|paques|an|ans|annees?|annuel\w*|"
    r"semaines?|jours?|mois|trimestres?|mensuel\w*|precedente?s?|prochaine?s?|depuis|jusqu\w*|recemment|"
    r"bientot|auparavant|suivante?s?"
)
CAUSE_WORDS = WordList.of(
    r"because|due to|thanks to|owing to|caused|causes?|driven|drove|result(?:s|ed|ing)? (?:of|from|in)|"
    r"led to|leads to|reflect\w*|explain\w*|attribut\w*|following|thus|therefore|hence|so that|"
    r"as a result|since|grace a|grace au|grace aux|en raison|a cause|parce que|car|du fait|suite a|"
    r"suite au|suite aux|provoqu\w*|entrain\w*|expliqu\w*|reflet\w*|impute\w*|resulte\w*|donc|ainsi|"
    r"c'est pourquoi|par consequent|porte(?:e|es)? par|tire(?:e|es)? par"
)
FUTURE_WORDS = WordList.of(
    r"will|shall|would|should|could|might|may|expect\w*|forecast\w*|predict\w*|project(?:s|ed|ion|ions)|"
    r"plan\w*|likely|sera|seront|devrai\w*|pourrai\w*|prevo\w*|previsi\w*|prevu\w*|attendu\w*|"
    r"probabl\w*|espere\w*|anticip\w*"
)
_NOT = r"not|no|n't|neither|nor|without|hardly|ne|n'|pas|ni|sans|non"
NEGATIONS = WordList.of(_NOT)
SHARE_WORDS = WordList.of(r"shares?|proportion|weight|parts?|quote-part|poids")
BEHIND_WORDS = WordList.of(r"behind|after|below|trail\w*|derriere|apres|sous")
AHEAD_WORDS = WordList.of(r"ahead|before|followed|devant|avant|suivie?s?|preced\w*")
ORDINALS: Mapping[str, int] = {
    "second": 2,
    "seconde": 2,
    "deuxieme": 2,
    "third": 3,
    "troisieme": 3,
    "fourth": 4,
    "quatrieme": 4,
    "fifth": 5,
    "cinquieme": 5,
}
ORDINAL_WORDS = WordList.of("|".join(ORDINALS))
_OPENERS_WORDS = (
    "a an the this that these those our we it its in on at for with by to of and as here there over "
    "total overall also among from while both business turnover sales revenue orders customers invoices "
    "le la les l un une des ce cet cette ces notre nos nous il elle ils elles en au aux sur pour avec "
    "dans par de du d et voici voila parmi cote total quant globalement ensemble on s se c figure "
    "figures amount amounts number numbers average mean median share value classe class periodes "
    "presentees periods shown cumul running montant nombre moyenne part valeur chiffre vente ventes"
)
OPENERS = frozenset(_OPENERS_WORDS.split(" "))
_ASIDES_WORDS = (
    "overall here also moreover in total finally meanwhile first dans ensemble globalement enfin par "
    "ailleurs en outre de plus au total cote ventes cela dit"
)
ASIDES = frozenset(_ASIDES_WORDS.split(" "))
_LOOSE_WORDS = (
    "all every each none never always only both several many few nobody everyone one single about around "
    "over under toute toutes tous aucun aucune jamais toujours seul seule seulement uniquement chaque "
    "plusieurs quelques peu"
)
LOOSE_QUANTITIES = frozenset(_LOOSE_WORDS.split(" "))
"""Quantities that a person may use where no figure is told."""
_LINKS_WORDS = (
    "a an the this of for in on at with by to and from le la les l un une de du des d en au aux par "
    "pour avec et sur dans our notre nos se s"
)
LINKING_WORDS = frozenset(_LINKS_WORDS.split(" "))
"""What may stand around a label in a part of a sentence that has no figure."""
_NUMBER_WORDS = (
    r"deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|quinze|vingt|trente|"
    r"quarante|cinquante|soixante|"
    r"cent|mille|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty|"
    r"fifty|hundred|thousand|"
    r"zwei|drei|vier|funf|sechs|sieben|acht|neun|zehn|zwolf|zwanzig|dreissig|funfzig|"
    r"hundert|tausend|une?|an?|one|"
    r"eine?n?|quelques|plusieurs|some|several|einige"
)
_COUNTED = (
    r"heures?|jours?|semaines?|mois|ans?|annees?|euros?|pour cent|hours?|days?|weeks?|"
    r"months?|years?|dollars?|percent|"
    r"stunden?|tagen?|tage|wochen?|monaten?|jahren?|prozent"
)
MOMENTS = WordList.whole(
    rf"(?:{_NUMBER_WORDS})[\s-]+(?:{_COUNTED})|"
    rf"(?:{_NUMBER_WORDS})[\s-]+(?:{_NUMBER_WORDS})[\s-]+(?:{_COUNTED})|"
    r"demain|apres-demain|ce soir|cette semaine|la semaine prochaine|le mois prochain|"
    r"tomorrow|tonight|this week|next week|next month|morgen|ubermorgen|diese woche|nachste woche|"
    r"(?:des|avant|d'ici|before|by|until|bis|am|on|le|ce)\s+(?:lundi|mardi|mercredi|jeudi|"
    r"vendredi|samedi|dimanche|"
    r"monday|tuesday|wednesday|thursday|friday|saturday|sunday|montag|dienstag|mittwoch|"
    r"donnerstag|freitag|samstag)"
)
"""A time said in words, in English, French or German."""
PROMISES = WordList.whole(
    r"(?:nous|on|je|nos equipes?|notre service)\s+(?:vous\s+|l'|le\s+|la\s+|les\s+|en\s+|y\s+)*"
    r"(?:\w+erons|\w+irons|\w+drons|\w+trons|\w+rons|\w+rai|allons|vais|va|garantissons|"
    r"assurons|promettons|"
    r"engageons|offrons|remboursons|prenons en charge|acceptons|confirmons|livrons|accordons)|"
    r"(?:vous\s+)?(?:serez|sera|seront|recevrez|aurez|beneficierez|obtiendrez)|gratuit\w*|"
    r"sans frais|offert\w*|"
    r"rembours\w+|remise|geste commercial|garanti\w*|dedommag\w+|indemnis\w+|avoir de|"
    r"(?:we|i|our team)\s*(?:will|'ll|shall|can|could|are going to|guarantee|promise|offer|"
    r"refund|confirm|accept|agree)|"
    r"you(?:'ll| will)|will be|free of charge|for free|refund\w*|discount\w*|guarantee\w*|"
    r"compensat\w+|reimburs\w+|"
    r"(?:wir|ich)\s+(?:werden?|garantieren?|versprechen?|erstatten?|bieten?|bestatigen?|"
    r"akzeptieren?|ubernehmen)|"
    r"kostenlos\w*|kostenfrei\w*|erstatt\w+|rabatt\w*|gutschrift\w*|garantie\w*|entschadig\w+"
)
"""What binds the firm: that it will do, give, refund."""
DENIALS = WordList.whole(rf"{_NOT}|n'\w+|never|cannot|jamais|aucune?|nicht|kein\w*|nie")
_NAMELESS_WORDS = (
    "i tva ht ttc pdf sms rib iban bic sepa vat faq cgv rgpd gdpr ok madame mesdames monsieur messieurs mme "
    "mr mrs ms dr eur usd gbp chf kg sie ihnen ihr ihre ihren ihrem ihrer herr frau"
)
NAMELESS = frozenset(_NAMELESS_WORDS.split(" "))
"""Written with a capital and no name."""
CONTRASTS = (
    r"while|whereas|but|although|though|yet|however|tandis que|alors que|mais|bien que|cependant|toutefois|"
    r"pourtant|quand"
)
CLAUSES = re.compile(rf"[;:,()–—]|\b(?:{CONTRASTS})\b", re.IGNORECASE)


_LETTERS = re.compile(r"[^\W\d_]+")
_JUDGED = (
    UP_WORDS,
    DOWN_WORDS,
    FLAT_WORDS,
    STRONG_WORDS,
    SLIGHT_WORDS,
    HIGH_WORDS,
    LOW_WORDS,
    ORDINAL_WORDS,
    AHEAD_WORDS,
    SHARE_WORDS,
)
"""Words that are held against the facts elsewhere."""


def unknown_word(line: str, language: str, allowed: Collection[str] = ()) -> str:
    """Give the first word of a folded *line* that no list holds; empty where there is none."""
    for listed in _JUDGED:
        line = listed.pattern.sub(lambda m: " " * len(m[0]), line)
    known = plain_words().get(language) or plain_words()["en"]
    return next((w for w in _LETTERS.findall(line) if w not in known and w not in allowed), "")


@cache
def plain_words() -> Mapping[str, frozenset[str]]:
    """Read the lists, a language each."""
    text = resources.files("smeflow.writing").joinpath("vocabulary.json").read_text("utf-8")
    return {language: frozenset(" ".join(lines).split()) for language, lines in json.loads(text).items()}
