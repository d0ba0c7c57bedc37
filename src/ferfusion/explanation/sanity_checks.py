"""Sanity checks of the maps of a run: deletion and randomised weights, for every method."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor

from ferfusion.evaluation.uncertainty import NO_INTERVAL, Interval, draw_subjects, percentile_interval
from ferfusion.explanation.cam import CAM_METHODS, Images, class_maps
from ferfusion.explanation.deletion import ORDERS, OWN, RANDOM, SHARES, area_under, deletion_curve
from ferfusion.explanation.explainer import Explainer, batches
from ferfusion.explanation.pairs import RunPairs
from ferfusion.explanation.randomisation import RandomisedStep, randomised_steps, rank_correlation
from ferfusion.explanation.recipe import ExplainRecipe

_PAIRS_PER_CLASS = 20
_RESAMPLES = 2000
_CONFIDENCE = 0.95

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class DeletionCheck:
    """Probability of the top class as the input of one stream is deleted in the order of its maps.

    Attributes:
        method: Method of the maps.
        stream: Stream whose input was deleted; the others stayed whole.
        curves: For each order (a name of ``ORDERS``), the mean probability at each of ``SHARES``.
        areas: Area under each curve; a lower area means that the order matters more.
        gain: Area of the random order minus the area of the map's order.
        gain_interval: The 95 % interval of the gain over people.
    """

    method: str
    stream: str
    curves: Mapping[str, FloatArray]
    areas: Mapping[str, float]
    gain: float
    gain_interval: Interval


@dataclass(frozen=True)
class RandomisationCheck:
    """Similarity of the maps of one method as the weights become random.

    Attributes:
        method: Method of the maps.
        steps: The trained model first, then one more random layer at a time, from the logits to the input.
        other_pairs: For each stream, the similarity of the trained model's maps of different pairs.
    """

    method: str
    steps: Sequence[RandomisedStep]
    other_pairs: Mapping[str, float]


@dataclass(frozen=True)
class SanityChecks:
    """The sanity checks of a run's maps, and the number of pairs and people that they used."""

    pairs: int
    subjects: int
    deletions: tuple[DeletionCheck, ...]
    randomisations: tuple[RandomisationCheck, ...]


def run_checks(source: RunPairs, recipe: ExplainRecipe) -> SanityChecks:
    """Check the maps of every method on pairs of all classes, drawn at random."""
    candidates = source.candidates(recipe.part, per_class=_PAIRS_PER_CLASS, seed=recipe.seed)
    rows = np.concatenate(list(candidates.values()))
    subjects = source.pairs.table["subject"].to_numpy(dtype=np.str_)[rows]
    images = source.images(rows)
    deletions: list[DeletionCheck] = []
    randomisations: list[RandomisationCheck] = []
    for method in CAM_METHODS:
        deletions += _check_deletion(source.explainer, images, subjects, method=method, seed=recipe.seed)
        randomisations.append(_check_randomisation(source.explainer, images, method=method, seed=recipe.seed))
    return SanityChecks(len(rows), len(np.unique(subjects)), tuple(deletions), tuple(randomisations))


def _check_deletion(
    explainer: Explainer, images: Images, subjects: npt.NDArray[np.str_], *, method: str, seed: int
) -> list[DeletionCheck]:
    generator = torch.Generator().manual_seed(seed)
    curves: dict[str, dict[str, list[Tensor]]] = {
        name: {order: [] for order in ORDERS} for name in explainer.inputs
    }
    for batch in batches(images):
        cam = class_maps(explainer.model, batch, method=method)
        for name, index in explainer.inputs.items():
            for order, score in ORDERS.items():
                scores = score(cam, name, generator)
                curve = deletion_curve(explainer.model, batch, cam.targets, scores, at=index)
                curves[name][order].append(curve)
    return [
        deletion_check(method, name, {order: torch.cat(batch) for order, batch in of_order.items()}, subjects)
        for name, of_order in curves.items()
    ]


def deletion_check(
    method: str, stream: str, curves: Mapping[str, Tensor], subjects: npt.NDArray[np.str_]
) -> DeletionCheck:
    """Return the check of one stream from the curves (pairs, SHARES) of every order."""
    areas = {order: area_under(curve).numpy().astype(np.float64) for order, curve in curves.items()}
    gains = areas[RANDOM] - areas[OWN]
    return DeletionCheck(
        method=method,
        stream=stream,
        curves={order: curve.mean(0).numpy().astype(np.float64) for order, curve in curves.items()},
        areas={order: float(area.mean()) for order, area in areas.items()},
        gain=float(gains.mean()),
        gain_interval=_interval_over_people(gains, subjects),
    )


def _interval_over_people(values: FloatArray, subjects: npt.NDArray[np.str_]) -> Interval:
    """Return the interval of the mean of ``values`` by resampling whole subjects."""
    names, subject_of_value = np.unique(subjects, return_inverse=True)
    if len(names) < 2:
        return NO_INTERVAL
    sums, counts = (
        np.bincount(subject_of_value, weights=values),
        np.bincount(subject_of_value),
    )
    draws = draw_subjects(len(names), resamples=_RESAMPLES, rng=np.random.default_rng(0))
    return percentile_interval((draws @ sums) / (draws @ counts), confidence=_CONFIDENCE)


def _check_randomisation(
    explainer: Explainer, images: Images, *, method: str, seed: int
) -> RandomisationCheck:
    batch = batches(images)[0]
    cam = class_maps(explainer.model, batch, method=method)
    steps = randomised_steps(explainer.model, batch, cam.targets, seed=seed, method=method)
    other_pairs = {name: rank_correlation(maps, maps.roll(1, 0)) for name, maps in cam.maps.items()}
    return RandomisationCheck(method, steps, other_pairs)


def deletion_table(checks: SanityChecks) -> pd.DataFrame:
    """Return every point of every deletion curve as a row."""
    return pd.DataFrame(
        [
            {"method": one.method, "stream": one.stream, "order": order, "gone": share, "probability": value}
            for one in checks.deletions
            for order, curve in one.curves.items()
            for share, value in zip(SHARES, curve, strict=True)
        ]
    )


def randomisation_table(checks: SanityChecks) -> pd.DataFrame:
    """Return the rank correlation of every stream at every step as a row; step 0 is the trained model."""
    return pd.DataFrame(
        [
            {"method": one.method, "step": number, "layer": step.name, "stream": name, "correlation": value}
            for one in checks.randomisations
            for number, step in enumerate(one.steps)
            for name, value in step.correlations.items()
        ]
    )
