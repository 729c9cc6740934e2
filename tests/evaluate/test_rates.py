"""Rates and thresholds: what a few labels can promise, and what they cannot."""

import pytest

from smeflow.evaluate.rates import (
    Rate,
    calibration_error,
    error_curve,
    field_calibration,
    propose_threshold,
    upper_bound,
)
from smeflow.evaluate.scoring import CaseScore, FieldScore


def case(confidence: float, *, right: bool) -> CaseScore:
    """Make a case of one field."""
    field = FieldScore(
        name="total",
        verdict="right" if right else "wrong",
        expected="1",
        found="1" if right else "2",
        confidence=confidence,
    )
    return CaseScore(name="x", fields=(field,), accepted=True, confidence=confidence)


@pytest.mark.slow
@pytest.mark.parametrize(("count", "total"), [(0, 1), (0, 62), (3, 40), (40, 40), (997, 1000), (1, 5000)])
def test_the_interval_is_the_one_of_the_beta_distribution(count, total):
    """Clopper and Pearson's interval, as another library computes it."""
    from scipy.stats import beta

    low = beta.ppf(0.025, count, total - count + 1) if count else 0.0
    high = beta.ppf(0.975, count + 1, total - count) if count < total else 1.0
    assert Rate(count, total).interval == pytest.approx((low, high), abs=1e-9)


def test_of_no_case_anything_is_possible():
    """A share of nothing promises nothing."""
    assert Rate(0, 0).interval == (0.0, 1.0)
    assert upper_bound(0, 0) == 1.0


def test_a_threshold_is_only_proposed_when_the_labels_can_show_it():
    """59 cases without an error show less than 5 %, and 58 do not."""
    enough = propose_threshold([case(0.99, right=True)] * 59, 0.05)
    few = propose_threshold([case(0.99, right=True)] * 58, 0.05)
    assert enough.point is not None
    assert enough.point.threshold == 0.99
    assert few.point is None
    assert few.labels_needed == enough.labels_needed == 59


def test_the_threshold_lets_as_much_pass_as_the_errors_allow():
    """Where the doubtful ones are wrong, it lies above them."""
    cases = [case(0.99, right=True)] * 80 + [case(0.9, right=True)] * 40 + [case(0.5, right=False)] * 10
    found = propose_threshold(cases, 0.05)
    assert found.point is not None
    assert found.point.threshold == 0.9
    assert (found.point.coverage.count, found.point.errors.count) == (120, 0)


def test_the_curve_ends_with_everything():
    """At full coverage the errors are all errors."""
    points = error_curve([case(0.9, right=True), case(0.8, right=False), case(0.7, right=True)])
    assert [(p.coverage.count, p.errors.count) for p in points] == [(1, 0), (2, 1), (3, 1)]


def test_a_confidence_that_is_off_is_told():
    """Told 0.95, right in half of the cases."""
    bins = field_calibration([case(0.95, right=True), case(0.95, right=False)])
    assert calibration_error(bins) == pytest.approx(0.45)
