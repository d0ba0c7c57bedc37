"""Prediction end to end, against the notebook way: same clips, same cores, alternating; and its memory.

The notebook way: OpenCV's reader, the notebooks' search of every full frame (six Haar cascades in turn, each
loaded from its file at every call, scale factor 1.3, one neighbour, the first box), the face and the
Farneback flow from the previous one at 48 px, and one call of the network per frame; nothing is written. The
network is called with torch: 5 ms a frame on the host of the first measurement, against 90 ms by `predict` of
Keras 3.15. The careful notebook has one cascade, loaded once. Ours is `predict_video` as in
`ferfusion predict`, which writes frames.csv, verdict.json and the page, with torch, with ONNX Runtime, and
with the annotated video too. The weights are random: they do not matter for speed.

    python benchmarks/predict.py [CLIP ...] [--rounds 3] [--memory]
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from common import REAL_CLIPS, header, print_table, sample_clips
from ferfusion.bundle import Bundle, load_bundle, save_bundle
from ferfusion.exchange.onnx import export_onnx
from ferfusion.inference.predict_video import predict_video
from ferfusion.inference.predictor import TorchPredictor, load_predictor
from ferfusion.labels import SIX
from ferfusion.models.build import build_model
from ferfusion.models.config import ModelConfig
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.video.reader import read_frames
from ferfusion.video.writer import VideoWriter
from prepare import PixelBox, first_box, first_face, load_cascade, notebook_flow

Way = Callable[[Path, Path], object]
SIDE = 48
PEAK = """
import resource, sys
from pathlib import Path
from ferfusion.inference.predictor import load_predictor
from ferfusion.inference.predict_video import predict_video
video, bundle, out = map(Path, sys.argv[1:])
predict_video(video, load_predictor(bundle), out, annotate=False)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def careful_face(grey: NDArray[np.uint8]) -> PixelBox:
    """Return the first box of the default cascade, loaded once; a box of size 0 without a detection."""
    return first_box(_default_cascade().detectMultiScale(grey, 1.3, 5))


@lru_cache(maxsize=1)
def _default_cascade() -> cv2.CascadeClassifier:
    return load_cascade("haarcascade_frontalface_default.xml")


def notebook_way(bundle: Path, find: Callable[[NDArray[np.uint8]], PixelBox]) -> Way:
    """Return a function that predicts a video like the notebooks."""
    predictor = TorchPredictor(load_bundle(bundle))

    def run(clip: Path, out: Path) -> None:
        reader = cv2.VideoCapture(str(clip))
        before: NDArray[np.uint8] | None = None
        while True:
            more, image = reader.read()
            if not more:
                return
            grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)
            x, y, w, h = find(grey)
            if not w:
                before = None
                continue
            crop = np.asarray(cv2.resize(image[y : y + h, x : x + w], (SIDE, SIDE)), np.uint8)
            now = np.asarray(cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY), np.uint8)
            if before is not None:
                flow = notebook_flow(before, now)
                predictor.predict(crop[None, ..., ::-1].copy(), np.moveaxis(flow, 2, 0)[None])
            before = now

    return run


def ours(bundle: Path, *, annotate: bool = False) -> Way:
    """Return a function that predicts a video like the command."""
    predictor = load_predictor(bundle)
    return lambda clip, out: predict_video(clip, predictor, out, annotate=annotate)


def drawn_bundle(folder: Path) -> Path:
    """Write a bundle of the listing network with random weights; return its path."""
    config = ModelConfig()
    bundle = Bundle(build_model(config, 6).state_dict(), config, SIX, PrepareRecipe(), {}, {}, "none")
    save_bundle(folder / "bundle.safetensors", bundle)
    export_onnx(bundle, folder / "bundle.onnx")
    return folder / "bundle.safetensors"


def measure(ways: dict[str, Way], clip: Path, *, frames: int, rounds: int, out: Path) -> dict[str, float]:
    """Return the median frames a second of every way."""
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            start = time.perf_counter()
            way(clip, out / "prediction")
            rates[name].append(frames / (time.perf_counter() - start))
    return {name: statistics.median(values) for name, values in rates.items()}


def report_speed(clips: list[Path], *, rounds: int, folder: Path) -> None:
    """Print the frames a second of every way on every clip."""
    bundle = drawn_bundle(folder)
    ways = {
        "notebook way": notebook_way(bundle, first_face),
        "careful notebook": notebook_way(bundle, careful_face),
        "ours, torch": ours(bundle),
        "ours, ONNX Runtime": ours(bundle.with_suffix(".onnx")),
        "ours, with annotated video": ours(bundle.with_suffix(".onnx"), annotate=True),
    }
    rows, seconds = [], dict.fromkeys(ways, 0.0)
    frames = {clip: sum(1 for _ in read_frames(clip)) for clip in clips}
    for clip in clips:
        rates = measure(ways, clip, frames=frames[clip], rounds=rounds, out=folder)
        rows += _rows(clip.name, rates)
        for name, rate in rates.items():
            seconds[name] += frames[clip] / rate
    total = sum(frames.values())
    rows += _rows("all clips", {name: total / each for name, each in seconds.items()})
    print_table(("clip", "way", "frames/s", "x notebook way", "x careful notebook"), rows)


def _rows(clip: str, rates: dict[str, float]) -> list[tuple[str, ...]]:
    return [
        (
            clip,
            name,
            f"{rate:.0f}",
            *(f"{rate / rates[other]:.1f}" for other in ("notebook way", "careful notebook")),
        )
        for name, rate in rates.items()
    ]


def report_memory(clip: Path, *, folder: Path) -> None:
    """Print the peak memory of a prediction of 1, 10 and 60 minutes, each in a process of its own."""
    bundle, rows = drawn_bundle(folder), []
    for minutes in (1, 10, 60):
        video = looped(clip, folder / f"{minutes}.mp4", frames=minutes * 60 * 25)
        command = [sys.executable, "-c", PEAK, str(video), str(bundle), str(folder / "out")]
        peak = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        rows.append((minutes, minutes * 60 * 25, f"{peak:.0f}"))
        video.unlink()
    print_table(("minutes", "frames", "peak MiB"), rows)


def looped(clip: Path, target: Path, *, frames: int) -> Path:
    """Repeat the clip at 320 x 240 until it has so many frames; return the video's path."""
    images = [cv2.resize(frame.rgb(), (320, 240)) for frame in read_frames(clip, end_seconds=8)]
    with VideoWriter(target, width=320, height=240, rate=25, crf=28) as writer:
        for number in range(frames):
            writer.write(np.asarray(images[number % len(images)], np.uint8))
    return target


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", type=Path, nargs="*")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory", action="store_true", help="measure memory on up to an hour of video")
    options = parser.parse_args()
    real = sorted(clip for clip in REAL_CLIPS.glob("*") if clip.suffix in {".mp4", ".mov", ".flv"})
    clips = options.clips or real or sample_clips()[:1]
    print(f"{header()}, torch {torch.__version__}, {torch.get_num_threads()} threads")
    with tempfile.TemporaryDirectory() as folder:
        if options.memory:
            report_memory(clips[0], folder=Path(folder))
        else:
            report_speed(clips, rounds=options.rounds, folder=Path(folder))


if __name__ == "__main__":
    main()
