"""Preparation against the notebook way and against decoding alone: same clip, same cores, alternating.

The notebook way is that of the report's public data preparation notebook: OpenCV's reader; six Haar cascades
in turn on every full frame, each loaded from its file at every call (scale factor 1.3, one neighbour, the
first box, boxes under 90 px dropped); Farneback between grey crops at the first face's size; two PNG files a
frame at that size. Ours is `prepare_video` as in `ferfusion prepare`, with and without the PNG files of the
kept pairs.

    python benchmarks/prepare.py [CLIP ...] [--workers 2] [--rounds 3]
"""

import argparse
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import chain, islice, pairwise, repeat
from operator import itemgetter
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from common import REAL_CLIPS, header, movement, sample_clips, set_beside_goal
from ferfusion.corpora.entries import VideoEntry
from ferfusion.faces.boxes import grow_to_square, iou
from ferfusion.faces.detectors import Detection, search_everywhere
from ferfusion.faces.haar import HaarDetector
from ferfusion.flow.estimators import farneback
from ferfusion.preparation.crop import cut_plane
from ferfusion.preparation.frame_preparer import FramePreparer, PreparedFace
from ferfusion.preparation.labelled_video import PrepareJob, prepare_video
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.video.reader import Frame, read_frames
from ferfusion.video.writer import VideoWriter

PixelBox = tuple[int, int, int, int]
SAME_FACE = 0.3
"""Overlap of two boxes of the same face."""
SIZES = ((640, 480), (720, 576))
CASCADES = tuple(
    f"haarcascade_frontal{name}.xml"
    for name in ("face_default", "face_alt2", "catface_extended", "catface", "face_alt_tree", "face_alt")
)


def notebook_way(job: PrepareJob) -> int:
    """Prepare a video as the notebook does; return the number of frames."""
    out = job.dataset / "notebook" / job.entry.video_id
    out.mkdir(parents=True, exist_ok=True)
    reader = cv2.VideoCapture(str(job.entry.path))
    size: tuple[int, int] | None = None
    before: NDArray[np.uint8] | None = None
    count = 0
    while True:
        more, image = reader.read()
        if not more:
            return count
        count += 1
        grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
        x, y, w, h = first_face(np.asarray(grey, np.uint8))
        if w < 90:
            before = None
            continue
        size = size or (w, h)
        crop = cv2.resize(image[y : y + h, x : x + w], size)
        crop_grey = np.asarray(cv2.resize(grey[y : y + h, x : x + w], size), np.uint8)
        if before is not None:
            cv2.imwrite(str(out / f"flow_{count}.png"), drawn_flow(notebook_flow(before, crop_grey)))
            cv2.imwrite(str(out / f"face_{count}.png"), crop)
        before = crop_grey


def notebook_flow(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return Farneback's flow (H, W, 2) with the notebook's settings."""
    flow = cv2.calcOpticalFlowFarneback(first, second, None, 0.5, 3, 15, 3, 5, 1.2, 0)  # type: ignore[call-overload]
    return np.asarray(flow, np.float32)


def load_cascade(name: str) -> cv2.CascadeClassifier:
    """Load a cascade from OpenCV's file."""
    return cv2.CascadeClassifier(cv2.data.haarcascades + name)  # type: ignore[attr-defined]


def first_box(boxes: Sequence[Sequence[int]]) -> PixelBox:
    """Return the first of the boxes; a box of size 0 without any."""
    if not len(boxes):
        return 0, 0, 0, 0
    x, y, w, h = boxes[0]
    return x, y, w, h


def first_face(grey: NDArray[np.uint8]) -> PixelBox:
    """Return the first box of the first cascade with a detection; a box of size 0 without any."""
    for name in CASCADES:
        found = first_box(load_cascade(name).detectMultiScale(grey, 1.3, 1))
        if found[2]:
            return found
    return 0, 0, 0, 0


def drawn_flow(flow_hwc: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return the flow as colours: hue is direction, value is magnitude stretched to its range."""
    magnitude, angle = cv2.cartToPolar(flow_hwc[..., 0], flow_hwc[..., 1])
    hsv = np.full((*magnitude.shape, 3), 255, np.uint8)
    hsv[..., 0] = angle * 90 / np.pi
    hsv[..., 2] = cv2.normalize(magnitude, None, 0, 255, cv2.NORM_MINMAX)  # type: ignore[call-overload]
    return np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR), np.uint8)


def decode_only(job: PrepareJob) -> int:
    """Decode every frame to its planes and do nothing with them."""
    return sum(frame.luma[0, 0] >= 0 for frame in read_frames(job.entry.path))


def ours(job: PrepareJob) -> int:
    """Prepare a video as `ferfusion prepare --no-images` does."""
    prepare_video(job)
    return 0


def ours_with_images(job: PrepareJob) -> int:
    """Prepare a video as `ferfusion prepare` does by default."""
    prepare_video(replace(job, images=True))
    return 0


WAYS: dict[str, tuple[Callable[[PrepareJob], int], int]] = {
    "notebook way": (notebook_way, 1),
    "ours": (ours, 12),
    "ours, with PNGs": (ours_with_images, 6),
    "decoding alone": (decode_only, 24),
}
"""The measured ways, and the copies of the clip for each worker: more for a fast way, for equal times."""


def default_clips() -> list[Path]:
    """Return two real clips where the data folder is there, else one of the rendered sample."""
    real = [REAL_CLIPS / name for name in ("cap13_edit2.mp4", "WolfgangLanger_Pexels.mp4")]
    return [clip for clip in real if clip.is_file()] or sample_clips()[:1]


def resized_copy(clip: Path, folder: Path, size: tuple[int, int], seconds: float) -> Path:
    """Write the clip at another size, repeated or cut to ``seconds``."""
    target = folder / f"{size[0]}x{size[1]}.mp4"
    frames = chain.from_iterable(map(read_frames, repeat(clip)))
    with VideoWriter(target, width=size[0], height=size[1], rate=25, crf=20) as writer:
        for frame in islice(frames, round(seconds * 25)):
            writer.write(np.asarray(cv2.resize(frame.rgb(), size, interpolation=cv2.INTER_CUBIC), np.uint8))
    return target


def warm_up(_: int) -> int:
    """Load everything that a worker needs before the measurement."""
    cv2.setNumThreads(1)
    HaarDetector()
    FramePreparer(PrepareRecipe())
    time.sleep(0.2)
    return 0


def peak_mib() -> float:
    """Return the largest memory that this or a finished child process has held, in MiB."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(each).ru_maxrss for each in who) / 1024


def worker_peak(_: int) -> float:
    """Return the peak memory of the worker that runs this, in MiB."""
    time.sleep(0.1)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(clip: Path, *, workers: int, rounds: int) -> dict[str, NDArray[np.float64]]:
    """Return frames a second of every way in every round."""
    frames = sum(1 for _ in read_frames(clip))
    rates: dict[str, list[float]] = {name: [] for name in WAYS}
    context = multiprocessing.get_context("spawn")
    for _ in range(rounds):
        for name, (way, copies) in WAYS.items():
            with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(workers, context) as pool:
                list(pool.map(warm_up, range(workers * 2)))
                jobs = [
                    PrepareJob(
                        VideoEntry(clip, f"v{k}", "s", "Anger"), Path(folder), PrepareRecipe(), images=False
                    )
                    for k in range(workers * copies)
                ]
                start = time.perf_counter()
                list(pool.map(way, jobs))
                rates[name].append(frames * len(jobs) / (time.perf_counter() - start))
                peak = max(pool.map(worker_peak, range(workers)))
            print(f"    {name:16} {rates[name][-1]:8.1f} frames/s   worker peak {peak:4.0f} MiB", flush=True)
    return {name: np.array(values) for name, values in rates.items()}


def agreement(clip: Path) -> str:
    """Compare our boxes and flows with a search of every whole frame."""
    detector, recipe = HaarDetector(), PrepareRecipe()
    ours = FramePreparer(recipe, every_face=False).prepare(read_frames(clip))
    overlaps, differences, lengths = [], [], []
    searched, tracked = [], []
    ends: Iterable[Frame | None] = [None]
    frames = pairwise(chain(read_frames(clip), ends))
    for (frame, after), prepared in zip(frames, ours, strict=True):
        assert frame is not None  # only the last is None
        least = recipe.min_face * min(frame.luma.shape)
        found = max(search_everywhere(detector, frame.luma, wanted_px=least), key=face_width, default=None)
        tracked += [face.box for face in prepared.faces[:1]]
        if found is None:
            continue
        searched.append(found.box)
        candidates: list[tuple[float, PreparedFace | None]] = [
            (iou(found.box, each.box), each) for each in prepared.faces
        ]
        overlap, face = max(candidates, key=itemgetter(0), default=(0.0, None))
        overlaps.append(overlap)
        if face and after and overlap >= SAME_FACE and face.flow is not None:
            box = grow_to_square(found.box, margin=recipe.margin)
            flow = farneback(*(cut_plane(each.luma, box, size=recipe.size) for each in (frame, after)))
            differences.append(np.linalg.norm(face.flow - flow, axis=0).mean())
            lengths.append(np.linalg.norm(flow, axis=0).mean())
    lost = sum(overlap < SAME_FACE for overlap in overlaps)
    return (
        "against a search of every frame: mean IoU of the boxes "
        f"{np.mean([each for each in overlaps if each >= SAME_FACE]):.3f}, lost {lost} of {len(overlaps)}; "
        f"flow differs by {np.mean(differences):.3f} px where it is {np.mean(lengths):.3f} px long; the box "
        f"moves {movement(searched):.2f} px a frame in the search, {movement(tracked):.2f} px in ours"
    )


def face_width(found: Detection) -> float:
    """Return the width of a detection, in pixels."""
    return float(found.box[2])


def report(clip: Path, *, workers: int, rounds: int) -> None:
    """Measure one clip at one size and print its figures."""
    rates = measure(clip, workers=workers, rounds=rounds)
    print("  medians over the rounds, of the rate and of its ratio to the same round's:")
    for name, rate in rates.items():
        print(
            f"    {name:16} {np.median(rate):8.1f} frames/s"
            f"   {np.median(rate / rates['notebook way']):6.1f} x notebook way"
            f"   {np.median(rate / rates['decoding alone']):5.2f} of decoding"
        )
    for name, other, goal in (("ours", "decoding alone", 0.5), ("ours, with PNGs", "notebook way", 25)):
        ratio = float(np.median(rates[name] / rates[other]))
        what = name.replace("ours", "prepare")
        set_beside_goal(f"{what}, of {other}, {clip.name}", ratio, goal=goal)
    print(f"  {agreement(clip)}")


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", type=Path, nargs="*", default=default_clips())
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args()
    print(header())
    with tempfile.TemporaryDirectory() as folder:
        for clip in options.clips:
            for size in SIZES:
                print(f"\n{clip.name} at {size[0]}x{size[1]}, {options.workers} workers")
                copy = resized_copy(clip, Path(folder), size, options.seconds)
                report(copy, workers=options.workers, rounds=options.rounds)
    print(f"peak memory of this process {peak_mib():.0f} MiB")


if __name__ == "__main__":
    main()
