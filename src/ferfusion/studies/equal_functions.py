"""Which variants of a study are the same function, found by examining the built networks.

Two networks whose weights have the same names and shapes get the same random weights and the same random
input. If they answer alike, for several draws, they are the same function, and training can only tell them
apart by chance. If the vectors that their classifiers are given differ by one constant factor, they can
represent the same functions: the classifier's first layer takes up the factor.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import torch
from torch import Tensor, nn

from ferfusion.models.bases import ExpressionModel
from ferfusion.models.config import ModelConfig
from ferfusion.models.zoo import build_model

_DRAWS = 3
_INPUTS = 4
_TOLERANCE = 1e-4
_OUTSIDE_THE_NETWORK = ("flow_encoding", "size", "frames", "frame_step", "dropout")


@dataclass(frozen=True)
class SameFunction:
    """Two networks that are the same function (``factor`` 1), or are so but for a factor on the way."""

    first: str
    second: str
    factor: float

    @property
    def is_exact(self) -> bool:
        """Whether no factor is needed."""
        return self.factor == 1.0


@dataclass(frozen=True)
class _Answer:
    """A network with drawn weights: their shapes, and the classified vectors and logits for drawn input."""

    shapes: Mapping[str, tuple[int, ...]]
    vector: Tensor
    logits: Tensor


def same_functions(configs: Mapping[str, ModelConfig], *, num_classes: int) -> list[SameFunction]:
    """Return every pair of networks that are the same function, exactly or up to a factor.

    Args:
        configs: Networks by name; those that are trained alike, or a difference says nothing.
        num_classes: Number of expressions.
    """
    answers = [
        {name: _answer(config, num_classes, seed=draw) for name, config in configs.items()}
        for draw in range(_DRAWS)
    ]
    found = []
    for first, second in combinations(configs, 2):
        if _is_fed_otherwise(configs[first], configs[second]):
            continue
        factors = [_factor(draw[first], draw[second]) for draw in answers]
        if min(factors) > 0 and max(factors) - min(factors) < _TOLERANCE:
            found.append(SameFunction(first, second, round(factors[0], 4)))
    return found


def sentences(found: Sequence[SameFunction]) -> list[str]:
    """Say what was found, a sentence for each group of names.

    >>> sentences([SameFunction("a", "b", 1.0), SameFunction("a", "c", 0.5)])[0][:32]
    'a and b are the same function: w'
    """
    exact = [
        f"{_listed(group)} are the same function: with the same weights they gave the same answers to the "
        "same random input. Differences between their scores are chance."
        for group in _groups([each for each in found if each.is_exact])
    ]
    scaled = [
        f"{each.first} and {each.second} can represent the same functions: what is classified differs by the "
        f"factor {each.factor:g} only, which the next layer can take up. Training may differ, as the factor "
        "changes the initial scale."
        for each in _without_twins(found)
    ]
    return exact + scaled


def _answer(config: ModelConfig, num_classes: int, *, seed: int) -> _Answer:
    """Return what a network with drawn weights does to drawn input; both follow from the seed."""
    model = build_model(config, num_classes, seed=seed).eval()
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):  # new ones are zero, and say nothing
            nn.init.uniform_(parameter, 0.0, 0.1, generator=generator)
    side = config.size
    spatial, flow = torch.rand((2, _INPUTS, 3, side, side), generator=generator)
    frames = torch.rand((_INPUTS, max(config.window, 1), 3, side, side), generator=generator)
    vector, logits = _classified(model, spatial, flow, frames)
    shapes = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    return _Answer(shapes, vector.double(), logits.double())


@torch.inference_mode()
def _classified(
    model: ExpressionModel, spatial: Tensor, flow: Tensor, frames: Tensor
) -> tuple[Tensor, Tensor]:
    """Return what the heads are given, side by side, and the logits."""
    given: list[Tensor] = []

    def keep(_: nn.Module, arguments: tuple[Tensor, ...]) -> None:
        given.append(arguments[0].flatten(1))

    classifiers: Sequence[nn.Module] = model.heads or [model.get_submodule("svm")]  # the hybrid's
    hooks = [classifier.register_forward_pre_hook(keep) for classifier in classifiers]
    logits = model(spatial, flow, frames)
    for hook in hooks:
        hook.remove()
    return torch.cat(given, dim=1), logits


def _factor(first: _Answer, second: _Answer) -> float:
    """Return the factor between the classified vectors of two networks; 0 if there is no such factor."""
    if first.shapes != second.shapes or first.vector.shape != second.vector.shape:
        return 0.0
    one, other = first.vector, second.vector
    factor = float((one * other).sum() / (one * one).sum())
    is_multiple = (other - factor * one).abs().max() < _TOLERANCE * other.abs().max()
    if not is_multiple or factor <= 0:
        return 0.0
    answers_alike = torch.allclose(first.logits, second.logits, rtol=_TOLERANCE, atol=_TOLERANCE)
    return factor if answers_alike or abs(factor - 1) > _TOLERANCE else 0.0


def _is_fed_otherwise(first: ModelConfig, second: ModelConfig) -> bool:
    return any(getattr(first, name) != getattr(second, name) for name in _OUTSIDE_THE_NETWORK)


def _groups(pairs: Sequence[SameFunction]) -> list[list[str]]:
    groups: list[list[str]] = []
    for pair in pairs:
        for group in groups:
            if pair.first in group or pair.second in group:
                group += [name for name in (pair.first, pair.second) if name not in group]
                break
        else:
            groups.append([pair.first, pair.second])
    return groups


def _without_twins(found: Sequence[SameFunction]) -> list[SameFunction]:
    """Return the pairs that need a factor, one for each pair of groups of exactly equal networks."""
    leader = {name: group[0] for group in _groups([e for e in found if e.is_exact]) for name in group}
    kept: dict[tuple[str, str], SameFunction] = {}
    for each in found:
        if not each.is_exact:
            key = (leader.get(each.first, each.first), leader.get(each.second, each.second))
            kept.setdefault((min(key), max(key)), each)
    return list(kept.values())


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"
