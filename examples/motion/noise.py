"""What an estimator of actions makes of true actions: measured on rendered faces, then drawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import load_file

from ferfusion.actions.small import SMALL_MODEL
from ferfusion.actions.small_network import CROP_PX, network_of, read_crops

Floats = NDArray[np.floating]
_RIDGE = 2.0
_SLOW_SHARE = 0.9
_SLOW_SECONDS = 0.7
_BATCH = 256
LEAST_GAIN, MOST_GAIN = 0.6, 1.5


@dataclass(frozen=True, eq=False)
class Noise:
    """The estimates of an estimator, as a linear function of the true actions, and what it does not explain.

    Attributes:
        mixing: (52, N): how much of each true action is in each estimated value.
        start: (N,) estimates of a face without any action.
        person: (N, N) covariance of a person's offset.
        left: (N, N) covariance of what is left within a person.
        explained: (N,) share of the variance that the mixing explains.
    """

    mixing: Floats
    start: Floats
    person: Floats
    left: Floats
    explained: Floats

    @classmethod
    def of_faces(cls, paths: Sequence[Path], gives: NDArray[np.bool_]) -> "Noise":
        """Measure it on the rendered faces of files of ``examples/action_network``.

        Args:
            paths: The files.
            gives: (52,) whether the estimator gives each action.
        """
        found = [load_file(path) for path in paths]
        people = [one["subjects"] + 10_000 * number for number, one in enumerate(found)]
        answers = [_answers(one["images"]) for one in found]
        true = np.concatenate([one["weights"] for one in found])
        return cls.measured(
            true.astype(np.float64),
            np.concatenate(answers)[:, gives].astype(np.float64),
            np.concatenate(people),
        )

    @classmethod
    def measured(cls, true: Floats, estimated: Floats, subjects: NDArray[np.int64]) -> "Noise":
        """Fit the noise on faces whose true actions (F, 52) and estimates (F, N) are known."""
        known = np.hstack([true, np.ones((len(true), 1))])
        ridge = _RIDGE * np.eye(known.shape[1])
        ridge[-1, -1] = 0
        mixing = np.linalg.solve(known.T @ known + ridge, known.T @ estimated)
        residual = estimated - known @ mixing
        people, places, counts = np.unique(subjects, return_inverse=True, return_counts=True)
        offsets = np.zeros((len(people), estimated.shape[1]))
        np.add.at(offsets, places, residual)
        offsets /= counts[:, None]
        within = residual - offsets[places]
        left = within.T @ within / (len(true) - len(people))
        person = offsets.T @ offsets / len(people) - left / counts.mean()
        explained = 1 - residual.var(axis=0) / estimated.var(axis=0)
        return cls(mixing[:-1], mixing[-1], _positive(person), _positive(left), explained)

    def draw_person(self, rng: np.random.Generator, *, wider: float) -> tuple[Floats, Floats]:
        """Return the gain (52,) of each action and the offset (N,) of a person.

        Args:
            rng: Source of the draws.
            wider: The offset has up to this many times the measured deviation: real faces differ more from
                what the estimator has learned than rendered ones do.
        """
        gain = np.clip(rng.lognormal(0, 0.2, len(self.mixing)), LEAST_GAIN, MOST_GAIN)
        offset = rng.uniform(1, wider) * rng.multivariate_normal(np.zeros(len(self.start)), self.person)
        return gain, offset

    def seen(
        self, weights: Floats, *, fps: float, gain: Floats, offset: Floats, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """Return the estimates (T, N) of true actions (T, 52); most of what is left changes slowly."""
        plain = (weights * gain) @ self.mixing + self.start + offset
        steps = rng.multivariate_normal(np.zeros(len(self.start)), self.left, len(weights))
        keep = np.exp(-1 / (fps * _SLOW_SECONDS))
        slow = np.empty_like(steps)
        slow[0] = steps[0]
        for row in range(1, len(steps)):
            slow[row] = keep * slow[row - 1] + np.sqrt(1 - keep**2) * steps[row]
        fast = rng.multivariate_normal(np.zeros(len(self.start)), self.left, len(weights))
        noise = np.sqrt(_SLOW_SHARE) * slow + np.sqrt(1 - _SLOW_SHARE) * fast
        return np.asarray(plain + noise, np.float32)


def _answers(wide_crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the actions (N, 52) that the shipped network reads in wide crops (N, 80, 80, 3)."""
    with safe_open(SMALL_MODEL, "pt") as file:
        network = network_of({name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118 no mapping
    border = (wide_crops.shape[1] - CROP_PX) // 2
    crops = np.ascontiguousarray(wide_crops[:, border:-border, border:-border])
    return np.concatenate(
        [read_crops(network, crops[start : start + _BATCH])[0] for start in range(0, len(crops), _BATCH)]
    )


def _positive(covariance: Floats) -> Floats:
    """Return the nearest covariance without negative variances."""
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    return np.asarray((vectors * np.maximum(values, 1e-8)) @ vectors.T)
