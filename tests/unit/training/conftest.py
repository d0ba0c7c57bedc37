import pytest

from helpers.datasets import write_dataset


@pytest.fixture(scope="session")
def dataset(tmp_path_factory):
    """Two pairs a clip: an epoch takes a fraction of a second."""
    return write_dataset(tmp_path_factory.mktemp("data") / "dataset", subjects=6, frames=3)
