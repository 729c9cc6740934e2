"""Tell the language a text is written in, by the small words every sentence needs."""

import re

_WORDS: dict[str, str] = {
    "fr": "le la les des du de et est un une vous nous je ne pas pour dans avec sur votre vos notre "
    "nos que qui ce cette bonjour merci cordialement au aux en il elle sont ont avez avons "
    "suis être fait plus salut madame monsieur ci-joint voici bien très mon ma mes ou où si "
    "comme mais veuillez sans",
    "en": "the and of to is are you we i for with your our this that in on it be have has not "
    "please hello dear thank thanks regards hi from at as would will can could if but was "
    "were my me an by or any attached best",
    "de": "der die das und ist sind sie wir ich für mit ihr ihre ihren unser nicht ein eine einen "
    "den dem des zu im in auf von bitte guten tag hallo danke vielen dank freundlichen grüßen "
    "mit anbei sehr geehrte geehrter auch als wie bei oder aber haben hat wird werden uns "
    "ihnen zum zur",
    "es": "el la los las de y es un una usted nosotros para con su sus que en por no se hola "
    "gracias saludos adjunto del al como pero más este esta muy buenos días estimado",
    "it": "il lo la gli le di e è un una per con che non si del della nel sono grazie buongiorno "
    "saluti cordiali allegato gentile vostra nostra questo questa anche come ma più",
    "nl": "de het een en is zijn u wij ik voor met uw ons niet op van te dat die dit bij ook als "
    "naar graag bedankt groet vriendelijke geachte hallo bijlage wordt worden kan kunt",
    "pt": "o a os as de e é um uma para com que não se do da no na obrigado bom dia cumprimentos "
    "anexo seu sua por mais como mas este esta são",
}
_OF: dict[str, frozenset[str]] = {language: frozenset(words.split()) for language, words in _WORDS.items()}
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)?")
_READ = 20_000


def language_of_text(text: str) -> str | None:
    """Give the language in two letters: fr, en, de, es, it, nl or pt; None where it is not clear.

    A short text, a list of figures or a text in another language has none.
    """
    words = [word.casefold() for word in _WORD.findall(text[:_READ])]
    if len(words) < 2:
        return None
    hits = {language: sum(word in known for word in words) for language, known in _OF.items()}
    ranked = sorted(hits, key=lambda language: -hits[language])
    best, second = ranked[0], ranked[1]
    enough = hits[best] >= max(2, 0.12 * len(words))
    return best if enough and hits[best] >= 1.2 * hits[second] + 0.5 else None
