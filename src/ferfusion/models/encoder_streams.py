"""The streams of a model, which can be frozen, trained at a lower rate, or copied from another run."""

from collections.abc import Iterator

from torch import nn

STREAM_SUFFIX = "_stream"
"""Suffix of the attribute of a model that holds a stream: ``spatial_stream``, ``flow_stream``."""


def encoder_streams(model: nn.Module) -> dict[str, nn.Module]:
    """Return a model's streams by name.

    >>> model = nn.ModuleDict({"spatial_stream": nn.Conv2d(3, 8, 3), "head": nn.Linear(8, 6)})
    >>> list(encoder_streams(model))
    ['spatial']
    """
    return {
        name.removesuffix(STREAM_SUFFIX): child
        for name, child in model.named_children()
        if name.endswith(STREAM_SUFFIX)
    }


def encoder_parameters(model: nn.Module) -> Iterator[nn.Parameter]:
    """Yield the parameters of a model's streams."""
    for stream in encoder_streams(model).values():
        yield from stream.parameters()


def set_frozen(model: nn.Module, *, frozen: bool) -> None:
    """Freeze the streams of a model, or unfreeze them.

    A frozen stream is in evaluation mode: its norms neither update their statistics nor use a batch's.
    """
    for stream in encoder_streams(model).values():
        stream.requires_grad_(not frozen)
        if frozen:
            stream.eval()
        elif model.training:
            stream.train()
