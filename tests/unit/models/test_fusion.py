from types import MappingProxyType

import pytest
import torch

from ferfusion.errors import ConfigError
from ferfusion.models.build import build_model
from ferfusion.models.config import ModelConfig
from ferfusion.models.fusion import FUSION_OPERATORS, FusionOperator, fusions, make_operator
from helpers.inputs import drawn_inputs


def vectors(count, batch=2, features=5):
    return list(torch.rand(count, batch, features, generator=torch.Generator().manual_seed(count)))


def fused(operator, streams):
    fusion = FUSION_OPERATORS[operator](streams[0].shape[1], num_streams=len(streams))
    result = fusion(streams)
    assert result.shape == (len(streams[0]), fusion.out_features)
    return result


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("concat", [[1.0, 4.0, 3.0, 2.0, 2.0, 0.0]]),
        ("sum", [[6.0, 6.0]]),
        ("average", [[2.0, 2.0]]),
        ("max", [[3.0, 4.0]]),
        ("product", [[6.0, 0.0]]),
    ],
)
def test_operators_of_three_vectors_by_hand(operator, expected):
    drawn = [torch.tensor([row]) for row in ([1.0, 4.0], [3.0, 2.0], [2.0, 0.0])]
    assert fused(operator, drawn).tolist() == expected


@pytest.mark.parametrize("streams", [2, 3])
def test_gated_with_zero_weights_is_the_average(streams):
    drawn = vectors(streams)
    gated = FUSION_OPERATORS["gated"](5, num_streams=streams)
    for parameter in gated.parameters():
        torch.nn.init.zeros_(parameter)
    torch.testing.assert_close(gated(drawn), fused("average", drawn))


def test_gated_can_select_another_stream_for_every_feature():
    drawn = vectors(2, features=2)
    gated = FUSION_OPERATORS["gated"](2, num_streams=2)
    torch.nn.init.zeros_(gated.gates.weight)
    gated.gates.bias.data = torch.tensor([50.0, 0.0, 0.0, 50.0])  # stream by stream
    chosen = torch.stack([drawn[0][:, 0], drawn[1][:, 1]], dim=1)
    torch.testing.assert_close(gated(drawn), chosen)


def test_gated_of_two_streams_is_the_unit_of_arevalo_and_others():
    """A softmax over two is a sigmoid of the difference: h = z * x + (1 - z) * y."""
    x, y = drawn = vectors(2)
    gated = FUSION_OPERATORS["gated"](5, num_streams=2)
    weight, bias = gated.gates.weight.detach(), gated.gates.bias.detach()
    z = torch.sigmoid(torch.cat([x, y], 1) @ (weight[:5] - weight[5:]).T + bias[:5] - bias[5:])
    torch.testing.assert_close(gated(drawn), z * x + (1 - z) * y)


def test_gated_refuses_gates_that_would_fill_the_memory():
    with pytest.raises(ConfigError, match=r"25,088 values have 2,517,630,976 weights.*choose gap-gated"):
        FUSION_OPERATORS["gated"](512 * 7 * 7, num_streams=2)  # VGG16's last map at 224 pixels


@pytest.mark.parametrize("operator", ["sum", "average", "max", "product"])
def test_plain_operators_do_not_depend_on_the_order_of_streams(operator):
    drawn = vectors(3)
    torch.testing.assert_close(fused(operator, drawn), fused(operator, drawn[::-1]))


@pytest.mark.parametrize("fusion", fusions())
def test_make_operator_leaves_a_single_vector_unchanged(fusion):
    [alone] = vectors(1)
    operator = make_operator(fusion, 5, num_streams=1)
    assert list(operator.parameters()) == []
    assert torch.equal(operator([alone]), alone)


@pytest.mark.parametrize("operator", ["concat", "sum", "average", "max", "product", "gated"])
@pytest.mark.parametrize("stream", ["listing", "table1"])
def test_flatten_and_gap_are_equal_on_a_map_of_3(stream, operator):
    configs = [ModelConfig(fusion=f"{layer}-{operator}", stream=stream) for layer in ("flatten", "gap")]
    flatten, gap = (build_model(config, 6, seed=3).eval() for config in configs)
    inputs = drawn_inputs(configs[0])
    torch.testing.assert_close(flatten(*inputs), gap(*inputs), rtol=1e-4, atol=1e-6)


def test_flatten_and_gap_differ_on_the_spatial_map():
    flatten, gap = (
        build_model(ModelConfig(fusion=f"{layer}-concat", stream="spatial-map"), 6)
        for layer in ("flatten", "gap")
    )
    assert flatten.head.dense1.in_features == 2 * 3 * 3 * 256
    assert gap.head.dense1.in_features == 2 * 256


def test_fusion_operators_table_needs_one_item_for_a_new_operator(monkeypatch):
    class MinFusion(FusionOperator):
        def forward(self, vectors):
            return torch.stack(tuple(vectors)).amin(dim=0)

    monkeypatch.setattr(
        "ferfusion.models.fusion.FUSION_OPERATORS", MappingProxyType({**FUSION_OPERATORS, "min": MinFusion})
    )
    config = ModelConfig(fusion="gap-min")
    model = build_model(config, 6).eval()
    inputs = drawn_inputs(config)
    with torch.inference_mode():
        face, motion = (model.layer(each) for each in model.maps(*inputs))
        assert torch.equal(model.embed(*inputs), torch.minimum(face, motion))
