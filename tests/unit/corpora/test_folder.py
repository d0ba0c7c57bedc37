from pathlib import Path

from ferfusion.corpora.folder import list_folder
from helpers.corpora import left_out_of, rows_of, write_files
from helpers.corpus_trees import write_folder


def test_list_folder_takes_subject_and_emotion_from_the_folders(tmp_path: Path) -> None:
    listing = list_folder(write_folder(tmp_path))
    assert rows_of(listing) == [
        ("s1-Sad-b", "s1", "Sadness", None),
        ("s1-joy-a", "s1", "Happiness", None),
        ("s2-joy-a", "s2", "Happiness", None),
    ]
    assert left_out_of(listing) == {
        "loose.mp4": "not at ROOT/<emotion>/<video> or ROOT/<subject>/<emotion>/<video>",
        "readme.txt": "not a video file",
    }


def test_list_folder_accepts_subjects_inside_or_missing(tmp_path: Path) -> None:
    write_files(tmp_path, "Anger/s1/a.mp4", "fear/b.mp4", "fear/B.avi", "boredom/c d.mp4")
    assert rows_of(list_folder(tmp_path)) == [
        ("Anger-s1-a", "s1", "Anger", None),
        ("boredom-c_d", "boredom-c_d", "Boredom", None),
        ("fear-B", "fear-B", "Fear", None),
        ("fear-b-2", "fear-b-2", "Fear", None),
    ]


def test_list_folder_takes_outer_folders_as_official_parts(tmp_path: Path) -> None:
    write_files(tmp_path, "train/joy/a.mp4", "Val/joy/a.mp4", "test/joy/a.mp4")
    assert rows_of(list_folder(tmp_path)) == [
        ("Val-joy-a", "Val-joy-a", "Happiness", "validation"),
        ("test-joy-a", "test-joy-a", "Happiness", "test"),
        ("train-joy-a", "train-joy-a", "Happiness", "train"),
    ]
