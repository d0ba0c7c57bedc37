"""Find the variants of a study that are the same function, by comparing built networks.

Two networks whose weights have the same names and shapes get the same random weights and the same random
input. If their outputs agree, for several draws, they are the same function, and differences after training
are chance. If their embeddings differ by one constant factor, they can represent the same functions: the
first layer of the classifier absorbs the factor.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import torch
from torch import Tensor, nn

from ferfusion.models.build import build_model
from ferfusion.models.config import ModelConfig
from ferfusion.reporting.words import listed

_DRAWS = 3
_INPUTS = 4
_TOLERANCE = 1e-4
_OUTSIDE_THE_NETWORK = ("flow_encoding", "size", "frames", "frame_step", "action_seconds", "dropout")


@dataclass(frozen=True)
class EquivalentPair:
    """Two networks that are the same function: exactly (``factor`` 1), or up to a factor of the embedding."""

    first: str
    second: str
    factor: float

    @property
    def is_exact(self) -> bool:
        """Whether no factor is needed."""
        return self.factor == 1.0


@dataclass(frozen=True)
class _Answer:
    """A network with random weights: their shapes, and its embeddings and logits for random input."""

    shapes: Mapping[str, tuple[int, ...]]
    vector: Tensor
    logits: Tensor


def equivalent_pairs(configs: Mapping[str, ModelConfig], *, num_classes: int) -> list[EquivalentPair]:
    """Return every pair of networks that are the same function, exactly or up to a factor.

    Args:
        configs: Networks by name, all of one training recipe.
        num_classes: Number of expressions.
    """
    answers = [
        {name: _answer(config, num_classes, seed=draw) for name, config in configs.items()}
        for draw in range(_DRAWS)
    ]
    found = []
    for first, second in combinations(configs, 2):
        if _has_other_input(configs[first], configs[second]):
            continue
        factors = [_factor(draw[first], draw[second]) for draw in answers]
        if min(factors) > 0 and max(factors) - min(factors) < _TOLERANCE:
            found.append(EquivalentPair(first, second, round(factors[0], 4)))
    return found


def equivalence_lines(found: Sequence[EquivalentPair]) -> list[str]:
    """Return a sentence for each group of equivalent networks.

    >>> equivalence_lines([EquivalentPair("a", "b", 1.0), EquivalentPair("a", "c", 0.5)])[0][:32]
    'a and b are the same function: w'
    """
    exact = [
        f"{listed(group)} are the same function: with the same weights, their outputs for the same "
        "random input are equal. Differences between their scores are chance."
        for group in _groups([each for each in found if each.is_exact])
    ]
    scaled = [
        f"{each.first} and {each.second} can represent the same functions: their embeddings differ by the "
        f"factor {each.factor:g} only, which the next layer can absorb. Training may differ: the factor "
        "changes the initial scale."
        for each in _one_of_each_pair_of_groups(found)
    ]
    return exact + scaled


def _answer(config: ModelConfig, num_classes: int, *, seed: int) -> _Answer:
    """Return the outputs of a network with random weights for random input; both follow from the seed."""
    model = build_model(config, num_classes, seed=seed).eval()
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):  # new biases are zero, which would hide differences
            nn.init.uniform_(parameter, 0.0, 0.1, generator=generator)
    side = config.size
    spatial, flow = torch.rand((2, _INPUTS, 3, side, side), generator=generator)
    frames = torch.rand((_INPUTS, *config.window_shape), generator=generator)
    with torch.inference_mode():
        vector = model.embed(spatial, flow, frames)
        logits = model.classify(vector)
    shapes = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    return _Answer(shapes, vector.double(), logits.double())


def _factor(first: _Answer, second: _Answer) -> float:
    """Return the factor between the embeddings of two networks; 0 if there is no such factor."""
    if first.shapes != second.shapes or first.vector.shape != second.vector.shape:
        return 0.0
    one, other = first.vector, second.vector
    factor = float((one * other).sum() / (one * one).sum())
    is_multiple = (other - factor * one).abs().max() < _TOLERANCE * other.abs().max()
    if not is_multiple or factor <= 0:
        return 0.0
    same_answers = torch.allclose(first.logits, second.logits, rtol=_TOLERANCE, atol=_TOLERANCE)
    return factor if same_answers or abs(factor - 1) > _TOLERANCE else 0.0


def _has_other_input(first: ModelConfig, second: ModelConfig) -> bool:
    return any(getattr(first, name) != getattr(second, name) for name in _OUTSIDE_THE_NETWORK)


def _groups(pairs: Sequence[EquivalentPair]) -> list[list[str]]:
    groups: list[list[str]] = []
    for pair in pairs:
        for group in groups:
            if pair.first in group or pair.second in group:
                group += [name for name in (pair.first, pair.second) if name not in group]
                break
        else:
            groups.append([pair.first, pair.second])
    return groups


def _one_of_each_pair_of_groups(found: Sequence[EquivalentPair]) -> list[EquivalentPair]:
    """Return the pairs that need a factor, one for each pair of groups of exactly equal networks."""
    leader = {name: group[0] for group in _groups([e for e in found if e.is_exact]) for name in group}
    kept: dict[tuple[str, str], EquivalentPair] = {}
    for each in found:
        if not each.is_exact:
            key = (leader.get(each.first, each.first), leader.get(each.second, each.second))
            kept.setdefault((min(key), max(key)), each)
    return list(kept.values())
