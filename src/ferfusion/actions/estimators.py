"""The table of estimators of facial actions, and where their model files are."""

import os
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType

from ferfusion.actions.estimator import ActionEstimator
from ferfusion.actions.face_landmarker import FaceLandmarker
from ferfusion.actions.small import SmallEstimator
from ferfusion.errors import ConfigError
from ferfusion.faces.official_model import OFFICIAL_MODELS
from ferfusion.files import no_such, sha256_of
from ferfusion.lookup import choose

MODEL_VARIABLE = "FERFUSION_ACTIONS_MODEL"
_LANDMARKER = "face-landmarker"


def landmarker_model() -> Path:
    """Return the model file of the face landmarker: that in the environment variable, or in the user's cache.

    Raises:
        ConfigError: the variable names no file or another one, or it is not set and the cache has no file.
    """
    official = OFFICIAL_MODELS[_LANDMARKER]
    if named := os.environ.get(MODEL_VARIABLE, ""):
        path = Path(named)
        if not path.is_file():
            raise ConfigError(
                f"{no_such(path, wanted='model file')}; {MODEL_VARIABLE} names it: correct the variable, or "
                "unset it"
            )
        if (found := sha256_of(path)) != official.sha256:
            raise ConfigError(
                f"{path}, which {MODEL_VARIABLE} names, has the SHA-256 {found}, wanted {official.sha256}; "
                f"correct the variable, or unset it and run ferfusion fetch {_LANDMARKER}"
            )
        return path
    if not official.is_cached:
        raise ConfigError(
            f"The estimator {_LANDMARKER} needs its model file; run ferfusion fetch {_LANDMARKER}, or name "
            f"the file in the environment variable {MODEL_VARIABLE}; the estimator small needs none"
        )
    return official.path


ACTION_ESTIMATORS: MappingProxyType[str, Callable[[], ActionEstimator]] = MappingProxyType(
    {"small": SmallEstimator, _LANDMARKER: lambda: FaceLandmarker(landmarker_model())}
)
"""Estimators by name."""


def make_estimator(name: str) -> ActionEstimator:
    """Return an estimator with its model file.

    Raises:
        ConfigError: the name is not known, or the model file is missing or cannot be used.
        MissingExtraError: the estimator's package is not installed.
    """
    return choose(ACTION_ESTIMATORS, name, what="estimator of actions")()
