import os
from hashlib import sha256
from pathlib import Path

import pytest

from ferfusion.errors import DatasetError
from ferfusion.preparation.clip_hashes import check_clips, clip_hashes, record_clips


def write_clips(root: Path, **contents: bytes) -> dict[str, Path]:
    paths = {name: root / "clips" / f"{name}.safetensors" for name in contents}
    (root / "clips").mkdir(exist_ok=True)
    for name, content in contents.items():
        paths[name].write_bytes(content)
    return paths


def test_check_clips_notices_a_clip_whose_content_was_replaced(tmp_path: Path) -> None:
    """The other content has the same size and the same time of writing."""
    clips = write_clips(tmp_path, a=b"first", b=b"other")
    check_clips(tmp_path, tmp_path / "clips")  # without a record, nothing is checked
    record_clips(tmp_path, clips, rows_of={})
    assert clip_hashes(tmp_path) == {"a": sha256(b"first").hexdigest(), "b": sha256(b"other").hexdigest()}
    check_clips(tmp_path, tmp_path / "clips")
    written = clips["a"].stat().st_mtime_ns
    write_clips(tmp_path, a=b"later")
    os.utime(clips["a"], ns=(written, written))
    with pytest.raises(DatasetError, match=r"Content that prepare did not write, in 1 clip of .*: a;"):
        check_clips(tmp_path, tmp_path / "clips")


def test_check_clips_reads_a_clip_again_only_if_its_times_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_clips(tmp_path, clips := write_clips(tmp_path, a=b"first"), rows_of={})
    os.utime(clips["a"], ns=(1, 1))  # a copy
    check_clips(tmp_path, tmp_path / "clips")
    monkeypatch.setattr("ferfusion.preparation.clip_hashes.file_digest", None)
    check_clips(tmp_path, tmp_path / "clips")


def test_record_clips_takes_a_clip_that_was_prepared_again_and_no_other(tmp_path: Path) -> None:
    rows = tmp_path / "a.json"
    record_clips(tmp_path, clips := write_clips(tmp_path, a=b"first"), rows_of={"a": rows})
    write_clips(tmp_path, a=b"again")
    rows.write_text("{}")
    os.utime(clips["a"], ns=(5, 5))
    record_clips(tmp_path, clips, rows_of={"a": rows})
    assert clip_hashes(tmp_path) == {"a": sha256(b"again").hexdigest()}
    write_clips(tmp_path, a=b"wrong")
    os.utime(rows, ns=(5, 5))
    with pytest.raises(DatasetError, match=r"Content that prepare did not write, in .*: a"):
        record_clips(tmp_path, clips, rows_of={"a": rows})
