import copy

import pytest
import torch
from torch import nn

from ferfusion.errors import ConfigError
from ferfusion.explanation.cam import CAM_METHODS, FINE_SIDE, class_maps
from ferfusion.explanation.receptive_field import Centres
from ferfusion.models.architectures import ARCHITECTURES
from ferfusion.models.bases import ExpressionModel
from ferfusion.models.build import build_model
from ferfusion.models.config import ModelConfig

SMALL = {"head_units": 16, "frames": 4}


class Linear(ExpressionModel):
    """A convolution, global average pooling and a linear classifier: its maps can be worked out by hand."""

    def __init__(self):
        super().__init__()
        self.spatial_stream = nn.Sequential(nn.Conv2d(3, 5, 3, padding=1), nn.ReLU())
        self.classifier = nn.Linear(5, 4)

    @property
    def cam_layers(self):
        return {"spatial": self.spatial_stream}

    def forward(self, spatial, flow, frames=None):
        return self.classifier(self.spatial_stream(spatial).mean(dim=(2, 3)))


def images(config, count=2, seed=0):
    generator = torch.Generator().manual_seed(seed)
    pair = [torch.rand(count, 3, config.size, config.size, generator=generator) for _ in range(2)]
    if config.window:
        pair.append(torch.rand(count, *config.window_shape, generator=generator))
    return tuple(pair)


def built(architecture="two-stream", **settings):
    config = ModelConfig(architecture=architecture, **SMALL | settings)
    return build_model(config, 6).eval(), config


@pytest.mark.parametrize("method", CAM_METHODS)
def test_class_maps_of_a_linear_model_are_those_of_the_class_weights(method):
    torch.manual_seed(0)
    model, image = Linear(), torch.rand(3, 3, 12, 12)
    targets = torch.tensor([2, 0, 3])
    cam = class_maps(model, (image, image), targets=targets, method=method)
    with torch.no_grad():
        features = model.spatial_stream(image)
    # the gradient of a mean over 144 places is a 144th of the class's weight everywhere (Zhou et al. 2016)
    weighted = torch.einsum("bc,bchw->bhw", model.classifier.weight[targets], features) / 144
    torch.testing.assert_close(cam.maps["spatial"][:, 0], weighted.relu().detach())


def test_class_maps_of_a_positive_linear_model_add_up_to_the_logit():
    torch.manual_seed(0)
    model, image = Linear(), torch.rand(3, 3, 12, 12)
    model.classifier.weight.data.abs_()
    cam = class_maps(model, (image, image))
    total = cam.maps["spatial"].sum(dim=(1, 2, 3)) + model.classifier.bias[cam.targets].detach()
    torch.testing.assert_close(total, cam.logits.amax(1))


@pytest.mark.parametrize("method", CAM_METHODS)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_class_maps_of_every_model_cover_its_streams_and_time_steps(architecture, method):
    model, config = built(architecture)
    cam = class_maps(model, images(config), method=method)
    assert set(cam.maps) == set(model.cam_layers)
    assert torch.equal(cam.targets, cam.logits.argmax(1))
    moments = config.frames if architecture in ("lstm", "convlstm") else 1
    for name, maps in cam.maps.items():
        assert maps.shape[:2] == (2, moments)
        coarse, fine = (25, 25) if name == "actions" else (3, 7)
        assert maps.shape[-1] == (coarse if method == "grad-cam" else fine)
        assert (maps >= 0).all()
        assert not maps.requires_grad
        assert cam.upsampled(name).shape == (2, moments, 48, 48)


def test_class_maps_of_a_long_window_of_3d_convolutions_have_time_steps():
    model, config = built("conv3d", frames=8)
    assert class_maps(model, images(config)).maps["conv3d"].shape == (2, 2, 7, 7)


@pytest.mark.parametrize("architecture", ["two-stream", "lstm"])
def test_class_maps_of_a_row_do_not_depend_on_its_batch(architecture):
    model, config = built(architecture)
    batch = images(config, count=3)
    together = class_maps(model, batch, targets=torch.tensor([1, 4, 4]))
    alone = class_maps(model, tuple(image[1:2] for image in batch), targets=torch.tensor([4]))
    for name, maps in alone.maps.items():
        torch.testing.assert_close(maps[0], together.maps[name][1], rtol=1e-3, atol=1e-6)


def test_class_maps_are_empty_for_time_steps_that_the_decoder_forgets():
    """A moment whose crop has no weight in the decoder's way to the answer has an empty map."""
    model, config = built("lstm")
    # an LSTM whose forget gates are shut keeps nothing of the moments before the last
    for name in ("bias_ih_l0", "bias_hh_l0"):
        bias = model.decoder.lstm.get_parameter(name).data
        bias[len(bias) // 4 : len(bias) // 2] = -100
    model.decoder.lstm.weight_hh_l0.data.zero_()
    strength = class_maps(model, images(config)).maps["spatial"].sum(dim=(2, 3))
    assert (strength[:, :-1] == 0).all()
    assert (strength[:, -1] > 0).any()


def test_class_maps_differ_between_classes():
    model, config = built()
    batch = images(config)
    first, second = (class_maps(model, batch, targets=torch.full((2,), code)).maps["flow"] for code in (0, 1))
    assert not torch.allclose(first, second)


@pytest.mark.parametrize("training", [True, False])
def test_class_maps_do_not_change_the_model(training):
    model, config = built("three-stream-stack")
    model.train(training)
    model.head.dropout1.eval()
    before = copy.deepcopy(model.state_dict())
    modes = [module.training for module in model.modules()]
    class_maps(model, images(config))
    assert [module.training for module in model.modules()] == modes
    assert all(parameter.grad is None and parameter.requires_grad for parameter in model.parameters())
    assert not any(module._forward_hooks for module in model.modules())
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_class_maps_remove_their_hooks_when_the_model_fails():
    model, config = built("stack")
    with pytest.raises(ValueError, match="reads windows"):
        class_maps(model, images(config)[:2], method="grad-cam")
    assert not any(module._forward_hooks for module in model.modules())


def test_class_maps_are_the_same_for_a_frozen_model_without_gradients():
    model, config = built()
    batch = images(config)
    expected = class_maps(model, batch).maps["spatial"]
    model.requires_grad_(False)
    with torch.inference_mode():
        inside = tuple(image * 1 for image in batch)
        found = class_maps(model, inside).maps["spatial"]
    torch.testing.assert_close(found, expected)


def stretched(side, size=48):
    """Places that share the image among them."""
    return Centres((size / side - 1) / 2, size / side)


@pytest.mark.parametrize(
    ("stream", "grad_cam", "hires_cam"),
    [
        ("listing", Centres(18, 4), stretched(7)),
        ("vgg16", Centres(15.5, 32), stretched(12)),
        ("residual", stretched(3), stretched(12)),
        ("resnet50", stretched(2), stretched(12)),
    ],
)
def test_class_maps_use_the_layers_and_centres_of_their_method(stream, grad_cam, hires_cam):
    model, config = built("spatial", stream=stream)
    found = {method: class_maps(model, images(config, 1), method=method) for method in CAM_METHODS}
    assert found["hires-cam"].maps["spatial"].shape[-1] >= FINE_SIDE
    assert found["grad-cam"].centres["spatial"] == grad_cam
    assert found["hires-cam"].centres["spatial"] == hires_cam


def test_class_maps_name_an_unknown_method():
    model, config = built()
    with pytest.raises(ConfigError, match=r"Unknown map method 'gradcam'.*Did you mean 'grad-cam'"):
        class_maps(model, images(config), method="gradcam")
