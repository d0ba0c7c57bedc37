"""An exponential moving average of a model's weights, often better on unseen faces than the weights."""

from copy import deepcopy

import torch
from torch import Tensor, nn

from ferfusion.models.bases import HeadedModel


class WeightAverage(nn.Module):
    """Holds a model whose weights are the exponential moving average of another's over its training steps.

    ``mean = d * mean + (1 - d) * weights`` after each step; ``d`` grows to ``decay`` as (1 + steps) /
    (10 + steps), so that the initial weights are soon forgotten (TensorFlow's ExponentialMovingAverage with
    num_updates). The statistics of norms are averaged in the same way.
    """

    steps: Tensor

    def __init__(self, model: HeadedModel, *, decay: float) -> None:
        super().__init__()
        self.model = deepcopy(model).requires_grad_(False)
        self._decay = decay
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64))

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        """Add a step's weights to the mean."""
        self.steps += 1
        steps = int(self.steps)
        decay = min(self._decay, (1 + steps) / (10 + steps))
        current = model.state_dict()
        for name, mean in self.model.state_dict().items():
            if mean.is_floating_point():
                mean.lerp_(current[name].to(mean), 1 - decay)
            else:
                mean.copy_(current[name])
