import os
from pathlib import Path

import pytest

from ferfusion.corpora.entries import LeftOut, VideoEntry
from ferfusion.corpora.walk import Found, find_videos, leave_out, list_files, make_listing
from ferfusion.errors import CorpusError
from helpers.corpora import write_files


def test_walk_skips_hidden_files_in_a_fixed_order(tmp_path: Path) -> None:
    write_files(tmp_path, "b/2.mp4", "b/1.mp4", "a.mp4", ".cache/x.mp4", "b/._1.mp4")
    assert [path.relative_to(tmp_path).as_posix() for path in list_files(tmp_path)] == [
        "a.mp4",
        "b/1.mp4",
        "b/2.mp4",
    ]


def test_walk_follows_links_but_not_in_circles(tmp_path: Path) -> None:
    write_files(tmp_path / "store", "x.mp4")
    (tmp_path / "root").mkdir()
    (tmp_path / "root/linked").symlink_to(tmp_path / "store")
    (tmp_path / "store/round").symlink_to(tmp_path / "store")
    assert list_files(tmp_path / "root") == [tmp_path / "root/linked/x.mp4"]


def test_walk_yields_a_folder_once_by_its_own_path(tmp_path: Path) -> None:
    """Two folders that lead to each other, a link that comes first, and a link to a folder outside."""
    write_files(tmp_path, "root/b/x.mp4", "root/c/y.mp4", "far/sub/z.mp4")
    for link, target in {"root/a": "root/b", "root/b/to_c": "root/c", "root/c/to_b": "root/b"}.items():
        (tmp_path / link).symlink_to(tmp_path / target)
    for link, target in {"root/d": "far/sub", "root/e": "far", "root/up": "."}.items():
        (tmp_path / link).symlink_to(tmp_path / target)
    found = [path.relative_to(tmp_path / "root").as_posix() for path in list_files(tmp_path / "root")]
    assert found == ["b/x.mp4", "c/y.mp4", "d/z.mp4"]


def test_walk_visits_a_folder_once_by_device_and_inode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two folders that are mounted in each other, as ``mount --bind`` does."""
    write_files(tmp_path, "a/x.mp4", "a/again/x.mp4", "a/again/again/x.mp4")
    plain = Path.stat
    monkeypatch.setattr(
        Path,
        "stat",
        lambda path, **options: plain(tmp_path / "a" if path.name == "again" else path, **options),
    )
    assert list_files(tmp_path) == [tmp_path / "a/x.mp4"]


def test_walk_refuses_a_root_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    close_folder(tmp_path, monkeypatch)
    with pytest.raises(CorpusError, match=r"Cannot read the folder .*: Permission denied"):
        list_files(tmp_path)


def test_make_listing_has_a_row_for_a_folder_that_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_files(tmp_path, "closed/x.mp4", "open/y.mp4")
    close_folder(tmp_path / "closed", monkeypatch)
    videos, others = find_videos(tmp_path)
    rows = [VideoEntry(video.path, video.path.stem, "s", "Fear") for video in videos]
    listing = make_listing("any", tmp_path, rows, others, expected="")
    assert [entry.path.name for entry in listing.entries] == ["y.mp4"]
    assert listing.left_out == (LeftOut("closed", "the folder cannot be read: Permission denied"),)


def close_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse to list a folder, also where the tests run as root, whom no permission stops."""
    plain = os.scandir

    def scandir(path: str) -> object:
        if Path(path) == folder:
            raise PermissionError(13, "Permission denied", str(path))
        return plain(path)

    monkeypatch.setattr("os.scandir", scandir)


def test_leave_out_counts_other_files_by_suffix(tmp_path: Path) -> None:
    write_files(tmp_path, "audio/x/1.wav", "audio/y/2.WAV", "a.txt", "b.txt", "c.pdf")
    assert leave_out(tmp_path, list_files(tmp_path), wanted="a video file") == [
        LeftOut("c.pdf", "not a video file"),
        LeftOut("*.txt", "2 files: not a video file"),
        LeftOut("audio/**/*.wav", "2 files: sound without video"),
    ]


def test_make_listing_leaves_out_copies_of_a_take_in_any_case(tmp_path: Path) -> None:
    rows = [VideoEntry(tmp_path / name, name[0], "s", "Fear") for name in ("a.mp4", "A.avi")]
    listing = make_listing("any", tmp_path, rows, [], expected="")
    assert [entry.path.name for entry in listing.entries] == ["a.mp4"]
    assert listing.left_out == (LeftOut("A.avi", "the same take as a.mp4"),)


def test_found_place_has_forward_slashes(tmp_path: Path) -> None:
    found = Found(tmp_path / "Clip 1" / "A.mp4", tmp_path)
    assert (found.place, found.folders) == ("Clip 1/A.mp4", ("clip 1",))
