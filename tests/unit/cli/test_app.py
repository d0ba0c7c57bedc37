import pytest

from ferfusion.cli import app as app_module
from ferfusion.errors import ConfigError

app = app_module.app


@pytest.fixture
def served(monkeypatch, tmp_path):
    """What the command serves."""
    monkeypatch.delenv("FERFUSION_APP_TOKEN", raising=False)
    calls = []
    monkeypatch.setattr(app_module, "serve", lambda settings, **how: calls.append((settings, how)))
    return calls


def test_app_serves_this_machine_on_a_free_port(served, tmp_path):
    app(data=tmp_path)
    [(settings, how)] = served
    assert (settings.host, settings.port, settings.data) == ("127.0.0.1", 0, tmp_path)
    assert how["browser"]


def test_app_for_other_machines_needs_a_stated_token(served, tmp_path, monkeypatch):
    with pytest.raises(ConfigError, match="the token must be stated"):
        app(data=tmp_path, host="0.0.0.0")
    app(data=tmp_path, host="0.0.0.0", token="a-stated-token")
    monkeypatch.setenv("FERFUSION_APP_TOKEN", "another-stated-token")
    app(data=tmp_path, host="0.0.0.0")
    assert [settings.token for settings, _ in served] == ["a-stated-token", "another-stated-token"]


def test_app_for_other_machines_opens_named_paths_only(served, tmp_path):
    app(tmp_path, data=tmp_path, host="0.0.0.0", token="a-stated-token")
    app(tmp_path, data=tmp_path)
    assert [settings.roots for settings, _ in served] == [(tmp_path.resolve(),), None]


def test_app_tells_its_address(capsys):
    app_module._tell("http://127.0.0.1:1/?token=x")
    assert "http://127.0.0.1:1/?token=x" in capsys.readouterr().out
