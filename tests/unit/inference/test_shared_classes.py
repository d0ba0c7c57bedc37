import numpy as np
import pytest

from ferfusion.errors import DatasetError
from ferfusion.inference.shared_classes import shared_classes
from ferfusion.label_set import SEVEN, SIX, LabelSet


def test_shared_classes_of_seven_and_six_restrict_the_probabilities():
    classes = shared_classes(SEVEN, SIX)
    assert (classes.labels, classes.outputs) == (SIX, (0, 1, 2, 3, 4, 5))
    assert (classes.model_only, classes.dataset_only) == (("Neutral",), ())
    given = np.array(
        [[0.1, 0.1, 0.1, 0.1, 0.1, 0.0, 0.5], [0, 0, 0, 0.5, 0.25, 0.25, 0], [0, 0, 0, 0, 0, 0, 1]]
    )
    expected = [[0.2, 0.2, 0.2, 0.2, 0.2, 0], [0, 0, 0, 0.5, 0.25, 0.25], [1 / 6] * 6]
    np.testing.assert_allclose(classes.restricted(given), expected)
    assert classes.outside(given).tolist() == [True, False, True]


def test_shared_classes_of_the_same_set_change_no_probability():
    given = np.random.default_rng(0).random((3, 6)).astype(np.float32)
    assert np.array_equal(shared_classes(SIX, SIX).restricted(given), given)


def test_shared_classes_have_the_order_and_the_names_of_the_dataset():
    classes = shared_classes(SIX, LabelSet(("joy", "Contempt", "Wut")))
    assert classes.labels.names == ("joy", "Wut")
    assert (classes.outputs, classes.dataset_only) == ((3, 0), ("Contempt",))


@pytest.mark.parametrize(
    ("model", "dataset", "message"),
    [
        (SIX, ("happy", "joy", "Anger"), "happy and joy of the dataset are both Happiness"),
        (("joy", "happy", "Anger"), ("Happiness", "Anger"), "joy and happy of the model are both Happiness"),
        (SIX, ("pain", "Anger"), "needs two classes that both have"),
    ],
)
def test_shared_classes_refuse_what_is_ambiguous_or_too_little(model, dataset, message):
    model = model if isinstance(model, LabelSet) else LabelSet(model)
    with pytest.raises(DatasetError, match=message):
        shared_classes(model, LabelSet(dataset))
