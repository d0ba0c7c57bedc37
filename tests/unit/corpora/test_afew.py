from pathlib import Path

from ferfusion.corpora.afew import list_afew
from helpers.corpora import left_out_of, rows_of
from helpers.corpus_trees import write_afew


def test_list_afew_has_the_official_split_and_a_subject_per_video(tmp_path: Path) -> None:
    assert rows_of(list_afew(write_afew(tmp_path))) == [
        ("train-000046280", "train-000046280", "Anger", "train"),
        ("train-000107360", "train-000107360", "Happiness", "train"),
        ("validation-000149120", "validation-000149120", "Neutral", "validation"),
        ("validation-000149121", "validation-000149121", "Surprise", "validation"),
    ]


def test_list_afew_gives_a_reason_for_each_left_out_file(tmp_path: Path) -> None:
    assert left_out_of(list_afew(write_afew(tmp_path))) == {
        "Test_AFEW/000200000.avi": "of the test part, which has no labels",
        "Train_AFEW/Crowd/000107361.avi": "the folder Crowd is none of the seven emotions",
        "extra/000300000.avi": "not at Train_AFEW/<emotion>/<video> or Val_AFEW/<emotion>/<video>",
        "Train_AFEW/Angry/000046280.txt": "not a video file",
    }
