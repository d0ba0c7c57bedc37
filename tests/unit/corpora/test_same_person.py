import os
from pathlib import Path

from ferfusion.corpora.entries import CorpusListing, LeftOut, VideoEntry
from ferfusion.corpora.same_person import with_one_spelling, without_repeated_files
from helpers.corpora import write_files


def listing_of(root: Path, *rows: tuple[str, str, str]) -> CorpusListing:
    """Rows of a path, a subject (empty if it is not known) and a label."""
    entries = [
        VideoEntry(root / path, f"v{number}", subject or f"v{number}", label)
        for number, (path, subject, label) in enumerate(rows)
    ]
    return CorpusListing("any", tuple(entries))


def test_with_one_spelling_takes_case_accents_and_blanks_as_one_person(tmp_path: Path) -> None:
    names = ["Jo\u0308rg", "Anna", "J\u00f6rg", "anna ", "Ann", "JO\u0308RG"]
    listing, sentence = with_one_spelling(listing_of(tmp_path, *((f"{n}.mp4", n, "Fear") for n in names)))
    assert [entry.subject for entry in listing.entries] == [*names[:2], names[0], "Anna", "Ann", names[0]]
    assert [entry.note for entry in listing.entries][3:5] == ["the subject is spelled 'anna '", ""]
    assert sentence.startswith("One person in several spellings: ")
    assert "'anna ' is 'Anna'" in sentence
    assert with_one_spelling(listing) == (listing, "")


def test_without_repeated_files_uses_a_file_once_and_none_that_has_two_labels(tmp_path: Path) -> None:
    write_files(tmp_path, "a.mp4", "x/b.mp4", "c.mp4", "d.mp4")
    os.link(tmp_path / "a.mp4", tmp_path / "hard.mp4")
    (tmp_path / "soft.mp4").symlink_to("x/b.mp4")
    listing = listing_of(
        tmp_path,
        ("a.mp4", "s1", "Fear"),
        ("hard.mp4", "s1", "Anger"),
        ("x/b.mp4", "s2", "Fear"),
        ("soft.mp4", "s2", "Fear"),
        ("x/../c.mp4", "s1", "Fear"),
        ("c.mp4", "s3", "Fear"),
        ("d.mp4", "", "Fear"),
        ("x/../d.mp4", "", "Fear"),
        ("gone.mp4", "s1", "Fear"),
    )
    kept = without_repeated_files(listing, tmp_path)
    assert [entry.video_id for entry in kept.entries] == ["v2", "v6", "v8"]
    assert kept.left_out == (
        LeftOut("a.mp4", "the same file as hard.mp4, which has the label Anger"),
        LeftOut("hard.mp4", "the same file as a.mp4, which has the label Fear"),
        LeftOut("soft.mp4", "the same file as x/b.mp4"),
        LeftOut("x/../c.mp4", "the same file as c.mp4, which has the subject s3"),
        LeftOut("c.mp4", "the same file as x/../c.mp4, which has the subject s1"),
        LeftOut("x/../d.mp4", "the same file as d.mp4"),
    )


def test_without_repeated_files_keeps_stretches_of_one_file(tmp_path: Path) -> None:
    write_files(tmp_path, "a.mp4")
    stretches = tuple(
        VideoEntry(tmp_path / "a.mp4", f"a{start}", "s", label, start_seconds=start, end_seconds=start + 1)
        for start, label in ((0.0, "Fear"), (1.0, "Anger"))
    )
    listing = CorpusListing("any", stretches)
    assert without_repeated_files(listing, tmp_path) == listing
