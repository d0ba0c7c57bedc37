from pathlib import Path

import pytest

from ferfusion.studies.model_names import distinct_names


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["/r/a/bundle.safetensors", "/r/b/bundle.safetensors", "shipped"], ["a", "b", "shipped"]),
        (["/x/run", "/y/run", "/y/other"], ["x-run", "y-run", "other"]),
        (["/r/a", "/r/a/bundle.safetensors"], ["a", "a-bundle"]),
        (["/x/Net.onnx", "/y/net.safetensors"], ["x-Net", "y-net"]),  # one file where case is ignored
        (["/a/model.onnx", "/a/bundle.safetensors", "/b/a-2.onnx"], ["a-model", "a-bundle", "a-2"]),
        (["/q/what: a net?.onnx"], ["what- a net-"]),
        (["/run.v2", "/net.v3.onnx"], ["run.v2", "net.v3"]),
        (["/bundle.safetensors"], ["bundle"]),
    ],
)
def test_distinct_names_are_short_and_all_different(paths, names):
    found = distinct_names([Path(path) for path in paths])
    assert len({name.casefold() for name in found}) == len(found)
    assert found == names
