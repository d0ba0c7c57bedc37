"""The client of the examples, and a job with the model of the package, through a real server."""

import subprocess
import sys
from pathlib import Path

import pytest

from helpers.app_server import TOKEN, running_app

CLIENT = Path(__file__).parents[2] / "examples" / "app_client.py"


@pytest.mark.slow
def test_client_of_the_examples_prints_the_reading_of_a_video(tmp_path, sample_corpus, standby):
    clip = sample_corpus / "s01" / "fear" / "s01_fear_1.mp4"
    with running_app(tmp_path, standby=standby) as app:
        done = subprocess.run(
            [sys.executable, str(CLIENT), f"{app.address}/?token={TOKEN}", str(clip)],
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        [job] = app.client.get("/api/v1/jobs").json()
        assert job["progress"] == 1
        assert job["done"] == job["total"] == 32
        assert app.client.get(f"/api/v1/results/{job['id']}").json()["video"]["frames"] == 32
    assert done.stdout.startswith("Face 0")
    assert "frame,seconds,face" in done.stdout
