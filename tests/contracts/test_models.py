"""What holds for every model of the table: each architecture, each fusion, each stream."""

from types import MappingProxyType

import pytest
import torch
from torch.nn import functional as F

from ferfusion.bundle import Bundle, load_bundle, save_bundle
from ferfusion.evaluation.run_folder import read_run
from ferfusion.label_set import SIX, LabelSet
from ferfusion.models.architectures import ARCHITECTURES, Architecture
from ferfusion.models.build import build_model
from ferfusion.models.config import ModelConfig
from ferfusion.models.fusion import FUSION_OPERATORS, fusions
from ferfusion.models.outputs import OUTPUTS
from ferfusion.models.streams import STREAMS
from ferfusion.models.two_stream import FusedStreams
from ferfusion.preparation.recipe import PrepareRecipe
from helpers.inputs import drawn_inputs
from helpers.runs import fake_config, write_run

SETTINGS = [
    *({"architecture": name} for name in ARCHITECTURES),
    *({"fusion": name} for name in fusions()),
    *({"architecture": "three-stream-stack", "fusion": f"gap-{operator}"} for operator in FUSION_OPERATORS),
    *({"output": name, "head_units": 64} for name in OUTPUTS),
    *(
        {"stream": name, "fusion": "flatten-sum", "size": max(48, kind.smallest_size), "head_units": 64}
        for name, kind in STREAMS.items()
    ),
]


@pytest.fixture(params=SETTINGS, ids=lambda settings: " ".join(map(str, settings.values())))
def config(request):
    return ModelConfig(**{"dropout": 0.0, "frames": 4, **request.param})


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_has_operator_only_where_the_operator_changes_the_logits(architecture):
    """Pages name the operator only if the table has one."""
    configs = [
        ModelConfig(architecture=architecture, fusion=f"gap-{name}", frames=3) for name in ("sum", "max")
    ]
    total, largest = (build_model(config, 6).eval() for config in configs)
    inputs = drawn_inputs(configs[0])
    assert torch.equal(total(*inputs), largest(*inputs)) == (not ARCHITECTURES[architecture].has_operator)


def test_model_logits_have_the_classes_and_every_parameter_has_a_gradient(config):
    model = build_model(config, 4)
    logits = model(*drawn_inputs(config, 3))
    assert logits.shape == (3, 4)
    assert torch.isfinite(logits).all()
    F.cross_entropy(logits, torch.tensor([0, 1, 2])).backward()
    unreached = [
        name
        for name, parameter in model.named_parameters()
        if parameter.requires_grad and (parameter.grad is None or not parameter.grad.any())
    ]
    assert unreached == []


def test_model_in_bfloat16_has_close_logits_and_finite_gradients(config):
    model, inputs, codes = build_model(config, 4), drawn_inputs(config, 3), torch.tensor([0, 1, 2])
    exact = model(*inputs).detach()
    with torch.autocast("cpu", torch.bfloat16):
        logits = model(*inputs)
        loss = F.cross_entropy(logits, codes)
    loss.backward()
    assert all(p.grad.isfinite().all() for p in model.parameters() if p.requires_grad)
    # the errors of fifty layers with batch norms add up
    tolerance = 0.2 if config.stream == "efficientnet-lite0" else 0.05
    torch.testing.assert_close(logits.detach().float(), exact, rtol=0.05, atol=tolerance)


def test_model_logits_of_a_sample_do_not_depend_on_its_batch(config):
    model = build_model(config, 6).eval()
    inputs = drawn_inputs(config, 3)
    with torch.inference_mode():
        together, alone = model(*inputs), model(*(image[1:2] for image in inputs))
    torch.testing.assert_close(together[1:2], alone, rtol=1e-4, atol=1e-5)


def test_model_logits_depend_on_its_inputs_alone(config):
    model = build_model(config, 6).eval()
    inputs = dict(zip(("spatial", "flow", "frames"), drawn_inputs(config), strict=True))
    read = {name if name in inputs else "frames" for name in config.streams}
    nothing = {name: torch.zeros(0) for name in inputs if name not in read}
    with torch.inference_mode():
        logits = model(**inputs)
        assert torch.equal(model(**{**inputs, **nothing}), logits)
        for name in read:
            others = {**inputs, name: inputs[name].flip(-1)}
            assert not torch.equal(model(**others), logits)


def test_model_needs_windows_if_the_config_has_one(config):
    model = build_model(config, 6).eval()
    spatial, flow, _ = drawn_inputs(config)
    if config.window:
        assert config.window == (25 if config.reads_actions else config.frames)
        with pytest.raises(ValueError, match="reads windows"):
            model(spatial, flow)
    else:
        assert model(spatial, flow).shape == (2, 6)


def test_cam_layers_output_a_map_of_each_sample_that_the_logits_depend_on(config):
    model, maps = build_model(config, 6).eval(), {}

    def keep(name):
        def hook(_module, _inputs, output):
            output.retain_grad()
            maps[name] = output

        return hook

    for name, module in model.cam_layers.items():
        module.register_forward_hook(keep(name))
    model(*drawn_inputs(config, 2))[:, 0].sum().backward()
    assert len(maps) == len(config.streams)
    for name, one in maps.items():
        assert one.ndim in (4, 5)
        assert len(one) == 2
        side = (1, config.window) if name == "actions" else (config.map_side, config.map_side)
        assert one.shape[-2:] == side
        assert one.grad.any()


def test_inputs_of_streams_agree_with_the_table_and_the_maps(config):
    model = build_model(config, 6)
    assert model.inputs_of_streams.keys() == model.cam_layers.keys()
    reads = set(model.inputs_of_streams.values())
    assert reads == {name if name in ("spatial", "flow") else "frames" for name in config.streams}
    assert ("frames" in reads) == bool(config.window)


def test_heads_have_the_layer_that_is_penalised(config):
    model = build_model(config, 6)
    assert bool(model.heads) == (config.kind.procedure == "end-to-end")
    for head in model.heads:
        assert head.dense2.weight.shape == (config.head_units, config.head_units)


def test_embedding_is_the_input_of_the_heads_and_all_that_they_need(config):
    model = build_model(config, 6).eval()
    read = []
    for head in model.heads:
        head.register_forward_pre_hook(lambda _, inputs: read.append(inputs[0]))
    inputs = drawn_inputs(config)
    with torch.inference_mode():
        logits, embedding = model(*inputs), model.embed(*inputs)
        assert not read or torch.equal(embedding, torch.cat(read, dim=1))
        assert torch.equal(model.classify(embedding), logits)


def test_bundle_has_a_model_with_the_same_output(config, tmp_path):
    model = build_model(config, 6, seed=3).eval()
    bundle = Bundle(model.state_dict(), config, SIX, PrepareRecipe(size=config.size), {}, {}, "none")
    save_bundle(tmp_path / "b.safetensors", bundle)
    loaded = load_bundle(tmp_path / "b.safetensors").build_model()
    inputs = drawn_inputs(config)
    with torch.inference_mode():
        assert torch.equal(model(*inputs), loaded(*inputs))


def test_weights_follow_from_the_seed_and_two_steps_repeat_bit_for_bit(config):
    def trained(seed):
        model = build_model(config, 6, seed=seed)
        optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.01)
        for step in range(2):
            loss = F.cross_entropy(model(*drawn_inputs(config, seed=step)), torch.tensor([0, 5]))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return model.state_dict()

    state = torch.random.get_rng_state()
    first, same, other = trained(1), trained(1), trained(2)
    assert torch.equal(state, torch.random.get_rng_state())
    assert all(torch.equal(first[name], same[name]) for name in first)
    assert not all(torch.equal(first[name], other[name]) for name in first)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_architectures_read_a_larger_face_and_a_longer_window(architecture):
    config = ModelConfig(architecture=architecture, size=64, frames=5)
    assert build_model(config, 6).eval()(*drawn_inputs(config)).shape == (2, 6)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_architectures_read_the_shortest_window(architecture):
    config = ModelConfig(architecture=architecture, frames=3)
    labels = LabelSet(("Anger", "Sadness"))
    assert build_model(config, len(labels)).eval()(*drawn_inputs(config)).shape == (2, 2)


def test_architectures_table_needs_one_item_for_a_new_architecture(monkeypatch, tmp_path):
    """Made, built, bundled and named in a page by its name alone."""
    added = Architecture(FusedStreams, ("flow", "stack"), has_operator=True)
    table = MappingProxyType({**ARCHITECTURES, "flow-stack": added})
    monkeypatch.setattr("ferfusion.models.config.ARCHITECTURES", table)
    config = ModelConfig(architecture="flow-stack", frames=4)
    model = build_model(config, 6).eval()
    assert model.inputs_of_streams == {"flow": "flow", "stack": "frames"}
    assert config.window == 4
    bundle = Bundle(model.state_dict(), config, SIX, PrepareRecipe(), {}, {}, "none")
    save_bundle(tmp_path / "b.safetensors", bundle)
    loaded = load_bundle(tmp_path / "b.safetensors").build_model()
    inputs = drawn_inputs(config)
    with torch.inference_mode():
        assert torch.equal(model(*inputs), loaded(*inputs))
    run = read_run(write_run(tmp_path / "run", config=fake_config(architecture="flow-stack")))
    assert run.variant == "flow-stack, gap-concat fusion, listing stream"
