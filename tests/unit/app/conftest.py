import pytest

from helpers.app_server import running_app, stand_in_worker


@pytest.fixture
def app(tmp_path, standby):
    """The app's server, and a client with its token."""
    with running_app(tmp_path / "home", standby=standby) as running:
        yield running


@pytest.fixture
def quick_jobs(monkeypatch):
    """Jobs whose process needs no model."""
    with stand_in_worker(monkeypatch):
        yield


@pytest.fixture
def clip(sample_corpus):
    """A short video of the sample corpus."""
    return sample_corpus / "s01" / "fear" / "s01_fear_1.mp4"
