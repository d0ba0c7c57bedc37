import pytest
from cyclopts import App

from ferfusion.bundle import load_bundle
from ferfusion.cli.import_keras import import_keras
from ferfusion.errors import ConfigError
from ferfusion.exchange.keras import BAUM1S_AS_TEXT
from ferfusion.label_set import SIX
from ferfusion.preparation.recipe import PrepareRecipe
from helpers.datasets import write_dataset
from helpers.keras_files import unpack


@pytest.fixture
def app():
    return App(default_command=import_keras, result_action="return_value")


def test_import_keras_prints_content_and_assumptions(app, capsys, tmp_path):
    path = unpack("keras2_flatten_concat.h5", tmp_path)
    app([str(path), str(tmp_path / "bundle.safetensors")], exit_on_error=False)
    text = capsys.readouterr().out
    assert "(Keras 2.15.0): two-stream, flatten-concat, stream listing, 1,919,238 parameters" in text
    assert "face input_1, flow input_2" in text
    assert ", ".join(BAUM1S_AS_TEXT.names) in text
    assert "A white pixel is 255" in text
    assert "Its scores are not known" in text
    assert "weights alone" not in text
    bundle = load_bundle(tmp_path / "bundle.safetensors")
    assert bundle.labels == SIX
    assert not bundle.build_model().training


def test_import_keras_options_override_the_notebooks(app, capsys, tmp_path):
    path = unpack("keras3_only.weights.h5", tmp_path)
    labels = "Sadness, Anger,fear,happy,Disgust,Surprise"
    line = [str(path), str(tmp_path / "b"), "--spatial-input", "face_input", "--largest-pixel", "1"]
    app([*line, "--labels", labels, "--rights", "CC0"], exit_on_error=False)
    assert "weights alone" in capsys.readouterr().out
    bundle = load_bundle(tmp_path / "b")
    assert bundle.training["outputs_in_file"][2:4] == ["Fear", "Happiness"]
    assert bundle.training["largest_pixel"] == 1
    assert (bundle.labels, bundle.rights) == (SIX, "CC0")


def test_import_keras_takes_preparation_and_labels_of_a_dataset(app, tmp_path):
    recipe = PrepareRecipe(margin=0.1)
    dataset = write_dataset(tmp_path / "dataset", subjects=4, frames=3, recipe=recipe)
    path = unpack("keras2_spatial.h5", tmp_path)
    app([str(path), str(tmp_path / "b"), "--dataset", str(dataset)], exit_on_error=False)
    bundle = load_bundle(tmp_path / "b")
    assert bundle.prepare_recipe == recipe
    assert bundle.training["outputs_in_file"] == list(SIX.names)


def test_import_keras_overwrites_no_file(app, tmp_path):
    (tmp_path / "b").write_text("mine")
    with pytest.raises(ConfigError, match="exists already"):
        app([str(tmp_path / "any.h5"), str(tmp_path / "b")], exit_on_error=False)
    assert (tmp_path / "b").read_text() == "mine"
