"""A measurement with drawn predictions, without a model."""

from pathlib import Path
from typing import Any

from ferfusion.evaluation.measured import Measurement
from ferfusion.labels import SIX
from helpers.runs import fake_predictions


def fake_measurement(*, part: str = "all", **changes: Any) -> Measurement:
    """The drawn test people of ``fake_predictions``, measured as a part of another dataset."""
    predictions = fake_predictions().query("part == 'test'").assign(part=part).reset_index(drop=True)
    values: dict[str, Any] = {
        "model": "bundle.safetensors",
        "model_sha256": "0" * 64,
        "trained_on": {"corpus": "cremad"},
        "dataset": Path("others"),
        "corpus": "ravdess",
        "identity": "0123456789abcdef",
        "part": part,
        "labels": SIX,
        "predictions": predictions,
        "majority_code": 4,
        "majority_rule": "the most frequent class of the model's training part",
        "people_line": "None of its people has a clip in the model's training.",
        "unseen": True,
    }
    return Measurement(**(values | changes))
