from pathlib import Path

from ferfusion.corpora.cremad import list_cremad
from helpers.corpora import left_out_of, rows_of
from helpers.corpus_trees import write_cremad


def test_list_cremad_has_actors_as_subjects_and_intended_emotions(tmp_path: Path) -> None:
    assert rows_of(list_cremad(write_cremad(tmp_path))) == [
        ("1001_IEO_ANG_HI", "1001", "Anger", None),
        ("1001_IEO_NEU_XX", "1001", "Neutral", None),
        ("1040_ITH_SAD_X", "1040", "Sadness", None),  # its level lacks a letter
        ("1091_WSI_HAP_LO", "1091", "Happiness", None),
    ]


def test_list_cremad_gives_a_reason_for_each_left_out_file(tmp_path: Path) -> None:
    assert left_out_of(list_cremad(write_cremad(tmp_path))) == {
        "VideoFlash/1064_IEO_DIS_MD.flv": "a minute long, with all emotions in it",
        "VideoFlash/1064_TIE_SAD_XX.flv": "known as a bad file of the corpus",
        "VideoFlash/1076_MTI_NEU_XX.flv": "known as a bad file of the corpus",
        "VideoFlash/1076_MTI_SAD_XX.flv": "known as a bad file of the corpus",
        "VideoFlash/1091_WSI_SUR_LO.flv": "not named like 1001_IEO_NEU_XX",
        "VideoMP4/1001_IEO_NEU_XX.mp4": "the same take as VideoFlash/1001_IEO_NEU_XX.flv",
        "AudioWAV/**/*.wav": "2 files: sound without video",
        "processedResults/summaryTable.csv": "not a video file",
    }
