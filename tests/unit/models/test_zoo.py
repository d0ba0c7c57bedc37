from itertools import product

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from ferfusion.errors import ConfigError
from ferfusion.models.config import ARCHITECTURE_NAMES, ModelConfig
from ferfusion.models.fusion import FUSIONS
from ferfusion.models.scaling import INPUT_SCALINGS, standardise
from ferfusion.models.streams import STREAM_WIDTHS, ConvStream, map_side
from ferfusion.models.zoo import ARCHITECTURES, build_model, count_parameters


def images(batch, size=48, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(2, batch, 3, size, size, generator=generator).unbind(0)


@pytest.mark.parametrize(
    ("width", "fusion", "parameters"),
    [
        ("listing", "flatten-concat", 1_919_238),  # the report's listing
        ("table1", "flatten-concat", 3_961_350),  # its Table 1, row by row
        ("table1", "flatten-sum", 3_699_206),
        ("table1", "flatten-average", 3_699_206),
        ("table1", "gap-concat", 3_961_350),
        ("table1", "gap-sum", 3_699_206),
        ("table1", "gap-average", 3_699_206),
        # 2 * 1,190,144 for the streams, and a head on 2 * 3 * 3 * 256 values
        ("spatial-map", "flatten-concat", 2_380_288 + (4608 + 1) * 1024 + 1025 * 1024 + 1025 * 6),
        ("spatial-map", "gap-concat", 3_961_350),
    ],
)
def test_parameter_counts_are_the_reports(width, fusion, parameters):
    assert count_parameters(build_model(ModelConfig(width=width, fusion=fusion), 6)) == parameters


LISTING_SHAPES = {
    "conv1": (64, 44, 44),
    "pool1": (64, 20, 20),
    "conv2": (64, 18, 18),
    "conv3": (64, 16, 16),
    "pool2": (64, 7, 7),
    "conv4": (128, 5, 5),
    "conv5": (128, 3, 3),
}


def test_every_layer_has_the_output_shape_of_the_reports_listing():
    model = build_model(ModelConfig(fusion="flatten-concat"), 6)
    shapes = {}
    for name, module in model.named_modules():
        module.register_forward_hook(
            lambda _module, _inputs, output, name=name: shapes.update({name: tuple(output.shape[1:])})
        )
    model(*images(2))
    for stream in ("spatial_stream", "flow_stream"):
        assert {name: shapes[f"{stream}.{name}"] for name in LISTING_SHAPES} == LISTING_SHAPES
    for layer in ("spatial_layer", "flow_layer"):
        assert shapes[f"{layer}.pool"] == (128, 1, 1)
        assert shapes[layer] == (128,)
    assert shapes["fusion"] == (256,)
    assert [shapes[f"head.{name}"] for name in ("dense1", "dropout1", "dense2", "dropout2", "dense3")] == [
        (1024,),
        (1024,),
        (1024,),
        (1024,),
        (6,),
    ]


def test_architecture_names_are_those_of_the_table():
    assert set(ARCHITECTURE_NAMES) == set(ARCHITECTURES)


@pytest.mark.parametrize(
    ("architecture", "fusion", "width"), list(product(ARCHITECTURES, FUSIONS, STREAM_WIDTHS))
)
def test_every_model_gives_finite_logits_and_learns_with_all_its_parameters(architecture, fusion, width):
    config = ModelConfig(architecture=architecture, fusion=fusion, width=width, dropout=0.0)
    model = build_model(config, 4)
    logits = model(*images(3))
    assert logits.shape == (3, 4)
    assert torch.isfinite(logits).all()
    F.cross_entropy(logits, torch.tensor([0, 1, 2])).backward()
    unreached = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert unreached == []


@pytest.mark.parametrize("fusion", FUSIONS)
def test_a_bigger_face_gives_a_bigger_map(fusion):
    assert build_model(ModelConfig(fusion=fusion, size=64), 6)(*images(2, size=64)).shape == (2, 6)


@pytest.mark.parametrize("size", [48, 49, 50, 63, 64, 96])
def test_map_side_is_what_the_stream_puts_out(size):
    stream = ConvStream(STREAM_WIDTHS["listing"], scaling="unit")
    assert stream(torch.rand(1, 3, size, size)).shape[2:] == (map_side(size), map_side(size))


@pytest.mark.parametrize("operator", ["concat", "sum", "average"])
@pytest.mark.parametrize("width", ["listing", "table1"])
def test_flatten_and_gap_are_the_same_function_on_a_map_of_three(width, operator):
    flatten, gap = (
        build_model(ModelConfig(fusion=f"{layer}-{operator}", width=width), 6, seed=3).eval()
        for layer in ("flatten", "gap")
    )
    torch.testing.assert_close(flatten(*images(2)), gap(*images(2)), rtol=1e-4, atol=1e-6)


def test_flatten_and_gap_differ_on_the_spatial_map():
    flatten, gap = (
        build_model(ModelConfig(fusion=f"{layer}-concat", width="spatial-map"), 6)
        for layer in ("flatten", "gap")
    )
    assert flatten.head.dense1.in_features == 2 * 3 * 3 * 256
    assert gap.head.dense1.in_features == 2 * 256


def test_average_is_half_the_sum():
    total, mean = (
        build_model(ModelConfig(fusion=f"gap-{operator}"), 6, seed=1).eval()
        for operator in ("sum", "average")
    )
    vectors = [torch.rand(2, 128), torch.rand(2, 128)]
    torch.testing.assert_close(total.fusion(vectors), 2 * mean.fusion(vectors))
    torch.testing.assert_close(total.fusion(vectors), vectors[0] + vectors[1])


def test_relu_after_the_max_pool_is_the_reports_relu_before_it():
    stream = ConvStream(STREAM_WIDTHS["listing"], scaling="unit")
    before = F.max_pool2d(F.relu(stream.conv1(images(2)[0])), 5, stride=2)
    after = F.relu(stream.pool1(stream.conv1(images(2)[0])))
    assert torch.equal(before, after)


@pytest.mark.parametrize(("architecture", "ignored"), [("spatial", 1), ("flow", 0)])
def test_a_single_stream_leaves_the_other_image_aside(architecture, ignored):
    model = build_model(ModelConfig(architecture=architecture), 6).eval()
    inputs, others = list(images(2)), list(images(2))
    others[ignored] = torch.zeros(0)
    assert torch.equal(model(*inputs), model(*others))


def test_a_standard_image_has_no_mean_and_unit_deviation_whatever_its_light_and_colour():
    image = images(2)[0]
    standard = standardise(image)
    torch.testing.assert_close(standard.mean(dim=(2, 3)), torch.zeros(2, 3), atol=1e-5, rtol=0)
    torch.testing.assert_close(standard.square().mean(dim=(1, 2, 3)), torch.ones(2))
    tinted = 0.3 * image + torch.tensor([0.1, 0.4, 0.7]).view(3, 1, 1)
    torch.testing.assert_close(standardise(tinted), standard, atol=1e-4, rtol=0)


def test_a_faint_image_is_not_drawn_out_and_a_blank_one_is_zero():
    assert float(standardise(0.5 + 0.001 * images(1)[0]).abs().max()) < 0.1
    assert not standardise(torch.full((1, 3, 48, 48), 0.5)).any()


def test_the_reports_scaling_leaves_the_image_as_it_is():
    image = images(1)[0]
    assert INPUT_SCALINGS["unit"](image) is image


def test_initial_weights_are_glorot_uniform_with_zero_biases():
    model = build_model(ModelConfig(), 6)
    weight = model.spatial_stream.conv2.weight.detach()
    limit = (6 / (64 * 9 + 64 * 9)) ** 0.5  # Keras counts a kernel's places into both fans
    assert 0.98 * limit < float(weight.abs().max()) <= limit
    assert float(weight.var()) == pytest.approx(limit**2 / 3, rel=0.05)
    biases = [m.bias for m in model.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    assert not any(bias.detach().any() for bias in biases)


def test_weights_follow_from_the_seed_and_leave_the_global_state_alone():
    state = torch.random.get_rng_state()
    first, same, other = (build_model(ModelConfig(), 6, seed=seed) for seed in (5, 5, 6))
    assert torch.equal(state, torch.random.get_rng_state())
    assert torch.equal(first.head.dense1.weight, same.head.dense1.weight)
    assert not torch.equal(first.head.dense1.weight, other.head.dense1.weight)


def test_config_survives_a_round_trip():
    config = ModelConfig(fusion="flatten-sum", width="table1", dropout=0.4)
    assert ModelConfig.from_dict(config.to_dict()) == config


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"fusion": "gap-summ"}, "Did you mean 'gap-sum'"),
        ({"architecture": "spacial"}, "Did you mean 'spatial'"),
        ({"width": "table2"}, "Did you mean 'table1'"),
        ({"input_scaling": "unti"}, "Did you mean 'unit'"),
        ({"flow_encoding": "hsl"}, "choose one of hsv, hsv-fixed, uv"),
        ({"dropout": 1.0}, "dropout must be"),
        ({"size": 47}, "size must be at least 48"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused(setting, message):
    with pytest.raises(ConfigError, match=message):
        ModelConfig(**setting)


def test_an_unknown_key_is_refused():
    with pytest.raises(ConfigError, match="Unknown model settings: fusions"):
        ModelConfig.from_dict({"fusions": "gap-sum"})
