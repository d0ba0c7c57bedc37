"""Randomisation: the map of a model must change with the model's weights (Adebayo et al. 2018, 3)."""

import copy
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import rankdata
from torch import Tensor, nn

from ferfusion.explanation.cam import Images, class_maps
from ferfusion.explanation.recipe import DEFAULT_METHOD
from ferfusion.models.bases import ExpressionModel
from ferfusion.models.random_state import borrowed_random_state

_STREAM = "_stream."
_MOST_STREAM_STEPS = 8


@runtime_checkable
class _Resettable(Protocol):
    def reset_parameters(self) -> None: ...

    def parameters(self, recurse: bool = True) -> Iterator[nn.Parameter]: ...


@dataclass(frozen=True)
class RandomisedStep:
    """Similarity of maps when the layers down to some depth have random weights.

    Attributes:
        name: The deepest layer with random weights; empty for the trained model.
        correlations: For each stream, the mean rank correlation with the trained model's maps.
    """

    name: str
    correlations: Mapping[str, float]


def randomised_steps(
    model: ExpressionModel, images: Images, targets: Tensor, *, seed: int, method: str = DEFAULT_METHOD
) -> list[RandomisedStep]:
    """Draw random weights layer by layer, from the logits down to the input; compare the maps at every step.

    This is Adebayo's cascading randomisation. Layers of the same depth in several streams change together.
    The given model does not change.

    Args:
        model: Any model of the table.
        images: The arguments of the model.
        targets: Class codes (B,).
        seed: Seed of the weights.
        method: A name of ``CAM_METHODS``.
    """
    trained = class_maps(model, images, targets=targets, method=method).maps
    steps = [RandomisedStep("", dict.fromkeys(trained, 1.0))]
    changed = copy.deepcopy(model)
    with borrowed_random_state():
        torch.manual_seed(seed)
        for name, layers in _layers_from_the_logits(changed):
            for layer in layers:
                layer.reset_parameters()
            maps = class_maps(changed, images, targets=targets, method=method).maps
            steps.append(
                RandomisedStep(name, {key: rank_correlation(trained[key], maps[key]) for key in trained})
            )
    return steps


def rank_correlation(first: Tensor, second: Tensor) -> float:
    """Return the mean over the batch of Spearman's correlation of maps (B, t, h, w).

    A constant map has no ranks and is left out; the result is nan if no map is left.
    """
    correlations = _correlations(first.flatten(1).numpy(), second.flatten(1).numpy())
    return float(correlations.mean()) if len(correlations) else float("nan")


def _correlations(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float64]:
    varied = (np.ptp(first, axis=1) > 0) & (np.ptp(second, axis=1) > 0)
    ranks = [rankdata(values[varied], axis=1) for values in (first, second)]
    centred = [rank - rank.mean(axis=1, keepdims=True) for rank in ranks]
    products = (centred[0] * centred[1]).sum(axis=1)
    correlations: NDArray[np.float64] = products / np.sqrt(
        (centred[0] ** 2).sum(axis=1) * (centred[1] ** 2).sum(axis=1)
    )
    return correlations


def _layers_from_the_logits(model: nn.Module) -> Iterator[tuple[str, list[_Resettable]]]:
    """Yield the layers that have weights in groups, from the logits down to the input.

    A group has the layers of one depth in all streams, or of several depths where streams are deep.
    """
    above: list[list[tuple[str, _Resettable]]] = []
    streams: dict[str, list[tuple[str, _Resettable]]] = {}
    for name, layer in reversed(list(model.named_modules())):
        if not isinstance(layer, _Resettable) or not any(True for _ in layer.parameters(recurse=False)):
            continue
        stream, is_in_one, _ = name.partition(_STREAM)
        if is_in_one:
            streams.setdefault(stream, []).append((name, layer))
        else:
            above.append([(name, layer)])
    depths = [[one for one in level if one is not None] for level in zip_longest(*streams.values())]
    stride = math.ceil(len(depths) / _MOST_STREAM_STEPS)
    below = [list(chain(*depths[start : start + stride])) for start in range(0, len(depths), stride)]
    for group in [*above, *below]:
        name = group[-1][0]
        yield name.rpartition(_STREAM)[2].removeprefix("head."), [layer for _, layer in group]
