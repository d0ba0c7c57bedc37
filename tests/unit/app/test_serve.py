import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from threading import Thread

import httpx
import pytest

from ferfusion.app.serve import _first_page, _opened, listening, serve, token_of_environment
from ferfusion.app.settings import AppSettings
from ferfusion.errors import ConfigError, MissingExtraError
from helpers.app_server import TOKEN, running_app
from helpers.written import write_predictions


def test_app_without_its_extra_names_the_install_line(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'ferfusion\[app\]'"):
        serve(AppSettings(data=tmp_path), browser=False)


def test_port_that_is_taken_is_one_line():
    with closing(listening(AppSettings())) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(ConfigError, match=f"cannot listen on 127.0.0.1, port {port}"):
            listening(AppSettings(port=port))


def test_app_listens_on_this_machine_alone():
    with closing(listening(AppSettings())) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"
        assert listener.family == socket.AF_INET


def test_token_of_the_environment(monkeypatch):
    monkeypatch.delenv("FERFUSION_APP_TOKEN", raising=False)
    assert token_of_environment() is None
    monkeypatch.setenv("FERFUSION_APP_TOKEN", "stated in the environment")
    assert token_of_environment() == "stated in the environment"


def test_command_serves_until_it_is_interrupted(tmp_path):
    command = [sys.executable, "-m", "ferfusion", "app", "--no-browser", "--data", str(tmp_path)]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"COLUMNS": "200"},
    ) as app:
        line = app.stdout.readline()
        address = line.split()[-1]
        page = httpx.get(address, follow_redirects=True, trust_env=False)
        assert "<title>" in page.text
        app.send_signal(signal.SIGINT)
        _, err = app.communicate(timeout=20)
    assert "Traceback" not in err
    assert app.returncode in (0, 130)


def test_server_stops_at_once_while_a_page_listens(tmp_path):
    with running_app(tmp_path) as app:
        url = f"{app.address}/api/v1/events"
        headers = {"Authorization": f"Bearer {TOKEN}"}
        listener = Thread(target=httpx.get, args=[url], kwargs={"headers": headers, "trust_env": False})
        listener.start()
        while not app.state.hub._listeners:
            time.sleep(0.01)
        began = time.monotonic()
    listener.join()
    assert time.monotonic() - began < 2.5


def test_paths_are_opened_at_the_start_and_one_that_cannot_be_stops_nothing(tmp_path, standby):
    out = write_predictions(tmp_path / "predictions")
    said = list[str]()
    with running_app(tmp_path / "home", standby=standby) as app:
        [row] = _opened(app.state, out, said.append)
        assert _opened(app.state, tmp_path / "none", said.append) == []
        assert app.job(row["job"])["state"] == "done"
    assert said == [f"There is no file or folder {tmp_path / 'none'} on the machine that runs the app"]
    assert _first_page([row]) == f"#/read/{row['job']}"
    assert _first_page([row, row]) == "#/read"
