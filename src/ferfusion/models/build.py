"""Build a model with its initial weights."""

import torch
from torch import Tensor, nn

from ferfusion.models.bases import ExpressionModel, Stream
from ferfusion.models.config import ModelConfig
from ferfusion.models.random_state import borrowed_random_state
from ferfusion.models.recurrent import ConvLstmCell


def build_model(config: ModelConfig, num_classes: int, *, seed: int = 0) -> ExpressionModel:
    """Return a new model in channels_last, with Keras' initial weights or, in some streams, the stream's own.

    The weights follow from ``seed``; torch's global random state is not changed.

    >>> model = build_model(ModelConfig(), 6)
    >>> count_parameters(model)
    1919238
    """
    with borrowed_random_state():
        model = config.kind.make(config, num_classes)
    generator = torch.Generator().manual_seed(seed)
    initialise_as_keras(model, generator=generator)
    for layer in model.modules():
        if isinstance(layer, Stream):
            layer.initialise(generator=generator)
        if isinstance(layer, nn.Conv2d):
            # measured 1.06 to 1.24 times faster than NCHW on CPUs
            layer.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        if isinstance(layer, nn.Conv3d):
            # measured 1.46 times faster than NCDHW
            layer.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
    return model


def empty_tensors(config: ModelConfig, num_classes: int) -> dict[str, Tensor]:
    """Return the tensors of a model by name: their shapes and types, without memory for their values.

    >>> tuple(empty_tensors(ModelConfig(), 6)["head.dense3.weight"].shape)
    (6, 1024)
    """
    with torch.device("meta"):
        return dict(config.kind.make(config, num_classes).state_dict())


def initialise_as_keras(model: nn.Module, *, generator: torch.Generator) -> None:
    """Draw Glorot uniform and orthogonal recurrent kernels; set biases to 0, those of forget gates to 1.

    Keras' defaults (Glorot and Bengio 2010, equation 16; Jozefowicz et al. 2015 for the forget gates).
    """
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d | nn.Conv3d | nn.Linear):
            nn.init.xavier_uniform_(layer.weight, generator=generator)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
        elif isinstance(layer, nn.LSTM):
            _initialise_lstm(layer, generator=generator)
    for layer in model.modules():
        if isinstance(layer, ConvLstmCell):
            _open_forget_gates(layer.gates.get_parameter("bias"))


def _initialise_lstm(lstm: nn.LSTM, *, generator: torch.Generator) -> None:
    nn.init.xavier_uniform_(lstm.get_parameter("weight_ih_l0"), generator=generator)
    nn.init.orthogonal_(lstm.get_parameter("weight_hh_l0"), generator=generator)
    for name in ("bias_ih_l0", "bias_hh_l0"):
        nn.init.zeros_(lstm.get_parameter(name))
    _open_forget_gates(lstm.get_parameter("bias_ih_l0"))


def _open_forget_gates(gate_biases: Tensor) -> None:
    """Set the biases of the forget gates, the second quarter of the gates' biases, to 1."""
    quarter = len(gate_biases) // 4
    nn.init.ones_(gate_biases[quarter : 2 * quarter])


def count_parameters(model: nn.Module) -> int:
    """Return the number of trainable parameters."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
