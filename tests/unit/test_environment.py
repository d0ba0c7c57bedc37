"""Waiting threads of torch sleep for every user, and the environment is as it was afterwards."""

import os
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest

from ferfusion.environment import SPIN_COUNT, environment_defaults, release_free_memory, torch_defaults

WATCH = (
    "import os, sys, builtins\n"
    "given = builtins.__import__\n"
    "def watch(name, *rest):\n"
    "    if name == 'torch' and 'torch' not in sys.modules:\n"
    "        print(os.environ.get('GOMP_SPINCOUNT'))\n"
    "    return given(name, *rest)\n"
    "builtins.__import__ = watch\n"
    "import ferfusion as fer\n"
)


@pytest.mark.parametrize(("given", "kept"), [(None, SPIN_COUNT), ("7", "7")])
def test_torch_defaults_keep_a_value_that_the_user_has_set(monkeypatch, given, kept):
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    if given is not None:
        monkeypatch.setenv("GOMP_SPINCOUNT", given)
    with torch_defaults():
        assert os.environ["GOMP_SPINCOUNT"] == kept
    assert os.environ.get("GOMP_SPINCOUNT") == given


@pytest.mark.parametrize(
    "use",
    [
        "fer.load_model()",
        "fer.load_model(out='none')",
        "fer.ModelConfig()",
        "fer.TrainRecipe()",
        "fer.Prediction",
    ],
)
def test_load_torch_is_used_whatever_is_imported_first(use):
    code = WATCH + use + "\nprint(os.environ.get('GOMP_SPINCOUNT'))"
    environment = {name: value for name, value in os.environ.items() if name != "GOMP_SPINCOUNT"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.split() == [SPIN_COUNT, "None"]


def test_load_torch_makes_products_that_do_not_depend_on_the_number_of_threads():
    code = (
        "import ferfusion.environment; ferfusion.environment.load_torch(); import torch\n"
        "a, b, products = torch.rand(32, 1024), torch.rand(1024, 1024), []\n"
        "for threads in (1, 2):\n"
        "    torch.set_num_threads(threads)\n"
        "    products.append(a @ b)\n"
        "print(torch.equal(*products))"
    )
    environment = {name: value for name, value in os.environ.items() if name != "MKL_CBWR"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout == "True\n"


def test_environment_defaults_is_used_by_one_thread_at_a_time(monkeypatch):
    monkeypatch.delenv("FERFUSION_TURNS", raising=False)
    seen = []

    def use(number):
        with environment_defaults(FERFUSION_TURNS=str(number)):
            seen.append((number, os.environ["FERFUSION_TURNS"]))

    threads = [Thread(target=use, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == [(number, str(number)) for number in range(8)]
    assert "FERFUSION_TURNS" not in os.environ


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such call")
def test_release_free_memory_gives_back_what_lies_below_a_used_block():
    def resident_mib():
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGESIZE") / 2**20

    blocks = [bytes(2**16) for _ in range(1600)]
    used = bytes(2**16)  # above the others, so that freeing them alone gives nothing back
    blocks.clear()
    before = resident_mib()
    release_free_memory()
    assert before - resident_mib() > 50
    assert len(used) == 2**16
