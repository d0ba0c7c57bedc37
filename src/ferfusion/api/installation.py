"""The installation: what works, what does not, and the line that fixes it."""

from typing import TYPE_CHECKING

from ferfusion.errors import file_errors

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd


@file_errors()
def fetch(name: str) -> "Path":
    """Bring a model file from its official address into the user's cache, unless it is there.

    The content is checked by its SHA-256. After ``yunet``, ``prepare --detector yunet`` needs no file, and
    the model that comes with ferfusion detects faces with YuNet. After ``ferplus``, ``import-onnx`` makes a
    bundle of the file. After ``face-landmarker``, ``predict --actions face-landmarker`` reads facial actions
    and head pose.

    Args:
        name: yunet, the face detector of libfacedetection (Apache-2.0); ferplus, the expression network of
            the ONNX Model Zoo (MIT; 35 MB); or face-landmarker, Google's networks of facial landmarks and
            actions (Apache-2.0; 4 MB).

    Returns:
        The path of the file.

    Raises:
        ConfigError: the name is not known, or the file cannot be fetched or has another content.
    """
    from ferfusion.faces.official_model import fetch_model  # noqa: PLC0415 OpenCV

    return fetch_model(name)


@file_errors()
def doctor() -> "pd.DataFrame":
    """Check the installation, and predict a sample video.

    Each check runs in its own process, so that a broken package cannot end this one. Takes about half a
    minute.

    Returns:
        ``check, state, found, fix``: a row per check. ``state`` is ok, note (something optional is missing)
        or fault; ``fix`` is the line that fixes it.

    >>> report = fer.doctor()
    >>> report.loc[report["check"] == "prediction", "state"].tolist()
    ['ok']
    """
    import pandas as pd  # noqa: PLC0415

    from ferfusion.installation.checks import check_installation  # noqa: PLC0415 torch

    rows = [(one.name, one.state, one.found, one.fix) for one in check_installation()]
    return pd.DataFrame(rows, columns=["check", "state", "found", "fix"])
