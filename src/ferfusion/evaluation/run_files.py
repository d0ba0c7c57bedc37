"""Which command writes which files of a run folder, and what it keeps beside its predictions."""

from pathlib import Path

import pandas as pd

from ferfusion.tables import write_table

EVALUATION_FILES = (
    "report.html",
    "scores.csv",
    "scores_votes.csv",
    "raters.csv",
    "per_class.csv",
    "confusion_*.csv",
    "people.csv",
    "groups.csv",
    "group_differences.csv",
    "predictions_videos*.csv",
    "figures/confusion_*.png",
    "figures/recall.png",
    "figures/class_histogram.png",
    "figures/learning_*.png",
)
"""Patterns of the files that ``evaluate`` writes into a run folder, the page first."""
EXPLANATION_FILES = (
    "explain.html",
    "contributions.csv",
    "explain_deletion.csv",
    "explain_randomisation.csv",
    "figures/explain_*.png",
)
"""Patterns of the files that ``explain`` writes into a run folder, the page first."""
TRAINING_FILES = (
    "bundle.safetensors",
    "predictions.csv",
    "predictions_validation.csv",
    "votes.csv",
    "subjects.csv",
    "cost.json",
    "metrics.csv",
    "checkpoints/*",
)
"""Patterns of the files that ``train`` writes beside the settings and the split, the bundle first."""


def write_votes_and_people(
    folder: Path, predictions: pd.DataFrame, *, votes: pd.DataFrame | None, subjects: pd.DataFrame | None
) -> None:
    """Write the votes on the predicted videos, and the columns of the predicted people; no file without any.

    Args:
        folder: The folder, which gets ``votes.csv`` and ``subjects.csv``.
        predictions: A row per pair or video, with the columns ``video`` and ``subject``.
        votes: The votes of a dataset.
        subjects: The columns of its people.
    """
    for name, key, table in (("votes", "video", votes), ("subjects", "subject", subjects)):
        if table is None:
            (folder / f"{name}.csv").unlink(missing_ok=True)
        else:
            write_table(folder / f"{name}.csv", table[table[key].isin(predictions[key])])
