import errno
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import nullcontext, suppress

import pytest
from filelock import FileLock

from ferfusion import outputs
from ferfusion.errors import FileError, RunError
from ferfusion.outputs import (
    is_new_or_empty,
    new_result,
    only_writer,
    only_writer_of_file,
    refuse_other_files,
    replace_result,
    replaced_result,
)

HOLD = """
import sys, time
from pathlib import Path
from ferfusion.outputs import new_result, only_writer, only_writer_of_file
from ferfusion.temporary import temporary_path
folder = Path(sys.argv[1])
with only_writer_of_file(folder / "model.onnx"), only_writer(folder), new_result(folder) as new:
    (new / "half.csv").touch()
    temporary_path(folder / "model.onnx").touch()
    temporary_path(folder / "clips" / "a.safetensors").touch()
    print("holds", flush=True)
    time.sleep(60)
"""


def names(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


@pytest.fixture
def other(tmp_path):
    """A process that writes a folder and a file in it."""
    (tmp_path / "clips").mkdir()
    process = subprocess.Popen([sys.executable, "-c", HOLD, tmp_path], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "holds\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_only_writer_names_the_process_that_writes_until_that_is_killed(tmp_path, other, monkeypatch):
    monkeypatch.setattr(outputs, "_PATIENCE_SECONDS", 0)
    words = rf"is being written by process {other.pid} on {re.escape(socket.gethostname())} since 20\d\d-"
    with pytest.raises(FileError, match=rf"^{re.escape(str(tmp_path))} {words}[^\n]*; wait for it, or "):
        only_writer(tmp_path, patience_seconds=0).__enter__()
    with pytest.raises(FileError, match=rf"model\.onnx {words}"):
        only_writer_of_file(tmp_path / "model.onnx").__enter__()
    os.kill(other.pid, signal.SIGKILL)
    other.wait()
    assert {".lock", ".model.onnx.lock", "clips"} < set(names(tmp_path))
    assert len(names(tmp_path)) == 8
    with only_writer_of_file(tmp_path / "model.onnx"):
        assert not list(tmp_path.glob(".model.onnx.*.partial"))
    with only_writer(tmp_path, subfolders=("clips",)):
        assert names(tmp_path) == [".lock", "clips"]
    assert names(tmp_path) == ["clips"]


def test_new_result_of_a_running_process_stays_while_others_write(tmp_path):
    with only_writer(tmp_path):
        entered = new_result(tmp_path)
        new = entered.__enter__()
    (new / "a.csv").touch()
    with only_writer(tmp_path):
        assert names(new) == [".lock", "a.csv"]
    entered.__exit__(None, None, None)
    assert names(tmp_path) == []


def test_only_writer_leaves_no_folder_that_it_made(tmp_path):
    with only_writer(tmp_path / "runs" / "a"):
        assert is_new_or_empty(tmp_path / "runs" / "a")
        assert names(tmp_path) == ["runs", "runs/a", "runs/a/.lock"]
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("there", "refused"),
    [
        ([], False),
        ([".lock", ".result.12-0123abcd.partial"], False),  # a killed process left it
        (["page.html", "mine.txt"], False),
        (["a.csv"], True),  # another program's table has the same name
        (["a.csv", ".result.12-0123abcd.partial"], False),  # killed while the files were moved
        (["a.csv", "mine.txt", ".result.12-0123abcd.partial"], True),
        (["mine.txt"], True),
    ],
)
def test_refuse_other_files_takes_new_folders_and_those_of_an_earlier_result(tmp_path, there, refused):
    for name in there:
        (tmp_path / name).touch()
    expected = pytest.raises(RunError, match="holds other files; name a new folder for it")
    with expected if refused else nullcontext():
        refuse_other_files(tmp_path, marker="page.html", files=("page.html", "a.csv"), what="it")
    refuse_other_files(tmp_path / "none", marker="page.html", files=(), what="it")


def test_only_writer_says_that_a_file_system_has_no_locks(tmp_path, monkeypatch):
    def acquire(self, timeout):
        raise OSError(errno.ENOSYS, "no locks")

    monkeypatch.setattr(FileLock, "acquire", acquire)
    words = "is on a file system without locks; do not let two processes"
    with pytest.warns(UserWarning, match=words), only_writer(tmp_path):
        pass


@pytest.mark.parametrize("moves", range(6))
def test_replace_result_that_is_killed_leaves_no_files_of_both(tmp_path, monkeypatch, moves):
    """After any number of moves the files are of one result, and a page has all of its own files."""
    patterns = ("report.html", "*.csv", "figures/*.png")
    folder, new = tmp_path / "run", tmp_path / "new"
    for place, text, files in (
        (folder, "old", ("report.html", "a.csv", "figures/old.png")),
        (new, "new", ("report.html", "a.csv", "figures/new.png")),
        (folder, "mine", ("notes.txt", "figures/mine.jpg")),
    ):
        for file in files:
            (place / file).parent.mkdir(parents=True, exist_ok=True)
            (place / file).write_text(text)
    move, left = outputs._move, iter(range(moves))

    def killed(file, place):
        if next(left, None) is None:
            raise KeyboardInterrupt
        move(file, place)

    monkeypatch.setattr(outputs, "_move", killed)
    try:
        replace_result(new, folder, earlier=patterns)
        assert moves == 6
    except KeyboardInterrupt:
        pass
    found = {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*.*")}
    assert found.pop("notes.txt") == found.pop("figures/mine.jpg") == "mine"
    assert len(set(found.values())) <= 1
    assert "report.html" not in found or len(found) == 3


def test_replaced_result_keeps_the_earlier_one_after_an_error(tmp_path):
    (tmp_path / "a.csv").write_text("old")
    with suppress(KeyError), replaced_result(tmp_path, earlier=("*.csv",)) as new:
        (new / "a.csv").write_text("new")
        raise KeyError
    assert names(tmp_path) == ["a.csv"]
    assert (tmp_path / "a.csv").read_text() == "old"


def test_replaced_result_is_not_written_through_a_link(tmp_path):
    victim, folder = tmp_path / "victim", tmp_path / "run"
    for each in (victim, folder):
        each.mkdir()
    (victim / "mine.png").write_text("mine")
    (folder / "figures").symlink_to(victim)
    (tmp_path / "new" / "figures").mkdir(parents=True)
    (tmp_path / "new" / "figures" / "theirs.png").write_text("theirs")
    with pytest.raises(FileError, match=r"figures is a link, and a result is not written through one"):
        replace_result(tmp_path / "new", folder, earlier=("figures/*.png",))
    assert names(victim) == ["mine.png"]


def test_replaced_result_may_be_in_a_folder_that_is_a_link(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "here").symlink_to("there")
    with replaced_result(tmp_path / "here", earlier=("*.csv",)) as new:
        (new / "a.csv").write_text("new")
    assert names(tmp_path / "there") == ["a.csv"]


def test_only_writer_lets_threads_of_a_process_take_turns(tmp_path):
    """The first thread keeps the folder for longer than the patience of the second."""
    entered, order = threading.Event(), []

    def keep():
        with only_writer(tmp_path):
            entered.set()
            time.sleep(0.2)
            order.append("first")

    first = threading.Thread(target=keep)
    first.start()
    entered.wait()
    with only_writer(tmp_path, patience_seconds=0.05):
        order.append("second")
    first.join()
    assert order == ["first", "second"]
