"""A small dataset whose crops all differ, with tables of frames and videos, for faults to be planted in."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from safetensors.numpy import save_file

from ferfusion.label_set import LabelSet
from ferfusion.preparation.dataset import DATA_COLUMNS, Dataset, open_dataset
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.studies.study_folder import StudyFolder
from ferfusion.tables import write_table
from helpers.datasets import clip_rows, write_header

LABELS = LabelSet(("Anger", "Fear", "Sadness"))
CROPS = 4


def crops_of(video: str) -> np.ndarray:
    """Return the crops of a video (T, 16, 16, 3), unlike those of any other."""
    rng = np.random.default_rng([*video.encode()])
    return np.repeat(rng.integers(0, 255, (CROPS, 16, 16, 1), dtype=np.uint8), 3, axis=3)


def write_curated(
    root: Path,
    *,
    people: int = 6,
    labels: Mapping[str, str] | None = None,
    shows: Mapping[str, str] | None = None,
    lost: Mapping[str, int] | None = None,
    left_out: Mapping[str, str] | None = None,
) -> Dataset:
    """Write a dataset with a video of each class for each person, such as ``S00_fear_0``.

    Args:
        root: The folder.
        people: Number of people.
        labels: Label of a video, if it is not the one in its name; without one, it is not in the dataset.
        shows: Video whose crops a video shows, if they are not its own.
        lost: Number of lost frames before the others, by video.
        left_out: Reason by video without a face.
    """
    labels, shows, lost, left_out = labels or {}, shows or {}, lost or {}, left_out or {}
    rows, videos, frames = [], [], []
    (root / "clips").mkdir(parents=True)
    for subject in (f"S{number:02d}" for number in range(people)):
        for name in LABELS.names:
            video = f"{subject}_{name.lower()}_0"
            label = labels.get(video, name)
            if not label:
                continue
            used = video not in left_out
            statuses = ["no_face"] * lost.get(video, 0) + ["ok" if used else "small_face"] * CROPS
            frames += [{"video": video, "frame": at, "status": one} for at, one in enumerate(statuses)]
            videos.append(
                {
                    **{
                        "video": video,
                        "path": f"{video}.mp4",
                        "subject": subject,
                        "emotion": label,
                        "part": "",
                    },
                    **{"frames": len(statuses), "status": "ok" if used else "no_face"},
                    "reason": left_out.get(video, ""),
                }
            )
            if used:
                save_file(
                    {"crops": crops_of(shows.get(video, video))}, root / "clips" / f"{video}.safetensors"
                )
                code = LABELS.code(label)
                rows += clip_rows(video, subject=subject, code=code, name=label, frames=CROPS + 1)
    write_table(root / "data.csv", pd.DataFrame(rows, columns=None if rows else list(DATA_COLUMNS)))
    write_table(root / "videos.csv", pd.DataFrame(videos))
    write_table(root / "frames.csv", pd.DataFrame(frames))
    write_header(root, labels=LABELS, recipe=PrepareRecipe(size=16), corpus="csv", pairs=len(rows))
    return open_dataset(root)


def write_votes(dataset: Dataset, votes: Mapping[str, tuple[int, ...]], choices: tuple[str, ...]) -> Dataset:
    """Write the votes of raters by video, and return the dataset opened again."""
    rows = [[video, *counts] for video, counts in votes.items()]
    write_table(dataset.votes_file, pd.DataFrame(rows, columns=["video", *choices]))
    return open_dataset(dataset.root)


def write_answers(
    folder: Path, dataset: Dataset, truth: Mapping[str, str], *, uar_low: Mapping[str, float], seeds: int = 1
) -> Path:
    """Write the tables of a study whose models name the class of ``truth``, else the label, with 0.8.

    Args:
        folder: The study.
        dataset: Its dataset.
        truth: Class that the models name, by video.
        uar_low: Lower end of the interval of the UAR of each variant; the baseline is 1/3.
        seeds: Trainings of each variant.
    """
    files = StudyFolder(folder)
    scores = [
        {
            **{"level": "video", "variant": name, "metric": metric, "value": low + 0.1, "low": low},
            **{"high": low + 0.2, "baseline": 1 / 3, "seeds": seeds, "seed_deviation": 0.0, "subjects": 6},
        }
        for name, low in uar_low.items()
        for metric in ("war", "uar", "macro_f1")
    ]
    folder.mkdir(parents=True, exist_ok=True)
    write_table(files.table_file("variants"), pd.DataFrame(scores))
    videos = dataset.pairs.drop_duplicates("video")
    for number, name in enumerate(uar_low):
        rows = [
            {
                **{"seed": seed, "video": row["video"], "subject": row["subject"], "pairs": CROPS},
                **{"code": row["code"], "emotion": row["emotion"]},
                **{f"p_{each.lower()}": 0.8 - 2 * little if each == truth.get(row["video"], row["emotion"])
                   else 0.1 + little for each in LABELS.names},
            }
            for seed in range(seeds)
            for little in ((10 * number + seed) / 1e6,)  # trainings differ
            for _, row in videos.iterrows()
        ]  # fmt: skip
        files.predictions_file(name, "video").parent.mkdir(exist_ok=True)
        write_table(files.predictions_file(name, "video"), pd.DataFrame(rows))
    return folder
