import json

import numpy as np
import pytest
import torch

from ferfusion.errors import ConfigError
from ferfusion.models.tensorflowjs import graph_model_files, read_graph_model

HALF: dict[str, object] = {"quantization": {"dtype": "float16", "original_dtype": "float32"}}
WEIGHTS: list[dict[str, object]] = [
    {"name": "a/kernel", "shape": [2, 3], "dtype": "float32", **HALF},
    {"name": "b", "shape": [], "dtype": "float32"},
    {"name": "axes", "shape": [2], "dtype": "int32"},
]
CONTENT = (
    np.array([1, -2, 0.5, 4, 5, 6], "<f2").tobytes()
    + np.array(0.1, "<f4").tobytes()
    + np.array([1, 2], "<i4").tobytes()
)


def write(folder, *, weights=WEIGHTS, content=CONTENT, paths=("net.bin",), **more):
    groups = [{"paths": list(paths), "weights": weights}]
    (folder / "net.json").write_text(json.dumps({"format": "graph-model", "weightsManifest": groups} | more))
    step = -(-len(content) // len(paths))
    for number, name in enumerate(paths):
        if "/" not in name:
            (folder / name).write_bytes(content[number * step : (number + 1) * step])
    return folder / "net.json"


@pytest.mark.parametrize("paths", [("net.bin",), ("group1-shard1of2.bin", "group1-shard2of2.bin")])
def test_read_graph_model_returns_the_weights_in_the_manifests_order(paths, tmp_path):
    path = write(tmp_path, paths=paths)
    found = read_graph_model(path)
    assert list(found) == ["a/kernel", "b", "axes"]
    assert torch.equal(found["a/kernel"], torch.tensor([[1, -2, 0.5], [4, 5, 6]]))
    assert torch.equal(found["b"], torch.tensor(0.1))
    assert found["axes"].tolist() == [1, 2]
    assert [file.name for file in graph_model_files(path)] == ["net.json", *paths]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"content": CONTENT[:-1]}, r"net\.bin of .*net\.json is damaged: it has 23 bytes, expected 24"),
        ({"content": CONTENT + b"0"}, "it has 25 bytes, expected 24"),
        ({"content": b"\x00\x7c" + CONTENT[2:]}, "a/kernel has values that are not finite"),
        (
            {"weights": [{**WEIGHTS[0], "quantization": {"dtype": "uint8", "min": 0, "scale": 1}}]},
            "has a/kernel as uint8, which is not read",
        ),
        ({"paths": ("../net.bin",)}, r"names '\.\./net\.bin', which is not a file beside it"),
        ({"weights": [{"shape": [2]}]}, "does not list weights as a TensorFlow.js graph model does"),
        ({"weights": [{**WEIGHTS[1], "shape": ["2"]}]}, "does not list weights as"),
        (
            {"weights": [{**WEIGHTS[1], "shape": [-1, -1]}], "content": CONTENT[:4]},
            "does not list weights as",
        ),
        ({"weightsManifest": ["net.bin"]}, "does not list weights as"),
        ({"weightsManifest": {}}, "has weightsManifest {}, expected a list"),
    ],
)
def test_read_graph_model_refuses_a_damaged_network_in_one_line(settings, message, tmp_path):
    with pytest.raises(ConfigError, match=message) as error:
        read_graph_model(write(tmp_path, **settings))
    assert "\n" not in str(error.value)


def test_read_graph_model_names_missing_files(tmp_path):
    with pytest.raises(ConfigError, match=r"net\.json is missing; get both files"):
        read_graph_model(tmp_path / "net.json")
    path = write(tmp_path)
    (tmp_path / "net.bin").unlink()
    with pytest.raises(ConfigError, match=r"net\.bin, which has the numbers of net\.json, is missing"):
        read_graph_model(path)
    path.write_text("not JSON")
    with pytest.raises(ConfigError, match="is damaged"):
        read_graph_model(path)
