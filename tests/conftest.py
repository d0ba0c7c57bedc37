import os
from collections import Counter
from contextlib import nullcontext
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

from ferfusion.environment import MKL_MODE

os.environ.setdefault("MKL_CBWR", MKL_MODE)  # as the front door does, before torch is imported
if "PYTEST_XDIST_WORKER" in os.environ:
    # the workers share the processors: read by torch and OpenCV when they are imported
    os.environ["OMP_NUM_THREADS"] = "1"
    os.environ["OPENCV_FOR_THREADS_NUM"] = "1"

# no law is broken by a busy machine, and a failure comes back on the next run
settings.register_profile("ferfusion", deadline=None, derandomize=True)
settings.load_profile("ferfusion")

CHECKOUT = Path(__file__).parents[1]
SLOW_SECONDS = 5
"""Of a test that is marked slow without a number."""


def pytest_collection_modifyitems(items):
    """Let the files with the longest tests begin, so that no worker is left alone with one of them."""
    seconds: Counter[Path] = Counter()
    for item in items:
        for mark in item.iter_markers("slow"):
            seconds[item.path] += mark.args[0] if mark.args else SLOW_SECONDS
    items.sort(key=lambda item: -seconds[item.path])


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real videos and models, which is not part of the project."""
    folder = Path(os.environ.get("FERFUSION_DATA") or CHECKOUT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no folder {folder}; name one in FERFUSION_DATA")
    return folder


@pytest.fixture(scope="session")
def head_model_cache(tmp_path_factory):
    """A folder in which anny finds its head model; building it takes a minute, so that workers share it."""
    paths = pytest.importorskip("anny.paths")
    shared = tmp_path_factory.getbasetemp().parent
    folder = shared / "anny"
    with FileLock(shared / "anny.lock"):
        if not folder.is_dir():
            folder.mkdir()
            build_head_model(paths, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANNY_CACHE_DIR", str(folder))
        yield folder


def build_head_model(paths, folder):
    """Build the head model as for a user, but in a folder that stays; nothing is left in the user's home."""
    from ferfusion.synthesis.head import load_head

    usual = paths.get_anny_cache_path()
    before = sorted(usual.rglob("*"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tempfile.TemporaryDirectory", lambda **_: nullcontext(str(folder)))
        load_head()
    assert sorted(usual.rglob("*")) == before
    assert paths.get_anny_cache_path() == usual


@pytest.fixture(scope="session")
def standby():
    """The app's process for short work, which takes seconds to start: the servers of all tests share it."""
    from helpers.app_server import SharedStandby

    shared = SharedStandby()
    yield shared
    shared.really_end()


@pytest.fixture(scope="session")
def sample_corpus() -> Path:
    """The rendered videos that come with the package: <subject>/<emotion>/<subject>_<emotion>_<k>.mp4."""
    folder = CHECKOUT / "src" / "ferfusion" / "sample"
    if not folder.is_dir():
        pytest.fail(f"the package's sample corpus is missing: {folder}")
    return folder
