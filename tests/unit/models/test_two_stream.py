import torch

from ferfusion.models.build import build_model
from ferfusion.models.config import ModelConfig
from helpers.inputs import drawn_inputs


def single(late, stream, config):
    """The network of one stream with the weights that late fusion has for it."""
    model = build_model(config, 6)
    parts = {f"{stream}_stream": f"{stream}_stream", f"{stream}_head": "head"}
    weights = late.state_dict()
    taken = {name: tensor for name, tensor in weights.items() if name.partition(".")[0] in parts}
    model.load_state_dict(
        {".".join([parts[name.partition(".")[0]], name.partition(".")[2]]): t for name, t in taken.items()}
    )
    return model.eval()


def test_late_fusion_is_the_mean_of_the_two_single_networks():
    late = build_model(ModelConfig(architecture="late-fusion"), 6, seed=1).eval()
    inputs = drawn_inputs(ModelConfig(), 5)
    alone = [
        single(late, stream, ModelConfig(architecture=stream))(*inputs).softmax(1)
        for stream in ("spatial", "flow")
    ]
    assert (alone[0] - alone[1]).abs().max() > 0.001
    torch.testing.assert_close(late(*inputs).softmax(1), (alone[0] + alone[1]) / 2)


def test_late_fusion_logits_are_log_probabilities():
    late = build_model(ModelConfig(architecture="late-fusion"), 6)
    logits = late(*drawn_inputs(ModelConfig()))
    torch.testing.assert_close(logits.exp().sum(1), torch.ones(2))


def test_late_fusion_with_one_uniform_stream_halves_the_others_lead():
    late = build_model(ModelConfig(architecture="late-fusion"), 6).eval()
    torch.nn.init.zeros_(late.flow_head.dense3.weight)
    torch.nn.init.zeros_(late.spatial_head.dense3.weight)
    late.spatial_head.dense3.bias.data = torch.tensor([50.0, 0, 0, 0, 0, 0])
    probabilities = late(*drawn_inputs(ModelConfig())).softmax(1)
    torch.testing.assert_close(probabilities, torch.tensor([[7.0, 1, 1, 1, 1, 1]] * 2) / 12)


def test_fused_streams_with_a_third_zero_stream_are_those_of_two():
    """Where the third stream's vector is zero, the sum of three is the sum of two."""
    three = build_model(ModelConfig(architecture="three-stream-stack", fusion="gap-sum"), 6).eval()
    two = build_model(ModelConfig(fusion="gap-sum"), 6).eval()
    two.load_state_dict({k: v for k, v in three.state_dict().items() if not k.startswith("stack_stream")})
    last = three.stack_stream.stream.conv5
    torch.nn.init.zeros_(last.weight)
    inputs = drawn_inputs(ModelConfig())
    assert torch.equal(three(*inputs), two(*inputs))
