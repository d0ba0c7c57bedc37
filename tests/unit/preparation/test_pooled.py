import os
from collections import Counter

import numpy as np
import pandas as pd
import pytest

from ferfusion.errors import DatasetError
from ferfusion.files import read_json, write_json
from ferfusion.label_set import SEVEN, SIX, LabelSet
from ferfusion.preparation.clip_file import read_clip
from ferfusion.preparation.dataset import open_dataset
from ferfusion.preparation.identity import dataset_identity
from ferfusion.preparation.pooled import dataset_names, pool_datasets
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.preparation.votes import votes_by_class
from helpers.cross_corpora import write_corpora, write_corpus

FEW = LabelSet(("joy", "Pain", "Anger"))


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    """Six classes; seven classes; three, of which two are shared under another name or place."""
    root = tmp_path_factory.mktemp("corpora")
    six, seven = write_corpora(root, ("a",)), write_corpus(root / "b", labels=SEVEN, seed=1)
    return [*six, seven, write_corpus(root / "c", labels=FEW, seed=2)]


@pytest.fixture(scope="module")
def pooled(corpora, tmp_path_factory):
    found = pool_datasets(corpora, tmp_path_factory.mktemp("pooled") / "data")
    found.write()
    return found


def test_pool_datasets_keeps_the_classes_that_all_have(pooled):
    assert pooled.labels.names == ("Anger", "Happiness")
    assert pooled.left_out["a"] == dict.fromkeys(("Disgust", "Fear", "Sadness", "Surprise"), 6)
    assert pooled.left_out["c"] == {"Pain": 3}
    # 2 classes of 6, 3 and 3 people, with two pairs in each video
    assert pooled.counts["videos"] == 2 * (6 + 3 + 3)
    assert pooled.counts["pairs_by_class"] == {"Anger": 24, "Happiness": 24}


def test_pooled_dataset_reads_back_as_it_was_in_memory(pooled):
    back = open_dataset(pooled.root)
    pd.testing.assert_frame_equal(back.pairs, pooled.pairs, check_dtype=False)
    assert dataset_identity(back) == dataset_identity(pooled) == read_json(back.header_file)["identity"]
    assert set(back.videos["video"]) == set(back.pairs["video"])
    assert back.counts == pooled.counts


@pytest.mark.parametrize(("second", "wanted"), [("small", "small"), ("face-landmarker", ""), ("", "")])
def test_pooled_dataset_has_the_actions_that_all_have_by_the_same_estimator(tmp_path, second, wanted):
    roots = write_corpora(tmp_path, ("a", "b"))
    for root, estimator in zip(roots, ("small", second), strict=True):
        header = read_json(root / "dataset.json")
        write_json(root / "dataset.json", header | ({"actions": estimator} if estimator else {}))
    pooled = pool_datasets(roots, tmp_path / "pooled")
    pooled.write()
    assert (pooled.actions, open_dataset(pooled.root).actions) == (wanted, wanted)


def test_pooled_dataset_names_people_after_their_corpus(pooled):
    assert Counter(pooled.corpus_of.values()) == {"a": 6, "b": 3, "c": 3}
    assert pooled.corpus_of["a__S00"] == "a"
    assert pooled.pairs["subject"].nunique() == 12


def test_pooled_dataset_has_the_rows_and_clips_of_its_sources(pooled, corpora):
    source = open_dataset(corpora[2])
    theirs = source.pairs[source.pairs["emotion"] == "joy"].reset_index(drop=True)
    pairs = pooled.pairs
    mine = pairs[(pairs["emotion"] == "Happiness") & pairs["clip"].str.startswith("c__")]
    mine = mine.reset_index(drop=True)
    for column in ("pair", "frame", "segment", "seconds"):
        assert mine[column].tolist() == theirs[column].tolist()
    assert mine["video"].tolist() == ("c__" + theirs["video"]).tolist()
    assert mine["flow"].str.startswith("imgs_flow/c__").all()
    clip = theirs["clip"][0]
    link = pooled.clip_file(f"c__{clip}")
    assert link.samefile(source.clip_file(clip))
    assert np.array_equal(read_clip(link)["crops"], read_clip(source.clip_file(clip))["crops"])


def test_pooled_dataset_does_not_depend_on_the_order(pooled, corpora):
    again = pool_datasets(corpora[::-1], pooled.root)
    assert dataset_identity(again) == dataset_identity(pooled)


def test_pooled_dataset_write_again_takes_a_changed_clip_and_drops_others(corpora, tmp_path):
    first = write_corpus(tmp_path / "first", seed=5)
    pooled = pool_datasets([first, corpora[0]], tmp_path / "data")
    pooled.write()
    inode = pooled.clip_file("a__S00_fear_0").stat().st_ino
    (pooled.clips_folder / "old.safetensors").touch()
    write_corpus(tmp_path / "other", seed=6)
    changed = first / "clips" / "S00_fear_0.safetensors"
    (tmp_path / "other" / "clips" / changed.name).replace(changed)
    (first / ".clips.json").unlink()
    again = pool_datasets([first, corpora[0]], tmp_path / "data")
    again.write()
    assert again.clip_file("first__S00_fear_0").samefile(changed)
    assert again.clip_file("a__S00_fear_0").stat().st_ino == inode
    assert not (again.clips_folder / "old.safetensors").exists()


def test_pooled_dataset_links_by_name_where_the_disk_has_no_hard_links(corpora, tmp_path, monkeypatch):
    def link(*_):
        raise OSError("no hard links here")

    monkeypatch.setattr(os, "link", link)
    pooled = pool_datasets(corpora[:2], tmp_path / "data")
    pooled.write()
    assert pooled.clip_file("a__S00_fear_0").is_symlink()
    assert open_dataset(pooled.root).pairs["clip"].nunique() == 6 * (6 + 3)


def test_pool_datasets_refuses_what_does_not_fit_together(corpora, tmp_path):
    first = corpora[0]
    other_size = write_corpus(tmp_path / "size", recipe=PrepareRecipe(size=48), labels=SIX)
    other_classes = write_corpus(tmp_path / "classes", labels=LabelSet(("Pain", "Anger")), seed=4)
    same = write_corpus(tmp_path / "same", subjects=6)  # the clips and people of the first
    doubled = write_corpus(tmp_path / "doubled", labels=LabelSet(("joy", "happy", "Anger")), seed=3)
    for others, words in (
        ([first], "is named twice"),
        ([same], "is the same dataset as"),
        ([other_size], r"prepared with other settings than .*size is 48, expected 32"),
        ([other_classes], "needs two classes that all datasets have .*classes: Pain, Anger"),
        ([doubled], "joy and happy of .* are one expression"),
    ):
        with pytest.raises(DatasetError, match=words):
            pool_datasets([first, *others], tmp_path / "data")
    assert not (tmp_path / "data").exists()


def test_pool_datasets_does_not_mix_videos_and_images(corpora, tmp_path):
    images = write_corpus(tmp_path / "images")
    write_json(images / "dataset.json", read_json(images / "dataset.json") | {"stills": True})
    with pytest.raises(DatasetError, match=r"has videos and .* has still images"):
        pool_datasets([corpora[0], images], tmp_path / "data")


def test_dataset_names_are_the_ends_of_their_paths_that_differ(tmp_path):
    places = [tmp_path / name for name in ("x/data", "y/data", "y/Data2")]
    assert list(dataset_names(places)) == ["x-data", "y-data", "y-Data2"]
    assert list(dataset_names([tmp_path / "x" / "DATA", tmp_path / "y" / "data"])) == ["x-DATA", "y-data"]


def test_pooled_dataset_joins_votes_by_expression_and_columns_of_people_by_name(tmp_path):
    """``a`` has no neutral choice, ``b`` no contempt; ``c`` has neither votes nor columns of people."""
    corpora = write_corpora(tmp_path, ("a", "b", "c"))
    tables = {
        "a/votes.csv": "video,anger,happiness,contempt\n{0},3,1,2\n{1},0,4,1\nelsewhere,1,1,1\n",
        "b/votes.csv": "video,joy,angry,neutral\n{0},5,2,1\n",
        "a/subjects.csv": "subject,Age,sex\nS00,30,f\nS01,,m\nelsewhere,1,f\n",
        "b/subjects.csv": "subject,age,site\nS00,40,Bonn\n",
    }
    for name, text in tables.items():
        videos = pd.read_csv(tmp_path / name[0] / "data.csv")["video"].unique()
        (tmp_path / name).write_text(text.format(*videos))
    pooled = pool_datasets(corpora, tmp_path / "data")
    pooled.write()
    votes = pooled.votes.set_index("video")
    assert [name[0] for name in votes.index] == ["a", "a", "b"]
    assert set(votes.index) <= set(pooled.pairs["video"])
    names = ["Anger", "Happiness", "Contempt", "Neutral"]
    offered = [[3, 1, 2, None], [0, 4, 1, None], [2, 5, None, 1]]
    assert votes[names].astype(object).where(votes[names].notna(), None).to_numpy().tolist() == offered
    assert set(votes) == set(names)  # no class that nobody was offered
    assert votes_by_class(votes, pooled.labels)["Neutral"].tolist() == [0, 0, 1]
    assert pooled.subjects.to_numpy().tolist() == [
        ["a__S00", "30", "f", ""],
        ["a__S01", "", "m", ""],
        ["b__S00", "40", "", "Bonn"],
    ]
    assert pooled.subjects.columns.tolist() == ["subject", "Age", "sex", "site"]
    back = open_dataset(pooled.root)
    pd.testing.assert_frame_equal(back.votes, pooled.votes)
    pd.testing.assert_frame_equal(back.subjects, pooled.subjects)
    for name in tables:
        (tmp_path / name).unlink()
    pool_datasets(corpora, tmp_path / "data").write()
    assert (open_dataset(pooled.root).votes, open_dataset(pooled.root).subjects) == (None, None)
