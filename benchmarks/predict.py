"""Prediction end to end, against the notebook way: same clips, same cores, alternating; and its memory.

The notebook way: OpenCV's reader, the notebooks' search of every full frame (six Haar cascades in turn, each
loaded from its file at every call, scale factor 1.3, one neighbour, the first box), the face and the
Farneback flow from the previous one at 48 px, and one call of the network per frame; nothing is written. The
network is called with torch: 5 ms a frame on the host of the first measurement, against 90 ms by `predict` of
Keras 3.15. The careful notebook has one cascade, loaded once. Ours is `predict_video` as in
`ferfusion predict`, which writes frames.csv, verdict.json and the page, with torch, with ONNX Runtime, and
with the annotated video too. The weights are random: they do not matter for speed.

With `--start`: the command on one clip from a cold start, and on ten short clips in one call beside one long
one, with the model of the package. With `--memory`: the peak memory on up to an hour of video.

    python benchmarks/predict.py [CLIP ...] [--rounds 5] [--memory] [--start]
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from common import REAL_CLIPS, header, print_table, sample_clips, set_beside_goal
from ferfusion.bundle import Bundle, load_bundle, save_bundle
from ferfusion.exchange.onnx import export_onnx
from ferfusion.inference.predict_video import predict_video
from ferfusion.inference.predictor import TorchPredictor, load_predictor
from ferfusion.label_set import SIX
from ferfusion.models.build import build_model
from ferfusion.models.config import ModelConfig
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.video.reader import read_frames
from ferfusion.video.writer import VideoWriter
from prepare import PixelBox, first_box, first_face, load_cascade, notebook_flow

Way = Callable[[Path, Path], object]
Seconds = dict[tuple[str, Path], list[float]]
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


@dataclass(frozen=True)
class Rate:
    """The frames a second of each round."""

    rounds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.rounds)

    def __str__(self) -> str:
        return f"{self.median:.0f} ({min(self.rounds):.0f} to {max(self.rounds):.0f})"


def measure(ways: Mapping[str, Way], clips: Mapping[Path, int], *, rounds: int, out: Path) -> Seconds:
    """Return the seconds of every way on every clip in every round; the ways alternate."""
    seconds: Seconds = {(name, clip): [] for name in ways for clip in clips}
    for _ in range(rounds):
        for clip in clips:
            for name, way in ways.items():
                start = time.perf_counter()
                way(clip, out / "prediction")
                seconds[name, clip].append(time.perf_counter() - start)
    return seconds


def report_speed(clips: list[Path], *, rounds: int, folder: Path) -> None:
    """Print the frames a second of every way on every clip: the median of the rounds, and their range."""
    bundle = drawn_bundle(folder)
    ways = {
        "notebook way": notebook_way(bundle, first_face),
        "careful notebook": notebook_way(bundle, careful_face),
        "ours, torch": ours(bundle),
        "ours, torch, annotated video": ours(bundle, annotate=True),
        "ours, ONNX Runtime": ours(bundle.with_suffix(".onnx")),
        "ours, ONNX Runtime, annotated video": ours(bundle.with_suffix(".onnx"), annotate=True),
    }
    frames = {clip: sum(1 for _ in read_frames(clip)) for clip in clips}
    seconds = measure(ways, frames, rounds=rounds, out=folder)
    rows = []
    for name, chosen in [*((clip.name, [clip]) for clip in clips), ("all clips", clips)]:
        total = sum(frames[clip] for clip in chosen)
        rates = {
            way: Rate(
                tuple(
                    total / sum(each) for each in zip(*(seconds[way, clip] for clip in chosen), strict=True)
                )
            )
            for way in ways
        }
        rows += _rows(name, rates)
    annotated = rates["ours, torch, annotated video"].median  # of all clips, the last
    set_beside_goal("predict, of the notebook way", annotated / rates["notebook way"].median, goal=13)
    set_beside_goal(
        "predict, of its rate without the video", annotated / rates["ours, torch"].median, goal=0.7
    )
    print_table(("clip", "way", "frames/s", "x notebook way", "x careful notebook"), rows)


def _rows(clip: str, rates: Mapping[str, Rate]) -> list[tuple[str, ...]]:
    return [
        (
            clip,
            name,
            str(rate),
            *(f"{rate.median / rates[other].median:.1f}" for other in ("notebook way", "careful notebook")),
        )
        for name, rate in rates.items()
    ]


def report_start(clips: list[Path], *, rounds: int, folder: Path) -> None:
    """Print the seconds of the command from a cold start: a short clip, ten in one call, and a long clip."""
    short = sorted(clips, key=lambda clip: clip.stat().st_size)[:3]
    long = max(clips, key=lambda clip: clip.stat().st_size)
    ten = []
    for number in range(10):
        ten.append(folder / f"{number}{short[number % len(short)].suffix}")
        ten[-1].symlink_to(short[number % len(short)])
    calls = {"one short clip": short[:1], "ten short clips": ten, "one long clip": [long]}
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, videos in calls.items():
            command = [
                sys.executable,
                "-m",
                "ferfusion",
                "predict",
                *map(str, videos),
                "--out",
                str(folder / "out"),
            ]
            start = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            seconds[name].append(time.perf_counter() - start)
    rows = []
    for name, videos in calls.items():
        number = sum(1 for video in videos for _ in read_frames(video))
        median = statistics.median(seconds[name])
        spread = f"{median:.2f} ({min(seconds[name]):.2f} to {max(seconds[name]):.2f})"
        rows.append((name, number, spread, f"{number / median:.0f}"))
    set_beside_goal(
        "predict, one short clip from a cold start",
        statistics.median(seconds["one short clip"]),
        goal=3,
        unit="s",
        less_is_better=True,
    )
    print_table(("call", "frames", "seconds", "frames/s with the start"), rows)


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
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--start", action="store_true", help="measure the command from a cold start")
    parser.add_argument("--memory", action="store_true", help="measure memory on up to an hour of video")
    options = parser.parse_args()
    real = sorted(clip for clip in REAL_CLIPS.glob("*") if clip.suffix in {".mp4", ".mov", ".flv"})
    clips = options.clips or real or sample_clips()[:1]
    print(f"{header()}, torch {torch.__version__}, {torch.get_num_threads()} threads")
    with tempfile.TemporaryDirectory() as folder:
        if options.start:
            report_start(clips, rounds=options.rounds, folder=Path(folder))
        elif options.memory:
            report_memory(clips[0], folder=Path(folder))
        else:
            report_speed(clips, rounds=options.rounds, folder=Path(folder))


if __name__ == "__main__":
    main()
