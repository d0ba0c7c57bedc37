import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ferfusion.bundle import load_bundle, save_bundle
from ferfusion.errors import FileError, VideoError
from ferfusion.evaluation.model_calibration import Calibration
from ferfusion.flow.estimators import FLOW_ESTIMATORS
from ferfusion.inference.predict_video import expected_frames, frame_lines, predict_video
from ferfusion.inference.predictor import TorchPredictor
from ferfusion.inference.recipe import PredictRecipe
from ferfusion.inference.result_tables import onset_table
from ferfusion.inference.verdict import judge
from ferfusion.label_set import SIX
from ferfusion.preparation.frame_preparer import FramePreparer
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.video.reader import read_frames, read_info
from helpers.bundles import untrained_bundle
from helpers.face_videos import face_images, face_video, frame_times, uneven_times
from helpers.predictors import BrightnessPredictor
from helpers.videos import damage, decode_plainly, numbered, rotate, sound_length, write_video

FRAMES = 20
SHOWN = uneven_times(FRAMES)


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    """A face for 20 frames, with sound."""
    path = tmp_path_factory.mktemp("videos") / "face.mp4"
    return face_video(path, FRAMES, seconds=SHOWN, sound_seconds=1.2)


@pytest.fixture(scope="module")
def done(tmp_path_factory, video):
    return predict_video(video, BrightnessPredictor(), tmp_path_factory.mktemp("out"))


def test_predict_video_writes_its_files(done, video):
    assert {path.name for path in done.folder.iterdir()} == {
        "frames.csv",
        "verdict.json",
        "onsets.csv",
        "annotated.mp4",
        "report.html",
    }


def test_frames_csv_is_the_frame_table(done):
    table = pd.read_csv(done.folder / "frames.csv")
    assert table["frame"].tolist() == list(range(FRAMES))
    assert table["seconds"].tolist() == pytest.approx(SHOWN, abs=1e-5)
    assert set(table["status"]) == {"ok"}
    assert table["expression"].tolist() == done.table["expression"].tolist()
    assert table["smoothed"].tolist() == done.table["smoothed"].tolist()
    assert judge(table, SIX)[0].probabilities == pytest.approx(done.verdicts[0].probabilities, abs=1e-5)


def test_predict_video_has_the_smoothed_probabilities_as_columns(done):
    columns = [f"smoothed_{name.lower()}" for name in done.info.labels.names]
    assert done.table[columns].to_numpy() == pytest.approx(done.smoothed, nan_ok=True)
    table = pd.read_csv(done.folder / "frames.csv")
    assert table[columns].sum(axis=1)[table["status"] == "ok"].to_numpy() == pytest.approx(1, abs=1e-4)


def test_predict_video_has_the_length_of_the_video_whatever_frames_are_predicted(tmp_path, video, done):
    assert done.length_seconds == pytest.approx(SHOWN[-1] * FRAMES / (FRAMES - 1), abs=1e-5)
    few = predict_video(video, BrightnessPredictor(), tmp_path, PredictRecipe(every="5"), annotate=False)
    assert few.length_seconds == done.length_seconds


def test_onsets_csv_is_the_table_of_all_episodes(done):
    table, wanted = pd.read_csv(done.folder / "onsets.csv"), onset_table(done)
    assert table.columns.tolist() == wanted.columns.tolist()
    assert table["onset"].tolist() == pytest.approx(wanted["onset"].tolist(), abs=1e-5)


def test_means_csv_is_written_where_a_period_is_asked_for(tmp_path, video):
    predict_video(video, BrightnessPredictor(), tmp_path, PredictRecipe(per="0.4s"), annotate=False)
    table = pd.read_csv(tmp_path / "means.csv")
    assert table["seconds"].tolist() == [0, 0.8]
    assert table["frames"].sum() == FRAMES
    predict_video(video, BrightnessPredictor(), tmp_path, annotate=False)
    assert not (tmp_path / "means.csv").exists()


def test_verdict_json_is_the_verdict(done):
    verdict = json.loads((done.folder / "verdict.json").read_text())
    [face] = verdict["faces"]
    assert verdict["video"] == "face.mp4"
    assert verdict["frames"] == face["frames"] == FRAMES
    assert verdict["statement"] == done.statement
    assert face["expression"] == max(face["probabilities"], key=face["probabilities"].get)
    assert sum(face["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    assert face["top_class"] == face["expression"]
    assert verdict["predict_recipe"] == PredictRecipe().to_dict()
    assert face["timeline"][0]["start"] == 0
    assert face["timeline"][-1]["end"] == pytest.approx(SHOWN[-1], abs=0.05)


def test_predict_video_prepares_a_face_as_preparation_does(video, done):
    seen = []

    class Recorder(BrightnessPredictor):
        def predict(self, crops_bhwc, flow_b2hw, windows=None):
            seen.append((crops_bhwc, flow_b2hw))
            return super().predict(crops_bhwc, flow_b2hw)

    predict_video(video, Recorder(), done.folder.parent / "again", annotate=False)
    crops, flows = (np.concatenate(parts) for parts in zip(*seen, strict=True))
    prepared = [f.faces[0] for f in FramePreparer(PrepareRecipe()).prepare(read_frames(video))]
    assert np.array_equal(crops, np.stack([face.crop for face in prepared]))
    assert np.array_equal(flows[:-1], np.stack([face.flow for face in prepared[:-1]]))


def test_predict_video_with_a_loaded_bundle_equals_the_bundle_in_memory(tmp_path, video):
    bundle = untrained_bundle()
    save_bundle(tmp_path / "b.safetensors", bundle)
    tables = [
        predict_video(video, TorchPredictor(b), tmp_path / name, annotate=False).table
        for name, b in (("memory", bundle), ("disk", load_bundle(tmp_path / "b.safetensors")))
    ]
    pd.testing.assert_frame_equal(tables[0], tables[1])
    assert tables[0][list(SIX.probability_columns)].sum(axis=1).to_numpy() == pytest.approx(1, abs=1e-5)


def test_predict_video_without_a_face_gives_a_statement_and_no_expression(tmp_path):
    video = write_video(tmp_path / "empty.mp4", numbered(15))
    prediction = predict_video(video, BrightnessPredictor(), tmp_path / "out")
    assert prediction.verdicts == []
    assert prediction.statement == (
        "No face was found in any of 15 frames, so no expression is given (no_face 15)."
    )
    table = pd.read_csv(prediction.folder / "frames.csv")
    assert len(table) == 15
    assert table["expression"].isna().all()
    assert table["face"].isna().all()
    assert json.loads((prediction.folder / "verdict.json").read_text())["faces"] == []
    page = (prediction.folder / "report.html").read_text()
    assert prediction.statement in page
    assert "<svg" not in page
    assert len(decode_plainly(prediction.folder / "annotated.mp4")) == 15


def test_predict_video_has_rows_for_frames_that_cannot_be_decoded(tmp_path):
    video = write_video(tmp_path / "torn.mp4", face_images(FRAMES), every_frame_alone=True)
    prediction = predict_video(damage(video, range(5, 7)), BrightnessPredictor(), tmp_path / "out")
    assert prediction.table["frame"].tolist() == list(range(FRAMES))
    assert prediction.table.query("status == 'decode_error'")["frame"].tolist() == [5, 6]
    kept = [k / 25 for k in range(FRAMES) if k not in (5, 6)]
    assert frame_times(prediction.folder / "annotated.mp4") == pytest.approx(kept, abs=1e-4)


def test_predict_video_of_a_rotated_video_is_upright(tmp_path):
    images = face_images(FRAMES)
    lying = [np.ascontiguousarray(np.rot90(image)) for image in images]
    video = rotate(write_video(tmp_path / "phone.mp4", lying), clockwise=90)
    prediction = predict_video(video, BrightnessPredictor(), tmp_path / "out")
    assert set(prediction.table["status"]) == {"ok"}
    drawn = next(read_frames(prediction.folder / "annotated.mp4")).rgb()
    height = images[0].shape[0]
    assert np.median(abs(drawn[:height].astype(int) - images[0])) < 8


def test_predict_video_without_annotation_writes_no_video(tmp_path, video):
    prediction = predict_video(video, BrightnessPredictor(), tmp_path, annotate=False)
    assert not (prediction.folder / "annotated.mp4").exists()
    assert "annotated.mp4" not in (prediction.folder / "report.html").read_text()


def test_on_frame_counts_every_frame_of_both_stages(tmp_path, video):
    reported = []
    predict_video(video, BrightnessPredictor(), tmp_path, on_frame=lambda *stage: reported.append(stage))
    assert reported == [(stage, k) for stage in ("Predicting", "Drawing") for k in range(1, FRAMES + 1)]


def test_predict_video_of_a_text_file_writes_nothing(tmp_path):
    (tmp_path / "diary.mp4").write_text("dear diary")
    with pytest.raises(VideoError, match=r"Cannot open diary\.mp4 as a video"):
        predict_video(tmp_path / "diary.mp4", BrightnessPredictor(), tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.fixture(scope="module")
def long_video(tmp_path_factory):
    """A face for 60 frames, with sound."""
    return face_video(tmp_path_factory.mktemp("videos") / "long.mp4", 60, sound_seconds=2.4)


def predicted(video, folder, *, annotate=False, predictor=None, **settings):
    return predict_video(
        video, predictor or BrightnessPredictor(), folder, PredictRecipe(**settings), annotate=annotate
    )


@pytest.mark.parametrize(("every", "kept"), [("7", range(0, 60, 7)), ("0.2s", range(0, 60, 5))])
def test_every_gives_rows_of_the_prediction_of_all_frames(tmp_path, long_video, every, kept):
    full = predicted(long_video, tmp_path / "full", window=0).table
    sparse = predicted(long_video, tmp_path / "sparse", window=0, every=every).table
    expected = full[full["frame"].isin(list(kept))].reset_index(drop=True)
    pd.testing.assert_frame_equal(sparse, expected)


def test_every_calls_the_model_for_chosen_frames_only(tmp_path, long_video):
    predictor = BrightnessPredictor()
    predicted(long_video, tmp_path, every="10", predictor=predictor)
    assert sum(predictor.batches) == 6


def test_start_and_end_keep_the_numbers_and_times_of_the_file(tmp_path, long_video):
    prediction = predicted(long_video, tmp_path, start=0.8, end=1.6, annotate=True)
    assert prediction.table["frame"].tolist() == list(range(20, 40))
    assert prediction.table["seconds"].tolist() == pytest.approx([k / 25 for k in range(20, 40)])
    # the annotated video starts with the stretch, and so does its sound
    annotated = prediction.folder / "annotated.mp4"
    assert frame_times(annotated) == pytest.approx([k / 25 for k in range(20)], abs=1e-4)
    assert sound_length(annotated) == pytest.approx(0.8, abs=0.08)
    assert prediction.spans[0][0].start == pytest.approx(0.8)


def test_start_after_the_end_of_the_video_gives_a_statement(tmp_path, long_video):
    prediction = predicted(long_video, tmp_path, start=100, annotate=True)
    assert prediction.statement == "No frame could be decoded, so no expression is given."
    assert not (tmp_path / "annotated.mp4").exists()


def test_predict_video_reads_the_header_once(tmp_path, video, monkeypatch):
    seen = []

    def read(path):
        seen.append(path)
        return read_info(path)

    monkeypatch.setattr("ferfusion.video.footage.read_info", read)
    predict_video(video, BrightnessPredictor(), tmp_path / "a")
    assert seen == [video]


def test_expected_frames_are_those_from_start_to_end(video):
    info = read_info(video)
    whole = expected_frames(info, PredictRecipe())
    assert whole == pytest.approx(FRAMES, abs=8)  # the times are uneven
    assert expected_frames(info, PredictRecipe(start=0.5)) < whole
    assert expected_frames(info, PredictRecipe(end=0.2)) == pytest.approx(0.2 * float(info.rate), abs=1)


def test_calibration_threshold_withholds_names_and_the_verdict(tmp_path, video):
    strict = BrightnessPredictor(calibration=Calibration(abstain_below_pair=0.99, abstain_below_video=0.99))
    prediction = predicted(video, tmp_path, predictor=strict)
    assert set(prediction.table["smoothed"]) == {"no clear expression"}
    assert set(prediction.table["expression"]) <= set(SIX.names)
    assert prediction.verdicts[0].expression == "no clear expression"
    assert {span.expression for span in prediction.spans[0]} == {"no clear expression"}
    kept = json.loads((tmp_path / "verdict.json").read_text())
    assert kept["calibration"]["abstain_below_video"] == 0.99


def test_calibration_temperature_lowers_probabilities_and_keeps_the_class(tmp_path, video):
    plain, mild = (
        predicted(
            video,
            tmp_path / name,
            predictor=TorchPredictor(untrained_bundle(metrics=metrics)),
        ).table
        for name, metrics in (("plain", {}), ("mild", {"calibration": {"temperature": 2.0}}))
    )
    columns = list(SIX.probability_columns)
    roots = np.sqrt(plain[columns].to_numpy(float))
    assert mild[columns].to_numpy(float) == pytest.approx(roots / roots.sum(axis=1, keepdims=True), abs=1e-5)
    assert mild["expression"].tolist() == plain["expression"].tolist()


@pytest.fixture
def flow_calls(monkeypatch):
    """Counts the calls of the flow estimator; the odd margin keeps the preparers of other tests out."""
    calls = []

    def count(first, second):
        calls.append(first.shape)
        return FLOW_ESTIMATORS["farneback"](first, second)

    monkeypatch.setattr("ferfusion.preparation.frame_preparer.FLOW_ESTIMATORS", {"farneback": count})
    return calls


def spatial_and_two_stream(margin):
    recipe = PrepareRecipe(margin=margin)
    return (
        TorchPredictor(untrained_bundle(architecture=architecture, prepare_recipe=recipe))
        for architecture in ("spatial", "two-stream")
    )


def test_predict_video_computes_flow_only_for_a_model_that_reads_it(tmp_path, video, flow_calls):
    spatial, two_stream = spatial_and_two_stream(margin=0.013)
    assert len(predicted(video, tmp_path / "spatial", predictor=spatial, annotate=True).table) == FRAMES
    assert len(flow_calls) == 0
    predicted(video, tmp_path / "two", predictor=two_stream)
    assert len(flow_calls) == FRAMES - 1  # one face, a pair from each frame to the next


def test_every_computes_flow_from_and_to_chosen_frames_only(tmp_path, long_video, flow_calls):
    spatial, two_stream = spatial_and_two_stream(margin=0.017)
    table = predicted(long_video, tmp_path / "two", predictor=two_stream, every="10").table
    assert table["frame"].tolist() == list(range(0, 60, 10))
    assert len(flow_calls) == 6 + 5  # from each of 6 chosen frames, and to each of them but the first
    flow_calls.clear()
    assert predicted(long_video, tmp_path / "one", predictor=spatial, every="10").table["frame"].tolist() == (
        table["frame"].tolist()
    )
    assert flow_calls == []


def test_predict_video_without_flow_has_the_same_rows_as_with_flow(tmp_path, long_video):
    """A spatial model that is called with flow and one that is called without give the same frames.csv."""

    class WithFlow(TorchPredictor):
        def __init__(self, bundle):
            super().__init__(bundle)
            self.info = replace(self.info, streams=("spatial", "flow"))

    bundle = untrained_bundle(architecture="spatial")
    for every in ("1", "7"):
        files = [
            predicted(long_video, tmp_path / name / every, predictor=predictor, every=every).folder
            for name, predictor in (("without", TorchPredictor(bundle)), ("with", WithFlow(bundle)))
        ]
        without, with_flow = ((folder / "frames.csv").read_bytes() for folder in files)
        assert without == with_flow


@pytest.mark.parametrize("name", ["frames.csv", "verdict.json", "report.html"])
def test_write_prediction_that_fails_leaves_the_old_file(tmp_path, video, monkeypatch, name):
    folder = predicted(video, tmp_path).folder
    before = (folder / name).read_bytes()
    replace_file = Path.replace

    def break_off(path, target):
        if Path(target).name == name:
            raise OSError("no space left")
        return replace_file(path, target)

    monkeypatch.setattr("pathlib.Path.replace", break_off)
    with pytest.raises(FileError, match="no space left"):
        predicted(video, tmp_path, window=0)
    assert (folder / name).read_bytes() == before
    assert {path.name for path in folder.iterdir()} == {
        "frames.csv",
        "onsets.csv",
        "verdict.json",
        "report.html",
    }


def test_frame_lines_have_the_format_of_the_reports_figure():
    table = pd.DataFrame(
        {
            "frame": [0, 1],
            "status": ["ok", "no_face"],
            "face": pd.array([0, None], dtype="Int64"),
            "expression": ["Fear", None],
            "p_anger": [0.25, None],
            "p_fear": [0.75, None],
        }
    )
    assert list(frame_lines(table, ("p_anger", "p_fear"))) == [
        "Frame: 0/1 Face: 0 Out: Fear, Prob.: [0.2500 0.7500]",
        "Frame: 1/1 no face",
    ]
