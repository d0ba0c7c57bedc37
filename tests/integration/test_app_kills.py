"""The app's server is killed at random moments: nothing is lost, and its jobs go on."""

import random
import signal
import time

import pytest

from helpers.app_server import app_process


@pytest.mark.slow
def test_server_killed_three_times_in_the_middle_of_three_jobs_loses_nothing(tmp_path, sample_corpus):
    chance = random.Random(0)
    clips = sorted((sample_corpus / "s01" / "fear").glob("*.mp4"))[:1] * 3
    with app_process(tmp_path) as (_, client):
        rows = [
            client.post("/uploads", params={"name": f"{number}.mp4"}, content=clip.read_bytes()).json()
            for number, clip in enumerate(clips)
        ]
        jobs = client.post("/jobs", json={"inputs": [row["id"] for row in rows]}).json()
        ids = [job["id"] for job in jobs]
        time.sleep(chance.uniform(0.5, 3))
    for _ in range(2):
        with app_process(tmp_path) as (process, client):
            assert [job["id"] for job in client.get("/jobs").json()] == ids
            time.sleep(chance.uniform(0.5, 4))
            process.send_signal(signal.SIGKILL)
    with app_process(tmp_path) as (process, client):
        until = time.monotonic() + 240
        while time.monotonic() < until:
            states = [job["state"] for job in client.get("/jobs").json()]
            if set(states) <= {"done", "failed"}:
                break
            time.sleep(0.2)
        assert states == ["done"] * 3
        verdicts = [client.get(f"/results/{job_id}").json()["faces"][0]["verdict"] for job_id in ids]
        assert verdicts[0] == verdicts[1] == verdicts[2]
        assert client.delete(f"/jobs/{ids[0]}").json()["bytes"] > 0
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) in (0, 130)
