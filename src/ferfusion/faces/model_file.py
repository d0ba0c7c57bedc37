"""The model file of a detector that comes without one: the user names its path, a recipe pins its content.

A recipe holds the file's SHA-256 and not its path, which differs from host to host. The option
``--detector-model`` or the environment variable ``FERFUSION_DETECTOR_MODEL`` names the path.
"""

import os
from pathlib import Path

from ferfusion.errors import ConfigError
from ferfusion.faces.official_model import cached_model
from ferfusion.files import no_such, sha256_of

MODEL_VARIABLE = "FERFUSION_DETECTOR_MODEL"


def named_model() -> Path:
    """Return the model file that the environment variable names.

    Raises:
        ConfigError: the variable is not set, or there is no such file.
    """
    name = os.environ.get(MODEL_VARIABLE, "")
    if not name:
        raise ConfigError(
            f"The detector needs a model file; name one in the environment variable {MODEL_VARIABLE}"
        )
    return _existing(Path(name))


def pinned_model(sha256: str, named: Path | None = None) -> Path:
    """Return the model file that a recipe pins.

    Args:
        sha256: The recipe's SHA-256 of the file.
        named: Path of the file; by default, that in the environment variable, or that in the user's cache.

    Raises:
        ConfigError: the recipe pins no file, no file is named, there is no such file, or its content differs.
    """
    if not sha256:
        raise ConfigError(
            "The recipe does not say which model file the detector uses; run ferfusion fetch yunet, "
            "or add --detector-model FILE"
        )
    path = Path(named or os.environ.get(MODEL_VARIABLE, "") or cached_model(sha256) or "")
    actual = sha256_of(path) if path.is_file() else ""
    if actual != sha256:
        where = "detector_model" if named else f"the environment variable {MODEL_VARIABLE}"
        why = f"whose SHA-256 is {actual}" if actual else "which is not there"
        state = f"names {path}, {why}" if path.name else "names none"
        raise ConfigError(f"The face detector needs the model file with SHA-256 {sha256}; {where} {state}")
    return path


def model_sha256(path: Path) -> str:
    """Return the SHA-256 of a model file, for a recipe.

    Raises:
        ConfigError: there is no such file.
    """
    return sha256_of(_existing(path))


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise ConfigError(f"{no_such(path, wanted='model file')}; give the path of a detector's ONNX file")
    return path
