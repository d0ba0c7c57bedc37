"""Class activation maps: the locations in the input of each stream that are evidence for a class.

There are two methods. Grad-CAM (Selvaraju et al. 2017) weights the channels of a stream's last map by the
mean of the class's gradient over the channel. HiResCAM (Draelos and Carin 2020) weights every location of a
channel by its own gradient; where the map is only averaged before the classifier, the two are equal. HiResCAM
is valid in earlier layers too, so its map comes from the last layer that is fine enough to show areas of a
face: the last map of the report's network has 3 x 3 locations.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ferfusion.explanation.receptive_field import (
    Centres,
    FindCentres,
    field_centres,
    stretched_centres,
    sublayers,
    upsample,
)
from ferfusion.explanation.recipe import DEFAULT_METHOD
from ferfusion.lookup import choose
from ferfusion.models.bases import ExpressionModel

Images = tuple[Tensor, ...]
"""The arguments of a model: faces and encoded flow (B, 3, S, S), and for some windows."""
FINE_SIDE = 7
"""Least number of locations along one side of a map that shows areas of a face."""

_FINE_LAYERS: WeakKeyDictionary[nn.Module, dict[int, nn.Module | None]] = WeakKeyDictionary()
"""What ``_last_fine`` has found for a stream and a side of its image: it depends on nothing else."""


@dataclass(frozen=True)
class CamMaps:
    """The logits of a batch, and the class activation maps of each stream.

    Attributes:
        logits: Logits of the model (B, C).
        targets: Code of the class that is explained (B,).
        maps: For each stream (B, t, h, w), 0 or more, in units of that class's logit; t is 1 where the
            stream's map has no time.
        centres: For each stream, the positions on the image at which the map's locations are drawn.
        image_px: Side of the image in pixels.
    """

    logits: Tensor
    targets: Tensor
    maps: Mapping[str, Tensor]
    centres: Mapping[str, Centres]
    image_px: int

    def upsampled(self, name: str) -> Tensor:
        """Return the maps of a stream over the image, (B, t, image_px, image_px)."""
        return upsample(self.maps[name], self.centres[name], image_px=self.image_px)


def class_maps(
    model: ExpressionModel, images: Images, *, targets: Tensor | None = None, method: str = DEFAULT_METHOD
) -> CamMaps:
    """Return the class activation maps of every stream, from one forward and one backward pass.

    Where a stream's map has time (3D convolutions, recurrent decoders), each time step has its own weights
    and its own map. The mode, the gradients and the hooks of the model stay as they were.

    Args:
        model: Any model of the table; it is called in evaluation mode.
        images: The arguments of the model.
        targets: Class codes to explain (B,); the top class of each row if None.
        method: A name of ``CAM_METHODS``.

    Raises:
        ConfigError: the method is unknown.
    """
    how = choose(CAM_METHODS, method, what="map method")
    with _evaluating(model), torch.inference_mode(False), torch.enable_grad():
        # a model whose parameters are frozen has gradients through its inputs alone
        watched = [image.detach().clone().requires_grad_() for image in images]
        layers = how.layers(model, images)
        with _outputs_of(layers) as outputs:
            logits: Tensor = model(*watched)
        chosen = logits.detach().argmax(1) if targets is None else targets
        score = logits.gather(1, chosen[:, None]).sum()
        gradients = torch.autograd.grad(score, list(outputs.values()))
    maps = {
        name: how.combine(_with_time(output.detach(), len(chosen)), _with_time(gradient, len(chosen)))
        for (name, output), gradient in zip(outputs.items(), gradients, strict=True)
    }
    image_px = images[0].shape[-1]
    centres = {
        name: how.centres(_stream(model, name), layer, image_px=image_px, map_side=maps[name].shape[-1])
        for name, layer in layers.items()
    }
    return CamMaps(logits.detach(), chosen, maps, centres, image_px)


def grad_cam(feature_map: Tensor, gradient: Tensor) -> Tensor:
    """Return the Grad-CAM (B, t, h, w) of a map (B, C, t, h, w) and its gradient (equations 1 and 2)."""
    weights = gradient.mean(dim=(3, 4), keepdim=True)  # (B, C, t, h, w) -> (B, C, t, 1, 1)
    return F.relu((weights * feature_map).sum(dim=1))  # -> (B, t, h, w)


def hires_cam(feature_map: Tensor, gradient: Tensor) -> Tensor:
    """Return the HiResCAM (B, t, h, w) of a map (B, C, t, h, w) and its gradient (section 3.2)."""
    return F.relu((gradient * feature_map).sum(dim=1))


def last_layers(model: ExpressionModel, _images: Images) -> Mapping[str, nn.Module]:
    """Return the layer of each stream that returns its last map."""
    return model.cam_layers


def fine_layers(model: ExpressionModel, images: Images) -> Mapping[str, nn.Module]:
    """Return, for each stream, its last layer whose map has at least ``FINE_SIDE`` locations along one side.

    A stream without such a layer has the layer of its last map. Of a residual block, only the output counts:
    a map inside it is on one of two paths to the logits.
    """
    side = images[0].shape[-1]
    layers = {}
    for name, last in model.cam_layers.items():
        stream = _stream(model, name)
        known = _FINE_LAYERS.setdefault(stream, {})
        if side not in known:
            known[side] = _last_fine(model, stream, images)
        layers[name] = known[side] or last
    return layers


def _stream(model: nn.Module, name: str) -> nn.Module:
    stream: nn.Module = getattr(model, f"{name}_stream")
    return stream


def _last_fine(model: nn.Module, stream: nn.Module, images: Images) -> nn.Module | None:
    called = {str(number): layer for number, layer in enumerate(sublayers(stream))}
    with torch.no_grad(), _outputs_of(called) as outputs:
        model(*(image[:1] for image in images))
    sides = {name: min(output.shape[-2:]) for name, output in outputs.items() if output.dim() >= 4}
    fine = [name for name, side in sides.items() if side >= FINE_SIDE]  # in the order of their calls
    return called[fine[-1]] if fine else None


@dataclass(frozen=True)
class CamMethod:
    """A method of the table.

    Attributes:
        combine: Returns a map (B, t, h, w) from a layer's output (B, C, t, h, w) and its gradient.
        layers: Returns the layer of each stream of a model, for a batch of images.
        centres: Returns where the map is drawn on the image.
    """

    combine: Callable[[Tensor, Tensor], Tensor]
    layers: Callable[[ExpressionModel, Images], Mapping[str, nn.Module]]
    centres: FindCentres


CAM_METHODS = MappingProxyType(
    {
        "grad-cam": CamMethod(grad_cam, last_layers, field_centres),
        "hires-cam": CamMethod(hires_cam, fine_layers, stretched_centres),
    }
)
"""The methods; ``METHOD_NAMES`` of the recipe has their names in print."""


def _with_time(feature_map: Tensor, count: int) -> Tensor:
    """Return the maps of ``count`` samples as (B, C, t, h, w); a window has one row for each crop."""
    if feature_map.dim() == 5:
        return feature_map
    return feature_map.reshape(count, -1, *feature_map.shape[1:]).transpose(1, 2)


@contextmanager
def _outputs_of(layers: Mapping[str, nn.Module]) -> Iterator[dict[str, Tensor]]:
    """Collect the outputs of layers while the model is called, by the layers' names."""
    outputs: dict[str, Tensor] = {}

    def keep(name: str, layer: nn.Module) -> torch.utils.hooks.RemovableHandle:
        return layer.register_forward_hook(lambda _layer, _inputs, output: outputs.update({name: output}))

    handles = [keep(name, layer) for name, layer in layers.items()]
    try:
        yield outputs
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def _evaluating(model: nn.Module) -> Iterator[None]:
    """Put the model into evaluation mode, then each of its modules back into its own."""
    training = [module for module in model.modules() if module.training]
    model.eval()
    try:
        yield
    finally:
        for module in training:
            module.training = True
