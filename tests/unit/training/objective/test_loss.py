import math

import numpy as np
import pytest
import torch

from ferfusion.data.batches import Batch
from ferfusion.errors import ConfigError
from ferfusion.training.imbalance import TREATMENTS, balanced_weights, focal_weights, log_priors
from ferfusion.training.objective.loss import make_loss, teacher_loss
from ferfusion.training.recipe import TrainRecipe

COUNTS = [10, 30, 20]
LOGITS = torch.tensor([[2.0, 0.0, -1.0], [0.5, 1.5, 0.0]])
CODES = torch.tensor([0, 2])


def batch(targets=None, taught=None):
    image = torch.zeros(2, 3, 8, 8)
    return Batch(image, image, CODES, torch.arange(2), targets=targets, taught=taught)


def log_probabilities():
    return [[x - math.log(sum(map(math.exp, row))) for x in row] for row in LOGITS.tolist()]


def loss_of(targets=None, **settings):
    return float(make_loss(TrainRecipe(**settings), COUNTS)(LOGITS, batch(targets)))


def test_loss_is_the_mean_negative_log_probability_of_the_class():
    p = log_probabilities()
    assert loss_of() == pytest.approx(-(p[0][0] + p[1][2]) / 2)


def test_loss_with_label_smoothing_spreads_its_share_over_all_classes():
    first, second = log_probabilities()
    expected = -(0.7 * first[0] + 0.1 * sum(first) + 0.7 * second[2] + 0.1 * sum(second)) / 2
    assert loss_of(label_smoothing=0.3) == pytest.approx(expected)


def test_loss_with_class_weights_counts_all_classes_the_same():
    weights = balanced_weights(COUNTS)
    assert (weights * torch.tensor(COUNTS)).tolist() == pytest.approx([20, 20, 20])
    p = log_probabilities()
    # 60 samples over 3 classes: 60 / (3 * 10) = 2 for the first class, 1 for the last
    assert loss_of(imbalance="class-weights") == pytest.approx(-(2 * p[0][0] + 1 * p[1][2]) / 2)


def test_teacher_loss_is_the_mean_divergence_times_the_squared_temperature():
    taught = torch.tensor([[0.5, 0.3, 0.2], [0.0, 1.0, 0.0]])
    expected = 0.0
    for shares, logits in zip(taught.tolist(), LOGITS.tolist(), strict=True):
        cooled = [math.exp(x / 3) for x in logits]
        answers = [x / sum(cooled) for x in cooled]
        expected += 9 / 2 * sum(p * math.log(p / q) for p, q in zip(shares, answers, strict=True) if p)
    recipe = TrainRecipe(teachers="t", teacher_temperature=3.0, teacher_weight=0.5)
    loss = float(make_loss(recipe, COUNTS)(LOGITS, batch(taught=taught)))
    assert loss == pytest.approx(loss_of() + 0.5 * expected)


def test_teacher_loss_of_the_teachers_own_answers_is_zero():
    taught = (LOGITS / 2).softmax(1)
    assert float(teacher_loss(LOGITS, taught, temperature=2.0)) == pytest.approx(0.0, abs=1e-6)


def test_balanced_weights_are_those_of_scikit_learn():
    from sklearn.utils.class_weight import compute_class_weight

    codes = [code for code, count in enumerate(COUNTS) for _ in range(count)]
    expected = compute_class_weight("balanced", classes=np.arange(3), y=codes)
    assert balanced_weights(COUNTS).tolist() == pytest.approx(expected.tolist())


def test_loss_with_weights_of_equal_classes_is_the_plain_loss():
    weighted = make_loss(TrainRecipe(imbalance="class-weights"), [5, 5, 5])
    assert float(weighted(LOGITS, batch())) == pytest.approx(loss_of())


def test_balanced_weights_of_an_absent_class_are_0_and_scikit_learns_for_the_others():
    assert balanced_weights([10, 0, 30]).tolist() == pytest.approx([2, 0, 2 / 3])


def test_focal_loss_weights_a_sample_by_its_squared_miss_of_probability_1():
    p = log_probabilities()
    expected = -sum((1 - math.exp(x)) ** 2 * x for x in (p[0][0], p[1][2])) / 2
    assert loss_of(imbalance="focal") == pytest.approx(expected)
    # by hand, for the figure in the paper's section 3: p = 0.9 counts a hundredth
    sure = torch.tensor([[math.log(0.9), math.log(0.1)]])
    assert focal_weights([1, 1])(sure, torch.tensor([0])).tolist() == pytest.approx([0.01])


def test_focal_loss_without_focus_is_cross_entropy():
    assert focal_weights(COUNTS, focus=0.0)(LOGITS, CODES).tolist() == [1.0, 1.0]


def test_focal_loss_has_the_gradient_of_its_weights_too():
    """The gradient of (1 - p)^2 (-log p) by the class's logit, by hand: 2 p² (1 - p) log p - (1 - p)^3."""
    logits = torch.tensor([[0.4, -0.3]], requires_grad=True)
    p = 1 / (1 + math.exp(-0.7))
    one = batch()._replace(codes=torch.tensor([0]))
    make_loss(TrainRecipe(imbalance="focal"), [1, 1])(logits, one).backward()
    expected = 2 * p**1 * (1 - p) ** 2 * math.log(p) - (1 - p) ** 3
    assert logits.grad.tolist()[0] == pytest.approx([expected, -expected])


def test_logit_adjustment_adds_the_log_shares_in_the_loss():
    """COUNTS are shares of 1/6, 1/2, 1/3; the softmax of logit + log share goes by share * exp(logit)."""
    expected = 0.0
    for row, code in zip(LOGITS.tolist(), CODES.tolist(), strict=True):
        scores = [share * math.exp(logit) for share, logit in zip((1 / 6, 1 / 2, 1 / 3), row, strict=True)]
        expected -= math.log(scores[code] / sum(scores)) / 2
    assert loss_of(imbalance="logit-adjustment") == pytest.approx(expected)


def test_logit_adjustment_of_equal_classes_changes_nothing():
    adjusted = make_loss(TrainRecipe(imbalance="logit-adjustment"), [7, 7, 7])
    assert float(adjusted(LOGITS, batch())) == pytest.approx(loss_of())


def test_log_priors_have_their_strength_and_count_an_absent_class_as_one_sample():
    halves = [0.5 * math.log(share) for share in (1 / 4, 3 / 4)]
    assert log_priors([2, 6], strength=0.5).tolist() == pytest.approx(halves)
    assert log_priors([0, 10]).tolist() == pytest.approx([math.log(1 / 10), 0.0], abs=1e-6)


@pytest.mark.parametrize("imbalance", ["none", "oversample", "downsample", "smote", "cascade", "outlier"])
def test_loss_is_plain_with_treatments_of_the_data_and_of_the_head(imbalance):
    assert loss_of(imbalance=imbalance) == loss_of()


def test_loss_with_soft_labels_is_that_of_the_vote_shares():
    shares = torch.tensor([[0.75, 0.25, 0.0], [0.0, 0.5, 0.5]])
    first, second = log_probabilities()
    expected = -(0.75 * first[0] + 0.25 * first[1] + 0.5 * second[1] + 0.5 * second[2]) / 2
    assert loss_of(shares, soft_labels=True) == pytest.approx(expected)
    # without the setting the votes are ignored
    assert loss_of(shares) == loss_of()


def test_loss_with_votes_for_one_class_is_that_of_its_label():
    assert loss_of(torch.eye(3)[CODES], soft_labels=True) == pytest.approx(loss_of())


def test_loss_refuses_soft_labels_without_votes():
    with pytest.raises(ConfigError, match="no votes of raters; unset soft_labels and vote_weight"):
        loss_of(soft_labels=True)


def test_loss_is_a_mean_over_rows():
    """Processes that share a batch can therefore add up their losses."""
    for treatment in TREATMENTS:
        loss = make_loss(TrainRecipe(imbalance=treatment, label_smoothing=0.1), COUNTS)
        whole = batch()
        halves = [
            whole._replace(**{name: getattr(whole, name)[row : row + 1] for name in ("codes", "rows")})
            for row in range(2)
        ]
        parts = [float(loss(LOGITS[row : row + 1], half)) for row, half in enumerate(halves)]
        assert float(loss(LOGITS, whole)) == pytest.approx(sum(parts) / 2)
