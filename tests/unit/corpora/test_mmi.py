from pathlib import Path

from ferfusion.corpora.mmi import list_mmi
from helpers.corpora import left_out_of, notes_of, rows_of
from helpers.corpus_trees import write_mmi


def test_list_mmi_reads_emotion_beside_the_video_and_subject_of_session(tmp_path: Path) -> None:
    assert rows_of(list_mmi(write_mmi(tmp_path))) == [
        ("1-S001-001", "S001", "Happiness", None),
        ("3-S002-003", "S002", "Surprise", None),
        ("4-S002-004", "S002", "Anger", None),
        ("6-S003-006", "S030", "Sadness", None),
    ]


def test_list_mmi_rotates_the_front_view_without_an_action_coding(tmp_path: Path) -> None:
    turns = {entry.video_id: entry.rotation_degrees for entry in list_mmi(write_mmi(tmp_path)).entries}
    assert turns == {"1-S001-001": 0, "3-S002-003": 90, "4-S002-004": 0, "6-S003-006": 0}


def test_list_mmi_notes_two_views_and_contradicting_names(tmp_path: Path) -> None:
    assert notes_of(list_mmi(write_mmi(tmp_path))) == {
        "1-S001-001": "front and side view in one image",
        "6-S003-006": "the file is named S003-006; the subject of session.xml is taken",
    }


def test_list_mmi_gives_a_reason_for_each_left_out_file(tmp_path: Path) -> None:
    assert left_out_of(list_mmi(write_mmi(tmp_path))) == {
        "Sessions/2/S001-002.avi": "no emotion in S001-002.xml",
        "Sessions/5/S002-005.avi": "emotion code 11 in S002-005.xml is none of the six emotions",
        "Sessions/7/S003-007.avi": "the view is 1; only views 0 (front) and 2 (front and side) are used",
        "Sessions/8/S004-008.avi": "no S004-008.xml beside it",
        "Sessions/9/S004-009.avi": "S004-009.xml cannot be read: unclosed token: line 1, column 0",
        "Sessions/10/S004-010.avi": "no session.xml beside it",
        "Sessions/11/S005-011.xml": "a coding without a video",
    }
