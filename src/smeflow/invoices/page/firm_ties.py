"""Tell what ties a paper to the firm that sells, and which other firm may be that."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from smeflow._text import folded
from smeflow.documents.document import Quote
from smeflow.documents.page_text import Piece
from smeflow.i18n import Phrase, say
from smeflow.invoices.page.dates import HEAD, TOWN_BEFORE
from smeflow.invoices.page.exclusion import FieldOpinion
from smeflow.invoices.page.names import NameCandidate, find_names, is_label, may_be_same_firm, name_key
from smeflow.invoices.page.particulars import (
    LEGAL_FORM,
    ZIP,
    PrintedNumber,
    find_ibans,
    is_of_buyer,
    label_of_number,
    lines_at_accounts,
    numbers_on_page,
)
from smeflow.invoices.page.parties import is_in_domain, is_registered, particulars_below
from smeflow.invoices.page.surroundings import stands_whole, surroundings_of
from smeflow.invoices.page.view import PageView, same_column
from smeflow.kinds.records import FieldRival, Finding


@dataclass(frozen=True, kw_only=True)
class SellerLaws:
    """What ties a paper to the firm that sells, and which other firm on it may be that."""

    view: PageView
    findings: Mapping[str, Finding]
    own_names: Sequence[str] = ()
    far_behind: Phrase | None = None
    """What to say of others where the chooser has each far behind; None where one is near."""
    margin: float = 0.0
    """How far the chooser has the next firm behind, as the logarithm of odds."""

    def opinion(self, finding: Finding) -> FieldOpinion:
        """Say what ties the paper to the firm that was read as its seller, and who else it could be."""
        name, quote = str(finding.value), finding.quote
        if finding.note is not None:
            return FieldOpinion(tied=True)  # the firm's own list of suppliers says it
        names = find_names(self.view)
        blocks = list(numbers_on_page(self.view))
        details = self.findings.get("seller_details")
        own = (details.value.vat_id, details.value.legal_id) if details is not None else ()
        mine = frozenset(number for number in own if number)
        places = [n for n in names.values() if may_be_same_firm(n.name, name)]
        places += self._where_read(name, quote)
        buyer = str(self.findings["buyer"].value) if "buyer" in self.findings else ""
        theirs: list[NameCandidate] = []
        if buyer:
            theirs = [n for n in names.values() if may_be_same_firm(n.name, buyer)]
            theirs += self._where_read(buyer, self.findings["buyer"].quote)
            near = self._beside(places, blocks) - self._beside(theirs, blocks)
            mine |= near
        told = self._buyer_is_told(names) or self.margin >= BEYOND_DOUBT
        beside = any(self._beside_number(place, n) for place in places for n in blocks if n.value in mine)
        # "Recipient: Grautemann KG" over an account says who is paid
        paid = self._buyer_is_told(names) and name_key(name) in map(name_key, lines_at_accounts(self.view))
        called_buyer = any(place.labelled and place.buyer > 0 for place in places)
        called_buyer = (called_buyer or self._is_called_another(places[-1:])) and not paid
        # a letter is written from one's own domain: where only the other's is printed, that one may sell
        astray = is_in_domain(self.view, buyer, name) and not is_in_domain(self.view, name, buyer)
        brand = not LEGAL_FORM.search(name) and any(
            LEGAL_FORM.search(n.name) and name_key(n.name) != name_key(name) for n in places
        )  # "Elec Entreprises" over "Elec SA au capital de …": the firm is named in full elsewhere
        whole = not (called_buyer or brand or (buyer and astray)) and stands_whole(self.view, quote)
        tied = whole and (
            paid
            or (told and beside)
            or (self.margin >= BEYOND_DOUBT and self._has_particulars(places))
            or any(place.labelled and place.seller > 0 and self._is_party(place) for place in places)
            or (self.far_behind is not None and self._writes_from(places))
            or any(self._is_sender(place) for place in places)
            or (
                (self.margin >= AHEAD or any(map(self._is_party, places)))
                and self._has_own_domain(name, buyer, names)
            )
            or is_registered(self.view, quote)
            or (self.margin >= AHEAD and self._is_known_by_particulars(places, blocks))
            or (self.margin >= AHEAD and any(map(self._is_letterhead, places)))
        )
        rivals = [
            FieldRival(value=other.name, quote=self._quote(other), why=self._other_firm(other, blocks, mine))
            for other in names.values()
            if not may_be_same_firm(other.name, name) and self._is_firm(other)
        ]
        if buyer and astray and not self._buyer_is_told(names):
            quote = self.findings["buyer"].quote
            rivals.insert(0, FieldRival(value=buyer, quote=quote))
        alone = all(rival.why is not None for rival in rivals) and self._buyer_is_told(names)
        by_form = bool(LEGAL_FORM.search(name)) or self._has_only_other_address(places, theirs)
        return FieldOpinion(tied=tied or (alone and whole and by_form), rivals=tuple(rivals))

    def _is_own_domain(self, name: str, buyer: str) -> bool:
        """Tell whether a domain is the firm's: of two it shares words with, it is made of a whole name."""
        theirs = bool(buyer) and is_in_domain(self.view, buyer, name)
        return is_in_domain(self.view, name, "" if theirs else buyer)

    def _where_read(self, name: str, quote: Quote | None) -> list[NameCandidate]:
        """Give the place at which a name was read; what is known of names is where each stands first."""
        pages = {page.number: index for index, page in enumerate(self.view.pages)}
        if quote is None or quote.page not in pages or quote.start is None or quote.end is None:
            return []
        return [NameCandidate(name, pages[quote.page], quote.start, quote.end)]

    def _beside(self, places: Sequence[NameCandidate], numbers: Sequence[PrintedNumber]) -> frozenset[str]:
        """Give the registered numbers that stand in the block or line of a name."""
        return frozenset(n.value for n in numbers if any(self._beside_number(place, n) for place in places))

    def _buyer_is_told(self, names: Mapping[str, NameCandidate]) -> bool:
        """Tell whether a label says who buys, or we do, and the chooser has no other seller near."""
        buyer = self.findings.get("buyer")
        if buyer is None or self.far_behind is None:
            return False
        labelled = [n.name for n in names.values() if n.labelled and n.buyer > 0]
        if any(may_be_same_firm(str(buyer.value), name) for name in (*labelled, *self.own_names) if name):
            return True
        numbers = [n for n in numbers_on_page(self.view) if is_of_buyer(self.view, n)]
        return bool(self._beside(self._where_read(str(buyer.value), buyer.quote), numbers))

    def _is_sender(self, place: NameCandidate) -> bool:
        """Tell whether a name begins a line with its whole address: a letter's sender, or the foot's imprint.

        In the head that is the sender's line over a window, and the name stands elsewhere too, as a carrier's
        does not. In the foot its numbers must stand beside it.
        """
        piece = self._piece(place)
        if piece is None or place.start != piece.start:
            return False
        if self.view.has_label(place.page, piece, *_PARTIES):
            return False
        rest = piece.text[place.end - place.start :]
        if not (_ADDRESS_BEHIND.match(rest) and ZIP.search(rest) and _is_street_in(rest)):
            return False
        if place.page == 0 and piece.box.top < _TOP:
            return folded(self.view.text).count(folded(place.name)) > 1
        numbers = numbers_on_page(self.view)
        beside = any(n.page == place.page and 0 <= n.piece.line - piece.line <= 1 for n in numbers)
        return piece.box.top > _FOOT and beside and self.far_behind is not None

    def _writes_from(self, places: Sequence[NameCandidate]) -> bool:
        """Tell whether a letter is dated from the town in the firm's block, and the buyer's is another.

        Or whether the register named on the paper is that town's.
        """
        towns = {
            folded(match["town"])
            for spot in self.view.dates
            if spot.page == 0 and (match := TOWN_BEFORE.fullmatch(self.view.text_before(spot)))
        }
        towns |= {match["town"] for match in _REGISTER.finditer(folded(self.view.text))}
        buyer = self.findings.get("buyer")
        theirs = self._where_read(str(buyer.value), buyer.quote) if buyer is not None else []
        mine = {town for town in towns if any(self._is_in(place, town) for place in places)}
        return len(mine) == 1 and bool(theirs) and not any(self._is_in(p, t) for p in theirs for t in mine)

    def _is_party(self, place: NameCandidate) -> bool:
        """Tell whether a name is more than a person's in a form: "Vendedor" is who sold it, or the clerk.

        It has a legal form, an address, or numbers.
        """
        numbers = numbers_on_page(self.view)
        address = self._is_in(place, "") or any(self._beside_number(place, n) for n in numbers)
        return address or LEGAL_FORM.search(place.name) is not None

    def _is_in(self, place: NameCandidate, town: str) -> bool:
        """Tell whether a town stands in the address under a name, or behind it."""
        piece = self._piece(place)
        if piece is None:
            return False
        return any(
            self._heads(place, place.page, below)
            and abs(below.box.left - piece.box.left) < _COLUMN
            and ZIP.search(below.text) is not None
            and town in folded(below.text)
            for below in self.view.pieces[place.page]
        )

    def _has_particulars(self, places: Sequence[NameCandidate]) -> bool:
        """Tell whether a firm's particulars stand below the name, and the chooser has no other near."""
        below = any(
            particulars_below(self.view, place.page, piece)
            for place in places
            if (piece := self._piece(place)) is not None
        )
        return below and self.far_behind is not None

    def _has_own_domain(self, name: str, buyer: str, names: Mapping[str, NameCandidate]) -> bool:
        """Tell whether a domain is made of the name, and of no other that is not the buyer's."""
        known = [name, buyer] if buyer else [name]
        others = (n.name for n in names.values() if not any(may_be_same_firm(n.name, k) for k in known))
        mine = self._is_own_domain(name, buyer)
        return mine and not any(is_in_domain(self.view, other, buyer) for other in others)

    def _is_known_by_particulars(
        self, places: Sequence[NameCandidate], numbers: Sequence[PrintedNumber]
    ) -> bool:
        """Tell whether a firm says of itself what only a seller does; the chooser must agree.

        Its number stands in its block with its account, its register or two ways to reach it, or is the only
        one of the paper; or its name and address head the foot, where the numbers and the account are.
        """
        own = {n.value for n in numbers if not is_of_buyer(self.view, n)}
        if len(own) < len({n.value for n in numbers}) and not own:
            return False
        near = self._beside(places, numbers)
        places = [p for p in places if (piece := self._piece(p)) is not None and piece.start == p.start]
        pieces = [(place.page, piece) for place in places if (piece := self._piece(place)) is not None]
        told = max((particulars_below(self.view, *at) for at in pieces), default=0.0)
        alone = bool(near) and near <= own and {n.value for n in numbers} == near
        return alone or (bool(near & own) and told > _ONE_KIND) or any(map(self._heads_imprint, places))

    def _has_only_other_address(
        self, places: Sequence[NameCandidate], theirs: Sequence[NameCandidate]
    ) -> bool:
        """Tell whether every address on the paper is that of the name, or of the buyer."""
        mine = [place for place in places if (p := self._piece(place)) is not None and p.start == place.start]
        towns = [(page, piece) for page, piece in self.view.all_pieces() if ZIP.search(piece.text)]
        stands = any(self._heads(place, *town) for place in mine for town in towns)
        return stands and all(any(self._heads(p, *town) for p in (*mine, *theirs)) for town in towns)

    def _heads(self, place: NameCandidate, page: int, town: Piece) -> bool:
        """Tell whether a name stands over the line of a town, in its block, or on it."""
        piece = self._piece(place)
        if piece is None or page != place.page:
            return False
        height = min(max(piece.box.height, 1e-6), _USUAL * surroundings_of(self.view).heights[page])
        near = 0 < town.box.top - piece.box.bottom < (_ADDRESS - 1) * height
        if town is piece or not near or abs(town.box.left - piece.box.left) >= _COLUMN:
            return town is piece
        return not any(  # another party's block begins between them
            piece.box.bottom <= p.box.top < town.box.top
            and abs(p.box.left - piece.box.left) < _COLUMN
            and (self.view.has_label(page, p, *_PARTIES) or LEGAL_FORM.search(p.text))
            for p in self.view.pieces[page]
        )

    def _is_letterhead(self, place: NameCandidate) -> bool:
        """Tell whether a name heads the page as a letterhead: centred over more, or larger than the buyer.

        It is all of its line, and an address is under it where no legal form ends it: plain words there may
        be its rest.
        """
        piece = self._piece(place)
        if piece is None or place.page != 0 or piece.box.top > _LETTERHEAD:
            return False
        if piece.text.strip(" .") != place.name.strip(" ."):
            return False
        down = _UNDER * max(piece.box.height, 1e-6)
        under = [
            p
            for p in self.view.pieces[0]
            if 0 < p.box.top - piece.box.top < down and same_column(p.box, piece.box)
        ]
        next_line = min(under, key=lambda p: p.box.top, default=None)
        if next_line is None or not (LEGAL_FORM.search(place.name) or re.search(r"\d", next_line.text)):
            return False
        middle = piece.box.left + piece.box.right
        if abs(middle - 1) < _CENTRED:
            return abs(next_line.box.left + next_line.box.right - middle) < _CENTRED
        buyer = self.findings.get("buyer")
        box = buyer.quote.box if buyer is not None and buyer.quote is not None else None
        return box is not None and piece.box.height > _LARGER * box.height

    def _heads_imprint(self, place: NameCandidate) -> bool:
        """Tell whether a name begins a cell in the foot, with its address, beside numbers or accounts."""
        piece = self._piece(place)
        if piece is None or piece.box.top < _IMPRINT or place.start != piece.start:
            return False
        if self.view.has_label(place.page, piece, *_PARTIES):
            return False
        spots = [(n.page, n.piece) for n in numbers_on_page(self.view)]
        number = self.view.pages[place.page].number
        accounts = [q for _, q in find_ibans(self.view) if q.page == number and q.box is not None]
        height = max(piece.box.height, 1e-6)
        near = any(
            page == place.page and abs(other.box.top - piece.box.top) < _BLOCK * height
            for page, other in spots
        ) or any(q.box is not None and abs(q.box.top - piece.box.top) < _BLOCK * height for q in accounts)
        return near and self._is_in(place, "")

    def _piece(self, name: NameCandidate) -> Piece | None:
        return next((p for p in self.view.pieces[name.page] if p.start <= name.start < p.end), None)

    def _is_firm(self, name: NameCandidate) -> bool:
        """Tell whether a name is a firm: it has a legal form and is not us."""
        if any(may_be_same_firm(name.name, own) for own in self.own_names if own):
            return False
        return bool(LEGAL_FORM.search(name.name)) and not is_label(self.view, name.name)

    def _other_firm(
        self, other: NameCandidate, blocks: Sequence[PrintedNumber], mine: frozenset[str]
    ) -> Phrase | None:
        """Say who another firm is; None where it may be the seller."""
        if self._is_only_named(other):
            return say("A label says that it is another firm.")
        buyer = self.findings.get("buyer")
        if buyer is not None and may_be_same_firm(other.name, str(buyer.value)):
            return say("It is the buyer.")
        if other.labelled and other.buyer > 0:
            return say("It is the buyer.")
        numbers = [n for n in blocks if self._beside_number(other, n)]
        strange = any(n.value not in mine for n in numbers)
        if (other.labelled and other.seller > 0) or strange:
            return None
        piece = self._piece(other)
        head = other.page == 0 and (piece is None or piece.box.top < HEAD)
        if buyer is None and head:
            return self.far_behind
        return say("Nothing says that it sells.")

    def _is_only_named(self, name: NameCandidate) -> bool:
        """Tell whether a label of somebody else begins the name or its piece: "Member of", "Made with"."""
        piece = self._piece(name)
        return piece is not None and any(
            label.page == name.page
            and label.piece_start
            and piece.start <= label.start <= name.start
            and label.end - label.start >= _A_LABEL
            for label in self.view.labels_of("other_party")
        )

    def _is_called_another(self, places: Sequence[NameCandidate]) -> bool:
        """Tell whether a label of somebody else stands right before a name: "Suivi par : Claire Terdac"."""
        sells = {(label.page, label.start) for label in self.view.labels_of("seller")}
        return any(
            label.page == place.page
            and (label.page, label.start) not in sells
            and re.fullmatch(r"[ :.]{0,3}", self.view.pages[place.page].text[label.end : place.start])
            is not None
            and label.end - label.start >= _A_LABEL
            for place in places
            for label in self.view.labels_of("other_party")
            if label.end <= place.start
        )

    def _beside_number(self, name: NameCandidate, number: PrintedNumber) -> bool:
        """Tell whether an identifier stands in the line or block of a name."""
        if number.page != name.page:
            return False
        piece = self._piece(name)
        if piece is None:
            return False
        if piece.line == number.piece.line:
            return True
        height = max(piece.box.height, 1e-6)
        down = (number.piece.box.top - piece.box.top) / height
        aside = (number.piece.box.left - piece.box.left, number.piece.box.right - piece.box.right)
        in_column = abs(aside[0]) < _COLUMN or abs(sum(aside)) < 2 * _COLUMN  # aligned left, or centred
        label = label_of_number(self.view, number)
        in_column = in_column or (label is not None and abs(label.box.left - piece.box.left) < _COLUMN)
        return 0 < down < _BLOCK and in_column

    def _quote(self, name: NameCandidate) -> Quote:
        return self.view.quote_span(name.page, name.start, name.end)


BEYOND_DOUBT = 6.0
"""So far ahead must be the firm where only numbers in its block tie it, and no label says who buys: a buyer
has numbers too."""
_REGISTER = re.compile(
    r"(?<!\w)(?:r\.?c\.?s\.?|amtsgericht|registergericht|handelsregister|landesgericht|handelsgericht|"
    r"reg\. com\.|registo comercial|registro mercantil|sitz(?: der gesellschaft)?)\s?:?\s"
    r"(?:de |do |da |d'|von )?"
    r"(?P<town>[a-z'’]{3,}(?:[- ](?:[a-z]{2,3}[- ])?[a-z]{4,})?)"
)
"""The court or town in whose register a firm stands."""
AHEAD = 2.2
"""So far ahead, nine to one, must be the firm that is known by what it says of itself alone."""
_ONE_KIND = 1.0
"""What `particulars_below` gives for one kind of particulars is less."""
_A_LABEL = 4
"""So many letters are a label: "le" and "von" are none."""
_LETTERHEAD, _CENTRED, _UNDER, _LARGER = 0.15, 0.04, 3.5, 1.25
"""Where a letterhead ends, how far off twice its middle, how near its address, how much larger it is."""
_PARTIES = ("seller", "buyer", "other_party")
_USUAL = 1.5
"""Letters larger than so many times the usual have their address no further below."""
_IMPRINT = 0.75
"""Where the foot begins that no buyer stands in."""
_TOP, _FOOT, _ADDRESS = 0.35, 0.7, 6
"""Where the sender's line stands, and where the imprint; how many heights an address goes down."""
_ADDRESS_BEHIND = re.compile(r"\s*(?:[·•●|¦,]|\s[-–—])\s")


def _is_street_in(text: str) -> bool:
    """Tell whether one of the parts of a line is a street or a place with a number before the postcode."""
    parts = re.split(r"\s*[·•●|¦,]\s*|\s[-–—]\s", text)
    return any(re.search(r"[^\W\d_]{3}", part) and not ZIP.search(part) for part in parts if part.strip())


_BLOCK, _COLUMN = 10, 0.05
"""How many letters' heights below a name its identifiers may stand; how far aside, of the page's width."""
