"""A model that reads facial actions, from a dataset with actions to its prediction of a video."""

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pandas as pd
import pytest

from ferfusion.actions.estimator import FaceActions
from ferfusion.corpora.entries import VideoEntry
from ferfusion.data.clips import PairReader
from ferfusion.errors import BundleError, ConfigError
from ferfusion.explanation.explain_run import explain_run
from ferfusion.explanation.recipe import ExplainRecipe
from ferfusion.files import read_json
from ferfusion.inference.measure import check_preparation, predict_rows
from ferfusion.inference.predict_faces import predict_frames
from ferfusion.inference.predict_video import predict_footage
from ferfusion.inference.predictor import load_predictor, torch_predictor
from ferfusion.inference.recipe import PredictRecipe
from ferfusion.models.config import ModelConfig
from ferfusion.preparation.dataset import open_dataset
from ferfusion.preparation.frame_preparer import FramePreparer
from ferfusion.preparation.labelled_video import PrepareJob, prepare_video
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.training.recipe import TrainRecipe
from ferfusion.video.footage import open_video
from ferfusion.video.reader import read_frames
from helpers.bundles import untrained_bundle
from helpers.datasets import write_dataset
from helpers.trainings import train

RECIPE = TrainRecipe(epochs=3, batch_size=16, learning_rate=1e-3, schedule="constant")


class Waves:
    """Actions that depend on the frame; every fifth frame cannot be read."""

    min_score, gives = 0.5, ()

    def follow(self, frames):
        for tracked in frames:
            index = tracked.frame.index
            values = (0.5 + 0.4 * np.sin(index / 5 + np.arange(52))).astype(np.float32)
            found = FaceActions(values, np.array([index, 0, 0], np.float32), None, 1.0)
            yield tracked, tuple(None if index % 5 == 4 else found for _ in tracked.faces)


@pytest.fixture
def waves(monkeypatch):
    table = MappingProxyType({"waves": Waves, "others": Waves})
    monkeypatch.setattr("ferfusion.actions.estimators.ACTION_ESTIMATORS", table)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return write_dataset(tmp_path_factory.mktemp("acted") / "data", frames=8, actions="waves")


@pytest.fixture(scope="module")
def run(dataset):
    model = ModelConfig(architecture="three-stream-actions", head_units=32)
    return train(dataset, dataset.parent / "run", model=model, recipe=RECIPE)


def acting(architecture="actions"):
    return replace(untrained_bundle(architecture=architecture), training={"actions": "waves"})


@pytest.mark.slow
def test_training_keeps_the_estimator_and_predicts_its_own_dataset(dataset, run):
    predictor = load_predictor(run.path, device="cpu")
    assert (predictor.info.actions, predictor.info.window) == ("waves", 25)
    source = open_dataset(dataset)
    rows = source.pairs[source.pairs["clip"].isin(run.predictions["clip"])]
    found = predict_rows(predictor, source, rows)
    columns = list(source.labels.probability_columns)
    np.testing.assert_allclose(found, run.predictions[columns].to_numpy(), atol=1e-4)


@pytest.mark.slow
def test_explanation_has_the_contribution_of_the_actions(run):
    recipe = ExplainRecipe(part="test", examples=1)
    page = explain_run(run.path, recipe, check=True)
    answers = pd.read_csv(run.path / "contributions.csv")
    streams = answers[["spatial", "flow", "actions"]].sum(axis=1)
    np.testing.assert_allclose(answers["baseline"] + streams, answers["log_odds"], atol=1e-3)
    assert answers["actions"].abs().max() > 0
    assert {one.stream for one in page.checks.deletions} == {"spatial", "flow", "actions"}


@pytest.mark.slow
def test_actions_alone_learn_the_curves_of_unseen_people(dataset):
    model = ModelConfig(architecture="actions", head_units=32)
    found = train(dataset, dataset.parent / "alone", model=model, recipe=replace(RECIPE, epochs=12))
    late = found.predictions[found.predictions["frame"].astype(int) >= 4]
    assert (late["expression"] == late["emotion"]).mean() > 0.6


def test_training_refuses_a_dataset_without_actions(tmp_path):
    plain = write_dataset(tmp_path / "data")
    with pytest.raises(ConfigError, match=r"model actions reads facial actions, .* has none; prepare"):
        train(plain, tmp_path / "run", model=ModelConfig(architecture="actions"))


def test_measurement_refuses_the_actions_of_another_estimator(dataset):
    info = replace(acting(), training={"actions": "others"}).info
    with pytest.raises(BundleError, match="actions is 'waves', expected 'others'"):
        check_preparation(info, open_dataset(dataset))


def test_prediction_estimates_the_actions_that_the_model_reads(waves, sample_corpus, tmp_path):
    video = sorted(sample_corpus.rglob("*.mp4"))[0]
    predictor, still = torch_predictor(acting()), torch_predictor(untrained_bundle(architecture="spatial"))
    seen = predict_footage(open_video(video), predictor)
    assert "jawOpen" not in seen.table
    assert seen.table.loc[seen.table["status"] == "ok", "expression"].notna().all()
    asked = predict_footage(open_video(video), predictor, PredictRecipe(actions="waves"))
    assert asked.table["jawOpen"].notna().any()
    assert "jawOpen" not in predict_footage(open_video(video), still).table
    with pytest.raises(ConfigError, match="reads the facial actions of waves, got actions 'others'"):
        predict_footage(open_video(video), predictor, PredictRecipe(actions="others"))


def test_prediction_names_an_estimator_that_is_not_there(sample_corpus):
    video = sorted(sample_corpus.rglob("*.mp4"))[0]
    with pytest.raises(ConfigError, match="estimator of actions"):
        predict_footage(open_video(video), torch_predictor(acting()))


def test_windows_of_a_video_equal_those_of_its_prepared_clip(waves, sample_corpus, tmp_path):
    video = sorted(sample_corpus.rglob("*.mp4"))[0]
    job = PrepareJob(
        VideoEntry(video, "v", "s", "Fear"), tmp_path, PrepareRecipe(), images=False, actions="waves"
    )
    prepare_video(job)
    pairs = pd.DataFrame(read_json(job.rows_file)["pairs"], columns=["segment", "pair", "frame", "seconds"])
    reader = PairReader(tmp_path / "clips", ["v"] * len(pairs), pairs["pair"].tolist())
    trained = reader.gather_windows(np.arange(len(pairs)), frames=25, step=1, curves=True)
    frames = FramePreparer(PrepareRecipe(), actions="waves").prepare(read_frames(video))
    read = {row.frame: row.window for row in predict_frames(frames, torch_predictor(acting()))}
    assert len(pairs) > 10
    for frame, window in zip(pairs["frame"], trained, strict=True):
        np.testing.assert_array_equal(window, read[frame])
