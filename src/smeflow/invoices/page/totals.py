"""Find the totals, the printed amounts whose labels fit and whose arithmetic closes, and their currency."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from decimal import Decimal

from smeflow.documents.document import Quote
from smeflow.i18n import say
from smeflow.invoices.checks import CENT, ZERO, same_amount
from smeflow.invoices.page.candidates import Candidate, currency_candidates
from smeflow.invoices.page.labelled_amounts import SUMMED, fits_of_field, keep_better, size_of
from smeflow.invoices.page.lines import find_lines
from smeflow.invoices.page.other_sums import amounts_aside, find_disbursement
from smeflow.invoices.page.particulars import PartyNumbers
from smeflow.invoices.page.sums import reckoned_sums
from smeflow.invoices.page.vat_and_payment import (
    AmountFit,
    ChosenAmount,
    FitTable,
    deducted,
    find_exemptions,
    find_payment,
    is_old_debt,
)
from smeflow.invoices.page.vat_by_rate import (
    KNOWN_RATES,
    RateRow,
    breakdown,
    proofs_by_sums,
    rate_rows,
    row_stretches,
    taxed_parts,
)
from smeflow.invoices.page.view import (
    PageAmount,
    PageView,
    PlacedValue,
    once,
)
from smeflow.invoices.record_parts import VatBreakdown
from smeflow.values.amounts import CODES, SYMBOLS

_NOTHING = 0.0
_MARGIN = 0.5
_OF_BEFORE = 1.5
"""What it costs each of the sums that it is printed only as of before or as cumulative."""
_LEAST_NET = Decimal("0.7")
"""Of the gross total; no rate of VAT takes more."""


@dataclass(frozen=True, kw_only=True)
class Totals:
    """What was found, by field."""

    chosen: Mapping[str, ChosenAmount] = field(default_factory=dict)
    vat: tuple[VatBreakdown, ...] = ()
    closed: bool = False
    """Net, VAT and gross are there and add up."""
    ambiguous: bool = False
    """Two readings fit equally well, so none was taken."""


def find_totals(view: PageView, *, credit: bool = False) -> Totals:
    """Find the totals of *view*. Of a *credit* note the sizes count: some print them with a minus."""
    tables = {
        name: fits_of_field(view, name, credit=credit)
        for name in ("total_net", "total_vat", "total_gross", "amount_due", "prepaid")
    }
    rows = rate_rows(view, credit=credit)
    triples = list(_triples(view, tables, rows, credit=credit))
    if not triples:
        return Totals(chosen=_well_labelled(view, tables))
    triples.sort(key=lambda t: -t.score)
    best = triples[0]
    rivals = [t for t in triples[1:] if t.values != best.values and best.score - t.score < _MARGIN]
    if rivals:
        return Totals(chosen=_agreeing([best, *rivals]), ambiguous=True)
    chosen = dict(best.chosen)
    vat = breakdown(view, rows, best.values) or taxed_parts(view, best.values)
    extra = find_disbursement(view)
    if extra and best.values[2] + extra.value.amount in tables["amount_due"]:
        chosen, vat = _with_disbursed(chosen, vat, best.values, extra, tables["amount_due"])
    chosen.update(find_payment(view, tables, chosen["total_gross"].amount))
    return Totals(chosen=chosen, vat=vat, closed=True)


def _with_disbursed(
    chosen: dict[str, ChosenAmount],
    vat: tuple[VatBreakdown, ...],
    values: tuple[Decimal, Decimal, Decimal],
    extra: PlacedValue[PageAmount],
    dues: FitTable,
) -> tuple[dict[str, ChosenAmount], tuple[VatBreakdown, ...]]:
    """Add to the totals what was laid out for the buyer; it stays apart in the VAT, as outside its scope."""
    net, tax, gross = values
    out = extra.value.amount
    note = say("With {amount} laid out in the buyer's name, on which no VAT is charged.", amount=out)
    enlarged = {
        "total_net": replace(chosen["total_net"], amount=net + out, note=note),
        "total_gross": ChosenAmount(amount=gross + out, spot=dues[gross + out].spot),
    }
    taxed = vat or (VatBreakdown(base=net, amount=tax),)
    outside = VatBreakdown(category="O", rate=ZERO, base=out, amount=ZERO, exemption=str(note))
    return {**chosen, **enlarged}, (*taxed, outside)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Triple:
    score: float
    chosen: Mapping[str, ChosenAmount]

    @property
    def values(self) -> tuple[Decimal, Decimal, Decimal]:
        c = self.chosen
        return c["total_net"].amount, c["total_vat"].amount, c["total_gross"].amount


def _triples(
    view: PageView, tables: Mapping[str, FitTable], rows: Sequence[RateRow], *, credit: bool
) -> Iterable[_Triple]:
    """Give every net, VAT and gross that add up and of which two are labelled, or rates prove them."""
    printed: FitTable = {}
    for spot in view.amounts:
        if spot.value.money:
            printed.setdefault(size_of(spot.value.amount, credit=credit), AmountFit(_NOTHING, spot))
    proofs = proofs_by_sums(rows, printed.keys())
    dues = {a for a, f in tables["amount_due"].items() if f.score > 2.5}
    prepaid = {abs(a) for a in tables["prepaid"]}
    gross_table = _merged(tables["total_gross"], tables["amount_due"], discount=0.8)
    nets = _merged(printed, tables["total_net"])
    vats = {a: f for a, f in _merged(printed, tables["total_vat"]).items() if a > 0}
    added = {a: f for a, f in _summed_vat(view, rows).items() if a not in vats}
    extra = find_disbursement(view)
    mentions = () if _charges_vat(view) else find_exemptions(view)
    exempt = mentions[0].quote if mentions else None
    aside = amounts_aside(view)
    for score, chosen in reckoned_sums(view, {**tables, "total_gross": gross_table}, rows, printed.keys()):
        yield _Triple(score=score, chosen=chosen)
    for gross, g in _merged(printed, gross_table).items():
        if gross <= 0:
            continue
        for vat, v in (*vats.items(), *added.items()):
            net = gross - vat
            if vat >= net * Decimal("0.35") or net not in nets:
                continue
            if {net, vat, gross} <= aside:
                continue
            n = nets[net]
            proof = proofs.get((net, vat)) or (0.5 if _known_rate(vat, net) else -0.5)
            proof -= _OF_BEFORE * len({net, vat, gross} & aside)
            if dues and gross not in dues and not any(gross - paid in dues for paid in prepaid):
                fits = extra and gross + extra.value.amount in dues
                proof -= 0.0 if fits or any(deducted(view, gross - due) for due in dues) else 1.0
            scores = (n.score, v.score, g.score)
            labelled = sum(1 for score in scores if score > 0)
            if labelled >= 2 and max(scores) >= 1.5 and (g.score > 0 or proof >= 0.5):
                chosen = {
                    "total_net": ChosenAmount(amount=net, spot=n.spot),
                    "total_vat": ChosenAmount(amount=vat, spot=v.spot),
                    "total_gross": ChosenAmount(amount=gross, spot=g.spot),
                }
                if vat in added:
                    note = say("The sum of the VAT at each rate.")
                    chosen["total_vat"] = ChosenAmount(amount=vat, quote=view.quote(v.spot), note=note)
                yield _Triple(score=sum(scores) + proof, chosen=chosen)
        yield from _untaxed_triples(view, gross, g, tables, exempt) if gross not in aside else ()


def _summed_vat(view: PageView, rows: Sequence[RateRow]) -> FitTable:
    """Give the VAT of each stretch of several rates, which need not be printed as one sum."""
    summed: FitTable = {}
    for part in row_stretches(rows):
        amounts = [row.amount for row in part]
        spots = view.amounts_by_line.get((part[0].page, part[0].line), ())
        spot = next((s for s in spots if abs(s.value.amount) == part[0].amount), None)
        if len(part) > 1 and len({row.rate for row in part}) == len(part) and spot:
            summed[sum(amounts, ZERO)] = AmountFit(SUMMED, spot)
    return summed


def _untaxed_triples(
    view: PageView, gross: Decimal, g: AmountFit, tables: Mapping[str, FitTable], exempt: Quote | None
) -> Iterable[_Triple]:
    """Give the reading in which no VAT is charged: a printed zero or a mention of why is needed."""
    zero = tables["total_vat"].get(ZERO)
    net = tables["total_net"].get(gross)
    taxed = any(
        0 < vat < gross * Decimal("0.3") and fit.score > 2.75 for vat, fit in tables["total_vat"].items()
    )
    left = zero is None and exempt is not None and g.score <= 0 and _is_before_deductions(view, gross, tables)
    g = AmountFit(_BEFORE_DEDUCTIONS, g.spot) if left else g
    if g.score <= 0:
        return
    labelled = {a for name in ("total_net", "total_gross", "amount_due") for a in tables[name]}
    sure = g.score >= 2 or (g.score > 1 and (labelled == {gross} or _is_of_lines(view, gross)))
    if zero is None and (taxed or exempt is None or not sure):
        return
    if zero is None and net is None and tables["total_net"] and not _is_of_lines(view, gross):
        return
    if (
        zero is not None
        and net is None
        and (taxed or (tables["total_net"] and not _is_of_lines(view, gross)))
    ):
        return
    n = net or g
    zero_choice = (
        ChosenAmount(amount=abs(zero.spot.value.amount), spot=zero.spot) if zero
        else ChosenAmount(amount=ZERO, quote=exempt, note=say("No VAT is charged, as this mention says."))
    )  # fmt: skip
    yield _Triple(
        score=(net.score if net else 0.0) + (zero.score if zero else 0.6) + g.score,
        chosen={
            "total_net": ChosenAmount(amount=gross, spot=n.spot),
            "total_vat": zero_choice,
            "total_gross": ChosenAmount(amount=gross, spot=g.spot),
        },
    )


_BEFORE_DEDUCTIONS = 2.4
"""What a total scores that no label names, but from which something is taken off to make what is due."""


def _is_before_deductions(view: PageView, gross: Decimal, tables: Mapping[str, FitTable]) -> bool:
    """Tell whether a printed deduction lies between an amount and what is labelled as due."""
    return any(0 < due < gross and deducted(view, gross - due) for due in tables["amount_due"])


@once
def _is_of_lines(view: PageView, gross: Decimal) -> bool:
    """Tell whether the lines make a total: what is called net in their column is theirs."""
    return find_lines(view, gross) is not None


def _merged(first: FitTable, second: FitTable, *, discount: float = 0.0) -> FitTable:
    """Join two tables; the better fit counts."""
    joined = dict(first)
    for amount, fit in second.items():
        keep_better(joined, amount, AmountFit(fit.score - discount, fit.spot))
    return joined


def _known_rate(vat: Decimal, net: Decimal) -> bool:
    return any(same_amount(net * rate / 100, vat, 2 * CENT) for rate in KNOWN_RATES)


def _charges_vat(view: PageView) -> bool:
    """Tell whether a rate above zero stands on the line of a VAT label."""
    lines = {(label.page, label.line) for label in view.labels_of("total_vat")}
    return any(s.value.percent and s.value.amount > 0 and (s.page, s.line) in lines for s in view.amounts)


def _well_labelled(view: PageView, tables: Mapping[str, FitTable]) -> dict[str, ChosenAmount]:
    """Give what is well labelled although nothing adds up to prove it."""
    chosen: dict[str, ChosenAmount] = {}
    for name in ("total_net", "total_vat", "total_gross", "amount_due"):
        ranked = sorted(tables[name].items(), key=lambda item: -item[1].score)
        if not ranked:
            continue
        (best, fit), *others = ranked
        ahead = fit.score - (others[0][1].score if others else 0.0)
        alone = name == "total_gross" and not others and fit.score > 1.0
        if alone or (fit.score > 2 and ahead >= _MARGIN):
            chosen[name] = ChosenAmount(amount=best, spot=fit.spot)
    net, gross, due = (chosen.get(name) for name in ("total_net", "total_gross", "amount_due"))
    if gross and due and due.spot and due.amount != gross.amount and is_old_debt(view, due.spot):
        del chosen["amount_due"]
    if net and gross and not abs(gross.amount) * _LEAST_NET <= abs(net.amount) <= abs(gross.amount):
        del chosen["total_net"]  # no rate of VAT lies between them: it is a line's
    return chosen


def _agreeing(triples: Sequence[_Triple]) -> dict[str, ChosenAmount]:
    """Give the fields in which rival readings agree."""
    first, *rest = triples
    return {
        name: choice
        for name, choice in first.chosen.items()
        if all(other.chosen[name].amount == choice.amount for other in rest)
    }


_NAMED = re.compile(
    r"(?:devise|currency|w[äa]hrung|rechnungsw[äa]hrung|valuta|moneda|divisa|betr[äa]ge in|montants? en|"
    r"amounts? in|montants? exprim[ée]s en|total|betrag|summe|montant|amount|price)"
    r"\s*[:(]?\s*(?:en\s+|in\s+)?(?P<code>[A-Z]{3}|euros?)\b",
    re.IGNORECASE,
)
_CODE = re.compile(rf"(?<![\w-])(?:{'|'.join(sorted(CODES))})(?![\w-])")
_AMERICA = re.compile(r"\bUSA\b|\bU\.S\.A?\b|United States|\b[A-Z]{2},? \d{5}(?:-\d{4})?\b(?! ?[A-Z])")
_SIGN = re.compile(
    "|".join(rf"(?<![^\W\d_]){re.escape(s)}(?![^\W\d_])" for s in ("RM", "DM", "zł", "Kč", "₹", "£", "€"))
)
_WORD = {"euro": "EUR", "euros": "EUR"}


def find_currency(view: PageView, totals: Totals) -> tuple[str, Quote] | None:
    """Find the currency; None where none is printed or two are and the totals do not tell which."""
    for choice in (totals.chosen.get(name) for name in ("total_gross", "amount_due", "total_net")):
        if choice and choice.spot and choice.spot.value.currency:
            return choice.spot.value.currency, view.quote(choice.spot)
    named = [(number, m) for number, page in enumerate(view.pages) for m in _NAMED.finditer(page.text)]
    codes = {_code(m["code"]) for _, m in named} - {None}
    if len(codes) == 1:
        number, match = next((n, m) for n, m in named if _code(m["code"]))
        code = codes.pop()
        return (code, view.quote_span(number, *match.span("code"))) if code else None
    return _one_currency(view)


def _code(text: str) -> str | None:
    return _WORD.get(text.lower(), text.upper() if text.upper() in CODES and text.isupper() else None)


def _one_currency(view: PageView) -> tuple[str, Quote] | None:
    """Take the one currency that stands beside amounts, or the one code or sign on the pages."""
    counts = Counter(spot.value.currency for spot in view.amounts if spot.value.currency)
    if len(counts) == 1:
        code = next(iter(counts))
        spot = next(s for s in view.amounts if s.value.currency == code)
        return code, view.quote(spot)
    printed: dict[str, Quote] = {}
    for number, page in enumerate(view.pages):
        for match in _CODE.finditer(page.text):
            printed.setdefault(match[0], view.quote_span(number, *match.span()))
        for match in _SIGN.finditer(page.text):
            if page.origin == "ocr" and not match[0].isalpha() and view.text.count(match[0]) < 2:
                continue  # a smudge is soon a sign; twice the same it is none
            printed.setdefault(SYMBOLS[match[0]], view.quote_span(number, *match.span()))
    if not printed and _AMERICA.search(view.text):
        for number, page in enumerate(view.pages):
            at = page.text.find("$")
            if at >= 0:
                return "USD", view.quote_span(number, at, at + 1)
    return next(iter(printed.items())) if len(printed) == 1 and not counts else None


_EURO = frozenset(re.findall("..", "ATBECYDEEEESFIFRGRELHRIEITLTLULVMTNLPTSISK"))
"""Where the euro is the currency, as VAT identifiers begin."""


def home_currency(view: PageView, seller_ids: PartyNumbers) -> bool:
    """Tell whether a page without any currency is a euro country's: by the seller's identifiers."""
    vat = seller_ids.get("vat_id")
    french = "legal_id" in seller_ids and re.search(r"siret|siren|\brcs\b", view.text, re.IGNORECASE)
    return bool(french) if vat is None else vat[0][:2] in _EURO


def is_currency_of_sums(view: PageView, code: str, sums: AbstractSet[Decimal]) -> bool:
    """Tell whether each sum that stands beside a currency is in this one.

    Where none does, a line of its own must name it, and the others only stand with amounts that are no sums.
    """
    signs = currency_candidates(view)
    beside = {sign.value for sign in signs if any(abs(a) in sums for a in _amounts_beside(view, sign))}
    if beside:
        return beside == {code}
    places = {(c.value, (c.page, c.line)) for c in signs}
    lines = {
        (value, tuple(abs(s.value.amount) for s in view.amounts_by_line.get(place, ())))
        for value, place in places
    }
    others = [amounts for value, amounts in lines if value != code]
    return (code, ()) in lines and all(amounts and not sums & {*amounts} for amounts in others)


_BESIDE = 8
"""Blanks and signs between an amount and its currency; more is another column."""


def _amounts_beside(view: PageView, sign: Candidate) -> Iterator[Decimal]:
    """Give the amounts right before and behind a code or sign of a currency."""
    text = view.pages[sign.page].text
    for spot in view.amounts_by_line.get((sign.page, sign.line), ()):
        left, right = min(sign.end, spot.end), max(sign.start, spot.start)
        if right - left > _BESIDE:
            continue
        between = text[left:right]
        if not between.strip(" \u00a0-–−()[]:") and "\n" not in between:
            yield spot.value.amount
