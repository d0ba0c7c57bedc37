"""Optical flow estimators, at several sizes, against the true motion of rendered faces; and real magnitudes.

The images are the crops of preparation: faces tracked in the compressed videos, with one box for both frames.
The true flow is cut with the same box, averaged over areas, in pixels of the crop. Error: mean end-point
error inside the face. Where it moves: the same where the truth is above 0.3 px, as a share of the motion
there. Milliseconds: processor time of one thread for a pair, with the cutting and reducing of the size.
Removed: end-point error of zero flow minus that of the estimate, per millisecond.

    ferfusion synthesize CORPUS --subjects 4 --clips 1 --true-flow
    python benchmarks/flow.py [CORPUS ...] [--every 2] [--sizes 48 64 96 128]

Without a corpus a small one is rendered first, which takes some minutes and needs the extra "synth".
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

from common import REAL_CLIPS, header, print_table, sample_clips
from ferfusion.errors import MissingExtraError
from ferfusion.faces.boxes import Box
from ferfusion.flow.estimators import FLOW_ESTIMATORS, FlowEstimator, reduce_flow
from ferfusion.preparation.crop import cut_plane, whole_pixels
from ferfusion.preparation.frame_preparer import FramePreparer, PreparedFace
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.synthesis.corpus import takes, write_corpus
from ferfusion.synthesis.recipe import SynthesisRecipe
from ferfusion.video.reader import Frame, read_frames

SIZE = PrepareRecipe().size
MOVES_PX = 0.3
LIMITS_PX = (1, 2, 3, 4)
PERCENTILES = (50, 90, 99, 99.5, 99.9, 99.99)


@dataclass(frozen=True)
class TruePair:
    """A face in two frames, and its true motion from one to the other.

    ``flow`` (2, S, S) is in crop pixels; ``on_face`` (S, S) is the mask where it is known.
    """

    first: Frame
    second: Frame
    box: Box
    flow: NDArray[np.float32]
    on_face: NDArray[np.bool_]


def cut_float(plane: NDArray[np.float32], box: Box) -> NDArray[np.float32]:
    """Return means (S, S) over the areas of a box, rounded to whole pixels and cut as ``cut_plane`` does."""
    x, y, width, height = whole_pixels(box)
    margin = 2 * max(plane.shape)
    inside = np.pad(plane, margin, mode="edge")[
        y + margin : y + margin + height, x + margin : x + margin + width
    ]
    method = cv2.INTER_AREA if min(inside.shape) > SIZE else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(inside, (SIZE, SIZE), interpolation=method), np.float32)


def true_clips(corpus: Path, *, every: int) -> Iterator[list[TruePair]]:
    """Yield every k-th pair of each clip of a corpus rendered with its true flow."""
    preparer = FramePreparer(PrepareRecipe())
    for truth in sorted((corpus / "truth" / "flow").rglob("*.safetensors")):
        [video] = corpus.glob(f"*/*/{truth.stem}.mp4")
        frames = list(read_frames(video))
        stored = load_file(truth)
        faces = {each.index: each.faces[0] for each in preparer.prepare(iter(frames)) if each.faces}
        yield [
            true_pair(frames[k], frames[k + 1], faces[k], stored["flow"][k], stored["face_mask"][k])
            for k in range(0, len(frames) - 1, every)
            if k in faces
        ]


def true_pair(
    first: Frame,
    second: Frame,
    face: PreparedFace,
    flow_px: NDArray[np.float16],
    mask: NDArray[np.bool_],
) -> TruePair:
    """Bring the true flow (2, H, W) of two frames, in pixels of the video, into a face's crop."""
    luma = cut_float(first.luma.astype(np.float32), face.box)
    if not np.allclose(luma, face.luma, atol=1.01):
        raise AssertionError(f"frame {first.index}: the truth is not cut like the image")
    on_face = mask.astype(np.float32)
    share = cut_float(on_face, face.box)
    means = [cut_float(plane * on_face, face.box) for plane in flow_px.astype(np.float32)]
    flow = np.stack(means) / np.maximum(share, 1e-6) * (SIZE / round(face.box[2]))
    return TruePair(first, second, face.box, flow.astype(np.float32), share > 0.5)


@dataclass
class Score:
    """Errors and times of one estimator at one size."""

    errors: list[NDArray[np.float32]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def add(self, estimate: FlowEstimator, size: int, pair: TruePair, first: NDArray[np.uint8]) -> None:
        """Estimate a pair's flow as preparation does; ``first`` is the crop that preparation has already."""
        start = time.process_time()
        if size != SIZE:
            first = cut_plane(pair.first.luma, pair.box, size=size)
        second = cut_plane(pair.second.luma, pair.box, size=size)
        flow = reduce_flow(estimate(first, second), size=SIZE)
        self.seconds.append(time.process_time() - start)
        self.errors.append(np.hypot(*(flow - pair.flow))[pair.on_face])

    def row(self, motion: NDArray[np.float32]) -> list[str]:
        """Return the figures as cells of a table; ``motion`` is the true magnitude, flat."""
        errors = np.concatenate(self.errors)
        milliseconds = 1000 * float(np.median(self.seconds))
        moves = motion > MOVES_PX
        return [
            f"{errors.mean():.4f}",
            f"{errors.mean() / motion.mean():.2f}",
            f"{np.quantile(errors, 0.95):.3f}",
            f"{errors[moves].mean() / motion[moves].mean():.2f}",
            f"{milliseconds:.2f}",
            f"{(motion.mean() - errors.mean()) / milliseconds:.3f}",
        ]


def judge(corpus: Path, *, every: int, sizes: list[int]) -> None:
    """Print the error of every estimator at every size."""
    scores = {(name, size): Score() for name in FLOW_ESTIMATORS for size in sizes}
    motions, widths = [], []
    for pairs in true_clips(corpus, every=every):
        motions += [np.hypot(*pair.flow)[pair.on_face] for pair in pairs]
        widths += [pair.box[2] for pair in pairs]
        crops = [cut_plane(pair.first.luma, pair.box, size=SIZE) for pair in pairs]
        for (name, size), score in scores.items():
            for pair, crop in zip(pairs, crops, strict=True):
                score.add(FLOW_ESTIMATORS[name], size, pair, crop)
    motion = np.concatenate(motions)
    print(
        f"\n{len(motions)} pairs, faces {np.mean(widths):.0f} px wide; "
        f"true motion, px of the {SIZE} px crop: "
        f"mean {motion.mean():.4f}, the error of zero flow; "
        + ", ".join(f"{p} % below {np.percentile(motion, p):.2f}" for p in PERCENTILES)
    )
    print_table(
        ("estimator", "size", "error, px", "of motion", "95 % below", "where it moves", "ms", "removed a ms"),
        [[name, size, *score.row(motion)] for (name, size), score in scores.items()],
    )


def magnitudes(clips: list[Path], *, estimator: str) -> list[str]:
    """Return the distribution of the magnitudes, in pixels, of all flow that preparation stores."""
    preparer = FramePreparer(PrepareRecipe(flow=estimator))
    flows = [
        np.hypot(*face.flow.astype(np.float32)).ravel()
        for clip in clips
        for frame in preparer.prepare(read_frames(clip))
        for face in frame.faces
        if face.flow is not None
    ]
    values = np.concatenate(flows)
    below = [f"{np.percentile(values, p):.2f}" for p in PERCENTILES]
    above = [f"{100 * (values > limit).mean():.2f} %" for limit in LIMITS_PX]
    return [str(len(flows)), *below, f"{values.max():.1f}", *above]


def show_magnitudes() -> None:
    """Print the magnitudes of the stored flow of real and rendered clips."""
    sets = {"real": sorted(REAL_CLIPS.glob("*.*")), "rendered": sample_clips()[::12]}
    print(f"\nmagnitude of the stored flow, px of the {SIZE} px crop; the shares, in %, that are below it")
    print_table(
        (
            "clips",
            "estimator",
            "pairs",
            *map(str, PERCENTILES),
            "largest",
            *(f"> {px} px" for px in LIMITS_PX),
        ),
        [
            [name, estimator, *magnitudes(clips, estimator=estimator)]
            for name, clips in sets.items()
            if clips
            for estimator in FLOW_ESTIMATORS
            if estimator != "tvl1"
        ],
    )


def main() -> None:
    """Run the benchmark and print its tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpora", type=Path, nargs="*", metavar="CORPUS")
    parser.add_argument("--every", type=int, default=2)
    parser.add_argument("--sizes", type=int, nargs="+", default=[48, 64, 96, 128])
    options = parser.parse_args()
    cv2.setNumThreads(1)
    print(header())
    show_magnitudes()
    with tempfile.TemporaryDirectory() as folder:
        corpora = options.corpora or rendered(Path(folder) / "corpus")
        for corpus in corpora:
            judge(corpus, every=options.every, sizes=options.sizes)


def rendered(corpus: Path) -> list[Path]:
    """Render a small corpus with its true flow; none where that is not possible."""
    recipe = SynthesisRecipe(subjects=2, clips=1, size=256)
    print(f"\nrendering {len(takes(recipe))} clips", flush=True)
    try:
        for _ in write_corpus(corpus, recipe, with_flow=True):
            pass
    except MissingExtraError as error:
        print(error)
        return []
    return [corpus]


if __name__ == "__main__":
    main()
