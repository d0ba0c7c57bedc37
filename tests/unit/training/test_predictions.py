import numpy as np
import pandas as pd
import pytest
import torch

from ferfusion.data.batches import Batch
from ferfusion.data.pairs import IDENTITY_COLUMNS, PartedPairs
from ferfusion.label_set import SIX
from ferfusion.models.build import build_model
from ferfusion.models.config import ModelConfig
from ferfusion.training.predictions import class_probabilities, prediction_table
from helpers.inputs import drawn_inputs

CONFIG = ModelConfig(architecture="stack", head_units=8, frames=3, dropout=0.5)


@pytest.fixture
def pairs():
    table = pd.DataFrame(
        {
            "video": ["v0", "v0", "v1"],
            "clip": ["v0-0", "v0-0", "v1-0"],
            "subject": ["S0", "S0", "S1"],
            "frame": [0, 1, 0],
            "seconds": [0.0, 0.04, 0.0],
            "code": [0, 0, 3],
            "emotion": ["Anger", "Anger", "Happiness"],
            "pair": [0, 1, 0],
        }
    )
    return PartedPairs(table, SIX, np.array(["test", "test", "validation"]))


def test_class_probabilities_are_the_softmax_of_the_logits_row_by_row():
    model = build_model(CONFIG, 6)
    spatial, flow, frames = drawn_inputs(CONFIG, 5)
    rows = torch.tensor([7, 2, 9, 4, 0])
    codes = torch.zeros(5, dtype=torch.int64)
    batches = [
        Batch(spatial[part], flow[part], codes[part], rows[part], frames=frames[part])
        for part in (slice(0, 3), slice(3, 5))
    ]
    found_rows, found = class_probabilities(model.train(), batches)
    assert found_rows.tolist() == rows.tolist()
    with torch.inference_mode():
        expected = model.eval()(spatial, flow, frames).softmax(1)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    assert found.dtype == np.float32


def test_prediction_table_has_identity_probabilities_and_top_class_of_each_row(pairs):
    probabilities = np.array([[0.1, 0.0, 0.0, 0.0, 0.0, 0.9], [0.5, 0.25, 0.25, 0.0, 0.0, 0.0]], np.float32)
    table = prediction_table(pairs, np.array([1, 0]), probabilities, part="test")
    assert list(table.columns) == ["part", *IDENTITY_COLUMNS, *SIX.probability_columns, "expression"]
    assert table["frame"].tolist() == [1, 0]
    assert table["part"].tolist() == ["test", "test"]
    assert table["expression"].tolist() == ["Surprise", "Anger"]
    assert np.array_equal(table[list(SIX.probability_columns)].to_numpy(np.float32), probabilities)
    assert table.index.tolist() == [0, 1]
