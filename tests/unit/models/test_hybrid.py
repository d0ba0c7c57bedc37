import pytest
import torch

from ferfusion.models.build import build_model
from ferfusion.models.config import ModelConfig
from ferfusion.models.dbn import DBNS
from ferfusion.models.hybrid import Hybrid
from helpers.inputs import drawn_inputs

CONFIG = ModelConfig(architecture="hybrid", head_units=32, dbn="small")
SINGLE = {name: ModelConfig(architecture=name, head_units=32) for name in ("spatial", "flow")}


def input_of_the_last_layer(model, inputs):
    """The second hidden layer of a model's head, after ReLU."""
    found = []
    model.head.dense3.register_forward_pre_hook(lambda _module, arguments: found.append(arguments[0]))
    model(*inputs)
    return found[0]


def test_hybrid_embedding_is_the_hidden_layers_of_both_trained_heads():
    hybrid, inputs = build_model(CONFIG, 6, seed=1).eval(), drawn_inputs(CONFIG, 3)
    alone = {name: build_model(config, 6, seed=7).eval() for name, config in SINGLE.items()}
    for name, model in alone.items():
        hybrid.take_stream(name, model.state_dict())
    expected = torch.cat([input_of_the_last_layer(model, inputs) for model in alone.values()], dim=1)
    assert torch.equal(hybrid.embed(*inputs[:2]), expected)
    assert torch.equal(hybrid(*inputs), hybrid.svm(hybrid.dbn(expected)))


def test_hybrid_copies_the_batch_statistics_of_a_stream():
    config = ModelConfig(architecture="hybrid", stream="resnet50", head_units=8)
    single = ModelConfig(architecture="flow", stream="resnet50", head_units=8)
    alone = build_model(single, 6).train()
    image = drawn_inputs(single)[1]
    alone(image, image)
    hybrid = build_model(config, 6)
    hybrid.take_stream("flow", alone.state_dict())
    assert torch.equal(hybrid.flow_stream.bn1.running_mean, alone.flow_stream.bn1.running_mean)
    assert hybrid.flow_stream.bn1.running_mean.any()


def test_hybrid_refuses_weights_of_another_model():
    weights = build_model(SINGLE["flow"], 6).state_dict()
    weights["unknown_stream.conv1.weight"] = torch.zeros(1)
    with pytest.raises(ValueError, match=r"not the weights of the stream 'flow' alone: unknown_stream"):
        build_model(CONFIG, 6).take_stream("flow", weights)


def test_hybrid_decision_on_a_mean_is_the_mean_of_decisions():
    """So decisions on frames agree with that on their video if its segments have the same features."""
    hybrid = build_model(CONFIG, 6).eval()
    features = hybrid.dbn(hybrid.embed(*drawn_inputs(CONFIG, 5)[:2]))
    torch.testing.assert_close(hybrid.svm(features.mean(0)), hybrid.svm(features).mean(0))


def test_hybrid_of_the_reports_size_joins_two_fc7_of_4096():
    config = ModelConfig(
        architecture="hybrid",
        stream="vgg16",
        fusion="flatten-concat",
        head_units=4096,
        dbn="large",
        size=224,
    )
    with torch.device("meta"):
        hybrid = Hybrid(config, 6)
    vgg16_to_fc7 = 138_357_544 - 1000 * 4097
    for name in ("spatial", "flow"):
        parts = (hybrid.get_submodule(f"{name}_{part}") for part in ("stream", "hidden"))
        assert sum(p.numel() for part in parts for p in part.parameters()) == vgg16_to_fc7
    assert hybrid.dbn.in_features == 8192
    assert [layer.out_features for layer in hybrid.dbn.layers] == list(DBNS["large"])
