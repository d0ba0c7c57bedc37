"""Datasets of the training tests."""

import pytest

from ferfusion.corpora.fer2013 import list_fer2013
from ferfusion.label_set import SEVEN
from ferfusion.preparation.dataset import open_dataset
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.preparation.stills import prepare_stills
from ferfusion.splits.recipe import SplitRecipe
from ferfusion.splits.split import split_dataset
from helpers.datasets import drop_videos, write_dataset
from helpers.stills import fer_table


@pytest.fixture(scope="session")
def dataset(tmp_path_factory):
    """Two pairs a clip: an epoch takes a fraction of a second."""
    return write_dataset(tmp_path_factory.mktemp("data") / "dataset", subjects=6, frames=3)


@pytest.fixture(scope="session")
def unbalanced(tmp_path_factory):
    """Two pairs a clip; half of the videos are of Sadness."""
    root = write_dataset(
        tmp_path_factory.mktemp("data") / "dataset", subjects=9, videos_per_class=2, frames=3
    )
    return drop_videos(root, leading="Sadness", share=0.5)


@pytest.fixture(scope="session")
def voted(tmp_path_factory):
    """Still images with the votes of their raters."""
    root = tmp_path_factory.mktemp("voted")
    prepare_stills(
        list_fer2013(fer_table(root / "corpus")), root / "dataset", labels=SEVEN, recipe=PrepareRecipe()
    )
    split_dataset(open_dataset(root / "dataset"), SplitRecipe())
    return root / "dataset"
