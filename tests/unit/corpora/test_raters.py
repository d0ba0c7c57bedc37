from pathlib import Path

import pytest

from ferfusion.corpora.csv_table import list_csv
from ferfusion.corpora.entries import LabelledFace, Votes
from ferfusion.corpora.overlaps import without_overlaps
from ferfusion.corpora.same_person import without_repeated_files
from helpers.corpora import left_out_of, write_files, write_text

HEADER = "path,subject,face,face_box,label,start,end,intensity,rater\n"


def table_of(root: Path, *rows: str) -> Path:
    write_files(root, "a.mp4", "b.mp4")
    return write_text(root, "answers.csv", HEADER + "".join(f"{row}\n" for row in rows))


def test_joined_ratings_have_the_label_of_most_raters_and_all_votes(tmp_path: Path) -> None:
    rows = ["a.mp4,Ada,,,joy,,,2,ann", "b.mp4,Bob,,,fear,,,,ann", "a.mp4,Ada,,,fear,,,1,ben"]
    listing = list_csv(table_of(tmp_path, *rows, "a.mp4,Ada,,,Freude,,,3,cy", "b.mp4,Bob,,,fear,,,,cy"))
    assert [(entry.video_id, entry.emotion, entry.subject) for entry in listing.entries] == [
        ("a", "Happiness", "Ada"),
        ("b", "Fear", "Bob"),
    ]
    assert listing.votes == Votes(("joy", "fear"), {"a": (2, 1), "b": (0, 2)})
    assert dict(listing.entries[0].further)["rater"] == "ann; ben; cy"
    assert listing.people == {}
    assert listing.notes[-1] == "Rows of several raters: 5 rows became 2 labels, that of most raters"


def test_joined_ratings_leave_out_what_has_no_majority(tmp_path: Path) -> None:
    rows = ["a.mp4,Ada,,,joy,,,,ann", "a.mp4,Ada,,,fear,,,,ben", "b.mp4,Bob,,,fear,,,,ann"]
    listing = list_csv(table_of(tmp_path, *rows))
    assert [entry.video_id for entry in listing.entries] == ["b"]
    assert left_out_of(listing) == {"a.mp4": "no majority of 2 raters: 1 joy and 1 fear (lines 2 and 3)"}
    assert listing.notes[-1].endswith("without a majority, and left out: 1")


def test_joined_ratings_keep_the_rows_of_a_table_without_raters(tmp_path: Path) -> None:
    rows = ["a.mp4,Ada,,,joy,,,,", "a.mp4,Ada,,,fear,,,,"]
    listing = list_csv(table_of(tmp_path, *rows))
    assert [entry.emotion for entry in listing.entries] == ["Happiness", "Fear"]
    assert listing.votes is None


def test_rows_of_two_faces_are_no_contradiction(tmp_path: Path) -> None:
    rows = [
        "a.mp4,Ada,0,0.04 10 10 30 30,joy,0,0.12,,ann",
        "a.mp4,Bob,1,0.04 90 10 30 30,fear,0,0.12,,ann",
        "a.mp4,Bob,1,0.04 90 10 30 30,fear,0,0.12,,ben",
    ]
    listing = list_csv(table_of(tmp_path, *rows))
    listing, _ = without_overlaps(without_repeated_files(listing, tmp_path), tmp_path)
    assert [(entry.video_id, entry.face) for entry in listing.entries] == [
        ("a-0s-face0", LabelledFace("0", 0.04, (10, 10, 30, 30))),
        ("a-0s-face1", LabelledFace("1", 0.04, (90, 10, 30, 30))),
    ]
    assert listing.votes == Votes(("joy", "fear"), {"a-0s-face1": (0, 2)})


@pytest.mark.parametrize("cell", ["10 10 30 30", "0.04 10 10 0 30", "0.04 10 10 x 30"])
def test_a_face_box_that_is_none_is_a_reason(tmp_path: Path, cell: str) -> None:
    rows = [f"a.mp4,Ada,0,{cell},joy,,,,", "b.mp4,Ada,,,joy,,,,"]
    assert left_out_of(list_csv(table_of(tmp_path, *rows))) == {
        "a.mp4": f"face_box is {cell!r}, not five numbers: a second, then x, y, width and height in pixels"
    }


def test_an_empty_label_of_a_rater_is_no_merged_cell(tmp_path: Path) -> None:
    rows = ["b.mp4,Ada,,,joy,,,,ann", "a.mp4,Ada,,,,,,,ann"]
    assert left_out_of(list_csv(table_of(tmp_path, *rows))) == {"a.mp4": "the label is empty"}
