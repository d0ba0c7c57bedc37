"""The kinds of files that are mutated, in groups. A new kind is a ``Kind`` and a place in a group."""

from types import MappingProxyType

import cv2
import torch

from ferfusion.models.small_cnn import SMALL_SHAPES
from ferfusion.models.streams import map_side
from fuzz import clips, foreign, labels, models, photographs, tables, videos, zips
from fuzz.kind import Kind

KINDS: MappingProxyType[str, tuple[Kind, ...]] = MappingProxyType(
    {
        "bundle": (models.BUNDLE,),
        "onnx": (models.ONNX, foreign.NETWORK, foreign.IMPORTED),
        "keras": (models.KERAS,),
        "archive": (models.ARCHIVE,),
        "video": videos.KINDS,
        "photograph": photographs.KINDS,
        "table": tables.KINDS,
        "zip": zips.KINDS,
        "labels": labels.KINDS,
        "clip": clips.KINDS,
    }
)
"""The kinds of a group take turns: case 12 of a group of seven is of its sixth kind."""

torch.set_num_threads(1)  # a process that forks has no other threads
cv2.setNumThreads(1)
for _stream in SMALL_SHAPES:  # torch imports much when it is first used
    map_side(_stream, 48)
