from pathlib import Path

from ferfusion.corpora.rml import list_rml
from helpers.corpora import left_out_of, rows_of
from helpers.corpus_trees import write_rml


def test_list_rml_keeps_languages_apart_as_one_subject(tmp_path: Path) -> None:
    assert rows_of(list_rml(write_rml(tmp_path))) == [
        ("s1-an1", "s1", "Anger", None),
        ("s1-di1", "s1", "Disgust", None),
        ("s1-fe1", "s1", "Fear", None),
        ("s1-ha1", "s1", "Happiness", None),
        ("s1-sa1", "s1", "Sadness", None),
        ("s1-su1", "s1", "Surprise", None),
        ("s2-English-an1", "s2", "Anger", None),
        ("s2-Mandarin-an1", "s2", "Anger", None),
        ("s6-HA_2_", "s6", "Happiness", None),
    ]


def test_list_rml_gives_a_reason_for_each_left_out_file(tmp_path: Path) -> None:
    assert left_out_of(list_rml(write_rml(tmp_path))) == {
        "rml-2/s6/intro.avi": (
            "not at s<number>/<video> with a name that begins with an, di, fe, ha, sa or su"
        ),
        "rml-2/readme.pdf": "not a video file",
    }
