from types import MappingProxyType

import pytest
import torch

from ferfusion.errors import ConfigError
from ferfusion.models.build import build_model
from ferfusion.models.config import ModelConfig
from ferfusion.models.fusion import FUSION_OPERATORS, FusionOperator, fusions, make_operator
from helpers.inputs import drawn_inputs


def vectors(streams, batch=2, features=5):
    return list(torch.rand(streams, batch, features, generator=torch.Generator().manual_seed(streams)))


def fused(operator, given):
    fusion = FUSION_OPERATORS[operator](given[0].shape[1], num_streams=len(given))
    result = fusion(given)
    assert result.shape == (len(given[0]), fusion.out_features)
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
def test_three_vectors_worked_out_by_hand(operator, expected):
    given = [torch.tensor([row]) for row in ([1.0, 4.0], [3.0, 2.0], [2.0, 0.0])]
    assert fused(operator, given).tolist() == expected


@pytest.mark.parametrize("streams", [2, 3])
def test_gates_that_have_learned_nothing_give_the_average(streams):
    given = vectors(streams)
    gated = FUSION_OPERATORS["gated"](5, num_streams=streams)
    for parameter in gated.parameters():
        torch.nn.init.zeros_(parameter)
    torch.testing.assert_close(gated(given), fused("average", given))


def test_a_gate_can_choose_another_stream_for_every_feature():
    given = vectors(2, features=2)
    gated = FUSION_OPERATORS["gated"](2, num_streams=2)
    torch.nn.init.zeros_(gated.gates.weight)
    gated.gates.bias.data = torch.tensor([50.0, 0.0, 0.0, 50.0])  # stream by stream
    chosen = torch.stack([given[0][:, 0], given[1][:, 1]], dim=1)
    torch.testing.assert_close(gated(given), chosen)


def test_gates_of_two_streams_are_the_units_of_arevalo_and_others():
    """A softmax over two is a sigmoid of the difference: h = z * x + (1 - z) * y."""
    x, y = given = vectors(2)
    gated = FUSION_OPERATORS["gated"](5, num_streams=2)
    weight, bias = gated.gates.weight.detach(), gated.gates.bias.detach()
    z = torch.sigmoid(torch.cat([x, y], 1) @ (weight[:5] - weight[5:]).T + bias[:5] - bias[5:])
    torch.testing.assert_close(gated(given), z * x + (1 - z) * y)


def test_gates_that_would_fill_the_memory_are_refused():
    with pytest.raises(ConfigError, match=r"25,088 values have 2,517,630,976 weights.*choose gap-gated"):
        FUSION_OPERATORS["gated"](512 * 7 * 7, num_streams=2)  # VGG16's last map at 224 pixels


@pytest.mark.parametrize("operator", ["sum", "average", "max", "product"])
def test_the_order_of_streams_is_of_no_account_to_plain_operators(operator):
    given = vectors(3)
    torch.testing.assert_close(fused(operator, given), fused(operator, given[::-1]))


@pytest.mark.parametrize("fusion", fusions())
def test_one_vector_alone_stays_as_it_is(fusion):
    [alone] = vectors(1)
    operator = make_operator(fusion, 5, num_streams=1)
    assert list(operator.parameters()) == []
    assert torch.equal(operator([alone]), alone)


@pytest.mark.parametrize("operator", ["concat", "sum", "average", "max", "product", "gated"])
@pytest.mark.parametrize("stream", ["listing", "table1"])
def test_flatten_and_gap_are_the_same_function_on_a_map_of_three(stream, operator):
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


def test_a_fusion_operator_is_one_item_in_one_table(monkeypatch):
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
