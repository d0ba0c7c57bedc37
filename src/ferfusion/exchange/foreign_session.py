"""Run a network of others, and find in its file what can be found: the layout, the batch, what it answers.

This module imports no torch, so that a new process can try a file quickly.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ferfusion.errors import BundleError, ConfigError
from ferfusion.exchange.foreign_network import MEANINGS, ForeignNetwork, are_probabilities, per_channel
from ferfusion.exchange.onnx_session import OnnxGraph, OnnxRuntime, read_graph
from ferfusion.lookup import choose
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.reporting.words import counted

CALL_IMAGES = 8
"""Images of a call, at most; a file is tried with as many, so that no later call takes more memory."""
_SAME = 1e-3
"""Difference of two answers to one image, as a share of the largest number, that rounding may cause."""


@dataclass(frozen=True)
class Asked:
    """What a person says about a network; what is left out is found in the file or assumed.

    Attributes:
        columns: Place of each label among the numbers of an image.
        width: How many numbers an image gets.
        size: Side of the image in pixels.
        colours: Colours that it reads: rgb, bgr or grey.
        largest_pixel: Value of a white pixel, 1 or 255.
        mean: Subtracted from the pixels.
        std: The difference is divided by it.
        meaning: What it answers: logits or probabilities.
        preset: Name of the known network that it is said to be.
        size_is_of_preset: Whether its size is that of the preset.
    """

    columns: tuple[int, ...]
    width: int
    size: int | None = None
    colours: str = ""
    largest_pixel: int | None = None
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    meaning: str = ""
    preset: str = ""
    size_is_of_preset: bool = False


@dataclass(frozen=True)
class Found:
    """A network whose answers were tried.

    Attributes:
        network: Its input and output.
        size: Side of the image in pixels.
        assumptions: What was assumed, a sentence each.
        cautions: What was noticed in its answers, a sentence each.
    """

    network: ForeignNetwork
    size: int
    assumptions: tuple[str, ...]
    cautions: tuple[str, ...]


class ForeignSession:
    """Runs a network of others.

    Args:
        graph: The checked graph.
        network: Its input and output.
        threads: Number of threads; by default, the number of processors.

    Raises:
        BundleError: the runtime refuses the graph.
        MissingExtraError: onnxruntime is not installed.
    """

    def __init__(self, graph: OnnxGraph, network: ForeignNetwork, *, threads: int | None = None) -> None:
        self._runtime, self._network = OnnxRuntime(graph, threads=threads), network

    def numbers(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the numbers (B, N) of the images (B, ...), as many at a time as the network reads.

        Raises:
            BundleError: the runtime refuses the graph, or it answers with another shape or type.
        """
        network = self._network
        step = network.batch or CALL_IMAGES
        answers = []
        for start in range(0, len(images), step):
            call = images[start : start + step]
            missing = network.batch - len(call)
            if missing > 0:
                call = np.concatenate([call, np.zeros((missing, *call.shape[1:]), np.float32)])
            [answer] = self._runtime.run([network.output], {network.input: call})
            numbers = _as_numbers(answer, len(call), network.width)
            if numbers is None:
                raise BundleError(
                    f"{self._runtime.path} answers {counted(len(call), 'image')} with {_described(answer)}, "
                    f"expected {network.width} numbers of 32 bits for each; import the network again"
                )
            answers.append(numbers[: min(step, len(images) - start)])
        return np.concatenate(answers)


def trial_memory(graph: OnnxGraph) -> int:
    """Return the bytes of memory that a trial may take: as for any file, and the weights on top."""
    return 2**30 + 4 * len(graph.content)


def try_foreign(path: Path, *, network: ForeignNetwork, size: int) -> None:
    """Run the graph of an imported file, with as many images as a call has at most; for a process of its own.

    Raises:
        BundleError: the file cannot be run, or answers with numbers that are not finite.
        MissingExtraError: onnx or onnxruntime is not installed.
    """
    session = ForeignSession(read_graph(path), network, threads=1)
    _check_finite(path, session.numbers(network.images(_test_crops(size))))


def find_network(path: Path, *, asked: Asked, threads: int | None = None) -> Found:
    """Find out how a network reads images and what it answers, by its graph and by answers to test images.

    Args:
        path: The ONNX file.
        asked: What is known about it.
        threads: Number of threads; by default, the number of processors.

    Raises:
        BundleError: the file cannot be run, has another kind of input, or answers with numbers that are not
            finite.
        ConfigError: what is asked does not fit the file.
        MissingExtraError: onnx or onnxruntime is not installed.
    """
    graph = read_graph(path)
    runtime = OnnxRuntime(graph, threads=threads)
    network, size, assumptions = _described_input(runtime, asked)
    crops = _test_crops(size)
    network = _with_output(runtime, network, crops[:2])
    session = ForeignSession(graph, network, threads=threads)
    numbers = session.numbers(network.images(crops))
    _check_finite(path, numbers)
    cautions: list[str] = []
    if not network.batch:
        alone = ForeignSession(graph, replace(network, batch=1), threads=threads)
        last = alone.numbers(network.images(crops[-2:]))
        if np.abs(numbers[-2:] - last).max() > _SAME * max(1.0, float(np.abs(numbers).max())):
            network = replace(network, batch=1)
            numbers = alone.numbers(network.images(crops))
            cautions.append(
                "The answer to an image depends on the other images of a call, so it gets one image at a "
                "time; was it exported in training mode?"
            )
    network = replace(network, meaning=_meaning(numbers, network, asked, cautions))
    if not (np.ptp(numbers, axis=0) > 1e-6).any():
        cautions.append(
            "The answers to eight different images are the same; the range of the pixels is probably wrong "
            "(--largest-pixel, --mean, --std), or the file has no trained weights."
        )
    return Found(network, size, tuple(assumptions), tuple(cautions))


def _described_input(runtime: OnnxRuntime, asked: Asked) -> tuple[ForeignNetwork, int, list[str]]:
    """Return the network as far as its input says it, the size of its images, and what was assumed."""
    if len(runtime.inputs) != 1:
        names = ", ".join(f"{each.name!r:.80}" for each in runtime.inputs[:5])
        raise BundleError(
            f"{runtime.path} has {len(runtime.inputs)} inputs ({names}); a network that reads a face has one"
        )
    [given] = runtime.inputs
    if given.type != "tensor(float)" or len(given.shape) != 4:
        raise BundleError(
            f"{runtime.path} reads {given.type} of shape {_shape(given.shape)}; expected images, "
            "tensor(float) of shape (batch, 3, height, width) or (batch, height, width, 3)"
        )
    layout, channels, sides = _layout(runtime, given.shape, asked)
    size = _size(runtime, sides, asked)
    colours = asked.colours or ("grey" if channels == 1 else "rgb")
    mean, std = asked.mean or (0.0,), asked.std or (1.0,)
    white = asked.largest_pixel or (255 if max(mean) > 1 else 1)
    assumptions = []
    if not asked.colours:
        assumptions.append(f"The colours are {colours}; if this is wrong, set --colours")
    if not asked.largest_pixel:
        assumptions.append(f"A white pixel is {white}; if this is wrong, set --largest-pixel")
    if not asked.mean and not asked.std:
        assumptions.append("No mean is subtracted; if this is wrong, set --mean and --std")
    batch = given.shape[0]
    network = ForeignNetwork(
        input=given.name,
        output=runtime.outputs[0].name,
        colours=colours,
        channels=channels,
        layout=layout,
        batch=batch if isinstance(batch, int) else 0,
        largest_pixel=white,
        mean=per_channel("mean", mean, channels=channels),
        std=per_channel("std", std, channels=channels),
        meaning=choose(MEANINGS, asked.meaning or "logits", what="meaning of the outputs"),
        columns=asked.columns,
        width=asked.width,
    )
    return network, size, assumptions


def _layout(runtime: OnnxRuntime, shape: Sequence[Any], asked: Asked) -> tuple[str, int, tuple[Any, Any]]:
    """Return the layout, the number of channels, and the two sides of the images."""
    for layout, axis, sides in (("nchw", 1, shape[2:]), ("nhwc", 3, shape[1:3])):
        if shape[axis] in (1, 3):
            return layout, shape[axis], (sides[0], sides[1])
    if isinstance(shape[1], int) and isinstance(shape[3], int):
        raise BundleError(
            f"{runtime.path} reads images of shape {_shape(shape)}; expected 3 channels, or 1 for grey images"
        )
    return "nchw", 1 if asked.colours == "grey" else 3, (shape[2], shape[3])


def _size(runtime: OnnxRuntime, sides: tuple[Any, Any], asked: Asked) -> int:
    """Return the side of the square images, which the file or the person says."""
    known = {side for side in sides if isinstance(side, int)}
    if len(known) > 1:
        raise BundleError(f"{runtime.path} reads images of {sides[0]} x {sides[1]} pixels; expected squares")
    if asked.size is None and not known:
        raise ConfigError(
            f"{runtime.path} reads images of any size; name the size of its training images with --size"
        )
    size = int(known.pop()) if known else int(asked.size or 0)
    if asked.size not in (None, size):
        if asked.size_is_of_preset:
            raise ConfigError(
                f"{runtime.path} reads images of {size} pixels, and the preset {asked.preset} is a network "
                f"of {asked.size}; choose the file's own preset, or none"
            )
        raise ConfigError(f"{runtime.path} reads images of {size} pixels, and --size is {asked.size}")
    return PrepareRecipe(size=size).size  # within its bounds


def _with_output(runtime: OnnxRuntime, network: ForeignNetwork, crops: NDArray[np.uint8]) -> ForeignNetwork:
    """Return the network with its output, and with a batch of 1 if it cannot take several images."""
    answers = []
    for batch in (network.batch,) if network.batch else (0, 1):
        network = replace(network, batch=batch)
        count = batch or len(crops)
        images = np.resize(network.images(crops), network.shape(count, crops.shape[1]))
        try:
            answers = runtime.run(None, {network.input: images})
        except BundleError:
            if batch == 0:  # its graph may be made for one image, whatever its input says
                continue
            raise
        names = [
            output.name
            for output, answer in zip(runtime.outputs, answers, strict=True)
            if _as_numbers(answer, count, network.width) is not None
        ]
        if len(names) == 1:
            return replace(network, output=names[0])
        if names:
            raise BundleError(
                f"{runtime.path} has {len(names)} outputs of {network.width} numbers "
                f"({', '.join(f'{name!r:.40}' for name in names)}); export it with one"
            )
    raise ConfigError(
        f"{runtime.path} answers with {', '.join(map(_described, answers))}, and the labels are "
        f"{len(network.columns)}{_others(network)}; name every class, in the order of the outputs, "
        "with --labels, and set --other-outputs to how many numbers follow that are no classes, such as "
        "valence and arousal"
    )


def _meaning(numbers: NDArray[np.float32], network: ForeignNetwork, asked: Asked, cautions: list[str]) -> str:
    """Return whether the answers are logits or probabilities, as asked or as they look."""
    classes = numbers[:, list(network.columns)]
    found = "probabilities" if are_probabilities(classes) else "logits"
    if asked.meaning == "probabilities" and found == "logits":
        raise ConfigError(
            "The outputs are no probabilities: in the answers to test images they are not from 0 to 1 with "
            "the sum 1; leave --outputs out, or set it to logits"
        )
    if asked.meaning == "logits" and found == "probabilities":
        cautions.append("The outputs look like probabilities, and a softmax is applied, as --outputs asks.")
    if not asked.meaning and found == "logits" and classes.min() >= 0 and classes.max() <= 1:
        cautions.append(
            "The outputs are from 0 to 1, and their sum is not 1: a softmax is applied, as for logits; of a "
            "network with a sigmoid for each class, the probabilities are then too even."
        )
    return asked.meaning or found


def _test_crops(size: int) -> NDArray[np.uint8]:
    """Return eight different images (8, S, S, 3): black, white, two ramps, two halves and two of noise."""
    ramp = np.broadcast_to(np.linspace(0, 255, size), (size, size))
    half = np.where(np.arange(size) < size // 2, 255.0, 0.0)
    halves = np.broadcast_to(half, (size, size))
    grey = [np.zeros((size, size)), np.full((size, size), 255.0), ramp, ramp.T, halves, halves.T]
    noise = np.random.default_rng(0).integers(0, 256, (2, size, size, 3))
    return np.concatenate([np.stack([np.stack([each] * 3, axis=-1) for each in grey]), noise]).astype(
        np.uint8
    )


def _check_finite(path: Path, numbers: NDArray[np.float32]) -> None:
    if not np.isfinite(numbers).all():
        raise BundleError(f"{path} answers with numbers that are not finite; its weights are damaged")


def _as_numbers(answer: Any, count: int, width: int) -> NDArray[np.float32] | None:
    """Return an answer as (B, N), or None if it has another shape or type; axes of length 1 are dropped."""
    fits = isinstance(answer, np.ndarray) and answer.dtype == np.float32 and answer.size == count * width
    if not fits or answer.ndim < 1 or (count > 1 and answer.shape[0] != count):
        return None
    return np.asarray(answer.reshape(count, width), np.float32)


def _others(network: ForeignNetwork) -> str:
    others = network.width - len(network.columns)
    return f" and {others} other outputs" if others else ""


def _described(answer: Any) -> str:
    if isinstance(answer, np.ndarray):
        return f"{answer.dtype} of shape {answer.shape}"
    return type(answer).__name__


def _shape(shape: Sequence[Any]) -> str:
    return f"({', '.join(str(side) for side in shape)})"[:80]
