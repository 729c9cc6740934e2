"""A lesson for people: ten readings of one invoice, one of them wrong. Which, and what finds it?

The wrong one stands on the page like all the others. What tells it is not the quote but the sum, and the sum
is tried here by the same checks that try every invoice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from smeflow.i18n import Language, say
from smeflow.invoices.record import Invoice
from smeflow.kinds.record_kind import kind_of, shown_value, word_for_check

WRONG, RIGHT = "total_gross", Decimal("1488.00")
"""The field that is read wrongly, and what it is."""
SHOWN = (
    *("seller", "buyer", "number", "order_reference", "issue_date", "due_date"),
    *("total_net", "total_vat", "total_gross", "iban"),
)
READ: Mapping[str, str | date | Decimal] = {
    "seller": "Atelier Berthier",
    "buyer": "Librairie du Port",
    "number": "FA-2026-0412",
    "order_reference": "C-118",
    "issue_date": date(2026, 11, 3),
    "due_date": date(2026, 12, 3),
    "total_net": Decimal("1240.00"),
    "total_vat": Decimal("248.00"),
    "total_gross": Decimal("1088.00"),
    "iban": "FR7630006000011234567890189",
}
"""What a hasty reader makes of the page: it takes what is left to pay for the total."""
PAGES: Mapping[Language, str] = {
    "fr": """\
ATELIER BERTHIER                    FACTURE FA-2026-0412
Menuiserie                          du 03/11/2026

                                    Librairie du Port
                                    votre commande C-118

Étagères en chêne, fournies et posées         1 240,00 €
--------------------------------------------------------
Total HT                                      1 240,00 €
TVA 20 %                                        248,00 €
Total TTC                                     1 488,00 €
Acompte versé le 12/10                         -400,00 €
Reste à payer au 03/12/2026                   1 088,00 €

IBAN FR76 3000 6000 0112 3456 7890 189
""",
    "en": """\
ATELIER BERTHIER                    INVOICE FA-2026-0412
Joinery                             of 03/11/2026

                                    Librairie du Port
                                    your order C-118

Oak shelves, supplied and fitted              1,240.00 €
--------------------------------------------------------
Net                                           1,240.00 €
VAT 20 %                                        248.00 €
Total                                         1,488.00 €
Paid on account on 12/10                       -400.00 €
Due on 03/12/2026                             1,088.00 €

IBAN FR76 3000 6000 0112 3456 7890 189
""",
}
"""The page, as both languages print it."""


@dataclass(frozen=True, kw_only=True)
class LessonReading:
    """One of the readings."""

    name: str
    label: str
    value: str
    why: str
    """What is known of it once the checks ran."""


@dataclass(frozen=True, kw_only=True)
class SumLesson:
    """A page, what was read on it, and what the checks say."""

    page: str
    readings: tuple[LessonReading, ...]
    wrong: str
    """The name of the reading that is wrong."""
    right: str
    """What stands there."""
    said: str
    """The sentence of the check that finds it."""


def read_lesson(language: Language) -> SumLesson:
    """Give the lesson, tried by the checks of every invoice."""
    kind = kind_of(Invoice)
    ran = kind.checks(Invoice.model_validate({**READ, "currency": "EUR"}), None) if kind.checks else ()
    failed = next(check for check in ran if check.passed is False and WRONG in check.fields)
    on_page = say("no check concerns it").render(language)

    def why(name: str) -> str:
        if name in failed.fields:
            return say("does not fit the other amounts").render(language)
        passed = [c.name for c in ran if c.passed and name in c.fields]
        words = [word_for_check(check, kind.check_words) for check in passed]
        return ", ".join(w if isinstance(w, str) else w.render(language) for w in words) or on_page

    return SumLesson(
        page=PAGES[language],
        readings=tuple(
            LessonReading(
                name=name,
                label=kind.words[name].render(language),
                value=shown_value(name, READ[name], language),
                why=why(name),
            )
            for name in SHOWN
        ),
        wrong=WRONG,
        right=shown_value(WRONG, RIGHT, language),
        said=failed.detail.render(language) if failed.detail is not None else "",
    )
