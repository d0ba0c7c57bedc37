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
        ("boredom-c_d", "boredom-c_d", "boredom", None),
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


def test_list_folder_without_a_video_lists_photographs(tmp_path):
    write_files(tmp_path, "s1/joy/a.jpg", "joy/s2/b.PNG", "fear/c.webp", "fear/notes.txt")
    listing = list_folder(tmp_path)
    assert [(entry.video_id, entry.subject, entry.emotion) for entry in listing.entries] == [
        ("fear-c", "fear-c", "Fear"),
        ("joy-s2-b", "s2", "Happiness"),
        ("s1-joy-a", "s1", "Happiness"),
    ]
    write_files(tmp_path, "s1/joy/film.mp4")
    assert [entry.path.name for entry in list_folder(tmp_path).entries] == ["film.mp4"]


def test_list_folder_leaves_photographs_among_videos_out_one_by_one(tmp_path: Path) -> None:
    """They are what somebody wants; bad.jpg is one of them."""
    reason = "a photograph among videos; prepare photographs into their own dataset"
    write_files(
        tmp_path, "s1/joy/a.mp4", "s1/joy/bad.jpg", "s1/joy/b.JPG", "s2/fear/c.avif", "s2/fear/d.heic"
    )
    assert left_out_of(list_folder(tmp_path)) == {
        "s1/joy/b.JPG": reason,
        "s1/joy/bad.jpg": reason,
        "s2/fear/c.avif": reason,
        "s2/fear/d.heic": ".heic photographs cannot be read; convert it to .jpg or .png",
    }
    write_files(tmp_path, *(f"s3/joy/{number}.png" for number in range(21)))
    assert left_out_of(list_folder(tmp_path))["s3/**/*.png"] == f"21 files: {reason}"
