"""The model file of facial actions, and a face with known actions."""

import pytest

from ferfusion.actions.estimators import MODEL_VARIABLE


@pytest.fixture(autouse=True)
def none_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv(MODEL_VARIABLE, "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(scope="session")
def model(real_data):
    return real_data / "models" / "face_landmarker.task"
