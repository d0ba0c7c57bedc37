import numpy as np
import pytest

from ferfusion.corpora.fer2013 import list_fer2013
from ferfusion.data.vote_targets import vote_shares
from ferfusion.errors import ConfigError
from ferfusion.label_set import SEVEN, SIX
from ferfusion.preparation.dataset import open_dataset
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.preparation.stills import prepare_stills
from helpers.stills import noise_image, table_row, write_fer_table

# neutral, happiness, surprise, sadness, anger, disgust, fear, contempt, unknown, not a face
VOTES = {
    "4,0,0,1,3,2,0,0,0,0": [0.3, 0.2, 0, 0, 0.1, 0, 0.4],
    "0,6,0,0,0,0,0,4,0,0": [0, 0, 0, 1, 0, 0, 0],
    "0,0,3,0,0,0,3,0,4,0": [0, 0, 0.5, 0, 0, 0.5, 0],
    "0,3,0,2,0,0,0,0,5,0": "own",
    "0,0,0,0,0,0,0,9,1,0": "own",
    "0,0,0,0,0,0,0,0,0,0": "own",
}


def dataset(root, labels, *, votes=True):
    rows = [table_row(2, noise_image(place), "Training") for place in range(len(VOTES))]
    lines = [f"Training,x,{line}" for line in VOTES] if votes else None
    listing = list_fer2013(write_fer_table(root / "corpus", rows, lines))
    prepare_stills(listing, root / "dataset", labels=labels, recipe=PrepareRecipe())
    return open_dataset(root / "dataset")


def shares_in_order(source):
    """The shares in the order of the corpus; the rows of a dataset of stills have another one."""
    return vote_shares(source)[source.pairs["video"].argsort().to_numpy()]


def test_vote_shares_are_the_label_where_half_of_the_votes_are_left_out(tmp_path):
    own = np.eye(7)[SEVEN.code("Fear")]
    expected = np.array([own if shares == "own" else shares for shares in VOTES.values()], float)
    np.testing.assert_allclose(shares_in_order(dataset(tmp_path, SEVEN)), expected, atol=1e-6)


def test_vote_shares_leave_out_votes_for_other_classes(tmp_path):
    shares = shares_in_order(dataset(tmp_path, SIX))
    np.testing.assert_allclose(shares[0], np.array([3, 2, 0, 0, 1, 0]) / 6, atol=1e-6)
    assert shares.shape == (len(VOTES), 6)


def test_vote_shares_refuse_a_dataset_without_votes(tmp_path):
    with pytest.raises(ConfigError, match="no votes of raters"):
        vote_shares(dataset(tmp_path, SEVEN, votes=False))
