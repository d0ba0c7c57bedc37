import numpy as np
import pandas as pd
import pytest

from ferfusion.data.pairs import parted_pairs, shuffle_video_labels
from ferfusion.errors import DatasetError
from ferfusion.label_set import SIX
from ferfusion.parts import Part
from ferfusion.preparation.dataset import open_dataset
from ferfusion.splits.split import read_splits
from helpers.datasets import write_dataset


@pytest.fixture
def parted(tmp_path):
    dataset = open_dataset(write_dataset(tmp_path / "dataset", subjects=6, videos_per_class=2))
    return parted_pairs(dataset.pairs, read_splits(dataset), labels=dataset.labels)


def test_parted_pairs_cover_all_rows_and_parts_share_no_subject(parted):
    rows = [parted.rows(part) for part in ("train", "validation", "test")]
    assert sorted(np.concatenate(rows)) == list(range(len(parted.table)))
    subjects = [set(parted.table["subject"].iloc[one]) for one in rows]
    assert sum(map(len, subjects)) == 6
    assert sum(parted.class_counts("train").values()) == len(rows[0])


def test_shuffle_video_labels_keeps_counts_and_videos_and_the_other_parts(parted):
    codes = shuffle_video_labels(parted, part="train", seed=3)
    train, held_out = parted.rows("train"), np.concatenate([parted.rows("validation"), parted.rows("test")])
    assert np.array_equal(codes[held_out], parted.codes[held_out])
    assert not np.array_equal(codes[train], parted.codes[train])
    assert sorted(codes[train]) == sorted(parted.codes[train])
    videos = pd.DataFrame({"video": parted.table["video"], "code": codes})
    assert (videos.groupby("video")["code"].nunique() == 1).all()
    assert np.array_equal(codes, shuffle_video_labels(parted, part="train", seed=3))


def test_parted_pairs_name_a_clip_without_a_part(parted):
    with pytest.raises(DatasetError, match=r"No part for \d+ clips, the first is 'S00_anger_0'"):
        parted_pairs(parted.table, {}, labels=SIX)


def test_parted_pairs_refuse_an_empty_part(parted):
    everything_to_train: dict[str, Part] = dict.fromkeys(parted.table["clip"], "train")
    with pytest.raises(DatasetError, match="validation part has no pair"):
        parted_pairs(parted.table, everything_to_train, labels=SIX)


def test_parted_pairs_refuse_codes_outside_the_label_set(parted):
    table = parted.table.assign(code=6)
    with pytest.raises(DatasetError, match="codes outside 0 to 5"):
        parted_pairs(table, dict.fromkeys(table["clip"], "train"), labels=SIX)


def test_part_of_clip_is_the_split_that_was_read(parted):
    parts = parted.part_of_clip
    assert set(parts) == set(parted.table["clip"])
    for part in ("train", "validation", "test"):
        clips = set(parted.table["clip"].iloc[parted.rows(part)])
        assert {clip for clip in parts if parts[clip] == part} == clips


def test_class_counts_are_in_label_order_and_count_absent_classes():
    table = pd.DataFrame({"clip": ["a", "b"], "code": [2, 2]})
    pairs = parted_pairs(table, {"a": "train", "b": "validation"}, labels=SIX)
    assert pairs.class_counts("train") == {name: int(name == "Fear") for name in SIX.names}
    assert list(pairs.class_counts("train")) == list(SIX.names)
    assert sum(pairs.class_counts("test").values()) == 0
