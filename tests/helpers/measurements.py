"""A measurement with drawn predictions, without a model."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from ferfusion.evaluation.measured import Measurement
from ferfusion.label_set import SIX
from helpers.runs import fake_predictions
from helpers.studies import tables


def fake_measurement(*, part: str = "all", **changes: Any) -> Measurement:
    """The drawn test people of ``fake_predictions``, measured as a part of another dataset."""
    drawn = changes.get("predictions")
    if drawn is None:
        drawn = fake_predictions().query("part == 'test'").assign(part=part).reset_index(drop=True)
    values: dict[str, Any] = {
        "model": "bundle.safetensors",
        "model_sha256": "0" * 64,
        "trained_on": {"corpus": "cremad"},
        "dataset": Path("others"),
        "corpus": "ravdess",
        "identity": "0123456789abcdef",
        "part": part,
        "labels": SIX,
        "predictions": drawn,
        "majority_code": 4,
        "majority_rule": "the most frequent class of the model's training part",
        "people_line": "None of its clips is in the model's training.",
        "unseen": True,
    }
    return Measurement(**(values | changes))


def measured_tables(
    rng: np.random.Generator,
    *,
    skills: Mapping[str, float],
    subjects: int = 11,
    changes: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
) -> dict[str, Measurement]:
    """Measurements of models on the same drawn people, by name; the true class stands out by ``skill``.

    Args:
        rng: Source of all draws.
        skills: By model.
        subjects: Number of people.
        changes: By model, other values of its measurement.
    """
    drawn = tables(rng, skills=dict(skills), seeds=1, subjects=subjects, pairs=1, luck=0.0)
    empty = fake_measurement(predictions=pd.DataFrame())
    return {
        name: replace(
            empty,
            predictions=table.assign(part="all", clip=table["video"], expression=""),
            **changes.get(name, {}),
        )
        for name, [table] in drawn.items()
    }
