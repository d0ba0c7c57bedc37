import io
import zipfile

from ferfusion.app.zips import zipped


def test_zip_has_the_files_and_is_made_in_parts(tmp_path):
    (tmp_path / "a.csv").write_text("frame\n" * 100_000)
    (tmp_path / "b.mp4").write_bytes(bytes(range(256)) * 8_000)
    parts = list(zipped([("a.csv", tmp_path / "a.csv"), ("in/b.mp4", tmp_path / "b.mp4")]))
    assert len(parts) > 3
    with zipfile.ZipFile(io.BytesIO(b"".join(parts))) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["a.csv", "in/b.mp4"]
        assert archive.read("in/b.mp4") == (tmp_path / "b.mp4").read_bytes()
