"""Inputs of models: drawn images and windows."""

import torch
from torch import Tensor

from ferfusion.models.config import ModelConfig


def drawn_inputs(config: ModelConfig, batch: int = 2, *, seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    """Faces, encoded flow, and windows: of crops that end with the faces, or of action curves."""
    generator = torch.Generator().manual_seed(seed)
    side = config.size
    frames = torch.rand(batch, config.frames, 3, side, side, generator=generator)
    flow = torch.rand(batch, 3, side, side, generator=generator)
    curves = torch.rand(batch, *config.window_shape, generator=generator)
    return frames[:, -1], flow, curves if config.reads_actions else frames
