import numpy as np
import pandas as pd
import pytest
from PIL import Image

import ferfusion as fer
from helpers.face_videos import face_images

GREY = np.full((3, 90, 120, 3), 90, np.uint8)


@pytest.fixture(scope="module")
def seen(model):
    """A face for 16 frames."""
    return model.predict(np.stack(face_images(16)), fps=25)


def test_prediction_table_is_the_callers_to_change(model):
    seen = model.predict(GREY, fps=25)
    table = seen.table
    table["status"] = "changed"
    assert set(seen.table["status"]) == {"no_face"}


def test_prediction_is_a_short_line_and_a_table_of_verdicts(seen):
    assert repr(seen) == f"Prediction('frames-1': 16 frames, 1 face; model {seen.model})"
    page = seen._repr_html_()
    assert seen.statement in page
    assert seen.verdicts[0].expression in page


def test_prediction_tables_have_the_documented_columns(seen):
    probabilities = list(seen.labels.probability_columns)
    assert seen.per_second().columns.tolist() == ["second", "face", "frames", *probabilities, "expression"]
    assert seen.spans().columns.tolist() == ["face", "expression", "start", "end", "mean_probability"]
    onsets = seen.onsets("Fear")
    assert onsets.columns.tolist() == ["face", "seconds", "end", "mean_probability", "in_view"]
    with pytest.raises(fer.ConfigError, match="Boredom"):
        seen.onsets("Boredom")


def test_prediction_per_second_is_the_mean_of_the_rows_with_a_face(seen):
    columns = list(seen.labels.probability_columns)
    rows = seen.table[seen.table["status"] == "ok"]
    [second] = seen.per_second().to_dict("records")
    assert second["frames"] == len(rows)
    assert [second[name] for name in columns] == pytest.approx(rows[columns].mean().tolist(), abs=1e-5)


def test_prediction_save_writes_the_folder_of_the_video(seen, tmp_path):
    assert seen.folder is None
    folder = seen.save(str(tmp_path / "out"), progress=False)
    assert {file.name for file in folder.iterdir()} == {
        "annotated.mp4",
        "frames.csv",
        "report.html",
        "verdict.json",
    }
    summary = pd.read_csv(tmp_path / "out" / "videos.csv")
    assert summary["folder"].tolist() == [folder.name]
    assert summary["status"].tolist() == ["ok"]


def test_predictions_name_two_videos_of_one_name_by_their_paths(model, tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        Image.fromarray(GREY[0]).save(tmp_path / folder / "x.png")
    several = model.predict(tmp_path)
    assert sorted(set(several.table["video"])) == [
        str(tmp_path / "a" / "x.png"),
        str(tmp_path / "b" / "x.png"),
    ]


def test_predictions_are_a_sequence_whose_tables_have_the_column_video(model, seen):
    several = fer.Predictions((seen, model.predict(GREY[0])), (fer.UnreadVideo("in/x.mp4", "damaged"),))
    assert repr(several) == "Predictions(2 videos, 1 could not be read)"
    assert several[0] is seen
    assert len(several[1:]) == 1
    assert several.table.drop(columns="video")[: len(seen.table)].equals(seen.table)
    for table in (
        several.table,
        several.per_second(),
        several.spans(),
        several.onsets("Fear"),
        several.verdicts,
    ):
        assert table.columns[0] == "video"
        assert set(table["video"]) <= {"frames-1", "image-1"}


def test_predictions_without_a_video_are_empty_tables(tmp_path):
    none = fer.Predictions((), (fer.UnreadVideo("in/x.mp4", "damaged"),))
    assert none.table.empty
    assert none.save(tmp_path) == tmp_path
    assert pd.read_csv(tmp_path / "videos.csv")["reason"].tolist() == ["damaged"]
