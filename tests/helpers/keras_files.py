"""The files that make_keras_files.py had a real Keras write, with Keras' probabilities."""

import gzip
from pathlib import Path

import numpy as np
import torch

FOLDER = Path(__file__).parents[1] / "data" / "keras"
NAMES = tuple(sorted(path.name.removesuffix(".gz") for path in FOLDER.glob("*.gz")))


def unpack(name, folder):
    """Write a file as Keras wrote it into ``folder``; return its path."""
    path = folder / name
    path.write_bytes(gzip.decompress((FOLDER / f"{name}.gz").read_bytes()))
    return path


def model_inputs_of(name):
    """The face and flow images that Keras' model of a file was called with, (B, 3, 48, 48) in [0, 1]."""
    with np.load(FOLDER / f"{name[:6]}.npz") as known:
        return tuple(
            torch.from_numpy(known[kind]).permute(0, 3, 1, 2).float() / 255 for kind in ("spatial", "flow")
        )


def keras_probabilities(name):
    """Keras' probabilities (B, 6), outputs in the order of the file."""
    with np.load(FOLDER / f"{name[:6]}.npz") as known:
        return torch.from_numpy(known[name])
