"""The table of models, and the one way to build one."""

from types import MappingProxyType

import torch
from torch import nn

from ferfusion.lookup import choose
from ferfusion.models.config import ModelConfig
from ferfusion.models.two_stream import ExpressionModel, FlowOnly, SpatialOnly, TwoStream

ARCHITECTURES = MappingProxyType({"two-stream": TwoStream, "spatial": SpatialOnly, "flow": FlowOnly})


def build_model(config: ModelConfig, num_classes: int, *, seed: int = 0) -> ExpressionModel:
    """Return a new model with Keras' initial weights, in channels_last memory order.

    The weights follow from ``seed``; torch's global random state is left as it was.

    >>> model = build_model(ModelConfig(), 6)
    >>> count_parameters(model)
    1919238
    """
    architecture = choose(ARCHITECTURES, config.architecture, what="architecture")
    with torch.random.fork_rng(devices=[]):
        model = architecture(config, num_classes)
    initialise_as_keras(model, generator=torch.Generator().manual_seed(seed))
    # measured 1.06 to 1.24 times faster than NCHW on CPUs
    return model.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def initialise_as_keras(model: nn.Module, *, generator: torch.Generator) -> None:
    """Draw Glorot uniform kernels and zero biases: Keras' default (Glorot and Bengio 2010, equation 16)."""
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.xavier_uniform_(layer.weight, generator=generator)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def count_parameters(model: nn.Module) -> int:
    """Return the number of values that training changes."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
