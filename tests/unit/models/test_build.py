import pytest
import torch
from torch import nn

from ferfusion.models.build import build_model, count_parameters
from ferfusion.models.config import ModelConfig
from helpers.inputs import drawn_inputs

TABLE1_STREAM, TABLE1_HEAD = 1_190_144, 1025 * 1024 + 1025 * 6  # the head without its first layer


@pytest.mark.parametrize(
    ("stream", "fusion", "parameters"),
    [
        ("listing", "flatten-concat", 1_919_238),  # the report's listing
        ("table1", "flatten-concat", 3_961_350),  # its Table 1, row by row
        ("table1", "flatten-sum", 3_699_206),
        ("table1", "flatten-average", 3_699_206),
        ("table1", "gap-concat", 3_961_350),
        ("table1", "gap-sum", 3_699_206),
        ("table1", "gap-average", 3_699_206),
        ("table1", "gap-max", 3_699_206),
        ("table1", "gap-product", 3_699_206),
        ("table1", "gap-gated", 3_699_206 + 513 * 512),
        # a head on 2 * 3 * 3 * 256 values
        ("spatial-map", "flatten-concat", 2 * TABLE1_STREAM + 4609 * 1024 + TABLE1_HEAD),
        ("spatial-map", "gap-concat", 3_961_350),
    ],
)
def test_build_model_has_the_reports_parameter_counts(stream, fusion, parameters):
    assert count_parameters(build_model(ModelConfig(stream=stream, fusion=fusion), 6)) == parameters


LISTING_STREAM = 76 * 64 + 2 * (577 * 64) + 577 * 128 + 1153 * 128
LISTING_HEAD = 1025 * 1024 + 1025 * 6  # without its first layer
SEVEN_CROPS_MORE = 7 * 3 * 64 * 25  # of a stack's first convolution
CONV3D = (3 * 75 + 1) * 64 + 2 * (64 * 27 + 1) * 64 + (64 * 27 + 1) * 128 + (128 * 27 + 1) * 128


@pytest.mark.parametrize(
    ("architecture", "parameters"),
    [
        ("two-stream", 2 * LISTING_STREAM + 257 * 1024 + LISTING_HEAD),
        ("spatial", LISTING_STREAM + 129 * 1024 + LISTING_HEAD),
        ("flow", LISTING_STREAM + 129 * 1024 + LISTING_HEAD),
        ("late-fusion", 2 * (LISTING_STREAM + 129 * 1024 + LISTING_HEAD)),
        ("stack", LISTING_STREAM + SEVEN_CROPS_MORE + 129 * 1024 + LISTING_HEAD),
        ("spatial-stack", 2 * LISTING_STREAM + SEVEN_CROPS_MORE + 257 * 1024 + LISTING_HEAD),
        ("three-stream-stack", 3 * LISTING_STREAM + SEVEN_CROPS_MORE + 385 * 1024 + LISTING_HEAD),
        ("conv3d", CONV3D + 129 * 1024 + LISTING_HEAD),
        ("spatial-conv3d", CONV3D + LISTING_STREAM + 257 * 1024 + LISTING_HEAD),
        ("three-stream-conv3d", CONV3D + 2 * LISTING_STREAM + 385 * 1024 + LISTING_HEAD),
        # four gates, each with weights for 128 inputs and 256 hidden values and, in PyTorch, two biases
        ("lstm", LISTING_STREAM + 4 * 256 * (128 + 256 + 2) + 257 * 1024 + LISTING_HEAD),
        ("convlstm", LISTING_STREAM + 4 * 128 * (256 * 9 + 1) + 129 * 1024 + LISTING_HEAD),
    ],
)
def test_build_model_has_the_parameters_of_every_architecture(architecture, parameters):
    assert count_parameters(build_model(ModelConfig(architecture=architecture), 6)) == parameters


LISTING_SHAPES = {
    "conv1": (64, 44, 44),
    "pool1": (64, 20, 20),
    "conv2": (64, 18, 18),
    "conv3": (64, 16, 16),
    "pool2": (64, 7, 7),
    "conv4": (128, 5, 5),
    "conv5": (128, 3, 3),
}


def test_build_model_has_the_layer_shapes_of_the_reports_listing():
    config = ModelConfig(fusion="flatten-concat")
    model = build_model(config, 6)
    shapes = {}
    for name, module in model.named_modules():
        module.register_forward_hook(
            lambda _module, _inputs, output, name=name: shapes.update({name: tuple(output.shape[1:])})
        )
    model(*drawn_inputs(config))
    for stream in ("spatial_stream", "flow_stream"):
        assert {name: shapes[f"{stream}.{name}"] for name in LISTING_SHAPES} == LISTING_SHAPES
    assert shapes["layer.pool"] == (128, 1, 1)
    assert shapes["layer"] == (128,)
    assert shapes["fusion"] == (256,)
    assert [shapes[f"head.{name}"] for name in ("dense1", "dropout1", "dense2", "dropout2", "dense3")] == [
        (1024,),
        (1024,),
        (1024,),
        (1024,),
        (6,),
    ]


def test_build_model_keeps_the_weight_names_of_earlier_bundles():
    """Bundles of earlier runs are read by these."""
    layers = [f"conv{k}" for k in range(1, 6)]
    names = {f"{stream}_stream.{layer}" for stream in ("spatial", "flow") for layer in layers}
    names |= {f"head.dense{k}" for k in (1, 2, 3)}
    model = build_model(ModelConfig(), 6)
    assert set(model.state_dict()) == {f"{name}.{kind}" for name in names for kind in ("weight", "bias")}


def test_initialise_as_keras_is_glorot_uniform_with_zero_biases():
    model = build_model(ModelConfig(), 6)
    weight = model.spatial_stream.conv2.weight.detach()
    limit = (6 / (64 * 9 + 64 * 9)) ** 0.5  # Keras counts a kernel's places into both fans
    assert 0.98 * limit < float(weight.abs().max()) <= limit
    assert float(weight.var()) == pytest.approx(limit**2 / 3, rel=0.05)
    biases = [m.bias for m in model.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    assert not any(bias.detach().any() for bias in biases)


def test_initialise_as_keras_is_glorot_uniform_for_3d_kernels():
    weight = build_model(ModelConfig(architecture="conv3d"), 6).conv3d_stream.conv2.weight.detach()
    limit = (6 / (2 * 64 * 27)) ** 0.5
    assert 0.98 * limit < float(weight.abs().max()) <= limit


def test_initialise_as_keras_sets_an_lstm_as_keras_does():
    lstm = build_model(ModelConfig(architecture="lstm"), 6).decoder.lstm
    gate_of_bias = (lstm.bias_ih_l0 + lstm.bias_hh_l0).detach().view(4, 256)  # input, forget, cell, output
    assert gate_of_bias.unique(dim=1).T.tolist() == [[0, 1, 0, 0]]
    recurrent = lstm.weight_hh_l0.detach()
    torch.testing.assert_close(recurrent.T @ recurrent, torch.eye(256), atol=1e-5, rtol=0)


def test_initialise_as_keras_opens_the_forget_gates_of_a_convlstm():
    bias = build_model(ModelConfig(architecture="convlstm"), 6).decoder.cell.gates.bias.detach()
    assert bias.view(4, 128).unique(dim=1).T.tolist() == [[0, 1, 0, 0]]


def test_build_model_follows_from_the_seed_and_keeps_the_global_random_state():
    state = torch.random.get_rng_state()
    first, same, other = (build_model(ModelConfig(), 6, seed=seed) for seed in (5, 5, 6))
    assert torch.equal(state, torch.random.get_rng_state())
    assert torch.equal(first.head.dense1.weight, same.head.dense1.weight)
    assert not torch.equal(first.head.dense1.weight, other.head.dense1.weight)
