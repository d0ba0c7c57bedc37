import numpy as np
import pytest
import torch
from sklearn.svm import LinearSVC
from torch.nn import functional as F

from ferfusion.training.staged.svm import fit_svm


def samples(num_classes, *, per_class=20, features=5):
    rng = np.random.default_rng(0)
    codes = np.repeat(np.arange(num_classes), per_class)
    centres = rng.normal(0, 1.5, (num_classes, features))
    return torch.from_numpy(centres[codes] + rng.normal(size=(len(codes), features))).float(), codes


@pytest.mark.parametrize("balanced", [False, True])
def test_fit_svm_has_scikit_learns_decision_values(balanced):
    features, codes = samples(4)
    features, codes = features[:-12], codes[:-12]  # the last class is rare
    weight, bias = fit_svm(features, codes, num_classes=4, c=0.5, balanced=balanced, seed=3)
    theirs = LinearSVC(
        C=0.5, class_weight="balanced" if balanced else None, max_iter=10_000, random_state=3
    ).fit(features.double().numpy(), codes)
    values = F.linear(features, weight, bias)
    np.testing.assert_allclose(values, theirs.decision_function(features.double().numpy()), atol=1e-5)
    assert values.argmax(1).tolist() == theirs.predict(features.double().numpy()).tolist()


def test_fit_svm_of_two_classes_has_opposite_values():
    features, codes = samples(2)
    weight, bias = fit_svm(features, codes, num_classes=2, c=1.0, balanced=False, seed=0)
    theirs = LinearSVC(max_iter=10_000, random_state=0).fit(features.double().numpy(), codes)
    values = F.linear(features, weight, bias)
    np.testing.assert_allclose(values[:, 1], theirs.decision_function(features.double().numpy()), atol=1e-5)
    torch.testing.assert_close(values[:, 0], -values[:, 1])


def test_fit_svm_never_predicts_a_class_without_samples():
    features, codes = samples(3)
    weight, bias = fit_svm(features, codes + (codes > 0), num_classes=5, c=1.0, balanced=False, seed=0)
    probabilities = F.linear(features, weight, bias).softmax(1)
    assert float(probabilities[:, [1, 4]].max()) < 1e-30
    assert set(probabilities.argmax(1).tolist()) == {0, 2, 3}
    whole, offset = fit_svm(features, codes, num_classes=3, c=1.0, balanced=False, seed=0)
    assert torch.equal(weight[[0, 2, 3]], whole)
    assert torch.equal(bias[[0, 2, 3]], offset)
