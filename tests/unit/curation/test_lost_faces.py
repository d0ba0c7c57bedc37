import pandas as pd
import pytest

from ferfusion.curation.lost_faces import loss_lines, losses_by, lost_faces, standing_out, worth_a_look
from helpers.curated import write_curated


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """S01 loses 12 of 24 frames; a video of S02 has no face."""
    lost = {f"S01_{name}_0": 4 for name in ("anger", "fear", "sadness")} | {"S03_fear_0": 1}
    return write_curated(
        tmp_path_factory.mktemp("lost") / "data",
        lost=lost,
        left_out={"S02_fear_0": "no face in any of 4 frames"},
    )


def test_lost_faces_counts_frames_by_status(dataset):
    found = lost_faces(dataset).set_index("video")
    assert len(found) == 18
    numbers = found[["frames", "lost", "no_face", "small_face", "share_lost"]].T.to_dict("list")
    assert numbers["S01_fear_0"] == [8, 4, 4, 0, 0.5]
    assert numbers["S02_fear_0"] == [4, 4, 0, 4, 1]
    assert numbers["S00_fear_0"] == [4, 0, 0, 0, 0]


def test_worth_a_look_has_the_largest_shares_first(dataset):
    found = worth_a_look(lost_faces(dataset))
    assert found["video"].tolist()[0] == "S02_fear_0"
    assert set(found["video"].tolist()[1:4]) == {"S01_anger_0", "S01_fear_0", "S01_sadness_0"}
    assert found["video"].tolist()[4:] == ["S03_fear_0"]


def test_standing_out_is_who_loses_twice_the_share_of_all_others(dataset):
    by = losses_by(lost_faces(dataset), "subject")
    numbers = by.T.to_dict("list")
    assert numbers["S01"] == [24, 12, 0.5, 0]
    assert numbers["S02"] == [12, 4, pytest.approx(1 / 3), 1]
    assert standing_out(by).index.tolist() == ["S01"]
    even = pd.DataFrame({"frames": [100, 100], "lost": [20, 11], "share_lost": [0.2, 0.11]}, index=["a", "b"])
    assert standing_out(even).empty


def test_loss_lines_say_what_is_lost_and_not_used(dataset):
    words = " ".join(loss_lines(lost_faces(dataset), dataset))
    assert "17 of 85 frames lost (20.0\N{NO-BREAK SPACE}%; no_face: 13; small_face: 4)." in words
    assert "1 person with at least twice the loss of all others: S01 (50.0\N{NO-BREAK SPACE}%)." in words
    assert (
        "1 row of the corpus not used, for 1 reason; the most frequent: no face in any of 4 frames" in words
    )


def test_lost_faces_of_a_dataset_without_frames_are_unknown(tmp_path):
    dataset = write_curated(tmp_path / "data", people=2)
    dataset.frames_file.unlink()
    losses = lost_faces(dataset)
    assert losses["lost"].isna().all()
    assert list(loss_lines(losses, dataset)) == [
        "This dataset has no frames.csv, so that nothing is known about single frames.",
        "Every video is used.",
    ]
