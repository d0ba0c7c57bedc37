"""The real reading and fetching code, on small files of the same form and a local server."""

import hashlib
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from ferfusion.errors import ConfigError
from ferfusion.models.backbones import Backbone, ResNet50, Vgg16
from ferfusion.models.build import build_model
from ferfusion.models.config import ModelConfig
from ferfusion.models.heads import DenseHead
from ferfusion.models.pretrained import OFFICIAL, fetch, load_weights, misfit, read_weights
from ferfusion.models.r3d import R3d18
from ferfusion.models.streams import BACKBONES


class TinyVgg(Backbone):
    """A backbone of VGG's form: a convolution and a norm, and a classifier of three layers in its files."""

    smallest_size = 4
    classifier_prefix = "classifier."
    out_channels = 2

    def __init__(self, *, in_channels=3):
        super().__init__(in_channels=in_channels)
        self.features = nn.Sequential(nn.Conv2d(in_channels, 2, 3), nn.BatchNorm2d(2))


class OneStream(nn.Module):
    def __init__(self, *, in_features=18, units=4):
        super().__init__()
        self.flow_stream = TinyVgg()
        self.head = DenseHead(in_features, 6, dropout=0.0, units=units)


class ThreeStreams(nn.Module):
    """The third reads a stack of two crops."""

    def __init__(self):
        super().__init__()
        self.spatial_stream, self.flow_stream, self.stack_stream = (
            TinyVgg(),
            TinyVgg(),
            TinyVgg(in_channels=6),
        )
        self.head = DenseHead(18, 6, dropout=0.0, units=4)


def drawn_weights():
    """What a file of TinyVgg holds: everything drawn, with the classifier."""
    generator = torch.Generator().manual_seed(3)
    shapes = {name: tensor.shape for name, tensor in TinyVgg().state_dict().items()}
    for layer, (outputs, inputs) in {"0": (4, 18), "3": (4, 4), "6": (1000, 4)}.items():
        shapes |= {f"classifier.{layer}.weight": (outputs, inputs), f"classifier.{layer}.bias": (outputs,)}
    return {name: torch.rand(shape, generator=generator) for name, shape in shapes.items()} | {
        "features.1.num_batches_tracked": torch.tensor(7)
    }


def write(path, tensors, **how):
    if path.suffix == ".safetensors":
        save_file(tensors, path)
    else:
        torch.save(tensors, path, **how)
    return path


def hashed(path):
    """The same file with the first digits of its hash in its name, as on the official server."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return path.rename(path.with_name(f"tiny-{digest[:8]}.pth"))


@pytest.fixture
def server(tmp_path):
    """A folder, and the address at which it is served."""
    folder = tmp_path / "served"
    folder.mkdir()
    requested = []

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            requested.append(self.path)

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=folder)) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield folder, f"http://127.0.0.1:{http.server_port}", requested
        http.shutdown()
        thread.join()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    return tmp_path / "torch" / "hub" / "checkpoints"


@pytest.mark.parametrize("kind", ["zip", "old", "safetensors"])
def test_load_weights_fills_the_stream_and_vggs_own_head(kind, tmp_path):
    weights, model = drawn_weights(), OneStream()
    path = tmp_path / ("w.safetensors" if kind == "safetensors" else "w.pth")
    write(path, weights, **({"_use_new_zipfile_serialization": False} if kind == "old" else {}))
    before = model.head.dense3.weight.clone()
    assert load_weights(model, str(path)) == ["flow_stream", "head.dense1", "head.dense2"]
    for name, tensor in model.flow_stream.state_dict().items():
        assert torch.equal(tensor, weights[name])
    assert torch.equal(model.head.dense1.weight, weights["classifier.0.weight"])
    assert torch.equal(model.head.dense2.bias, weights["classifier.3.bias"])
    assert torch.equal(model.head.dense3.weight, before)


@pytest.mark.parametrize("settings", [{"units": 5}, {"in_features": 32}])
def test_load_weights_leaves_a_head_of_other_shapes_unchanged(settings, tmp_path):
    model = OneStream(**settings)
    before = {name: tensor.clone() for name, tensor in model.head.state_dict().items()}
    assert load_weights(model, str(write(tmp_path / "w.pth", drawn_weights()))) == ["flow_stream"]
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.head.state_dict().items())


def test_load_weights_fills_every_stream_that_fits_and_no_stack(tmp_path):
    model, weights = ThreeStreams(), drawn_weights()
    stack = model.stack_stream.features[0].weight.clone()
    assert load_weights(model, str(write(tmp_path / "w.pth", weights))) == ["spatial_stream", "flow_stream"]
    for stream in (model.spatial_stream, model.flow_stream):
        assert torch.equal(stream.features[0].weight, weights["features.0.weight"])
    assert torch.equal(model.stack_stream.features[0].weight, stack)


def test_load_weights_does_not_need_the_counters_that_older_files_lack(tmp_path):
    weights = drawn_weights()
    del weights["features.1.num_batches_tracked"]
    assert "flow_stream" in load_weights(OneStream(), str(write(tmp_path / "w.pth", weights)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda w: w.pop("features.0.bias"), r"it lacks features\.0\.bias$"),
        (
            lambda w: [w.pop(name) for name in list(w) if "." in name and not name.startswith("classifier")],
            r"it lacks features\.0\.weight, features\.0\.bias, features\.1\.weight and 3 more$",
        ),
        (
            lambda w: w.update({"features.3.weight": torch.zeros(2)}),
            r"it has features\.3\.weight, which the stream lacks$",
        ),
        (
            lambda w: w.update({"features.0.weight": torch.zeros(2, 1, 3, 3)}),
            r"features\.0\.weight is \(2, 1, 3, 3\), wanted \(2, 3, 3, 3\)$",
        ),
    ],
)
def test_load_weights_refuses_a_file_of_another_network_in_one_line(change, message, tmp_path):
    weights, model = drawn_weights(), OneStream()
    change(weights)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    path = write(tmp_path / "other.pth", weights)
    with pytest.raises(ConfigError, match=rf"other\.pth does not fit the stream TinyVgg: {message}") as error:
        load_weights(model, str(path))
    assert "\n" not in str(error.value)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_load_weights_refuses_a_model_without_a_backbone():
    with pytest.raises(ConfigError, match=r"choose one of the streams vgg16, .*, or unset weights"):
        load_weights(build_model(ModelConfig(), 6), "imagenet")


def test_load_weights_fetches_imagenet_once_and_then_reads_the_folder(server, cache, monkeypatch):
    folder, address, requested = server
    name = hashed(write(folder / "w.pth", drawn_weights())).name
    monkeypatch.setattr(TinyVgg, "weights_url", f"{address}/{name}", raising=False)
    for _ in range(2):
        assert "flow_stream" in load_weights(OneStream(), "imagenet")
    assert requested == [f"/{name}"]
    assert [path.name for path in cache.iterdir()] == [name]


@pytest.mark.parametrize(
    ("stream", "name", "advice"),
    [
        ("vgg16", "kinetics", "set weights to imagenet or the name of a file"),
        ("mobilenet", "imagenet", "set weights to the name of a file"),
    ],
)
def test_load_weights_refuses_a_name_that_has_no_weights_for_the_stream(stream, name, advice):
    model = nn.ModuleDict({"spatial_stream": BACKBONES[stream]()})
    with pytest.raises(ConfigError, match=f"has no weights '{name}' at an official address; {advice}"):
        load_weights(model, name)


def test_load_weights_fetches_by_the_name_of_the_streams_weights(server, cache, monkeypatch):
    folder, address, requested = server
    name = hashed(write(folder / "w.pth", drawn_weights())).name
    monkeypatch.setattr(TinyVgg, "weights_name", "kinetics")
    monkeypatch.setattr(TinyVgg, "weights_url", f"{address}/{name}", raising=False)
    assert "flow_stream" in load_weights(OneStream(), "kinetics")
    assert requested == [f"/{name}"]
    with pytest.raises(ConfigError, match="TinyVgg has no weights 'imagenet'"):
        load_weights(OneStream(), "imagenet")


def test_fetch_refuses_a_file_of_another_hash_than_in_its_name(server, cache):
    folder, address, _ = server
    write(folder / "tiny-0123abcd.pth", drawn_weights())
    with pytest.raises(
        ConfigError, match=r"is damaged: its SHA-256 begins with .*, wanted 0123abcd"
    ) as error:
        fetch(f"{address}/tiny-0123abcd.pth")
    assert "\n" not in str(error.value)


def test_fetch_refuses_a_file_that_was_damaged_after_the_download(server, cache):
    folder, address, _ = server
    name = hashed(write(folder / "w.pth", drawn_weights())).name
    path = fetch(f"{address}/{name}")
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ConfigError, match="delete it and try again"):
        fetch(f"{address}/{name}")


def test_fetch_names_the_folder_if_the_address_cannot_be_reached(server, cache):
    _, address, _ = server
    with pytest.raises(
        ConfigError, match=r"cannot be fetched \(HTTP Error 404.*put the file into .*checkpoints"
    ):
        fetch(f"{address}/tiny-0123abcd.pth")
    assert list(cache.iterdir()) == []


def test_fetch_refuses_an_address_without_a_hash(tmp_path):
    with pytest.raises(ConfigError, match="has no hash in its name"):
        fetch("http://127.0.0.1:1/tiny.pth", tmp_path)


@pytest.mark.parametrize("backbone", [Vgg16, ResNet50, R3d18])
def test_weights_url_has_a_hash(backbone):
    assert backbone.weights_name in OFFICIAL
    assert backbone.weights_url.startswith("https://download.pytorch.org/models/")
    assert len(backbone.weights_url.rpartition("-")[2].removesuffix(".pth")) == 8


class Reaches:
    """What a hostile file would do when it is unpickled."""

    def __reduce__(self):
        return (pytest.fail, ("the file's code was run",))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"weight": Reaches()}, "holds more than tensors"),
        ({"epoch": 3, "state_dict": {"weight": torch.zeros(1)}}, "does not hold named tensors alone"),
        ([torch.zeros(1)], "does not hold named tensors alone"),
    ],
)
def test_read_weights_refuses_other_content_and_does_not_run_its_code(content, message, tmp_path):
    torch.save(content, tmp_path / "w.pth")
    with pytest.raises(ConfigError, match=message) as error:
        read_weights(tmp_path / "w.pth")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
@pytest.mark.parametrize("keep", [0, 4, 100, -20])
def test_read_weights_refuses_a_truncated_file_in_one_line(suffix, keep, tmp_path):
    path = write(tmp_path / f"w{suffix}", drawn_weights())
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ConfigError, match="not a weights file") as error:
        read_weights(path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "content", [b"<html>not found</html>", b"\x80\x02\xff\xfe\x00", "Gewichte: käse".encode()]
)
def test_read_weights_refuses_a_file_of_another_kind(content, tmp_path):
    (tmp_path / "w.pth").write_bytes(content)
    with pytest.raises(ConfigError, match="not a weights file"):
        read_weights(tmp_path / "w.pth")


def test_read_weights_names_a_missing_file(tmp_path):
    with pytest.raises(ConfigError, match=r"There is no weights file .*none\.pth"):
        read_weights(tmp_path / "none.pth")


def test_misfit_is_empty_for_vggs_own_file_and_not_for_resnet():
    weights = dict(Vgg16().state_dict())
    for layer in ("0", "3", "6"):
        weights |= {f"classifier.{layer}.weight": torch.zeros(1), f"classifier.{layer}.bias": torch.zeros(1)}
    assert misfit(weights, Vgg16()) == ""
    assert misfit(weights, ResNet50()).startswith("it lacks conv1.weight, bn1.weight, bn1.bias and ")
