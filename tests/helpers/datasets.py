"""A prepared dataset folder by the contract, without a video: every class has its place and its motion."""

from pathlib import Path

import numpy as np
import pandas as pd
from safetensors.numpy import save_file

from ferfusion.actions.names import ACTIONS
from ferfusion.label_set import SIX, LabelSet
from ferfusion.preparation import dataset
from ferfusion.preparation.dataset import open_dataset
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.splits.recipe import SplitRecipe
from ferfusion.splits.split import split_dataset
from ferfusion.tables import write_table

FRAMES = 5


def write_dataset(
    root: Path,
    *,
    subjects: int = 6,
    videos_per_class: int = 1,
    frames: int = FRAMES,
    labels: LabelSet = SIX,
    recipe: PrepareRecipe | None = None,
    actions: str = "",
    seed: int = 0,
) -> Path:
    """Write ``dataset.json``, ``data.csv``, ``clips/`` and a subject-disjoint split; return ``root``.

    A clip shows a bright square at its class's height, and what is at that height moves downwards: both
    streams can learn, both hold for unseen subjects, and a mirror image is of the same class. With an
    estimator of ``actions``, two actions rise in each class.
    """
    recipe = recipe or PrepareRecipe()
    rng = np.random.default_rng(seed)
    (root / "clips").mkdir(parents=True)
    rows = []
    for subject in range(subjects):
        for code, name in enumerate(labels.names):
            for take in range(videos_per_class):
                clip = f"S{subject:02d}_{name.lower()}_{take}"
                arrays = clip_arrays(code, len(labels), frames=frames, size=recipe.size, rng=rng)
                if actions:
                    arrays |= action_arrays(code, frames=frames, rng=rng)
                save_file(arrays, root / "clips" / f"{clip}.safetensors")
                rows += clip_rows(clip, subject=f"S{subject:02d}", code=code, name=name, frames=frames)
    table = pd.DataFrame(rows)
    write_table(root / "data.csv", table)
    write_header(root, labels=labels, recipe=recipe, corpus="synthetic", pairs=len(table), actions=actions)
    # frames of different subjects differ in noise alone, so that they count as copies
    split_dataset(open_dataset(root), SplitRecipe(validation=0.2, test=0.2), copies=())
    return root


def write_header(
    root: Path, *, labels: LabelSet, recipe: PrepareRecipe, corpus: str, pairs: int, actions: str = ""
) -> None:
    """Write ``dataset.json`` of a complete dataset."""
    dataset.write_header(
        root,
        complete=True,
        corpus=corpus,
        labels=labels,
        recipe=recipe,
        images=False,
        counts={"pairs": pairs},
        actions=actions,
    )


def drop_videos(root: Path, *, leading: str, share: float) -> Path:
    """Drop videos of all classes but one until that has ``share`` of them, split again, and return ``root``.

    Those that are kept are spread over the subjects.
    """
    table = pd.read_csv(root / "data.csv")
    videos = {name: sorted(rows["video"].unique()) for name, rows in table.groupby("emotion")}
    wanted = round(len(videos[leading]) * (1 - share) / share)
    others = [name for name in videos if name != leading]
    kept = set(videos[leading])
    for place, name in enumerate(others):
        count = wanted // len(others) + (place < wanted % len(others))
        own = videos[name]
        kept |= {own[(take * len(own) // count + place) % len(own)] for take in range(count)}
    write_table(root / "data.csv", table[table["video"].isin(kept)])
    split_dataset(open_dataset(root), SplitRecipe(validation=0.2, test=0.2), copies=())
    return root


def clip_arrays(
    code: int, num_classes: int, *, frames: int, size: int, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Crops and flow of a clip of one class, and the rest of what a clip file holds."""
    height = int(8 + (size - 16) * code / (num_classes - 1))
    ground = rng.integers(40, 120)
    crops = rng.integers(0, 30, (frames, size, size, 3)) + ground
    for frame in range(frames):
        crops[frame, height - 4 : height + 5, 16:32] = 250
    flow = rng.normal(0, 0.1, (frames - 1, 2, size, size))
    flow[:, 1, height - 4 : height + 5] += 1.5
    return {
        "crops": crops.clip(0, 255).astype(np.uint8),
        "flow": flow.astype(np.float16),
        "pair_ok": np.ones(frames - 1, bool),
        "frame_index": np.arange(frames, dtype=np.int32),
        "seconds": np.arange(frames) / 25,
        "boxes": np.tile(np.array([10, 10, 100, 100], np.float32), (frames, 1)),
        "scores": np.ones(frames, np.float32),
    }


def action_arrays(code: int, *, frames: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Facial actions and pose of a clip of one class: two actions of its own rise, on a rest of its own."""
    actions = np.tile(rng.uniform(0, 0.1, len(ACTIONS)), (frames, 1))
    actions[:, 8 * code : 8 * code + 2] += np.linspace(0, 0.8, frames)[:, None]
    actions[:, ACTIONS.index("tongueOut")] = np.nan
    pose = rng.normal(0, 3, (frames, 3))
    return {"actions": actions.astype(np.float32), "pose": pose.astype(np.float32)}


def clip_rows(clip: str, *, subject: str, code: int, name: str, frames: int) -> list[dict[str, object]]:
    """The rows of ``data.csv`` of one clip: every pair is kept."""
    return [
        {
            "flow": f"imgs_flow/{clip}_{pair}.png",
            "spatial": f"imgs_spatial/{clip}_{pair}.png",
            "emotion": name,
            "code": code,
            "subject": subject,
            "video": clip,
            "segment": 0,
            "frame": pair,
            "seconds": pair / 25,
            "clip": clip,
            "pair": pair,
        }
        for pair in range(frames - 1)
    ]
