from types import SimpleNamespace

import pytest

from ferfusion.errors import FileError
from ferfusion.reporting.disk import (
    estimate_line,
    folder_bytes,
    free_bytes,
    measured_line,
    refuse_too_little,
)


def test_folder_bytes_counts_all_files_below(tmp_path):
    (tmp_path / "a").write_bytes(b"12345")
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "b").write_bytes(b"123")
    (tmp_path / "link").symlink_to(tmp_path / "gone")
    assert folder_bytes(tmp_path) == 8 + len(str(tmp_path / "gone"))
    assert folder_bytes(tmp_path / "missing") == 0


def test_free_bytes_of_a_folder_that_is_not_there_yet(tmp_path, monkeypatch):
    free = {tmp_path: SimpleNamespace(free=7)}
    monkeypatch.setattr("shutil.disk_usage", free.__getitem__)
    assert free_bytes(tmp_path / "new" / "folder") == 7


def test_estimate_line_says_where_there_is_too_little(tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=2_000_000))
    assert estimate_line(1.5e6, "12 trainings", folder=tmp_path) == (
        "Disk: about 1.5 MB for 12 trainings; 2.0 MB are free."
    )
    assert estimate_line(3e6, "the run", folder=tmp_path).endswith(
        "2.0 MB are free, which may be too little."
    )


def test_measured_line_has_the_size_of_the_folder(tmp_path):
    (tmp_path / "a").write_bytes(b"1" * 1500)
    assert measured_line(tmp_path) == f"Disk: 1.5 KB in {tmp_path}."


@pytest.mark.parametrize(
    ("least", "existing", "fits"), [(2e6, 0, True), (2e6 + 1, 0, False), (5e6, 3_000_000, True)]
)
def test_refuse_too_little_counts_what_is_there(tmp_path, monkeypatch, least, existing, fits):
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=2_000_000))
    if fits:
        refuse_too_little(least, "the run", folder=tmp_path, existing=existing)
        return
    with pytest.raises(
        FileError, match=r"has 2.0 MB free, and the run would take at least 2.0 MB more; free some"
    ):
        refuse_too_little(least, "the run", folder=tmp_path, existing=existing)
