import numpy as np
import pytest
import torch

from ferfusion.bundle import load_bundle
from ferfusion.explanation import explainer
from ferfusion.explanation.cam import class_maps
from ferfusion.explanation.explainer import Explainer, batches

ROWS = np.arange(5)


def test_explainer_explains_the_top_class_with_the_maps_of_the_model(source):
    images = source.images(ROWS)
    cam = class_maps(source.explainer.model, images)
    probabilities = cam.logits.softmax(1)
    for row, found in enumerate(source.explainer.explain(images)):
        assert found.code == int(probabilities[row].argmax())
        np.testing.assert_allclose(found.probabilities, probabilities[row], atol=1e-6)
        np.testing.assert_allclose(found.maps["flow"], cam.upsampled("flow")[row], atol=1e-6)


def test_explainer_contributions_add_up_to_the_log_odds(source):
    for found in source.explainer.explain(source.images(ROWS)):
        p = found.probabilities[found.code]
        total = found.baseline + sum(found.contributions.values())
        assert total == pytest.approx(np.log(p / (1 - p)), abs=1e-4)


def test_explainer_explains_the_given_classes(source):
    targets = torch.tensor([0, 5, 1, 1, 3])
    found = source.explainer.explain(source.images(ROWS), targets=targets)
    assert [one.code for one in found] == targets.tolist()


def test_explainer_temperature_flattens_probabilities_and_blank_probabilities(run, source):
    warm = Explainer(load_bundle(run / "bundle.safetensors"), temperature=4.0)
    [cold], [flat] = (one.explain(source.images(ROWS[:1])) for one in (source.explainer, warm))
    assert flat.code == cold.code
    logits = np.log(cold.probabilities) / 4
    np.testing.assert_allclose(flat.probabilities, np.exp(logits) / np.exp(logits).sum(), atol=1e-5)
    assert warm.blank_probabilities.sum() == pytest.approx(1)
    assert warm.blank_probabilities.max() < source.explainer.blank_probabilities.max()


def test_explainer_gives_the_same_in_several_batches(source, monkeypatch):
    images, targets = source.images(ROWS), torch.tensor([0, 5, 1, 1, 3])
    whole = source.explainer.explain(images, targets=targets)
    monkeypatch.setattr(explainer, "BATCH_ROWS", 2)
    for one, other in zip(whole, source.explainer.explain(images, targets=targets), strict=True):
        assert one.code == other.code
        np.testing.assert_allclose(one.maps["spatial"], other.maps["spatial"], rtol=1e-3, atol=1e-6)


def test_batches_keep_every_row_in_order(monkeypatch):
    monkeypatch.setattr(explainer, "BATCH_ROWS", 3)
    first, second = torch.arange(7), torch.arange(7) * 10
    found = batches((first, second))
    assert [len(batch[0]) for batch in found] == [3, 3, 1]
    assert torch.equal(torch.cat([batch[1] for batch in found]), second)
