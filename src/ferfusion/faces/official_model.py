"""Model files of others at their official addresses, and in the user's cache."""

import hashlib
import os
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from types import MappingProxyType
from urllib.request import urlopen

from ferfusion.errors import ConfigError
from ferfusion.files import check_output_folder, sha256_of, write_bytes
from ferfusion.lookup import choose

_LARGEST_BYTES = 64 * 2**20
_PATIENCE_SECONDS = 30


@dataclass(frozen=True)
class OfficialModel:
    """A model file and the place where its makers publish it.

    Attributes:
        address: Its address.
        sha256: SHA-256 of its content.
        licence: Its licence.
    """

    address: str
    sha256: str
    licence: str

    @property
    def path(self) -> Path:
        """Its path in the user's cache, whether or not it is there."""
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        return Path(base) / "ferfusion" / self.address.rpartition("/")[2]

    @property
    def is_cached(self) -> bool:
        """Whether the cache holds the file, with the right content."""
        return self.path.is_file() and sha256_of(self.path) == self.sha256


OFFICIAL_MODELS: MappingProxyType[str, OfficialModel] = MappingProxyType(
    {
        "yunet": OfficialModel(
            "https://raw.githubusercontent.com/ShiqiYu/libfacedetection.train/"
            "0047ac24afb1a50a0c6105001c89d1b5b805dbf1/onnx/yunet_n_640_640.onnx",
            "25a606a145a5b6d7271ae138fbd00eba91dad8b83222ae3f2c7ecd0f4a7b0e31",
            "Apache-2.0",
        ),
        # where the ONNX Model Zoo has moved to, by the notice in its README; the SHA-256 is that of its
        # ONNX_HUB_MANIFEST.json
        "ferplus": OfficialModel(
            "https://huggingface.co/onnxmodelzoo/emotion-ferplus-8/resolve/main/emotion-ferplus-8.onnx",
            "a2a2ba6a335a3b29c21acb6272f962bd3d47f84952aaffa03b60986e04efa61c",
            "MIT",
        ),
        "face-landmarker": OfficialModel(
            "https://storage.googleapis.com/mediapipe-models/face_landmarker/face_landmarker/float16/1/"
            "face_landmarker.task",
            "64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff",
            "Apache-2.0",
        ),
    }
)
"""The files that can be fetched: a face detector, an expression network, and networks of facial actions."""


def fetch_model(name: str) -> Path:
    """Bring a model file into the user's cache, unless it is there; return its path.

    Raises:
        ConfigError: the name is not known, or the file cannot be fetched or has another content.
        FileError: the file cannot be written.
    """
    model = choose(OFFICIAL_MODELS, name, what="model file")
    if model.is_cached:
        return model.path
    check_output_folder(model.path.parent)
    try:
        with urlopen(model.address, timeout=_PATIENCE_SECONDS) as answer:
            content: bytes = answer.read(_LARGEST_BYTES)
    except (OSError, HTTPException) as error:
        raise ConfigError(
            f"{model.address} cannot be fetched ({error}); download it and put it into {model.path.parent}"
        ) from error
    found = content_sha256(content)
    if found != model.sha256:
        raise ConfigError(
            f"{model.address} has the SHA-256 {found}, wanted {model.sha256}; it was not stored"
        )
    write_bytes(model.path, content)
    return model.path


def cached_model(sha256: str) -> Path | None:
    """Return the file of the user's cache with a SHA-256, or None."""
    return next(
        (each.path for each in OFFICIAL_MODELS.values() if each.sha256 == sha256 and each.is_cached), None
    )


def content_sha256(content: bytes) -> str:
    """Return the SHA-256 of a content, in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()
