"""The steps of the Dockerfile in a fresh virtual environment, as far as they go without Docker."""

import json
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
pytestmark = [
    pytest.mark.installs,
    pytest.mark.skipif(sys.platform == "win32", reason="the image is one of Linux"),
]


def steps(word):
    text = re.sub(r"\\\n\s*", "", (CHECKOUT / "Dockerfile").read_text(encoding="utf-8"))
    return [line.removeprefix(f"{word} ") for line in text.splitlines() if line.startswith(f"{word} ")]


def test_steps_of_the_image_end_with_an_app_that_answers(tmp_path):
    source = tmp_path / "src"
    source.mkdir()
    for line in steps("COPY"):
        *names, target = line.split()
        for name in names:
            copy = shutil.copytree if (CHECKOUT / name).is_dir() else shutil.copy
            copy(CHECKOUT / name, source / target / (name if target == "./" else ""))
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    binaries = environment / "bin"
    for line in (line for line in steps("RUN") if line.startswith("pip install")):
        command = line.split(" && ")[0].replace('"', "").split()
        if "--index-url" in command:  # the index of this machine has the same version
            del command[command.index("--index-url") :]
        subprocess.run([binaries / "python", "-m", *command, "-q"], cwd=source, check=True)
    [command] = map(json.loads, steps("CMD"))
    (tmp_path / "videos").mkdir()
    changed = {"/videos": str(tmp_path / "videos"), "0.0.0.0": "127.0.0.1", "8000": "0", "/data/app": "app"}
    tokens = [str(binaries / command[0]), *(changed.get(token, token) for token in command[1:])]
    with subprocess.Popen(
        tokens,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
        env={"FERFUSION_APP_TOKEN": "a-token-of-a-test", "PATH": str(binaries), "HOME": str(tmp_path)},
    ) as app:
        try:
            assert app.stdout is not None
            address = re.search(r"http://127\.0\.0\.1:\d+", "".join(app.stdout.readline() for _ in range(3)))
            assert address is not None
            until = time.monotonic() + 60
            while time.monotonic() < until:
                with urllib.request.urlopen(f"{address[0]}/api/v1/health", timeout=4) as answer:
                    assert json.load(answer)["status"] == "ok"
                    break
        finally:
            app.terminate()
