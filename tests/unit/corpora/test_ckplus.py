from pathlib import Path

from ferfusion.corpora.ckplus import list_ckplus
from helpers.corpora import left_out_of, notes_of, rows_of, write_text
from helpers.image_trees import write_ckplus


def test_list_ckplus_lists_labelled_sequences(tmp_path: Path) -> None:
    listing = list_ckplus(write_ckplus(tmp_path))
    assert rows_of(listing) == [
        ("S005_001", "S005", "Disgust", None),
        ("S010_002", "S010", "Contempt", None),
        ("S999_003", "S999", "Surprise", None),
    ]
    assert listing.entries[0].path == tmp_path / "cohn-kanade-images/S005/001"
    assert {entry.images_per_second for entry in listing.entries} == {30.0}


def test_list_ckplus_notes_a_label_of_another_image_than_the_last(tmp_path: Path) -> None:
    assert notes_of(list_ckplus(write_ckplus(tmp_path))) == {
        "S999_003": "the label is of S999_003_00000002, and the last image is S999_003_00000003"
    }


def test_list_ckplus_gives_a_reason_for_each_left_out_file(tmp_path: Path) -> None:
    write_ckplus(tmp_path)
    write_text(tmp_path, "Emotion/copy/S005_001_00000003_emotion.txt", "1.0")
    assert left_out_of(list_ckplus(tmp_path)) == {
        "cohn-kanade-images/S010/003": "no emotion label",
        "cohn-kanade-images/S011/001": "S011_001_00000002_emotion.txt holds no code from 0 to 7",
        "montage": "not a sequence folder like S005/001",
        "Emotion/S500/001/S500_001_00000009_emotion.txt": "a label without images",
        "Emotion/copy/S005_001_00000003_emotion.txt": "a second label of S005_001",
        "FACS/S005/001/S005_001_00000003_facs.txt": "not an image or a label",
    }
