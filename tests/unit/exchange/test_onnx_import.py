import pytest

from ferfusion.errors import BundleError, ConfigError
from ferfusion.exchange.onnx_import import NO_RIGHTS, OnnxSettings, describe_network, import_network
from ferfusion.faces.official_model import OFFICIAL_MODELS
from helpers.foreign_networks import write_network

pytest.importorskip("onnxruntime")
pytest.importorskip("onnx")

LABELS = ("happy", "Contempt", "angry", "Boredom", "neutral")


@pytest.fixture
def without_rehearsal(monkeypatch):
    monkeypatch.setattr("ferfusion.exchange.onnx_import.rehearse", lambda *_, **__: None)


@pytest.mark.usefixtures("without_rehearsal")
def test_import_network_uses_this_projects_words_and_order(tmp_path):
    path = write_network(tmp_path / "network.onnx", classes=5)
    model = import_network(path, OnnxSettings(labels=LABELS)).model
    assert model.description.labels.names == ("Anger", "Happiness", "Neutral", "Contempt", "Boredom")
    assert model.network.columns == (2, 0, 4, 1, 3)
    assert model.description.rights == NO_RIGHTS
    assert model.description.training["outputs_in_file"][0] == "Happiness"


@pytest.mark.usefixtures("without_rehearsal")
def test_import_network_prepares_as_it_is_told(tmp_path):
    path = write_network(tmp_path / "network.onnx", classes=5)
    settings = OnnxSettings(labels=LABELS, crop_margin=0.3, detector="yunet", rights="CC0")
    described = import_network(path, settings).model.description
    recipe = described.prepare_recipe
    assert (recipe.size, recipe.margin, recipe.detector, described.rights) == (32, 0.3, "yunet", "CC0")
    assert recipe.detector_sha256 == OFFICIAL_MODELS["yunet"].sha256


@pytest.mark.usefixtures("without_rehearsal")
def test_describe_network_names_every_assumption(tmp_path):
    path = write_network(tmp_path / "network.onnx", classes=7)
    lines = describe_network(import_network(path, OnnxSettings(labels=LABELS, other_outputs=2)))
    text = "\n".join(lines)
    assert "reads rgb images of 32 pixels, several at a time; pixels from 0 to 1" in text
    outputs = "Happiness, Contempt, Anger, Boredom, Neutral, and 2 that are not used; they are logits"
    assert f"Outputs in the file: {outputs}" in text
    for option in ("--colours", "--largest-pixel", "--mean", "--crop-margin"):
        assert option in text
    assert "Its scores are not known" in text


@pytest.mark.usefixtures("without_rehearsal")
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "The file does not name its classes: name them with --labels"),
        ({"labels": ["happy", "joy"]}, "needs two or more names, all of them different"),
        ({"labels": ["Anger", "Wut"]}, "Anger and Wut are both Anger; name another class for each output"),
        ({"preset": "ferplus"}, "reads images of 32 pixels, and the preset ferplus is a network of 64"),
        ({"preset": "ferpluss"}, "Unknown preset 'ferpluss'; .* Did you mean 'ferplus'"),
        ({"labels": LABELS, "detector": "ferplus"}, "Unknown detector 'ferplus'"),
        ({"labels": LABELS, "other_outputs": -1}, "other_outputs must be at least 0, got -1"),
        ({"labels": LABELS, "crop_margin": 2.0}, "margin must be from 0 to 1"),
        ({"labels": LABELS, "size": 5}, "size must be from 16 to 512 pixels, got 5"),
        ({"labels": LABELS, "outputs": "scores"}, "Unknown meaning of the outputs 'scores'"),
    ],
)
def test_import_network_refuses_settings_that_cannot_be_used(tmp_path, settings, message):
    path = write_network(tmp_path / "network.onnx", classes=5)
    with pytest.raises(ConfigError, match=message):
        import_network(path, OnnxSettings(**settings))


def test_import_network_runs_a_file_in_another_process_first(tmp_path, monkeypatch):
    """This process never runs a graph that makes an array of 40 GB."""
    import numpy as np
    import onnx

    def with_large_array(model):
        nodes = [
            onnx.helper.make_node("ReduceMax", ["logits"], ["largest"], keepdims=0),
            onnx.helper.make_node("Expand", ["largest", "size"], ["large"]),
            onnx.helper.make_node("ReduceMax", ["large"], ["one"], keepdims=0),
            onnx.helper.make_node("Add", ["logits", "one"], ["sum"]),
        ]
        model.graph.node.extend(nodes)
        model.graph.initializer.append(onnx.numpy_helper.from_array(np.array([10**5, 10**5]), "size"))
        model.graph.output[0].name = "sum"

    path = write_network(tmp_path / "large.onnx", classes=5, change=with_large_array)
    with pytest.raises((BundleError, ConfigError), match=r"large\.onnx") as error:
        import_network(path, OnnxSettings(labels=LABELS))
    assert "\n" not in str(error.value)
