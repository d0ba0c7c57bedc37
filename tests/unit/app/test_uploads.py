import asyncio
import errno
import os
from pathlib import Path

import pytest

from ferfusion.app.home import Home
from ferfusion.app.problems import Problem
from ferfusion.app.uploads import Uploads
from ferfusion.errors import FileError


@pytest.fixture
def uploads(tmp_path):
    home = Home(tmp_path / "home")
    with home.opened():
        yield Uploads(home, limit_bytes=10)


def receive(uploads, name, *chunks):
    async def parts():
        for chunk in chunks:
            if isinstance(chunk, Exception):
                raise chunk
            yield chunk

    return uploads.keep(asyncio.run(uploads.receive(name, parts())))


def files(tmp_path):
    return [path for path in (tmp_path / "home" / "uploads").rglob("*") if path.is_file()]


def test_upload_is_written_and_listed_the_oldest_first(uploads):
    first, second = receive(uploads, "../a.mp4", b"12", b"345"), receive(uploads, "b.mp4", b"6")
    assert (first.name, first.bytes) == ("a.mp4", 5)
    assert Path(first.path).read_bytes() == b"12345"
    assert uploads.all() == [first, second]
    assert uploads.get(first.id) == first
    assert first.row()["path"] is None


@pytest.mark.parametrize(
    ("chunks", "status"),
    [([b"12345", b"678901"], 413), ([], 400), ([b"123", Problem(400, "it has gone")], 400)],
)
def test_nothing_stays_of_an_upload_that_is_not_whole(uploads, tmp_path, chunks, status):
    with pytest.raises(Problem) as refused:
        receive(uploads, "a.mp4", *chunks)
    assert refused.value.status == status
    assert list((tmp_path / "home" / "uploads").iterdir()) == []


def test_full_disk_is_one_clear_message(uploads, tmp_path):
    with pytest.raises(FileError, match=r"Cannot write .*a\.mp4: No space left on device; free some space"):
        receive(uploads, "a.mp4", b"1", OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    assert files(tmp_path) == []


def test_removed_upload_is_off_the_disk_and_an_opened_file_stays(uploads, tmp_path):
    sent = receive(uploads, "a.mp4", b"12345")
    assert uploads.remove(sent.id) >= 5
    mine = tmp_path / "mine.mp4"
    mine.write_bytes(b"123")
    opened = uploads.keep(uploads.open_path(mine))
    assert opened.row()["path"] == str(mine)
    uploads.remove(opened.id)
    assert mine.read_bytes() == b"123"
    assert files(tmp_path) == []


@pytest.mark.parametrize("upload_id", ["", "..", "0123456789abcdef", "../../x"])
def test_unknown_upload_is_a_problem(uploads, upload_id):
    with pytest.raises(Problem, match="There is no upload"):
        uploads.get(upload_id)
