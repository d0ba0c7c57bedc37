import numpy as np
import pytest

from ferfusion.corpora.fer2013 import list_fer2013
from ferfusion.data.clips import PairReader
from ferfusion.data.vote_targets import vote_shares
from ferfusion.errors import ConfigError
from ferfusion.labels import SEVEN, SIX
from ferfusion.preparation.dataset import open_dataset
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.preparation.stills import prepare_stills
from helpers.stills import picture, table_row, write_fer_table

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
    rows = [table_row(2, picture(place), "Training") for place in range(len(VOTES))]
    lines = [f"Training,x,{line}" for line in VOTES] if votes else None
    listing = list_fer2013(write_fer_table(root / "corpus", rows, lines))
    prepare_stills(listing, root / "dataset", labels=labels, recipe=PrepareRecipe())
    return open_dataset(root / "dataset")


def test_shares_of_the_votes_or_the_own_label_where_most_votes_are_for_something_else(tmp_path):
    own = np.eye(7)[SEVEN.code("Fear")]
    expected = [own if shares == "own" else shares for shares in VOTES.values()]
    np.testing.assert_allclose(vote_shares(dataset(tmp_path, SEVEN)), expected, atol=1e-6)


def test_votes_for_what_is_not_in_the_label_set_are_left_out(tmp_path):
    shares = vote_shares(dataset(tmp_path, SIX))
    np.testing.assert_allclose(shares[0], np.array([3, 2, 0, 0, 1, 0]) / 6, atol=1e-6)
    assert shares.shape == (len(VOTES), 6)


def test_a_dataset_without_votes_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="no votes of annotators"):
        vote_shares(dataset(tmp_path, SEVEN, votes=False))


def test_still_images_have_no_motion_and_no_past(tmp_path):
    data = dataset(tmp_path, SEVEN)
    reader = PairReader(data.root / "clips", list(data.pairs["clip"]), list(data.pairs["pair"]))
    crops, flow = reader.gather(np.array([3, 1]))
    assert np.array_equal(crops[0, :, :, 1], picture(3))
    assert flow.shape == (2, 2, 48, 48)
    assert not flow.any()
    windows = reader.gather_windows(np.array([3]), frames=3, step=1)
    assert all(np.array_equal(crop[:, :, 0], picture(3)) for crop in windows[0])
