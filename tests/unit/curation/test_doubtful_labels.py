import numpy as np
import pytest

from ferfusion.curation.doubtful_labels import judge_labels


def says(*codes, p=0.8, classes=3):
    """Predictions (N, C) that name a class for each video, or nothing for -1."""
    rest = (1 - p) / (classes - 1)
    rows = [[p if at == code else rest for at in range(classes)] for code in codes]
    return np.array([row if code >= 0 else [np.nan] * classes for row, code in zip(rows, codes, strict=True)])


@pytest.mark.parametrize(
    ("answers", "contradicted"),
    [
        ([1, 1, 1], True),
        ([1, 2, 0], True),  # most are against, if for different classes
        ([1, 0, 0], False),
        ([1, 1, 0, 0], False),  # half are not most
        ([1, 1, 1, 0, 0], True),
        ([1, 1, -1], False),  # two models are too few
    ],
)
def test_judge_labels_contradicts_a_label_that_more_than_half_of_three_models_do(answers, contradicted):
    found = judge_labels(np.stack([says(code) for code in answers]), np.array([0]))
    assert found.contradicted.tolist() == [contradicted]
    assert found.judged.tolist() == [sum(code >= 0 for code in answers) >= 3]


def test_judge_labels_names_the_class_with_most_votes_then_with_most_probability():
    models = np.stack([says(1), says(2, p=0.9), says(0)])
    assert judge_labels(models, np.array([0])).named.tolist() == [2]
    assert judge_labels(np.stack([says(1), says(1), says(2, p=0.9)]), np.array([0])).named.tolist() == [1]


def planted(rng, *, accuracy, videos=600, models=5, swapped=30, together=False):
    """Labels of which some were swapped, and models that name the true class with ``accuracy``."""
    true = rng.integers(0, 3, videos)
    right = rng.random((1 if together else models, videos)) < accuracy
    wrong = (true + rng.integers(1, 3, right.shape)) % 3
    answers = np.broadcast_to(np.where(right, true, wrong), (models, videos))
    labels = true.copy()
    labels[:swapped] = (true[:swapped] + rng.integers(1, 3, swapped)) % 3
    return judge_labels(np.stack([says(*row) for row in answers]), labels)


def test_judge_labels_finds_planted_swaps_and_says_how_many_are_expected_without_them():
    found = planted(np.random.default_rng(0), accuracy=0.8)
    assert found.contradicted[:30].all()
    assert found.confident[:30].mean() > 0.7
    assert found.confident[30:].sum() < found.contradicted[30:].sum() / 2
    low, high = found.expected
    assert low < found.contradicted.sum() < high
    clean = planted(np.random.default_rng(0), accuracy=0.8, swapped=0)
    # of 600 videos and five independent models of 80 %: 5.8 % lose the majority, 20 % one model
    assert clean.expected == (pytest.approx(0.058 * 600, rel=0.15), pytest.approx(0.2 * 600, rel=0.1))
    together = planted(np.random.default_rng(0), accuracy=0.8, swapped=0, together=True)
    assert together.contradicted.sum() == pytest.approx(together.expected[1])


def test_judge_labels_without_models_judges_nothing():
    found = judge_labels(np.empty((0, 4, 3)), np.array([0, 1, 2, 0]))
    assert not found.judged.any()
    assert found.expected == (0, 0)


def test_judge_labels_takes_out_what_models_prefer_for_a_person():
    """All videos of the first person look like class 0; a label of the second is swapped."""
    clear, leaning = np.array([0.1, 0.8, 0.1]), np.array([0.7, 0.2, 0.1])
    first = [leaning] * 2 + [[0.6, 0.3, 0.1]] * 2 + [[0.6, 0.2, 0.2]] * 2
    second = [np.roll(clear, code - 1) for code in (0, 1, 1, 1, 2, 2)]
    codes = np.array([0, 0, 1, 1, 2, 2, 0, 0, 1, 1, 2, 2])  # the second video of the second person is of 1
    persons = np.repeat([0, 1], 6)
    models = np.stack([np.array([*first, *second])] * 3)
    plain, without = judge_labels(models, codes), judge_labels(models, codes, persons)
    assert plain.contradicted.tolist() == without.contradicted.tolist()
    assert without.confident.nonzero()[0].tolist() == [7]
    assert without.margin.argmin() == 7
    assert (without.margin[:6] > plain.margin[:6])[2:].all()
    alone = judge_labels(models, codes, np.arange(12))  # a person with one video is no other case
    assert alone.margin == pytest.approx(plain.margin)
