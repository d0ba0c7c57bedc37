"""The streams of a model, which may be frozen at first, learn more slowly, or start from another run's."""

from collections.abc import Iterator

from torch import nn

STREAM_SUFFIX = "_stream"
"""Every stream is a child of its model under its own name and this: ``spatial_stream``, ``flow_stream``."""


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
    """Keep the streams as they are while the rest learns, or let them learn again.

    A frozen stream is in evaluation mode: its norms neither change their statistics nor use a batch's own.
    """
    for stream in encoder_streams(model).values():
        stream.requires_grad_(not frozen)
        if frozen:
            stream.eval()
        elif model.training:
            stream.train()
