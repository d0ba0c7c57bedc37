import os
import subprocess
import sys

import pytest

from ferfusion.cli import SPIN_COUNT, spare_processors


@pytest.mark.parametrize(("given", "kept"), [(None, SPIN_COUNT), ("7", "7")])
def test_waiting_threads_soon_sleep_unless_the_user_says_otherwise(monkeypatch, given, kept):
    # set first, so that the test's end puts back what was there
    monkeypatch.setenv("GOMP_SPINCOUNT", given or "")
    if given is None:
        del os.environ["GOMP_SPINCOUNT"]
    spare_processors()
    assert os.environ["GOMP_SPINCOUNT"] == kept


def test_the_command_line_sets_it_before_torch_is_imported():
    code = (
        "import os, sys; os.environ.pop('GOMP_SPINCOUNT', None); import ferfusion.cli as cli; "
        "cli.build_app = lambda chosen: print('torch' in sys.modules, os.environ['GOMP_SPINCOUNT']); "
        "cli.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["False", SPIN_COUNT]
