"""Class activation maps: where in its input each stream found what speaks for a class.

Two methods. Grad-CAM (Selvaraju et al. 2017) weighs the channels of a stream's last map by the mean of the
class's gradient over the channel. HiResCAM (Draelos and Carin 2020) weighs every place of a channel by its
own gradient; where the map is only averaged before the classifier, the two are the same. It holds in earlier
layers too, so it is taken from the last one whose map is fine enough to show parts of a face: the last map of
the report's network has 3 x 3 places.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ferfusion.explanation.receptive_field import Cells, cells_of, over_all, parts, place
from ferfusion.explanation.recipe import DEFAULT_METHOD
from ferfusion.lookup import choose
from ferfusion.models.bases import ExpressionModel

"""Taking away what it marks lowers the score further than with Grad-CAM: ``ferfusion explain --check``."""
Images = tuple[Tensor, ...]
"""What a model is called with: faces and encoded flow (B, 3, S, S), and for some windows (B, K, 3, S, S)."""


@dataclass(frozen=True)
class CamMaps:
    """What a batch was answered, and where each stream found what speaks for a class.

    Attributes:
        logits: The model's answers (B, C).
        targets: Code of the class that is explained (B,).
        maps: For each stream (B, t, h, w), 0 or more, in units of that class's logit; t is 1 where the
            stream's map has no time.
        cells: Where in the picture the places of each stream's maps look.
        size: Side of the picture in pixels.
    """

    logits: Tensor
    targets: Tensor
    maps: Mapping[str, Tensor]
    cells: Mapping[str, Cells]
    size: int

    def placed(self, name: str) -> Tensor:
        """Return the maps of a stream over the picture, (B, t, size, size)."""
        return place(self.maps[name], self.cells[name], size=self.size)


def class_maps(
    model: ExpressionModel, images: Images, *, targets: Tensor | None = None, method: str = DEFAULT_METHOD
) -> CamMaps:
    """Return the class activation maps of every stream, from one pass forward and one back.

    Where a stream's map has time (3D convolutions, recurrent decoders), each moment has weights and a map of
    its own. The model is left as it was: its mode, its gradients and its hooks.

    Args:
        model: Any model of the zoo; it is asked in evaluation mode.
        images: What it is called with.
        targets: Class codes to explain (B,); each answer's likeliest class if left out.
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
        name: how.weigh(_with_time(output.detach(), len(chosen)), _with_time(gradient, len(chosen)))
        for (name, output), gradient in zip(outputs.items(), gradients, strict=True)
    }
    size = images[0].shape[-1]
    cells = {
        name: how.cells(_stream(model, name), layer, size=size, side=maps[name].shape[-1])
        for name, layer in layers.items()
    }
    return CamMaps(logits.detach(), chosen, maps, cells, size)


def weigh_channels(feature_map: Tensor, gradient: Tensor) -> Tensor:
    """Return the Grad-CAM (B, t, h, w) of a map (B, C, t, h, w) and its gradient (equations 1 and 2)."""
    weights = gradient.mean(dim=(3, 4), keepdim=True)  # (B, C, t, h, w) -> (B, C, t, 1, 1)
    return F.relu((weights * feature_map).sum(dim=1))  # -> (B, t, h, w)


def weigh_places(feature_map: Tensor, gradient: Tensor) -> Tensor:
    """Return the HiResCAM (B, t, h, w) of a map (B, C, t, h, w) and its gradient (section 3.2)."""
    return F.relu((gradient * feature_map).sum(dim=1))


def last_layers(model: ExpressionModel, _images: Images) -> Mapping[str, nn.Module]:
    """Return the modules that put out the last map of each stream."""
    return model.cam_layers


def fine_layers(model: ExpressionModel, images: Images) -> Mapping[str, nn.Module]:
    """Return, for each stream, the last of its parts whose map has ``FINE_SIDE`` places a side or more.

    Where a stream has none, that is the module of its last map. Of a residual block only the output counts:
    a map inside it is one of two ways to the answer.
    """
    return {
        name: _last_fine(model, _stream(model, name), images) or last
        for name, last in model.cam_layers.items()
    }


def _stream(model: nn.Module, name: str) -> nn.Module:
    stream: nn.Module = getattr(model, f"{name}_stream")
    return stream


def _last_fine(model: nn.Module, stream: nn.Module, images: Images) -> nn.Module | None:
    called = {str(place): part for place, part in enumerate(parts(stream))}
    with torch.no_grad(), _outputs_of(called) as outputs:
        model(*(image[:1] for image in images))
    sides = {name: min(output.shape[-2:]) for name, output in outputs.items() if output.dim() >= 4}
    fine = [name for name, side in sides.items() if side >= FINE_SIDE]  # in the order of their calls
    return called[fine[-1]] if fine else None


FINE_SIDE = 7


@dataclass(frozen=True)
class CamMethod:
    """One item of the table of methods.

    Attributes:
        weigh: Makes a map (B, t, h, w) of a layer's output (B, C, t, h, w) and its gradient.
        layers: Says for each stream of a model which layer that is.
        cells: Says where in the picture the places of the map are drawn.
    """

    weigh: Callable[[Tensor, Tensor], Tensor]
    layers: Callable[[ExpressionModel, Images], Mapping[str, nn.Module]]
    cells: Callable[..., Cells]


CAM_METHODS = MappingProxyType(
    {
        "grad-cam": CamMethod(weigh_channels, last_layers, cells_of),
        "hires-cam": CamMethod(weigh_places, fine_layers, over_all),
    }
)


def _with_time(feature_map: Tensor, count: int) -> Tensor:
    """Return the maps of ``count`` samples as (B, C, t, h, w); those of a window's crops lie one by one."""
    if feature_map.dim() == 5:
        return feature_map
    return feature_map.reshape(count, -1, *feature_map.shape[1:]).transpose(1, 2)


@contextmanager
def _outputs_of(layers: Mapping[str, nn.Module]) -> Iterator[dict[str, Tensor]]:
    """Collect what the modules put out while the model is called, by the modules' names."""
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
    """Put the model into evaluation mode, and each of its modules back into its own."""
    training = [module for module in model.modules() if module.training]
    model.eval()
    try:
        yield
    finally:
        for module in training:
            module.training = True
