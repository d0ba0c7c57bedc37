"""How much each stream contributed to an answer: Shapley values over the streams (Shapley 1953).

A stream that is left out sees a reference instead of its own input. With two or three streams all of their
combinations are asked, so the values are exact and not sampled.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations, permutations
from types import MappingProxyType

import torch
from torch import Tensor

from ferfusion.explanation.cam import Images
from ferfusion.flow.encodings import FLOW_ENCODINGS
from ferfusion.models.bases import ExpressionModel
from ferfusion.models.config import ModelConfig
from ferfusion.models.recurrent import RecurrentModel

SPATIAL, FLOW, FRAMES = range(3)
"""Places of a model's inputs."""
_INPUT_OF: MappingProxyType[str, int] = MappingProxyType(
    {"spatial": SPATIAL, "flow": FLOW, "stack": FRAMES, "conv3d": FRAMES}
)
GREY = 0.5


@dataclass(frozen=True)
class Contributions:
    """What each stream adds to the log-odds of a class, for a batch.

    Attributes:
        of_stream: For each stream (B,), in nats; positive speaks for the class.
        baseline: Log-odds of the class (B,) where every stream sees the reference.
        answer: Log-odds of the class (B,) for the images themselves: the baseline plus all contributions.
    """

    of_stream: Mapping[str, Tensor]
    baseline: Tensor
    answer: Tensor


def stream_inputs(model: ExpressionModel) -> dict[str, int]:
    """Return, for each stream of a model, the place of the input that it looks at.

    A recurrent model's one stream looks at every crop of the windows.
    """
    recurrent = isinstance(model, RecurrentModel)
    return {name: FRAMES if recurrent else _INPUT_OF[name] for name in model.cam_layers}


def blank_images(config: ModelConfig) -> Images:
    """Return the reference, one row of it: a face that is all one grey, and no motion."""
    size = config.size
    face = torch.full((1, 3, size, size), GREY)
    still: Tensor = FLOW_ENCODINGS[config.flow_encoding](torch.zeros(1, 2, size, size))
    if not config.window:
        return face, still
    return face, still, torch.full((1, config.window, 3, size, size), GREY)


@torch.inference_mode()
def stream_contributions(
    model: ExpressionModel,
    images: Images,
    targets: Tensor,
    reference: Images,
    *,
    temperature: float = 1.0,
) -> Contributions:
    """Return the Shapley value of each stream for the log-odds of the classes ``targets`` (B,).

    The value of some streams is the log-odds of the class when only they see the images and the others see
    the reference; a stream's contribution is what it adds, averaged over all orders in which streams can
    come in. Contributions add up to the answer less the baseline, a stream that changes nothing has 0, and
    streams that do the same have the same.

    Args:
        model: Any model of the zoo, in evaluation mode.
        images: What it is called with.
        targets: Class codes (B,).
        reference: What a stream sees that is left out; one row of each input, as of ``blank_images``.
        temperature: The logits are divided by it first.
    """
    inputs = stream_inputs(model)
    value: dict[frozenset[str], Tensor] = {}
    for count in range(len(inputs) + 1):
        for present in combinations(inputs, count):
            seen = {inputs[name] for name in present}
            mixed = [
                image if place in seen else blank.expand_as(image)
                for place, (image, blank) in enumerate(zip(images, reference, strict=True))
            ]
            value[frozenset(present)] = log_odds(model(*mixed) / temperature, targets)
    added: dict[str, list[Tensor]] = {name: [] for name in inputs}
    for order in permutations(inputs):
        for place, name in enumerate(order):
            before, after = frozenset(order[:place]), frozenset(order[: place + 1])
            added[name].append(value[after] - value[before])
    shares = {name: torch.stack(steps).mean(0) for name, steps in added.items()}
    return Contributions(shares, value[frozenset()], value[frozenset(inputs)])


def log_odds(logits: Tensor, targets: Tensor) -> Tensor:
    """Return log(p / (1 - p)) of the classes ``targets`` (B,) for logits (B, C).

    >>> log_odds(torch.zeros(1, 2), torch.tensor([0])).tolist()
    [0.0]
    """
    own = logits.gather(1, targets[:, None])[:, 0]
    others = logits.scatter(1, targets[:, None], -torch.inf)
    return own - others.logsumexp(1)
