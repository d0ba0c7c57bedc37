"""A tree of CREMA-D's shape: rendered videos under its file names, with its real votes."""

import shutil

import numpy as np
import pandas as pd
import pytest

import ferfusion as fer
from ferfusion.data.vote_targets import vote_shares
from ferfusion.evaluation.evaluate import evaluate_measurement
from ferfusion.evaluation.recipe import EvaluateRecipe
from ferfusion.preparation.dataset import open_dataset
from helpers.measurements import fake_measurement

TAKES = {
    "1001_IEO_ANG_HI": "s01/anger/s01_anger_1.mp4",
    "1001_IEO_SAD_LO": "s01/sadness/s01_sadness_1.mp4",
    "1001_DFA_NEU_XX": "s01/sadness/s01_sadness_2.mp4",
    "1002_IEO_DIS_MD": "s02/disgust/s02_disgust_1.mp4",
    "1002_IEO_HAP_LO": "s02/happiness/s02_happiness_1.mp4",
    "1003_IEO_FEA_LO": "s03/fear/s03_fear_1.mp4",
}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory, sample_corpus, real_data):
    root = tmp_path_factory.mktemp("cremad")
    (root / "corpus" / "VideoFlash").mkdir(parents=True)
    for take, video in TAKES.items():
        shutil.copy(sample_corpus / video, root / "corpus" / "VideoFlash" / f"{take}.mp4")
    (root / "corpus" / "processedResults").mkdir()
    shutil.copy(real_data / "crema-d" / "tabulatedVotes.csv", root / "corpus" / "processedResults")
    lines: list[fer.Progress] = []
    fer.prepare(
        root / "corpus",
        root / "dataset",
        images=False,
        engine="here",
        progress=lines.append,
    )
    return open_dataset(root / "dataset"), [each.message for each in lines if each.message]


def test_prepare_of_cremad_has_the_votes_on_the_used_faces(dataset, real_data):
    data, lines = dataset
    table = pd.read_csv(real_data / "crema-d" / "tabulatedVotes.csv", index_col=0)
    faces = table[table.index // 100_000 == 2].set_index("fileName")
    assert data.corpus == "cremad"
    assert list(data.votes.columns) == ["video", *"anger disgust fear happiness neutral sadness".split()]
    assert sorted(data.votes["video"]) == sorted(set(TAKES) - {"1001_DFA_NEU_XX"})  # of the six classes
    expected = faces.loc[data.votes["video"], list("ADFHNS")].to_numpy()
    np.testing.assert_array_equal(data.votes.drop(columns="video").to_numpy(), expected)
    assert any(line.startswith("The votes lack replies slower than 10 seconds") for line in lines)
    assert any(line.startswith("Votes on 6 of 6 videos: ") for line in lines)


def test_vote_shares_of_videos_are_of_each_pair(dataset):
    data, _ = dataset
    shares = vote_shares(data)
    assert shares.shape == (len(data.pairs), 6)
    angry = (data.pairs["video"] == "1001_IEO_ANG_HI").to_numpy()  # all nine raters see anger
    np.testing.assert_array_equal(shares[angry], np.tile(np.eye(6)[0], (angry.sum(), 1)))


def test_evaluate_of_cremad_scores_both_labels(dataset):
    data, _ = dataset
    own = ["video", "clip", "subject", "frame", "seconds", "code", "emotion"]
    answers = np.eye(6)[np.zeros(len(data.pairs), int)]
    predictions = data.pairs[own].assign(part="all", expression="Anger")
    predictions[list(data.labels.probability_columns)] = answers
    measured = fake_measurement(predictions=predictions, corpus="cremad", votes=data.votes)
    result = evaluate_measurement(measured, EvaluateRecipe(resamples=50))
    assert result.scored.of("all", "video").war.value == pytest.approx(1 / 5)
    votes = data.votes.drop(columns="video")
    clear = votes[
        (votes.eq(votes.max(axis=1), axis=0).sum(axis=1) == 1) & (votes.idxmax(axis=1) != "neutral")
    ]
    assert result.voted[0].rows == len(clear)
    assert result.voted[0].war.value == pytest.approx((clear.idxmax(axis=1) == "anger").mean())
    assert set(result.raters.further) == {"Neutral"}
    named = [row[row["emotion"].lower()] for _, row in data.votes.merge(data.videos, on="video").iterrows()]
    naming = sum(named) / votes.to_numpy().sum()
    assert result.raters.of("rater", "label").war.value == pytest.approx(naming)
