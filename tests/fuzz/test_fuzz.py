import os
import subprocess
import sys
from pathlib import Path

import pytest

from fuzz.kinds import KINDS

TESTS = Path(__file__).parents[1]


def run(*arguments: str) -> tuple[int, str]:
    """Run Python with the tests' modules; return its exit status and what it printed."""
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, env=environment, check=False
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow(20)
def test_fuzz_finds_no_fault_and_gets_past_the_header() -> None:
    status, printed = run("-m", "fuzz", "150")
    assert status == 0, printed
    shares = {line.split()[0]: int(line.split()[2].rstrip("%")) for line in printed.splitlines()[1:]}
    assert set(shares) == set(KINDS)
    assert min(shares.values()) >= 50, printed


@pytest.mark.slow
def test_fuzz_finds_faults_that_are_planted() -> None:
    status, printed = run("-m", "fuzz.planted")
    assert status == 0, printed
    assert "not found" not in printed, printed
    assert len(printed.splitlines()) == 7, printed
