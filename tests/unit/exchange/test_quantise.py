from dataclasses import replace

import numpy as np
import pytest

from ferfusion.errors import DatasetError, FileError
from ferfusion.exchange.quantise import Int8Cost, quantise
from ferfusion.inference.predictor import load_predictor
from ferfusion.label_set import SIX
from helpers.bundles import drawn_faces, untrained_bundle
from helpers.datasets import write_dataset

pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")


def bundle_of(**settings):
    metrics = {"calibration": {"temperature": 1.7, "abstain_below_pair": 0.4}}
    return untrained_bundle(**{"frames": 4, "head_units": 32, "seed": 3, **settings}, metrics=metrics)


@pytest.mark.slow
def test_quantise_gives_a_small_file_and_similar_probabilities(tmp_path):
    from ferfusion.exchange.onnx import export_onnx

    dataset = write_dataset(tmp_path / "dataset")
    bundle = bundle_of(architecture="two-stream")
    out = tmp_path / "model.onnx"
    export_onnx(bundle, out)
    inputs, bytes_before = drawn_faces(bundle.model_config, 16), out.stat().st_size
    exact = load_predictor(out).predict(*inputs)
    cost = quantise(bundle, out, dataset)
    title, *rows, caution = cost.lines
    assert "validation part" in title
    assert [row.partition(":")[0].strip() for row in rows] == ["32 bit", "8 bit", "majority baseline"]
    assert rows[2].endswith("UAR 16.7%")
    assert caution.startswith("The split that the bundle was trained on is not known")
    assert cost.scores["uar"][2] == pytest.approx(1 / 6)
    assert out.stat().st_size < 0.4 * bytes_before
    rounded = load_predictor(out)
    assert rounded.info.labels == SIX
    assert np.abs(rounded.predict(*inputs) - exact).max() < 0.05
    assert not np.array_equal(rounded.predict(*inputs), exact)


def test_quantise_refuses_another_split_than_the_bundles(tmp_path):
    dataset = write_dataset(tmp_path / "dataset", frames=3)
    bundle = replace(bundle_of(architecture="spatial"), training={"split_hash": "of another split"})
    with pytest.raises(DatasetError, match="has another split than the bundle was trained on"):
        quantise(bundle, tmp_path / "model.onnx", dataset)


@pytest.mark.slow
def test_quantise_that_fails_leaves_the_exported_file(tmp_path, monkeypatch):
    from ferfusion.exchange.onnx import export_onnx

    def break_off(path, *_, **__):
        path.write_text("half of")
        raise OSError("no space left")

    dataset = write_dataset(tmp_path / "dataset", frames=3)
    bundle = bundle_of(architecture="spatial")
    folder = tmp_path / "out"
    export_onnx(bundle, folder / "model.onnx")
    exact = (folder / "model.onnx").read_bytes()
    monkeypatch.setattr("ferfusion.exchange.quantise._write_int8", break_off)
    with pytest.raises(FileError, match="no space left"):
        quantise(bundle, folder / "model.onnx", dataset)
    assert [path.name for path in folder.iterdir()] == ["model.onnx"]
    assert (folder / "model.onnx").read_bytes() == exact


def test_int8_cost_lines_have_sizes_scores_and_the_caution():
    import pandas as pd

    scores = pd.DataFrame([{"numbers": "32 bit", "war": 0.5, "uar": 0.25}])
    cost = Int8Cost(4 * 2**20, 2**20, pairs=1200, scores=scores, caution="Careful.")
    assert cost.lines == [
        "8 bit numbers: 4.0 to 1.0 MiB; on the validation part, 1,200 pairs:",
        "  32 bit: WAR 50.0%, UAR 25.0%",
        "Careful.",
    ]
    assert len(replace(cost, caution="").lines) == 2
