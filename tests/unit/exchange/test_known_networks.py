import re

import pytest

from ferfusion.exchange.known_networks import KNOWN_NETWORKS
from ferfusion.exchange.onnx_import import OnnxSettings, import_network
from helpers.foreign_networks import write_network

EKMAN = {"Anger", "Disgust", "Fear", "Happiness", "Sadness", "Surprise"}


@pytest.mark.parametrize("name", KNOWN_NETWORKS)
def test_known_network_has_the_six_classes_neutral_and_perhaps_contempt(name):
    known = KNOWN_NETWORKS[name]
    assert {*EKMAN, "Neutral"} <= set(known.labels) <= {*EKMAN, "Neutral", "Contempt"}
    assert len(set(known.labels)) == len(known.labels)
    assert known.address.startswith("https://")
    assert re.fullmatch("[0-9a-f]{64}|", known.sha256)


@pytest.mark.parametrize("name", KNOWN_NETWORKS)
def test_known_network_settings_fit_a_network_of_its_shape(name, tmp_path, monkeypatch):
    pytest.importorskip("onnxruntime")
    monkeypatch.setattr("ferfusion.exchange.onnx_import.rehearse", lambda *_, **__: None)
    known = KNOWN_NETWORKS[name]
    channels = 1 if known.colours == "grey" else 3
    path = write_network(
        tmp_path / "network.onnx",
        classes=len(known.labels) + known.other_outputs,
        shape=(1, channels, known.size, known.size),
    )
    imported = import_network(path, OnnxSettings(preset=name))
    assert imported.labels_in_file == known.labels
    assert imported.found.assumptions == ()
    described = imported.model.description
    assert described.prepare_recipe.size == known.size
    places = imported.model.network.columns
    assert [known.labels[place] for place in places] == list(described.labels.names)
    assert any("not the official one" in each for each in imported.found.cautions) == bool(known.sha256)
