import numpy as np
import pytest
from scipy.special import softmax
from sklearn.calibration import calibration_curve
from sklearn.metrics import log_loss as sklearn_log_loss

from ferfusion.errors import ConfigError
from ferfusion.evaluation.calibration import (
    NEVER,
    abstain_for_coverage,
    abstain_for_risk,
    fit_temperature,
    log_loss,
    reliability,
    risk_coverage,
    with_temperature,
)


def honest(rows=20_000, classes=6, spread=2.0, seed=0):
    """Probabilities and classes drawn by them: a classifier that is exactly as sure as it should be."""
    rng = np.random.default_rng(seed)
    probabilities = softmax(rng.normal(0, spread, (rows, classes)), axis=1)
    codes = (rng.random((rows, 1)) > probabilities.cumsum(axis=1)).sum(axis=1)
    return probabilities, codes.clip(0, classes - 1)


def test_reliability_bins_are_those_of_scikit_learn():
    probabilities, codes = honest(rows=500)
    found = reliability(probabilities, codes, bins=10)
    right = probabilities.argmax(1) == codes
    accuracy, confidence = calibration_curve(right, probabilities.max(1), n_bins=10)
    full = found.counts > 0
    np.testing.assert_allclose(found.accuracy[full], accuracy)
    np.testing.assert_allclose(found.confidence[full], confidence)
    assert found.counts.sum() == 500
    assert np.isnan(found.accuracy[~full]).all()
    expected = (np.abs(accuracy - confidence) * found.counts[full]).sum() / 500
    assert found.ece == pytest.approx(expected)


def test_reliability_ece_is_0_if_honest_and_known_if_too_sure():
    probabilities, codes = honest()
    assert reliability(probabilities, codes).ece < 0.015
    certain = np.eye(6)[probabilities.argmax(1)]
    wrong = 1 - (probabilities.argmax(1) == codes).mean()
    boast = reliability(certain, codes)
    assert boast.ece == pytest.approx(wrong)
    assert boast.gaps[-1] == pytest.approx(wrong)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_fit_temperature_finds_the_temperature_that_was_applied(temperature):
    probabilities, codes = honest()
    distorted = with_temperature(probabilities, 1 / temperature)
    assert fit_temperature(distorted, codes) == pytest.approx(temperature, rel=0.03)
    mended = with_temperature(distorted, fit_temperature(distorted, codes))
    assert reliability(mended, codes).ece < 0.015
    assert (mended.argmax(1) == probabilities.argmax(1)).all()


def test_fit_temperature_has_the_least_loss():
    probabilities, codes = honest(rows=300)
    distorted = with_temperature(probabilities, 0.4)
    best = log_loss(with_temperature(distorted, fit_temperature(distorted, codes)), codes)
    others = [log_loss(with_temperature(distorted, t), codes) for t in np.geomspace(0.1, 10, 200)]
    assert best <= min(others) + 1e-9


def test_with_temperature_divides_the_logits():
    logits = np.random.default_rng(0).normal(0, 2, (50, 4))
    np.testing.assert_allclose(
        with_temperature(softmax(logits, axis=1), 3.0), softmax(logits / 3, axis=1), atol=1e-7
    )


def test_with_temperature_keeps_a_probability_of_0_possible():
    probabilities = [[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]
    assert np.isfinite(log_loss(probabilities, [0, 1, 1]))
    assert fit_temperature(probabilities, [0, 1, 1]) == pytest.approx(10, rel=0.01)
    assert fit_temperature(probabilities, [0, 1, 0]) < 1


def test_log_loss_is_that_of_scikit_learn():
    probabilities, codes = honest(rows=400)
    assert log_loss(probabilities, codes) == pytest.approx(sklearn_log_loss(codes, probabilities))


CONFIDENT = np.array([[0.9, 0.1], [0.8, 0.2], [0.8, 0.2], [0.7, 0.3], [0.6, 0.4]])
TRUTH = np.array([0, 0, 1, 0, 1])


def test_risk_coverage_by_hand():
    curve = risk_coverage(CONFIDENT, TRUTH)
    assert curve.thresholds.tolist() == [0.9, 0.8, 0.7, 0.6]
    assert curve.coverage.tolist() == [0.2, 0.6, 0.8, 1.0]
    assert curve.risk == pytest.approx([0, 1 / 3, 1 / 4, 2 / 5])
    assert curve.area == pytest.approx(0.2 * 0 + 0.4 / 3 + 0.2 / 4 + 0.2 * 2 / 5)


@pytest.mark.parametrize(
    ("risk", "threshold", "coverage"), [(0.0, 0.9, 0.2), (0.25, 0.7, 0.8), (0.3, 0.7, 0.8), (1.0, 0.0, 1.0)]
)
def test_abstain_for_risk_answers_as_much_as_the_risk_allows(risk, threshold, coverage):
    found = abstain_for_risk(CONFIDENT, TRUTH, risk=risk)
    assert (found.threshold, found.coverage) == (threshold, coverage)
    assert found.risk <= risk


@pytest.mark.parametrize(
    ("coverage", "threshold"), [(0.2, 0.9), (0.3, 0.8), (0.8, 0.7), (1.0, 0.0), (0, 0.9)]
)
def test_abstain_for_coverage_answers_as_little_as_the_coverage_needs(coverage, threshold):
    found = abstain_for_coverage(CONFIDENT, TRUTH, coverage=coverage)
    assert found.threshold == threshold
    assert found.coverage >= coverage


def test_abstain_for_risk_gives_no_answer_where_none_is_good_enough():
    found = abstain_for_risk([[0.9, 0.1]], [1], risk=0.1)
    assert (found.threshold, found.coverage) == (NEVER, 0)
    assert np.isnan(found.risk)


def test_abstain_for_risk_holds_on_other_rows():
    chosen = abstain_for_risk(*honest(seed=1), risk=0.2)
    probabilities, codes = honest(seed=2)
    answered = probabilities.max(1) >= chosen.threshold
    assert answered.mean() == pytest.approx(chosen.coverage, abs=0.02)
    assert (probabilities.argmax(1) != codes)[answered].mean() == pytest.approx(0.2, abs=0.015)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: with_temperature([[0.5, 0.5]], 0.0), "temperature must be a positive number, got 0.0"),
        (lambda: abstain_for_risk(CONFIDENT, TRUTH, risk=1.5), "risk must be a share from 0 to 1, got 1.5"),
        (lambda: abstain_for_coverage(CONFIDENT, TRUTH, coverage=-1), "coverage must be a share from 0 to 1"),
    ],
)
def test_calibration_functions_refuse_settings_without_meaning(call, message):
    with pytest.raises(ConfigError, match=message):
        call()


def test_reliability_refuses_rows_without_a_class():
    with pytest.raises(ValueError, match=r"Got probabilities \(5, 2\) and codes \(4,\)"):
        reliability(CONFIDENT, TRUTH[:4])
