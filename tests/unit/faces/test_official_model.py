import hashlib
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from ferfusion.errors import ConfigError
from ferfusion.faces.model_file import pinned_model
from ferfusion.faces.official_model import OFFICIAL_MODELS, cached_model, fetch_model

CONTENT = b"a model"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def address(tmp_path):
    """The address of a folder that a server on this machine shows."""
    shown = tmp_path / "shown"
    shown.mkdir()
    (shown / "yunet.onnx").write_bytes(CONTENT)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(shown))) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture
def official(tmp_path, monkeypatch, address):
    """The only official model: the server's, in a cache of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("FERFUSION_DETECTOR_MODEL", raising=False)
    digest = hashlib.sha256(CONTENT).hexdigest()
    model = replace(OFFICIAL_MODELS["yunet"], address=f"{address}/yunet.onnx", sha256=digest)

    def use(**changes):
        changed = replace(model, **changes)
        monkeypatch.setattr("ferfusion.faces.official_model.OFFICIAL_MODELS", {"yunet": changed})
        return changed

    use()
    return use


def test_fetch_model_brings_the_file_once(official, tmp_path, address):
    model = official()
    assert cached_model(model.sha256) is None
    path = fetch_model("yunet")
    assert path == tmp_path / "cache" / "ferfusion" / "yunet.onnx"
    assert path.read_bytes() == CONTENT
    (tmp_path / "shown" / "yunet.onnx").unlink()  # a second call asks no server
    assert fetch_model("yunet") == cached_model(model.sha256) == path
    assert pinned_model(model.sha256) == path


def test_fetch_model_refuses_another_content_and_stores_nothing(official, tmp_path):
    official(sha256="0" * 64)
    with pytest.raises(ConfigError, match=r"has the SHA-256 .*, wanted 000.*not stored"):
        fetch_model("yunet")
    assert not list((tmp_path / "cache").rglob("*.onnx"))


def test_fetch_model_says_what_to_do_without_an_answer(official, address):
    official(address=f"{address}/absent.onnx")
    with pytest.raises(ConfigError, match=r"absent\.onnx cannot be fetched .*404.*put it into"):
        fetch_model("yunet")
    official(address="http://127.0.0.1:9/yunet.onnx")
    with pytest.raises(ConfigError, match="cannot be fetched"):
        fetch_model("yunet")


def test_fetch_model_fetches_again_what_is_damaged(official):
    path = fetch_model("yunet")
    path.write_bytes(b"half")
    assert fetch_model("yunet").read_bytes() == CONTENT


def test_fetch_model_names_the_models_it_knows():
    with pytest.raises(ConfigError, match="yunet"):
        fetch_model("yunett")
