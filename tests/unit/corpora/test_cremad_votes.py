from pathlib import Path

import pytest

from ferfusion.corpora.cremad import list_cremad
from ferfusion.corpora.cremad_votes import read_face_votes
from ferfusion.errors import CorpusError
from helpers.corpora import write_files, write_text

HEADER = '"","A","D","F","H","N","S","fileName","numResponses"\n'
ROWS = """"100001",1,0,0,1,7,0,"1001_IEO_NEU_XX",9
"200001",0,0,0,1,8,0,"1001_IEO_NEU_XX",9
"200002",0,1,0,4,4,0,"1001_IEO_HAP_LO",9
"200003",0,0,0,0,1,7,"1040_ITH_SAD_XX",8
"300001",0,0,0,0,9,0,"1001_IEO_NEU_XX",9
"""
TAKES = ("1001_IEO_NEU_XX", "1001_IEO_HAP_LO", "1040_ITH_SAD_X", "1001_IEO_SAD_LO")


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    write_files(tmp_path, *(f"VideoFlash/{take}.flv" for take in TAKES))
    return write_text(tmp_path, "processedResults/tabulatedVotes.csv", HEADER + ROWS)


def test_list_cremad_has_the_votes_of_the_raters_who_saw_the_face_alone(corpus: Path) -> None:
    listing = list_cremad(corpus)
    assert listing.votes is not None
    assert listing.votes.choices == ("anger", "disgust", "fear", "happiness", "neutral", "sadness")
    assert listing.votes.counts == {
        "1001_IEO_NEU_XX": (0, 0, 0, 1, 8, 0),
        "1001_IEO_HAP_LO": (0, 1, 0, 4, 4, 0),
        "1040_ITH_SAD_X": (0, 0, 0, 0, 1, 7),  # whose name lacks a letter, but not in the table
    }
    assert listing.left_out == ()
    assert listing.notes[0].startswith("The votes lack replies slower than 10 seconds")
    assert listing.notes[0].endswith("how many is only in finishedResponses.csv, which is not here")


def test_list_cremad_counts_the_dropped_replies_where_the_folder_has_all(corpus: Path) -> None:
    replies = ['"","localid","queryType","clipName"']
    replies += [f'"{n}","r{n}",2,"1001_IEO_NEU_XX"' for n in range(11)]  # of which 9 are tabulated
    replies += [f'"{n}","r{n}",2,"1001_IEO_HAP_LO"' for n in range(10)]
    replies += [f'"{n}","r{n}",2,"1040_ITH_SAD_XX"' for n in range(8)]
    replies += ['"1","r1",1,"1001_IEO_NEU_XX"', '"1","r1",2,"1099_IEO_NEU_XX"']
    write_text(corpus, "finishedResponses.csv", "\n".join(replies))
    assert list_cremad(corpus).notes[0].endswith("leaves out: 3 of 29 replies")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("version https://git-lfs.github.com/spec/v1\n", "has no column A, D, F, H, N, S, fileName"),
        (HEADER + ROWS.replace("7,", "many,"), "line 5: the S is 'many', not a number of votes"),
        (
            HEADER + ROWS + '"200009",0,0,0,1,8,0,"1001_IEO_NEU_XX",9\n',
            "line 7: '1001_IEO_NEU_XX' comes twice",
        ),
        (HEADER + '"200001",1\n', "line 2 has not 9 cells as the header, but 2"),
    ],
)
def test_read_face_votes_refuses_a_damaged_table(tmp_path: Path, table: str, message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        read_face_votes(write_text(tmp_path, "tabulatedVotes.csv", table) / "tabulatedVotes.csv")


def test_read_face_votes_reads_the_corpus(real_data: Path) -> None:
    """7,442 takes; 470 of them have a tie, counted with pandas."""
    counts = read_face_votes(real_data / "crema-d" / "tabulatedVotes.csv").counts
    assert len(counts) == 7442
    assert counts["1001_IEO_ANG_HI"] == (9, 0, 0, 0, 0, 0)
    assert sum(row.count(max(row)) > 1 for row in counts.values()) == 470
