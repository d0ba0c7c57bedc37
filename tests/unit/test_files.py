import contextlib
import errno
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from ferfusion.errors import ConfigError, DatasetError, FileError, RunError
from ferfusion.files import (
    FOLDERS,
    check_kind_of_folder,
    check_output_folder,
    no_such,
    parse_json,
    read_json,
    utf8_path,
    write_bytes,
    write_json,
    write_rows,
    write_text,
    write_whole,
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[" * 10**5, "nested too deep"),
        ('{"a": {"b": 1, "b": 2}}', "the name 'b' comes twice"),
        ('{"a": NaN}', "the number NaN, which is not finite"),
        ("[-Infinity]", "the number -Infinity, which is not finite"),
        ("{", "line 1"),
        (b"\xff{}", "codec can't decode"),
        ("9" * 5000, "Exceeds the limit"),
    ],
)
def test_parse_json_refuses_in_one_error(text, message):
    with pytest.raises(ValueError, match=message):
        parse_json(text)


def test_parse_json_returns_the_value():
    assert parse_json('{"a": [1, 2.5, null, "x"]}') == {"a": [1, 2.5, None, "x"]}


def test_no_such_says_what_is_there_instead(tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    with contextlib.chdir(tmp_path), socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
    for name in ("file", "folder", "pipe", "socket"):
        assert no_such(tmp_path / name, wanted="bundle") == f"{tmp_path / name} is a {name}, not a bundle"
    assert no_such(tmp_path / "none", wanted="bundle") == f"There is no bundle {tmp_path / 'none'}"
    assert no_such(tmp_path / "file" / "x") == f"There is no file {tmp_path / 'file' / 'x'}"


class BrokenDiskError(Exception):
    """What a failing write raises here."""


def write_half(partial):
    partial.write_text("half of")
    raise BrokenDiskError


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("place", ["", "new", "new/deep"])
def test_check_output_folder_leaves_a_folder_that_can_be_written_as_it_is(tmp_path, place):
    check_output_folder(tmp_path / place)
    assert names(tmp_path) == []


@pytest.mark.parametrize("place", ["diary", "diary/deep/run"])
def test_check_output_folder_refuses_a_file(tmp_path, place):
    (tmp_path / "diary").write_text("a file, not a folder")
    with pytest.raises(ConfigError, match=r"diary is a file, not a folder; name a folder to write to"):
        check_output_folder(tmp_path / place)


def test_check_output_folder_refuses_a_name_that_the_system_refuses(tmp_path):
    with pytest.raises(FileError, match=r"Cannot write .*n: File name too long; name a shorter one$"):
        check_output_folder(tmp_path / ("n" * 300) / "run")


def test_write_whole_on_a_full_disk_names_the_file_and_leaves_nothing(tmp_path):
    def fill_the_disk(partial):
        partial.write_text("half of")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(FileError, match=rf"^Cannot write {tmp_path}/a\.csv: No space left on device; free"):
        write_whole(tmp_path / "a.csv", fill_the_disk)
    assert names(tmp_path) == []


def test_write_whole_makes_the_folder_and_leaves_only_the_file(tmp_path):
    write_whole(tmp_path / "deep" / "a.txt", lambda partial: partial.write_text("all"))
    assert names(tmp_path / "deep") == ["a.txt"]
    assert (tmp_path / "deep" / "a.txt").read_text() == "all"


def test_write_whole_that_fails_leaves_the_old_file_and_no_temporary_one(tmp_path):
    write_text(tmp_path / "a.txt", "old")
    with pytest.raises(BrokenDiskError):
        write_whole(tmp_path / "a.txt", write_half)
    assert names(tmp_path) == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "old"


def test_write_whole_that_fails_the_first_time_leaves_nothing(tmp_path):
    with pytest.raises(BrokenDiskError):
        write_whole(tmp_path / "a.txt", write_half)
    assert names(tmp_path) == []


def test_write_whole_that_fails_before_it_writes_raises_its_own_error(tmp_path):
    def write_nothing(partial):
        raise BrokenDiskError

    with pytest.raises(BrokenDiskError):
        write_whole(tmp_path / "a.txt", write_nothing)


def test_write_whole_keeps_the_temporary_file_of_another_process(tmp_path):
    """Another process writes the same file while this one is in the middle of it."""
    path = tmp_path / "a.txt"
    code = f"import ferfusion.files as f, pathlib; f.write_text(pathlib.Path({str(path)!r}), 'b')"
    between = []

    def write(partial):
        partial.write_text("a")
        subprocess.run([sys.executable, "-c", code], check=True)
        between.append((path.read_text(), partial.read_text()))

    write_whole(path, write)
    assert between == [("b", "a")]
    assert path.read_text() == "a"
    assert names(tmp_path) == ["a.txt"]


def test_write_whole_names_its_process_in_the_temporary_name(tmp_path):
    seen = []

    def write(partial):
        seen.append(partial.name)
        partial.touch()

    write_whole(tmp_path / "a.csv", write)
    [name] = seen
    assert re.fullmatch(rf"\.a\.csv\.{os.getpid()}-[0-9a-f]{{8}}\.partial", name)


def test_write_text_is_utf_8_with_plain_line_ends(tmp_path):
    write_text(tmp_path / "a.txt", "f\u00fcr\nalle\n")
    assert (tmp_path / "a.txt").read_bytes() == "f\u00fcr\nalle\n".encode()


def test_write_bytes_writes_what_it_is_given(tmp_path):
    write_bytes(tmp_path / "a.bin", b"\x00\r\n")
    assert (tmp_path / "a.bin").read_bytes() == b"\x00\r\n"


@pytest.mark.parametrize("write", [write_json, write_rows])
def test_read_json_returns_what_was_written(tmp_path, write):
    write(tmp_path / "a.json", {"name": "f\u00fcr", "rows": [[1, 2.5], None]})
    assert read_json(tmp_path / "a.json") == {"name": "f\u00fcr", "rows": [[1, 2.5], None]}


def test_write_rows_writes_one_line(tmp_path):
    write_rows(tmp_path / "a.json", {"rows": [[1], [2]]})
    assert (tmp_path / "a.json").read_text() == '{"rows": [[1], [2]]}\n'


def test_read_json_names_a_missing_and_a_damaged_file(tmp_path):
    with pytest.raises(DatasetError, match=r"a\.json is missing; run the command that wrote it"):
        read_json(tmp_path / "a.json")
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(DatasetError, match="is damaged"):
        read_json(tmp_path / "a.json")


def test_read_json_refuses_what_is_no_object_with_the_error_of_the_caller(tmp_path):
    (tmp_path / "a.json").write_text("[1, 2]")
    with pytest.raises(RunError, match=r"a\.json is damaged \(it holds a list.*; train again"):
        read_json(tmp_path / "a.json", error=RunError, advice="train again")


def test_write_text_writes_a_file_name_that_is_not_utf_8_with_a_backslash(tmp_path):
    write_text(tmp_path / "a.txt", os.fsdecode(b"caf\xe9.mp4"))
    assert (tmp_path / "a.txt").read_bytes() == rb"caf\udce9.mp4"


@pytest.mark.parametrize("kind", ["dataset", "run", "study", "prediction"])
def test_check_kind_of_folder_says_what_a_folder_is(tmp_path, kind):
    (tmp_path / FOLDERS[kind]).write_text("{}")
    check_kind_of_folder(tmp_path, wanted=kind, error=RunError)
    other = "study" if kind == "run" else "run"
    with pytest.raises(RunError, match=rf" is a {kind}, not a {other}; name the folder of a {other}$"):
        check_kind_of_folder(tmp_path, wanted=other, error=RunError)


def test_check_kind_of_folder_names_the_runs_of_a_study(tmp_path):
    check_kind_of_folder(tmp_path, wanted="run", error=RunError)  # an empty folder is none of them
    (tmp_path / "runs").mkdir()
    (tmp_path / "study.json").write_text("{}")
    with pytest.raises(RunError, match=r"is a study, not a run; .* \(its runs are in .*runs\)$"):
        check_kind_of_folder(tmp_path, wanted="run", error=RunError)


def test_utf8_path_leads_to_a_file_with_any_name(tmp_path):
    for name in ("plain", "caf\u00e9", "caf\udce9"):
        (tmp_path / name).write_text(name, errors="surrogateescape")
        with utf8_path(tmp_path / name) as path:
            path.encode()
            assert Path(path).read_text(errors="surrogateescape") == name
    with pytest.raises(FileNotFoundError), utf8_path(tmp_path / "no\udce9"):
        pass


def test_replace_file_waits_for_whoever_reads_the_old_file_on_windows(tmp_path, monkeypatch):
    from ferfusion import files

    waits: list[float] = []
    refused = [PermissionError(), PermissionError()]
    rename = Path.replace

    def busy(path, place):
        if refused:
            raise refused.pop()
        return rename(path, place)

    monkeypatch.setattr(files, "_TRIES", 3)
    monkeypatch.setattr("time.sleep", waits.append)
    monkeypatch.setattr(Path, "replace", busy)
    (tmp_path / "new").write_text("new")
    (tmp_path / "old").write_text("old")
    files.replace_file(tmp_path / "new", tmp_path / "old")
    assert (tmp_path / "old").read_text() == "new"
    assert waits == [0.05, 0.05]
