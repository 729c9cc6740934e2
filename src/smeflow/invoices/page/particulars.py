"""A firm's particulars on a page: legal forms, addresses, identifiers, accounts, and whose they are."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from smeflow._iban import IBAN_LENGTHS
from smeflow._text import folded
from smeflow.documents.document import Quote
from smeflow.documents.page_text import Piece
from smeflow.invoices.checks import bare_number
from smeflow.invoices.page.headings import letter_pattern, speaks_of
from smeflow.invoices.page.view import PageView, once, same_column
from smeflow.values.identifiers import iban_ok, siren_ok, siret_ok, vat_ok

LEGAL_FORMS = (
    # what another form is the beginning of comes first: "S.L." of "S.L.U."
    r"s\.?l\.?[ulp]|s\.?a\.?u|s\.?r\.?l\.?s|s\.?a\.?s\.?u|ug\s*\(haftungsbeschr(?:ä|ae?)nkt\)|sp\.?\s*z\s*o\.?\s*o|"
    r"p\.?h\.?u|g\.?m\.?b\.?h\.?(?:\s*&\s*co\.?\s*kg)?|e\.?i\.?r\.?l|i\.?k\.?s|"
    r"s\.?a\.?r\.?l|s\.?a\.?s\.?u?|e\.?u\.?r\.?l|s\.?a|s\.?n\.?c|s\.?c\.?i|s\.?c\.?o\.?p|s\.?e\.?l\.?a\.?r\.?l|asbl|"
    r"s\.?p\.?r\.?l|auto-entrepreneur|gmbh(?:\s*&\s*co\.?\s*kg)?|ag|ug|ohg|kg|kgaa|e\.?\s?k\.?|e\.?\s?v\.?|a\.?\s?g\.?|"
    r"mbh|gbr|eg|se|verein|ltd|limited|llc|inc|corp|corporation|plc|llp|pty|pte|co|company|association|"
    r"sdn\.?\s*bhd|bhd|pvt|b\.?\s?v|n\.?\s?v|v\.?o\.?f|s\.?p\.?a|s\.?r\.?l|s\.?l|s\.?l\.?u|s\.?c\.?a|a/s|aps|oy|ab|"
    r"sp\.?\s*z\s*o\.?\s*o|spółka\s+z\s+o\.?\s*o|sp\.\s*[jkp]|s\.k\.a|s\.c|p\.s\.a|s\.r\.o|"
    r"a\.s|v\.o\.s|kft|zrt|nyrt|d\.o\.o|oyj|"
    r"(?:unipessoal,?\s*)?lda|e\.?i\.?r\.?l|s\.?a\.?p\.?a|s\.l\.l|s\.?\s?coop|c\.b|"
    r"b\.?v\.?b\.?a|c\.?v\.?b\.?a|s\.?c\.?r\.?l|"
    r"s\.?\s?[àa]\s?r\.?\s?l|partg(?:\s*mbb)?|gen\.?\s?m\.?b\.?h"
)
LEGAL_FORM = re.compile(rf"(?<![\w&])(?:{LEGAL_FORMS})\.?(?:\s(?:{LEGAL_FORMS})\.?)*(?![\w&])", re.IGNORECASE)
LEGAL_FORM_FIRST = re.compile(
    r"(?:SARL|S\.A\.R\.L\.|BVBA|BV|NV|SPRL|SRL|SASU?|S\.A\.S\.|SA|EURL|SCI|SNC|SCOP|Sarl|Société|Ets|Établissements|Etablissements|Entreprise|"
    r"Cabinet|Maison|Garage|Boulangerie|Fa\.)\s+(?=[A-ZÀ-Ý0-9])"
)
ZIP = re.compile(
    r"(?<![\w.,/-])(?:[A-Z]{1,2}[- ])?(?:\d{4,5}|\d{4}-\d{3}|\d\d-\d{3})\s+[^\W\d_]{2}|"
    r"\b[A-Z]{2}\s+\d{5}(?:-\d{4})?\b|"
    r"\b[A-Z]{1,2}\d[A-Z\d]?\s+\d[A-Z]{2}\b|\b\d{4}\s?[A-Z]{2}\b"
)
STREET = re.compile(
    r"\d.*\b(?:rue|avenue|av|bd|boulevard|place|chemin|allee|impasse|quai|route|cours|square|passage|montee|esplanade|street|st|road|rd|lane|ave|via|"
    r"viale|piazza|calle|camino|plaza|jalan|weg|platz)\b|"
    r"(?:str|strasse|weg|platz|allee|gasse|ring|damm|ufer|straat|laan|plein)\.?\s*\d|"
    r"^(?:via|viale|piazza|corso|vicolo|strada|calle|c/|avda|avenida|plaza|paseo|carretera|ctra|poligono|rua|praca|largo|"
    r"travessa|estrada|alameda|ul|aleja|aleje|plac|osiedle)\b.*\d|^c/|^(?:al|os|pl)\. .*\d|"
    r"^(?:z\.?a|z\.?i|zac|zae|zone (?:industrielle|artisanale|commerciale|d'activites?)|parc d'activites?|"
    r"lieu-?dit|centre commercial|gewerbegebiet|gewerbepark|industriegebiet|industriepark|industrieterrein|"
    r"bedrijventerrein|bedrijvenpark|industrial estate|business park|zona industriale|zona industrial|"
    r"poligono industrial|parque empresarial|strefa przemyslowa)\b",
)
PARTICULARS = re.compile(
    r"siret|siren|rcs|capital|\bape\b|\bnaf\b|hrb|hra\b|handelsregister|geschaftsfuhrer|amtsgericht|"
    r"registergericht|vorstand|ust-?id|steuer-?nr|steuernummer|\btva\b|vat (?:no|reg|number|id)|iban|"
    r"bankverbindung|kvk|btw|p\.?\s?iva|partita iva|\bcif\b|\bnif\b|gst|company (?:no|reg)|registered|"
    r"siege social|kontoinhaber|account holder|titulaire|www\.|http|@"
)
SEPARATOR = re.compile(r"\s*(?:[·•●|¦]|\s[-–—]\s|,\s)\s*")
NOT_IN_NAMES = re.compile(
    r"[:@]|(?<!\b[a-z])(?<!\b[a-z]{2})(?<!\b[a-z]{3})(?<!\b[a-z]{4})\.|https?|www|\btel\b|\bfax\b",
    re.IGNORECASE,
)
"""What no name holds; a dot is only behind a short word: "F.lli", "Gebr.", "St."."""
_SALUTATIONS = (
    r"herrn?|frau|firma|m\.|mme|mr\.?|mrs\.?|ms\.?|monsieur|madame|an|à|to|société|messrs\.?|z\.?\s?hd\.?|"
    r"for|pour|für|voor|aan|per|para|dla|til|för|pro|bill to|ship to|attn\.?|t\.?\s?a\.?\s?v\.?|"
    r"spett\.?(?:le)?|sr\.?|sra\.?"
)
SALUTATION = re.compile(rf"^(?:{_SALUTATIONS})\s*$", re.IGNORECASE)
_STREET_BEGINS = re.compile(
    r"(?:rue|avenue|boulevard|impasse|chemin|allee|quai|travessa|largo|rua|praca|avenida|calle|plaza|paseo|via|"
    r"viale|piazza|corso|vicolo|ulica|ul\.|aleja|plac) [^\W\d_]"
)


def is_no_firm(text: str) -> bool:
    """Tell whether a text is a place, a greeting, the end of a letter or what a paper says of itself."""
    flat = folded(text)
    if ZIP.search(text) or STREET.search(flat) or SALUTATION.match(text):
        return True
    if LEGAL_FORM.search(text):
        return False
    begins = any(letter_pattern(sort).match(flat) for sort in ("closing", "papers"))
    return begins or _STREET_BEGINS.match(flat) is not None


PartyNumbers = Mapping[str, tuple[str, Quote]]
"""Field of `Party` to number and place."""
BUYER_WORDS = re.compile(
    r"client|customer|kunde|ihre|your|votre|acheteur|buyer|cliente|klant|afnemer|nabywc|adquirente|destinat|"
    r"\buw\b|\bv/|\bvs\b|\bvostr|\bsu (?:nif|cif)"
)
"""Words that say that a number is the buyer's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedNumber:
    """A registered number where it is printed."""

    kind: str
    """The field of `Party` it belongs to."""
    value: str
    page: int
    piece: Piece
    start: int
    end: int


_IBAN = re.compile(r"(?<![A-Z0-9])[A-Z]{2}\d{2}(?:\s?[A-Z0-9]){11,30}(?![A-Za-z0-9])")
_VAT = re.compile(r"(?<![A-Z0-9])(?:CHE|[A-Z]{2})[\s.]?[0-9A-Z](?:[\s.\-]?[0-9A-Z]){6,12}(?![0-9A-Z])")
_DIGITS = re.compile(r"(?<![\w.,])\d{3}[\s.]?\d{3}[\s.]?\d{3}(?:[\s.]?\d{5})?(?![\w,]|\.\d)")


_NATIONAL: Sequence[tuple[str, str, str]] = (
    ("PL", r"n\.?i\.?p\b\.?", r"\d{3}[\s-]?\d{2,3}[\s-]?\d{2}[\s-]?\d{2,3}"),
    ("PT", r"n\.?i\.?f\b\.?|nipc|contribuinte", r"\d{3}[\s.]?\d{3}[\s.]?\d{3}"),
    ("ES", r"n\.?i\.?f\b\.?|c\.?i\.?f\b\.?", r"[A-Za-z][\s.-]?\d{7}[\s.-]?[\dA-Za-z]|\d{8}[\s-]?[A-Za-z]"),
    ("IT", r"p(?:art(?:ita)?)?[.\s]{0,2}iva|p\.\s?i\.|c\.\s?f\.|cod(?:ice|\.) fisc(?:ale|\.)", r"\d{11}"),
    ("BE", r"kbo|bce|rpm|rpr|tva|btw|entreprise|ondernemingsn\w*", r"[01]\d{3}[\s.]?\d{3}[\s.]?\d{3}"),
    ("GB", r"vat", r"\d{3}[\s.]?\d{4}[\s.]?\d{2}"),
    ("DK", r"cvr|se-nr", r"\d{2}[\s]?\d{2}[\s]?\d{2}[\s]?\d{2}"),
    ("FI", r"y-tunnus|alv", r"\d{7}-\d"),
)
"""How a country's VAT number is called and printed without the country's letters."""
_NATIONAL_NUMBERS = tuple(
    (
        country,
        re.compile(
            rf"(?<!\w)(?:{label})[^\d\n]{{0,16}}?(?<!\w)(?P<number>{shape})(?![\w]|[.,]\d)", re.IGNORECASE
        ),
    )
    for country, label, shape in _NATIONAL
)
_NATIONAL_LABEL = re.compile("|".join(rf"(?<!\w)(?:{label})" for _, label, _ in _NATIONAL), re.IGNORECASE)


@once
def numbers_on_page(view: PageView) -> tuple[PrintedNumber, ...]:
    """Find VAT numbers and French company numbers whose check digits are right.

    Behind its label a VAT number is known without the country's letters; they are added.
    """
    return tuple(_printed_numbers(view))


def _printed_numbers(view: PageView) -> Iterator[PrintedNumber]:
    before: tuple[int, Piece] | None = None
    for number, piece in view.all_pieces():
        found = list(_numbers_in(piece.text))
        beside = before[1].text if before and before[0] == number and before[1].line == piece.line else ""
        taken = [span for _, _, span in found]
        found += [n for n in _national_numbers(piece.text, beside) if not _overlap(n[2], taken)]
        for kind, value, (start, end) in found:
            at, to = piece.start + start, piece.start + end
            yield PrintedNumber(kind=kind, value=value, page=number, piece=piece, start=at, end=to)
        before = number, piece


def _overlap(span: tuple[int, int], others: Sequence[tuple[int, int]]) -> bool:
    return any(span[0] < end and start < span[1] for start, end in others)


def _national_numbers(text: str, beside: str) -> Iterator[tuple[str, str, tuple[int, int]]]:
    """Find what a label, in the text or at the end of what stands left of it, calls a VAT number."""
    beside = beside if len(beside) < _LONGEST_LABEL and text[:1].isalnum() else ""
    whole = f"{beside} {text}" if beside else text
    if not _NATIONAL_LABEL.search(whole):
        return
    shift = len(whole) - len(text)
    seen: set[int] = set()
    for country, pattern in _NATIONAL_NUMBERS:
        for match in pattern.finditer(whole):
            value = country + re.sub(r"[\s.\-]", "", match["number"]).upper()
            start = match.start("number") - shift
            if start >= 0 and start not in seen and vat_ok(value):
                seen.add(start)
                yield "vat_id", value, (start, match.end("number") - shift)


_LONGEST_LABEL = 40


def _numbers_in(text: str) -> Iterator[tuple[str, str, tuple[int, int]]]:
    for match in _VAT.finditer(text):
        value = re.sub(r"[\s.\-]", "", match[0])
        if vat_ok(value):
            yield "vat_id", value, match.span()
    named: bool | None = None
    for match in _DIGITS.finditer(text):
        value = re.sub(r"\D", "", match[0])
        if siret_ok(value) if len(value) == 14 else siren_ok(value):
            if named is None:
                named = re.search(r"siret|siren|rcs", folded(text)) is not None
            if named:
                yield "legal_id", value, match.span()


def assign_numbers(
    view: PageView, buyer_at: tuple[int, int] | None, own: Sequence[str]
) -> tuple[PartyNumbers, PartyNumbers]:
    """Give seller's and buyer's identifiers; the buyer's stand near its name or behind a word for customers.

    *buyer_at* is the page and place of the buyer's name; *own* are the firm's own identifiers. Of a kind of
    which a party would have two, none is taken.
    """
    sides: tuple[dict[str, list[tuple[str, Quote]]], ...] = ({}, {})
    known = set(map(bare_number, own))
    for number in numbers_on_page(view):
        of_buyer = number.value in known or is_of_buyer(view, number) or _is_near(view, number, buyer_at)
        quote = view.quote_span(number.page, number.start, number.end)
        sides[of_buyer].setdefault(number.kind, []).append((number.value, quote))
    seller, buyer = ({k: v[0] for k, v in side.items() if len({n for n, _ in v}) == 1} for side in sides)
    return seller, buyer


def is_of_buyer(view: PageView, number: PrintedNumber) -> bool:
    """Tell whether a word for customers, or "your", stands before an identifier."""
    return BUYER_WORDS.search(folded(_text_before(view, number))) is not None


def label_of_number(view: PageView, number: PrintedNumber) -> Piece | None:
    """Give the piece left of an identifier that stands without a word in its own."""
    before = view.pages[number.page].text[number.piece.start : number.start]
    to_the_left = [
        p for p in view.pieces[number.page] if p.line == number.piece.line and p.end <= number.piece.start
    ]
    return None if re.search(r"[^\W\d_]{2}", before) or not to_the_left else to_the_left[-1]


def _text_before(view: PageView, number: PrintedNumber) -> str:
    """Give what stands before an identifier: in its piece, else in the piece to its left."""
    label = label_of_number(view, number)
    return label.text if label else view.pages[number.page].text[number.piece.start : number.start]


def _is_near(view: PageView, number: PrintedNumber, at: tuple[int, int] | None) -> bool:
    """Tell whether an identifier stands in the column under a name."""
    if at is None or at[0] != number.page:
        return False
    piece = next((p for p in view.pieces[number.page] if p.start <= at[1] < p.end), None)
    if piece is None:
        return False
    height = max(piece.box.height, 1e-6)
    down = (number.piece.box.top - piece.box.top) / height
    return 0 < down < 9 and abs(number.piece.box.left - piece.box.left) < 0.05


def find_ibans(view: PageView) -> list[tuple[str, Quote]]:
    """Find the different IBANs; one with wrong check digits counts where it is called an IBAN."""
    ibans: dict[str, Quote] = {}
    for number, piece in view.all_pieces():
        for match in _IBAN.finditer(piece.text):
            iban = _whole_iban(match[0], named="iban" in folded(piece.text))
            if iban:
                start = piece.start + match.start()
                end = start + _printed_length(match[0], len(iban))
                ibans.setdefault(iban, view.quote_span(number, start, end))
        begun = _BEGUN_IBAN.search(piece.text)
        if begun and (iban := _over_two_lines(view, number, piece, begun[0])):
            ibans.setdefault(iban, view.quote_span(number, piece.start + begun.start(), piece.end))
    return list(ibans.items())


_BEGUN_IBAN = re.compile(r"(?<![A-Za-z\d])[A-Z]{2}\d{2}(?:\s?[A-Z\d]){0,30}$")
_LINES_BELOW = 2.2
"""How many times its height below a line the next one stands."""


def _over_two_lines(view: PageView, page: int, piece: Piece, begun: str) -> str | None:
    """Give the IBAN that a narrow column broke, where its check digits tell the rest on the next line."""
    first = re.sub(r"\s", "", begun)
    missing = IBAN_LENGTHS.get(first[:2], 0) - len(first)
    if missing <= 0:
        return None
    for below in view.pieces[page]:
        down = (below.box.top - piece.box.top) / max(piece.box.height, 1e-6)
        if 0 < down < _LINES_BELOW and below.line > piece.line:
            value = first + re.sub(r"\s", "", below.text)[:missing]
            if len(value) == len(first) + missing and iban_ok(value):
                return value
    return None


def _whole_iban(text: str, *, named: bool) -> str | None:
    value = re.sub(r"\s", "", text)
    usual = IBAN_LENGTHS.get(value[:2])
    for length in [usual] if usual else range(len(value), 14, -1):
        if len(value) >= length and iban_ok(value[:length]):
            return value[:length]
    return value[:usual] if named and usual and len(value) >= usual else None


def _printed_length(text: str, letters: int) -> int:
    counted = 0
    for index, char in enumerate(text):
        counted += not char.isspace()
        if counted == letters:
            return index + 1
    return len(text)


def lines_at_accounts(view: PageView) -> Iterator[str]:
    """Give the lines right over and under an account, without what calls them: its owner may be one.

    None where a page says that an account is debited: that one may be the buyer's.
    """
    if speaks_of("mandate", view.text):
        return
    indexes = {page.number: index for index, page in enumerate(view.pages)}
    for _, quote in find_ibans(view):
        pieces = view.pieces[indexes[quote.page]] if quote.page in indexes else ()
        account = next((p for p in pieces if p.start <= (quote.start or 0) < p.end), None)
        for piece in pieces:
            if (
                account is not None
                and 0 < abs(piece.line - account.line) <= _OWNER_LINES
                and same_column(piece.box, account.box)
            ):
                label, colon, rest = piece.text.rpartition(": ")
                yield rest if colon and len(label) < _LONGEST_LABEL else piece.text


_OWNER_LINES, _LONGEST_LABEL = 3, 30
"""So many lines from an account its owner stands, and so long is what calls the owner."""
