import errno
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ferfusion.errors import FileError
from ferfusion.explanation.explainer import Explanation
from ferfusion.inference.explain_faces import (
    LINE_COLUMNS,
    ExplainedFace,
    RecordingPredictor,
    contribution_lines,
    explain_faces,
)
from ferfusion.inference.predict_video import predict_footage
from ferfusion.inference.predictor import TorchPredictor
from ferfusion.video.footage import image_in_memory
from helpers.bundles import drawn_faces, untrained_bundle
from helpers.face_videos import face_images
from helpers.predictors import BrightnessPredictor


def explanation(code):
    probabilities = np.full(6, 0.1, np.float32)
    probabilities[2] = 0.5
    return Explanation(probabilities, code, {}, {"spatial": 1.5, "flow": -0.5}, -1.0)


class FullDisk(io.BytesIO):
    def write(self, content):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_recording_predictor_names_the_folder_of_a_full_disk():
    predictor = BrightnessPredictor()
    recorded = RecordingPredictor(predictor, FullDisk(), Path("explanations/clip"))
    with pytest.raises(
        FileError, match="Cannot write explanations/clip: No space left on device; free some space"
    ):
        recorded.predict(np.zeros((1, 48, 48, 3), np.uint8), None)


@pytest.mark.parametrize("architecture", ["two-stream", "lstm"])
def test_recording_predictor_predicts_as_another_and_returns_its_input(architecture):
    trained = untrained_bundle(architecture=architecture, head_units=16, frames=3)
    predictor = TorchPredictor(trained)
    recorded = RecordingPredictor(predictor, io.BytesIO(), Path())
    crops, flow, windows = drawn_faces(trained.model_config, 5)
    more: list[Any] = [] if windows is None else [windows]
    assert np.array_equal(recorded.predict(crops, flow, *more), predictor.predict(crops, flow, *more))
    recorded.predict(crops[:2], None, *(each[:2] for each in more))
    first, second = recorded.face_inputs()
    assert (len(first), len(second)) == (5, 2)
    assert np.array_equal(first[3].crop, crops[3])
    assert np.array_equal(first[3].flow, flow[3])
    assert not second[1].flow.any()
    assert (first[4].window is None) == (windows is None)
    if windows is not None:
        assert np.array_equal(first[4].window, windows[4])


def test_explain_faces_explains_the_top_class_of_the_frame_not_the_smoothed_one():
    predictor = TorchPredictor(untrained_bundle(head_units=16))
    recorded: Any = RecordingPredictor(predictor, io.BytesIO(), Path())
    [image] = face_images(1)
    prediction = predict_footage(image_in_memory(image), recorded)
    [top] = prediction.table["expression"]
    other = replace(prediction, smoothed=np.roll(prediction.smoothed, 1, axis=1))
    [face] = explain_faces(other, recorded, predictor.explainer("hires-cam"))
    [line] = contribution_lines(face, prediction.table, prediction.info)
    assert line["explained"] == line["expression"] == top


def test_contribution_lines_are_one_for_each_class_and_add_up():
    table = pd.DataFrame(
        {"frame": [7], "seconds": [0.28], "face": [0], "expression": ["Fear"], "smoothed": ["unsure"]}
    )
    face = ExplainedFace(0, None, explanation(2), explanation(3))
    info = untrained_bundle(head_units=16).info
    lines = contribution_lines(face, table, info)
    assert [list(line) for line in lines] == 2 * [[*LINE_COLUMNS, "spatial", "flow"]]
    assert [line["explained"] for line in lines] == ["Fear", "Happiness"]
    assert [line["probability"] for line in lines] == pytest.approx([0.5, 0.1])
    assert [line["log_odds"] for line in lines] == [0.0, 0.0]
    same = ExplainedFace(0, None, explanation(2), explanation(2))
    assert len(contribution_lines(same, table, info)) == 1
