"""How a network of others reads a face, and what its numbers mean. Nothing of this is in its ONNX file.

This module imports no torch, so that a new process can try a file quickly.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from ferfusion.errors import BundleError, ConfigError
from ferfusion.evaluation.calibration import with_temperature
from ferfusion.lookup import choose
from ferfusion.recipe import AtLeast, AtMost, Recipe, has_type

COLOURS = MappingProxyType({"rgb": "rgb", "bgr": "bgr", "grey": "grey"})
"""Order of the colours that a network reads; grey is the luma of ITU-R BT.601."""
LAYOUTS = MappingProxyType({"nchw": (0, 3, 1, 2), "nhwc": (0, 1, 2, 3)})
"""Order of the axes of a network's input, from images (B, H, W, C)."""
MEANINGS = MappingProxyType({"logits": "logits", "probabilities": "probabilities"})
"""What the numbers of the classes are."""
_MOST_OUTPUTS, _LONGEST_NAME, _LARGEST_BATCH = 10_000, 1_000, 64
_FARTHEST_SUM = 0.01
"""Of the probabilities of a face from 1, when it is predicted."""


@dataclass(frozen=True)
class ForeignNetwork(Recipe):
    """Input and output of a network of others that reads one face.

    Attributes:
        input: Name of the graph's input.
        output: Name of the output with the classes.
        colours: Colours that it reads: rgb, bgr or grey.
        channels: 3, or 1 for an input that has only grey.
        layout: Order of the axes: nchw or nhwc.
        batch: Number of images of a call; 0 is any number.
        largest_pixel: Value of a white pixel before ``mean`` is subtracted, 1 or 255.
        mean: Subtracted from the pixels, a number for each channel in the order that the network reads.
        std: The difference is divided by it, likewise.
        meaning: What the numbers of the classes are: logits or probabilities.
        columns: Place of each label among the numbers of an image.
        width: How many numbers an image gets; those that are in no place of a label are not used.

    Raises:
        ConfigError: a value cannot be used.
    """

    input: str
    output: str
    colours: str
    channels: int
    layout: str
    batch: Annotated[int, AtLeast(0), AtMost(_LARGEST_BATCH, "images at once")]
    largest_pixel: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    meaning: str
    columns: tuple[int, ...]
    width: Annotated[int, AtLeast(1), AtMost(_MOST_OUTPUTS, "numbers")]

    described_as: ClassVar[str] = "network"

    def __post_init__(self) -> None:
        super().__post_init__()
        choose(COLOURS, self.colours, what="colours")
        choose(LAYOUTS, self.layout, what="layout")
        choose(MEANINGS, self.meaning, what="meaning of the outputs")
        for name in (self.input, self.output):
            if not 0 < len(name) <= _LONGEST_NAME:
                raise ConfigError(
                    f"A name in the graph has 1 to {_LONGEST_NAME:,} characters, got {name!r:.60}"
                )
        if self.channels not in (1, 3) or (self.channels == 1 and self.colours != "grey"):
            raise ConfigError(
                f"The network must read 3 channels, or 1 of grey, got {self.channels} of {self.colours}"
            )
        if self.largest_pixel not in (1, 255):
            raise ConfigError(f"largest_pixel must be 1 or 255, got {self.largest_pixel}")
        for name, values in (("mean", self.mean), ("std", self.std)):
            _check_numbers(name, values, self)
        if len(set(self.columns)) != len(self.columns) or not all(
            0 <= at < self.width for at in self.columns
        ):
            raise ConfigError(
                f"Each label must have an output of its own of {self.width}, got {list(self.columns)!s:.80}"
            )

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Read settings back.

        Raises:
            ConfigError: as in ``Recipe``; or ``mean``, ``std`` or ``columns`` is no list of numbers.
        """
        read = dict(values) if isinstance(values, dict) else values
        for name, kind in (("mean", list[float]), ("std", list[float]), ("columns", list[int])):
            if isinstance(read, dict) and name in read:
                numbers = list(read[name]) if isinstance(read[name], tuple) else read[name]
                if not has_type(numbers, kind):
                    raise ConfigError(f"{name} must be a list of numbers, got {numbers!r:.80}")
                read[name] = tuple(numbers)
        try:
            return super().from_dict(read)
        except TypeError as error:  # a setting is missing
            raise ConfigError(f"The network's settings are not complete: {error}") from error

    def shape(self, count: int, size: int) -> tuple[int, ...]:
        """Return the shape of ``count`` images of ``size`` pixels."""
        image = (count, size, size, self.channels)
        return tuple(image[axis] for axis in LAYOUTS[self.layout])

    def images(self, crops_bhwc: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the network's input for face crops (B, S, S, 3) RGB."""
        if self.colours == "grey":
            count, height, width, _ = crops_bhwc.shape
            rows = np.ascontiguousarray(crops_bhwc).reshape(count * height, width, 3)
            grey = cv2.cvtColor(rows, cv2.COLOR_RGB2GRAY).reshape(count, height, width, 1)
            pixels = np.repeat(grey, self.channels, axis=3)
        else:
            pixels = crops_bhwc if self.colours == "rgb" else crops_bhwc[..., ::-1]
        scaled = pixels.astype(np.float32) / np.float32(255 // self.largest_pixel)
        normal = (scaled - np.array(self.mean, np.float32)) / np.array(self.std, np.float32)
        return np.ascontiguousarray(normal.transpose(LAYOUTS[self.layout]), np.float32)

    def probabilities(
        self, numbers_bn: NDArray[np.float32], *, temperature: float = 1.0
    ) -> NDArray[np.float32]:
        """Return the probabilities (B, C) of the labels for the numbers (B, N) of each image.

        Raises:
            BundleError: what should be probabilities are none.
        """
        from scipy.special import softmax  # noqa: PLC0415 half a second, and only networks of others need it

        classes = numbers_bn[:, list(self.columns)]
        if self.meaning == "logits":
            with np.errstate(invalid="ignore", over="ignore"):  # the caller checks that they are finite
                return np.asarray(softmax(classes / np.float32(temperature), axis=1), np.float32)
        if not are_probabilities(classes, farthest=_FARTHEST_SUM):
            raise BundleError(
                "The network answers with numbers that are no probabilities, from 0 to 1 with the sum 1; "
                "import it again with --outputs logits if they are logits"
            )
        given = np.asarray(classes / classes.sum(axis=1, keepdims=True), np.float64)
        if temperature == 1:
            return np.asarray(given, np.float32)
        return np.asarray(with_temperature(given, temperature), np.float32)


def are_probabilities(classes: NDArray[np.floating[Any]], *, farthest: float = 1e-3) -> bool:
    """Return whether every row is from 0 to 1 and has the sum 1.

    >>> are_probabilities(np.array([[0.2, 0.8]])), are_probabilities(np.array([[0.2, 0.7]]))
    (True, False)
    """
    inside = (classes >= 0).all() and (classes <= 1 + farthest).all()
    return bool(inside and (np.abs(classes.sum(axis=1) - 1) <= farthest).all())


def _check_numbers(name: str, values: tuple[float, ...], network: ForeignNetwork) -> None:
    if len(values) != network.channels or not all(isfinite(value) for value in values):
        raise ConfigError(
            f"{name} must have a finite number for each of {network.channels} channels, got {values!s:.80}"
        )
    white = network.largest_pixel
    if name == "mean" and not all(-white <= value <= white for value in values):
        raise ConfigError(
            f"mean must be from {-white} to {white} where a white pixel is {white}, got {values!s:.80}; "
            "set --largest-pixel to 255 if the network reads pixels from 0 to 255"
        )
    if name == "std" and not all(1e-4 <= value <= 1e4 for value in values):
        raise ConfigError(f"std must be from 0.0001 to 10,000, got {values!s:.80}")


def as_numbers(name: str, values: float | Sequence[float]) -> tuple[float, ...]:
    """Return one number or several as a tuple.

    Raises:
        ConfigError: the values are no numbers.

    >>> as_numbers("mean", 0.5), as_numbers("mean", np.array([103.9, 116.8, 123.7]))
    ((0.5,), (103.9, 116.8, 123.7))
    """
    try:
        given = np.atleast_1d(np.asarray(values, np.float64))
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{name} must be one number or several, got {values!r:.80}") from error
    if values is None or isinstance(values, str) or given.ndim != 1:
        raise ConfigError(f"{name} must be one number or several, got {values!r:.80}")
    return tuple(given.tolist())


def per_channel(name: str, numbers: tuple[float, ...], *, channels: int) -> tuple[float, ...]:
    """Return a number for each channel: one number stands for all channels.

    Raises:
        ConfigError: there is another number of them.

    >>> per_channel("mean", (0.5,), channels=3)
    (0.5, 0.5, 0.5)
    """
    if len(numbers) not in (1, channels):
        raise ConfigError(
            f"{name} must be one number, or a number for each of {channels} channels, got {numbers!s:.80}"
        )
    return numbers * channels if len(numbers) == 1 else numbers
