import numpy as np
import pandas as pd
import pytest

import ferfusion as fer
from helpers.face_videos import face_video
from helpers.predictors import BrightnessPredictor


@pytest.fixture(scope="module")
def explanation(trained):
    return trained.explain(examples=1)


def test_explanation_contributions_sum_to_the_log_odds(explanation, trained):
    table = explanation.contributions
    streams = table.columns[table.columns.get_loc("baseline") :].tolist()
    assert {"spatial", "flow"} == set(streams) - {"baseline"}
    np.testing.assert_allclose(table[streams].sum(axis=1), table["log_odds"], atol=1e-3)
    assert len(table) == len(trained.validation_predictions)


def test_explanation_is_a_short_line_and_a_table_of_means(explanation, trained):
    assert explanation.page == trained.folder / "explain.html"
    assert repr(explanation) == f"Explanation({len(explanation.contributions)} pairs; '{explanation.page}')"
    page = explanation._repr_html_()
    assert page.count("<tr") == 1 + explanation.contributions["expression"].nunique()
    assert "in nats" in page


def test_explanation_without_checks_has_no_lines(explanation):
    assert explanation.checks == []


def test_explain_refuses_a_missing_run_and_an_unknown_setting(trained, tmp_path):
    with pytest.raises(fer.RunError, match="nowhere"):
        fer.explain(tmp_path / "nowhere")
    with pytest.raises(fer.ConfigError, match="Unknown setting 'exmples'"):
        fer.explain(trained, exmples=1)


def test_explain_video_writes_a_row_and_two_steps_for_every_frame(trained, tmp_path):
    video = face_video(tmp_path / "face.mp4", 6)
    steps: list[fer.Progress] = []
    path = trained.model.explain_video(video, tmp_path / "out", progress=steps.append)
    assert path == tmp_path / "out" / "face" / "explained.mp4"
    assert path.is_file()
    assert [step.done for step in steps] == 2 * list(range(1, 7))
    table = pd.read_csv(path.parent / "contributions.csv")
    assert table["frame"].tolist() == list(range(6))


def test_explain_video_refuses_an_unknown_class_and_writes_nothing(trained, tmp_path):
    video = face_video(tmp_path / "face.mp4", 6)
    with pytest.raises(fer.ConfigError, match=r"Unknown expression 'Feer'.*Anger, Disgust, Fear"):
        fer.explain_video(video, tmp_path / "out", model=trained, why_not="Feer")
    assert not (tmp_path / "out").exists()


def test_explain_video_refuses_a_model_without_gradients(monkeypatch, tmp_path):
    monkeypatch.setattr("ferfusion.api.explanations.load_model", lambda _: fer.Model(BrightnessPredictor()))
    with pytest.raises(fer.BundleError, match="brightness is an ONNX file, which gives no gradients"):
        fer.explain_video(tmp_path / "face.mp4", tmp_path / "out", model="model.onnx")
