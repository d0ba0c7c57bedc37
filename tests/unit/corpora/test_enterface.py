from pathlib import Path

from ferfusion.corpora.enterface import list_enterface
from helpers.corpora import left_out_of, notes_of, rows_of
from helpers.corpus_trees import write_enterface


def test_list_enterface_takes_subject_and_emotion_from_the_folders(tmp_path: Path) -> None:
    assert sorted(rows_of(list_enterface(write_enterface(tmp_path)))) == [
        ("subject01-anger-1", "subject01", "Anger", None),
        ("subject03-fear-2", "subject03", "Fear", None),
        ("subject11-surprise-5", "subject11", "Surprise", None),
        ("subject12-surprise-5", "subject12", "Surprise", None),
        ("subject16-surprise-3", "subject16", "Surprise", None),
        ("subject23-happiness-4", "subject23", "Happiness", None),
        ("subject23-happiness-5", "subject23", "Happiness", None),
    ]


def test_list_enterface_notes_names_that_disagree_but_not_odd_spellings(tmp_path: Path) -> None:
    assert notes_of(list_enterface(write_enterface(tmp_path))) == {
        "subject11-surprise-5": "the file is named s12_su_5; the folders are taken",
        "subject23-happiness-5": "the file's name cannot be read; the folders are taken",
    }


def test_list_enterface_gives_a_reason_for_each_left_out_file(tmp_path: Path) -> None:
    uncut = "not in a sentence folder: a long recording that was not cut into sentences"
    assert left_out_of(list_enterface(write_enterface(tmp_path))) == {
        "subject 6/anger/s6_an.avi": uncut,
        "subject 6/sadness/s6_sa.avi": uncut,
        "subject 23/boredom/sentence 5/s23_bo_5.avi": "the folder boredom is none of the six emotions",
        "demo.avi": "not at subject N/<emotion>/sentence K/<video>",
        "subject 12/surprise/sentence 5/Thumbs.db": "not a video file",
    }
