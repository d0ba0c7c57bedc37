import os
import subprocess
import sys
from pathlib import Path

SHORT = ("1", "prepare", "split", "train", "predict")
"""One kill of the commands that are quick; FERFUSION_KILLS=20 kills all of them as often."""


def test_commands_that_are_killed_and_run_again_end_as_uninterrupted_ones() -> None:
    number = os.environ.get("FERFUSION_KILLS")
    # other threads than the one that is copied would be missing in a copy of the process
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "kills", *([number] if number else SHORT)],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
