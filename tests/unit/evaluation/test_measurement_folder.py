import json
from dataclasses import fields
from pathlib import Path

import pandas as pd
import pytest

from ferfusion.errors import RunError
from ferfusion.evaluation.measurement_folder import read_measurement, write_measurement
from ferfusion.label_set import SIX
from ferfusion.preparation.dataset import Dataset
from ferfusion.preparation.recipe import PrepareRecipe
from helpers.measurements import fake_measurement

DATASET = Dataset(Path("others"), PrepareRecipe(), SIX, "ravdess", {})


def test_measurement_is_the_same_after_a_round_trip(tmp_path):
    measured = fake_measurement(notes=("A note.",), cautions=("A caution.",), unseen=False)
    assert read_measurement(tmp_path, dataset=DATASET) is None
    write_measurement(measured, tmp_path)
    found = read_measurement(tmp_path, dataset=DATASET)
    for field in fields(measured):
        if field.name != "predictions":
            assert getattr(found, field.name) == getattr(measured, field.name)
    pd.testing.assert_frame_equal(
        found.predictions, measured.predictions.astype({"frame": str, "seconds": str}), check_dtype=False
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"majority_code": 6}, "majority_code that is no class"),
        ({"labels": ["Fear", "Fear"]}, "no classes that can be used"),
        ({"unseen": "yes"}, "unseen 'yes', expected true or false"),
    ],
)
def test_read_measurement_refuses_a_changed_file(tmp_path, change, words):
    write_measurement(fake_measurement(), tmp_path)
    file = tmp_path / "measurement.json"
    file.write_text(json.dumps(json.loads(file.read_text(encoding="utf-8")) | change), encoding="utf-8")
    with pytest.raises(RunError, match=words):
        read_measurement(tmp_path, dataset=DATASET)


def test_read_measurement_names_a_missing_table_with_its_fix(tmp_path):
    write_measurement(fake_measurement(), tmp_path)
    (tmp_path / "predictions.csv").unlink()
    with pytest.raises(RunError, match=r"delete .*, and measure the model again"):
        read_measurement(tmp_path, dataset=DATASET)
