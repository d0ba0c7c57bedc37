import pytest

from ferfusion.corpora.entries import CorpusListing, VideoEntry
from ferfusion.corpora.fer2013 import list_fer2013
from ferfusion.corpora.stills import (
    STILL_PARTS,
    VOTE_COLUMNS,
    StillsListing,
    has_photographs_only,
    without_photographs,
)
from ferfusion.label_set import SEVEN, canonical_emotion
from ferfusion.parts import PARTS
from helpers.stills import fer_folders, fer_table


def test_vote_columns_are_the_seven_emotions_and_three_other_choices():
    emotions, others = VOTE_COLUMNS[:7], VOTE_COLUMNS[8:]
    assert {canonical_emotion(name) for name in emotions} == set(SEVEN.names)
    assert VOTE_COLUMNS[7] == "contempt"
    assert others == ("unknown", "not_a_face")


def test_still_parts_know_the_names_of_fer2013s_table_and_of_its_folders():
    usages = {"Training": "train", "PublicTest": "validation", "PrivateTest": "test"}
    assert {usage: STILL_PARTS[usage.lower()] for usage in usages} == usages
    assert set(STILL_PARTS.values()) == set(PARTS)
    assert all(STILL_PARTS[part] == part for part in PARTS)
    assert all(name == name.lower() for name in STILL_PARTS)


@pytest.mark.parametrize(("write", "parts"), [(fer_table, 3), (fer_folders, 2)])
def test_still_ids_are_unique_and_its_part_emotion_and_votes_are_of_the_tables(tmp_path, write, parts):
    stills = list_fer2013(write(tmp_path)).stills
    assert len({still.image_id for still in stills}) == len(stills) == parts * 7 * 2
    assert {still.emotion for still in stills} == set(SEVEN.names)
    assert {still.part for still in stills} == set(PARTS[:parts])
    for still in stills:
        assert still.votes is None or len(still.votes) == len(VOTE_COLUMNS)


def test_stills_listing_leaves_nothing_out_by_default():
    assert StillsListing("fer2013", ()).left_out == ()


def test_without_photographs_leaves_them_out_of_a_corpus_of_videos(tmp_path):
    (tmp_path / "sequence.png").mkdir()  # a folder of images is a video
    paths = [tmp_path / name for name in ("a/film.mp4", "a/photo.JPG", "sequence.png")]
    mixed = CorpusListing("csv", tuple(VideoEntry(path, path.stem, "s1", "Fear") for path in paths))
    assert not has_photographs_only(mixed)
    assert has_photographs_only(CorpusListing("csv", mixed.entries[1:2]))
    assert not has_photographs_only(CorpusListing("csv", ()))
    videos = without_photographs(mixed, tmp_path)
    assert [entry.path for entry in videos.entries] == [paths[0], paths[2]]
    [left] = videos.left_out
    assert left.path == "a/photo.JPG"
    assert left.reason.startswith("a photograph among videos")
