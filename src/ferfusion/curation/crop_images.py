"""Crops of a dataset as small images inside a page."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ferfusion.errors import DatasetError
from ferfusion.preparation.clip_file import read_clip
from ferfusion.preparation.dataset import Dataset
from ferfusion.reporting.pages import data_uri

_SIDE, _QUALITY = 96, 85
_MOMENTS = (0.25, 0.5, 0.75)


class CropImages:
    """Reads crops and returns them as data URIs; one clip is in memory at a time.

    Args:
        dataset: The dataset.
    """

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._places = {
            str(video): np.asarray(own)
            for video, own in dataset.pairs.groupby("video", sort=False).indices.items()
        }
        self._clip, self._crops = "", np.empty((0, 1, 1, 3), np.uint8)

    def of_video(self, video: str) -> str:
        """Return three crops of a video side by side, or the only crop of an image; empty without any."""
        places = self._places.get(video, np.empty(0, np.int64))
        chosen = dict.fromkeys(int(share * (len(places) - 1) + 0.5) for share in _MOMENTS if len(places))
        rows = self._dataset.pairs.iloc[[places[place] for place in chosen]]
        return _image([self._crop(str(row["clip"]), int(row["pair"])) for _, row in rows.iterrows()])

    def of_pair(self, clip: str, pair: int) -> str:
        """Return the crop of one pair."""
        return _image([self._crop(clip, pair)])

    def _crop(self, clip: str, pair: int) -> NDArray[np.uint8]:
        if clip != self._clip:
            self._clip, self._crops = clip, read_clip(self._dataset.clip_file(clip), "crops")["crops"]
        if pair >= len(self._crops):
            raise DatasetError(
                f"The clip {clip} has no pair {pair}; delete it and run ferfusion prepare again"
            )
        crop: NDArray[np.uint8] = self._crops[pair]
        return crop


def _image(crops_rgb: Sequence[NDArray[np.uint8]]) -> str:
    if not crops_rgb:
        return ""
    side = min(_SIDE, len(crops_rgb[0]))
    small = [cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA) for crop in crops_rgb]
    bgr = cv2.cvtColor(np.hstack(small), cv2.COLOR_RGB2BGR)
    _, encoded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return data_uri(encoded.tobytes(), "image/jpeg")
