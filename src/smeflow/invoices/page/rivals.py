"""Tell what else each required field could be: what the laws name, and the chooser's next values."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from smeflow.documents.document import Quote
from smeflow.documents.page_text import Piece
from smeflow.i18n import Phrase, say
from smeflow.invoices.page.choices import Choices, FieldChoice
from smeflow.invoices.page.features import FIELDS, key_of
from smeflow.invoices.page.labelled_amounts import fits_of_field
from smeflow.invoices.page.names import find_names, may_be_same_firm
from smeflow.invoices.page.particulars import LEGAL_FORM
from smeflow.invoices.page.settled import FROM_SUMS, SUMS
from smeflow.invoices.page.uniqueness import Uniqueness
from smeflow.invoices.page.view import PageView
from smeflow.invoices.record import REQUIRED
from smeflow.kinds.field_names import field_name
from smeflow.kinds.records import Check, FieldRival, Finding
from smeflow.values.identifiers import ibans_on

MOST = 3
"""Rivals of a field that are told, the nearest first."""
NEAR = 5.0
"""What is further behind, a hundred and fifty to one, is not told."""
OPEN_WITHIN = 3.0
"""How near a value must be to leave open a field that holds none, as the logarithm of odds."""
_LONGEST = 40
"""Letters of a label that are told."""
_LAWS: Mapping[str, Phrase] = {
    "net+vat=gross": say("With it net and VAT would not make the total."),
    "legal rate": say("With it VAT would not be at a rate that may be charged."),
    "gross-prepaid=due": say("With it what is due would not be the total less what was paid."),
    "due>=issue": say("With it the invoice would be due before it was issued."),
    "due=issue+terms": say("With it the printed days to pay would not fit."),
    "number": say("It is the number of the invoice before."),
    "parties": say("It is the buyer."),
}
"""What is told of a rival that breaks a law of `assignment`."""


def told_rivals(
    view: PageView,
    findings: Mapping[str, Finding],
    choices: Choices | None,
    by_law: Mapping[str, tuple[FieldRival, ...]],
    left_open: Collection[str],
) -> dict[str, tuple[FieldRival, ...]]:
    """Give the rivals of each field, each with the words beside it: those that leave it open come first.

    *left_open* are the fields that a check found not unique.
    """
    told: dict[str, tuple[FieldRival, ...]] = {}
    for name in dict.fromkeys((*REQUIRED, *by_law)):
        choice = choices.fields.get(name) if choices and name in REQUIRED else None
        chosen = _chosen(name, findings.get(name), choice, is_open=name in left_open) if choice else []
        rivals = _each_once(name, findings.get(name), (*by_law.get(name, ()), *chosen))
        ordered = sorted(rivals, key=lambda rival: rival.why is not None)
        if ordered:
            told[name] = tuple(_beside(view, rival) for rival in ordered)
    return told


def _chosen(name: str, finding: Finding | None, choice: FieldChoice, *, is_open: bool) -> list[FieldRival]:
    """Give what the chooser had in mind besides: the nearest few, or what it chose and nobody read."""
    rivals = []
    if choice.value is not None and (finding is None or key_of(name, finding.value) != choice.key):
        certain = choice.margin >= 0 and (is_open or finding is None)
        why = None if certain else say("What stands around it speaks for something else.")
        rivals.append(FieldRival(value=choice.value, quote=choice.quote, why=why, behind=0.0))
    for rival in choice.rivals[:MOST]:
        if rival.value is None or rival.behind > (NEAR if finding else OPEN_WITHIN):
            continue
        why = _LAWS.get(rival.breaks) if rival.breaks else None
        if why is None and finding is not None and not (is_open and rival.behind < OPEN_WITHIN):
            why = say("What stands around it speaks for something else.")
        behind = round(rival.behind, 2)
        rivals.append(FieldRival(value=rival.value, quote=rival.quote, why=why, behind=behind))
    return rivals


def _each_once(name: str, finding: Finding | None, rivals: Sequence[FieldRival]) -> list[FieldRival]:
    """Leave out what is the field's own value, and what was told before; the distance told is kept."""
    kept: dict[str, FieldRival] = {}
    own = _key(name, finding.value) if finding is not None else None
    for rival in rivals:
        key = _key(name, rival.value)
        if own is not None and (key == own or _same_words(name, finding, rival)):
            continue
        earlier = kept.get(key)
        kept[key] = (
            replace(earlier, behind=rival.behind)
            if earlier and earlier.behind is None
            else (earlier or rival)
        )
    return list(kept.values())


def _same_words(name: str, finding: Finding | None, rival: FieldRival) -> bool:
    """Tell whether a rival is another cut of the value's own words, or another form of a firm's name."""
    if finding is None:
        return False
    if name == "seller" and may_be_same_firm(str(rival.value), str(finding.value)):
        return True
    one, other = finding.quote, rival.quote
    if one is None or other is None or name not in ("number", "seller"):
        return False
    if None in (one.start, one.end, other.start, other.end) or one.page != other.page:
        return False
    return one.start < other.end and other.start < one.end  # type: ignore[operator]  # none is None


def _key(name: str, value: object) -> str:
    return key_of(name, value) if name in FIELDS else str(value)


def _beside(view: PageView, rival: FieldRival) -> FieldRival:
    return replace(rival, label=words_beside(view, rival.quote)) if rival.quote else rival


def words_beside(view: PageView, quote: Quote) -> str | None:
    """Give the words that a value stands beside: before it in its line, or else right above it."""
    index = next((n for n, page in enumerate(view.pages) if page.number == quote.page), None)
    if index is None or quote.start is None:
        return None
    pieces = view.pieces[index]
    own = next((p for p in pieces if p.start <= quote.start < p.end), None)
    if own is None:
        return None
    before = view.pages[index].text[own.start : quote.start]
    left = [p.text for p in pieces if p.line == own.line and p.end <= own.start]
    above = sorted((p for p in pieces if _is_above(p, own)), key=lambda p: -p.box.bottom)
    for text in (before, *left[-1:], *(p.text for p in above[:1])):
        words = " ".join(text.split()).strip(" :;,.–-|(")
        if sum(c.isalpha() for c in words) > 1:
            return words if len(words) <= _LONGEST else words[-_LONGEST:].partition(" ")[2] or None
    return None


def _is_above(piece: Piece, own: Piece) -> bool:
    height = max(own.box.bottom - own.box.top, 1e-6)
    overlaps = piece.box.left < own.box.right and own.box.left < piece.box.right
    return piece.line < own.line and overlaps and own.box.top - piece.box.bottom < 2 * height


def name_rivals(
    check: Check, findings: Mapping[str, Finding], rivals: Mapping[str, tuple[FieldRival, ...]]
) -> Check:
    """Let the check of a field that is not unique say what else it could be, and where that stands."""
    name = check.fields[0] if len(check.fields) == 1 else ""
    open_rivals = [rival for rival in rivals.get(name, ()) if rival.why is None]
    if check.name != "unique" or check.passed is not False or name not in findings:
        return check
    if not open_rivals:
        detail = say(
            "{field}: {value} stands there, but it may be something else.",
            field=field_name(name),
            value=findings[name].value,
        )
        return replace(check, detail=detail)
    *before, others = [_place(rival) for rival in open_rivals[:MOST]]
    for place in reversed(before):
        others = say("{first}, {rest}", first=place, rest=others)
    detail = say(
        "{field}: {value}, but it could also be {rivals}.",
        field=field_name(name),
        value=findings[name].value,
        rivals=others,
    )
    return replace(check, detail=detail)


def _place(rival: FieldRival) -> object:
    page = rival.quote.page if rival.quote else None
    if page is None:
        return rival.value
    if rival.label is None:
        return say("{value} (page {n})", value=rival.value, n=page)
    return say("{value} (page {n}, beside “{label}”)", value=rival.value, n=page, label=rival.label)


def other_findings(findings: Mapping[str, Finding], values: Mapping[str, Finding]) -> dict[str, Finding]:
    """Put other values in their fields; what was reckoned from other sums falls with them.

    Where the buyer is taken for the seller, the firm that was read as the seller buys.
    """
    changed = {n for n, f in values.items() if n not in findings or findings[n].value != f.value}
    stale = {*(FROM_SUMS if changed.intersection(SUMS) else ()), *_stale_parties(findings, values, changed)}
    kept = {name: finding for name, finding in findings.items() if name not in stale}
    turned = {"buyer": findings["seller"]} if "buyer" in stale and "seller" in findings else {}
    return {**kept, **turned, **{name: values[name] for name in changed}}


def _stale_parties(
    findings: Mapping[str, Finding], values: Mapping[str, Finding], changed: Collection[str]
) -> tuple[str, ...]:
    if "seller" not in changed or "buyer" in values or "buyer" not in findings:
        return ()
    same = may_be_same_firm(str(values["seller"].value), str(findings["buyer"].value))
    return ("buyer", "seller_details", "buyer_details") if same else ()


def without_fields(choices: Choices | None, names: Collection[str]) -> Choices | None:
    """Leave out what the chooser said of some fields: it was about other values."""
    if choices is None:
        return None
    return Choices(fields={name: choice for name, choice in choices.fields.items() if name not in names})


def margins_of(view: PageView, findings: Mapping[str, Finding], choices: Choices | None) -> dict[str, float]:
    """Give how far the chooser has every other value of each field behind, as the logarithm of odds."""
    fields = choices.fields if choices is not None else {}
    ahead = {name: choice.margin for name, choice in fields.items()}
    if "seller" in fields:
        ahead["seller"] = _ahead_of_others(view, findings, fields["seller"])
    return ahead


def _ahead_of_others(view: PageView, findings: Mapping[str, Finding], choice: FieldChoice) -> float:
    """Give how far the chooser has the next firm behind that may be another than the seller.

    The line under a name, another cut of it, the buyer and whom a label calls somebody else are none.
    """
    seller, buyer = findings.get("seller"), findings.get("buyer")
    if seller is None or seller.value != choice.value or choice.quote is None:
        return choice.margin
    names = find_names(view)
    buyers = [name.name for name in names.values() if name.labelled and name.buyer > 0]
    if buyer is not None and any(may_be_same_firm(str(buyer.value), name) for name in buyers):
        buyers.append(str(buyer.value))
    for rival in choice.rivals:
        if rival.value is None or rival.quote is None:
            return rival.behind
        name, form = str(rival.value), LEGAL_FORM.search(str(rival.value))
        aside = may_be_same_firm(name, str(seller.value)) or any(may_be_same_firm(name, b) for b in buyers)
        aside = aside or _is_called_another(view, rival.quote)
        if not (aside or (form is None and _is_line_of(choice.quote, rival.quote))):
            return rival.behind
    return choice.rivals[-1].behind if choice.rivals else choice.margin


def _is_line_of(name: Quote, other: Quote) -> bool:
    """Tell whether a text stands right under a name, as what a person does: "Avvocato"."""
    if name.box is None or other.box is None or name.page != other.page:
        return False
    down = (other.box.top - name.box.top) / max(name.box.height, 1e-6)
    return 0 < down < _NEXT_LINE and abs(other.box.left - name.box.left) < _ALIGNED


def _is_called_another(view: PageView, quote: Quote) -> bool:
    """Tell whether a label of somebody else begins the piece of a name: "Member of", "Made with"."""
    start = quote.start or 0
    return any(
        label.piece_start and view.pages[label.page].number == quote.page and label.start <= start < piece.end
        for label in view.labels_of("other_party")
        if (piece := view.piece_of(label)) and label.end - label.start > _SHORT
    )


_NEXT_LINE, _ALIGNED, _SHORT = 2.2, 0.01, 3


def fields_upheld(unique: Uniqueness, checks: Sequence[Check]) -> frozenset[str]:
    """Name the fields whose value the laws of the page uphold, whoever read it.

    Something of its own ties each value to its field, and nothing else on the page could be it; the sums add
    up, and what is due is the total, or is alone in bearing that label. An account is the only one on
    the page and its check digits are right. Of a seller the page must say besides the buyer, who is another.
    """
    findings, opinions = unique.findings, unique.opinions
    failed = {name for check in checks if check.passed is False for name in check.fields}
    upheld = {n for n, o in opinions.items() if o.tied and not o.open and n not in failed} - {"total_gross"}
    if "issue_date" in upheld and _has_two_readings(unique.view, findings["issue_date"].value):
        upheld.remove("issue_date")
    if "seller" in upheld and not _buyer_is_another(findings, unique.own_names):
        upheld.remove("seller")
    if "total_gross" in opinions and not failed.intersection(SUMS) and set(SUMS) <= findings.keys():
        net, tax, gross = (findings[name].value for name in SUMS)
        if opinions["total_gross"].tied and not opinions["total_gross"].open and net + tax == gross:
            upheld.update(SUMS)
    due = findings.get("amount_due")
    if due is not None and "total_gross" in upheld:
        labelled = set(fits_of_field(unique.view, "amount_due", credit=True))
        if due.value == findings["total_gross"].value or labelled == {abs(due.value)}:
            upheld.add("amount_due")
    account = findings.get("iban")
    if account is not None and ibans_on((unique.view.document,)) == (account.value,):
        upheld.add("iban")
    return frozenset(upheld)


def _has_two_readings(view: PageView, day: object) -> bool:
    """Tell whether a day is printed so that it may be another: 07/09/18 in a country that is not known."""
    spots = [spot.value for spot in view.dates if day in (spot.value.value, spot.value.other)]
    return any(spot.other not in (None, spot.value) for spot in spots)


def _buyer_is_another(findings: Mapping[str, Finding], own_names: Sequence[str]) -> bool:
    seller, buyer = str(findings["seller"].value), findings.get("buyer")
    if buyer is None or any(may_be_same_firm(seller, own) for own in own_names if own):
        return False
    return not may_be_same_firm(seller, str(buyer.value))
