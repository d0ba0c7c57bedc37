from pathlib import Path

from ferfusion.corpora.savee import list_savee
from helpers.corpora import left_out_of, rows_of
from helpers.corpus_trees import write_savee


def test_list_savee_matches_two_letters_before_one(tmp_path: Path) -> None:
    assert rows_of(list_savee(write_savee(tmp_path))) == [
        ("DC-a01", "DC", "Anger", None),
        ("DC-d01", "DC", "Disgust", None),
        ("DC-f01", "DC", "Fear", None),
        ("DC-h01", "DC", "Happiness", None),
        ("DC-n01", "DC", "Neutral", None),
        ("DC-sa01", "DC", "Sadness", None),
        ("DC-su01", "DC", "Surprise", None),
        ("JE-su15", "JE", "Surprise", None),
        ("JE-sa15", "JE", "Sadness", None),
    ]


def test_list_savee_gives_a_reason_for_each_left_out_file(tmp_path: Path) -> None:
    assert left_out_of(list_savee(write_savee(tmp_path))) == {
        "AudioVisualClip/AB/a1.avi": "not named like DC/a1, JE/sa1 or KL/su1",
        "AudioVisualClip/KL/x1.avi": "not named like DC/a1, JE/sa1 or KL/su1",
        "AudioData/**/*.wav": "2 files: sound without video",
    }
