from pathlib import Path

import pytest

from ferfusion.corpora.ravdess import list_ravdess
from ferfusion.errors import CorpusError
from helpers.corpora import left_out_of, notes_of, rows_of, write_files
from helpers.corpus_trees import write_ravdess


def test_list_ravdess_lists_each_take_of_speech_and_song_once(tmp_path: Path) -> None:
    listing = list_ravdess(write_ravdess(tmp_path))
    assert rows_of(listing) == [
        ("01-03-01-01-01-01", "Actor_01", "Happiness", None),
        ("01-05-01-02-02-03", "Actor_03", "Anger", None),
        ("01-08-01-02-02-02", "Actor_02", "Surprise", None),
        ("02-04-01-01-01-02", "Actor_02", "Sadness", None),
        ("01-02-02-01-01-01", "Actor_01", "Calm", None),  # published without sound only
    ]
    assert listing.entries[0].path.name.startswith("01-")
    assert listing.entries[4].path.name.startswith("02-")


def test_list_ravdess_gives_a_reason_for_each_left_out_file(tmp_path: Path) -> None:
    actor_01 = "Video_Speech_Actor_01/Actor_01"
    assert left_out_of(list_ravdess(write_ravdess(tmp_path))) == {
        f"{actor_01}/02-01-03-01-01-01-01.mp4": f"the same take as {actor_01}/01-01-03-01-01-01-01.mp4",
        "Actor_02/03-01-08-01-02-02-02.mp4": "sound without video (the name begins with 03)",
        "Actor_02/01-01-09-01-02-02-02.mp4": "emotion code 09 is none of 01 to 08",
        "Actor_02/making of.mp4": "not named like 01-01-03-01-01-01-01",
        "Actor_02/03-01-08-01-02-02-02.wav": "sound without video",
    }


def test_list_ravdess_notes_a_file_in_another_actors_folder(tmp_path: Path) -> None:
    assert notes_of(list_ravdess(write_ravdess(tmp_path))) == {
        "01-05-01-02-02-03": "lies in Actor_02; the actor in the file's name is taken"
    }


def test_list_ravdess_names_all_eight_emotions(tmp_path: Path) -> None:
    write_files(tmp_path, *(f"Actor_01/01-01-0{code}-01-01-01-01.mp4" for code in range(1, 9)))
    emotions = [entry.emotion for entry in list_ravdess(tmp_path).entries]
    assert emotions == "Neutral Calm Happiness Sadness Anger Fear Disgust Surprise".split()


def test_list_ravdess_names_archives_that_were_not_unpacked(tmp_path: Path) -> None:
    write_files(tmp_path, "Video_Speech_Actor_01.zip", "Video_Speech_Actor_02.zip")
    with pytest.raises(CorpusError, match=r"01-01-03-01-01-01-01.mp4; left out: 1, such as \*.zip: 2 files"):
        list_ravdess(tmp_path)
