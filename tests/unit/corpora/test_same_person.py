import os
from pathlib import Path

import pytest

from ferfusion.corpora.entries import CorpusListing, VideoEntry
from ferfusion.corpora.same_person import likely_same, with_one_spelling, without_repeated_files
from ferfusion.label_set import emotion_of_word
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


def test_with_one_spelling_takes_capitals_of_every_language_as_one_person(tmp_path: Path) -> None:
    names = ["Iş\u0131l", "IŞIL", "İpek", "ipek", "Groß", "GROSS", "\uff21\uff4e\uff4e\uff41", "anna"]
    listing, _ = with_one_spelling(listing_of(tmp_path, *((f"{n}.mp4", n, "Fear") for n in names)))
    assert [entry.subject for entry in listing.entries] == [name for name in names[::2] for _ in range(2)]


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
    conflict = "a.mp4 and hard.mp4 are one file, with two labels: Fear, Anger"
    people = "x/../c.mp4 and c.mp4 are one file, with two people: s1, s3"
    assert [(left.path, left.reason, left.subject, left.emotion) for left in kept.left_out] == [
        ("a.mp4", conflict, "s1", "Fear"),
        ("hard.mp4", conflict, "s1", "Anger"),
        ("soft.mp4", "the same file as x/b.mp4", "s2", "Fear"),
        ("x/../c.mp4", people, "s1", "Fear"),
        ("c.mp4", people, "s3", "Fear"),
        ("x/../d.mp4", "the same file as d.mp4", "", "Fear"),
    ]


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (("Freude s", "Wut s"), "lines 2 and 3 give this video two labels: Freude, Wut"),
        (("Freude s", "joy s", "Wut s"), "lines 2, 3 and 4 give this video two labels: joy, Wut"),
        (("Freude s", "Wut s", "Angst s"), "lines 2, 3 and 4 give this video 3 labels: Freude, Wut, Angst"),
        (("Freude s", "Freude t"), "lines 2 and 3 give this video two people: s, t"),
        (("Freude s", "Wut t"), "lines 2 and 3 give this video two labels: Freude, Wut"),
    ],
)
def test_without_repeated_files_names_the_lines_that_contradict(
    tmp_path: Path, rows: tuple[str, ...], reason: str
) -> None:
    write_files(tmp_path, "a.mp4")
    entries = []
    for line, row in enumerate(rows, 2):
        word, subject = row.split()
        path, emotion = tmp_path / "a.mp4", emotion_of_word(word)
        entries.append(VideoEntry(path, f"v{line}", subject, emotion, word=word, line=line))
    kept = without_repeated_files(CorpusListing("csv", tuple(entries)), tmp_path)
    assert (kept.entries, {left.reason for left in kept.left_out}) == ((), {reason})


@pytest.mark.parametrize(
    ("subjects", "sentence"),
    [
        (
            ["Mar\u00eda", "Maria", "Ben"],
            "'Mar\u00eda' (line 2) and 'Maria' (line 3) are taken for two people; if they are one, write "
            "the name the same way",
        ),
        (
            ["P01", "P1", "Anna M.", "Anna M", "Anna-M", "P001"],
            "'P01' (line 2), 'P1' (line 3) and 'P001' (line 7), 'Anna M.' (line 4), 'Anna M' (line 5) and "
            "'Anna-M' (line 6) are taken for different people (2 such cases); if they are one, write "
            "the name the same way",
        ),
        (["Anna M", "Anna  M", "anna m"], ""),  # one person by the rule
        (["1-11", "11-1", "P1", "P10", "P2", "???", "!!!"], ""),
    ],
)
def test_likely_same_names_people_whose_names_are_nearly_the_same(
    tmp_path: Path, subjects: list[str], sentence: str
) -> None:
    entries = [
        VideoEntry(tmp_path / "a", f"v{line}", subject, "Fear", word="fear", line=line)
        for line, subject in enumerate(subjects, 2)
    ]
    assert likely_same(CorpusListing("csv", tuple(entries))) == sentence


def test_without_repeated_files_keeps_stretches_of_one_file(tmp_path: Path) -> None:
    write_files(tmp_path, "a.mp4")
    stretches = tuple(
        VideoEntry(tmp_path / "a.mp4", f"a{start}", "s", label, start_seconds=start, end_seconds=start + 1)
        for start, label in ((0.0, "Fear"), (1.0, "Anger"))
    )
    listing = CorpusListing("any", stretches)
    assert without_repeated_files(listing, tmp_path) == listing
