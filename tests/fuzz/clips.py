"""Clip files and packs of crops: read as a split, a training and a comparison of images read them."""

import json
from functools import cache
from pathlib import Path
from random import Random

import numpy as np

from ferfusion.data.clips import PairReader
from ferfusion.inference.predictor import TorchPredictor
from ferfusion.preparation.clip_file import read_clip
from ferfusion.preparation.dataset import open_dataset
from ferfusion.splits.leaks import find_copies
from fuzz.kind import Kind, check, check_probabilities, refused_without
from fuzz.mutations import HOSTILE, cut_or_repeated, mutated_bytes, mutated_json, mutated_range, mutated_value
from helpers.bundles import untrained_bundle
from helpers.datasets import write_dataset

_CLIP = "data/clips/S01_fear_0.safetensors"


def _write(folder: Path) -> None:
    write_dataset(folder / "data", subjects=3)


def read_dataset_clips(path: Path) -> None:
    """Read the arrays of a clip, all pairs, their windows, and the copies among subjects."""
    dataset = open_dataset(path.parents[1])
    reader = PairReader(dataset.clips_folder, list(dataset.pairs["clip"]), list(dataset.pairs["pair"]))
    rows = np.arange(len(reader))
    crops, flow = reader.gather(rows)
    check(crops.shape[0] == len(rows) == flow.shape[0], "pairs are missing")
    check_probabilities(_predictor().predict(crops, flow))
    reader.gather_windows(rows, frames=3, step=1)
    find_copies(dataset)
    read_clip(path)


@cache
def _predictor() -> TorchPredictor:
    return TorchPredictor(untrained_bundle(head_units=4))


def _mutate(content: bytes, random: Random) -> bytes:
    """Mutate the description of an array, the arrays, the length, or any bytes."""
    length = int.from_bytes(content[:8], "little")
    header, arrays = json.loads(content[8 : 8 + length]), content[8 + length :]
    match random.randrange(10):
        case 0:
            return mutated_bytes(content, random)
        case 1:
            return cut_or_repeated(content, random)
        case 2 | 3:
            return mutated_range(content, range(8 + length, len(content)), random)
        case 4:
            first, second = random.sample(sorted(header), 2)
            header[first], header[second] = header[second], header[first]
        case 5:
            header[random.choice((*header, "more"))] = random.choice(HOSTILE)
        case 6:
            flow = header["flow"]["data_offsets"]
            values = np.frombuffer(arrays[flow[0] : flow[1]], np.float16).copy()
            values[random.randrange(len(values))] = random.choice((np.nan, np.inf, -np.inf, 65504))
            arrays = arrays[: flow[0]] + values.tobytes() + arrays[flow[1] :]
        case 7:
            text = mutated_json(json.dumps(header), random).encode(errors="replace")
            return len(text).to_bytes(8, "little") + text + arrays
        case _:
            name = random.choice(sorted(header))
            header[name] = mutated_value(header[name], random)
    text = json.dumps(header).encode(errors="replace")
    return len(text).to_bytes(8, "little") + text + arrays


KINDS = (
    Kind(_CLIP, _write, _mutate, read_dataset_clips, refused_without("shorter than its header", "JSON")),
)
