import sys

import numpy as np
import pytest
import torch

from ferfusion.errors import ConfigError, MissingExtraError
from ferfusion.label_set import SIX
from ferfusion.training.staged.embeddings import Embedded
from ferfusion.training.staged.smote import check_samples, smote

SIZES = (20, 3, 8)


@pytest.fixture
def own():
    codes = torch.tensor([code for code, size in enumerate(SIZES) for _ in range(size)])
    embeddings = torch.randn(len(codes), 4, generator=torch.Generator().manual_seed(0)) + 3 * codes[:, None]
    return Embedded(embeddings, codes)


def distance_from_segments(point, points):
    """The least distance of a point from any segment between two of the points, by its foot on each."""
    distances = []
    for start in points:
        for end in points:
            along = end - start
            length = float(along @ along)
            share = 0.0 if length == 0 else min(1.0, max(0.0, float((point - start) @ along) / length))
            distances.append(np.linalg.norm(point - (start + share * along)))
    return min(distances)


def test_smote_appends_synthetic_embeddings_until_all_classes_are_equal(own):
    train = smote(own, seed=0)
    assert torch.bincount(train.codes).tolist() == [20, 20, 20]
    assert torch.equal(train.embeddings[: len(own)], own.embeddings)
    assert torch.equal(train.codes[: len(own)], own.codes)


def test_smote_draws_between_two_embeddings_of_a_class(own):
    train = smote(own, seed=0)
    for code in (1, 2):
        points = own.embeddings[own.codes == code].double().numpy()
        drawn = train.embeddings[len(own) :][train.codes[len(own) :] == code].double().numpy()
        assert len(drawn) == 20 - SIZES[code]
        assert max(distance_from_segments(point, points) for point in drawn) < 1e-5
        # and not on the embeddings themselves
        assert np.median([min(np.linalg.norm(points - point, axis=1)) for point in drawn]) > 0.05


def test_smote_follows_from_the_seed(own):
    first, same, other = (smote(own, seed=seed).embeddings for seed in (1, 1, 2))
    assert torch.equal(first, same)
    assert not torch.equal(first, other)


def test_check_samples_names_a_class_of_one_sample():
    with pytest.raises(ConfigError, match="Disgust has a single sample"):
        check_samples(np.array([0, 0, 1, 4, 4]), SIX.names)
    check_samples(np.array([0, 0, 4, 4]), SIX.names)


def test_check_samples_names_a_missing_package_with_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "imblearn", None)
    with pytest.raises(MissingExtraError, match=r"ferfusion\[imbalance\]"):
        check_samples(np.array([0, 0, 1, 1]), SIX.names)
