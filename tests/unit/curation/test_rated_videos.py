import pytest

from ferfusion.curation.rated_videos import rate_videos, rater_lines
from helpers.curated import write_curated, write_votes

VOTES = {
    "S00_anger_0": (3, 0, 0, 0),
    "S00_fear_0": (2, 1, 0, 1),  # most choose another class
    "S00_sadness_0": (0, 2, 2, 0),  # a tie with the label
    "S01_anger_0": (0, 2, 0, 2),  # a tie without it
    "S01_fear_0": (4, 0, 0, 0),  # the farthest from its label
}


@pytest.fixture(scope="module")
def rated(tmp_path_factory):
    dataset = write_curated(tmp_path_factory.mktemp("rated") / "data", people=2)
    return rate_videos(write_votes(dataset, VOTES, ("anger", "fear", "sadness", "unknown")))


def test_rate_videos_names_other_majorities_then_ties(rated):
    assert rated.table[["video", "kind", "majority"]].to_numpy().tolist() == [
        ["S01_fear_0", "other_majority", "Anger"],
        ["S00_fear_0", "other_majority", "Anger"],
        ["S01_anger_0", "tie_without_label", "Fear / Unknown"],
        ["S00_sadness_0", "tie", "Fear / Sadness"],
    ]
    assert rated.table[["votes", "votes_label", "votes_majority"]].iloc[1].tolist() == [4, 1, 2]
    assert (rated.videos, rated.without, rated.votes, rated.further) == (5, 1, 19, {"Unknown": 3})


def test_rater_lines_count_ties_further_choices_and_videos_without_votes(rated):
    words = " ".join(rater_lines(rated, stills=False))
    assert f"Krippendorff's alpha is {rated.alpha:.3f} ({rated.alpha_of_classes:.3f} over" in words
    assert "2 videos: most raters choose another class." in words
    assert "1 video: a tie without the label." in words
    assert "Choices that are no class of the dataset: Unknown (3 votes)." in words
    assert "1 video is without votes." in words


def test_rate_videos_without_votes_is_none(tmp_path):
    dataset = write_curated(tmp_path / "data", people=1)
    assert rate_videos(dataset) is None
    assert rate_videos(write_votes(dataset, {"elsewhere": (1, 0)}, ("anger", "fear"))) is None
