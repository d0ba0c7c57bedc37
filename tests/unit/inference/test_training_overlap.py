"""What is known of the training of a model; the refusals are in test_measure.py."""

import pytest

from ferfusion.evaluation.training_summary import TrainingSummary
from ferfusion.inference.training_overlap import origin_of
from ferfusion.preparation.dataset import open_dataset
from ferfusion.preparation.identity import dataset_identity
from ferfusion.splits.split import parts_hash, read_splits
from helpers.datasets import write_dataset


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return open_dataset(write_dataset(tmp_path_factory.mktemp("overlap") / "data", subjects=3, frames=2))


def test_origin_of_the_own_dataset_has_the_parts_of_its_split(dataset):
    parts = read_splits(dataset)
    training = TrainingSummary(
        corpus="synthetic", dataset_identity=dataset_identity(dataset), split_hash=parts_hash(parts)
    )
    origin = origin_of(training, dataset)
    assert origin.is_same_dataset
    assert origin.parts == parts
    other = origin_of({**training, "split_hash": "other"}, dataset)
    assert (other.is_same_dataset, other.parts) == (True, None)


def test_origin_of_a_model_keeps_what_its_file_says_and_no_list_of_clips(dataset):
    training = TrainingSummary(
        corpus="cremad", epochs=3, learned_clips=["0123456789"], class_counts={"Fear": 2}, seconds=9.0
    )
    origin = origin_of(training, dataset)
    assert (origin.corpus, origin.clips, origin.class_counts) == ("cremad", ("0123456789",), {"Fear": 2})
    assert origin.summary == {"corpus": "cremad", "epochs": 3}
    assert not origin.is_same_dataset


def test_origin_of_an_imported_model_has_no_corpus(dataset):
    training = TrainingSummary(imported_from="model.h5", corpus="baum1s")
    assert origin_of(training, dataset).corpus == ""
