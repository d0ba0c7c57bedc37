from pathlib import Path

import pytest

from ferfusion.corpora.entries import CorpusListing, VideoEntry
from ferfusion.corpora.overlaps import without_overlaps
from helpers.corpora import write_files

END = 99.0


def listing_of(root: Path, *rows: str) -> CorpusListing:
    """Rows of a start, an end (99 for none), a label and a subject, of one video, from line 2 on."""
    write_files(root, "a.mp4")
    entries = []
    for line, row in enumerate(rows, 2):
        start, end, label, subject = row.split()
        times = (float(start) or None, None if float(end) == END else float(end))
        entries.append(VideoEntry(root / "a.mp4", f"v{line}", subject, label, *times, word=label, line=line))
    return CorpusListing("csv", tuple(entries))


@pytest.mark.parametrize(
    ("rows", "left_out"),
    [
        # a whole video, and a stretch of it with another label
        (("0 99 Fear s", "0.4 1.2 Joy s"), {3: "2 and 3 two labels: Fear, Joy"}),
        (("0 99 Fear s", "1 2 Fear t"), {3: "2 and 3 two people: s, t"}),
        # every overlap is named, whatever lies between the rows
        (
            ("0 99 Fear s", "0.1 0.8 Fear s", "0.4 1.2 Joy s"),
            {
                2: "2 and 4 two labels: Fear, Joy",
                3: "3 and 4 two labels: Fear, Joy",
                4: "2 and 4 two labels: Fear, Joy; 3 and 4 two labels: Fear, Joy",
            },
        ),
        (("0 2 Fear s", "2 4 Joy s"), {}),
        (("0 2 Fear s", "1.9 4 Joy s"), {}),
        (("0 2 Fear s", "1 3 Fear S"), {}),
    ],
)
def test_without_overlaps_leaves_out_rows_that_contradict(
    tmp_path: Path, rows: tuple[str, ...], left_out: dict[int, str]
) -> None:
    kept, _ = without_overlaps(listing_of(tmp_path, *rows), tmp_path)
    reasons = [each.reason.replace("lines ", "").replace("overlap with ", "") for each in kept.left_out]
    if left_out:
        assert reasons[-len(left_out) :] == list(left_out.values())
    assert len(kept.entries) + len(kept.left_out) == len(rows)
    assert bool(reasons) == bool(left_out)


def test_without_overlaps_notes_frames_that_count_twice(tmp_path: Path) -> None:
    listing = listing_of(tmp_path, "0 2 Fear s", "1.5 4 Joy s", "3 5 Joy s", "6 7 Joy s")
    kept, sentence = without_overlaps(listing, tmp_path)
    assert not kept.left_out
    assert [entry.note for entry in kept.entries] == [
        "the frames from 1.5 s to 2 s are also in line 3, with two labels: Fear, Joy",
        "the frames from 1.5 s to 2 s are also in line 2, with two labels: Fear, Joy; "
        "the frames from 3 s to 4 s are also in line 4",
        "the frames from 3 s to 4 s are also in line 3",
        "",
    ]
    assert sentence == (
        "Frames that count twice: a.mp4 from 1.5 s to 2 s (lines 2 and 3, with two labels: Fear, Joy), "
        "a.mp4 from 3 s to 4 s (lines 3 and 4)"
    )


def test_without_overlaps_returns_a_listing_without_any_as_it_is(tmp_path: Path) -> None:
    listing = listing_of(tmp_path, "0 1 Fear s", "1 99 Joy s")
    assert without_overlaps(listing, tmp_path) == (listing, "")
