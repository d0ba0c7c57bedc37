"""Facial actions and head pose against the truth of rendered faces, and their time.

Actions: the correlation r of each coefficient with the true weight over all frames; r of changes from rest,
after subtracting the first frame of the clip from the truth and the median of the first three from the
estimate; the mean absolute error (MAE), and that of always saying the mean weight. Pose: the error against
the true rotation of the head to the camera, in the clips, and of heads that are turned further. Time:
processor time of preparation per face, with and without actions, in turns.

    ferfusion synthesize CORPUS --subjects 8 --clips 1 --seed 24 --size 256
    python benchmarks/actions.py CORPUS [--turned] [--estimator face-landmarker]
"""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from common import header, print_table, sample_clips
from ferfusion.actions.estimator import ActionEstimator, FaceActions
from ferfusion.actions.estimators import make_estimator
from ferfusion.actions.head_pose import pose_of_rotation
from ferfusion.actions.names import ACTIONS, POSE
from ferfusion.errors import CorpusError
from ferfusion.faces.haar import HaarDetector
from ferfusion.faces.tracker import FaceTracker
from ferfusion.faces.tracks import TrackedFrame
from ferfusion.files import read_json
from ferfusion.preparation.frame_preparer import FramePreparer
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.synthesis.camera import Camera, rotation_degrees
from ferfusion.synthesis.casting import draw_subject
from ferfusion.synthesis.corpus import Take, perform, portrait_of, takes
from ferfusion.synthesis.head import load_head
from ferfusion.synthesis.performance import Performance
from ferfusion.synthesis.recipe import SynthesisRecipe
from ferfusion.synthesis.renderer import render_frames
from ferfusion.synthesis.timing import Timing
from ferfusion.video.footage import frames_in_memory
from ferfusion.video.reader import Frame, read_frames

ROUNDS = 5
TURNS = (
    *((yaw, 0, 0) for yaw in (-40, -20, 20, 40)),
    *((0, pitch, 0) for pitch in (-25, -12, 12, 25)),
    *((0, 0, roll) for roll in (-30, -15, 15, 30)),
)
"""Yaw, pitch and roll of the turned heads, in degrees."""


def tracked(frames: Iterator[Frame]) -> Iterator[TrackedFrame]:
    """Yield frames with their faces."""
    return FaceTracker(HaarDetector(), min_face=0.1, sigma=3.0).follow(frames)


def true_pose(turn: NDArray[np.floating], yaw_degrees: float, pitch_degrees: float) -> NDArray[np.float32]:
    """Return the pose of a head to a camera that stands at an angle to it."""
    camera = Camera((0, 0, 0), yaw_degrees, pitch_degrees, 1.0, 1.0, (0, 0))
    return pose_of_rotation(camera.rotation @ rotation_degrees(*turn))


def recipe_of(root: Path) -> SynthesisRecipe:
    """Return the recipe of a rendered corpus."""
    return SynthesisRecipe.from_dict(read_json(root / "corpus.json", error=CorpusError)["recipe"])


def read_frames_of(root: Path, take: Take) -> Iterator[Frame]:
    """Yield the frames of a clip of a rendered corpus."""
    return read_frames(root / take.path)


def read_corpus(root: Path, estimator: ActionEstimator) -> pd.DataFrame:
    """Return a row per frame: clip, true and estimated actions and pose."""
    recipe = recipe_of(root)
    rows = []
    for take in takes(recipe):
        performance = perform(take, recipe)
        scene = draw_subject(take.subject, seed=recipe.seed).scene
        frames = estimator.follow(tracked(read_frames_of(root, take)))
        for frame, ((_, faces), weights, turn) in enumerate(
            zip(frames, performance.weights, performance.turn_degrees, strict=True)
        ):
            pose = true_pose(turn, scene.yaw_degrees, scene.pitch_degrees)
            found = _row(faces)
            rows.append((take.path.stem, take.subject_name, frame, *weights, *pose, *found))
    names = [*ACTIONS, *POSE]
    columns = ["clip", "subject", "frame", *(f"true {n}" for n in names), *names]
    return pd.DataFrame(rows, columns=columns)


def _row(faces: tuple[FaceActions | None, ...]) -> NDArray[np.float32]:
    return faces[0].row if faces and faces[0] is not None else np.full(55, np.nan, np.float32)


def print_actions(table: pd.DataFrame, given: tuple[str, ...]) -> None:
    """Print a line for each action that the rendered faces show."""
    clips = table.groupby("clip")
    rows = []
    for name in given:
        true, found = table[f"true {name}"], table[name]
        if true.std() < 0.01:
            continue
        true_rest = clips[f"true {name}"].transform("first")
        rest = clips[name].transform(lambda column: column.iloc[:3].median())
        rows.append(
            (
                name,
                f"{true.corr(found):.2f}",
                f"{(true - true_rest).corr(found - rest):.2f}",
                f"{(true - found).abs().mean():.3f}",
                f"{(true - true.mean()).abs().mean():.3f}",
                f"{true.max():.2f}",
                f"{found.max():.2f}",
            )
        )
    print_table(("action", "r", "r of changes", "MAE", "MAE of the mean", "largest weight", "estimate"), rows)
    print(f"frames {len(table)}, without actions {int(table[given[0]].isna().sum())}\n")


def print_pose(table: pd.DataFrame, what: str) -> None:
    """Print the error of each angle."""
    rows = []
    for name in POSE:
        true, error = table[f"true {name}"], table[name] - table[f"true {name}"]
        of_person = error.groupby(table["subject"]).transform("mean")
        rows.append(
            (
                name,
                f"{true.min():.0f} to {true.max():.0f}",
                f"{true.corr(table[name]):.3f}",
                f"{error.abs().mean():.1f}",
                f"{error.mean():+.1f}",
                f"{(error - of_person).abs().mean():.1f}",
                f"{np.polyfit(true, table[name], 1)[0]:.2f}",
            )
        )
    print(what)
    head = ("angle", "true degrees", "r", "MAE", "bias", "MAE within a person", "slope")
    print_table(head, rows)
    print()


def turned_heads(recipe: SynthesisRecipe, estimator: ActionEstimator) -> pd.DataFrame:
    """Return the true and the estimated pose of rendered heads that are turned."""
    head, turns = load_head(), np.array(TURNS, float)
    still = np.zeros((len(turns), len(ACTIONS)))
    performance = Performance(np.zeros(len(turns)), still, turns, 0.0, Timing(0, 0, 0, 0))
    rows = []
    for subject in range(recipe.subjects):
        portrait = portrait_of(subject, recipe, head)
        vertices = portrait.vertices(performance)
        for image, turn in zip(render_frames(portrait, performance, vertices), turns, strict=True):
            frames = frames_in_memory(np.stack([image] * 3), fps=25, name="turned").read()
            *_, (_, faces) = estimator.follow(tracked(frames))
            pose = true_pose(turn, portrait.camera.yaw_degrees, portrait.camera.pitch_degrees)
            rows.append((f"s{subject + 1:02d}", *pose, *_row(faces)[-3:]))
    return pd.DataFrame(rows, columns=["subject", *(f"true {n}" for n in POSE), *POSE])


def print_time(estimator: str) -> None:
    """Print the processor time per face of preparation with and without actions, in turns."""
    clips = sample_clips()[:4]
    kinds = {
        actions: FramePreparer(PrepareRecipe(), actions=estimator if actions else "")
        for actions in (False, True)
    }
    milliseconds: dict[bool, list[float]] = {False: [], True: []}
    for _ in range(ROUNDS):
        for actions, preparer in kinds.items():
            start, faces = time.process_time(), 0
            for clip in clips:
                faces += sum(len(frame.faces) for frame in preparer.prepare(read_frames(clip)))
            milliseconds[actions].append(1000 * (time.process_time() - start) / faces)
    without, with_actions = (np.array(milliseconds[kind]) for kind in (False, True))
    more = with_actions - without
    print(
        f"Processor time per face: {np.median(without):.1f} ms without actions, "
        f"{np.median(with_actions):.1f} ms with; actions take {np.median(more):.1f} ms "
        f"({ROUNDS} rounds in turns: {', '.join(f'{one:.1f}' for one in more)})"
    )


def main() -> None:
    """Measure everything."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", type=Path, help="a corpus that ferfusion synthesize has written")
    parser.add_argument("--turned", action="store_true", help="also render turned heads")
    parser.add_argument("--estimator", default="small", help="one of ACTION_ESTIMATORS")
    arguments = parser.parse_args()
    print(header(), "\n")
    estimator = make_estimator(arguments.estimator)
    table = read_corpus(arguments.corpus, estimator)
    print_actions(table, estimator.gives)
    print_pose(table.dropna(subset=list(POSE)), f"Pose in the clips, {len(table)} frames")
    if arguments.turned:
        turned = turned_heads(recipe_of(arguments.corpus), estimator)
        found = turned.dropna()
        print_pose(found, f"Pose of turned heads, {len(found)} of {len(turned)} read")
    print_time(arguments.estimator)


if __name__ == "__main__":
    main()
