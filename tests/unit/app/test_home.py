import os

import pytest

from ferfusion.app.home import (
    Home,
    default_home,
    is_id,
    new_id,
    read_json,
    safe_name,
    size_of,
    try_lock,
    write_json,
)
from ferfusion.errors import ConfigError, FileError


def test_home_is_used_by_one_server_at_a_time(tmp_path):
    home = Home(tmp_path / "home")
    with home.opened():
        assert home.uploads.is_dir()
        assert home.jobs.is_dir()
        with pytest.raises(ConfigError, match="Another ferfusion app uses"), home.opened():
            pass
    with home.opened():
        pass


def test_home_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "diary").write_text("a file")
    with pytest.raises(ConfigError, match="is a file, not a folder"), Home(tmp_path / "diary").opened():
        pass


def test_default_home_follows_the_platform(monkeypatch, tmp_path):
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_home() == tmp_path / "ferfusion"
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    assert default_home().parts[-3:] == (".local", "share", "ferfusion")


def test_ids_are_new_names_of_folders():
    ids = {new_id() for _ in range(100)}
    assert len(ids) == 100
    assert all(map(is_id, ids))
    assert not any(map(is_id, ["", "..", "a/b", "0" * 15, "0" * 17, "0123456789ABCDEF", "0123456789abcde\n"]))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("clip.mp4", "clip.mp4"),
        ("/etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("..", "file"),
        ("", "file"),
        (".hidden.mp4", "hidden.mp4"),
        ("été 1 (2).mov", "été 1 (2).mov"),
        ("a\x00b\n<c>.mp4", "a_b__c_.mp4"),
        ("x" * 300 + ".mp4", "x" * 116 + ".mp4"),
    ],
)
def test_safe_name_stays_in_its_folder_and_keeps_its_suffix(given, kept):
    assert safe_name(given) == kept


def test_json_is_written_whole_or_not_at_all(tmp_path):
    file = tmp_path / "a.json"
    write_json(file, {"a": 1})
    with pytest.raises(TypeError):
        write_json(file, {"a": object()})
    assert read_json(file) == {"a": 1}
    assert os.listdir(tmp_path) == ["a.json"]  # noqa: PTH208
    with pytest.raises(FileError):
        write_json(tmp_path / "none" / "a.json", {})


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff", b"[" * 100_000])
def test_damaged_json_is_none(tmp_path, content):
    (tmp_path / "a.json").write_bytes(content)
    assert read_json(tmp_path / "a.json") is None
    assert read_json(tmp_path / "missing.json") is None


def test_lock_is_held_by_one_open_file(tmp_path):
    with (tmp_path / "lock").open("ab") as first, (tmp_path / "lock").open("ab") as second:
        assert try_lock(first)
        assert not try_lock(second)


def test_size_of_counts_files_and_follows_no_link(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").write_bytes(b"12345")
    (tmp_path / "a" / "link").symlink_to("/bin/sh")
    assert size_of(tmp_path / "a") == 5
