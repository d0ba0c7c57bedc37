"""Face detectors on the same clips, by a search of every whole frame and by the tracking of preparation.

Found: share of the frames with a face that have a detection. False: detections in frames without a face, and
more detections than faces. Moves: mean movement of the box's corner from frame to frame, with the movement of
the face itself. Milliseconds: processor time of one thread per frame, without decoding.

    python benchmarks/detectors.py [--every-clip] [--sample 8] [--yunet FILE]
"""

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from common import DATA, REAL_CLIPS, header, movement, print_table, sample_clips
from ferfusion.errors import FerfusionError
from ferfusion.faces.boxes import Box, iou
from ferfusion.faces.detectors import DETECTORS, WITH_MODEL_FILE, FaceDetector, search_everywhere
from ferfusion.faces.model_file import MODEL_VARIABLE, model_sha256
from ferfusion.faces.tracker import FaceTracker
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.video.reader import Frame, read_frames

RECIPE = PrepareRecipe()
FACES_SHOWN: dict[str, Callable[[int], int]] = {  # faces in a frame, for clips without one in all; by eye
    "no_face.mp4": lambda frame: 0,
    "face_noface.mov": lambda frame: int(frame < 72),
    "noface_face.mov": lambda frame: int(96 <= frame < 168),
    "obama_speech.mp4": lambda frame: 2,
}


def faces_shown(clip: str, frame: int) -> int:
    """Return the number of faces in a frame of a clip."""
    return FACES_SHOWN[clip](frame) if clip in FACES_SHOWN else 1


@dataclass
class Counts:
    """Counts of one detector in one way, summed over clips."""

    frames: int = 0
    with_face: int = 0
    found: int = 0
    false: int = 0
    seconds: float = 0.0
    moves_px: list[float] = field(default_factory=list)
    moves_share: list[float] = field(default_factory=list)

    def add(self, clip: str, boxes_by_frame: Sequence[Sequence[Box]], seconds: float) -> None:
        """Count the boxes of a clip."""
        shown = [faces_shown(clip, frame) for frame in range(len(boxes_by_frame))]
        counts = [len(boxes) for boxes in boxes_by_frame]
        self.frames += len(counts)
        self.with_face += sum(number > 0 for number in shown)
        self.found += sum(number > 0 and count > 0 for number, count in zip(shown, counts, strict=True))
        self.false += sum(max(0, count - number) for number, count in zip(shown, counts, strict=True))
        self.seconds += seconds
        followed = same_face(boxes_by_frame)
        if len(followed) > 1:
            self.moves_px.append(movement(followed))
            self.moves_share.append(movement(followed) / np.median([box[2] for box in followed]))

    def row(self) -> list[str]:
        """Return the figures as cells of a table."""
        return [
            f"{100 * self.found / self.with_face:.1f} %" if self.with_face else "-",
            str(self.false),
            f"{1000 * self.seconds / self.frames:.2f}",
            f"{np.mean(self.moves_px):.2f}" if self.moves_px else "-",
            f"{100 * np.mean(self.moves_share):.2f} %" if self.moves_share else "-",
        ]


def same_face(boxes_by_frame: Sequence[Sequence[Box]]) -> list[Box]:
    """Return one face's box in every frame that has it: first the largest, then the nearest to the last."""
    followed: list[Box] = []
    for boxes in boxes_by_frame:
        if boxes and followed:
            nearest = max(boxes, key=lambda box: iou(box, followed[-1]))
            if iou(nearest, followed[-1]) > 0.3:
                followed.append(nearest)
        elif boxes:
            followed.append(max(boxes, key=lambda box: float(box[2])))
    return followed


def every_frame(detector: FaceDetector, frames: Sequence[Frame]) -> list[list[Box]]:
    """Search every whole frame; keep what preparation would keep."""
    least = RECIPE.min_face * min(frames[0].luma.shape)
    return [
        [
            each.box
            for each in search_everywhere(detector, frame.luma, wanted_px=least)
            if each.score >= detector.min_score and each.box[2] >= least
        ]
        for frame in frames
    ]


def followed(detector: FaceDetector, frames: Sequence[Frame]) -> list[list[Box]]:
    """Follow the faces as preparation does."""
    tracker = FaceTracker(detector, min_face=RECIPE.min_face, sigma=RECIPE.smoothing)
    return [[face.box for face in tracked.faces] for tracked in tracker.follow(frames)]


WAYS: dict[str, Callable[[FaceDetector, Sequence[Frame]], list[list[Box]]]] = {
    "every frame": every_frame,
    "followed": followed,
}
CountsOf = dict[tuple[str, str], Counts]


def measure(clip: Path, detectors: dict[str, FaceDetector], *totals: CountsOf) -> None:
    """Run every detector in every way on a clip, in turn, and add to the counts."""
    frames = [frame for frame in read_frames(clip) if not frame.error]
    for frame in frames:
        _ = frame.luma  # decoded before the clock runs
    for name, detector in detectors.items():
        for way, find in WAYS.items():
            start = time.process_time()
            boxes = find(detector, frames)
            seconds = time.process_time() - start
            for total in totals:
                total.setdefault((name, way), Counts()).add(clip.name, boxes, seconds)


def show(title: str, counts: CountsOf) -> None:
    """Print a table of the counts."""
    frames = next(iter(counts.values())).frames
    print(f"\n{title}, {frames} frames")
    print_table(
        ("detector", "way", "found", "false", "ms a frame", "moves, px", "of face"),
        [[name, way, *each.row()] for (name, way), each in counts.items()],
    )


def available(yunet: Path) -> dict[str, FaceDetector]:
    """Make every detector; print which one cannot be made here."""
    made: dict[str, FaceDetector] = {}
    for name in sorted(set(DETECTORS) - {"none"}):
        try:
            with_file = WITH_MODEL_FILE.get(name) if yunet.is_file() else None
            made[name] = with_file(yunet) if with_file else DETECTORS[name]()
        except FerfusionError as error:
            print(f"without {name}: {error}")
    return made


def main() -> None:
    """Run the benchmark and print its tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--every-clip", action="store_true", help="a table for every real clip")
    parser.add_argument("--sample", type=int, default=8, help="how many of the rendered clips to take")
    parser.add_argument("--yunet", type=Path, default=DATA / "models" / "yunet_n_640_640.onnx")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    print(header())
    if options.yunet.is_file():
        print(f"yunet with {options.yunet.name}, SHA-256 {model_sha256(options.yunet)}")
    else:
        print(f"no file {options.yunet}; name one with --yunet or in {MODEL_VARIABLE}")
    detectors = available(options.yunet)
    real: CountsOf = {}
    for clip in sorted(REAL_CLIPS.glob("*.*")):
        own: CountsOf = {}
        measure(clip, detectors, real, own)
        if options.every_clip:
            show(clip.name, own)
    if real:
        show("real clips", real)
    rendered: CountsOf = {}
    clips = sample_clips()
    for clip in clips[:: max(1, len(clips) // max(1, options.sample))][: options.sample]:
        measure(clip, detectors, rendered)
    if rendered:
        show("rendered clips", rendered)


if __name__ == "__main__":
    main()
