"""Calibration of a classifier's probabilities, and abstention.

Everything is computed from probabilities (R, C) and true codes (R,), of pairs or of videos. A temperature and
a threshold are chosen on the validation part, and measured on another part.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ferfusion.errors import ConfigError
from ferfusion.evaluation.metrics import FloatArray, IntArray

BINS = 15
COOLEST, HOTTEST = 0.1, 10.0
NEVER = 2.0
"""A threshold that no probability reaches."""
# tables keep six digits: a probability that is written as 0 is less than half of the last digit
_LEAST = 5e-7


@dataclass(frozen=True)
class Reliability:
    """The bins of a reliability diagram: accuracy against confidence.

    Attributes:
        edges: Ends of the bins of confidence, the probability of the top class, (B + 1,).
        counts: Rows of each bin, (B,).
        confidence: Mean confidence of each bin; nan for an empty bin.
        accuracy: Accuracy of each bin; nan for an empty bin.
    """

    edges: FloatArray
    counts: IntArray
    confidence: FloatArray
    accuracy: FloatArray

    @property
    def gaps(self) -> FloatArray:
        """Confidence minus accuracy of each bin: positive where the classifier is overconfident."""
        return self.confidence - self.accuracy

    @property
    def ece(self) -> float:
        """Expected calibration error: the mean size of the gap, over rows; nan without a row."""
        weights = self.counts / max(self.counts.sum(), 1)
        return float(np.nansum(np.abs(self.gaps) * weights)) if self.counts.any() else float("nan")


@dataclass(frozen=True)
class RiskCoverage:
    """Coverage and risk of a classifier that answers only at or above a confidence.

    Attributes:
        thresholds: Lowest confidences at which an answer is given, in falling order, (T,).
        coverage: Share of rows that are answered at each threshold.
        risk: Share of wrong answers among these.
    """

    thresholds: FloatArray
    coverage: FloatArray
    risk: FloatArray

    @property
    def area(self) -> float:
        """Mean risk over all rows, answered in the order of their confidence (AURC); less is better."""
        shares = np.diff(self.coverage, prepend=0.0)
        return float((self.risk * shares).sum())


@dataclass(frozen=True)
class Abstention:
    """A threshold of confidence, with its coverage and its risk on the rows that it was chosen on.

    Attributes:
        threshold: Lowest probability of the top class at which an answer is given; 0 if all rows are
            answered, as nothing is known of lower probabilities then.
        coverage: Share of the rows that are answered.
        risk: Share of wrong answers among these; nan without an answer.
    """

    threshold: float
    coverage: float
    risk: float


def reliability(probabilities: npt.ArrayLike, codes: npt.ArrayLike, *, bins: int = BINS) -> Reliability:
    """Sort rows into bins of equal width by confidence (Guo, Pleiss, Sun & Weinberger 2017, ICML).

    A bin contains its upper end and not its lower one.

    >>> round(reliability([[0.9, 0.1], [0.4, 0.6]], [0, 0], bins=2).ece, 3)
    0.25
    """
    confidence, right = _confidence(probabilities, codes)
    edges = np.linspace(0, 1, bins + 1)
    place = np.searchsorted(edges[1:-1], confidence)
    counts = np.bincount(place, minlength=bins)
    with np.errstate(invalid="ignore"):
        mean_confidence = np.bincount(place, confidence, minlength=bins) / counts
        accuracy = np.bincount(place, right, minlength=bins) / counts
    return Reliability(edges, counts, mean_confidence, accuracy)


def log_loss(probabilities: npt.ArrayLike, codes: npt.ArrayLike) -> float:
    """Return the mean negative logarithm of the true class's probability, which is at least 0.0000005."""
    values, truth = _checked(probabilities, codes)
    return float(-np.log(np.maximum(values[np.arange(len(truth)), truth], _LEAST)).mean())


def with_temperature(probabilities: npt.ArrayLike, temperature: float) -> FloatArray:
    """Return the probabilities of the logits divided by a temperature; above 1, they are less confident.

    The logarithms of the probabilities are the logits up to a constant of each row, which cancels.

    Raises:
        ConfigError: the temperature is not a positive number.

    >>> with_temperature([[0.8, 0.2]], 2.0).round(3).tolist()
    [[0.667, 0.333]]
    """
    if not (np.isfinite(temperature) and temperature > 0):
        raise ConfigError(f"temperature must be a positive number, got {temperature}")
    logits = np.log(np.maximum(np.asarray(probabilities, dtype=np.float64), _LEAST)) / temperature
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def fit_temperature(probabilities: npt.ArrayLike, codes: npt.ArrayLike) -> float:
    """Return the temperature, from 0.1 to 10, with the least log loss (Guo et al. 2017).

    A temperature changes the confidence, and never the top class.
    """
    from scipy.optimize import minimize_scalar  # noqa: PLC0415 predicting a video needs it not

    values, truth = _checked(probabilities, codes)
    # on a logarithmic scale, half and twice a temperature are equally far from it
    found = minimize_scalar(
        lambda log: log_loss(with_temperature(values, np.exp(log)), truth),
        bounds=(np.log(COOLEST), np.log(HOTTEST)),
        method="bounded",
        options={"xatol": 1e-5},
    )
    return float(np.exp(found.x))


def risk_coverage(probabilities: npt.ArrayLike, codes: npt.ArrayLike) -> RiskCoverage:
    """Return coverage and risk at every threshold; rows of equal confidence are answered together.

    El-Yaniv & Wiener 2010, JMLR 11; Geifman & El-Yaniv 2017, NeurIPS.
    """
    confidence, right = _confidence(probabilities, codes)
    thresholds, rows = np.unique(-confidence, return_inverse=True)
    answered = np.cumsum(np.bincount(rows, minlength=len(thresholds)))
    wrong = np.cumsum(np.bincount(rows, ~right, minlength=len(thresholds)))
    return RiskCoverage(-thresholds, answered / len(confidence), wrong / answered)


def abstain_for_risk(probabilities: npt.ArrayLike, codes: npt.ArrayLike, *, risk: float) -> Abstention:
    """Choose the threshold with the largest coverage whose risk is at most ``risk``.

    For other people, the risk is as likely above this value as below; with few rows it can be far off.

    Raises:
        ConfigError: ``risk`` is not a share.
    """
    _check_share("risk", risk)
    curve = risk_coverage(probabilities, codes)
    good = np.flatnonzero(curve.risk <= risk)
    return _at(curve, int(good[-1])) if len(good) else Abstention(NEVER, 0.0, float("nan"))


def abstain_for_coverage(
    probabilities: npt.ArrayLike, codes: npt.ArrayLike, *, coverage: float
) -> Abstention:
    """Choose the highest threshold whose coverage is at least ``coverage``.

    Raises:
        ConfigError: ``coverage`` is not a share.
    """
    _check_share("coverage", coverage)
    curve = risk_coverage(probabilities, codes)
    return _at(curve, int(np.flatnonzero(curve.coverage >= coverage - 1e-12)[0]))


def _at(curve: RiskCoverage, place: int) -> Abstention:
    threshold = 0.0 if place == len(curve.thresholds) - 1 else float(curve.thresholds[place])
    return Abstention(threshold, float(curve.coverage[place]), float(curve.risk[place]))


def _check_share(name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise ConfigError(f"{name} must be a share from 0 to 1, got {value}")


def _confidence(
    probabilities: npt.ArrayLike, codes: npt.ArrayLike
) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Return each row's greatest probability, and whether that class is the true one."""
    values, truth = _checked(probabilities, codes)
    return np.asarray(values.max(axis=1)), np.asarray(values.argmax(axis=1) == truth)


def _checked(probabilities: npt.ArrayLike, codes: npt.ArrayLike) -> tuple[FloatArray, IntArray]:
    values, truth = np.asarray(probabilities, dtype=np.float64), np.asarray(codes, dtype=np.int64)
    if values.ndim != 2 or truth.shape != values.shape[:1] or not len(truth):
        raise ValueError(
            f"Got probabilities {values.shape} and codes {truth.shape}; they must be (R, C) and (R,)"
        )
    return values, truth
