"""The table of estimators of facial actions, and where their model files are."""

import os
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType

from ferfusion.actions.estimator import ActionEstimator
from ferfusion.actions.face_landmarker import FaceLandmarker
from ferfusion.errors import ConfigError
from ferfusion.faces.official_model import OFFICIAL_MODELS
from ferfusion.files import no_such, sha256_of
from ferfusion.lookup import choose

MODEL_VARIABLE = "FERFUSION_ACTIONS_MODEL"
ACTION_ESTIMATORS: MappingProxyType[str, Callable[[Path], ActionEstimator]] = MappingProxyType(
    {"face-landmarker": FaceLandmarker}
)
"""Estimators, each made from its model file."""
DEFAULT_ESTIMATOR = "face-landmarker"


def actions_model(name: str = DEFAULT_ESTIMATOR) -> Path:
    """Return the model file of an estimator: that in the environment variable, or that in the user's cache.

    Raises:
        ConfigError: the variable names no file or another one, or it is not set and the cache has no file.
    """
    official = OFFICIAL_MODELS[name]
    if named := os.environ.get(MODEL_VARIABLE, ""):
        path = Path(named)
        if not path.is_file():
            raise ConfigError(f"{no_such(path, wanted='model file')}; {MODEL_VARIABLE} names it")
        if (found := sha256_of(path)) != official.sha256:
            raise ConfigError(
                f"{path}, which {MODEL_VARIABLE} names, has the SHA-256 {found}, wanted {official.sha256}; "
                f"run ferfusion fetch {name}"
            )
        return path
    if not official.is_cached:
        raise ConfigError(
            f"Facial actions need the model file of {name}; run ferfusion fetch {name}, or name the file in "
            f"the environment variable {MODEL_VARIABLE}"
        )
    return official.path


def make_estimator(name: str = DEFAULT_ESTIMATOR) -> ActionEstimator:
    """Return an estimator with its model file.

    Raises:
        ConfigError: the name is not known, or the model file is missing or cannot be used.
        MissingExtraError: the estimator's package is not installed.
    """
    make = choose(ACTION_ESTIMATORS, name, what="estimator of actions")
    return make(actions_model(name))
