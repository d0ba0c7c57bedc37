from pathlib import Path

import pytest

from ferfusion.corpora.csv_table import list_csv
from ferfusion.corpora.entries import CorpusListing, VideoEntry, Votes
from ferfusion.corpora.folder import list_folder
from ferfusion.corpora.votes import with_votes_file
from ferfusion.errors import CorpusError
from helpers.corpora import write_files, write_text

TABLE = "path,label,subject,start_seconds\nvideos/a.mp4,joy,Ada,\nvideos/b.mp4,fear,Bob,\n"


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    write_files(tmp_path, "videos/a.mp4", "videos/b.mp4")
    return write_text(tmp_path, "table.csv", TABLE)


@pytest.mark.parametrize("name", ["videos/b.mp4", "VIDEOS\\\\B.MP4", "videos-b", "./videos/b.mp4"])
def test_with_votes_file_finds_videos_by_path_and_by_id(corpus: Path, name: str) -> None:
    write_text(corpus, "Votes.csv", f"Video;Freude;fear;unknown\n{name};1;7;2\nvideos/gone.mp4;1;1;1\n")
    listing = with_votes_file(list_csv(corpus), corpus)
    assert listing.votes == Votes(("Freude", "fear", "unknown"), {"videos-b": (1, 7, 2)})
    assert listing.notes[-2:] == (
        "Votes.csv has votes on 1 video without a row in the corpus: videos/gone.mp4",
        "Votes on 1 of 2 videos: 10 raters a video chose among Freude, fear and unknown; no video has a tie",
    )


def test_with_votes_file_names_the_stretches_of_a_file_by_their_ids(tmp_path: Path) -> None:
    write_files(tmp_path, "a.mp4")
    rows = "a.mp4,joy,Ada,0,1\na.mp4,fear,Ada,1,2\n"
    write_text(tmp_path, "table.csv", f"path,label,subject,start_seconds,end_seconds\n{rows}")
    write_text(tmp_path, "votes.csv", "path,joy,fear\na.mp4,3,1\n")
    with pytest.raises(CorpusError, match=r"name each by its id in videos\.csv, such as a-0s"):
        with_votes_file(list_csv(tmp_path), tmp_path)
    write_text(tmp_path, "votes.csv", "path,joy,fear\na-1s,3,1\n")
    assert with_votes_file(list_csv(tmp_path), tmp_path).votes == Votes(("joy", "fear"), {"a-1s": (3, 1)})


def test_with_votes_file_tells_rows_of_a_video_apart_by_times_and_face(tmp_path: Path) -> None:
    write_files(tmp_path, "a.mp4")
    rows = "a.mp4,joy,Ada,0,1,0,0.5 1 1 9 9\na.mp4,fear,Bob,0,1,1,0.5 20 1 9 9\na.mp4,fear,Ada,1,2,0,\n"
    write_text(tmp_path, "table.csv", f"path,label,subject,start,end,face,face_box\n{rows}")
    write_text(tmp_path, "votes.csv", "path,start,end,face,joy,fear\na.mp4,0,1,1,0,2\na.mp4,1.0,2,,1,1\n")
    votes = with_votes_file(list_csv(tmp_path), tmp_path).votes
    assert votes == Votes(("joy", "fear"), {"a-0s-face1": (0, 2), "a-1s": (1, 1)})


def test_with_votes_file_of_a_folder_corpus_is_no_file_that_is_left_out(tmp_path: Path) -> None:
    write_files(tmp_path, "s1/joy/a.mp4", "s1/sad/b.mp4")
    write_text(tmp_path, "votes.csv", "video,joy,sad\ns1/joy/a.mp4,2,2\ns1/sad/b.mp4,0,0\n")
    listing = with_votes_file(list_folder(tmp_path), tmp_path, label_map={"Joy": "Positive"})
    assert listing.votes == Votes(("Positive", "sad"), {"s1-joy-a": (2, 2)})  # a row of zeros is no votes
    assert listing.left_out == ()
    assert listing.notes[-1].endswith("4 raters a video chose among Positive and sad; 1 video has a tie")


def test_with_votes_file_keeps_the_votes_of_the_listing_without_one(tmp_path: Path) -> None:
    entry = VideoEntry(tmp_path / "a.mp4", "a", "s", "Fear")
    votes = Votes(("fear", "anger"), {"a": (3, 2)})
    assert with_votes_file(CorpusListing("x", (entry,), votes=votes), tmp_path).votes == votes
    assert with_votes_file(CorpusListing("x", (entry,)), tmp_path).votes is None


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("joy,fear\n1,2\n", "needs one column with the video"),
        ("video,path,joy,fear\na,a,1,2\n", "needs one column with the video"),
        ("video,joy\na,1\n", "needs one column with the video"),
        ("video,joy,Joy\na,1,2\n", "two columns of one name among joy, Joy"),
        ("video,joy,fear\nvideos/a.mp4,1,x\n", "line 2: the fear is 'x', not a number of votes"),
        ("video,joy,fear\nvideos/a.mp4,1\n", "line 2 has not 3 cells as the header, but 2"),
        ("video,joy,fear\nvideos/a.mp4,1,2\nvideos-a,1,2\n", "line 3: 'videos-a' comes twice"),
    ],
)
def test_with_votes_file_refuses_a_damaged_table(corpus: Path, table: str, message: str) -> None:
    write_text(corpus, "votes.csv", table)
    with pytest.raises(CorpusError, match=message):
        with_votes_file(list_csv(corpus), corpus)
