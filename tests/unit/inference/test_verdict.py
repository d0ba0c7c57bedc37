import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferfusion.inference.timeline import name_predictions
from ferfusion.inference.verdict import (
    describe,
    describe_photograph,
    judge,
    judge_photograph,
    normalised_entropy,
    resampled_means,
)
from ferfusion.label_set import SEVEN, SIX, LabelSet

SURE_ANGER, SURE_FEAR = [0.9, 0.02, 0.02, 0.02, 0.02, 0.02], [0.02, 0.02, 0.9, 0.02, 0.02, 0.02]
WEAK_FEAR = [0.3, 0, 0.4, 0.1, 0.1, 0.1]


def table(rows, *, labels=SIX, rate=25):
    """A frame table from (frame, face, status, probabilities)."""
    frames = pd.DataFrame(
        [
            {
                "frame": frame,
                "seconds": frame / rate,
                "face": face,
                "status": status,
                **dict(zip(labels.probability_columns, probabilities or [np.nan] * len(labels), strict=True)),
            }
            for frame, face, status, probabilities in rows
        ],
        columns=["frame", "seconds", "face", "status", *labels.probability_columns],
    ).astype({"face": "Int64"})
    probabilities = frames[list(labels.probability_columns)].to_numpy(float)
    return frames.assign(smoothed=name_predictions(probabilities, labels, abstain_below=0))


def seen(probabilities, *, labels=SIX, rate=25):
    return table([(k, 0, "ok", each) for k, each in enumerate(probabilities)], labels=labels, rate=rate)


def test_judge_uses_the_mean_of_the_frames_and_no_vote():
    """Two weak frames of fear and one of sure anger: most frames say fear, the mean says anger."""
    [verdict] = judge(seen([WEAK_FEAR, SURE_ANGER, WEAK_FEAR]), SIX)
    mean = np.mean([WEAK_FEAR, SURE_ANGER, WEAK_FEAR], axis=0)
    assert (verdict.expression, verdict.top_class) == ("mixed", "Anger")
    assert list(verdict.probabilities) == list(SIX.names)
    assert list(verdict.probabilities.values()) == pytest.approx(mean)
    assert verdict.shares == pytest.approx({"Fear": 2 / 3, "Anger": 1 / 3})
    assert (verdict.face, verdict.frames, verdict.share_of_frames) == (0, 3, 1)


def test_judge_counts_frames_without_the_face_in_its_share_only():
    rows = [(0, 0, "ok", SURE_FEAR), (1, None, "no_face", None), (2, None, "decode_error", None)]
    [verdict] = judge(table([*rows, (3, 0, "ok", SURE_FEAR)]), SIX)
    assert list(verdict.probabilities.values()) == pytest.approx(SURE_FEAR)
    assert (verdict.frames, verdict.share_of_frames) == (2, 0.5)


def test_judge_gives_each_face_a_verdict_and_counts_a_frame_of_two_once():
    rows = [
        (k, face, "ok", SURE_ANGER if face else SURE_FEAR) for k in range(4) for face in (0, 1) if k or face
    ]
    first, second = judge(table(rows), SIX)
    assert (first.face, first.expression, first.share_of_frames) == (0, "Fear", 0.75)
    assert (second.face, second.expression, second.share_of_frames) == (1, "Anger", 1.0)


def test_judge_names_no_class_below_the_threshold_but_has_the_top_class():
    frames = seen([WEAK_FEAR] * 3)
    assert judge(frames, SIX, abstain_below=0.4)[0].expression == "Fear"
    [verdict] = judge(frames, SIX, abstain_below=0.41)
    assert (verdict.expression, verdict.top_class) == ("no clear expression", "Fear")
    assert verdict.why_no_class.startswith("the mean probability of Fear, 0.40, is below 0.41")


def test_judge_tells_a_probability_from_a_threshold_that_is_only_just_higher():
    [verdict] = judge(seen([WEAK_FEAR] * 3), SIX, abstain_below=0.4004)
    assert verdict.why_no_class.startswith("the mean probability of Fear, 0.4000, is below 0.4004")


def test_judge_of_a_model_with_neutral_says_unsure():
    frames = seen([[1 / 7] * 7] * 3, labels=SEVEN)
    assert judge(frames, SEVEN, abstain_below=0.3)[0].expression == "unsure"


def test_judge_says_mixed_for_two_frequent_expressions():
    """Ten seconds of fear, nine of anger: the mean says fear, by a hair that other seconds would turn."""
    frames = seen([SURE_FEAR] * 250 + [SURE_ANGER] * 225)
    [verdict] = judge(frames, SIX)
    assert (verdict.expression, verdict.top_class) == ("mixed", "Fear")
    assert 0.4 < verdict.bootstrap_support < 0.9
    assert verdict.why_no_class == "first Fear (53% of its frames), then Anger (47% of its frames)"
    assert judge(frames.iloc[::-1], SIX, abstain_below=0.99)[0].expression == "mixed"
    assert verdict.interval[0] < 0.3
    assert verdict.interval[1] > 0.6
    # what is steady is sure
    [steady] = judge(seen([SURE_ANGER] * 400 + [SURE_FEAR] * 75), SIX)
    assert steady.expression == "Anger"
    assert steady.bootstrap_support == pytest.approx(1, abs=0.03)


def test_judge_ignores_neutral_between_expressions():
    neutral, happy = np.full((2, 7), 0.02)
    neutral[6] = happy[3] = 0.88
    frames = seen([*[neutral.tolist()] * 75, *[happy.tolist()] * 150, *[neutral.tolist()] * 50], labels=SEVEN)
    [verdict] = judge(frames, SEVEN)
    assert verdict.expression == "Happiness"
    assert verdict.bootstrap_support == 1
    assert verdict.shares == pytest.approx({"Happiness": 6 / 11, "Neutral": 5 / 11})


def test_judge_says_mixed_below_the_least_bootstrap_support():
    """Two classes have about half of the probability each, and neither is above the other in most seconds."""
    rng = np.random.default_rng(4)
    sway = np.repeat(rng.normal(0, 0.15, 12), 25)
    probabilities = np.full((300, 6), 0.05)
    probabilities[:, 0], probabilities[:, 2] = 0.4 + sway, 0.4 - sway
    frames = seen(probabilities.tolist()).assign(smoothed="no clear expression")
    [verdict] = judge(frames, SIX, abstain_below=0.1)
    assert verdict.expression == "mixed"
    assert verdict.why_no_class.endswith("the top class changes when the video is resampled over time")


def test_judge_without_a_threshold_for_videos_uses_the_timeline():
    frames = seen([WEAK_FEAR] * 10).assign(smoothed=["Fear"] * 5 + ["no clear expression"] * 5)
    assert judge(frames, SIX)[0].expression == "Fear"
    [verdict] = judge(frames.assign(smoothed=["Fear"] * 4 + ["no clear expression"] * 6), SIX)
    assert verdict.expression == "no clear expression"
    assert verdict.why_no_class == "in 60% of its frames no class reaches the threshold"


def test_judge_of_one_second_has_no_interval():
    [verdict] = judge(seen([SURE_ANGER] * 25), SIX)
    assert (verdict.expression, verdict.interval, verdict.bootstrap_support) == ("Anger", None, None)
    assert judge(seen([SURE_ANGER] * 26), SIX)[0].interval is not None


def test_judge_of_equal_predictions_has_an_interval_without_width():
    [verdict] = judge(seen([SURE_ANGER] * 100), SIX)
    assert verdict.interval == pytest.approx((0.9, 0.9))
    assert verdict.bootstrap_support == 1


def test_judge_gives_the_same_video_the_same_interval():
    probabilities = np.random.default_rng(5).dirichlet(np.ones(6), 300).tolist()
    assert judge(seen(probabilities), SIX) == judge(seen(probabilities), SIX)


def resample(probabilities, *, rate=25, seed=0):
    probabilities = np.asarray(probabilities, np.float32)
    return resampled_means(
        np.arange(len(probabilities)) / rate, probabilities, rng=np.random.default_rng(seed)
    )


def test_resampled_means_scatter_around_the_mean():
    rng = np.random.default_rng(1)
    probabilities = rng.dirichlet(np.ones(6), 25 * 600)
    means = resample(probabilities)
    assert means.shape == (1000, 6)
    assert means.mean(axis=0) == pytest.approx(probabilities.mean(axis=0), abs=0.002)
    # independent frames: the blocks' spread is the classical standard error
    assert means.std(axis=0) == pytest.approx(
        probabilities.std(axis=0) / np.sqrt(len(probabilities)), rel=0.35
    )


def test_resampled_means_of_correlated_frames_scatter_more():
    """Episodes of four seconds: the interval is far wider than that of as many independent frames."""
    rng = np.random.default_rng(2)
    episodes = np.repeat(rng.dirichlet(np.ones(6) / 3, 60), 100, axis=0)
    true_error = episodes.std(axis=0) / np.sqrt(60)
    spread = resample(episodes).std(axis=0)
    assert (spread > 0.6 * true_error).all()
    assert (spread > 5 * episodes.std(axis=0) / np.sqrt(len(episodes))).all()


def test_resampled_means_ignore_the_length_of_a_gap():
    probabilities = np.random.default_rng(3).dirichlet(np.ones(6), 100).astype(np.float32)
    together = np.arange(100) / 25
    apart = together + np.where(together >= 2, 500, 0)
    first, second = (
        resampled_means(t, probabilities, rng=np.random.default_rng(0)) for t in (together, apart)
    )
    assert np.array_equal(first, second)


@pytest.mark.parametrize(
    ("probabilities", "entropy"),
    [
        ([1, 0, 0, 0, 0, 0], 0),
        ([1 / 6] * 6, 1),
        ([0.5, 0.5, 0, 0, 0, 0], np.log(2) / np.log(6)),
        ([0.5, 0.25, 0.25, 0, 0, 0], 1.5 / np.log2(6)),
        ([0.25, 0.75], 0.8112781),
    ],
)
def test_normalised_entropy_of_known_distributions(probabilities, entropy):
    assert normalised_entropy(np.array(probabilities, np.float64)) == pytest.approx(entropy, abs=1e-7)


@given(st.lists(st.floats(0.001, 1), min_size=2, max_size=9))
def test_normalised_entropy_is_between_0_and_1_and_ignores_the_order(weights):
    probabilities = np.array(weights) / np.sum(weights)
    entropy = normalised_entropy(probabilities)
    assert 0 <= entropy <= 1 + 1e-9
    assert normalised_entropy(probabilities[::-1]) == pytest.approx(entropy)


def test_uncertainty_is_the_entropy_of_the_mean():
    [verdict] = judge(seen([SURE_ANGER, SURE_FEAR]), SIX)
    assert verdict.uncertainty == pytest.approx(normalised_entropy(np.mean([SURE_ANGER, SURE_FEAR], axis=0)))


def test_describe_a_named_expression():
    frames = table([(0, 0, "ok", SURE_FEAR), (1, None, "no_face", None)])
    assert describe(judge(frames, SIX), frames) == (
        "Face 0 displays Fear (mean probability 0.90; over time Fear 100%; seen in 50% of the frames)."
    )


def test_describe_an_unsure_verdict_with_the_top_class_and_the_reason():
    frames = seen([WEAK_FEAR] * 50)
    assert describe(judge(frames, SIX, abstain_below=0.5), frames) == (
        "Face 0: no clear expression; the top class is Fear (mean probability 0.40, 90% interval 0.40 to "
        "0.40), then Anger 0.30 (0.30 to 0.30) and Happiness 0.10 (0.10 to 0.10), but the mean probability "
        "of Fear, 0.40, is below 0.50, under which the model was too often wrong on its validation videos; "
        "over time Fear 100%; seen in 100% of the frames."
    )


def test_describe_a_mixed_verdict_in_order_of_time():
    frames = seen([SURE_FEAR] * 60 + [SURE_ANGER] * 40)
    assert describe(judge(frames, SIX), frames) == (
        "Face 0: mixed, first Fear (60% of its frames), then Anger (40% of its frames); "
        "seen in 100% of the frames."
    )


def test_describe_many_faces_by_the_first_three():
    frames = table([(0, face, "ok", SURE_FEAR) for face in range(5)])
    words = describe(judge(frames, SIX), frames)
    assert words.count("displays Fear") == 3
    assert words.endswith("2 more faces with less box area are in the table.")


def test_describe_no_face_with_the_statuses():
    frames = table([(0, None, "no_face", None), (1, None, "no_face", None), (2, None, "small_face", None)])
    assert judge(frames, SIX) == []
    assert describe([], frames) == (
        "No face was found in any of 3 frames, so no expression is given (no_face 2, small_face 1)."
    )


def test_describe_no_face_in_a_single_frame():
    frames = table([(0, None, "no_face", None)])
    words = describe([], frames)
    assert words == "No face was found in the only frame, so no expression is given (no_face 1)."


def test_describe_no_frame():
    assert judge(table([]), SIX) == []
    assert describe([], table([])) == "No frame could be decoded, so no expression is given."


def test_judge_photograph_names_the_top_class_or_none_below_the_threshold():
    rows = [(0, 0, "ok", SURE_FEAR), (0, 1, "ok", WEAK_FEAR)]
    frames = table(rows)
    probabilities = frames[list(SIX.probability_columns)].to_numpy(float)
    frames["smoothed"] = name_predictions(probabilities, SIX, abstain_below=0.5)
    sure, weak = verdicts = judge_photograph(frames, SIX, abstain_below=0.5)
    assert (sure.face, sure.expression, sure.top_class, sure.why_no_class) == (0, "Fear", "Fear", "")
    assert list(sure.probabilities.values()) == pytest.approx(SURE_FEAR)
    assert (sure.frames, sure.share_of_frames, sure.interval, sure.shares) == (1, 1.0, None, {"Fear": 1.0})
    assert (weak.expression, weak.top_class) == ("no clear expression", "Fear")
    assert describe_photograph(verdicts, frames) == (
        "Face 0 displays Fear (probability 0.90). Face 1: no clear expression; the top class is Fear, "
        "but its probability, 0.40, is below the threshold of 0.50."
    )


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("no_face", "No face was found in the photograph"),
        (
            "small_face",
            "Only a face that is too small was found in the photograph",
        ),
    ],
)
def test_describe_photograph_without_a_face(status, words):
    frames = table([(0, None, status, None)])
    assert judge_photograph(frames, SIX) == []
    assert describe_photograph([], frames) == f"{words}, so no expression is given."


@pytest.mark.parametrize("names", [("joy", "calm"), ("calm", "joy"), ("joy", "rage")])
def test_judge_of_two_classes_of_which_one_may_be_a_face_at_rest(names):
    """Beside the class at rest there is no other class, so that the only one has full support."""
    labels = LabelSet(names)
    [verdict] = judge(seen([[0.6, 0.4], [0.3, 0.7]] * 50, labels=labels), labels)
    assert verdict.top_class == names[1]
    assert verdict.bootstrap_support == pytest.approx(1, abs=0.05) if names[0] == "calm" else True
    assert verdict.expression in (*names, "mixed")


def test_judge_ignores_the_users_word_for_a_face_at_rest():
    labels = LabelSet(("Freude", "Wut", "Ruhe"))
    [verdict] = judge(seen([[0.0, 0.1, 0.9]] * 40 + [[0.9, 0.1, 0]] * 60, labels=labels), labels)
    assert (verdict.expression, verdict.bootstrap_support) == ("Freude", 1)


def test_judge_gives_the_interval_of_every_class_from_the_same_resampled_videos():
    rng = np.random.default_rng(0)
    [verdict] = judge(seen(rng.dirichlet(np.ones(6), 100).tolist()), SIX)
    assert tuple(verdict.intervals) == SIX.names
    assert verdict.intervals[verdict.top_class] == verdict.interval
    for name, (low, high) in verdict.intervals.items():
        assert low < verdict.probabilities[name] < high


def test_judge_gives_no_interval_within_a_second():
    [verdict] = judge(seen([WEAK_FEAR] * 10), SIX)
    assert (verdict.interval, verdict.intervals) == (None, {})
