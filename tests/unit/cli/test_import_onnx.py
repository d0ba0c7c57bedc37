import pytest
from cyclopts import App

from ferfusion.cli.import_onnx import import_onnx
from ferfusion.errors import ConfigError
from ferfusion.exchange.foreign_model import foreign_model_of
from ferfusion.exchange.onnx_session import read_graph
from helpers.foreign_networks import write_network

pytest.importorskip("onnxruntime")
pytest.importorskip("onnx")


@pytest.fixture
def app(monkeypatch):
    monkeypatch.setattr("ferfusion.exchange.onnx_import.rehearse", lambda *_, **__: None)
    return App(default_command=import_onnx, result_action="return_value")


def test_import_onnx_takes_every_setting_from_the_command_line(app, capsys, tmp_path):
    network, bundle = write_network(tmp_path / "theirs.onnx", classes=5), tmp_path / "ours.onnx"
    line = f"{network} {bundle} --labels happy,angry,neutral --other-outputs 2 --colours bgr --size 32"
    line += " --mean 103.9,116.8,123.7 --std 1 --outputs logits --crop-margin 0.2 --rights CC0"
    app(line.split(), exit_on_error=False)
    printed = capsys.readouterr().out
    assert "Outputs in the file: Happiness, Anger, Neutral, and 2 that are not used" in printed
    assert f"Next: ferfusion predict VIDEO --bundle {bundle}" in printed
    model = foreign_model_of(bundle, read_graph(bundle).metadata)
    network_read = model.network
    assert (network_read.colours, network_read.mean, network_read.std) == (
        "bgr",
        (103.9, 116.8, 123.7),
        (1.0, 1.0, 1.0),
    )
    assert (network_read.largest_pixel, network_read.columns, network_read.width) == (255, (1, 0, 2), 5)
    assert (model.description.prepare_recipe.margin, model.description.rights) == (0.2, "CC0")


def test_import_onnx_refuses_a_mean_that_is_no_number(app, tmp_path):
    with pytest.raises(
        ConfigError, match=r"mean must be numbers with commas between them, .* got '0\.5;0\.5'"
    ):
        app([str(tmp_path / "a.onnx"), str(tmp_path / "b.onnx"), "--mean", "0.5;0.5"], exit_on_error=False)
