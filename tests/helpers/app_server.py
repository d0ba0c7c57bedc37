"""The app's server on 127.0.0.1, in a thread of the test; it stops with its context."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import httpx

from ferfusion.app import job_routes, processes, study_routes
from ferfusion.app.home import Home
from ferfusion.app.jobs import ENDED
from ferfusion.app.serve import listening, web_server
from ferfusion.app.settings import AppSettings
from ferfusion.app.standby import Standby
from ferfusion.app.state import AppState, make_state

TOKEN = "token-of-the-tests"


@dataclass(frozen=True)
class RunningApp:
    """A server that runs, and a client with its token."""

    address: str
    client: httpx.Client
    state: AppState

    def send(self, file: Path, *, name: str | None = None) -> dict[str, Any]:
        """Upload a file."""
        answer = self.client.post(
            "/api/v1/uploads", params={"name": name or file.name}, content=file.read_bytes()
        )
        assert answer.status_code == 201, answer.text
        return answer.json()

    def job(self, job_id: str) -> dict[str, Any]:
        return self.client.get(f"/api/v1/jobs/{job_id}").json()

    def wait(self, job_id: str, *states: str, seconds: float = 60) -> dict[str, Any]:
        """Wait until a job has ended, or has one of these states."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            job = self.job(job_id)
            if job["state"] in (states or ENDED):
                return job
            time.sleep(0.05)
        raise AssertionError(f"the job is still {job}")


class SharedStandby(Standby):
    """A standby process that several servers use, one after the other: they do not end it."""

    def end(self) -> None:
        if self._process is not None and self._process.poll() is not None:
            self.really_end()

    def really_end(self) -> None:
        super().end()


@contextmanager
def running_app(folder: Path, *, standby: Standby | None = None, **settings: Any) -> Iterator[RunningApp]:
    """Run the app's server, whose home is this folder."""
    chosen = AppSettings(data=folder, **{"token": TOKEN, **settings})
    home = Home(folder)
    with home.opened(), closing(listening(chosen)) as listener:
        state = make_state(chosen, home, standby=standby)
        server = web_server(state)
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        headers = {"Authorization": f"Bearer {TOKEN}"}
        try:
            with httpx.Client(base_url=address, headers=headers, timeout=60, trust_env=False) as client:
                yield RunningApp(address, client, state)
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def app_process(home: Path) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    """The app as a process of its own, with a client; killed at the end if it still runs."""
    command = [sys.executable, "-m", "ferfusion", "app", "--no-browser", "--data", str(home), "--jobs", "2"]
    environment = os.environ | {"FERFUSION_APP_TOKEN": TOKEN, "COLUMNS": "200", "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        address = process.stdout.readline().split()[-1].partition("/?")[0]
        headers = {"Authorization": f"Bearer {TOKEN}"}
        try:
            with httpx.Client(
                base_url=f"{address}/api/v1", headers=headers, timeout=60, trust_env=False
            ) as client:
                yield process, client
        finally:
            process.kill()


STAND_IN = """
import json, os, subprocess, sys, time
from pathlib import Path
from ferfusion.app.home import write_json
folder = Path(sys.argv[-1])
write_json(folder / "pid.json", {"pid": os.getpid()})
job = json.loads((folder / "job.json").read_text())
does = job["options"].get("does", "result")
write_json(folder / "progress.json", {"done": 1, "total": 4, "unit": "frames", "rate": 9e5, "seconds_left": 3,
    "progress": 0.25})
if does == "crash":
    os.kill(os.getpid(), 11)
if does == "child":
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], close_fds=False)
    write_json(folder / "child.json", {"pid": child.pid})
while does in ("wait", "child") and not (folder / "go").exists():
    time.sleep(0.02)
if does == "fail":
    write_json(folder / "outcome.json", {"state": "failed", "message": "clip.mp4: it is no video"})
else:
    result = folder / "out" / "clip"
    result.mkdir(parents=True, exist_ok=True)
    (result / "verdict.json").write_text("{}")
    write_json(folder / "outcome.json", {"state": "done", "message": "", "result": "clip"})
"""
"""A process of a job that needs no model: the option ``does`` says what it does."""


@contextmanager
def stand_in_worker(monkeypatch) -> Iterator[None]:
    """Let jobs run ``STAND_IN``."""
    with monkeypatch.context() as patch:
        patch.setattr(processes, "WORKER", (sys.executable, "-c", STAND_IN))
        for routes in (job_routes, study_routes):
            patch.setattr(routes, "check_options", lambda *_: None)
        yield


def events_of(text: str) -> list[tuple[str, Any]]:
    """The events in the text of a stream."""
    found = []
    for block in filter(None, text.split("\n\n")):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            found.append((fields["event"], json.loads(fields["data"])))
    return found
