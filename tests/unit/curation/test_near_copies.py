import numpy as np
import pandas as pd
import pytest

from ferfusion.curation.near_copies import KINDS, _of_one_person, copy_lines, near_copies
from helpers.curated import write_curated

SAME_LABEL = {"S02_fear_0": "Anger"}
CASES = {
    "other_label_and_person": ({"S01_fear_0": "S00_anger_0"}, {}),
    "other_label": ({"S00_fear_0": "S00_anger_0"}, {}),
    "other_person": ({"S01_anger_0": "S00_anger_0"}, {}),
    "same_label": ({"S02_fear_0": "S02_anger_0"}, SAME_LABEL),
}
"""By kind: a video that shows another's crops, and labels."""


@pytest.mark.parametrize("kind", CASES)
def test_near_copies_are_found_with_their_kind(tmp_path, kind):
    shows, labels = CASES[kind]
    found = near_copies(write_curated(tmp_path / "data", people=3, shows=shows, labels=labels))
    assert found["kind"].tolist() == [kind, kind]
    assert set(found["video"]) == {*shows, *shows.values()}
    assert found["similarity"].tolist() == pytest.approx([1, 1])
    assert found["share"].tolist() == [1, 1]


def test_near_copies_are_grouped_and_the_worst_kind_is_first(tmp_path):
    shows = {
        "S01_sadness_0": "S00_sadness_0",
        "S02_sadness_0": "S00_sadness_0",
        "S03_fear_0": "S04_anger_0",
    }
    found = near_copies(write_curated(tmp_path / "data", shows=shows))
    assert found["group"].tolist() == [1, 1, 2, 2, 2]
    assert found["kind"].unique().tolist() == ["other_label_and_person", "other_person"]
    assert list(copy_lines(found, stills=False)) == [
        f"1 group of videos with near-identical crops and {KINDS['other_label_and_person']} (2 videos).",
        f"1 group of videos with near-identical crops and {KINDS['other_person']} (3 videos).",
    ]


@pytest.mark.parametrize("kept", [1, 2, 4, 8])
def test_near_copies_of_one_person_do_not_depend_on_the_share_of_kept_crops(kept):
    """Crops drift apart and back, so that takes agree at both ends and in the middle; copies do always."""
    rng = np.random.default_rng(0)
    base, other = np.linalg.qr(rng.normal(size=(256, 2)))[0].T
    angles = {
        "a": 0 * np.arange(33),
        "copy": np.full(33, 0.1),
        "take": 0.4 * np.sin(np.arange(33) * np.pi / 16),
    }
    rows, vectors = [], []
    for video, angle in angles.items():
        for each in angle[::kept]:
            rows.append({"video": video, "subject": "S1"})
            vectors.append(np.cos(each) * base + np.sin(each) * other)
    table, crops = pd.DataFrame(rows), np.array(vectors, np.float32)
    places = {str(name): np.asarray(own, np.int64) for name, own in table.groupby("video").indices.items()}
    assert list(_of_one_person(table, crops, places, moments=16)) == [("a", "copy")]


def test_near_copies_of_different_videos_are_none(tmp_path):
    found = near_copies(write_curated(tmp_path / "data", people=3))
    assert found.empty
    assert list(copy_lines(found, stills=False)) == ["No two videos with near-identical crops."]
