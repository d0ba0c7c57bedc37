from pathlib import Path

import pytest

from ferfusion.corpora.catalogue import CORPORA
from ferfusion.corpora.dfew import list_dfew
from ferfusion.errors import CorpusError
from helpers.corpora import left_out_of, rows_of
from helpers.image_trees import write_dfew

SPLIT = "EmoLabel_DataSplit"


def test_list_dfew_finds_folders_of_names_without_leading_zeros(tmp_path: Path) -> None:
    listing = list_dfew(write_dfew(tmp_path))
    assert listing.corpus == "dfew"
    assert rows_of(listing) == [
        ("00001", "00001", "Happiness", "test"),
        ("00002", "00002", "Fear", "test"),
        ("00267", "00267", "Disgust", "train"),
    ]
    assert listing.entries[0].path == tmp_path / "Clip/jpg_256/00001"


def test_list_dfew_gives_a_reason_for_each_left_out_file(tmp_path: Path) -> None:
    train, test = (f"{SPLIT}/{part}(single-labeled)/set_1.csv" for part in ("train", "test"))
    assert left_out_of(list_dfew(write_dfew(tmp_path))) == {
        f"{test}: 00267": "'8' is none of the seven emotions",
        f"{train}: 00001": f"a second row of the clip; {test}: 00001 is used",
        f"{test}: 00003": "a row without frames",
        "Clip/jpg_256/09000": "in no table of the split",
        "Clip/clip_224x224_16f/00001": "the same take as Clip/jpg_256/00001",
        "Clip/preview": "not where clips are expected",
        f"{SPLIT}/**/*.csv": "8 files: not an image or a table of the split",
    }


def test_list_dfew_reads_the_table_of_another_fold(tmp_path: Path) -> None:
    listing = CORPORA["dfew3"](write_dfew(tmp_path))
    assert listing.corpus == "dfew3"
    assert rows_of(listing) == [
        ("00001", "00001", "Happiness", "test"),
        ("00002", "00002", "Fear", "train"),
        ("00267", "00267", "Disgust", "test"),
    ]
    with pytest.raises(CorpusError, match="DFEW has the folds 1 to 5, not 6"):
        list_dfew(tmp_path, fold=6)
