import os
from pathlib import Path

import pytest

from ferfusion.corpora.named_files import NamedFiles
from ferfusion.errors import CorpusError
from helpers.corpora import write_files


def test_named_files_prefers_the_exact_name(tmp_path: Path) -> None:
    write_files(tmp_path, "a.txt", "A.txt")
    assert NamedFiles(tmp_path).find("A.txt") == tmp_path / "A.txt"


def test_named_files_refuses_a_name_that_two_files_have(tmp_path: Path) -> None:
    write_files(tmp_path, "a.txt", "A.txt")
    if len(list(tmp_path.iterdir())) == 1:
        pytest.skip("the file system ignores case")
    with pytest.raises(CorpusError, match=r"'a\.TXT' can be A\.txt or a\.txt in the folder"):
        NamedFiles(tmp_path).find("a.TXT")


def test_named_files_finds_a_name_that_is_not_utf_8_as_it_is_printed(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.txt")
    path.write_bytes(b"")
    assert NamedFiles(tmp_path).find(r"caf\udce9.txt") == path


def test_named_files_finds_absolute_paths(tmp_path: Path) -> None:
    write_files(tmp_path, "In/a.txt")
    found = NamedFiles(tmp_path / "elsewhere").find(str(tmp_path / "in" / "a.TXT"))
    assert found == tmp_path / "In" / "a.txt"


def test_named_files_refuses_a_name_that_is_too_long(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"'x{79} cannot be found: File name too long"):
        NamedFiles(tmp_path).find("x" * 10_000)


@pytest.mark.parametrize(
    ("written", "cause"),
    [
        ("in/talks.txt", "/in/talks.txt; the folder .*/in has no talks.txt; did you mean talk.txt?"),
        ("inn/talk.txt", "/inn/talk.txt; the folder .* has no inn; did you mean in?"),
        (r"C:\\me\\talk.txt", "the folder .* has no C:"),
        ("in/talk.txt/x", "the folder .*/in/talk.txt has no x"),
        ("in/\0", r"has no \\x00"),
        ("take 03.mp4", "has no take 03.mp4$"),
        ("take 0001.mp4", "has no take 0001.mp4; did you mean take 01.mp4?"),
        ("film.mp4", "has no film.mp4; videos/film.mp4 has that name: write this path$"),
        ("clips/FILM.MP4", "has no clips; videos/film.mp4 has that name: write this path$"),
        (
            "same.mp4",
            "has no same.mp4; 2 files have that name, such as in/same.mp4: write the path$",
        ),
        ("filmm.mp4", "has no filmm.mp4; did you mean videos/film.mp4?$"),
    ],
)
def test_named_files_names_the_path_and_the_likely_cause(tmp_path: Path, written: str, cause: str) -> None:
    write_files(tmp_path, "in/talk.txt", "take 01.mp4", "take 02.mp4")
    write_files(tmp_path, "videos/film.mp4", "in/same.mp4", "videos/same.mp4")
    with pytest.raises(CorpusError, match=f"there is no file .*{cause}".replace("?", r"\?")):
        NamedFiles(tmp_path).find(written)
