"""Contribution of each stream to a prediction: Shapley values over the streams (Shapley 1953).

A stream that is left out reads a reference in place of its own input. There are at most three streams, so the
model is called with all their combinations and the values are exact, not sampled.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations, permutations
from typing import get_args

import torch
from torch import Tensor

from ferfusion.data.action_curves import READ
from ferfusion.explanation.cam import Images
from ferfusion.flow.encodings import FLOW_ENCODINGS
from ferfusion.models.bases import ExpressionModel, InputName
from ferfusion.models.config import ModelConfig

GREY = 0.5


@dataclass(frozen=True)
class Contributions:
    """Contribution of each stream to the log-odds of a class, for a batch.

    Attributes:
        of_stream: For each stream (B,), in nats; a positive value is evidence for the class.
        baseline: Log-odds of the class (B,) when every stream reads the reference.
        answer: Log-odds of the class (B,) for the images: the baseline plus all contributions.
    """

    of_stream: Mapping[str, Tensor]
    baseline: Tensor
    answer: Tensor


def stream_inputs(model: ExpressionModel) -> dict[str, int]:
    """Return, for each stream of a model, the index of its input among the arguments of the model."""
    order = get_args(InputName)
    return {name: order.index(kind) for name, kind in model.inputs_of_streams.items()}


def blank_images(config: ModelConfig) -> Images:
    """Return the reference, one row of each input: a grey face without motion, level and at rest."""
    size = config.size
    face = torch.full((1, 3, size, size), GREY)
    still: Tensor = FLOW_ENCODINGS[config.flow_encoding](torch.zeros(1, 2, size, size))
    if not config.window:
        return face, still
    if config.reads_actions:
        window = torch.zeros(1, *config.window_shape)
        window[..., READ] = 1
        return face, still, window
    return face, still, torch.full((1, *config.window_shape), GREY)


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

    The value of a set of streams is the log-odds of the class when they read the images and the others read
    the reference. The contribution of a stream is the value that it adds, averaged over all orders of the
    streams. The contributions add up to the answer minus the baseline, a stream without effect has 0, and
    streams with the same effect have the same contribution.

    Args:
        model: Any model of the table, in evaluation mode.
        images: The arguments of the model.
        targets: Class codes (B,).
        reference: Input of a stream that is left out; one row of each input, as ``blank_images`` returns.
        temperature: Divides the logits.
    """
    inputs = stream_inputs(model)
    value: dict[frozenset[str], Tensor] = {}
    for count in range(len(inputs) + 1):
        for present in combinations(inputs, count):
            read = {inputs[name] for name in present}
            mixed = [
                image if index in read else blank.expand_as(image)
                for index, (image, blank) in enumerate(zip(images, reference, strict=True))
            ]
            value[frozenset(present)] = log_odds(model(*mixed) / temperature, targets)
    added: dict[str, list[Tensor]] = {name: [] for name in inputs}
    for order in permutations(inputs):
        for index, name in enumerate(order):
            before, after = frozenset(order[:index]), frozenset(order[: index + 1])
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
