import pandas as pd
import pytest

import ferfusion as fer
from ferfusion.files import write_json
from ferfusion.inference.prediction_folder import batch_folder
from ferfusion.tabulation.predictions import is_of_predict
from helpers import tabulated


def test_read_predict_has_a_row_per_face_and_no_true_class(tmp_path):
    tables = fer.tabulate(tabulated.write_predicted(tmp_path))
    videos = tables.videos
    assert videos[["video", "face", "pairs", "expression"]].to_numpy().tolist() == [
        ["/data/talk.mp4", 0, 2, "Anger"],
        ["/data/talk.mp4", 1, 1, "alegría"],
        ["a.png", 0, 1, "Anger"],
    ]
    assert videos[["subject", "emotion", "correct", "p_true"]].isna().all(axis=None)
    assert videos["p_anger"].tolist() == pytest.approx([0.65, 0.2, 0.7])
    assert tables.frames["seconds"].isna().tolist() == [False, False, False, True]
    assert tables.people.empty
    assert tables.variants["variant"].tolist() == ["faces"]


def test_read_predict_refuses_models_of_different_classes(tmp_path):
    root = tabulated.write_predicted(tmp_path)
    write_json(root / "talk" / "verdict.json", {"model": "b", "faces": [{"probabilities": {"a": 1, "b": 0}}]})
    with pytest.raises(fer.RunError, match="models with different classes"):
        fer.tabulate(root)


def test_read_predict_reads_all_batches(tmp_path):
    alone = fer.tabulate(tabulated.write_predicted(tmp_path / "alone"))
    for number in (2, 10):
        tabulated.write_predicted(batch_folder(tmp_path / "out", number))
    tables = fer.tabulate(tmp_path / "out")
    pd.testing.assert_frame_equal(tables.frames, pd.concat([alone.frames] * 2, ignore_index=True))
    assert len(tables.videos) == 2 * len(alone.videos)
    assert [one.batch for one in tables._schema.result.observe()] == ["00002", "00002", "00010", "00010"]
    write_json(
        batch_folder(tmp_path / "out", 10) / "talk" / "verdict.json",
        {"model": "b", "faces": [{"probabilities": {"a": 1, "b": 0}}]},
    )
    with pytest.raises(fer.RunError, match="models with different classes"):
        fer.tabulate(tmp_path / "out")


def test_is_of_predict_knows_other_tables_of_videos(tmp_path):
    (tmp_path / "videos.csv").write_text("path,label\na.mp4,joy\n", encoding="utf-8")
    assert not is_of_predict(tmp_path)
