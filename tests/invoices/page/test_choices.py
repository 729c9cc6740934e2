"""Choosing by learning and checking by law: what is unique is proven, what has a rival is not."""

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from smeflow.documents.document import text_document
from smeflow.invoices.page.assignment import Facts, decide
from smeflow.invoices.page.choices import MOST_CANDIDATES
from smeflow.invoices.page.features import FIELDS
from smeflow.invoices.page.ranker import Ranked, pack, unpack
from smeflow.invoices.page.read import read_invoice
from smeflow.invoices.page.vat_rates import legal_rates


def ranked(**values: dict[str | None, float]) -> dict[str, list[Ranked]]:
    """Give every field its values; one that is not named is not on the page."""
    return {
        name: sorted(
            (Ranked(key=k, probability=p, best=None) for k, p in values.get(name, {None: 1.0}).items()),
            key=lambda r: -r.probability,
        )
        for name in FIELDS
    }


RATES = Facts(rates=frozenset({Decimal(20)}))


def test_a_law_decides_between_two_likely_totals():
    """Of two amounts that look alike the one that net and VAT make is the total."""
    choice = decide(
        ranked(
            total_net={"100.00": 1.0},
            total_vat={"20.00": 1.0},
            total_gross={"110.00": 0.55, "120.00": 0.45},
        ),
        RATES,
    )
    assert choice["total_gross"].best.key == "120.00"
    broken = {rival.key: law for rival, _, law in choice["total_gross"].rivals}
    assert broken["110.00"] == "net+vat=gross"


def test_a_wrong_sum_is_not_healed():
    """A total that is surely labelled stays, though net and VAT make another amount that is printed."""
    choice = decide(
        ranked(
            total_net={"100.00": 1.0, None: 1e-6},
            total_vat={"20.00": 1.0, None: 1e-6},
            total_gross={"125.00": 0.9999, "120.00": 0.0001},
        ),
        RATES,
    )
    assert choice["total_gross"].best.key == "125.00"
    assert choice["total_gross"].breaks == "net+vat=gross"


def test_two_equal_dates_leave_no_margin():
    """Two dates with labels as good are both possible."""
    choice = decide(ranked(issue_date={"2026-01-02": 0.5, "2026-01-05": 0.5}), Facts())
    assert choice["issue_date"].margin < 0.01


def test_the_day_of_payment_decides_between_two_days_of_issue():
    """It is not due before it is issued."""
    choice = decide(
        ranked(issue_date={"2026-03-02": 0.5, "2026-01-05": 0.5}, due_date={"2026-02-01": 0.99, None: 0.01}),
        Facts(),
    )
    assert choice["issue_date"].best.key == "2026-01-05"
    assert choice["issue_date"].margin > 2


def test_rates_are_legal_in_a_country_on_a_day():
    """Germany halved nothing but lowered its rates for half a year; an unknown country says nothing."""
    assert Decimal(16) in (legal_rates(["DE"], [date(2020, 8, 1)]) or ())
    assert Decimal(16) not in (legal_rates(["DE"], [date(2021, 8, 1)]) or ())
    assert Decimal(10) in (legal_rates(["NO"], [date(2017, 12, 31)]) or ())
    assert Decimal(10) not in (legal_rates(["NO"], [date(2018, 1, 1)]) or ())
    assert Decimal("12.5") not in (legal_rates(["GB"], [date(2021, 9, 30)]) or ())
    assert legal_rates(["DE", "US"], [date(2021, 8, 1)]) is None


@given(st.lists(st.integers(-127, 127), min_size=8, max_size=8), st.floats(1e-4, 1.0))
def test_weights_are_read_as_they_were_written(values, scale):
    """A table of signed bytes and its scale come back."""
    weights = unpack(pack(8, {"number": (scale, values)}, {}))
    assert weights.buckets == 8
    assert list(weights.tables["number"]) == [value * scale for value in values]


HEAD = "Acme Tools Ltd\n12 High Street, Leeds\n\nINVOICE\nInvoice number: A-17\nInvoice date: 15 May 2024\n"
SUMS = "Total net  155.00\nVAT 20 %  31.00\nTotal incl. VAT  186.00 £\n"


def unique(reading):
    """Give what is in doubt besides the seller, whom nothing on these short pages ties to his name."""
    return [c for c in reading.checks if c.name in ("unique", "tied") and c.fields != ("seller",)]


def test_of_too_many_values_the_rules_choose_and_nothing_is_proven():
    """The list behind an invoice is not looked through, and what the rules found stands."""
    few, many = (
        read_invoice([text_document(HEAD + SUMS + "\n".join(f"X{n}" for n in range(count)))])
        for count in (5, MOST_CANDIDATES + 5)
    )
    assert few.record.number == many.record.number == "A-17"
    assert many.record.total_gross == Decimal(186)
    assert [check.passed for check in unique(many)] == [False]
    assert "too many" in str(unique(many)[0].detail)
    assert unique(few) == []


def test_one_printed_total_is_not_the_one_without_vat_too():
    """How much VAT is in it nobody says, so net stays open."""
    record = read_invoice([text_document(HEAD + "Total incl. VAT  186.00 £\n")]).record
    assert (record.total_net, record.total_gross) == (None, Decimal(186))


def test_a_number_behind_another_papers_label_is_not_proven_by_a_title_above_it():
    """The order's number stands under the title, but its own label says what it is."""
    text = HEAD.replace("Invoice number: A-17", "Purchase order A-17")
    reading = read_invoice([text_document(text + SUMS)])
    assert reading.record.number is None or {c.fields for c in unique(reading)} == {("number",)}
