"""The images of a camera in the browser, read one by one in a process of their own."""

import base64
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

import ferfusion as fer
from ferfusion.errors import ConfigError

_Image = tuple[float, NDArray[np.uint8]]
LARGEST_SIDE_PX = 1_280
_DIGITS = 4


class Camera:
    """Reads the images of one camera; each is predicted when the next one comes, as flow needs it.

    Args:
        model: The model.
    """

    def __init__(self, model: "fer.Model") -> None:
        self.model = model
        self._waiting = deque[_Image]()
        self._last: _Image | None = None
        self._live = self._begun()

    def read(self, seconds: float, image: NDArray[np.uint8]) -> dict[str, Any]:
        """Take an image (H, W, 3) RGB, and return the faces of the one before it; None if there is none."""
        before, self._last = self._last, (seconds, image)
        if before is not None and (image.shape != before[1].shape or seconds <= before[0]):
            before, self._live = None, self._begun()
        self._waiting.append((seconds, image))
        answer: dict[str, Any] = {
            "classes": list(self._live.labels),
            "colours": self._live.colours,
            "unsure": self._live.unsure,
            "caution": self._live.caution,
            "model": self._live.model,
            "faces": None,
        }
        if before is None:
            return answer
        prediction = next(self._live)
        faces = [_face(face, self._live.labels) for face in prediction.faces]
        return answer | {"faces": faces, "seconds": prediction.frame.seconds, "status": prediction.status}

    def _begun(self) -> "fer.Live":
        """Return a reading that has seen no image yet."""
        self._waiting = deque()
        return fer.live(_taken_from(self._waiting), model=self.model)


def decoded(image: str) -> NDArray[np.uint8]:
    """Return an image that was sent as JPEG in base64, (H, W, 3) RGB.

    Raises:
        ConfigError: it is no image, or too large.
    """
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415 it takes time

    with suppress(UnidentifiedImageError, OSError, ValueError):
        opened = Image.open(BytesIO(base64.b64decode(image, validate=True)), formats=("JPEG",))
        if max(opened.size) > LARGEST_SIDE_PX:
            raise ConfigError(
                f"An image of the camera may have at most {LARGEST_SIDE_PX} pixels a side, got "
                f"{opened.width}x{opened.height}"
            )
        return np.asarray(opened.convert("RGB"))
    raise ConfigError("The image of the camera must be a JPEG file")


def _taken_from(waiting: deque[_Image]) -> Iterator[_Image]:
    while waiting:
        yield waiting.popleft()


def _face(face: Any, labels: tuple[str, ...]) -> dict[str, Any]:
    x, y, w, h = (round(float(value), 1) for value in face.row.box)
    return {
        "face": face.number,
        "x": x,
        "y": y,
        "w": w,
        "h": h,
        "expression": face.expression,
        "probabilities": {
            name: round(float(share), _DIGITS) for name, share in zip(labels, face.smoothed, strict=True)
        },
    }
