from pathlib import Path

import pytest

from ferfusion.corpora.baum1 import CODES, list_baum1, list_baum1a, list_baum1s
from ferfusion.errors import CorpusError
from helpers.corpora import left_out_of, notes_of, rows_of, write_files, write_sheet
from helpers.corpus_trees import BAUM_COLUMNS, write_baum1


def test_list_baum1_subsets_share_subjects_but_not_ids(tmp_path: Path) -> None:
    assert rows_of(list_baum1(write_baum1(tmp_path))) == [
        ("1a-S001_001", "S001", "Sadness", None),
        ("1a-S001_002", "S001", "Fear", None),
        ("1s-S001_001", "S001", "Fear", None),
        ("1s-S002_004", "S002", "Boredom", None),
        ("1s-S015_007", "S015", "Happiness", None),
    ]


def test_baum1_code_tables_differ() -> None:
    assert (CODES["1a"][7 - 1], CODES["1s"][7 - 1]) == ("Sadness", "Fear")
    assert (len(CODES["1a"]), len(CODES["1s"])) == (9, 13)


def test_list_baum1_notes_a_name_and_code_that_disagree(tmp_path: Path) -> None:
    assert notes_of(list_baum1(write_baum1(tmp_path))) == {
        "1s-S015_007": "the sheet says Happiness but code 9 is Neutral; the name is taken"
    }


def test_list_baum1_gives_a_reason_for_each_left_out_file(tmp_path: Path) -> None:
    assert left_out_of(list_baum1(write_baum1(tmp_path))) == {
        "Annotations_BAUM1a.xlsx: S001_099": "a row without a video",
        "BAUM1a_MP4_all/s001/S001_003.mp4": "no row in Annotations_BAUM1a.xlsx",
        "BAUM1s_MP4 - All/s001/S001_001.srt": "not a video file",
    }


def test_list_baum1a_leaves_out_the_videos_of_baum1s(tmp_path: Path) -> None:
    write_baum1(tmp_path)
    acted, spontaneous = list_baum1a(tmp_path), list_baum1s(tmp_path)
    assert [entry.video_id for entry in acted.entries] == ["1a-S001_001", "1a-S001_002"]
    assert [entry.video_id for entry in spontaneous.entries] == ["1s-S001_001", "1s-S002_004", "1s-S015_007"]
    other = "BAUM1s_MP4 - All/s015/S015_007.mp4"
    assert left_out_of(acted)[other] == "not in a folder that begins with BAUM1a"


@pytest.mark.parametrize("folder", ["BAUM1s_MP4 - All", "BAUM1s_MP4_all"])
def test_list_baum1s_accepts_both_spellings_of_the_folder(tmp_path: Path, folder: str) -> None:
    write_files(tmp_path, f"{folder}/s001/S001_001.mp4")
    write_sheet(tmp_path / "Annotations_BAUM1s.xlsx", BAUM_COLUMNS, [(1, "", "", "s001_001", "Anger", 1)])
    assert rows_of(list_baum1s(tmp_path)) == [("1s-S001_001", "S001", "Anger", None)]


def test_list_baum1s_leaves_out_unusable_rows_with_a_reason(tmp_path: Path) -> None:
    write_files(tmp_path, *(f"BAUM1s_MP4_all/s001/S001_00{k}.mp4" for k in range(1, 6)))
    write_files(tmp_path, "BAUM1s_MP4_all/copy/S001_001.mp4", "other/S009_001.mp4")
    rows = [
        (1, "", "", "S001_001", None, 12),
        (2, "", "", "S001_002", "Anger", 77),
        (3, "", "", "S001_003", None, None),
        (4, "", "", "S001_004", "Anger"),
        (5, "", "", "S001_004", "Fear", 7),
        (6, "", "", "S001_005", "Disgust", 6),
    ]
    write_sheet(tmp_path / "Annotations_BAUM1s.xlsx", BAUM_COLUMNS, rows)
    listing = list_baum1s(tmp_path)
    assert [(entry.video_id, entry.emotion, entry.note) for entry in listing.entries] == [
        ("1s-S001_001", "Thinking", "the sheet has no emotion but code 12, Thinking"),
        ("1s-S001_002", "Anger", "the sheet says Anger but has the unknown code '77'; the name is taken"),
        ("1s-S001_004", "Anger", ""),
        ("1s-S001_005", "Disgust", ""),
    ]
    first = "BAUM1s_MP4_all/copy/S001_001.mp4"
    assert listing.entries[0].path == tmp_path / first
    assert left_out_of(listing) == {
        "BAUM1s_MP4_all/s001/S001_001.mp4": f"the same take as {first}",
        "Annotations_BAUM1s.xlsx: S001_003": "the sheet has neither an emotion nor a known code",
        "Annotations_BAUM1s.xlsx: S001_004": "a second row for the same clip",
        "other/S009_001.mp4": "not in a folder that begins with BAUM1s",
    }


def test_list_baum1_names_a_missing_sheet_or_column_and_a_damaged_sheet(tmp_path: Path) -> None:
    write_files(tmp_path, "BAUM1s_MP4_all/s001/S001_001.mp4")
    with pytest.raises(CorpusError, match=r"There is no Annotations_BAUM1a.xlsx under .* the corpus baum1 "):
        list_baum1(tmp_path)
    sheet = tmp_path / "Annotations_BAUM1s.xlsx"
    write_sheet(sheet, ("Clip Name", "Emotion"), [("S001_001", "Anger")])
    with pytest.raises(CorpusError, match="has no column emotion code; it has: clip name, emotion"):
        list_baum1s(tmp_path)
    sheet.write_bytes(b"no zip file")
    with pytest.raises(CorpusError, match="is not an Excel sheet that can be read"):
        list_baum1s(tmp_path)
